"""Metrics, silent failures and owners."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    OFF,
    RESULTS,
    SHOULD,
    TEMPLATES,
    Action,
    Branch,
    Content,
    Define,
    Field,
    Identifier,
    If,
    Json,
    LabelSelector,
    LazyPattern,
    Manifest,
    NotApplicable,
    Parameter,
    Pipeline,
    Rendering,
    Subject,
    TemplateFile,
    Text,
    TextPlace,
    View,
    Violation,
    Workload,
    contents,
    dotted,
    forbid,
    require,
    rule,
)

from .logging import _keeps_running
from .probes import UMBRELLA

_MONITORS = frozenset(
    {"ServiceMonitor", "PodMonitor", "VMServiceScrape", "VMPodScrape", "PodMonitoring", "ScrapeConfig"}
)
_MONITOR_TEXT = LazyPattern(
    r"kind:\s*[\"']?(?:ServiceMonitor|PodMonitor|VMServiceScrape|VMPodScrape|PodMonitoring|ScrapeConfig)\b"
)


@rule(
    "observability/no-metrics",
    default=SHOULD,
    needs={RESULTS, TEMPLATES},
    enforces=require(
        r"\bprometheus\b(?=.*\b(?:metrics?|scrap\w+|monitor\w*|annotations?|expos\w+)\b)|\b(?:metrics?|scrap\w+)\b.*\bprometheus\b"
        r"|\b(?:service|pod) ?monitors?\b"
        r"|(?<!cluster )\bmetrics\b.{0,40}\b(?:endpoints?|expos|scrap|collect|monitor|publish)"
        r"|\b(?:expos|scrap|provid|publish|includ)\w*\b.{0,30}\bmetrics\b"
    ),
    umbrella=UMBRELLA,
)
def no_metrics(subject: Subject) -> Iterator[Violation]:
    """Chart does not expose its metrics to Prometheus.

    Why: Without a monitor or a scrape annotation, every user of the chart has to write one, or has no metrics.
    Bad:
        # no ServiceMonitor, no PodMonitor, no annotation
        template:
          metadata:
            labels: {}
    Good:
        template:
          metadata:
            annotations:
              prometheus.io/scrape: "true"
              prometheus.io/port: "8080"
    Fix: Add a ServiceMonitor behind a flag (metrics.serviceMonitor.enabled), or the prometheus.io annotations by
        default.
    Source: Prometheus Operator documentation, ServiceMonitor; Prometheus documentation, kubernetes_sd_config
    """
    if any(_MONITOR_TEXT.search(template.text) or _SCRAPE in template.text for template in subject.templates):
        return
    if subject.chart.values is not None and _SCRAPE in subject.chart.values.text:
        return
    place: View | None = None
    for rendering in subject.renderings:
        if any(manifest.kind in _MONITORS or _is_scraped(manifest) for manifest in rendering.manifests):
            return
        for workload in rendering.workloads:
            if place is None and _keeps_running(workload):
                place = workload.pod_metadata.get("annotations")
    if place is not None:
        yield Violation(
            "chart has no ServiceMonitor, PodMonitor or prometheus.io/scrape annotation;"
            " add a ServiceMonitor behind a flag, or the annotation",
            at=place,
        )


_SCRAPE = "prometheus.io/scrape"


def _is_scraped(manifest: Manifest) -> bool:
    if _SCRAPE in manifest.annotations:
        return True
    return any(workload.pod_metadata.get("annotations", _SCRAPE).exists for workload in manifest.workloads)


@rule(
    "observability/dangling-monitor",
    scope=Rendering,
    default=MUST,
    enforces=require(
        r"\b(?:service ?monitors?|pod ?monitors?)\b.{0,60}\b(?:select|match|target|exist|point)"
        r"|\bmonitors?\b.{0,30}\b(?:select|match)\w*\b.{0,30}\bservices?\b"
    ),
    umbrella=UMBRELLA + r"|\bprometheus\b(?=.*\b(?:metrics?|scrap\w+|monitor\w*)\b)|\bmetrics\b.{0,40}\bendpoints?\b",
    parameters={
        "strict": Parameter(
            0, "targets of a monitor in other namespaces are not the chart's; 1 expects them in the chart"
        )
    },
)
def dangling_monitor(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """ServiceMonitor or PodMonitor selects nothing, or an unknown port.

    Why: Prometheus scrapes nothing and reports no error; the missing metrics are noticed only when they are needed.
    Bad:
        kind: ServiceMonitor
        spec:
          selector:
            matchLabels:
              app: webb
    Good:
        kind: ServiceMonitor
        spec:
          selector:
            matchLabels:
              {{- include "web.selectorLabels" . | nindent 6 }}
          endpoints:
            - port: http
    Fix: Render the selector with the same named template as the Service's labels, and use one of its port names.
    Source: Prometheus Operator documentation, ServiceMonitor; kube-linter dangling-servicemonitor
    """
    for monitor in rendering.of_kind("ServiceMonitor", "PodMonitor"):
        namespaces = monitor.get("spec", "namespaceSelector")
        everywhere = namespaces.get("any").boolean() is True
        named = {part.scalar() for part in namespaces.get("matchNames").items()}
        if (everywhere or named) and not subject.number("strict"):
            continue  # its targets are not the chart's
        wanted = named or {monitor.effective_namespace}
        selector = LabelSelector(monitor.get("spec", "selector"))
        if monitor.kind == "ServiceMonitor":
            what, field = "Service", "endpoints"
            services = [
                thing for thing in rendering.of_kind("Service") if everywhere or thing.effective_namespace in wanted
            ]
            chosen = [_service_ports(each) for each in services if selector.matches(dict(each.labels))]
        else:
            what, field = "pod", "podMetricsEndpoints"
            workloads = [
                each
                for each in rendering.workloads
                if (everywhere or each.manifest.effective_namespace in wanted) and selector.matches(each.pod_labels)
            ]
            if any(each.pod.merged for each in workloads):
                continue  # an operator's own containers have ports that no rendering shows
            chosen = [_pod_ports(each) for each in workloads]
        if not chosen:
            yield Violation(
                f"{monitor.kind} selects no {what} of the chart; use the labels of a {what} in its selector",
                at=monitor.get("spec", "selector"),
            )
            continue
        names = set().union(*chosen)
        for endpoint in monitor.get("spec", field).items():
            port = endpoint.get("port")
            if (name := port.string()) is not None and name not in names:
                has = ", ".join(sorted(names)) or "none"
                yield Violation(
                    f'{monitor.kind} selects no {what} with a port named "{name}"; use one of their ports: {has}',
                    at=port,
                )


def _service_ports(service: Manifest) -> set[str]:
    return {name for port in service.get("spec", "ports").items() if (name := port.get("name").string())}


def _pod_ports(workload: Workload) -> set[str]:
    ports = (port for container in workload.pod.all_containers for port in container.field("ports").items())
    return {name for port in ports if (name := port.get("name").string())}


@rule(
    "observability/silent-failure",
    default=MUST,
    needs={TEMPLATES},
    enforces=(
        require(
            r"\bfail(?:ures?|ing|s)?\b.{0,60}\b(?:fast|loud|early|actionable|clear)|\b(?:actionable|clear)\b.{0,30}\berror"
        ),
        forbid(r"\bsilent(?:ly)?\b|\bignor\w*\b.{0,30}\b(?:errors?|mis-?configurations?)\b"),
    ),
)
def silent_failure(subject: Subject) -> Iterator[Violation]:
    """Enabled feature is skipped silently because a value is missing.

    Why: The installation succeeds, the Ingress is missing, and users look for the fault everywhere but in the values.
    Bad:
        {{- if and .Values.ingress.enabled .Values.ingress.host }}
        kind: Ingress
        {{- end }}
    Good:
        {{- if .Values.ingress.enabled }}
        kind: Ingress
        spec:
          rules:
            - host: {{ required "ingress.host is required if the ingress is enabled" .Values.ingress.host }}
        {{- end }}
    Fix: Test only the flag, and read the value with `required` and a message that names it.
    Source: Helm documentation, Chart Development Tips and Tricks: Using the 'required' function
    """
    values = subject.chart.values.data if subject.chart.values is not None else {}
    for template in subject.templates:
        for flag, needed in _skipped(template, template.tree or (), values, ()):
            yield Violation(
                f"{dotted(flag)} silently renders nothing if {dotted(needed.names[1:])} is empty;"
                f" test only {dotted(flag)}, and read {dotted(needed.names[1:])} with required",
                at=TextPlace(template.path, template.span(needed)),
            )


def _skipped(
    template: TemplateFile, nodes: tuple[Content, ...], values: dict[str, Json], asked: tuple[Field, ...]
) -> Iterator[tuple[tuple[str, ...], Field]]:
    """Of the conditions around an object: a flag, and an empty value of the flag's section that they test as well.

    ``asked`` are the values whose truth the conditions around ``nodes`` test.
    """
    for node in nodes:
        kind = type(node)
        if kind is Text or kind is Action:
            continue
        if isinstance(node, If):
            branch = node.branches[0]
            fields = tuple(_fields(branch.pipeline)) if branch.pipeline is not None else ()
            found = list(_flag_and_needed(fields, (*asked, *fields), values))
            if found and _renders_object(template, branch) and not _complains(template, node):
                yield from found
            yield from _skipped(template, branch.body, values, (*asked, *fields))
        elif isinstance(node, Define):
            yield from _skipped(template, node.body, values, ())


def _fields(pipeline: Pipeline) -> Iterator[Field]:
    """The values whose truth a condition tests: a single value, or an ``and`` of several."""
    if len(pipeline.commands) != 1:
        return
    args = pipeline.commands[0].args
    if len(args) > 1:
        first = args[0]
        if not isinstance(first, Identifier) or first.name != "and":
            return
        args = args[1:]
    for arg in args:
        if isinstance(arg, Field) and arg.names[:1] == ("Values",):
            yield arg
        elif isinstance(arg, Pipeline):
            yield from _fields(arg)


def _renders_object(template: TemplateFile, branch: Branch) -> bool:
    """Whether the branch contains a whole object."""
    if not branch.body:
        return False
    body = template.text[branch.end : branch.body[-1].end]
    return re.search(r"(?m)^apiVersion:", body) is not None and re.search(r"(?m)^kind:", body) is not None


def _complains(template: TemplateFile, node: If) -> bool:
    """Whether another branch fails if the value is missing."""
    arms = (item for branch in node.branches[1:] for item in contents(branch.body))
    return any(isinstance(item, Action) and re.search(r"\b(?:fail|required)\b", template.source(item)) for item in arms)


def _flag_and_needed(
    fields: tuple[Field, ...], asked: tuple[Field, ...], values: dict[str, Json]
) -> Iterator[tuple[tuple[str, ...], Field]]:
    """The values among ``fields`` that are empty by default, each with the flag of its section."""
    for needed in fields:
        if _default(values, needed.names[1:]) not in ("", None):
            continue
        for flag in asked:
            section = flag.names[1:-1]
            inside = section and needed.names[1 : len(section) + 1] == section and needed is not flag
            if inside and isinstance(_default(values, flag.names[1:]), bool):
                yield flag.names[1:], needed
                break


def _default(values: dict[str, Json], path: tuple[str, ...]) -> Json:
    """A value's default; a number where there is none, which is neither a flag nor empty."""
    data: Json = values
    for step in path:
        if not isinstance(data, dict) or step not in data:
            return 0
        data = data[step]
    return data


