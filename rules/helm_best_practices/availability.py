"""Whether an application outlives the loss of a pod, a node or a zone, and jobs come to an end."""

from __future__ import annotations

import math
from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    OFF,
    SHOULD,
    TEMPLATES,
    Manifest,
    Parameter,
    PodSpec,
    Rendering,
    Subject,
    View,
    Violation,
    Workload,
    forbid,
    require,
    rule,
)

from .targets import SelectorIndex

_HIGHLY_AVAILABLE = (
    r"\bhigh(?:ly)?[- ]availab|\bresilien(?:t|ce)\b|\bfault[- ]toleran"
    r"|\bsurvive\b.{0,40}\b(?:node|zone|failure|disruption)s?\b"
)


def _replicas(workload: Workload) -> int:
    """How many pods a workload asks for; 1 where it doesn't say."""
    replicas = workload.manifest.get("spec", "replicas").integer()
    return 1 if replicas is None else replicas


def _replicated(rendering: Rendering) -> Iterator[Workload]:
    """The chart's workloads that can have several pods."""
    for workload in rendering.workloads:
        if workload.is_replicated and not workload.manifest.is_left_out:
            yield workload


def _scaler(rendering: Rendering, workload: Workload) -> Manifest | None:
    """The autoscaler of a workload."""
    manifest = workload.manifest
    for scaler in rendering.derived(_scalers).get((manifest.name, manifest.effective_namespace), ()):
        if scaler.get("spec", "scaleTargetRef", "kind").data in (workload.kind, None):
            return scaler
    return None


def _scalers(rendering: Rendering) -> dict[tuple[object, str], list[Manifest]]:
    """The autoscalers by name and namespace of what they scale."""
    found: dict[tuple[object, str], list[Manifest]] = {}
    for scaler in rendering.of_kind("HorizontalPodAutoscaler", "ScaledObject"):
        name = scaler.get("spec", "scaleTargetRef", "name").string()
        found.setdefault((name, scaler.effective_namespace), []).append(scaler)
    return found


def _least(rendering: Rendering, workload: Workload) -> int:
    """The least number of pods that a workload has when all is well: its autoscaler's, else its own."""
    scaler = _scaler(rendering, workload)
    if scaler is None:
        return _replicas(workload)
    field = "minReplicaCount" if scaler.kind == "ScaledObject" else "minReplicas"
    least = scaler.get("spec", field).integer()
    return (0 if scaler.kind == "ScaledObject" else 1) if least is None else least


def _most(rendering: Rendering, workload: Workload) -> int:
    """The most pods that a workload has when all is well: its autoscaler's, or its own."""
    scaler = _scaler(rendering, workload)
    if scaler is None:
        return _replicas(workload)
    field = "maxReplicaCount" if scaler.kind == "ScaledObject" else "maxReplicas"
    most = scaler.get("spec", field).integer()
    return max(_replicas(workload), 1 if most is None else most)


def _budgets(rendering: Rendering, workload: Workload) -> list[Manifest]:
    return list(rendering.derived(_budget_index).selecting(workload.pod_labels, workload.manifest.effective_namespace))


def _budget_index(rendering: Rendering) -> SelectorIndex:
    selectors = ((budget, budget.get("spec", "selector")) for budget in rendering.of_kind("PodDisruptionBudget"))
    return SelectorIndex((budget, selector) for budget, selector in selectors if selector.is_map)


_MINIMUM = {"minimum": Parameter(2, "the least that lets one pod serve while another is replaced")}
_STANDS_ALONE = (
    "a pod that no second one can stand beside is left out; 1 asks for more pods there too, by another design"
)


