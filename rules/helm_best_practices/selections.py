"""Objects that select pods by labels, and ports by names."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    TEMPLATES,
    LazyPattern,
    Manifest,
    Rendering,
    Subject,
    Urgency,
    View,
    Violation,
    Workload,
    forbid,
    require,
    rule,
)

from .statements import CONSISTENT
from .targets import (
    has_operator_objects,
    is_the_charts_own,
    makes_pods_itself,
    match_labels,
    takes_in_any,
    templates_left_out,
)


@rule(
    "helm/dangling-pdb",
    scope=Rendering,
    default=MUST,
    enforces=require(r"\b(?:disruption ?budgets?|pdbs?)\b.{0,40}\b(?:select|match|target|cover)\w*"),
    umbrella=CONSISTENT,
)
def dangling_pdb(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """PodDisruptionBudget selects no pods.

    Why: Draining a node evicts all pods at once: the budget that should prevent it applies to no pod.
    Bad:
        kind: PodDisruptionBudget
        spec:
          selector:
            matchLabels:
              app: web-server      # the pods have app: web
    Good:
        kind: PodDisruptionBudget
        spec:
          selector:
            matchLabels:
              app: web
    Fix: Render the budget's selector and the pods' labels from the same named template.
    Source: Kubernetes documentation, Specifying a Disruption Budget; kube-score *poddisruptionbudget*
    """
    for budget in rendering.of_kind("PodDisruptionBudget"):
        if budget.group == "policy" and not _takes_in(budget, budget.get("spec", "selector"), rendering):
            yield Violation(
                "PodDisruptionBudget selects no pod of the chart; use labels of the pods in its selector",
                at=budget.get("spec", "selector"),
            )


@rule(
    "helm/dangling-network-policy",
    scope=Rendering,
    default=MUST,
    needs={TEMPLATES},
    enforces=require(r"\bnetwork ?polic(?:y|ies)\b.{0,40}\b(?:select|match|target|cover)\w*"),
    umbrella=CONSISTENT,
)
def dangling_network_policy(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """NetworkPolicy selects no pods.

    Why: The pods that it should protect stay open to the whole cluster, or traffic that it should allow stays blocked.
    Bad:
        kind: NetworkPolicy
        spec:
          podSelector:
            matchLabels:
              app: web-server      # the pods have app: web
    Good:
        kind: NetworkPolicy
        spec:
          podSelector:
            matchLabels:
              app: web
    Fix: Render the policy's selector and the pods' labels from the same named template.
    Source: Kubernetes documentation, Network Policies; kube-linter dangling-networkpolicy,
        dangling-networkpolicypeer-podselector; kube-score networkpolicy-targets-pod
    """
    hidden: bool | None = None
    for policy in rendering.of_kind("NetworkPolicy"):
        if policy.group != "networking.k8s.io":
            continue
        selector = policy.get("spec", "podSelector")
        if selector and not _takes_in(policy, selector, rendering):
            yield Violation(
                "NetworkPolicy selects no pod of the chart; use labels of the pods in its podSelector", at=selector
            )
        for peer in _peers(policy):
            selector = peer.get("podSelector")
            # A peer may be outside the chart; one with the release name is the chart's own.
            own = rendering.release_name in match_labels(selector.get("matchLabels")).values()
            if own and not peer.get("namespaceSelector").exists and not _takes_in(policy, selector, rendering):
                # The pods may need other values.
                if hidden is None:
                    hidden = bool(templates_left_out(rendering, subject))
                if hidden:
                    continue
                yield Violation(
                    "peer of the NetworkPolicy selects no pod of the chart; use labels of the pods in its podSelector",
                    at=selector,
                )


def _peers(policy: Manifest) -> Iterator[View]:
    for direction, field in (("ingress", "from"), ("egress", "to")):
        for entry in policy.get("spec", direction).items():
            yield from entry.get(field).items()


def _takes_in(manifest: Manifest, selector: View, rendering: Rendering) -> bool:
    """Whether a selector matches pods of the chart, or pods that a rendering can't show."""
    if manifest.is_left_out:
        return True
    return (
        takes_in_any(selector, rendering, manifest.effective_namespace)
        or has_operator_objects(rendering)
        or makes_pods_itself(rendering)
    )


_PORT_NAME = LazyPattern(r"(?!.*--)(?=.*[a-z])[a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?\Z")
_PORT_NAME_ADVICE = "use at most 15 lower-case letters, digits and single hyphens, with at least one letter"