_KEY = r"(?!(?:[a-z-]+\.)*(?:kubernetes\.io|k8s\.io|helm\.sh)/)[a-z0-9][a-z0-9.-]*\.[a-z]+/[\w.-]*\w"
_LABEL_KEY = LazyPattern(r"(?!and\s)[^\s,]+")
"""A key in the parameter, or in a statement's "acme.io/team and acme.io/cost-center"."""


@rule(
    "observability/no-owner-label",
    scope=Manifest,
    default=OFF,
    needs={TEMPLATES},
    enforces=require(
        r"^(?!(?!.*\bowner).*\b(?:standard|recommended)\b.{0,40}\blabels?\b)"
        r"(?:(?=.*?\b(?P<objects>all|every|each) (?:\w+ ){0,2}(?:resource|object|manifest)s?\b))?"
        rf"(?:.*?\blabels?:? (?P<label>{_KEY}(?:(?:, |,? and ){_KEY})*)"
        r"|.*?\bowner\b.{0,30}\b(?:label|annotation)|.*?\b(?:label|annotation)\w*\b.{0,30}\bowner"
        r"|.*?\bowner(?:ship)?\b.{0,10}\b(?:information|metadata)\b)"
    ),
    parameters={
        "label": Parameter(
            "owner",
            "the label that kube-linter requires; several required labels are separated by commas",
            adds_up=True,
        ),
        "objects": Parameter(
            "workloads", "their pods are what breaks at night; `all` checks every other object too", adds_up=True
        ),
    },
)
def no_owner_label(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Object has no owner label or annotation.

    Why: Whoever finds a broken pod at night needs to know which team to call.
    Bad:
        metadata:
          labels: {}
    Good:
        metadata:
          labels:
            owner: team-web
    Fix: Add commonLabels to values.yaml and render them, or set the label in the chart. Workloads are checked, and all
        objects if the statement says so (`All resources MUST have …`).
    Source: kube-linter required-label-owner and required-annotation-email
    """
    if subject.text("objects") == "workloads" and not manifest.workloads:
        raise NotApplicable("the chart renders no workloads")
    if subject.given_by_values(manifest):
        return
    for label in _LABEL_KEY.findall(subject.text("label")):
        if label not in manifest.labels and label not in manifest.annotations:
            message = f'{manifest.kind} has no label or annotation "{label}"; add the label'
            yield Violation(message, at=manifest.get("metadata", "labels", label))
