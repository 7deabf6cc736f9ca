"""Requests and limits."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    MAY,
    MUST,
    OFF,
    SHOULD,
    Container,
    Group,
    Outcome,
    SetField,
    Subject,
    Tally,
    View,
    Violation,
    forbid,
    quantity,
    require,
    rule,
)

from .probes import UMBRELLA

_REQUESTS = (
    r"(?=.*\b(?:resources?|cpu|memory|compute|storage)\b.*(?<!pull )(?<!merge )\brequests?\b"
    r"|.*(?<!pull )(?<!merge )\brequests?\b.*\b(?:resources?|cpu|memory|compute|limits?)\b)"
)
# "CPU and memory requests and memory limits" asks for no CPU limit.
_CPU_TOO = r"(?!(?!.*\bcpu\b.{0,14}\blimits?\b)(?!.*\blimits?\b.{0,14}\bcpu\b).*\bmemory limits?\b)"
_LIMITS = (
    r"(?=.*\b(?:resources?|cpu|memory|compute|storage)\b.*\blimits?\b(?! ?ranges?\b)"
    r"|.*\blimits?\b(?! ?ranges?\b).*\b(?:resources?|cpu|memory|compute|requests?)\b"
    r"|.*(?<!pull )(?<!merge )\brequests?\b.{0,30}(?:\band\b|[/,]).{0,10}\blimits\b"
    r"|.*\b(?:pods?|containers?|workloads?)\b.{0,20}\b(?:have|has|set|define|declare|specify)\w*\b.{0,10}\blimits\b)"
)
# Not statements about the structure of values.yaml, or about the heap of a Java machine.
_SET = (
    r"^(?!.*\b(?:control|nested|structures?|JVM|heap|JAVA_OPTS|JVM_OPTS)\b)"
    r"(?!(?!.*\b(?:set|defin|specif|declar|has\b|have\b|includ|requir)).*\bconfigurable\b)"
)
# A statement about one resource is not about the others; "Rate limits of API requests" is about none.
_CPU = _SET + r"(?!.*\bexpos)(?=.*\bcpu\b|(?!.*\b(?:memory|storage)\b))(?!.*\brate\b)"
_MEMORY = _SET + r"(?!.*\bexpos)(?=.*\bmemory\b|(?!.*\b(?:cpu|storage)\b))(?!.*\brate\b)"
_STORAGE = r"^(?=.*\bephemeral\b)"
_UNRESERVED = forbid(r"\bwithout (?:(?:any|resource|cpu|memory|explicit|defined)\W+)*requests\b")
_UNBOUNDED = forbid(r"\bwithout\b.{0,30}\blimits?\b|\bunbounded\b.{0,20}\b(?:pods?|containers?|workloads?)\b")
_BOTH = (
    r"\bresource (?:constraints|bounds|settings)\b"
    r"|^\W*resources (?:are|must be|should be) (?:defined|set|specified|configured|declared)\b"
)


_USUAL = {("requests", "cpu"): "100m", ("requests", "memory"): "128Mi"}
"""Requests of a small server, as a start. There is no usual limit: one that is too small kills the program."""


def _set(container: Container, kind: str, name: str) -> bool:
    """Whether the container, or its pod as a whole (Kubernetes 1.34), has the request or limit."""
    for view in (container.field("resources", kind, name), container.pod.get("resources", kind, name)):
        if view.data is not None and quantity(view.data) != 0:
            return True
    return False


def _unset(container: Container, kind: str, name: str, words: str) -> Iterator[Outcome]:
    if container.role == "ephemeralContainers":  # Kubernetes allows them no resources
        return
    # A limit without a request is also the request: Kubernetes fills it in.
    found = _set(container, kind, name) or (kind == "requests" and _set(container, "limits", name))
    yield Tally(int(found), 1, f"containers have a {words}")
    if not found:
        at, usual = container.field("resources", kind, name), _USUAL.get((kind, name))
        fix = SetField(usual) if usual is not None else None
        message = f'container "{container.name}" has no {words}; set resources.{kind}.{name}'
        yield Violation(message, at=at, group=_group(container, f"{kind}.{name}"), fix=fix)


def _group(container: Container, item: str) -> Group:
    message = f'container "{container.name}" lacks resource requests or limits; set {{items}}'
    return Group(("resources",), message, item, by_object=True)


@rule(
    "observability/no-cpu-request",
    scope=Container,
    default=MUST,
    enforces=(require(_CPU + _REQUESTS), require(_BOTH), _UNRESERVED),
    umbrella=UMBRELLA,
)
def no_cpu_request(container: Container, subject: Subject) -> Iterator[Outcome]:
    """Container has no CPU request.

    Why: The scheduler counts the container as zero: it may be placed on a full node and gets only leftover CPU, and a
        HorizontalPodAutoscaler can't calculate its utilization.
    Bad:
        resources: {}
    Good:
        resources:
          requests:
            cpu: 100m
            memory: 64Mi
    Fix: Set a default for resources.requests.cpu in values.yaml that suits a small installation.
        `fix --unsafe` sets 100m as a start.
    Source: Kubernetes documentation, Resource Management for Pods and Containers; kube-linter unset-cpu-requirements
    """
    yield from _unset(container, "requests", "cpu", "CPU request")


@rule(
    "observability/no-memory-request",
    scope=Container,
    default=MUST,
    enforces=(require(_MEMORY + _REQUESTS), require(_BOTH), _UNRESERVED),
    umbrella=UMBRELLA,
)
def no_memory_request(container: Container, subject: Subject) -> Iterator[Outcome]:
    """Container has no memory request.

    Why: The scheduler counts the container as zero, and when the node runs out of memory it is among the first to be
        killed.
    Bad:
        resources: {}
    Good:
        resources:
          requests:
            cpu: 100m
            memory: 64Mi
    Fix: Set a default for resources.requests.memory in values.yaml that suits a small installation.
        `fix --unsafe` sets 128Mi as a start.
    Source: Kubernetes documentation, Resource Management for Pods and Containers; kube-linter unset-memory-requirements
    """
    yield from _unset(container, "requests", "memory", "memory request")


@rule(
    "observability/no-cpu-limit",
    scope=Container,
    default=MAY,
    enforces=(require(_CPU + _CPU_TOO + _LIMITS), require(_BOTH), _UNBOUNDED),
    umbrella=UMBRELLA,
)
def no_cpu_limit(container: Container, subject: Subject) -> Iterator[Outcome]:
    """Container has no CPU limit.

    Why: One busy container then slows down its neighbours, and an application that was tested alone behaves differently
        in a full cluster.
    Bad:
        resources:
          requests:
            cpu: 100m
    Good:
        resources:
          requests:
            cpu: 100m
          limits:
            cpu: 500m
    Fix: Set a default for resources.limits.cpu in values.yaml. Teams that don't want CPU limits omit the statement from
        their constitution.
    Source: Kubernetes documentation, Resource Management for Pods and Containers; kube-score container-resources
    """
    yield from _unset(container, "limits", "cpu", "CPU limit")


@rule(
    "observability/no-memory-limit",
    scope=Container,
    default=SHOULD,
    enforces=(require(_MEMORY + _LIMITS), require(_BOTH), _UNBOUNDED),
    umbrella=UMBRELLA,
)
def no_memory_limit(container: Container, subject: Subject) -> Iterator[Outcome]:
    """Container has no memory limit.

    Why: A memory leak can use up the whole node, and the kernel may then kill other processes instead of the leaking
        container.
    Bad:
        resources:
          requests:
            memory: 64Mi
    Good:
        resources:
          requests:
            memory: 64Mi
          limits:
            memory: 128Mi
    Fix: Set a default for resources.limits.memory in values.yaml.
    Source: Kubernetes documentation, Resource Management for Pods and Containers; kube-linter unset-memory-requirements
    """
    yield from _unset(container, "limits", "memory", "memory limit")


@rule(
    "observability/no-ephemeral-storage",
    scope=Container,
    default=OFF,
    enforces=require(_STORAGE + r"(?:" + _REQUESTS + "|" + _LIMITS + ")"),
)
def no_ephemeral_storage(container: Container, subject: Subject) -> Iterator[Outcome]:
    """Container has no request or limit for ephemeral storage.

    Why: Logs and scratch files of one container can fill the node's disk, and the kubelet then evicts its pods.
    Bad:
        resources:
          requests:
            cpu: 100m
    Good:
        resources:
          requests:
            cpu: 100m
            ephemeral-storage: 50Mi
          limits:
            ephemeral-storage: 1Gi
    Fix: Set ephemeral-storage in resources.requests and resources.limits.
    Source: kube-score container-ephemeral-storage-request-and-limit
    """
    yield from _unset(container, "requests", "ephemeral-storage", "request for ephemeral storage")
    yield from _unset(container, "limits", "ephemeral-storage", "limit for ephemeral storage")


def _amounts(container: Container) -> Iterator[tuple[str, View, View]]:
    """Each resource that the container both requests and limits: name, request, limit."""
    limits = container.field("resources", "limits")
    for name, request in container.field("resources", "requests").entries():
        limit = limits.get(name)
        if request.data is not None and limit.data is not None:
            yield name, request, limit


@rule(
    "observability/request-above-limit",
    scope=Container,
    default=MUST,
    enforces=forbid(r"\brequests?\b.{0,40}\b(?:exceed|above|larger|higher|greater|more than)\b.{0,20}\blimits?\b"),
    umbrella=UMBRELLA + "|" + _CPU + _LIMITS + "|" + _MEMORY + _LIMITS,
    evidence="containers request no more than their limit",
)
def request_above_limit(container: Container, subject: Subject) -> Iterator[Violation]:
    """Container request exceeds its limit.

    Why: Kubernetes rejects the pod, so nothing starts.
    Bad:
        resources:
          requests:
            memory: 1Gi
          limits:
            memory: 512Mi
    Good:
        resources:
          requests:
            memory: 512Mi
          limits:
            memory: 1Gi
    Fix: Lower the request or raise the limit.
    Source: Kubernetes API, ResourceRequirements
    """
    for name, request, limit in _amounts(container):
        asked, allowed = quantity(request.data), quantity(limit.data)
        if asked is not None and allowed is not None and asked > allowed * (1 + 1e-9):
            yield Violation(
                f"{name} request {request.data} exceeds the limit {limit.data}; lower the request or raise the limit",
                at=request,
            )


@rule(
    "observability/requests-differ",
    scope=Container,
    default=OFF,
    enforces=require(
        r"\brequests?\b.{0,30}\b(?:equal|same as|identical to|match)\b.{0,20}\blimits?\b"
        r"|\blimits?\b.{0,30}\b(?:equal|same as|identical to|match)\b.{0,20}\brequests?\b|\bguaranteed\b.{0,20}\bqos\b"
        r"|\brequests?(?:\.\w+)? ?={1,2} ?limits?\b|\blimits? ?={1,2} ?requests?\b|\bqos\b.{0,20}\bguaranteed\b"
    ),
)
def requests_differ(container: Container, subject: Subject) -> Iterator[Violation]:
    """Container requests differ from its limits.

    Why: Only pods whose requests equal their limits have the QoS class Guaranteed, which is evicted last.
    Bad:
        resources:
          requests:
            cpu: 100m
          limits:
            cpu: 500m
    Good:
        resources:
          requests:
            cpu: 500m
          limits:
            cpu: 500m
    Fix: Set the requests to the limits, or don't use this rule: most charts benefit from limits above the requests.
    Source: kube-score container-cpu-requests-equal-limits and container-memory-requests-equal-limits
    """
    limits = container.field("resources", "limits")
    for name, request in container.field("resources", "requests").entries():
        limit = limits.get(name)
        asked, allowed = quantity(request.data), quantity(limit.data)
        if asked is None:
            continue
        if limit.data is None:
            yield Violation(
                f"{name} request {request.data} has no limit; set resources.limits.{name} to the same amount", at=limit
            )
        elif allowed is not None and asked < allowed * (1 - 1e-9):
            yield Violation(
                f"{name} request {request.data} differs from the limit {limit.data}; set both to the same amount",
                at=request,
            )
