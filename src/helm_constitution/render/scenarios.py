"""The named ways in which a chart is rendered, and what became of each."""

from __future__ import annotations

import enum
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TypeAlias

from helm_constitution.core.errors import YamlSyntaxError
from helm_constitution.core.model import Base
from helm_constitution.core.records import NamedTuple, record
from helm_constitution.helm.protocol import (
    FailureKind,
    HelmMessage,
    MessageLevel,
    RenderedText,
    RenderOutput,
    RenderRequest,
    SetArgument,
)
from helm_constitution.kubernetes.manifests import Manifest, Rendering, manifests_of, template_path
from helm_constitution.report.model import DEFAULTS, Status
from helm_constitution.text.yaml import Json, View, YamlDocument, load_documents


class ScenarioKind(enum.StrEnum):
    """Where a scenario comes from."""

    DEFAULTS = "defaults"
    FILE = "file"  # ci/*-values.yaml, platforms/*.yaml
    CONFIGURED = "configured"
    INPUTS = "inputs"  # another scenario with its required inputs filled
    SWITCHED = "switched"  # a flag or an enum set otherwise
    FILLED = "filled"  # values that are empty by default given placeholders
    KUBERNETES = "kubernetes"
    UPGRADE = "upgrade"


class SetValue(NamedTuple):
    """A value that a scenario sets otherwise than by default, to see what comes of it."""

    path: tuple[str, ...]
    value: Json


class Scenario(NamedTuple):
    """A named way to render: ``defaults``, ``ci/x-values.yaml``, ``platforms/aws.yaml``, ``ingress.enabled=true``.

    ``switched`` is the value that makes a scenario of kind SWITCHED, ``filled`` are those that make one of kind FILLED.
    """

    name: str
    request: RenderRequest
    kind: ScenarioKind = ScenarioKind.FILE
    switched: SetValue | None = None
    filled: tuple[SetValue, ...] = ()

    @property
    def is_users(self) -> bool:
        """Whether it is one that users name, and not made to see what comes of a value."""
        return self.switched is None and not self.filled


class ScenarioSetting(NamedTuple):
    """A scenario as the configuration sets it; what is None or empty is as for the other scenarios."""

    name: str
    values_files: tuple[Path, ...] = ()
    set_arguments: tuple[SetArgument, ...] = ()
    release_name: str | None = None
    namespace: str | None = None
    is_upgrade: bool = False
    kube_version: str | None = None
    api_versions: tuple[str, ...] = ()

    def request(self, base: RenderRequest) -> RenderRequest:
        """How to render it: the values of ``base`` come on top of its own; of all else its own comes first."""
        return base._replace(
            values_files=(*self.values_files, *base.values_files),
            set_arguments=(*self.set_arguments, *base.set_arguments),
            release_name=self.release_name or base.release_name,
            namespace=self.namespace or base.namespace,
            is_upgrade=self.is_upgrade or base.is_upgrade,
            kube_version=self.kube_version or base.kube_version,
            api_versions=tuple(dict.fromkeys((*self.api_versions, *base.api_versions))),
        )


@record
class ScenarioResult:
    """How a scenario went. ``rendering`` is there where objects can be judged; ``errors`` are helm's messages.

    A rendering with documents that aren't YAML has both: the other documents, and one error for each bad one, which
    stands in ``broken`` by its error, as text. ``documents`` are helm's, as text; a scenario that renders to those of
    an earlier one may have no rendering of its own: its objects are judged there.
    """

    scenario: Scenario
    status: Status
    message: str | None
    rendering: Rendering | None
    errors: tuple[HelmMessage, ...] = ()
    broken: Mapping[HelmMessage, YamlDocument] = field(default_factory=dict)
    documents: tuple[RenderedText, ...] = ()


