"""Liveness, readiness and startup probes."""

from __future__ import annotations

import math
from collections.abc import Iterator

from helm_constitution.api import (
    MAY,
    MUST,
    SHOULD,
    TEMPLATES,
    Container,
    LazyPattern,
    Outcome,
    Parameter,
    SetField,
    Severity,
    Subject,
    Tally,
    View,
    Violation,
    forbid,
    require,
    rule,
)

_ACTIONS = ("httpGet", "tcpSocket", "grpc", "exec")
_HEALTH = (
    r"\b(?:must|should) (?:include|have|define):? probes\b|^\W*(?:(?:all|health) )?probes (?:are|must be|should be)"
    r" (?:required|mandatory|set|defined|configured|present|provided|included)\b"
    r"|^(?!.*\bdocument).*\b(?:define|include|have|with|configure|set|provide|implement|declare|carry)\w*\b"
    r".{0,40}\bhealth[- ]?(?:checks?|probes?)\b"
    r"|\bself-healing\b.{0,60}\bhealth[- ]?(?:checks?|probes?)"
    r"|\bhealth[- ]?(?:checks?|probes?)(?: endpoints?| and [a-z ]{1,40})? "
    r"(?:(?:must|should|shall|may|are|is) )?(?:be )?(?:defined|included|functional|working|configured|set|"
    r"provided|implemented|declared|integrated|specified|present|mandatory|required)\b"
    r"|\b(?:health[- ]?checks?|probes?)\b.{0,20}\b(?:for|on|in) (?:all|every|each)\b(?! Dockerfile)"
    r"|\b(?:all|every|each)\b.{0,40}\b(?:ha(?:s|ve)|carr(?:y|ies)|defines?|includes?|declares?|sets?) "
    r"(?:health )?probes?\b"
    r"|\bexpos\w+\b.{0,20}\bhealth[- ](?:checks?|endpoints?)\b"
    r"|^\W*(?:(?:require|define|set|use|add|configure) )?(?:health )?(?:probes?|checks?)\W*$"
)
_WITHOUT = r"\bwithout (?:health[- ]?checks?|(?:health )?probes?)\b"

_PAUSE = LazyPattern(r"(?:^|[/-])pause(?:-\w+)?(?:[:@]|\Z)")
"""Images of Kubernetes' pause container, which has nothing to probe."""

_LIVENESS = (
    r"\bliveness ?probes?\b|\bliveness\b(?=.*\b(?:probes?|checks?|health|endpoints?|signals?)\b)"
    r"|\b(?:probes?|checks?)\b.*\bliveness\b|\bliveness(?: and |/|, ?)(?:readiness|start-?up)\b"
    r"|\b(?:readiness|start-?up)(?: and |/|, ?)liveness\b|^\W*liveness: "
)

UMBRELLA = (
    r"^(?!.*\bchanges? (?:must|should) be observable).*\bobservab(?:le|ility)\b(?!-)|\bproduction[- ]read(?:y|iness)\b"
)
"""Wide statements that the rules of this module are a part of."""


def has_probes(container: Container) -> bool:
    """Whether the container needs probes: it keeps running, in a pod that keeps running."""
    if container.role == "ephemeralContainers" or container.is_init or _PAUSE.search(container.image):
        return False
    if container.pod.get("restartPolicy").string() in ("Never", "OnFailure"):
        return False
    return not container.pod.workload.runs_to_completion


def _action(probe: View) -> View | None:
    """The probe's handler (httpGet, tcpSocket, grpc or exec); None where there is no working probe."""
    return next((part for name in _ACTIONS if (part := probe.get(name)).is_map), None)


_ENDS = {
    "strict": Parameter(
        0, "containers that end by themselves need none; 1 requires it of all but init and ephemeral ones"
    )
}


def _missing(
    container: Container, subject: Subject, name: str, words: str, advice: str, fix: SetField | None = None
) -> Iterator[Outcome]:
    may_have_one = container.role != "ephemeralContainers" and not container.is_init
    if not has_probes(container) and not (may_have_one and subject.number("strict")):
        return
    if name == "readinessProbe" and container.manifest.group == "serving.knative.dev":
        return  # Knative probes the container's port by default
    probe = container.field(name)
    found = _action(probe) is not None
    yield Tally(int(found), 1, f"containers have a {words} probe")
    if not found:
        state = f"has no {words} probe" if not probe else f"has a {words} probe without a handler"
        yield Violation(f'container "{container.name}" {state}; {advice}', at=probe, fix=fix)


