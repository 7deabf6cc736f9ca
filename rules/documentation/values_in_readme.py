"""The tables of values in a README."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Mapping, Sequence

from helm_constitution.api import (
    Cell,
    CommentKind,
    Json,
    LazyPattern,
    NamedTuple,
    Path,
    Table,
    ValueKey,
    ValuesFile,
    View,
    YamlDocument,
    dotted,
    whole_number,
)

_KEY_HEADER = LazyPattern(
    r"(?:(?:helm|chart|values?)[ -]?(?:chart)?[ -]?)?(?:keys?|names?|parameters?|values?|variables?|settings?|options?"
    r"|fields?|propert(?:y|ies)|paths?|config(?:uration)?(?: key| option| parameter)?)\Z",
    re.IGNORECASE,
)


_DEFAULT_HEADER = LazyPattern(r"defaults?(?: values?)?\W*(?:(?:or|and)?\W*examples?)?\Z|values?\Z", re.IGNORECASE)


_EXAMPLE_HEADER = LazyPattern(r"example", re.IGNORECASE)


_HELM_DOCS = ("key", "type", "default", "description")


_README_GENERATOR = ("name", "description", "value")


_STEP = LazyPattern(r"\.?(?:\"([^\"]+)\"|'([^']+)'|((?:\\.|[^.\[\]\s\"'\\])+))|\[(\d+)\]|\.?(\[\]|\[\*\]|\*)")


_USUAL = LazyPattern(r"[A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)*\Z")


_PLACEHOLDER = LazyPattern(r"[<{*]|\.\.\.|…")


class Kind(enum.Enum):
    """Who wrote a table: what it may be held to depends on it."""

    HELM_DOCS = "helm-docs"
    README_GENERATOR = "readme-generator"
    BY_HAND = "by hand"


class Row(NamedTuple):
    """A row that names one key. ``path`` ends before a wildcard (``image.*``), which ``open_ended`` then says."""

    path: Path
    open_ended: bool
    text: str
    cell: Cell
    default: Cell | None
    described: bool


class ValuesTable(NamedTuple):
    table: Table
    kind: Kind
    shows_examples: bool
    rows: tuple[Row, ...]


def looks_like_values(table: Table) -> bool:
    """Whether a table has the form of one that lists values: a column of keys, and one of defaults or descriptions."""
    columns = _columns(table)
    if columns is None:
        return False
    key, default = columns
    if _is_of_requirements(table):
        return False
    if default is None and table.header[key].lower() in ("name", "names"):
        return False
    return any(len(row.cells) > key and parse_key(row.cells[key]) for row in table.rows)


def _is_of_requirements(table: Table) -> bool:
    """Whether a table lists dependencies, as helm-docs does: a repository, a name (`alias(name)`) and a version."""
    header = {name.strip().lower() for name in table.header}
    return "repository" in header and bool(header & {"name", "version"})


def _columns(table: Table) -> tuple[int, int | None] | None:
    """The columns of keys and of defaults; None where no column holds keys."""
    key = next((index for index, name in enumerate(table.header) if _KEY_HEADER.match(name.strip())), None)
    if key is None:
        return None
    default = next(
        (index for index, name in enumerate(table.header) if index != key and _DEFAULT_HEADER.match(name.strip())), None
    )
    return key, default


def parse_key(cell: Cell) -> list[tuple[Path, bool, str]]:
    """The keys that a cell names: (path, whether a wildcard ends it, as written). Prose names none."""
    candidates = cell.code or (cell.text,)
    found = []
    for candidate in candidates:
        text = candidate.strip().removeprefix(".Values").lstrip(".")
        path, open_ended = parse_path(text)
        if path:
            found.append((path, open_ended, candidate.strip()))
    return found


def parse_path(text: str) -> tuple[Path, bool]:
    """A key path such as ``a."b.c"[0].d``; empty where the text is none."""
    if _USUAL.match(text):
        return tuple(text.split(".")), False
    steps: list[str | int] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None or (match.group(4) is None and position and text[position] not in '.["'):
            return (), False
        name = match.group(1) or match.group(2) or match.group(3)
        if match.group(5) is not None or (name is not None and _PLACEHOLDER.search(name)):
            return tuple(steps), True
        if match.group(4) is None:
            steps.append(re.sub(r"\\(.)", r"\1", name or ""))
        elif (index := whole_number(match.group(4))) is not None:
            steps.append(index)
        else:
            return (), False
        position = match.end()
    if not steps or not isinstance(steps[0], str) or not re.match(r"[\w/@$-]", steps[0]) or steps[0].startswith("--"):
        return (), False
    return tuple(steps), False


class FoundValue(enum.Enum):
    YES = "yes"
    OPEN = "open"  # below something that is empty by default, a list, or another chart's: nothing can be said
    NO = "no"


class ChartValues:
    """values.yaml as the table is compared with it."""

    def __init__(self, file: ValuesFile, dependencies: frozenset[str]) -> None:
        self.file = file
        self.dependencies = dependencies
        self._found: dict[Path, tuple[FoundValue, Path]] = {}
        self.keys: Mapping[Path, ValueKey] = file.by_path

    def find(self, path: Path) -> tuple[FoundValue, Path]:
        """Whether values.yaml has a key, and under which path (keys with dots may be written without quotes)."""
        found = self._found.get(path)
        if found is None:
            found = self._found[path] = self._find(path)
        return found

    def _find(self, path: Path) -> tuple[FoundValue, Path]:
        data: Json = self.document.data
        for step in path:
            if type(data) is not dict or step not in data:
                break
            data = data[step]
        else:
            return FoundValue.YES, path
        data = self.document.data
        real: list[str | int] = []
        index = 0
        while index < len(path):
            step = path[index]
            if isinstance(data, dict) and step in data and isinstance(step, str):
                data = data[step]
                real.append(step)
                index += 1
            elif isinstance(data, dict):
                for end in range(index + 2, len(path) + 1):
                    name = ".".join(str(part) for part in path[index:end])
                    if name in data:
                        data = data[name]
                        real.append(name)
                        index = end
                        break
                else:
                    return (FoundValue.OPEN if not data and real else FoundValue.NO), tuple(real)
            elif isinstance(data, list):
                if not isinstance(step, int) or step >= len(data):
                    return FoundValue.OPEN, tuple(real)
                data = data[step]
                real.append(step)
                index += 1
            else:
                return (FoundValue.OPEN if data is None or data == "" else FoundValue.NO), tuple(real)
        return FoundValue.YES, tuple(real)

    def view(self, path: Path) -> View:
        return self.document.view.get(*path)

    @property
    def document(self) -> YamlDocument:
        return self.file.document

    def shown_default(self, path: Path) -> str | None:
        """What helm-docs prints instead of the value: ``# @default -- text``."""
        key = self.keys.get(path)
        return key.comment.default if key is not None and key.comment is not None else None

    def is_mentioned(self, path: Path) -> bool:
        """Whether a comment shows the key: commented-out YAML, or a note that names its path."""
        name, full = str(path[-1]), dotted(path)
        return any(
            re.match(rf"\s*#[#\s]*(?:-\s+)?[\"']?{re.escape(name)}[\"']?:", line) for line in self._comments(name)
        ) or any(re.search(rf"#.*(?<![\w.]){re.escape(full)}(?![\w.])", line) for line in self._comments(full))

    def _comments(self, word: str) -> Iterator[str]:
        """The lines that hold a word and a ``#``."""
        text = self.document.text
        at = text.find(word)
        while at >= 0:
            end = text.find("\n", at)
            end = end if end >= 0 else len(text)
            line = text[text.rfind("\n", 0, at) + 1 : end]
            if "#" in line:
                yield line
            at = text.find(word, end)

    def is_described(self, path: Path) -> bool:
        """Whether a generator has a description for the key or one below it."""
        if any(self.is_described((*path, name)) for name, _ in self.view(path).entries()):
            return True
        key = self.keys.get(path)
        return (
            key is not None
            and key.comment is not None
            and key.comment.kind in (CommentKind.HELM_DOCS, CommentKind.BITNAMI)
        )


