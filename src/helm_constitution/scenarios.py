"""The named ways in which a chart is rendered, and what became of each."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import NamedTuple

from helm_constitution.errors import YamlSyntaxError
from helm_constitution.helm.protocol import FailureKind, HelmMessage, MessageLevel, RenderOutput, RenderRequest
from helm_constitution.manifests import Rendering, manifests_of, template_path
from helm_constitution.outcome import DEFAULTS, Status
from helm_constitution.records import record
from helm_constitution.yamltree import YamlDocument, load_documents


class Scenario(NamedTuple):
    """A named way to render: ``defaults``, ``ci/x-values.yaml``, ``platforms/aws.yaml``."""

    name: str
    request: RenderRequest


@record
class ScenarioResult:
    """How a scenario went. ``rendering`` is there where objects can be judged; ``errors`` are helm's messages.

    A rendering with documents that aren't YAML has both: the other documents, and one error for each bad one, which
    stands in ``broken`` by its error, as text.
    """

    scenario: Scenario
    status: Status
    message: str | None
    rendering: Rendering | None
    errors: tuple[HelmMessage, ...] = ()
    broken: Mapping[HelmMessage, YamlDocument] = field(default_factory=dict)


def plan(folder: Path, request: RenderRequest, which: str) -> list[Scenario]:
    """The scenarios of a chart, ``defaults`` first.

    Args:
        folder: the chart's folder.
        request: what the user asked for on the command line; its values come last, on top of every scenario.
        which: ``defaults`` for that one alone, else also each ``ci/*-values.yaml`` and ``platforms/*.yaml``.
    """
    scenarios = [Scenario(DEFAULTS, request)]
    if which == DEFAULTS:
        return scenarios
    # From the folder, not from the loaded chart: charts leave ci/ out of the package by .helmignore.
    for directory, endings in (("ci", ("-values.yaml", "-values.yml")), ("platforms", (".yaml", ".yml"))):
        place = folder / directory
        names = sorted(os.listdir(place)) if place.is_dir() else []
        for name in names:
            if name.endswith(endings):
                values = (place / name, *request.values_files)
                scenarios.append(Scenario(f"{directory}/{name}", request._replace(values_files=values)))
    return scenarios


def conclude(scenario: Scenario, output: RenderOutput, chart_name: str) -> ScenarioResult:
    """What became of a scenario: helm's documents parsed, its errors told apart."""
    request = scenario.request
    documents: list[YamlDocument] = []
    broken: dict[HelmMessage, YamlDocument] = {}
    for text in output.documents:
        try:
            documents.extend(load_documents(text.text, text.source, rendered=True))
        except YamlSyntaxError as error:
            file, _ = template_path(text.source, chart_name)
            fault = HelmMessage(
                MessageLevel.ERROR,
                f"not YAML once rendered: {error.message}",
                FailureKind.YAML,
                file=file,
                rendered_line=error.line,
            )
            broken[fault] = YamlDocument(file, rendered=True, text=text.text)
    if not output.ok and not documents:
        status = Status.NEEDS_INPUT if needs_input(output.errors) else Status.FAILED
        return ScenarioResult(scenario, status, _summary(output.errors), None, output.errors)
    manifests = tuple(manifests_of(documents, chart_name, request.namespace, scenario.name))
    rendering = Rendering(scenario.name, chart_name, request.release_name, request.namespace, manifests)
    errors = tuple(broken) or output.errors
    status = Status.FAILED if errors else Status.RENDERED
    return ScenarioResult(scenario, status, _summary(errors) if errors else None, rendering, errors, broken)


def needs_input(errors: Sequence[HelmMessage]) -> bool:
    """Whether the chart itself asks for input: its ``required`` or ``fail``, or a key that its schema requires."""
    return bool(errors) and all(_asks(error) for error in errors)


def _asks(error: HelmMessage) -> bool:
    if error.kind is FailureKind.REQUIRED:
        return True
    text = error.text.lower()
    return error.kind is FailureKind.SCHEMA and ("is required" in text or "missing propert" in text)


def _summary(errors: Sequence[HelmMessage]) -> str:
    first = errors[0].text
    return first if len(errors) == 1 else f"{first} (and {len(errors) - 1} more)"
