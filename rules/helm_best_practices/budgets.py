"""Disruption budgets: what they keep, and what they block."""

from __future__ import annotations

import math
from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    SHOULD,
    TEMPLATES,
    Manifest,
    Parameter,
    Rendering,
    SetField,
    Subject,
    View,
    Violation,
    forbid,
    require,
    rule,
    whole_number,
)

from .budget_fix import budget_for
from .replicas import HIGHLY_AVAILABLE, budgets_of, least_pods, replicated_workloads


@rule(
    "helm/no-disruption-budget",
    scope=Rendering,
    default=SHOULD,
    needs={TEMPLATES},
    enforces=require(
        r"^(?!.*\bconditional (?:resources|objects)\b)"
        r"(?!.*\b(?:disruption ?budgets?|PDBs?)\b.{0,30}\b(?:safe|block)\w*)"
        r".*(?:\b(?:pod ?)?disruption ?budgets?\b|\bPDBs?\b)"
    ),
    umbrella=HIGHLY_AVAILABLE,
    parameters={
        "minimum": Parameter(
            2, "the lowest number of pods that needs a budget; one for a single pod would block every drain"
        )
    },
)
def no_disruption_budget(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Workload has no PodDisruptionBudget.

    Why: Draining nodes, as every cluster upgrade does, may evict all its pods at once.
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
        `fix --unsafe` adds a file with one to a chart without any; its selector is that of the workload's template.
    Source: Kubernetes documentation, Disruptions; kube-score deployment-has-poddisruptionbudget,
        statefulset-has-poddisruptionbudget; polaris missingPodDisruptionBudget
    """
    for workload in replicated_workloads(rendering):
        count = least_pods(rendering, workload)
        if count >= subject.number("minimum") and not budgets_of(rendering, workload):
            pods = "several pods" if count > 1 else "one pod"
            has_one = any("kind: PodDisruptionBudget" in template.text for template in subject.templates)
            advice = "enable the chart's own" if has_one else "add one that selects the pods"
            yield Violation(
                f"{workload.kind} has {pods} and no PodDisruptionBudget; {advice}, with maxUnavailable: 1",
                at=workload.manifest.view,
                fix=None if has_one else budget_for(workload, subject),
            )


@rule(
    "helm/budget-blocks",
    scope=Rendering,
    default=MUST,
    enforces=(
        forbid(
            r"\b(?:disruption ?budgets?|PDBs?)\b.{0,60}\b(?:block|prevent|restrictive|strict)"
            r"|\bminAvailable\b.{0,20}\b(?:equal|same|matching)\w*\b.{0,20}\breplica"
        ),
        require(
            r"\b(?:disruption ?budgets?|PDBs?)\b.{0,60}\bsafe for\b"
            r"|\b(?:disruption ?budgets?|PDBs?)\b.{0,40}\b(?:allow|permit)\w*\b"
            r".{0,30}\b(?:disruptions?|evictions?|drains?)\b"
        ),
    ),
    umbrella=HIGHLY_AVAILABLE + r"|\b(?:pod ?)?disruption ?budgets?\b",
)
def budget_blocks(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """PodDisruptionBudget blocks every eviction.

    Why: Draining the node never ends, and so the upgrade of the cluster never ends.
    Bad:
        spec:
          minAvailable: 1      # and the Deployment has one replica
    Good:
        spec:
          maxUnavailable: 1
    Fix: Allow at least one pod to be unavailable; render the budget only if there are several pods.
    Source: Kubernetes documentation, Specifying a Disruption Budget; kube-linter pdb-max-unavailable,
        pdb-min-available; polaris pdbMinAvailableGreaterThanHPAMinReplicas
    """
    for budget in rendering.of_kind("PodDisruptionBudget"):
        if budget.is_left_out:
            continue
        most, least = budget.get("spec", "maxUnavailable"), budget.get("spec", "minAvailable")
        if most.scalar() in (0, "0", "0%"):
            yield Violation(
                f"maxUnavailable {most.data} blocks every eviction; set maxUnavailable to 1 or more", at=most
            )
        elif least.data == "100%":
            yield Violation("minAvailable 100% blocks every eviction; set maxUnavailable: 1 instead", at=least)
        elif least.data is not None:
            yield from _leaves_none(budget, least, rendering)


def _leaves_none(budget: Manifest, least: View, rendering: Rendering) -> Iterator[Violation]:
    for workload in replicated_workloads(rendering):
        count = least_pods(rendering, workload)
        if count > 0 and budget in budgets_of(rendering, workload) and _amount(least, count) >= count:
            pods = "one pod" if count == 1 else f"{count} pods"
            yield Violation(
                f"minAvailable {least.data} blocks every eviction of {workload.manifest}, which has {pods};"
                " set maxUnavailable: 1 instead",
                at=least,
            )
            return


def _amount(value: View, count: int) -> int:
    """A number, or a percentage of ``count`` rounded up as Kubernetes does; 0 for anything else."""
    number, text = value.integer(), value.string() or ""
    if number is not None:
        return number
    share = whole_number(text[:-1]) if text.endswith("%") else None
    return math.ceil(share * count / 100) if share is not None else whole_number(text) or 0


@rule(
    "helm/budget-policy",
    scope=Manifest,
    default=SHOULD,
    enforces=require(r"\bunhealthyPodEvictionPolicy\b"),
    umbrella=HIGHLY_AVAILABLE + r"|\b(?:pod ?)?disruption ?budgets?\b",
)
def budget_policy(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """PodDisruptionBudget sets no limit, or no policy for unhealthy pods.

    Why: Without unhealthyPodEvictionPolicy: AlwaysAllow, crashing pods keep a node from being drained.
    Bad:
        spec:
          maxUnavailable: 1
    Good:
        spec:
          maxUnavailable: 1
          unhealthyPodEvictionPolicy: AlwaysAllow
    Fix: Set maxUnavailable or minAvailable, and unhealthyPodEvictionPolicy: AlwaysAllow.
        `fix --unsafe` sets both.
    Source: Kubernetes documentation, Specifying a Disruption Budget: Unhealthy Pod Eviction Policy; kube-linter
        pdb-unhealthy-pod-eviction-policy; kube-score poddisruptionbudget-has-policy
    """
    if manifest.kind != "PodDisruptionBudget" or manifest.group != "policy":
        return
    spec = manifest.get("spec")
    if spec.get("maxUnavailable").data is None and spec.get("minAvailable").data is None:
        yield Violation(
            "PodDisruptionBudget sets neither maxUnavailable nor minAvailable; set maxUnavailable: 1",
            at=spec.get("maxUnavailable"),
            fix=SetField(1),
        )
    if spec.get("minAvailable").scalar() in (0, "0", "0%") or spec.get("maxUnavailable").data == "100%":
        return  # it blocks no eviction
    policy = spec.get("unhealthyPodEvictionPolicy")
    if policy.data is None and manifest.api_version == "policy/v1":
        yield Violation(
            "PodDisruptionBudget has no policy for unhealthy pods; set unhealthyPodEvictionPolicy: AlwaysAllow",
            at=policy,
            fix=SetField("AlwaysAllow"),
        )