def plan(folder: Path, request: RenderRequest, which: str, settings: Iterable[ScenarioSetting] = ()) -> list[Scenario]:
    """The scenarios of a chart that are known before anything is rendered, ``defaults`` first.

    Args:
        folder: the chart's folder.
        request: what the user asked for on the command line; its values come last, on top of every scenario.
        which: ``defaults`` for that one alone, else also each ``ci/*-values.yaml`` and ``platforms/*.yaml``, and the
            configuration's.
        settings: the configuration's scenarios.
    """
    scenarios = [Scenario(DEFAULTS, request, ScenarioKind.DEFAULTS)]
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
    scenarios.extend(Scenario(one.name, one.request(request), ScenarioKind.CONFIGURED) for one in settings)
    return scenarios


Known: TypeAlias = dict[tuple[str, str], list[YamlDocument]]
"""Documents that were read already, by source and text."""


def conclude(
    scenario: Scenario,
    output: RenderOutput,
    chart_name: str,
    known: Known | None = None,
    base: Base = Base.CHART,
    *,
    tests_count: bool = False,
) -> ScenarioResult:
    """What became of a scenario: helm's documents parsed, its errors told apart.

    Args:
        scenario: what was rendered.
        output: what helm gave.
        chart_name: the chart's name, with which helm's sources begin.
        known: what earlier scenarios of the chart gave; equal texts are read once.
        base: which chart it is, the one that is checked or its baseline.
        tests_count: judge test hooks as other objects.
    """
    known = {} if known is None else known
    request = scenario.request
    documents: list[YamlDocument] = []
    broken: dict[HelmMessage, YamlDocument] = {}
    for text in output.documents:
        try:
            key = (text.source, text.text)
            if key not in known:
                known[key] = load_documents(text.text, text.source, base=base, rendered=True)
            documents.extend(document.again() for document in known[key])
        except YamlSyntaxError as error:
            file, _ = template_path(text.source, chart_name)
            fault = HelmMessage(
                MessageLevel.ERROR,
                f"not YAML once rendered: {error.message}",
                FailureKind.YAML,
                file=file,
                rendered_line=error.line,
            )
            broken[fault] = YamlDocument(file, base, rendered=True, text=text.text)
    errors = tuple(broken) or output.errors
    if not output.ok and not documents:
        status = Status.NEEDS_INPUT if needs_input(errors) else Status.FAILED
        return ScenarioResult(scenario, status, _summary(errors), None, errors, broken, output.documents)
    manifests = tuple(manifests_of(documents, chart_name, request.namespace, scenario.name, tests_count=tests_count))
    rendering = Rendering(scenario.name, chart_name, request.release_name, request.namespace, manifests)
    status = Status.FAILED if errors else Status.RENDERED
    message = _summary(errors) if errors else None
    return ScenarioResult(scenario, status, message, rendering, errors, broken, output.documents)


def mark_repeats(results: Iterable[ScenarioResult]) -> None:
    """Marks the objects that an earlier scenario renders alike, and tells that one's of the later scenarios."""
    first: dict[tuple[object, ...], Manifest] = {}
    for result in results:
        for manifest in result.rendering.manifests if result.rendering is not None else ():
            view = manifest.view
            key = (manifest.template, view.document.text, view.path, manifest.release_namespace)
            earlier = first.setdefault(key, manifest)
            if earlier is not manifest:
                manifest.repeats.append(earlier.scenario)
                earlier.also_in.append(manifest.scenario)


def set_json(path: Iterable[str], value: Json) -> SetArgument:
    """The option that sets one value; what the user gives by ``--set`` still comes on top of it."""
    import json

    keys = ".".join(re.sub(r"([.,=\[\]\\])", r"\\\1", step) for step in path)
    return SetArgument("--set-json", f"{keys}={json.dumps(value)}")


_TELLING = 7
"""Letters of a field's name that a flag may name: hostPID, hostPort, privileged; not image or name."""


def names_field(path: Sequence[str], field: View) -> bool:
    """Whether a value is called as a rendered field is: to set it is to ask for the field."""
    name = next((step.lower() for step in reversed(field.path) if isinstance(step, str)), "")
    return len(name) >= _TELLING and any(name in step.lower() for step in path)


def not_run(scenario: Scenario, reason: str) -> ScenarioResult:
    """A scenario that the engine at work can't render."""
    return ScenarioResult(scenario, Status.NOT_RUN, reason, None)


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
