"""Whether an application survives the loss of a pod, a node or a zone, and jobs come to an end."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    SHOULD,
    Parameter,
    Rendering,
    Subject,
    Violation,
    Workload,
    forbid,
    require,
    rule,
)

from .budgets import budget_blocks, budget_policy, no_disruption_budget
from .lifetimes import cronjob_no_deadline, job_no_ttl, restart_policy
from .placement import no_anti_affinity, no_priority_class, no_topology_spread
from .replicas import (
    HIGHLY_AVAILABLE,
    replicas_of,
    replicated_workloads,
    scaler_of,
    spec_of,
)

_MINIMUM = {"minimum": Parameter(2, "the lowest number at which one pod serves while another is replaced")}
_STANDS_ALONE = "workloads that can run only one pod are left out; 1 reports them too"


@rule(
    "helm/single-replica",
    scope=Rendering,
    default=SHOULD,
    enforces=(
        require(
            r"\b(?:at least|minimum(?: of)?|no fewer than) (?P<minimum>\d+|two|three|four|five)(?: or more)? "
            r"(?:pod )?(?:replicas|pods|instances)\b"
            r"|(?<!for )(?<!before )(?<!across )(?<!between )\b(?:multiple|several) (?:replicas|pods)\b"
            r"|(?<![\w.])(?P<minimum_2>\d+)(?:\+| or more) (?:replicas|pods|instances)\b"
            r"|\breplicas?(?:[ -]?count)?\b\W{0,3}(?:must be |should be )?"
            r"(?:>=|at least|of at least) ?(?P<minimum_3>\d+)"
            r"|\breplicas?(?:[ -]?count)?\b.{0,20}>\s?1\b|\b[2-9] (?:replicas|pods)\b"
        ),
        forbid(r"\bsingle[- ](?:replica|pod|instance)s?\b|\breplicas: 1\b|\bsingle points? of failure\b"),
    ),
    umbrella=HIGHLY_AVAILABLE,
    parameters={**_MINIMUM, "strict": Parameter(0, _STANDS_ALONE)},
)
def single_replica(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Workload runs too few replicas by default.

    Why: While the only pod is evicted, replaced or on a failing node, the application is down.
    Bad:
        spec:
          replicas: 1
    Good:
        spec:
          replicas: {{ .Values.replicaCount }}      # 2 or more
    Fix: Set the default number of replicas to 2 or more, or let an autoscaler keep that many. A workload that can run
        only one pod (Recreate, a claim of its own) is not reported, unless `strict` is 1.
    Source: kube-linter minimum-three-replicas; kube-score deployment-replicas; polaris deploymentMissingReplicas
    """
    minimum = subject.number("minimum")
    if rendering.scenario != "defaults":
        return  # there the number is a user's choice
    for workload in replicated_workloads(rendering):
        count = replicas_of(workload)
        if not 0 < count < minimum or scaler_of(rendering, workload) is not None:
            continue
        if count == 1 and _stands_alone(workload) and not subject.number("strict"):
            continue
        noun = "one pod" if count == 1 else f"{count} pods"
        yield Violation(
            f"{workload.kind} runs {noun} by default; set replicas to {minimum} or more",
            at=spec_of(workload, "replicas"),
        )


def _stands_alone(workload: Workload) -> bool:
    if workload.kind != "Deployment":
        return False
    recreated = workload.manifest.get("spec", "strategy", "type").data == "Recreate"
    return recreated or any(volume.get("persistentVolumeClaim") for volume in workload.pod.get("volumes").items())


@rule(
    "helm/hpa-replicas-fixed",
    scope=Rendering,
    default=MUST,
    enforces=require(r"\b(?:autoscal\w+|hpa)\b.{0,60}\breplicas\b|\breplicas\b.{0,60}\b(?:autoscal\w+|hpa)\b"),
    umbrella=HIGHLY_AVAILABLE,
)
def hpa_replicas_fixed(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Workload with an autoscaler sets replicas.

    Why: Each `helm upgrade` resets the number, even while the autoscaler has scaled up for a high load.
    Bad:
        spec:
          replicas: {{ .Values.replicaCount }}
    Good:
        spec:
          {{- if not .Values.autoscaling.enabled }}
          replicas: {{ .Values.replicaCount }}
          {{- end }}
    Fix: Omit replicas if autoscaling is enabled, as `helm create` does.
    Source: Kubernetes documentation, Horizontal Pod Autoscaling: Migrating Deployments; kube-score
        deployment-targeted-by-hpa-does-not-have-replicas-configured
    """
    for workload in rendering.workloads:
        replicas = spec_of(workload, "replicas")
        if replicas.integer() is not None and scaler_of(rendering, workload) is not None:
            yield Violation(
                f"{workload.kind} sets replicas although an autoscaler scales it; omit it if autoscaling is on",
                at=replicas,
                of_key=True,
            )


@rule(
    "helm/hpa-single-replica",
    scope=Rendering,
    default=SHOULD,
    enforces=require(r"\bmin(?:imum)? ?replicas\b.{0,40}\b(?P<minimum>\d+)\b"),
    umbrella=HIGHLY_AVAILABLE,
    parameters=_MINIMUM,
    told_by=("helm/api-validation",),
)
def hpa_single_replica(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Autoscaler may scale down to one pod, or cannot scale at all.

    Why: With one pod left, its eviction is an outage; with equal bounds the autoscaler never scales.
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
        fewest = 1 if count is None else count
        if fewest < minimum:
            pods = f"{fewest} pod{'' if fewest == 1 else 's'}"
            message = f"autoscaler may scale down to {pods}; set minReplicas to {minimum} or more"
            yield Violation(message, at=least)
        upper = most.integer()
        if upper is not None and count is not None and upper <= count:
            message = (
                f"autoscaler cannot scale: maxReplicas {upper} is not above minReplicas {count}; raise maxReplicas"
            )
            yield Violation(message, at=most)


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
