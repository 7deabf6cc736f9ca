"""The result of rendering a scenario: helm's documents parsed, its errors classified."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from helm_constitution.core.errors import YamlSyntaxError
from helm_constitution.core.model import Base, Status
from helm_constitution.helm.protocol import FailureKind, HelmMessage, MessageLevel, RenderOutput
from helm_constitution.kubernetes.documents import manifests_of, template_path
from helm_constitution.kubernetes.manifests import Manifest, Rendering
from helm_constitution.render.results import ScenarioResult
from helm_constitution.render.scenarios import Scenario
from helm_constitution.text.yaml import load_documents
from helm_constitution.text.yaml_document import YamlDocument

Known: TypeAlias = dict[tuple[str, str], list[YamlDocument]]
"""Documents that were already parsed, by template and text."""
KnownObjects: TypeAlias = dict[tuple[object, ...], tuple[Manifest, ...]]
"""The objects of documents in earlier checks, by all that they were made of: what was found of one is found again."""


def conclude(
    scenario: Scenario,
    output: RenderOutput,
    chart_name: str,
    known: Known | None = None,
    base: Base = Base.CHART,
    *,
    tests_count: bool = False,
    objects: KnownObjects | None = None,
) -> ScenarioResult:
    """The result of a scenario: helm's documents parsed, its errors classified.

    Args:
        scenario: what was rendered.
        output: helm's output.
        chart_name: the chart's name, with which helm's sources begin.
        known: the results of earlier scenarios of the chart; equal texts are read once.
        base: which chart it is, the checked one or its baseline.
        tests_count: check test hooks like other objects.
        objects: those of earlier checks of the chart; new ones are added.
    """
    known = {} if known is None else known
    request = scenario.request
    documents: list[YamlDocument] = []
    broken: dict[HelmMessage, YamlDocument] = {}
    for text in output.documents:
        file = template_path(text.source, chart_name)
        try:
            key = (file, text.text)
            if key not in known:
                known[key] = load_documents(text.text, file, base=base, rendered=True)
            documents.extend(document.again() for document in known[key])
        except YamlSyntaxError as error:
            fault = HelmMessage(
                MessageLevel.ERROR,
                f"rendered text is not YAML: {error.message}",
                FailureKind.YAML,
                file=file,
                rendered_line=error.line,
            )
            broken[fault] = YamlDocument(file, base, rendered=True, text=text.text)
    errors = tuple(broken) or output.errors
    if not output.ok and not documents:
        status = Status.NEEDS_INPUT if needs_input(errors) else Status.FAILED
        return ScenarioResult(scenario, status, _summary(errors), None, errors, broken, output.documents)
    if objects is None:
        manifests = tuple(manifests_of(documents, request.namespace, scenario.name, tests_count=tests_count))
    else:
        manifests = tuple(_kept_manifests(objects, documents, request.namespace, scenario.name, tests_count))
    rendering = Rendering(scenario.name, chart_name, request.release_name, request.namespace, manifests)
    status = Status.FAILED if errors else Status.RENDERED
    message = _summary(errors) if errors else None
    return ScenarioResult(scenario, status, message, rendering, errors, broken, output.documents)


def _kept_manifests(
    objects: KnownObjects, documents: Sequence[YamlDocument], namespace: str, scenario: str, tests_count: bool
) -> Iterator[Manifest]:
    """The objects of documents, those of an earlier check where the same document made them in the same scenario."""
    counts: dict[tuple[str, str], int] = {}  # two equal documents are two objects
    for document in documents:
        same = (document.file, document.text)
        counts[same] = number = counts.get(same, 0) + 1
        key = (document.text, document.file, number, namespace, scenario, tests_count)
        if key not in objects:
            objects[key] = tuple(manifests_of([document], namespace, scenario, tests_count=tests_count))
        yield from objects[key]


def not_run(scenario: Scenario, reason: str) -> ScenarioResult:
    """A scenario that the engine can't render."""
    return ScenarioResult(scenario, Status.NOT_RUN, reason, None)


def needs_input(errors: Sequence[HelmMessage]) -> bool:
    """Whether the chart itself requires input: by ``required`` or ``fail``, or by a key that its schema requires."""
    return bool(errors) and all(_asks(error) for error in errors)


def _asks(error: HelmMessage) -> bool:
    if error.kind is FailureKind.REQUIRED:
        return True
    text = error.text.lower()
    return error.kind is FailureKind.SCHEMA and ("is required" in text or "missing propert" in text)


def _summary(errors: Sequence[HelmMessage]) -> str:
    first = errors[0].text
    return first if len(errors) == 1 else f"{first} (and {len(errors) - 1} more)"
