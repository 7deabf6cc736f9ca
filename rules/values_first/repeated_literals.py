"""Literals that repeat the default of a value instead of reading it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from helm_constitution.api import (
    RESULTS,
    SHOULD,
    TEMPLATES,
    LazyPattern,
    NamedTuple,
    Related,
    Span,
    Subject,
    TemplateFile,
    TextPlace,
    View,
    Violation,
    YamlDocument,
    forbid,
    require,
    rule,
)

from ..yaml_text import Line, key_lines

_VALUE = LazyPattern(r"""["']?\{\{-?\s*\$?\.Values\.([\w.]+)(?:\s*\|\s*(?:int|int64|quote))?\s*-?\}\}["']?\Z""")
_PORT = LazyPattern(r"""["']?(\d{2,5})["']?(?:\s+#.*)?\Z""")
_FORWARD = LazyPattern(r"\bport-forward\b[^\n]*?\s(?:\d+:)?(\d{2,5})(?=\s|\Z)")


_SET = LazyPattern(r"""ort["']?:[ \t]+\S""")
_NUMBER = LazyPattern(r"\d{2,5}")
_OF_SERVICES = LazyPattern(r"(?i)service|external|node_?port")
_NOTES = "templates/NOTES.txt"


class _Use(NamedTuple):
    """A template line that sets a port to a literal or a value."""

    file: str
    line: Line
    number: str | None
    value: str | None


@rule(
    "values/repeated-literal",
    default=SHOULD,
    needs={RESULTS, TEMPLATES},
    enforces=(
        require(r"\b(?:single source of truth|defined once|in one place)\b"),
        forbid(r"\b(?:repeat(?:ed|ing)?|duplicat(?:ed|e|ing))\b.{0,40}\b(?:literals?|values|ports?|defaults?)\b"),
    ),
)
def repeated_literal(subject: Subject) -> Iterator[Violation]:
    """Literal repeats the default of a value.

    Why: By default both are equal. A user who changes the value changes only one of them: the Service sends requests to
        a port on which nothing listens, or NOTES.txt tells users to forward a port that does not exist.
    Bad:
        containerPort: 3000                            # values.yaml has service.port: 3000
        ---
        targetPort: {{ .Values.service.port }}
    Good:
        containerPort: {{ .Values.service.port }}
        ---
        targetPort: {{ .Values.service.port }}
    Fix: Read the value in both places, or refer to the container port by its name. The rule checks ports of containers
        and probes, target ports of Services, and `port-forward` in NOTES.txt.
    Source: Kubernetes documentation, Service: Port definitions; the chart that `helm create` makes
    """
    values = subject.chart.values
    if values is None:
        return
    uses = [use for template in subject.templates for use in subject.derived_from(template, _uses)]
    by_number: dict[str, list[tuple[str, str, View]]] = {}
    for use in uses:
        if use.value is not None and "probe" not in use.value.lower():
            view = values.document.view.get(*use.value.split("."))
            by_number.setdefault(str(view.data), []).append((use.file, use.value, view))
    repeated: dict[str, list[TextPlace]] = {}
    for use in uses:
        for file, name, _ in by_number.get(use.number, ()) if use.number else ():
            if file == use.file or _is_of(name, use.file, subject.chart.name):
                repeated.setdefault(name, []).append(TextPlace(use.file, use.line.span))
                break
    for name, places in repeated.items():
        view = values.document.view.get(*name.split("."))
        count = f" {len(places)} times" if len(places) > 1 else ""
        more = tuple(Related(place, "also repeated here") for place in places[1:4])
        yield Violation(
            f"port {view.data} repeats the default of value {name}{count}; read .Values.{name} here too",
            at=places[0],
            related=(Related(view, "the value"), *more),
        )
    yield from _notes(subject, uses, values.document)


_SHARED = frozenset({"service", "containerPort", "containerPorts", "port", "ports"})


def _is_of(name: str, file: str, chart: str) -> bool:
    """Whether a value belongs to a template: two components may have a port each, with the same number."""
    component = name.partition(".")[0]
    return component in _SHARED or component == chart or component.lower() in file.lower()


_PROBES = ("httpGet", "tcpSocket", "grpc")
_OF_PROBES = tuple((probe,) for probe in _PROBES)


def _uses(template: TemplateFile) -> tuple[_Use, ...]:
    """The lines of a template that set ports: of containers and probes, and the target ports of Services.

    A port of a Service without a targetPort leads to the container's port of the same number.
    """
    file, text = template.path, template.text
    leads = "kind: Service\n" in text and "targetPort" not in text
    names_port = leads or any(word in text for word in ("containerPort", "targetPort", *_PROBES))
    # The templates of large CustomResourceDefinitions hold these words, but give no port a value.
    if not names_port or not file.endswith((".yaml", ".yml", ".tpl")) or _SET.search(text) is None:
        return ()
    found: list[_Use] = []
    of_services: list[_Use] = []
    for line in key_lines(text):
        if not line.key.endswith("ort"):
            continue
        number, value = _PORT.match(line.value), _VALUE.match(line.value)
        if number is None and value is None:
            continue
        if line.key in ("containerPort", "targetPort") or (line.key == "port" and line.parents[-1:] in _OF_PROBES):
            found.append(_Use(file, line, number[1] if number else None, value[1] if value else None))
        if leads and line.key == "port" and "ports" in line.parents[-2:] and value is not None:
            of_services.append(_Use(file, line, None, value[1]))
    return (*found, *of_services)


def _notes(subject: Subject, uses: list[_Use], values: YamlDocument) -> Iterator[Violation]:
    """Ports that NOTES.txt tells users to forward: hardcoded although a value sets them, or missing."""
    text = subject.chart.files.get(_NOTES, "")
    if "port-forward" not in text:
        return
    of_containers, of_services = _ports(subject)
    files = [file for name, file in subject.chart.files.items() if _may_have_port(name)]
    of_pods = {use.value for use in uses if use.line.key == "containerPort" and use.value is not None}
    for number, line in enumerate(text.split("\n"), 1):
        is_service = "svc/" in line or "service/" in line
        is_pod = "$POD_NAME" in line or "pod/" in line
        for found in _FORWARD.finditer(line):
            place = TextPlace(_NOTES, Span(number, found.start(1) + 1, number, found.end(1) + 1))
            names = {"service.port"} if is_service else of_pods
            set_by = [name for name in sorted(names) if str(values.view.get(*name.split(".")).data) == found[1]]
            if set_by:
                yield Violation(
                    f"NOTES.txt forwards to port {found[1]}, which users may change; print .Values.{set_by[0]}",
                    at=place,
                    related=(Related(values.view.get(*set_by[0].split(".")), "the value"),),
                )
            elif is_pod and of_containers and found[1] not in of_containers and not _listens(found[1], files):
                what = f"NOTES.txt forwards to port {found[1]} of a pod, which no container has"
                yield Violation(f"{what}; use the port of the container", place)
            elif (
                (of_containers or of_services)
                and found[1] not in {*of_containers, *of_services}
                and not any(found[1] in file and found[1] in _NUMBER.findall(file) for file in files)
            ):
                what = f"NOTES.txt forwards to port {found[1]}, which no container or Service has"
                yield Violation(f"{what}; use an existing port", place)


def _may_have_port(name: str) -> bool:
    return name == "values.yaml" or (name.startswith("templates/") and name != _NOTES)


def _listens(port: str, texts: Sequence[str]) -> bool:
    """Whether a number may be the port of a container: that of a port, unless only Services have it."""
    for text in texts:
        if port not in text or ("kind: Service\n" in text and "containerPort" not in text):
            continue
        lines = text.split("\n")
        numbers = [
            number
            for number, line in enumerate(lines, 1)
            if port in line and "port" in line.lower() and port in _NUMBER.findall(line)
        ]
        if numbers:
            of_services = {
                line.number for line in key_lines(text) if _OF_SERVICES.search(".".join((*line.parents, line.key)))
            }
            if not of_services.issuperset(numbers):
                return True
    return False


def _ports(subject: Subject) -> tuple[set[str], set[str]]:
    """The ports of the containers and of the Services of all renderings, by number and as text."""
    containers: set[str] = set()
    services: set[str] = set()
    for rendering in subject.renderings:
        for workload in rendering.workloads:
            for container in workload.pod.all_containers:
                containers.update(str(port.get("containerPort").data) for port in container.field("ports").items())
        for service in rendering.of_kind("Service"):
            for port in service.get("spec", "ports").items():
                services.update((str(port.get("port").data), str(port.get("targetPort").data)))
    return containers, services
