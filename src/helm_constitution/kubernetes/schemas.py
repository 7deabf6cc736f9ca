"""The schemas of objects: Kubernetes' own by minor version, those of usual operators, and those of definitions.

The bundle is in ``data/schemas``, made by ``scripts/bundle_schemas.py``: one file for Kubernetes, one for each group of
custom resources. A file is text compressed by zlib: an index in the first line, a schema in each other one, so that
only what is asked for is parsed.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.unsaved import NO_TEXTS, content_of
from helm_constitution.text.yaml_scalars import Json

JsonSchema = Mapping[str, Any]
"""A schema as Kubernetes writes it (OpenAPI v3, structural)."""


_FOLDER = Path(__file__).parent.parent / "data" / "schemas"


class Schema(NamedTuple):
    """What one kind of object must look like.

    ``source`` names where it comes from, for messages: ``Kubernetes 1.37``, ``keda v2.21.0``, ``crds/queue.yaml``.
    ``resolve`` gives the definition behind a ``$ref``. ``is_custom``: apiVersion, kind and metadata are allowed
    beside what it lists.
    """

    source: str
    root: JsonSchema
    resolve: Callable[[str], JsonSchema]
    is_custom: bool


class Bundle:
    """One file of the bundle: an index, and schemas that are parsed when they are asked for."""

    def __init__(self, name: str) -> None:
        content = zlib.decompress((_FOLDER / f"{name}.z").read_bytes())
        index, *self._lines = content.decode().split("\n")
        self.index: dict[str, Any] = json.loads(index)
        self._parsed: dict[int, JsonSchema] = {}

    def schema(self, line: int) -> JsonSchema:
        """The schema of a line, counted from 0 below the index."""
        if line not in self._parsed:
            self._parsed[line] = json.loads(self._lines[line])
        return self._parsed[line]


@cache
def _bundle(name: str) -> Bundle:
    """A file of the bundle."""
    return Bundle(name)


@cache
def _groups() -> frozenset[str]:
    """The groups of custom resources that have a file."""
    names = (entry.name for entry in _FOLDER.iterdir())
    return frozenset(name.removesuffix(".z") for name in names if name.endswith(".z")) - {"kubernetes"}


def kubernetes_versions() -> tuple[int, ...]:
    """The minor versions of Kubernetes 1.x whose schemas are bundled, the oldest first."""
    return tuple(_kubernetes().index["versions"])


def _kubernetes() -> Bundle:
    return _bundle("kubernetes")


def bundled(api_version: str, kind: str, minor: int) -> Schema | None:
    """The schema of a kind as Kubernetes 1.``minor`` has it, or as the bundled release of its operator has.

    Before the oldest and after the newest bundled version the nearest one answers.

    Returns:
        None for a kind that is not in the bundle, or not in this version of Kubernetes.
    """
    bundle = _kubernetes()
    name = bundle.index["kinds"].get(f"{api_version}/{kind}")
    if name is not None:
        versions = kubernetes_versions()
        nearest = min(max(minor, versions[0]), versions[-1])
        root = _definition(name, nearest)
        if root is None:
            return None
        return Schema(f"Kubernetes 1.{nearest}", root, lambda found: _definition(found, nearest) or {}, is_custom=False)
    group = api_version.partition("/")[0]
    if group not in _groups():
        return None
    custom = _bundle(group)
    line = custom.index["kinds"].get(f"{api_version}/{kind}")
    if line is None:
        return None
    return Schema(custom.index["sources"][line], custom.schema(line), object_meta, is_custom=True)


def _definition(name: str, minor: int) -> JsonSchema | None:
    bundle = _kubernetes()
    for line, first, last in bundle.index["definitions"].get(name, ()):
        if first <= minor <= last:
            return bundle.schema(line)
    return None


class SchemaFolder:
    """A folder of JSON Schemas of a team's own, in the layouts that kubeconform reads.

    Looked for are, below the folder and below ``v1.36.0-standalone-strict`` and its like, ``GROUP/KIND_VERSION.json``
    (``acme.io/queue_v1.json``) and ``KIND-GROUP-VERSION.json`` (``queue-acme-v1.json``, ``pod-v1.json``).
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, api_version: str, kind: str, minor: int) -> Schema | None:
        """The schema of a kind in Kubernetes 1.``minor``; None where the folder has none.

        Raises:
            ConfigurationError: its file is not a JSON Schema.
        """
        group, slash, version = api_version.rpartition("/")
        words = (group, kind, version)
        if not kind or any(os.sep in word or word.startswith(".") or len(word) > 100 for word in words):
            return None
        names = [f"{group}/{kind.lower()}_{version}.json"] if slash else []
        names.append("-".join(word for word in (kind.lower(), group.partition(".")[0], version) if word) + ".json")
        places = ("", *(f"v1.{minor}.0-standalone{strict}/" for strict in ("-strict", "")))
        for place in places:
            for name in names:
                file = self._folder / f"{place}{name}"
                if file.is_file():
                    return _schema_of_file(file)
        return None


