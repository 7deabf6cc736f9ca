"""The defaults with other names: releases and namespaces that templates compare with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Status
from helm_constitution.render.full_round import FullResult, FullRound
from helm_constitution.render.scenarios import Scenario, ScenarioKind
from helm_constitution.templates.nodes import (
    Field,
    Identifier,
    Pipeline,
    String,
    Variable,
    commands,
    contents,
    pipelines,
)

if TYPE_CHECKING:
    from helm_constitution.helm.protocol import RenderRequest
    from helm_constitution.kubernetes.manifests import Manifest
    from helm_constitution.render.results import ScenarioResult
    from helm_constitution.templates.analysis import AnalysedChart

MOST_NAMES = 10
"""The most names that are rendered; no known chart compares with more."""
_COMPARING = frozenset(("eq", "ne", "has", "hasPrefix", "hasSuffix", "contains", "regexMatch", "mustRegexMatch"))
_NAME = LazyPattern(r"[a-z0-9](?:[a-z0-9-]{0,51}[a-z0-9])?")
_ASKED = {"Name": "release", "Namespace": "namespace"}


def named_releases(full: FullRound) -> FullResult:
    """The objects that only a release or namespace with a certain name renders, each checked by itself.

    Objects that the defaults also render differ only in the name, and were checked there.
    """
    asked = list(_asked(full.analysed, full.base.scenario.request))
    cut = f"templates compare the release with {len(asked)} names, and only {MOST_NAMES} of them are rendered"
    request = full.base.scenario.request
    results = full.render_all([_scenario(what, name, request) for what, name in asked[:MOST_NAMES]])
    new = tuple(found for one in results if (found := _new_in(one, full.base)) is not None)
    return FullResult(new, cut=cut if len(asked) > MOST_NAMES else None)


def _asked(analysed: AnalysedChart, given: RenderRequest) -> Iterator[tuple[str, str]]:
    """What to rename (``release`` or ``namespace``), and the new name; each once."""
    present = {"release": given.release_name, "namespace": given.namespace}
    seen: set[tuple[str, str]] = set()
    for template in analysed.templates:
        for node in contents(template.tree or ()):
            for pipeline in pipelines(node):
                for what in _compared(pipeline):
                    for text in _texts(pipeline):
                        name = f"not-{text}" if text == present[what] else text
                        if (what, name) not in seen and _NAME.fullmatch(name):
                            seen.add((what, name))
                            yield what, name


def _compared(pipeline: Pipeline) -> list[str]:
    """Whether a pipeline compares the release's name, its namespace or both with something."""
    heads = {command.args[0].name for command in commands(pipeline) if isinstance(command.args[0], Identifier)}
    if heads.isdisjoint(_COMPARING):
        return []
    paths = (arg.names for command in commands(pipeline) for arg in command.args if isinstance(arg, Field | Variable))
    asked = {path[1] for path in paths if len(path) == 2 and path[0] == "Release"}
    return [what for name, what in _ASKED.items() if name in asked]


def _texts(pipeline: Pipeline) -> Iterator[str]:
    """The names in a pipeline's texts, with a letter after a prefix and before a suffix."""
    for command in commands(pipeline):
        for arg in command.args:
            if isinstance(arg, String):
                text = re.sub(r"[^a-z0-9-]", "", arg.value)
                yield f"{'x' if text.startswith('-') else ''}{text}{'x' if text.endswith('-') else ''}"


def _scenario(what: str, name: str, given: RenderRequest) -> Scenario:
    request = given._replace(release_name=name) if what == "release" else given._replace(namespace=name)
    return Scenario(f"{what} {name}", request, ScenarioKind.NAMED)


def _new_in(result: ScenarioResult, base: ScenarioResult) -> ScenarioResult | None:
    """A result with the objects that the defaults don't have; a failed one unchanged, None if nothing is new."""
    if result.status is Status.FAILED:
        return result
    if result.rendering is None or base.rendering is None:
        return None
    before, after = base.scenario.request, result.scenario.request

    def identity(manifest: Manifest) -> tuple[str, str, str]:
        name = manifest.name.replace(after.release_name, before.release_name)
        return manifest.template, manifest.kind, name.replace(after.namespace, before.namespace)

    known = {identity(manifest) for manifest in base.rendering.manifests}
    new = tuple(manifest for manifest in result.rendering.manifests if identity(manifest) not in known)
    return replace(result, rendering=replace(result.rendering, manifests=new, _derived={})) if new else None
