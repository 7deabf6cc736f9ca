"""Where pods are placed, and which of them have priority."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    OFF,
    SHOULD,
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

from .replicas import HIGHLY_AVAILABLE, most_pods, replicated_workloads


def _is_spread(workload: Workload) -> bool:
    return any(entry.get("labelSelector") for entry in workload.pod.get("topologySpreadConstraints").items())


@rule(
    "helm/no-anti-affinity",
    scope=Rendering,
    default=SHOULD,
    enforces=(
        require(
            r"\banti-?affinit|\bspread\b.{0,40}\bnodes?\b"
            r"|\b(?:replicas|pods)\b.{0,40}\b(?:across|on) (?:different|separate|distinct|several|multiple) nodes\b"
        ),
        forbid(r"\b(?:all )?(?:replicas|pods)\b.{0,20}\b(?:one|the same|same|a single) node\b"),
    ),
    umbrella=HIGHLY_AVAILABLE,
    parameters={
        "strict": Parameter(
            0, "a topology spread constraint, or a single pod, is fine as well; 1 requires podAntiAffinity"
        )
    },
)
def no_anti_affinity(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """All pods of a workload may run on one node.

    Why: The scheduler may place all replicas on the node with free capacity, and its failure stops all of them.
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
    Fix: Prefer different nodes with podAntiAffinity or a topology spread constraint on kubernetes.io/hostname (with
        `strict: 1`, only with podAntiAffinity).
    Source: Kubernetes documentation, Assigning Pods to Nodes: Inter-pod affinity and anti-affinity; kube-linter
        no-anti-affinity; kube-score *-has-host-podantiaffinity
    """
    for workload in replicated_workloads(rendering):
        affinity = workload.pod.get("affinity", "podAntiAffinity")
        is_fine = _is_spread(workload) or most_pods(rendering, workload) <= 1
        if not affinity and (subject.number("strict") or not is_fine):
            message = f"all pods of the {workload.kind} may run on one node; set affinity.podAntiAffinity"
            yield Violation(message, at=affinity)


@rule(
    "helm/no-topology-spread",
    scope=Rendering,
    default=SHOULD,
    enforces=require(
        r"\btopology ?spread|\bspread\b.{0,40}\bzones?\b"
        r"|\b(?:across|multiple|several) (?:availability )?zones\b|\bmulti-?AZ\b"
    ),
    umbrella=HIGHLY_AVAILABLE,
    parameters={
        "strict": Parameter(
            0, "a single pod, a bare Pod and a DaemonSet can't be spread; 1 requires it of all workloads except jobs"
        )
    },
)
def no_topology_spread(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """All pods of a workload may run in one zone.

    Why: The failure of the zone then stops all of them; anti-affinity between nodes doesn't prevent it.
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
    Fix: Set topologySpreadConstraints, preferably from values with this default.
    Source: Kubernetes documentation, Pod Topology Spread Constraints; kube-score pod-topology-spread-constraints;
        polaris topologySpreadConstraint
    """
    strict = bool(subject.number("strict"))
    for workload in rendering.workloads:
        if workload.manifest.is_left_out or not (workload.is_replicated or (strict and not workload.made_by.ends)):
            continue
        constraints = workload.pod.get("topologySpreadConstraints")
        if not constraints and (strict or most_pods(rendering, workload) > 1):
            message = f"all pods of the {workload.kind} may run in one zone; set topologySpreadConstraints"
            yield Violation(message, at=constraints)
        for constraint in constraints.items():
            yield from _spreads_nothing(constraint)


def _spreads_nothing(constraint: View) -> Iterator[Violation]:
    if not constraint.get("labelSelector"):
        yield Violation(
            "topology spread constraint has no labelSelector and spreads no pods; set it to the pods' labels",
            at=constraint.get("labelSelector"),
        )
    for field in ("topologyKey", "maxSkew", "whenUnsatisfiable"):
        if not constraint.get(field):
            yield Violation(
                f"topology spread constraint has no {field}, which Kubernetes requires; set {field}",
                at=constraint.get(field),
            )
    action = constraint.get("whenUnsatisfiable")
    if action.data and action.scalar() not in ("DoNotSchedule", "ScheduleAnyway"):
        yield Violation(
            f"whenUnsatisfiable {action.data} is invalid; set it to DoNotSchedule or ScheduleAnyway", at=action
        )


@rule(
    "helm/no-priority-class",
    scope=PodSpec,
    default=OFF,
    enforces=require(r"\bpriority ?class"),
    parameters={
        "accepted": Parameter(
            "", "any class is accepted; set the accepted names, separated by commas, to restrict them"
        )
    },
    evidence="pods have a priority class",
)
def no_priority_class(pod: PodSpec, subject: Subject) -> Iterator[Violation]:
    """Pod has no accepted priority class.

    Why: When a node runs out of resources, pods with the same priority are evicted in an order that nobody chose.
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
        yield Violation("pod has no priorityClassName; set it from a value", at=name)
    elif accepted and name.scalar() not in accepted:
        yield Violation(f"priorityClassName {name.data} is not accepted; use {' or '.join(accepted)}", at=name)
