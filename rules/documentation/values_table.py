"""The README's table of values against values.yaml."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from helm_constitution.api import (
    MUST,
    TEMPLATES,
    Cell,
    CommentKind,
    Json,
    LazyPattern,
    Path,
    Related,
    Subject,
    Table,
    Tally,
    TextPlace,
    Unchecked,
    ValueKey,
    ValuesFile,
    View,
    Violation,
    YamlDocument,
    dotted,
    require,
    resolve_plain,
    rule,
)

from .readme_file import require_readme

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
_NOTHING = frozenset(
    {
        "",
        "-",
        "–",
        "—",
        "~",
        "none",
        "nil",
        "null",
        "n/a",
        "empty",
        "unset",
        "not set",
        "undefined",
        '""',
        "''",
        "{}",
        "[]",
    }
)
_CLOSED = ("ClusterIP", "NodePort", "LoadBalancer", "Always", "IfNotPresent", "Never")
_LITERAL = LazyPattern(r"[^\s<>…]+\Z")
_MOSTLY = 0.8
"""The share of the values from which on a hand-written table is taken to list them all."""


class _Kind(enum.Enum):
    """Who wrote a table: what it may be held to depends on it."""

    HELM_DOCS = "helm-docs"
    README_GENERATOR = "readme-generator"
    BY_HAND = "by hand"


class _Row(NamedTuple):
    """A row that names one key. ``path`` ends before a wildcard (``image.*``), which ``open_ended`` then says."""

    path: Path
    open_ended: bool
    text: str
    cell: Cell
    default: Cell | None
    described: bool


class _ValuesTable(NamedTuple):
    table: Table
    kind: _Kind
    shows_examples: bool
    rows: tuple[_Row, ...]


def looks_like_values(table: Table) -> bool:
    """Whether a table has the form of one that lists values: a column of keys, and one of defaults or descriptions."""
    columns = _columns(table)
    if columns is None:
        return False
    key, default = columns
    if default is None and table.header[key].lower() in ("name", "names"):
        return False
    return any(len(row.cells) > key and parse_key(row.cells[key]) for row in table.rows)


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
        steps.append(int(match.group(4)) if match.group(4) is not None else re.sub(r"\\(.)", r"\1", name or ""))
        position = match.end()
    if not steps or not isinstance(steps[0], str) or not re.match(r"[\w/@$-]", steps[0]) or steps[0].startswith("--"):
        return (), False
    return tuple(steps), False


class _Found(enum.Enum):
    YES = "yes"
    OPEN = "open"  # below something that is empty by default, a list, or another chart's: nothing can be said
    NO = "no"


class _Values:
    """values.yaml as the table is compared with it."""

    def __init__(self, file: ValuesFile, dependencies: frozenset[str]) -> None:
        self.file = file
        self.dependencies = dependencies
        self._found: dict[Path, tuple[_Found, Path]] = {}
        self.keys: Mapping[Path, ValueKey] = file.by_path

    def find(self, path: Path) -> tuple[_Found, Path]:
        """Whether values.yaml has a key, and under which path (keys with dots may be written without quotes)."""
        found = self._found.get(path)
        if found is None:
            found = self._found[path] = self._find(path)
        return found

    def _find(self, path: Path) -> tuple[_Found, Path]:
        data: Json = self.document.data
        for step in path:
            if type(data) is not dict or step not in data:
                break
            data = data[step]
        else:
            return _Found.YES, path
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
                    return (_Found.OPEN if not data and real else _Found.NO), tuple(real)
            elif isinstance(data, list):
                if not isinstance(step, int) or step >= len(data):
                    return _Found.OPEN, tuple(real)
                data = data[step]
                real.append(step)
                index += 1
            else:
                return (_Found.OPEN if data is None or data == "" else _Found.NO), tuple(real)
        return _Found.YES, tuple(real)

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


def _tables(tables: Sequence[Table], values: _Values) -> list[_ValuesTable]:
    """The tables of this chart's values: most of the keys that they name are there."""
    found: list[_ValuesTable] = []
    for table in tables:
        columns = _columns(table)
        if columns is None:
            continue
        key, default = columns
        header = tuple(name.strip().lower() for name in table.header)
        kind = _Kind.BY_HAND
        if sorted(header) == sorted(_HELM_DOCS):
            kind = _Kind.HELM_DOCS
        elif header == _README_GENERATOR:
            kind = _Kind.README_GENERATOR
        rows: list[_Row] = []
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
                rows.append(_Row(path, open_ended, text, row.cells[key], cell if len(named) == 1 else None, described))
        known = sum(values.find(row.path)[0] is not _Found.NO for row in rows)
        if rows and known * 2 >= len(rows):
            shows_examples = default is not None and bool(_EXAMPLE_HEADER.search(header[default]))
            found.append(_ValuesTable(table, kind, shows_examples, tuple(rows)))
    return found


