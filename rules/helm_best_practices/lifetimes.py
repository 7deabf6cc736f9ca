"""How long pods and jobs live, and what becomes of them at their end."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    SHOULD,
    Manifest,
    Parameter,
    SetField,
    Subject,
    View,
    Violation,
    Workload,
    require,
    rule,
)

from .replicas import HIGHLY_AVAILABLE


@rule(
    "helm/restart-policy",
    scope=Workload,
    default=MUST,
    enforces=require(r"^(?!.*\binit ?containers?\b).*\brestart ?polic(?:y|ies)\b"),
    umbrella=HIGHLY_AVAILABLE + r"|\bvalid (?:kubernetes )?(?:manifests|resources|objects)\b",
    parameters={
        "strict": Parameter(
            0,
            "Always is the default, and Kubernetes accepts Never for pods that run once; "
            "1 requires an explicit Always or OnFailure",
        )
    },
    evidence="workloads have a valid restart policy",
)
def restart_policy(workload: Workload, subject: Subject) -> Iterator[Violation]:
    """Restart policy is invalid for the workload.

    Why: Kubernetes rejects a Deployment unless its restartPolicy is Always, and a Job if it is Always.
    Bad:
        kind: Job
        spec:
          template:
            spec:
              containers: …      # restartPolicy is Always where it isn't set
    Good:
        kind: Job
        spec:
          template:
            spec:
              restartPolicy: OnFailure
    Fix: Set Always, or omit the field, for a workload that keeps running; set OnFailure or Never for a Job or CronJob.
        `fix --unsafe` sets OnFailure for jobs, else Always.
    Source: Kubernetes documentation, Pod Lifecycle: Container restart policy; kube-linter restart-policy; kube-score
        cronjob-restartpolicy
    """
    policy = workload.pod.get("restartPolicy")
    if workload.pod.merged:
        return
    if (fault := _restart_fault(workload, policy, strict=bool(subject.number("strict")))) is not None:
        message, right = fault
        yield Violation(message, at=policy, fix=SetField(right))


def _restart_fault(workload: Workload, policy: View, *, strict: bool) -> tuple[str, str] | None:
    """What is wrong with a restart policy, and the right one; None where nothing is."""
    kind = workload.kind
    if kind == "Pod":
        if policy.data == "Never" and strict:
            message = "Pod is not restarted after a failure (restartPolicy Never); set restartPolicy: OnFailure"
            return message, "OnFailure"
        if policy.data is None and strict:
            return "Pod does not set restartPolicy; set it to Always or OnFailure", "Always"
    elif workload.runs_to_completion:
        if policy.scalar() in (None, "Always"):
            return f"{kind} does not allow restartPolicy Always; set restartPolicy to OnFailure or Never", "OnFailure"
        if policy.data == "Never" and strict:
            message = f"{kind} replaces the whole pod after a failure (restartPolicy Never); set OnFailure"
            return message, "OnFailure"
    elif policy.data is None and strict:
        return f"{kind} does not set restartPolicy; set it to Always", "Always"
    elif policy.scalar() not in (None, "Always"):
        return f"{kind} does not allow restartPolicy {policy.data}; remove restartPolicy", "Always"
    return None


@rule(
    "helm/job-no-ttl",
    scope=Manifest,
    default=SHOULD,
    enforces=require(
        r"\bttlSecondsAfterFinished\b|\b(?:finished|completed) jobs?\b.{0,40}\b(?:removed?|cleaned|deleted?)"
    ),
    parameters={
        "strict": Parameter(0, "helm deletes hook Jobs, at the latest before the next run; 1 reports them too")
    },
)
def job_no_ttl(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Finished Job is never deleted, or a CronJob deletes its history.

    Why: Old Jobs and their pods pile up; in a CronJob, a time to live deletes the history that its limits keep.
    Bad:
        kind: Job
        spec:
          template: …
    Good:
        kind: Job
        spec:
          ttlSecondsAfterFinished: 3600
    Fix: Set ttlSecondsAfterFinished on a Job; on a CronJob, omit it and set successfulJobsHistoryLimit and
        failedJobsHistoryLimit. Hook Jobs, which helm deletes, are not reported.
        `fix --unsafe` sets one day.
    Source: Kubernetes documentation, Automatic Cleanup for Finished Jobs; kube-linter job-ttl-seconds-after-finished
    """
    if manifest.kind == "Job" and (subject.number("strict") or not manifest.hooks):
        ttl = manifest.get("spec", "ttlSecondsAfterFinished")
        if ttl.data is None:
            message = "Job is never deleted after it finishes; set ttlSecondsAfterFinished, for example 86400"
            yield Violation(message, at=ttl, fix=SetField(86400))
    elif manifest.kind == "CronJob":
        ttl = manifest.get("spec", "jobTemplate", "spec", "ttlSecondsAfterFinished")
        if ttl.data is not None:
            yield Violation(
                "ttlSecondsAfterFinished deletes the history of the CronJob; remove it and set the history limits",
                at=ttl,
            )


@rule(
    "helm/cronjob-no-deadline",
    scope=Manifest,
    default=SHOULD,
    enforces=require(r"\bstartingDeadlineSeconds\b|\bcron ?jobs?\b.{0,40}\bdeadlines?"),
)
def cronjob_no_deadline(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """CronJob has no deadline for missed starts.

    Why: After 100 missed starts (the controller was down, the job was suspended), it is never started again.
    Bad:
        kind: CronJob
        spec:
          schedule: "*/5 * * * *"
    Good:
        kind: CronJob
        spec:
          schedule: "*/5 * * * *"
          startingDeadlineSeconds: 200
    Fix: Set startingDeadlineSeconds to less than the time between two starts, and to 10 or more.
        `fix --unsafe` sets five minutes.
    Source: Kubernetes documentation, CronJob: Deadline for delayed Job start; kube-score cronjob-has-deadline
    """
    deadline = manifest.get("spec", "startingDeadlineSeconds")
    if manifest.kind == "CronJob" and deadline.data is None:
        message = "CronJob has no deadline for missed starts; set startingDeadlineSeconds, for example 300"
        yield Violation(message, at=deadline, fix=SetField(300))
