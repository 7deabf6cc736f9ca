"""How much a container may request."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import OFF, Container, Parameter, Subject, Violation, forbid, quantity, require, rule

_AMOUNT = r"\d+(?:\.\d+)? ?(?:m|[KMGT]i?B?)?\b(?: ?(?:cpus?|cores?)\b)?"
_NAMES = ("cpu_limit", "memory_limit", "cpu_request", "memory_request")
_REASON = "every cluster has its own"


def _bound(resource: str, kind: str) -> tuple[str, str]:
    """Patterns of a bound: what it must not exceed, and what it must stay at or below."""
    group = f"(?P<{resource}_{kind}>{_AMOUNT})"
    what = rf"\b(?:{resource} {kind}s?|{kind}s?\b.{{0,20}}\b{resource})\b"
    return (
        rf"{what}.{{0,40}}\b(?:exceed|be (?:above|over|higher than|more than|greater than))\w*\b.{{0,10}}?{group}",
        rf"{what}.{{0,40}}(?:\b(?:at most|below|up to|no more than|capped at|maximum(?: of)?)\b|<=?).{{0,6}}?{group}",
    )


_PATTERNS = tuple(_bound(*name.split("_")) for name in _NAMES)


@rule(
    "observability/oversized-resources",
    scope=Container,
    default=OFF,
    enforces=(
        *(forbid(above) for above, _ in _PATTERNS),
        *(require(most) for _, most in _PATTERNS),
    ),
    parameters={name: Parameter("", _REASON) for name in _NAMES},
)
def oversized_resources(container: Container, subject: Subject) -> Iterator[Violation]:
    """Container requests or may use more than the team allows.

    Why: A container that may use most of a node leaves no room for its neighbours, and fits on few nodes.
    Bad:
        resources:
          limits:
            memory: 8Gi      # the team allows 1Gi
    Good:
        resources:
          limits:
            memory: 1Gi
    Fix: Lower the default in values.yaml. The rule checks nothing until one of its parameters cpu_limit, memory_limit,
        cpu_request and memory_request is set.
    Source: Kubernetes documentation, Limit Ranges
    """
    for name in _NAMES:
        resource, kind = name.split("_")
        bound = _plain(subject.text(name))
        most = quantity(bound)
        view = container.field("resources", f"{kind}s", resource)
        value = quantity(view.data)
        if most is not None and value is not None and value > most * (1 + 1e-9):
            yield Violation(
                f'{resource} {kind} {view.data} of container "{container.name}" exceeds the allowed {bound}; lower it',
                at=view,
            )


def _plain(text: str) -> str:
    """An amount in Kubernetes' notation: "512 MiB" is 512Mi, "2 cores" are 2."""
    return text.replace(" ", "").removesuffix("s").removesuffix("cpu").removesuffix("core").removesuffix("B")