@rule(
    "helm/single-replica",
    scope=Rendering,
    default=SHOULD,
    enforces=require(
        r"\b(?:at least|minimum(?: of)?) (?P<minimum>\d+) (?:replicas|pods|instances)\b|\bmultiple replicas\b"
    ),
    umbrella=_HIGHLY_AVAILABLE,
    parameters={**_MINIMUM, "strict": Parameter(0, _STANDS_ALONE)},
)
def single_replica(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """A Deployment or StatefulSet runs too few pods to lose one.

    Why: While the only pod is evicted, replaced or on a failing node, nobody is served.
    Bad:
        spec:
          replicas: 1
    Good:
        spec:
          replicas: {{ .Values.replicaCount }}      # 2 or more
    Fix: Set the default number of replicas to 2 or more, or let an autoscaler keep that many. A pod that no second one
        can stand beside (Recreate, a claim of its own) isn't reported, unless `strict` is 1.
    Source: kube-linter minimum-three-replicas; kube-score deployment-replicas; polaris deploymentMissingReplicas
    """
    minimum = subject.number("minimum")
    if rendering.scenario != "defaults":
        return  # fewer pods are then somebody's choice
    for workload in _replicated(rendering):
        count = _replicas(workload)
        if not 0 < count < minimum or _scaler(rendering, workload) is not None:
            continue
        if count == 1 and _stands_alone(workload) and not subject.number("strict"):
            continue
        noun = "one pod" if count == 1 else f"{count} pods"
        yield Violation(
            f"runs {noun} by default; {minimum} or more survive the loss of one; set replicas",
            at=_spec(workload, "replicas"),
        )


def _stands_alone(workload: Workload) -> bool:
    if workload.kind != "Deployment":
        return False
    recreated = workload.manifest.get("spec", "strategy", "type").data == "Recreate"
    return recreated or any(volume.get("persistentVolumeClaim") for volume in workload.pod.get("volumes").items())


def _spec(workload: Workload, field: str) -> View:
    return workload.manifest.get("spec", field)


@rule(
    "helm/hpa-replicas-fixed",
    scope=Rendering,
    default=MUST,
    enforces=require(r"\b(?:autoscal\w+|hpa)\b.{0,60}\breplicas\b|\breplicas\b.{0,60}\b(?:autoscal\w+|hpa)\b"),
    umbrella=_HIGHLY_AVAILABLE,
)
def hpa_replicas_fixed(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """A workload that an autoscaler scales sets its number of replicas itself.

    Why: Each `helm upgrade` sets the number back, in the middle of the load that the autoscaler has scaled for.
    Bad:
        spec:
          replicas: {{ .Values.replicaCount }}
    Good:
        spec:
          {{- if not .Values.autoscaling.enabled }}
          replicas: {{ .Values.replicaCount }}
          {{- end }}
    Fix: Leave replicas out where autoscaling is on, as `helm create` does.
    Source: Kubernetes documentation, Horizontal Pod Autoscaling: Migrating Deployments; kube-score
        deployment-targeted-by-hpa-does-not-have-replicas-configured
    """
    for workload in rendering.workloads:
        replicas = _spec(workload, "replicas")
        if replicas.integer() is not None and _scaler(rendering, workload) is not None:
            yield Violation("sets replicas although an autoscaler scales it; leave replicas out", at=replicas)


@rule(
    "helm/hpa-single-replica",
    scope=Rendering,
    default=SHOULD,
    enforces=require(r"\bmin(?:imum)? ?replicas\b.{0,40}\b(?P<minimum>\d+)\b"),
    umbrella=_HIGHLY_AVAILABLE,
    parameters=_MINIMUM,
)
def hpa_single_replica(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """An autoscaler may scale down to a single pod, or has no room to scale at all.

    Why: At night one pod is left, and its eviction is an outage; with equal bounds nothing is ever scaled.
    Bad:
        spec:
          minReplicas: 1
          maxReplicas: 10
    Good:
        spec:
          minReplicas: 2
          maxReplicas: 10
    Fix: Set minReplicas to 2 or more, and maxReplicas above it.
    Source: kube-linter hpa-minimum-three-replicas; kube-score horizontalpodautoscaler-replicas; polaris
        hpaMinAvailability, hpaMaxAvailability
    """
    minimum = subject.number("minimum")
    for scaler in rendering.of_kind("HorizontalPodAutoscaler"):
        if scaler.is_left_out:
            continue
        least, most = scaler.get("spec", "minReplicas"), scaler.get("spec", "maxReplicas")
        count = least.integer()
        if (1 if count is None else count) < minimum:
            yield Violation(
                f"scales down to {1 if count is None else count}; set minReplicas to {minimum} or more", at=least
            )
        upper = most.integer()
        if upper is not None and count is not None and upper <= count:
            yield Violation(f"can't scale: maxReplicas {upper} is not above minReplicas {count}; raise it", at=most)


@rule(
    "helm/no-disruption-budget",
    scope=Rendering,
    default=SHOULD,
    needs={TEMPLATES},
    enforces=require(r"\b(?:pod ?)?disruption ?budgets?\b|\bPDBs?\b"),
    umbrella=_HIGHLY_AVAILABLE,
    parameters={"minimum": Parameter(2, "the fewest pods that want a budget; a single pod's would block every drain")},
)
def no_disruption_budget(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """A workload has no PodDisruptionBudget.

    Why: The drain of nodes, as in every cluster upgrade, may evict all its pods at once.
    Bad:
        kind: Deployment
        spec:
          replicas: 3
    Good:
        kind: PodDisruptionBudget
        spec:
          maxUnavailable: 1
          selector:
            matchLabels:
              {{- include "web.selectorLabels" . | nindent 6 }}
    Fix: Render a PodDisruptionBudget that selects the workload's pods.
    Source: Kubernetes documentation, Disruptions; kube-score deployment-has-poddisruptionbudget,
        statefulset-has-poddisruptionbudget; polaris missingPodDisruptionBudget
    """
    for workload in _replicated(rendering):
        count = _least(rendering, workload)
        if count >= subject.number("minimum") and not _budgets(rendering, workload):
            pods = "several pods" if count > 1 else "one pod"
            has_one = any("kind: PodDisruptionBudget" in template.text for template in subject.templates)
            advice = "render the chart's own for them" if has_one else "render one that selects them"
            yield Violation(
                f"has {pods} and no PodDisruptionBudget; {advice}, with maxUnavailable: 1",
                at=workload.manifest.view,
            )


@rule(
    "helm/budget-blocks",
    scope=Rendering,
    default=MUST,
    enforces=forbid(r"\b(?:disruption ?budgets?|PDBs?)\b.{0,60}\b(?:block|prevent)"),
    umbrella=_HIGHLY_AVAILABLE + r"|\b(?:pod ?)?disruption ?budgets?\b",
)
def budget_blocks(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """A PodDisruptionBudget lets no pod be evicted.

    Why: The drain of a node never ends, and with it the upgrade of the cluster.
    Bad:
        spec:
          minAvailable: 1      # and the Deployment has one replica
    Good:
        spec:
          maxUnavailable: 1
    Fix: Allow at least one pod to be unavailable; render the budget only where there are several pods.
    Source: Kubernetes documentation, Specifying a Disruption Budget; kube-linter pdb-max-unavailable,
        pdb-min-available; polaris pdbMinAvailableGreaterThanHPAMinReplicas
    """
    for budget in rendering.of_kind("PodDisruptionBudget"):
        if budget.is_left_out:
            continue
        most, least = budget.get("spec", "maxUnavailable"), budget.get("spec", "minAvailable")
        if most.data in (0, "0", "0%"):
            yield Violation(f"maxUnavailable {most.data} lets no pod be evicted; set 1 or more", at=most)
        elif least.data == "100%":
            yield Violation("minAvailable 100% lets no pod be evicted; set maxUnavailable: 1 instead", at=least)
        elif least.data is not None:
            yield from _leaves_none(budget, least, rendering)


def _leaves_none(budget: Manifest, least: View, rendering: Rendering) -> Iterator[Violation]:
    for workload in _replicated(rendering):
        count = _least(rendering, workload)
        if count > 0 and budget in _budgets(rendering, workload) and _amount(least, count) >= count:
            pods = "one pod" if count == 1 else f"{count} pods"
            yield Violation(
                f"minAvailable {least.data} lets no pod of {workload.manifest} be evicted, which has {pods};"
                " set maxUnavailable: 1 instead",
                at=least,
            )
            return


def _amount(value: View, count: int) -> int:
    """A number, or a percentage of ``count`` rounded up as Kubernetes does; 0 for anything else."""
    number, text = value.integer(), value.string() or ""
    if number is not None:
        return number
    if text.endswith("%") and text[:-1].isdigit():
        return math.ceil(int(text[:-1]) * count / 100)
    return int(text) if text.isdigit() else 0


@rule(
    "helm/budget-policy",
    scope=Manifest,
    default=SHOULD,
    enforces=require(r"\bunhealthyPodEvictionPolicy\b"),
    umbrella=_HIGHLY_AVAILABLE + r"|\b(?:pod ?)?disruption ?budgets?\b",
)
def budget_policy(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """A PodDisruptionBudget names no bound, or not what to do with pods that are not ready.

    Why: Without unhealthyPodEvictionPolicy: AlwaysAllow, pods that crash anyway keep a node from being drained.
    Bad:
        spec:
          maxUnavailable: 1
    Good:
        spec:
          maxUnavailable: 1
          unhealthyPodEvictionPolicy: AlwaysAllow
    Fix: Set maxUnavailable or minAvailable, and unhealthyPodEvictionPolicy: AlwaysAllow.
    Source: Kubernetes documentation, Specifying a Disruption Budget: Unhealthy Pod Eviction Policy; kube-linter
        pdb-unhealthy-pod-eviction-policy; kube-score poddisruptionbudget-has-policy
    """
    if manifest.kind != "PodDisruptionBudget" or manifest.group != "policy":
        return
    spec = manifest.get("spec")
    if spec.get("maxUnavailable").data is None and spec.get("minAvailable").data is None:
        yield Violation(
            "has neither maxUnavailable nor minAvailable; set maxUnavailable: 1", at=spec.get("maxUnavailable")
        )
    if spec.get("minAvailable").data in (0, "0", "0%") or spec.get("maxUnavailable").data == "100%":
        return  # it holds back no pod, healthy or not
    policy = spec.get("unhealthyPodEvictionPolicy")
    if policy.data is None and manifest.api_version == "policy/v1":
        yield Violation(
            "doesn't say what happens to unhealthy pods; set unhealthyPodEvictionPolicy: AlwaysAllow", at=policy
        )


def _is_spread(workload: Workload) -> bool:
    return any(entry.get("labelSelector") for entry in workload.pod.get("topologySpreadConstraints").items())


@rule(
    "helm/no-anti-affinity",
    scope=Rendering,
    default=SHOULD,
    enforces=require(r"\banti-?affinit"),
    umbrella=_HIGHLY_AVAILABLE,
    parameters={
        "strict": Parameter(0, "a topology spread constraint, or being a single pod, does as well; 1 takes neither")
    },
)
def no_anti_affinity(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """The pods of a workload may all run on one node.

    Why: The scheduler may put all replicas on the node that has room, and its failure takes all of them.
    Bad:
        spec:
          replicas: 3
    Good:
        affinity:
          podAntiAffinity:
            preferredDuringSchedulingIgnoredDuringExecution:
              - weight: 100
                podAffinityTerm:
                  topologyKey: kubernetes.io/hostname
                  labelSelector:
                    matchLabels:
                      {{- include "web.selectorLabels" . | nindent 22 }}
    Fix: Prefer different nodes by podAntiAffinity or by a topology spread constraint on kubernetes.io/hostname (with
        `strict: 1` by podAntiAffinity alone).
    Source: Kubernetes documentation, Assigning Pods to Nodes: Inter-pod affinity and anti-affinity; kube-linter
        no-anti-affinity; kube-score *-has-host-podantiaffinity
    """
    for workload in _replicated(rendering):
        affinity = workload.pod.get("affinity", "podAntiAffinity")
        is_fine = _is_spread(workload) or _most(rendering, workload) <= 1
        if not affinity and (subject.number("strict") or not is_fine):
            yield Violation("nothing keeps its pods on different nodes; set podAntiAffinity", at=affinity)


@rule(
    "helm/no-topology-spread",
    scope=Rendering,
    default=SHOULD,
    enforces=require(r"\btopology ?spread|\bspread\b.{0,40}\b(?:zones?|nodes?)"),
    umbrella=_HIGHLY_AVAILABLE,
    parameters={
        "strict": Parameter(
            0, "a single pod, a bare Pod and a DaemonSet's can't be spread; 1 asks it of all that aren't a job's"
        )
    },
)
def no_topology_spread(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """The pods of a workload may all run in one zone.

    Why: The failure of a zone then takes all of them; anti-affinity between nodes doesn't prevent it.
    Bad:
        spec:
          replicas: 3
    Good:
        topologySpreadConstraints:
          - topologyKey: topology.kubernetes.io/zone
            maxSkew: 1
            whenUnsatisfiable: ScheduleAnyway
            labelSelector:
              matchLabels:
                {{- include "web.selectorLabels" . | nindent 16 }}
    Fix: Set topologySpreadConstraints, best from values with this default.
    Source: Kubernetes documentation, Pod Topology Spread Constraints; kube-score pod-topology-spread-constraints;
        polaris topologySpreadConstraint
    """
    strict = bool(subject.number("strict"))
    for workload in rendering.workloads:
        if workload.manifest.is_left_out or not (workload.is_replicated or (strict and not workload.made_by.ends)):
            continue
        constraints = workload.pod.get("topologySpreadConstraints")
        if not constraints and (strict or _most(rendering, workload) > 1):
            yield Violation("nothing spreads its pods over zones; set topologySpreadConstraints", at=constraints)
        for constraint in constraints.items():
            yield from _spreads_nothing(constraint)


def _spreads_nothing(constraint: View) -> Iterator[Violation]:
    if not constraint.get("labelSelector"):
        yield Violation(
            "the constraint counts no pods, and so spreads none; set labelSelector to the pods' labels",
            at=constraint.get("labelSelector"),
        )
    for field in ("topologyKey", "maxSkew", "whenUnsatisfiable"):
        if not constraint.get(field):
            yield Violation(
                f"the constraint has no {field}, which Kubernetes requires; set it", at=constraint.get(field)
            )
    action = constraint.get("whenUnsatisfiable")
    if action.data and action.data not in ("DoNotSchedule", "ScheduleAnyway"):
        yield Violation(
            f"whenUnsatisfiable is {action.data}; Kubernetes takes DoNotSchedule and ScheduleAnyway only", at=action
        )


@rule(
    "helm/no-priority-class",
    scope=PodSpec,
    default=OFF,
    enforces=require(r"\bpriority ?class"),
    parameters={"accepted": Parameter("", "any class will do; else the names of those that will, with commas between")},
    evidence="pods have a priority class",
)
def no_priority_class(pod: PodSpec, subject: Subject) -> Iterator[Violation]:
    """Pods have no priority class, or none of those that the team accepts.

    Why: When nodes run full, pods of the same priority are evicted in an order that nobody chose.
    Bad:
        spec:
          containers: …
    Good:
        spec:
          priorityClassName: {{ .Values.priorityClassName }}
    Fix: Set priorityClassName from a value.
    Source: Kubernetes documentation, Pod Priority and Preemption; kube-linter priority-class-name; polaris
        priorityClassNotSet
    """
    name = pod.get("priorityClassName")
    accepted = [part.strip() for part in subject.text("accepted").split(",") if part.strip()]
    if not name:
        yield Violation("has no priorityClassName; take one from a value", at=name)
    elif accepted and name.data not in accepted:
        yield Violation(f"priorityClassName is {name.data}; accepted are {', '.join(accepted)}", at=name)


@rule(
    "helm/restart-policy",
    scope=Workload,
    default=SHOULD,
    enforces=require(r"\brestart ?polic(?:y|ies)\b"),
    umbrella=_HIGHLY_AVAILABLE + r"|\bvalid (?:kubernetes )?(?:manifests|resources|objects)\b",
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
    Source: Kubernetes documentation, Pod Lifecycle: Container restart policy; kube-linter restart-policy; kube-score
        cronjob-restartpolicy
    """
    policy = workload.pod.get("restartPolicy")
    strict = bool(subject.number("strict"))
    if workload.pod.merged:
        return
    if workload.kind == "Pod":
        if policy.data == "Never" and (strict or not workload.manifest.hooks):
            yield Violation("restartPolicy Never makes its first failure final; set OnFailure", at=policy)
        elif policy.data is None and strict:
            yield Violation("doesn't say when it is restarted; set restartPolicy: Always or OnFailure", at=policy)
    elif workload.runs_to_completion:
        if policy.data in (None, "Always"):
            yield Violation("a job's pods must not restart Always; set restartPolicy: OnFailure or Never", at=policy)
        elif policy.data == "Never" and strict:
            yield Violation("restartPolicy Never replaces a pod whose container fails; set OnFailure", at=policy)
    elif policy.data is None and strict:
        yield Violation("leaves its restart policy to Kubernetes; write restartPolicy: Always", at=policy)
    elif policy.data not in (None, "Always"):
        yield Violation(f"restartPolicy {policy.data} is rejected for a {workload.kind}; leave it out", at=policy)


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
    Source: Kubernetes documentation, Automatic Cleanup for Finished Jobs; kube-linter job-ttl-seconds-after-finished
    """
    if manifest.kind == "Job" and (subject.number("strict") or not manifest.hooks):
        ttl = manifest.get("spec", "ttlSecondsAfterFinished")
        if ttl.data is None:
            yield Violation("stays after it has finished; set ttlSecondsAfterFinished", at=ttl)
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
    Source: Kubernetes documentation, CronJob: Deadline for delayed Job start; kube-score cronjob-has-deadline
    """
    deadline = manifest.get("spec", "startingDeadlineSeconds")
    if manifest.kind == "CronJob" and deadline.data is None:
        yield Violation("a missed start has no deadline; set startingDeadlineSeconds", at=deadline)


RULES = (
    single_replica,
    hpa_replicas_fixed,
    hpa_single_replica,
    no_disruption_budget,
    budget_blocks,
    budget_policy,
    no_anti_affinity,
    no_topology_spread,
    no_priority_class,
    restart_policy,
    job_no_ttl,
    cronjob_no_deadline,
)
