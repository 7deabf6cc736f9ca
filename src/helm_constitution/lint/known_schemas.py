"""The schemas that an object must match: definitions in the chart first, then the bundled ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from helm_constitution.core.errors import YamlSyntaxError
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.helm.protocol import DEFAULT_KUBE_VERSION
from helm_constitution.kubernetes.schema_faults import SchemaFault, schema_faults
from helm_constitution.kubernetes.schemas import Schema, bundled, kubernetes_versions, schemas_of_definition
from helm_constitution.kubernetes.versions import OLDEST_SUPPORTED
from helm_constitution.render.scenarios import FULL, WORD
from helm_constitution.text.semver import Version, parse_constraint
from helm_constitution.text.yaml import load_documents
from helm_constitution.text.yaml_document import walk
from helm_constitution.text.yaml_scalars import Json

if TYPE_CHECKING:
    from helm_constitution.chart.model import Chart
    from helm_constitution.core.kept import Kept
    from helm_constitution.kubernetes.manifests import Manifest, Rendering
    from helm_constitution.kubernetes.schemas import SchemaFolder
    from helm_constitution.render.results import RenderedChart

_KIND = LazyPattern(r"""kind["']?\s*:\s*(?:[&!]\S+\s+)?["']?(\w+)""")

Definitions = Mapping[tuple[str, str], Schema]
"""Schemas by apiVersion and kind."""


def faults_of(manifest: Manifest, rendered: RenderedChart, folder: SchemaFolder | None) -> list[SchemaFault] | None:
    """See ``Subject.schema_faults``; a problem that only some versions have names these versions.

    Faults of placeholders for required values are left out, because a user sets something else.
    """
    schemas = _schemas_of(manifest, rendered, folder)
    if not schemas:
        return None
    result = rendered.result_of(manifest.scenario)
    given = result.scenario.request.set_arguments if result is not None else ()
    is_guessed = any(WORD in argument.value for argument in given)
    found: dict[SchemaFault, list[Schema]] = {}
    for schema in schemas:
        for fault in rendered.analysed.kept.of(manifest, _faults, _Same(schema)):
            if not (is_guessed and _is_placeholder(manifest.view.get(*fault.path).data)):
                found.setdefault(fault, []).append(schema)
    faults = []
    for fault, against in found.items():
        # A field may be unknown because the version is too old; a wrong type is wrong in every version.
        is_general = len(against) == len(schemas) and (len(schemas) > 1 or not fault.is_of_key)
        is_named = not is_general or against[0].is_custom
        problem = f"{fault.problem} ({_named(against)})" if is_named else fault.problem
        faults.append(fault._replace(problem=problem))
    return faults


class _Same:
    """A schema as a part of a key: the very same definition, because it can't be hashed, from the same source, because
    versions of Kubernetes share definitions that refer to different ones."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Same)
            and other.schema.root is self.schema.root
            and other.schema.source == self.schema.source
        )

    def __hash__(self) -> int:
        return id(self.schema.root)


def _faults(manifest: Manifest, same: _Same) -> tuple[SchemaFault, ...]:
    return tuple(schema_faults(manifest.view.data, same.schema))


def _is_placeholder(data: Json) -> bool:
    """Whether a value is made of the word that stands for required values, and of nothing else."""
    texts = [part for _, part in walk(data) if not isinstance(part, dict | list)]
    return bool(texts) and all(text == WORD for text in texts)


def _named(schemas: Sequence[Schema]) -> str:
    """``Kubernetes 1.30 to 1.36`` for versions of one source."""
    sources = sorted(schema.source for schema in schemas)
    return sources[0] if len(sources) == 1 else f"{sources[0]} to {sources[-1].rpartition(' ')[2]}"


def _schemas_of(manifest: Manifest, rendered: RenderedChart, folder: SchemaFolder | None) -> tuple[Schema, ...]:
    key = manifest.api_version, manifest.kind
    result = rendered.result_of(manifest.scenario)
    if result is not None and result.rendering is not None:
        own = result.rendering.derived(_rendered_definitions).get(key)
        if own is not None:
            return (own,)
    analysed = rendered.analysed
    shipped = analysed.derived(_shipped_definitions, analysed.kept, manifest.group, manifest.kind).get(key)
    if shipped is not None:
        return (shipped,)
    minors = _minors(manifest, rendered)
    if folder is not None and (of_team := folder.find(*key, minors[0])) is not None:
        return (of_team,)
    found = (bundled(*key, minor) for minor in minors)
    return tuple({schema.source: schema for schema in found if schema is not None}.values())


def _minors(manifest: Manifest, rendered: RenderedChart) -> list[int]:
    """The minor versions of Kubernetes that an object is rendered for, that of its own scenario first."""
    scenarios = (manifest.scenario, *rendered.also_in(manifest))
    results = (rendered.result_of(scenario) for scenario in scenarios)
    minors = [_minor(result.scenario.request.kube_version) for result in results if result is not None]
    if rendered.choice == FULL:
        minors.extend(rendered.analysed.derived(_allowed_minors))
    return list(dict.fromkeys(minors))


def _minor(version: str | None) -> int:
    return int((version or DEFAULT_KUBE_VERSION).split(".")[1])


def _allowed_minors(chart: Chart) -> tuple[int, ...]:
    """The versions that Chart.yaml allows, or the supported ones if it names none; none if a template tests the
    version, because then its objects depend on it."""
    charts = [chart]
    while charts:
        one = charts.pop()
        charts.extend(one.subcharts.values())
        if any("KubeVersion" in text for file, text in one.files.items() if file.startswith("templates/")):
            return ()
    wanted = chart.metadata.view.get("kubeVersion").string()
    constraint = parse_constraint(wanted) if wanted else None
    if constraint is None:
        return tuple(minor for minor in kubernetes_versions() if minor >= OLDEST_SUPPORTED)
    return tuple(minor for minor in kubernetes_versions() if constraint.accepts(Version(1, minor, 0)))


def _rendered_definitions(rendering: Rendering) -> Definitions:
    found: dict[tuple[str, str], Schema] = {}
    for manifest in rendering.of_kind("CustomResourceDefinition"):
        found.update(schemas_of_definition(manifest.view.data, manifest.template))
    return found


def _shipped_definitions(chart: Chart, kept: Kept, group: str, kind: str) -> Definitions:
    """The definitions of a kind in crds/, the chart's own before its dependencies'. Reading all would take seconds."""
    found: dict[tuple[str, str], Schema] = {}
    for file, text in _crd_files(chart, "") if "." in group else ():  # groups without a dot are Kubernetes' own
        if group in text and kind in kept.of(text, _kinds_named):
            for key, schema in kept.of(text, _definitions_in, file).items():
                found.setdefault(key, schema)
    return found


def _kinds_named(text: str) -> frozenset[str]:
    """The kinds that a text names by a key, as each definition does; descriptions mention many others."""
    return frozenset(_KIND.findall(text))


def _definitions_in(text: str, file: str) -> Definitions:
    found: dict[tuple[str, str], Schema] = {}
    try:
        documents = load_documents(text, file)
    except YamlSyntaxError:
        return found  # portability/bad-crd reports it
    for document in documents:
        for key, schema in schemas_of_definition(document.view.data, file).items():
            found.setdefault(key, schema)
    return found


def _crd_files(chart: Chart, folder: str) -> Iterator[tuple[str, str]]:
    for file, text in sorted(chart.files.items()):
        if file.startswith("crds/") and file.endswith((".yaml", ".yml", ".json")):
            yield folder + file, text
    for name, subchart in sorted(chart.subcharts.items()):
        yield from _crd_files(subchart, f"{folder}charts/{name}/")
