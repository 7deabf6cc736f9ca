"""What comments of values.yaml show as the content of a value that is empty by default."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from helm_constitution.core.errors import YamlSyntaxError
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.text.yaml import load_document
from helm_constitution.text.yaml_scalars import Json, ValuesPath

if TYPE_CHECKING:
    from helm_constitution.chart.values import ValueKey
    from helm_constitution.templates.analysis import AnalysedChart

_ANNOUNCING = LazyPattern(r"(?:for )?example|e\.?g|sample|usage|such", re.IGNORECASE)
_YAML = LazyPattern(r"\s*(?:- \S|(?!(?:refs?|references?|see|docs?): +https?://)[\w./-]+:(?:\s|$))", re.IGNORECASE)
"""A line of an example; not one that refers to documentation."""


class ValueExamples:
    """The commented-out YAML at the keys of values.yaml."""

    def __init__(self, analysed: AnalysedChart) -> None:
        values = analysed.chart.values
        self._keys: Mapping[tuple[str | int, ...], ValueKey] = values.by_path if values is not None else {}
        self._lines = values.document.lines if values is not None else ()

    def of(self, path: ValuesPath) -> Iterator[Json]:
        """The values that comments show for a key: those below it, then those above."""
        key = self._keys.get(path)
        if key is None:
            return
        line = key.span.end_line
        below = list(self._comments(range(line, len(self._lines))))
        above = list(self._comments(range(key.span.line - 2, -1, -1)))[::-1]
        for lines in (below, above):
            yield from self._read(lines, path)

    def _comments(self, numbers: Iterable[int]) -> Iterator[str]:
        for number in numbers:
            stripped = self._lines[number].strip()
            if not stripped.startswith("#"):
                return
            yield stripped.lstrip("#")

    def _read(self, lines: Sequence[str], path: ValuesPath) -> Iterator[Json]:
        """The first lines that parse as a map or list; words before and after them are left out."""
        start = 0
        while start < len(lines):
            if not _YAML.match(lines[start]):
                start += 1
                continue
            depth = _depth(lines[start])
            end = start + 1
            while end < len(lines) and (
                _depth(lines[end]) > depth or (_depth(lines[end]) == depth and _YAML.match(lines[end]))
            ):
                end += 1
            try:
                data = load_document("\n".join(lines[start:end]), "").data
            except YamlSyntaxError:
                data = None
            if isinstance(data, dict):
                data = self._unwrapped(data, path)
            if isinstance(data, dict | list) and data:
                yield data
                return
            start = end

    def _unwrapped(self, data: dict[str, Json], path: ValuesPath) -> Json:
        """An example without the word that announces it and without its key; None where it is the next key's."""
        name = path[-1]
        shown: Json = {key: inner for key, inner in data.items() if inner is not None or not _ANNOUNCING.match(key)}
        if isinstance(shown, dict) and len(shown) == 1 and _ANNOUNCING.match(next(iter(shown))):
            shown = next(iter(shown.values()))
        if not isinstance(shown, dict):
            return shown
        if name in shown and (len(shown) == 1 or isinstance(shown[name], dict | list)):
            return shown[name]
        # Behind an empty value there is often the comment of the next one.
        return None if all((*path[:-1], key) in self._keys for key in shown) else shown


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def first_item(value: Json, *, keyed: bool = False) -> Json:
    """The first of several items of an example: a template treats all items alike.

    ``keyed``: and so the entries of a map.
    """
    if isinstance(value, list):
        return value[:1]
    if keyed and isinstance(value, dict):
        return dict(list(value.items())[:1])
    return value
