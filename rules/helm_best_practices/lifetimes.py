"""How long pods and jobs live, and what becomes of them at their end."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    SHOULD,
    Manifest,
    Parameter,
    SetField,
    Subject,
    Violation,
    Workload,
    require,
    rule,
)

from .replicas import HIGHLY_AVAILABLE


@rule(
    "helm/restart-policy",
    scope=Workload,
    default=SHOULD,
    enforces=require(r"^(?!.*\binit ?containers?\b).*\brestart ?polic(?:y|ies)\b"),
    umbrella=HIGHLY_AVAILABLE + r"|\bvalid (?:kubernetes )?(?:manifests|resources|objects)\b",
    parameters={
        "strict": Parameter(
            0, "Always needn't be written, and a job's pods may end for good; 1 wants Always or OnFailure written out"
        )
    },
    evidence="workloads restart as their kind allows",
)
def restart_policy(workload: Workload, subject: Subject) -> Iterator[Violation]:
    """Pods have a restart policy that their workload doesn't allow, or that lets a failure be final.

    Why: Kubernetes rejects a Deployment whose pods restart other than Always, and a Job whose pods do; a bare Pod with
        Never is gone at the first failure.
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
    Fix: Always, or nothing, for what runs on; OnFailure or Never for a Job or CronJob.
        `fix --unsafe` sets OnFailure for jobs, else Always.
    Source: Kubernetes documentation, Pod Lifecycle: Container restart policy; kube-linter restart-policy; kube-score
        cronjob-restartpolicy
    """
    policy = workload.pod.get("restartPolicy")
    strict = bool(subject.number("strict"))
    if workload.pod.merged:
        return
    if workload.kind == "Pod":
        if policy.data == "Never" and (strict or not workload.manifest.hooks):
            yield Violation(
                "restartPolicy Never makes its first failure final; set OnFailure", at=policy, fix=SetField("OnFailure")
            )
        elif policy.data is None and strict:
            yield Violation(
                "doesn't say when it is restarted; set restartPolicy: Always or OnFailure",
                at=policy,
                fix=SetField("Always"),
            )
    elif workload.runs_to_completion:
        if policy.scalar() in (None, "Always"):
            yield Violation(
                "a job's pods must not restart Always; set restartPolicy: OnFailure or Never",
                at=policy,
                fix=SetField("OnFailure"),
            )
        elif policy.data == "Never" and strict:
            yield Violation(
                "restartPolicy Never replaces a pod whose container fails; set OnFailure",
                at=policy,
                fix=SetField("OnFailure"),
            )
    elif policy.data is None and strict:
        yield Violation(
            "leaves its restart policy to Kubernetes; write restartPolicy: Always", at=policy, fix=SetField("Always")
        )
    elif policy.scalar() not in (None, "Always"):
        yield Violation(
            f"restartPolicy {policy.data} is rejected for a {workload.kind}; leave it out",
            at=policy,
            fix=SetField("Always"),
        )


@rule(
    "helm/job-no-ttl",
    scope=Manifest,
    default=SHOULD,
    enforces=require(
        r"\bttlSecondsAfterFinished\b|\b(?:finished|completed) jobs?\b.{0,40}\b(?:removed?|cleaned|deleted?)"
    ),
    parameters={
        "strict": Parameter(0, "helm removes the Jobs that are its hooks, at the latest before the next; 1 asks")
    },
)
def job_no_ttl(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """A finished Job stays in the cluster for good, or a CronJob's jobs vanish before their history counts them.

    Why: Old Jobs and their pods pile up; in a CronJob a time to live takes away the history that its limits keep.
    Bad:
        kind: Job
        spec:
          template: …
    Good:
        kind: Job
        spec:
          ttlSecondsAfterFinished: 3600
    Fix: Set ttlSecondsAfterFinished on a Job; on a CronJob leave it out and set successfulJobsHistoryLimit and
        failedJobsHistoryLimit. A Job that is a hook is helm's to remove, and isn't reported.
        `fix --unsafe` sets a day.
    Source: Kubernetes documentation, Automatic Cleanup for Finished Jobs; kube-linter job-ttl-seconds-after-finished
    """
    if manifest.kind == "Job" and (subject.number("strict") or not manifest.hooks):
        ttl = manifest.get("spec", "ttlSecondsAfterFinished")
        if ttl.data is None:
            yield Violation("stays after it has finished; set ttlSecondsAfterFinished", at=ttl, fix=SetField(86400))
    elif manifest.kind == "CronJob":
        ttl = manifest.get("spec", "jobTemplate", "spec", "ttlSecondsAfterFinished")
        if ttl.data is not None:
            yield Violation("ttlSecondsAfterFinished undercuts the history limits; leave it out", at=ttl)


@rule(
    "helm/cronjob-no-deadline",
    scope=Manifest,
    default=SHOULD,
    enforces=require(r"\bstartingDeadlineSeconds\b|\bcron ?jobs?\b.{0,40}\bdeadlines?"),
)
def cronjob_no_deadline(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """A CronJob has no deadline for a start that it missed.

    Why: After 100 missed starts (a controller that was down, a suspended job) it is never started again.
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
        yield Violation("a missed start has no deadline; set startingDeadlineSeconds", at=deadline, fix=SetField(300))
