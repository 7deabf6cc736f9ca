"""YAML as Kubernetes reads it (sigs.k8s.io/yaml, YAML 1.1 booleans), with the position of every node.

One reader serves values files, Chart.yaml and rendered manifests: plain data to judge, the composed nodes for places.
"""

from __future__ import annotations

import math
import re

from helm_constitution.core.errors import YamlSyntaxError
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Base
from helm_constitution.text.pyyaml import yaml
from helm_constitution.text.yaml_composer import compose
from helm_constitution.text.yaml_document import (
    DuplicateKey,
    Span,
    YamlDocument,
    fault_at,
    is_merge,
    key_text,
    span_between,
)
from helm_constitution.text.yaml_scalars import NUMERIC_START, PLAIN, Json, resolve_plain

MAX_NODES = 500_000
"""Nodes of a document, those of an alias counted wherever it is used: an alias bomb ends here."""

MAX_TAG_DIRECTIVES = 1_000
"""``%TAG`` lines in a text: libyaml compares each with all before it."""


class _Builder:
    """Turns composed nodes into plain data."""

    def __init__(self) -> None:
        self.duplicates: list[DuplicateKey] = []
        self.path: list[str | int] = []
        self.budget = MAX_NODES

    def build(self, node: yaml.Node) -> Json:
        self.budget -= 1
        if self.budget < 0:
            raise fault_at(node, "too many nodes: aliases multiply this document beyond what can be read")
        if isinstance(node, yaml.ScalarNode):
            text: str = node.value
            if node.tag == _STR:
                return text
            if node.tag != "?":
                return _tagged(node)
            if text not in PLAIN and text[0] not in NUMERIC_START:
                return text
            return _json(node, resolve_plain(text))
        path = self.path
        if isinstance(node, yaml.SequenceNode):
            items: list[Json] = []
            path.append(0)
            for index, item in enumerate(node.value):
                path[-1] = index
                items.append(self.build(item))
            path.pop()
            return items
        result: dict[str, Json] = {}
        seen: dict[str, yaml.Node] = {}
        path.append("")
        for key_node, value_node in node.value:
            if is_merge(key_node):
                self._merge(result, key_node, value_node)
                continue
            key = key_text(key_node)
            path[-1] = key
            if key in seen:
                self.duplicates.append(DuplicateKey(tuple(path), _node_span(seen[key]), _node_span(key_node)))
            seen[key] = key_node
            result[key] = self.build(value_node)
        path.pop()
        return result

    def _merge(self, result: dict[str, Json], key: yaml.Node, node: yaml.Node) -> None:
        """A merge key's entries stand where it stands: they replace those above it and give way to those below.

        So go-yaml reads it, unlike the YAML 1.1 specification, where a map's own entries always win.
        """
        above = self.path.pop()
        for source in reversed(node.value if isinstance(node, yaml.SequenceNode) else [node]):
            known = len(self.duplicates)
            merged = self.build(source)
            if not isinstance(merged, dict):
                raise fault_at(source, "'<<' merges maps only")
            if source.start_mark.index < key.start_mark.index:
                # An alias: duplicates in that map were told where it stands.
                del self.duplicates[known:]
            result.update(merged)
        self.path.append(above)


_STR = "tag:yaml.org,2002:str"
_TAG = "tag:yaml.org,2002:"
_CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]?\d:[0-5]?\d(?:[.,]\d+)?"
_TIMESTAMP = LazyPattern(
    rf"(?P<year>\d{{4}})-(?P<month>\d{{1,2}})-(?P<day>\d{{1,2}})(?:[Tt]{_CLOCK}(?:Z|[+-]\d{{2}}:\d{{2}})| +{_CLOCK})?",
    re.ASCII,
)
"""The forms of go-yaml, which helm reads with."""


def _json(node: yaml.Node, value: Json) -> Json:
    if isinstance(value, float) and not math.isfinite(value):
        raise fault_at(node, f"{node.value} can't be represented in JSON, which helm and Kubernetes convert this to")
    return value


def _tagged(node: yaml.ScalarNode) -> Json:
    """A scalar with a tag of its own; ``!`` and tags that YAML doesn't define make text."""
    tag, text = str(node.tag), str(node.value)
    if tag == f"{_TAG}binary":
        import base64
        import binascii

        try:
            return base64.b64decode("".join(text.split()), validate=True).decode("utf-8", "replace")
        except binascii.Error:
            raise fault_at(node, "!!binary must be base64") from None
    if tag == f"{_TAG}timestamp":
        if not _is_timestamp(text):
            raise fault_at(node, f"{text!r} is not a !!timestamp")
        return text
    if tag not in (f"{_TAG}null", f"{_TAG}bool", f"{_TAG}int", f"{_TAG}float"):
        return text
    value = _json(node, resolve_plain(text))
    kind = "null" if value is None else type(value).__name__
    if f"{_TAG}{kind}" != tag and not (kind in ("int", "float") and tag in (f"{_TAG}int", f"{_TAG}float")):
        raise fault_at(node, f"{text!r} is not a !!{tag.removeprefix(_TAG)}")
    return value


def _is_timestamp(text: str) -> bool:
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        return False
    year, month, day = int(found["year"]), int(found["month"]), int(found["day"])
    # Not datetime's: Go has a year 0, and Python none.
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if is_leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return 1 <= month <= 12 and 1 <= day <= days[month - 1]


def _node_span(node: yaml.Node) -> Span:
    return span_between(node.start_mark, node.end_mark)


def _fault(error: yaml.YAMLError, file: str, text: str) -> YamlSyntaxError:
    if isinstance(error, yaml.reader.ReaderError):
        line = text.encode(errors="surrogatepass")[: error.position].count(b"\n") + 1
        return YamlSyntaxError(error.reason, file=file, line=line)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    parts = [part for part in (getattr(error, "context", None), getattr(error, "problem", None)) if part]
    message = ": ".join(parts) if parts else str(error).splitlines()[0]
    if mark is None:
        return YamlSyntaxError(message, file=file)
    return YamlSyntaxError(message, file=file, line=mark.line + 1, column=mark.column + 1)


def load_documents(text: str, file: str, *, base: Base = Base.CHART, rendered: bool = False) -> list[YamlDocument]:
    """Reads every document of a YAML text; empty documents are left out.

    Raises:
        YamlSyntaxError: with line and column (from 1) of the first fault.
    """
    documents: list[YamlDocument] = []
    clean = text.removeprefix("﻿")
    if clean.count("%TAG") > MAX_TAG_DIRECTIVES:
        raise YamlSyntaxError(f"more than {MAX_TAG_DIRECTIVES:,} %TAG directives", file=file)
    try:
        for root in compose(clean):
            builder = _Builder()
            data = builder.build(root)
            if data is None and isinstance(root, yaml.ScalarNode):
                continue
            documents.append(YamlDocument(file, base, rendered, data, tuple(builder.duplicates), text, _root=root))
    except yaml.YAMLError as error:
        raise _fault(error, file, clean) from None
    except YamlSyntaxError as error:
        raise YamlSyntaxError(error.message, file=file, line=error.line, column=error.column) from None
    except RecursionError:
        raise YamlSyntaxError("nested too deeply to be read", file=file) from None
    except ValueError as error:
        raise YamlSyntaxError(str(error), file=file) from None
    return documents


def load_document(text: str, file: str, *, base: Base = Base.CHART) -> YamlDocument:
    """Reads a file that holds one document, as helm does (the first counts); an empty file gives a document of None."""
    documents = load_documents(text, file, base=base)
    return documents[0] if documents else YamlDocument(file, base, text=text)
