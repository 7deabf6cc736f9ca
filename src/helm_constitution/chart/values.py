"""values.yaml as its authors write it: every key with its place and the comment that documents it.

Comment forms: helm-docs (``# --``, ``# key.path -- text``, ``@default``, ``@ignored``, ``@section``), Bitnami's
readme-generator (``## @param``, ``@skip``, ``@extra``, ``@section``), helm-schema (``# @schema`` blocks), losisin's
helm-values-schema-json (``# @schema type:…``) and plain comments above a key or behind it on its line. Licence headers,
section banners, directives to other tools and commented-out YAML document nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cached_property

from helm_constitution.chart.commented_keys import CommentedKeyReader
from helm_constitution.chart.value_comments import CommentKind as CommentKind
from helm_constitution.chart.value_comments import Notes
from helm_constitution.chart.value_keys import Comment as Comment
from helm_constitution.chart.value_keys import ValueKey as ValueKey
from helm_constitution.core.errors import ChartError
from helm_constitution.core.model import Base
from helm_constitution.core.records import record
from helm_constitution.text.yaml import load_document, load_documents
from helm_constitution.text.yaml_document import Path, YamlDocument
from helm_constitution.text.yaml_scalars import Json


def require_one_document(text: str, file: str) -> None:
    """Refuses values in more documents: only the first one that is not empty is checked.

    Raises:
        ChartError: with file and line. YamlSyntaxError: the values can't be parsed.
    """
    for number, document in enumerate(load_documents(text, file)) if "\n---" in text else ():
        span = document.value_span(())
        line = span.line if span else 1
        # The first may be empty, and is no document of the list.
        if number or sum(start.startswith("---") for start in document.lines[:line]) > 1:
            message = "contains several YAML documents, of which Helm 3 reads the first and Helm 4 all; join them"
            raise ChartError(message, file=file, line=line)


@record
class ValuesFile:
    """A values file. ``path`` is relative to ``base``; the text is parsed when first asked for."""

    path: str
    text: str
    """The text as written."""
    base: Base = Base.CHART
    notes: Notes = field(default_factory=Notes, repr=False)
    """What the comments of an earlier text say."""

    @cached_property
    def document(self) -> YamlDocument:
        """The parsed file; data is None if it is empty. Raises YamlSyntaxError with line and column."""
        return load_document(self.text, self.path, base=self.base)

    @property
    def data(self) -> dict[str, Json]:
        """The values; empty if the file is empty or not a map."""
        return self.document.data if isinstance(self.document.data, dict) else {}

    def keys(self) -> tuple[ValueKey, ...]:
        """Every key, in the file's order, parents before children, with the comment that documents it."""
        return self._keys

    @cached_property
    def _keys(self) -> tuple[ValueKey, ...]:
        return tuple(CommentedKeyReader(self.document, self.text, self.notes).read())

    @cached_property
    def by_path(self) -> dict[Path, ValueKey]:
        """The keys by their paths."""
        return {key.path: key for key in self._keys}


def merged_values(base: Mapping[str, Json], top: Mapping[str, Json]) -> dict[str, Json]:
    """Helm's merge of a user's values over defaults: maps key by key; null removes a key that the defaults have."""
    merged = dict(base)
    for key, value in top.items():
        below = merged.get(key)
        if value is None and key in base:
            del merged[key]
        elif isinstance(value, dict) and isinstance(below, dict):
            merged[key] = merged_values(below, value)
        else:
            merged[key] = value
    return merged
