"""How many pods a workload has, and what controls their number."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import Manifest, Rendering, View, Workload

from .targets import SelectorIndex

HIGHLY_AVAILABLE = (
    r"\bhigh(?:ly)?[- ]availab|\bresilien(?:t|ce)\b|\bfault[- ]toleran"
    r"|\bsurvive\b.{0,40}\b(?:node|zone|failure|disruption)s?\b"
)


def replicas_of(workload: Workload) -> int:
    """The replicas of a workload; 1 where none are set."""
    replicas = workload.manifest.get("spec", "replicas").integer()
    return 1 if replicas is None else replicas


def replicated_workloads(rendering: Rendering) -> Iterator[Workload]:
    """The chart's workloads that can have several pods."""
    for workload in rendering.workloads:
        if workload.is_replicated and not workload.manifest.is_left_out:
            yield workload


def scaler_of(rendering: Rendering, workload: Workload) -> Manifest | None:
    """The autoscaler of a workload."""
    manifest = workload.manifest
    for scaler in rendering.derived(_scalers).get((manifest.name, manifest.effective_namespace), ()):
        if scaler.get("spec", "scaleTargetRef", "kind").scalar() in (workload.kind, None):
            return scaler
    return None


def _scalers(rendering: Rendering) -> dict[tuple[object, str], list[Manifest]]:
    """The autoscalers by name and namespace of what they scale."""
    found: dict[tuple[object, str], list[Manifest]] = {}
    for scaler in rendering.of_kind("HorizontalPodAutoscaler", "ScaledObject"):
        name = scaler.get("spec", "scaleTargetRef", "name").string()
        found.setdefault((name, scaler.effective_namespace), []).append(scaler)
    return found


def least_pods(rendering: Rendering, workload: Workload) -> int:
    """The least number of pods that a workload has when all is well: its autoscaler's, else its own."""
    scaler = scaler_of(rendering, workload)
    if scaler is None:
        return replicas_of(workload)
    field = "minReplicaCount" if scaler.kind == "ScaledObject" else "minReplicas"
    least = scaler.get("spec", field).integer()
    return (0 if scaler.kind == "ScaledObject" else 1) if least is None else least


def most_pods(rendering: Rendering, workload: Workload) -> int:
    """The most pods that a workload has when all is well: its autoscaler's, or its own."""
    scaler = scaler_of(rendering, workload)
    if scaler is None:
        return replicas_of(workload)
    field = "maxReplicaCount" if scaler.kind == "ScaledObject" else "maxReplicas"
    most = scaler.get("spec", field).integer()
    return max(replicas_of(workload), 1 if most is None else most)


def budgets_of(rendering: Rendering, workload: Workload) -> list[Manifest]:
    return list(rendering.derived(_budget_index).selecting(workload.pod_labels, workload.manifest.effective_namespace))


def _budget_index(rendering: Rendering) -> SelectorIndex:
    selectors = ((budget, budget.get("spec", "selector")) for budget in rendering.of_kind("PodDisruptionBudget"))
    return SelectorIndex((budget, selector) for budget, selector in selectors if selector.is_map)


def spec_of(workload: Workload, field: str) -> View:
    return workload.manifest.get("spec", field)