@rule(
    "helm/target-port-unknown",
    scope=Rendering,
    default=MUST,
    enforces=(
        require(r"\b(?:service|target) ?ports?\b.{0,40}\b(?:match|exist|refer|container)\w*"),
        forbid(r"\b(?:unknown|missing|undeclared)\b.{0,20}\bports?\b"),
    ),
    umbrella=CONSISTENT,
    urgency=Urgency.BROKEN,
)
def target_port_unknown(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Target port does not exist, or a port name is invalid.

    Why: If no container declares the name, the Service has no endpoint. Kubernetes rejects an object with an invalid or
        duplicate port name.
    Bad:
        ports:
          - port: 80
            targetPort: web        # the container names it http
    Good:
        ports:
          - port: 80
            targetPort: http
    Fix: Use the port name of the container: at most 15 lower-case letters, digits and hyphens.
    Source: Kubernetes documentation, Service: Defining a Service; kube-linter invalid-target-ports; kube-score
        container-ports-check
    """
    for workload in rendering.workloads:
        if not workload.manifest.is_left_out:
            yield from _port_names(workload)
    known = [(workload, workload.manifest.effective_namespace, workload.pod_labels) for workload in rendering.workloads]
    for service in rendering.of_kind("Service"):
        wanted = match_labels(service.get("spec", "selector"))
        if service.group or service.is_left_out or not wanted:
            continue
        own = service.effective_namespace
        chosen = [
            workload
            for workload, namespace, labels in known
            if namespace == own and all(labels.get(key) == value for key, value in wanted.items())
        ]
        for port in service.get("spec", "ports").items():
            target = port.get("targetPort")
            if (text := target.string()) and not text.isdigit() and not _PORT_NAME.match(text):
                yield Violation(f'"{text}" is not a valid port name; {_PORT_NAME_ADVICE}', at=target)
        # An operator's own containers have ports that no rendering shows.
        if chosen and not any(workload.pod.merged for workload in chosen):
            names = sorted({name for workload in chosen for name in _declared(workload)})
            for port in service.get("spec", "ports").items():
                target = port.get("targetPort")
                if isinstance(target.data, str) and not target.data.isdigit() and target.scalar() not in names:
                    has = ", ".join(names) or "none"
                    yield Violation(
                        f'targetPort "{target.data}" does not exist in the selected pods;'
                        f" use one of their ports: {has}",
                        at=target,
                    )


def _declared(workload: Workload) -> Iterator[str]:
    for container in workload.pod.all_containers:
        for port in container.field("ports").items():
            if (name := port.get("name").string()) is not None:
                yield name


def _port_names(workload: Workload) -> Iterator[Violation]:
    for container in workload.pod.all_containers:
        seen: set[str] = set()
        for port in container.field("ports").items():
            name = port.get("name")
            text = name.string()
            if text is None:
                continue
            if not _PORT_NAME.match(text):
                yield Violation(f'"{text}" is not a valid port name; {_PORT_NAME_ADVICE}', at=name)
            if text in seen:
                yield Violation(
                    f'container "{container.name}" has two ports named "{text}"; rename one of them', at=name
                )
            seen.add(text)


@rule(
    "helm/no-service-name",
    scope=Rendering,
    default=MUST,
    enforces=require(r"\bstateful ?sets?\b.{0,40}\b(?:headless|service)"),
    umbrella=CONSISTENT,
    urgency=Urgency.BROKEN,
)
def no_service_name(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """StatefulSet has no Service.

    Why: The Service in spec.serviceName gives each pod its DNS name; without it, the pods can't find each other.
    Bad:
        kind: StatefulSet
        spec:
          replicas: 3
    Good:
        kind: StatefulSet
        spec:
          serviceName: {{ include "web.fullname" . }}-headless
    Fix: Render a headless Service (clusterIP: None) that selects the pods, and set spec.serviceName to its name.
    Source: Kubernetes documentation, StatefulSets: Stable Network ID; kube-score statefulset-has-servicename
    """
    for manifest in rendering.of_kind("StatefulSet"):
        service_name = manifest.get("spec", "serviceName")
        name = service_name.string()
        if manifest.is_left_out:
            continue
        if not name:
            yield Violation(
                "StatefulSet has no serviceName; set it to the headless Service of its pods", at=service_name
            )
        elif (
            is_the_charts_own(name, rendering) and rendering.find("Service", name, manifest.effective_namespace) is None
        ):
            yield Violation(
                f'StatefulSet refers to Service "{name}", which the chart does not render; render the Service',
                at=service_name,
            )
