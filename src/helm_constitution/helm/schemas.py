"""Finds references in values.schema.json that helm would fetch or read elsewhere, before helm is started.

What Helm 3.17 (gojsonschema), Helm 4.3 and the embedded SDK (santhosh-tekuri/jsonschema) really fetch was tried against
a server on the loopback: ``$ref`` that is absolute, or relative to an absolute ``$id``; not what points into a schema
with that ``$id`` in the same file, not the drafts' own meta-schemas; the newer library also an unknown ``$schema``,
``$dynamicRef`` and ``$recursiveRef``.

The newer library also reads files: for it a schema lies at ``file:///values.schema.json``, and its messages quote their
contents. A reference to an existing file would let an untrusted chart show a file of the machine, so it counts as one
that helm would fetch; one to a missing file is left to helm, which fails.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from helm_constitution.chart.reading import MAX_READ
from helm_constitution.core.errors import ChartError
from helm_constitution.core.files import links_to_nothing
from helm_constitution.core.lazy import LazyPattern

if TYPE_CHECKING:
    from helm_constitution.chart.archive import Budget

SCHEMA = "values.schema.json"

_DRAFT = rb'"\$schema"\s*:\s*"https?://json-schema\.org/(?:draft-0[3467]/|draft/20(?:19-09|20-12)/)?schema#?"'
_DRAFT_LINE = re.compile(_DRAFT)
_META_SCHEMA = LazyPattern(r"https?://json-schema\.org/(?:draft-0[3467]/)?schema", re.IGNORECASE)
_ANY_META_SCHEMA = LazyPattern(
    r"https?://json-schema\.org/(?:draft-0[3467]/schema|draft/20(?:19-09|20-12)/schema|schema)", re.IGNORECASE
)
_ELSEWHERE = re.compile(rb'ref"\s*:\s*"[^#"]', re.IGNORECASE)
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
# The keywords that hold schemas: only in them is an $id is the address of a schema.
_NAMED = frozenset({"properties", "patternProperties", "definitions", "$defs", "dependentSchemas", "dependencies"})
_NESTED = frozenset(
    {
        "items",
        "prefixItems",
        "additionalItems",
        "unevaluatedItems",
        "contains",
        "additionalProperties",
        "unevaluatedProperties",
        "propertyNames",
        "not",
        "allOf",
        "anyOf",
        "oneOf",
        "if",
        "then",
        "else",
        "contentSchema",
    }
)

MAX_DEPTH = 16
"""Charts in charts in charts: deeper than anybody has them."""
_TOO_DEEP = "nested too deeply to be searched"
_UNSEARCHABLE = "can't be searched"
"""Helm may be able to, and may find a schema there."""


def remote_schemas(chart: str) -> tuple[str, ...]:
    """The references that helm would fetch, ``values.schema.json: https://…``, of a chart and its subcharts.

    Args:
        chart: the chart's folder.
    """
    from helm_constitution.chart.archive import Budget

    found = _schemas(chart, "", MAX_DEPTH, Budget(), ())
    return tuple(f"{file}: {target}" for file, targets in found for target in targets)


def _schemas(
    folder: str, shown: str, depth: int, budget: Budget, trail: tuple[str, ...]
) -> Iterator[tuple[str, list[str]]]:
    real = os.path.realpath(folder)
    if real in trail:
        return  # a link to a folder that it is in: the chart can't be loaded
    schema = os.path.join(folder, SCHEMA)
    if os.path.isfile(schema):
        yield shown + SCHEMA, references(_read(schema))
    subcharts = os.path.join(folder, "charts")
    try:
        names = sorted(os.listdir(subcharts))
    except OSError:
        return
    if names and not depth:
        yield f"{shown}charts", [_TOO_DEEP]
        return
    for name in names:
        path = os.path.join(subcharts, name)
        if name.endswith((".tgz", ".tar.gz")):
            inside = f"{shown}charts/{name}"
            try:
                yield from _packaged(_read(path), f"{inside}/", depth - 1, budget)
            except ChartError:
                yield inside, [_UNSEARCHABLE]
        elif os.path.isdir(path):
            yield from _schemas(path, f"{shown}charts/{name}/", depth - 1, budget, (*trail, real))


def _read(path: str) -> bytes:
    if not os.path.isfile(path):
        return b""  # a pipe would be waited for, and a device has no end
    try:
        with open(path, "rb") as file:
            return file.read(MAX_READ)
    except OSError:  # helm's own message is better
        return b""


def _packaged(archive: bytes, shown: str, depth: int, budget: Budget) -> Iterator[tuple[str, list[str]]]:
    import io

    from helm_constitution.chart.archive import read_entries

    for name, data in read_entries(io.BytesIO(archive), shown, budget):
        if name == SCHEMA or name.endswith(f"/{SCHEMA}"):
            yield shown + name, references(data)
        elif name.endswith((".tgz", ".tar.gz")) and os.path.basename(os.path.dirname(name)) == "charts":
            if depth:
                yield from _packaged(data, f"{shown}{name}/", depth - 1, budget)
            else:
                yield shown + name, [_TOO_DEEP]


def copy_without_schemas(chart: str, target: str) -> None:
    """Copies a chart's folder, but for the schemas in it. Packaged subcharts keep theirs.

    Args:
        chart: the chart's folder.
        target: a folder that does not exist yet.
    """
    import shutil

    skipped = shutil.ignore_patterns(SCHEMA, ".git")
    shutil.copytree(
        chart, target, ignore=lambda folder, names: {*skipped(folder, names), *links_to_nothing(folder, names)}
    )


def references(data: bytes) -> list[str]:
    """The references in one schema that helm would fetch, each once.

    Args:
        data: the schema's text.
    """
    rest = _DRAFT_LINE.sub(b"", data)
    # An escape may hide a slash or a key from this first look.
    if b"//" not in rest and b"\\" not in rest and not _ELSEWHERE.search(rest):
        return []
    import json

    text = data.decode("utf-8-sig", "replace")
    try:
        # Helm 3 reads the first JSON value and doesn't mind what follows.
        # Python refuses a whole number of many digits, and helm reads on.
        schema, _ = json.JSONDecoder(parse_int=float).raw_decode(text.lstrip())
        walk = _Walk()
        walk.start(schema)
    except ValueError:
        return []  # no JSON: helm fetches nothing and says so
    except RecursionError:
        return [_TOO_DEEP]
    return walk.remote()


class _Walk:
    """Collects a schema's references and the addresses that it defines itself. In doubt only references count."""

    def __init__(self) -> None:
        self.own: set[str] = set()
        self.referred: dict[str, str] = {}
        self.draft4 = False

    def start(self, schema: object) -> None:
        """Reads a whole schema."""
        self.draft4 = isinstance(schema, dict) and "draft-04" in str(schema.get("$schema"))
        self._visit(schema, "", is_schema=True)

    def _visit(self, node: object, base: str, *, is_schema: bool) -> None:
        if isinstance(node, list):
            for item in node:
                self._visit(item, base, is_schema=is_schema)
        if not isinstance(node, dict):
            return
        for name in ("$id", "id"):
            if isinstance(node.get(name), str):
                base = _join(base, node[name])
                if is_schema and (name == "$id" or self.draft4):
                    self.own.add(_document(base))
        if isinstance(node.get("$schema"), str) and not _ANY_META_SCHEMA.fullmatch(_document(node["$schema"])):
            self._refer(node["$schema"])
        for name in _REFERENCES:
            if isinstance(node.get(name), str):
                self._refer(_join(base, node[name]))
        for name, child in node.items():
            if name in _NAMED and isinstance(child, dict):
                for named in child.values():
                    self._visit(named, base, is_schema=is_schema)
            else:
                self._visit(child, base, is_schema=is_schema and name in _NESTED)

    def _refer(self, target: str) -> None:
        document = _document(target)
        is_remote = document.lower().startswith(("http:", "https:")) and not _META_SCHEMA.fullmatch(document)
        if is_remote or _is_file_of_the_machine(document):
            self.referred.setdefault(document, target)

    def remote(self) -> list[str]:
        """What helm would fetch."""
        return [target for document, target in self.referred.items() if document not in self.own]


def _is_file_of_the_machine(document: str) -> bool:
    """Whether a reference leads to an existing file, seen from the root, where the library places a schema."""
    from urllib.parse import unquote, urlsplit

    try:
        parts = urlsplit(document)
        path = unquote(parts.path)
        return bool(path) and parts.scheme in ("", "file") and os.path.exists(os.path.join("/", path))
    except ValueError:
        return False


def _join(base: str, reference: str) -> str:
    from urllib.parse import urljoin

    try:
        return urljoin(base, reference)
    except ValueError:
        return reference


def _document(target: str) -> str:
    return target.partition("#")[0]