def _compact(data: Json) -> str:
    import json

    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= 60 else f"{text[:57]}…"


def _is_nothing(data: Json) -> bool:
    return data is None or data == "" or data == [] or data == {}


def _same(one: Json, other: Json) -> bool:
    """Whether two values are the same to a reader: a number may be quoted, what is empty may be so in any form."""
    if _is_nothing(one) or _is_nothing(other):
        return _is_nothing(one) and _is_nothing(other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, bool) or isinstance(other, bool):
        return str(one).lower() == str(other).lower()
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other
    return " ".join(str(one).split()) == " ".join(str(other).split())


def _read_literal(text: str) -> Json:
    """A default as a table prints it: JSON, or else a plain scalar."""
    text = text.strip()
    if text[:1] not in ("{", "[", '"'):
        return resolve_plain(text.strip("\"'"))
    if text[-1] == '"' == text[0] and len(text) > 1 and "\\" not in text and '"' not in text[1:-1]:
        return text[1:-1]
    import json

    try:
        parsed: Json = json.loads(text)
    except (ValueError, RecursionError):
        return resolve_plain(text.strip("\"'"))
    return parsed


def _differs(view: View, cell: Cell, table: _ValuesTable, values: _Values) -> bool:
    """Whether the default that a table shows is surely another one."""
    data, shown = view.data, cell.text
    if shown and data == shown:
        return False
    if shown.strip().lower() in _NOTHING and values.shown_default(view.path) is None:
        # helm-docs prints what is there; in a hand-written table an empty cell says nothing.
        return table.kind is _Kind.HELM_DOCS and bool(shown) and not _is_nothing(data)
    literal = _read_literal(shown)
    if _same(data, literal) or _same(data, shown) or _same(view.document.scalar_text(view.path), literal):
        return False  # as Kubernetes reads it, or as it is written: helm-docs prints `yes` as a text
    if values.shown_default(view.path) is not None:
        return False
    if table.kind is _Kind.HELM_DOCS:
        return cell.is_code
    if (
        not _LITERAL.match(shown)
        or _PLACEHOLDER.search(shown)
        or isinstance(literal, dict | list) != isinstance(data, dict | list)
    ):
        return False
    if _is_nothing(data) or isinstance(data, dict | list):
        return False  # often the effective default, or an excerpt
    if table.shows_examples:
        # Words out of a closed set are no examples: the table says which of them the chart takes.
        closed = isinstance(data, bool) or data in _CLOSED
        return closed and (isinstance(literal, bool) if isinstance(data, bool) else literal in _CLOSED)
    return cell.is_code or type(literal) is type(data)


def _leaves(data: Json) -> int:
    return sum(_leaves(value) for value in data.values()) if isinstance(data, dict) and data else 1


class _Coverage:
    """Which values the tables' rows describe."""

    def __init__(self, values: _Values, paths: set[Path], skip: frozenset[str]) -> None:
        self.values = values
        self.paths = paths
        self.skip = skip
        self.parents: set[Path] = set()
        for path in paths:
            while path and (path := path[:-1]) not in self.parents:
                self.parents.add(path)
        self.good = 0
        self.total = 0

    def gaps(self) -> list[Path]:
        """The keys without a row, each map that has none at all as one."""
        found: list[Path] = []
        for key, value in self.values.view(()).entries():
            if key not in self.skip:
                found.extend(self._gaps((key,), value.data))
        return found

    def _gaps(self, path: Path, data: Json) -> list[Path]:
        if (key := self.values.keys.get(path)) is not None and key.hidden:
            return []
        if path in self.paths or (path in self.parents and not isinstance(data, dict)):
            leaves = _leaves(data)
            self.good += leaves
            self.total += leaves
            return []
        if isinstance(data, dict) and data:
            below = [(key, self._gaps((*path, key), value)) for key, value in data.items()]
            if path not in self.parents and all(gaps == [(*path, key)] for key, gaps in below):
                return [path]
            return [gap for _, gaps in below for gap in gaps]
        self.total += 1
        return [path]


