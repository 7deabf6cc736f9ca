"""The values that may set a rendered field, by name and content; rendering proves which one does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.locate.resolve import nearest
from helm_constitution.templates.abstract import ANYTHING
from helm_constitution.text.yaml_document import Path, View, dotted, value_at, walk
from helm_constitution.text.yaml_scalars import Json

if TYPE_CHECKING:
    from helm_constitution.core.model import Location
    from helm_constitution.templates.uses import ValueUses

EMPTY: tuple[Json, ...] = (None, "", {}, [])
"""What a value is that gives nothing."""

MOST = 6
"""Values tried for one field; with more of one name, none is likelier than another."""


class Asked(NamedTuple):
    """A rendered field whose deciding value is unknown, with its place in a template and the scenario that renders it.

    ``printed`` are the paths of values that the line prints, ``under`` is the path of its dependency's values, ``part``
    the wrong part of the field's text.
    """

    field: View
    location: Location
    scenario: str
    printed: tuple[Path, ...] = ()
    under: Path = ()
    part: str | None = None


class Candidate(NamedTuple):
    """A value that may set a field.

    ``path`` is the value's, ``below`` the missing keys in it, if the field is missing.
    """

    path: Path
    below: Path = ()

    @property
    def whole(self) -> Path:
        """The path of the set value."""
        return self.path + self.below


class Candidates:
    """Finds the values that may set fields.

    Args:
        values: all values of a scenario.
        uses: the values that the chart's templates read.
    """

    def __init__(self, values: Json, uses: ValueUses) -> None:
        self._values = values
        self._uses = uses
        self._reads: dict[str, tuple[frozenset[Path], frozenset[Path]]] = {}
        self._by_key: dict[str, list[tuple[Path, Json]]] = {}
        self._by_text: dict[str, list[Path]] = {}
        for path, data in walk(values):
            if path and isinstance(path[-1], str):
                self._by_key.setdefault(path[-1], []).append((path, data))
            if path and (text := text_of(data)):
                self._by_text.setdefault(text, []).append(path)
        for path in uses.paths:
            if path and ANYTHING not in path and value_at(values, path) is None:
                self._by_key.setdefault(str(path[-1]), []).append((path, None))

    def of(self, asked: Asked) -> list[Candidate]:
        """The values that may set a field, the most likely first; none if there are too many."""
        found = self._same(asked) if asked.field.exists else self._filling(asked.field)
        words = _words(asked.field)
        read = (one for one in found if self._may_read(asked, one.path))
        unique = sorted(dict.fromkeys(read), key=lambda one: (-_likeness(one.path, words), len(one.path)))
        if len(unique) > MOST:
            best = _likeness(unique[MOST - 1].path, words)
            return unique[:MOST] if best > _likeness(unique[MOST].path, words) else []
        return unique

    def _may_read(self, asked: Asked, path: Path) -> bool:
        """Whether a template, or a named one, reads a value, a part of it or a map around it."""
        if asked.under:
            return path[: len(asked.under)] == asked.under or path[0] == "global"
        file = asked.field.document.file
        if not self._uses.is_complete:
            return True
        if file not in self._reads:
            paths = frozenset(
                read.path[: read.path.index(ANYTHING)] if ANYTHING in read.path else read.path
                for read in self._uses.reads
                if read.file == file or read.template.is_partial or not read.file.startswith("templates/")
            )
            above = frozenset(one[:length] for one in paths for length in range(1, len(one) + 1))
            self._reads[file] = paths, above
        read, holding = self._reads[file]
        return path in holding or any(path[:length] in read for length in range(len(path)))

    def _same(self, asked: Asked) -> Iterator[Candidate]:
        """Values equal to the field: with its name, among those that the line prints, or by their content alone."""
        field, key = asked.field, _last_key(asked.field.path)
        same = [path for path, data in self._by_key.get(key, ()) if _is_same(data, field.data)]
        text = text_of(field.data)
        if text:
            alike = self._by_text.get(text, [])
            same += [path for path in alike if any(path[: len(one)] == one for one in asked.printed)]
            if not same and asked.part is not None and asked.part in text:
                same += self._by_text.get(asked.part, [])
            if not same and len(text) > 1 and not isinstance(field.data, bool):
                same += alike
        yield from (Candidate(path) for path in same)

    def _filling(self, field: View) -> Iterator[Candidate]:
        """Maps that could contain the missing field, and empty values that could be it."""
        existing, _ = nearest(field)
        missing = field.path[len(existing) :]
        if not all(isinstance(step, str) for step in missing):
            return
        for index, key in enumerate((_last_key(existing), *map(str, missing))):
            below = missing[index:]
            for path, data in self._by_key.get(key, ()):
                is_open = (data is None or isinstance(data, dict)) if below else data in EMPTY
                if is_open and value_at(self._values, path + below) in EMPTY:
                    yield Candidate(path, below)


def text_of(data: Json) -> str | None:
    """A scalar as a template prints it; None for null and for maps and lists."""
    if data is None or isinstance(data, dict | list):
        return None
    return str(data).lower() if isinstance(data, bool) else str(data)


def _is_same(value: Json, field: Json) -> bool:
    if isinstance(field, dict | list):
        return bool(field) and value == field
    return text_of(value) is not None and text_of(value) == text_of(field)


def _last_key(path: Path) -> str:
    return next((step for step in reversed(path) if isinstance(step, str)), "")


def _words(field: View) -> frozenset[str]:
    """The words in the names around a field: its file, object, containers and keys."""
    root = field.document.view
    names = [field.document.file, root.get("kind").string() or "", root.get("metadata", "name").string() or ""]
    names += [root.get(*field.path[:length], "name").string() or "" for length in range(len(field.path))]
    return frozenset(_split([*names, dotted(field.path)]))


def _likeness(path: Path, words: frozenset[str]) -> int:
    """How many words of a value's path are also those of the field."""
    return len(words.intersection(_split(step for step in path if isinstance(step, str))))


def _split(names: Iterable[str]) -> Sequence[str]:
    return [word.lower() for name in names for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)]
