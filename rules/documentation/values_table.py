"""The README's table of values against values.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from helm_constitution.api import (
    MUST,
    TEMPLATES,
    Cell,
    Json,
    LazyPattern,
    NotApplicable,
    Path,
    Related,
    Subject,
    Tally,
    TextPlace,
    View,
    Violation,
    cut_apart,
    dotted,
    require,
    resolve_plain,
    rule,
    withheld,
)

from .readme_file import require_readme
from .table_fixes import default_fix, missing_row, without_row
from .values_in_readme import _PLACEHOLDER, ChartValues, FoundValue, Kind, ValuesTable, tables_of

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
"""The least share of the values that makes a hand-written table a complete list."""


def _compact(data: Json) -> str:
    import json

    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


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


def _differs(view: View, cell: Cell, table: ValuesTable, values: ChartValues) -> bool:
    """Whether the default that a table shows is surely another one."""
    data, shown = view.data, cell.text
    if shown and data == shown:
        return False
    if shown.strip().lower() in _NOTHING and values.shown_default(view.path) is None:
        # helm-docs prints what is there; in a hand-written table an empty cell says nothing.
        return table.kind is Kind.HELM_DOCS and bool(shown) and not _is_nothing(data)
    literal = _read_literal(shown)
    if _same(data, literal) or _same(data, shown) or _same(view.document.scalar_text(view.path), literal):
        return False  # as Kubernetes reads it, or as it is written: helm-docs prints `yes` as a text
    if values.shown_default(view.path) is not None:
        return False
    if table.kind is Kind.HELM_DOCS:
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

    def __init__(self, values: ChartValues, paths: set[Path], skip: frozenset[str]) -> None:
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
        values = ChartValues(subject.chart.values, frozenset())
        if values.find(path)[0] is not FoundValue.NO or values.is_mentioned(path):
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
        require(
            r"complete values (documentation|table|reference)|values (documentation|table)\b"
            r"|(?<!compatible with )\bhelm-docs\b(?! comments?)"
        ),
        require(r"values\.yaml\b.*\bin sync\b|\bin sync\b.*values\.yaml"),
        require(r"\bupdate (the )?documentation\b.*\bcode|\bdocumentation\b.*\bupdated\b.*\bcode"),
    ),
)
def readme_values_drift(subject: Subject) -> Iterator[Violation | Tally]:
    """README's values table differs from values.yaml.

    Why: Readers set the values in the table and rely on its defaults; a removed key is ignored without a warning.
    Bad:
        | replicas | int | `1` | Number of pods |        (values.yaml: replicaCount: 3)
    Good:
        | replicaCount | int | `3` | Number of pods |
    Fix: Run helm-docs (or the generator of the table) after every change of values.yaml, or correct the row.
        `fix` does the same for single rows, in the table's own form.
    Source: helm-docs; Bitnami readme-generator-for-helm
    """
    name, readme = require_readme(subject)
    file = subject.chart.values
    if file is None or not file.data:
        raise NotApplicable("there are no values to compare the README with")
    dependencies = frozenset(dependency.key for dependency in subject.chart.dependencies)
    values = ChartValues(file, dependencies)
    tables = tables_of(readme.tables, values)
    if not tables:
        raise NotApplicable("the README has no table of values")
    paths: set[Path] = set()
    lines = subject.chart.files[name].split("\n")
    for table in tables:
        for row in table.rows:
            found, real = values.find(row.path)
            if found is FoundValue.NO:
                if not row.open_ended and not is_value(row.path, subject):
                    message = f"README documents {row.text}, which is not in values.yaml; remove the row"
                    fix = without_row(name, row, lines)
                    yield Violation(message, TextPlace(name, row.cell.span), fix=fix)
                continue
            paths.add(real)
            if found is FoundValue.YES and not row.open_ended and row.default is not None:
                view = values.view(real)
                if _differs(view, row.default, table, values):
                    public = withheld(view.data, real)
                    shown, real_default = cut_apart(_shown(row.default.text, real), _compact(public))
                    what = f"README shows {shown} as the default of {row.text}, but values.yaml has {real_default}"
                    place, related = TextPlace(name, row.default.span), (Related(view, "the default"),)
                    # A report shows its fixes, and no secret.
                    fix = default_fix(name, row, table, view) if public == view.data else None
                    yield Violation(f"{what}; correct the row", place, related, fix=fix)
    for outcome in _missing_rows(values, tables, paths):
        if isinstance(outcome, Violation) and isinstance(outcome.at, View):
            table = next((one for one in tables if one.kind is not Kind.BY_HAND), tables[0])
            is_shown = withheld(outcome.at.data, outcome.at.path) == outcome.at.data
            fix = missing_row(name, table, outcome.at.path, file, lines) if is_shown else None
            yield outcome._replace(fix=fix)
        else:
            yield outcome


def _shown(text: str, path: Path) -> str:
    """A default as a table shows it, written as the one in values.yaml will be, secrets withheld."""
    literal = _read_literal(text) if text.strip() else ""
    if isinstance(literal, dict | list):
        return _compact(withheld(literal, path))
    return str(withheld(" ".join(text.split()), path))


def _missing_rows(values: ChartValues, tables: Sequence[ValuesTable], paths: set[Path]) -> Iterator[Violation | Tally]:
    generated = [table for table in tables if table.kind is not Kind.BY_HAND]
    helm_docs = [table for table in tables if table.kind is Kind.HELM_DOCS]
    coverage = _Coverage(values, paths, frozenset() if generated else values.dependencies)
    gaps = coverage.gaps()
    if not generated and (coverage.total < 5 or coverage.good < coverage.total * _MOSTLY):
        return  # a table of the main values only
    single = sum(_leaves(values.view(path).data) == 1 for path in paths)
    if not generated and 2 * single < len(paths):
        return  # a table of the chart's parts
    # helm-docs may be told to leave out what has no description (--ignore-non-descriptions).
    only_described = bool(helm_docs) and all(row.described for table in helm_docs for row in table.rows)
    if only_described:
        gaps = [gap for gap in gaps if values.is_described(gap)]
    else:
        yield Tally(coverage.good, coverage.total, "values in the README's table")
    place = (generated or tables)[0].table
    hint = "; run helm-docs" if helm_docs else "; add it"
    for gap in gaps:
        view = values.view(gap)
        count = _leaves(view.data)
        more = f" (nor for the {count} values below it)" if count > 1 else ""
        heading = f' below "{place.heading.text}"' if place.heading is not None else ""
        yield Violation(f"README's values table{heading} has no row for {dotted(gap)}{more}{hint}", view)