@rule(
    "observability/no-liveness-probe",
    scope=Container,
    default=MUST,
    enforces=(
        require(f"{_LIVENESS}|{_HEALTH}"),
        forbid(_WITHOUT),
    ),
    umbrella=UMBRELLA,
    parameters=_ENDS,
)
def no_liveness_probe(container: Container, subject: Subject) -> Iterator[Outcome]:
    """Container has no liveness probe.

    Why: A process that hangs but doesn't exit stays that way until somebody notices; the kubelet restarts it only if a
        probe fails.
    Bad:
        containers:
          - name: web
            image: acme/web:1.4.2
    Good:
        containers:
          - name: web
            image: acme/web:1.4.2
            livenessProbe:
              httpGet:
                path: /healthz
                port: http
    Fix: Add a livenessProbe that tests the process itself and none of its dependencies, and make it configurable.
    Source: Kubernetes documentation, Configure Liveness, Readiness and Startup Probes; kube-linter no-liveness-probe
    """
    yield from _missing(
        container, subject, "livenessProbe", "liveness", "add livenessProbe with a handler like httpGet"
    )


@rule(
    "observability/no-readiness-probe",
    scope=Container,
    default=MUST,
    enforces=(
        require(
            rf"\breadiness(?: ?Probes?\b|\b(?=.*\b(?:probes?|checks?|health|endpoints?)\b))"
            rf"|\bprobes?\b.*\breadiness\b|\bliveness/readiness\b"
            rf"|\breadiness signals?\b|{_HEALTH}"
        ),
        forbid(_WITHOUT),
    ),
    umbrella=UMBRELLA,
    parameters=_ENDS,
)
def no_readiness_probe(container: Container, subject: Subject) -> Iterator[Outcome]:
    """Container has no readiness probe.

    Why: Without one, a pod gets requests as soon as its process starts, and a rolling update continues although the new
        version doesn't work.
    Bad:
        containers:
          - name: web
            image: acme/web:1.4.2
    Good:
        containers:
          - name: web
            image: acme/web:1.4.2
            readinessProbe:
              httpGet:
                path: /readyz
                port: http
    Fix: Add a readinessProbe that succeeds while the container can serve requests, and make it configurable.
    Source: Kubernetes documentation, Configure Liveness, Readiness and Startup Probes; kube-linter no-readiness-probe
    """
    yield from _missing(
        container, subject, "readinessProbe", "readiness", "add readinessProbe with a handler like httpGet"
    )


@rule(
    "observability/no-startup-probe",
    scope=Container,
    default=MAY,
    needs={TEMPLATES},
    enforces=require(r"\bstart-?up(?:Probes?\b|\b(?=.*\bprobes?\b))|\bprobes?\b[^.]{0,60}(?<!during )\bstart-?up\b"),
    umbrella=UMBRELLA,
    parameters=_ENDS,
)
def no_startup_probe(container: Container, subject: Subject) -> Iterator[Outcome]:
    """Container has no startup probe.

    Why: A liveness probe that detects a hang quickly also kills a process that starts slowly, again and again; the
        startup probe delays it until the process is up.
    Bad:
        livenessProbe:
          httpGet:
            path: /healthz
            port: http
          initialDelaySeconds: 120
    Good:
        startupProbe:
          httpGet:
            path: /healthz
            port: http
          periodSeconds: 2
          failureThreshold: 60
        livenessProbe:
          httpGet:
            path: /healthz
            port: http
    Fix: Add a startupProbe with the same handler as the livenessProbe, and periodSeconds × failureThreshold as long as
        the slowest start.
        `fix --unsafe` does so in values.yaml if the template prints a startupProbe that is empty by default; the start
        may then take five minutes, as in the documentation's example.
    Source: Kubernetes documentation, Configure Liveness, Readiness and Startup Probes
    """
    fix, advice = _like_liveness(container, subject), "add startupProbe with a handler like httpGet"
    yield from _missing(container, subject, "startupProbe", "startup", advice, fix)


def _like_liveness(container: Container, subject: Subject) -> SetField | None:
    """A startup probe with the liveness probe's handler, where the template prints one that a user sets."""
    handler = _action(container.field("livenessProbe"))
    if handler is None or ".startupProbe" not in (subject.template_text(container.manifest) or ""):
        return None
    probe = {str(handler.path[-1]): handler.data, "periodSeconds": 10, "failureThreshold": 30}
    return SetField(probe)


