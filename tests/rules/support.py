"""What the tests of rules share: a rendering out of YAML text, and a rule's word on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any, cast

from helm_constitution.api import Container, Manifest, PodSpec, Rendering, Subject, View, Workload
from helm_constitution.chart.model import Chart
from helm_constitution.chart.values import ValuesFile
from helm_constitution.helm.protocol import RenderRequest
from helm_constitution.kubernetes.manifests import manifests_of
from helm_constitution.lint.rule import Problem, Rule
from helm_constitution.lint.subject import Facts
from helm_constitution.locate.resolve import locate
from helm_constitution.render.results import ScenarioResult, Status
from helm_constitution.render.scenarios import Scenario
from helm_constitution.text.yaml import load_document, load_documents
from helm_constitution.text.yaml_document import dotted


def rendering(text: str, *, file: str = "web/templates/x.yaml", scenario: str = "defaults") -> Rendering:
    """The objects of ``text`` as the chart ``web`` would have rendered them from ``file``."""
    manifests = tuple(manifests_of(load_documents(text, file, rendered=True), "web", "default", scenario))
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
    """A subject for rules that look at rendered objects only: it has the rule's parameters, but no chart."""
    bound = {name: parameter.default for name, parameter in rule.parameters.items()}
    return Subject(Facts(cast(Any, None)), {**bound, **(parameters or {})})


def problems(rule: Rule, text: str, parameters: Mapping[str, int | str] | None = None) -> list[Problem]:
    """The problems that ``rule`` finds in the rendered objects of ``text``, in order."""
    subject = bare_subject(rule, parameters)
    outcomes = (outcome for thing in things(rule, rendering(text)) for outcome in rule.check(thing, subject))
    return [outcome for outcome in outcomes if isinstance(outcome, Problem)]


def judge(rule: Rule, text: str, parameters: Mapping[str, int | str] | None = None) -> list[str]:
    """The messages of the problems that ``rule`` finds in the rendered objects of ``text``."""
    return [problem.message for problem in problems(rule, text, parameters)]


def fields(rule: Rule, text: str, parameters: Mapping[str, int | str] | None = None) -> list[str]:
    """The field paths of the problems, as the report prints them: ``spec.containers[0].image``."""
    return [field_of(problem) for problem in problems(rule, text, parameters)]


def field_of(problem: Problem) -> str:
    """The field path of a problem, as the report prints it; empty where its place is no field."""
    return dotted(problem.at.path) if isinstance(problem.at, View) else ""


def chart_subject(
    files: Mapping[str, str],
    parameters: Mapping[str, int | str] | None = None,
    renderings: Iterable[Rendering] = (),
) -> Subject:
    """A subject for rules that read the chart's own files: a chart of these texts, and what was rendered of it."""
    metadata = load_document(files.get("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"), "Chart.yaml")
    chart = Chart(
        path=Path("web"),
        shown="web",
        name=metadata.scalar_text(("name",)) or "web",
        version=metadata.scalar_text(("version",)) or "",
        metadata=metadata,
        values=ValuesFile("values.yaml", files["values.yaml"]) if "values.yaml" in files else None,
        files=files,
        undecodable=(),
        dependencies=(),
        subcharts={},
        missing_dependencies=(),
        schema=None,
    )
    results = tuple(
        ScenarioResult(Scenario(objects.scenario, RenderRequest()), Status.RENDERED, None, objects)
        for objects in renderings
    )
    return Subject(Facts(chart, results), dict(parameters or {}))


def judge_in(
    rule: Rule,
    text: str,
    files: Mapping[str, str] | None = None,
    *,
    scenario: str = "defaults",
    parameters: Mapping[str, int | str] | None = None,
    show: Callable[[Problem], str] = attrgetter("message"),
) -> list[str]:
    """The messages of the problems that ``rule`` finds in ``text``, rendered from templates/x.yaml of these files."""
    objects = rendering(text, scenario=scenario)
    bound = {name: parameter.default for name, parameter in rule.parameters.items()}
    subject = chart_subject(files or {}, {**bound, **(parameters or {})}, renderings=[objects])
    outcomes = (outcome for thing in things(rule, objects) for outcome in rule.check(thing, subject))
    return [show(outcome) for outcome in outcomes if isinstance(outcome, Problem)]


def found(rule: Rule, files: Mapping[str, str]) -> list[str]:
    """What ``rule`` finds in a chart of these files, as ``file:line message``."""
    lines = []
    for outcome in rule.check(chart_subject(files)):
        if isinstance(outcome, Problem):
            place = locate(outcome.at)
            lines.append(f"{place.file}:{place.line} {outcome.message}")
    return lines
