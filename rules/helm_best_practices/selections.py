"""Objects that take in pods by labels, and ports by names."""

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
    """A PodDisruptionBudget matches no pod that the chart runs.

    Why: A node's drain evicts all pods at once: the budget that should prevent it speaks of others.
    Bad:
        kind: PodDisruptionBudget
        spec:
          selector:
            matchLabels:
              app: web-server      # the pods carry app: web
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
                "its selector matches no pod of the chart; select by labels that the pods carry",
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
    """A NetworkPolicy matches no pod that the chart runs.

    Why: The pods that it should shield stay open to the whole cluster, or, where it should open a way, stay shut.
    Bad:
        kind: NetworkPolicy
        spec:
          podSelector:
            matchLabels:
              app: web-server      # the pods carry app: web
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
                "its selector matches no pod of the chart; select by labels that the pods carry", at=selector
            )
        for peer in _peers(policy):
            selector = peer.get("podSelector")
            # A peer may well be somebody else's; one that carries the release's name is the chart's own.
            own = rendering.release_name in match_labels(selector.get("matchLabels")).values()
            if own and not peer.get("namespaceSelector").exists and not _takes_in(policy, selector, rendering):
                # The pods of what other values switch on.
                if hidden is None:
                    hidden = bool(templates_left_out(rendering, subject))
                if hidden:
                    continue
                yield Violation(
                    "the peer's selector matches no pod of the chart; select by labels that the pods carry",
                    at=selector,
                )


def _peers(policy: Manifest) -> Iterator[View]:
    for direction, field in (("ingress", "from"), ("egress", "to")):
        for entry in policy.get("spec", direction).items():
            yield from entry.get(field).items()


def _takes_in(manifest: Manifest, selector: View, rendering: Rendering) -> bool:
    """Whether a selector takes in pods of the chart, or an object that isn't the chart's to fill in."""
    if manifest.is_left_out:
        return True
    return (
        takes_in_any(selector, rendering, manifest.effective_namespace)
        or has_operator_objects(rendering)
        or makes_pods_itself(rendering)
    )


_PORT_NAME = LazyPattern(r"(?!.*--)(?=.*[a-z])[a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?\Z")
_PORT_NAME_ADVICE = "at most 15 lower-case letters, digits and single hyphens, one letter at least"


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
    """A Service's target port is no port of the pods that it selects, or a port's name is none that Kubernetes takes.

    Why: For a name that no container declares the Service has no endpoint; an invalid name or a name given twice is
        rejected with the whole object.
    Bad:
        ports:
          - port: 80
            targetPort: web        # the container calls it http
    Good:
        ports:
          - port: 80
            targetPort: http
    Fix: Use the name that the container gives the port: at most 15 lower-case letters, digits and hyphens.
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
                yield Violation(f"{text} is no name for a port: {_PORT_NAME_ADVICE}", at=target)
        # An operator's own containers have ports that no rendering shows.
        if chosen and not any(workload.pod.merged for workload in chosen):
            names = sorted({name for workload in chosen for name in _declared(workload)})
            for port in service.get("spec", "ports").items():
                target = port.get("targetPort")
                if isinstance(target.data, str) and not target.data.isdigit() and target.scalar() not in names:
                    has = ", ".join(names) or "none"
                    yield Violation(
                        f"no container that it selects has a port called {target.data}; name one that is there ({has})",
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
                yield Violation(f"{text} is no name for a port: {_PORT_NAME_ADVICE}", at=name)
            if text in seen:
                yield Violation(f"two ports of the container are called {text}; rename one", at=name)
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
    """A StatefulSet names no Service, or one that the chart doesn't render.

    Why: The Service named there gives each pod its DNS name; without it the pods can't find each other.
    Bad:
        kind: StatefulSet
        spec:
          replicas: 3
    Good:
        kind: StatefulSet
        spec:
          serviceName: {{ include "web.fullname" . }}-headless
    Fix: Render a headless Service (clusterIP: None) that selects the pods, and name it in spec.serviceName.
    Source: Kubernetes documentation, StatefulSets: Stable Network ID; kube-score statefulset-has-servicename
    """
    for manifest in rendering.of_kind("StatefulSet"):
        service_name = manifest.get("spec", "serviceName")
        name = service_name.string()
        if manifest.is_left_out:
            continue
        if not name:
            yield Violation("has no serviceName; name the headless Service of its pods", at=service_name)
        elif (
            is_the_charts_own(name, rendering) and rendering.find("Service", name, manifest.effective_namespace) is None
        ):
            yield Violation(
                f"its serviceName is {name}, a Service that the chart doesn't render; render it", at=service_name
            )