@rule(
    "observability/identical-probes",
    scope=Container,
    default=SHOULD,
    enforces=(
        require(
            r"\bprobes?\b.{0,60}\b(?:distinct|differ|different|separate)\b|\b(?:distinct|different|separate)\b.{0,40}\bprobes?\b"
            r"|\b(?:different|distinct|separate)\b.{0,60}\b(?:liveness|readiness)\b"
            r"|\b(?:liveness|readiness)\b.{0,60}\b(?:different|distinct|separate)\b"
        ),
        forbid(r"\bidentical\b.{0,40}\bprobes?\b|\bprobes?\b.{0,60}\b(?:identical|same)\b|\bsame\b.{0,40}\bprobes?\b"),
    ),
    umbrella=UMBRELLA + r"|\bprobes?\b.{0,40}\bsensible\b|\bsensible\b.{0,40}\bprobes?\b",
    parameters={"strict": Parameter(0, "a later failure is enough; 1 requires a different endpoint")},
)
def identical_probes(container: Container, subject: Subject) -> Iterator[Violation]:
    """Liveness and readiness probes are identical.

    Why: If the liveness probe does the same as the readiness probe and fails as fast, a container that is busy or waits
        for a database is restarted when it should only get no requests.
    Bad:
        livenessProbe:
          httpGet: {path: /ready, port: http}
        readinessProbe:
          httpGet: {path: /ready, port: http}
    Good:
        livenessProbe:
          httpGet: {path: /ready, port: http}
          failureThreshold: 10
        readinessProbe:
          httpGet: {path: /ready, port: http}
    Fix: Use a different endpoint for the liveness probe, or let it fail later (a longer period or a higher
        failureThreshold).
        `fix --unsafe` sets a failureThreshold with which the liveness probe fails after twice the time.
    Source: Kubernetes documentation, Configure Liveness, Readiness and Startup Probes; kube-score
        pod-probes-identical
    """
    if not has_probes(container):
        return
    liveness, readiness = container.field("livenessProbe"), container.field("readinessProbe")
    action = _action(liveness)
    if action is None or action.data != readiness.get(*action.path[-1:]).data:
        return
    if subject.number("strict"):
        yield Violation(
            f'liveness and readiness probe of container "{container.name}" call the same endpoint;'
            " use a different endpoint for the liveness probe",
            at=liveness,
        )
    elif _patience(liveness) <= _patience(readiness):
        yield Violation(
            f'liveness probe of container "{container.name}" is the same as the readiness probe and fails as fast;'
            " use a different endpoint or a higher failureThreshold",
            at=liveness,
            fix=SetField(_twice(liveness, readiness), field=liveness.get("failureThreshold")),
        )


def _twice(liveness: View, readiness: View) -> int:
    """The failureThreshold with which the liveness probe fails after twice the time of the readiness probe."""
    return math.ceil(2 * _patience(readiness) / (liveness.get("periodSeconds").integer() or 10))


def _patience(probe: View) -> int:
    """Seconds until a failing probe takes effect, with Kubernetes' defaults."""
    return (probe.get("periodSeconds").integer() or 10) * (probe.get("failureThreshold").integer() or 3)


@rule(
    "observability/probe-port-unknown",
    scope=Container,
    default=MUST,
    enforces=(
        require(r"\bprobes?\b.{0,40}\b(?:declared|named|existing|exposed|container) ports?\b|\bprobe ports?\b"),
        forbid(r"\bprobes?\b.{0,40}\b(?:undeclared|unknown|missing) ports?\b"),
    ),
    umbrella=rf"{UMBRELLA}|{_LIVENESS}|\breadiness\b.*\bprobes?\b|\bprobes?\b.*\breadiness\b|{_HEALTH}",
    parameters={
        "strict": Parameter(0, "a number needs no declaration if the container declares no port at all; 1 requires it")
    },
)
def probe_port_unknown(container: Container, subject: Subject) -> Iterator[Violation]:
    """Probe uses a port that the container does not declare.

    Why: A named port that doesn't exist makes the probe fail forever, and so the rollout; an undeclared number is
        usually the port of an earlier version.
    Bad:
        ports:
          - name: http
            containerPort: 8080
        livenessProbe:
          httpGet: {path: /healthz, port: web}
    Good:
        ports:
          - name: http
            containerPort: 8080
        livenessProbe:
          httpGet: {path: /healthz, port: http}
    Fix: Use a port of this container; ports of the pod's other containers don't count.
    Source: Kubernetes API, Probe; kube-linter liveness-port, readiness-port and startup-port
    """
    ports = list(container.field("ports").items())
    names = {name for port in ports if (name := port.get("name").string())}
    strict = bool(subject.number("strict"))
    numbers = {number for port in ports if (number := port.get("containerPort").integer()) is not None}
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        for action in ("httpGet", "tcpSocket", "grpc"):
            port = container.field(probe, action, "port")
            value = port.data
            if isinstance(value, str) and value.isdigit():
                yield Violation(
                    f"{probe} sets port {value!r} as a string, which Kubernetes reads as a name; remove the quotes",
                    at=port,
                )
            elif (isinstance(value, str) and value not in names) or (
                isinstance(value, int) and (numbers or strict) and value not in numbers
            ):
                yield Violation(
                    f'{probe} uses port {value}, which container "{container.name}" does not declare;'
                    " add the port or use a declared one",
                    at=port,
                    at_most=Severity.WARNING if isinstance(value, int) else None,  # Kubernetes probes it all the same
                )