def _schema_of_file(file: Path) -> Schema:
    try:
        document = json.loads(content_of(file, NO_TEXTS).decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        raise ConfigurationError(f"must be a JSON Schema: {error}", file=str(file), line=line) from None
    if not isinstance(document, dict):
        raise ConfigurationError("must be a JSON Schema: it is not an object", file=str(file))
    named = {**_map(document, "definitions"), **_map(document, "$defs")}

    def resolve(name: str) -> JsonSchema:
        part = named.get(name)
        return structural(part) if isinstance(part, dict) else object_meta() if name == "ObjectMeta" else {}

    return Schema(file.name, structural(document), resolve, is_custom=True)


def object_meta(_: str = "") -> JsonSchema:
    """The schema of ``metadata`` as the newest bundled version has it; its fields have not changed for years."""
    found = _definition("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", kubernetes_versions()[-1])
    assert found is not None, "the bundle lacks ObjectMeta"
    return found


def schemas_of_definition(definition: Json, source: str) -> dict[tuple[str, str], Schema]:
    """The schemas of a CustomResourceDefinition, by apiVersion and kind; empty where it has none."""
    found: dict[tuple[str, str], Schema] = {}
    spec = _map(definition, "spec")
    kind, group = _map(spec, "names").get("kind"), spec.get("group")
    versions = spec.get("versions")
    for version in versions if isinstance(versions, list) else ():
        schema = _map(version, "schema").get("openAPIV3Schema")
        name = version.get("name") if isinstance(version, dict) else None
        if isinstance(kind, str) and isinstance(group, str) and isinstance(name, str) and isinstance(schema, dict):
            found[f"{group}/{name}", kind] = Schema(source, structural(schema), object_meta, is_custom=True)
    return found


_KEPT: Mapping[str, type] = {
    "type": str,
    "enum": list,
    "required": list,
    "x-kubernetes-list-map-keys": list,
    "x-kubernetes-int-or-string": bool,
    "x-kubernetes-preserve-unknown-fields": bool,
    "x-kubernetes-embedded-resource": bool,
}
"""What is kept of a schema besides its parts, and of which type."""


def structural(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema with what is checked, each part of its right type; descriptions, formats and patterns are left out."""
    made: dict[str, Any] = {}
    for key, kind in _KEPT.items():
        value = schema.get(key)
        if key == "type" and isinstance(value, list):  # null is fine for each optional field
            value = next((each for each in value if each != "null"), None)
        if isinstance(value, kind) and value:
            made[key] = value
    if isinstance(reference := schema.get("$ref"), str):
        made["$ref"] = reference.rpartition("/")[2]
    if isinstance(properties := schema.get("properties"), dict) and properties:
        parts = {name: part for name, part in sorted(properties.items()) if isinstance(part, dict)}
        made["properties"] = {name: structural(part) for name, part in parts.items()}
    for key in ("items", "additionalProperties"):
        part = schema.get(key)
        if isinstance(part, dict):
            made[key] = structural(part)
        elif part is True:
            made[key] = {}
    return made


def _map(data: Json, key: str) -> dict[str, Json]:
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}