def tables_of(tables: Sequence[Table], values: ChartValues) -> list[ValuesTable]:
    """The tables of this chart's values: most of the keys that they name are there."""
    found: list[ValuesTable] = []
    for table in tables:
        columns = _columns(table)
        if columns is None or _is_of_requirements(table):
            continue
        key, default = columns
        header = tuple(name.strip().lower() for name in table.header)
        kind = Kind.BY_HAND
        if sorted(header) == sorted(_HELM_DOCS):
            kind = Kind.HELM_DOCS
        elif header == _README_GENERATOR:
            kind = Kind.README_GENERATOR
        rows: list[Row] = []
        in_code = any(len(row.cells) > key and row.cells[key].code for row in table.rows)
        for row in table.rows:
            if len(row.cells) <= key or (in_code and not row.cells[key].code):
                continue
            named = parse_key(row.cells[key])
            # A pipe that isn't escaped shifts the cells behind it: then no cell can be trusted but the first.
            whole = len(row.cells) <= len(header)
            cell = row.cells[default] if default is not None and whole and len(row.cells) > default else None
            described = bool(row.cells[-1].markup) if len(row.cells) == len(header) else True
            for path, open_ended, text in named:
                rows.append(Row(path, open_ended, text, row.cells[key], cell if len(named) == 1 else None, described))
        known = sum(values.find(row.path)[0] is not FoundValue.NO for row in rows)
        if rows and known * 2 >= len(rows):
            shows_examples = default is not None and bool(_EXAMPLE_HEADER.search(header[default]))
            found.append(ValuesTable(table, kind, shows_examples, tuple(rows)))
    return found