def is_value(path: Path, subject: Subject) -> bool:
    """Whether setting a values path does something: values.yaml has it or leaves it open, or a template reads it."""
    first = path[0]
    if first == "global" or any(first == dependency.key for dependency in subject.chart.dependencies):
        return True
    if subject.chart.values is not None:
        values = _Values(subject.chart.values, frozenset())
        if values.find(path)[0] is not _Found.NO or values.is_mentioned(path):
            return True
    return subject.uses.is_read(tuple(str(step) for step in path))


@rule(
    "docs/readme-values-drift",
    default=MUST,
    needs={TEMPLATES},
    enforces=(
        require(
            r"\breadme\b.*\b(values table|table of (the |all |key )?(public )?values|in sync|(all|every) values?)\b"
        ),
        require(r"complete values (documentation|table|reference)|values (documentation|table)\b|\bhelm-docs\b"),
        require(r"values\.yaml\b.*\bin sync\b|\bin sync\b.*values\.yaml"),
        require(r"\bupdate (the )?documentation\b.*\bcode|\bdocumentation\b.*\bupdated\b.*\bcode"),
    ),
)
def readme_values_drift(subject: Subject) -> Iterator[Violation | Tally]:
    """The README's table of values and values.yaml say different things.

    Why: readers set what the table names and rely on the defaults that it shows; a removed key does nothing, silently.
    Bad:
        | replicas | int | `1` | Number of pods |        (values.yaml: replicaCount: 3)
    Good:
        | replicaCount | int | `3` | Number of pods |
    Fix: run helm-docs (or the generator that wrote the table) after every change of values.yaml, or mend the row.
    Source: helm-docs; Bitnami readme-generator-for-helm
    """
    name, readme = require_readme(subject)
    file = subject.chart.values
    if file is None or not file.data:
        raise Unchecked("there are no values to compare the README with")
    dependencies = frozenset(dependency.key for dependency in subject.chart.dependencies)
    values = _Values(file, dependencies)
    tables = _tables(readme.tables, values)
    if not tables:
        raise Unchecked("the README has no table of values")
    paths: set[Path] = set()
    for table in tables:
        for row in table.rows:
            found, real = values.find(row.path)
            if found is _Found.NO:
                if not row.open_ended and not is_value(row.path, subject):
                    message = f"the table documents {row.text}, which values.yaml doesn't have"
                    yield Violation(message, TextPlace(name, row.cell.span))
                continue
            paths.add(real)
            if found is _Found.YES and not row.open_ended and row.default is not None:
                view = values.view(real)
                if _differs(view, row.default, table, values):
                    message = (
                        f"the table shows {_short(row.default.text)} as the default of {row.text}, "
                        f"values.yaml has {_compact(view.data)}"
                    )
                    yield Violation(message, TextPlace(name, row.default.span), (Related(view, "the default"),))
    yield from _missing_rows(values, tables, paths)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:57]}…"


def _missing_rows(values: _Values, tables: Sequence[_ValuesTable], paths: set[Path]) -> Iterator[Violation | Tally]:
    generated = [table for table in tables if table.kind is not _Kind.BY_HAND]
    helm_docs = [table for table in tables if table.kind is _Kind.HELM_DOCS]
    coverage = _Coverage(values, paths, frozenset() if generated else values.dependencies)
    gaps = coverage.gaps()
    if not generated and (coverage.total < 5 or coverage.good < coverage.total * _MOSTLY):
        return  # a table of the main values only
    # helm-docs may be told to leave out what has no description (--ignore-non-descriptions).
    only_described = bool(helm_docs) and all(row.described for table in helm_docs for row in table.rows)
    if only_described:
        gaps = [gap for gap in gaps if values.is_described(gap)]
    else:
        yield Tally(coverage.good, coverage.total, "values in the README's table")
    place = (generated or tables)[0].table
    hint = "; run helm-docs" if helm_docs else ""
    for gap in gaps:
        view = values.view(gap)
        count = _leaves(view.data)
        more = f" (nor for the {count} values below it)" if count > 1 else ""
        heading = f' below "{place.heading.text}"' if place.heading is not None else ""
        yield Violation(f"the README's table{heading} has no row for {dotted(gap)}{more}{hint}", view)
