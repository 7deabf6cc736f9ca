"""What the tests of rules share: a rendering out of YAML text, and a rule's word on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any

from helm_constitution.api import Container, Manifest, PodSpec, Rendering, Subject, View, Workload
from helm_constitution.chart.model import Chart
from helm_constitution.chart.values import ValuesFile
from helm_constitution.core.model import Severity, Status
from helm_constitution.helm.protocol import HelmMessage, LintOutput, RenderRequest
from helm_constitution.kubernetes.documents import manifests_of
from helm_constitution.lint.needs import CheckedChart
from helm_constitution.lint.rule import Rule, Violation
from helm_constitution.locate.resolve import locate
from helm_constitution.render.results import RenderedChart, ScenarioResult
from helm_constitution.render.scenarios import Scenario
from helm_constitution.templates.analysis import AnalysedChart
from helm_constitution.text.yaml import load_document, load_documents
from helm_constitution.text.yaml_document import dotted


def rendering(text: str, *, file: str = "templates/x.yaml", scenario: str = "defaults") -> Rendering:
    """The objects of ``text`` as the chart ``web`` would have rendered them from ``file``."""
    manifests = tuple(manifests_of(load_documents(text, file, rendered=True), scenario=scenario))
    return Rendering(scenario, "web", "release-name", "default", manifests)


def things(rule: Rule, objects: Rendering) -> Iterable[object]:
    """What the engine hands to the rule, one by one: as its scope says."""
    if rule.scope is Rendering:
        return (objects,)
    if rule.scope is Manifest:
        return objects.manifests
    if rule.scope is Workload:
        return objects.workloads
    if rule.scope is PodSpec:
        return tuple(workload.pod for workload in objects.workloads)
    if rule.scope is Container:
        return tuple(container for workload in objects.workloads for container in workload.pod.all_containers)
    raise AssertionError(f"{rule.id} judges the subject as a whole, not rendered objects")


def bare_subject(rule: Rule, parameters: Mapping[str, int | str] | None = None) -> Subject:
    """A subject for rules that look at rendered objects only: it has the rule's parameters, and an empty chart."""
    return subject_of(rule, checked(chart_of({})), parameters)


def problems(rule: Rule, text: str, parameters: Mapping[str, int | str] | None = None) -> list[Violation]:
    """The problems that ``rule`` finds in the rendered objects of ``text``, in order."""
    subject = bare_subject(rule, parameters)
    outcomes = (outcome for thing in things(rule, rendering(text)) for outcome in rule.check(thing, subject))
    return [outcome for outcome in outcomes if isinstance(outcome, Violation)]


def judge(rule: Rule, text: str, parameters: Mapping[str, int | str] | None = None) -> list[str]:
    """The messages of the problems that ``rule`` finds in the rendered objects of ``text``."""
    return [problem.message for problem in problems(rule, text, parameters)]


def fields(rule: Rule, text: str, parameters: Mapping[str, int | str] | None = None) -> list[str]:
    """The field paths of the problems, as the report prints them: ``spec.containers[0].image``."""
    return [field_of(problem) for problem in problems(rule, text, parameters)]


def field_of(problem: Violation) -> str:
    """The field path of a problem, as the report prints it; empty where its place is no field."""
    return dotted(problem.at.path) if isinstance(problem.at, View) else ""


def chart_of(files: Mapping[str, str], **changes: Any) -> Chart:
    """A chart of these texts, with other parts in place of some."""
    metadata = load_document(files.get("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"), "Chart.yaml")
    parts: dict[str, Any] = {
        "path": Path("web"),
        "shown": "web",
        "name": metadata.scalar_text(("name",)) or "web",
        "version": metadata.scalar_text(("version",)) or "",
        "metadata": metadata,
        "values": ValuesFile("values.yaml", files["values.yaml"]) if "values.yaml" in files else None,
        "files": files,
        "undecodable": (),
        "dependencies": (),
        "subcharts": {},
        "missing_dependencies": (),
        "schema": None,
    }
    return Chart(**{**parts, **changes})


def results_of(renderings: Iterable[Rendering]) -> tuple[ScenarioResult, ...]:
    """Scenarios that rendered to these objects."""
    return tuple(
        ScenarioResult(Scenario(objects.scenario, RenderRequest()), Status.RENDERED, None, objects)
        for objects in renderings
    )


def rendered_chart(files: Mapping[str, str], renderings: Iterable[Rendering] = ()) -> RenderedChart:
    """A chart of these texts, and what was rendered of it."""
    return RenderedChart(AnalysedChart(chart_of(files)), results_of(renderings))


def checked(
    chart: Chart,
    results: tuple[ScenarioResult, ...] = (),
    *,
    lint: tuple[HelmMessage, ...] = (),
    severities: Mapping[str, Severity] | None = None,
) -> CheckedChart:
    """A chart of which this is known."""
    analysed = AnalysedChart(chart)
    return CheckedChart(analysed, RenderedChart(analysed, results), LintOutput(lint), severities=dict(severities or {}))


def subject_of(rule: Rule, checked: CheckedChart, parameters: Mapping[str, int | str] | None = None) -> Subject:
    """A chart as the rule sees it."""
    bound = {name: parameter.default for name, parameter in rule.parameters.items()}
    return Subject(checked, rule.needs, {**bound, **(parameters or {})})


def chart_subject(
    rule: Rule,
    files: Mapping[str, str],
    parameters: Mapping[str, int | str] | None = None,
    renderings: Iterable[Rendering] = (),
) -> Subject:
    """A subject for rules that read the chart's own files: a chart of these texts, and what was rendered of it."""
    return subject_of(rule, checked(chart_of(files), results_of(renderings)), parameters)


def judge_in(
    rule: Rule,
    text: str,
    files: Mapping[str, str] | None = None,
    *,
    scenario: str = "defaults",
    parameters: Mapping[str, int | str] | None = None,
    show: Callable[[Violation], str] = attrgetter("message"),
) -> list[str]:
    """The messages of the problems that ``rule`` finds in ``text``, rendered from templates/x.yaml of these files."""
    objects = rendering(text, scenario=scenario)
    subject = chart_subject(rule, files or {}, parameters, renderings=[objects])
    outcomes = (outcome for thing in things(rule, objects) for outcome in rule.check(thing, subject))
    return [show(outcome) for outcome in outcomes if isinstance(outcome, Violation)]


def found(rule: Rule, files: Mapping[str, str]) -> list[str]:
    """What ``rule`` finds in a chart of these files, as ``file:line message``."""
    lines = []
    for outcome in rule.check(chart_subject(rule, files)):
        if isinstance(outcome, Violation):
            place = locate(outcome.at)
            lines.append(f"{place.file}:{place.line} {outcome.message}")
    return lines
