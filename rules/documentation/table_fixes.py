"""Rows and cells of a README's table of values, as its other rows are written."""

from __future__ import annotations

from collections.abc import Sequence

from helm_constitution.api import (
    Applicability,
    Edit,
    Fix,
    Json,
    Path,
    Span,
    TextPlace,
    ValueKey,
    ValuesFile,
    View,
    dotted,
    replaced,
)

from .values_in_readme import Kind, Row, ValuesTable

_TYPES = {bool: "bool", int: "int", float: "float", str: "string", list: "list", dict: "object", type(None): "string"}
"""helm-docs' names of the types."""

_LONGEST = 200
"""The most characters of a default in a table cell."""


def default_fix(readme: str, row: Row, table: ValuesTable, view: View) -> Fix | None:
    """The default of values.yaml in place of the one that a row shows."""
    assert row.default is not None
    old = row.default.markup.strip()
    text = _default(view.data, table.kind, is_code=old.startswith("`"), is_quoted='"' in old)
    if text is None or not old:
        return None
    edit = replaced(TextPlace(readme, row.default.span), text)
    return Fix("show the default of values.yaml", (edit,), Applicability.SAFE)


def without_row(readme: str, row: Row, lines: Sequence[str]) -> Fix | None:
    """A row taken out; None where it names other keys as well, or is more than a line."""
    line = row.cell.span.line
    if len(row.cell.code) > 1 or not lines[line - 1].lstrip().startswith("|"):
        return None
    return Fix(f"remove the row of {row.text}", (Edit(readme, line, 1, line + 1, 1, ""),), Applicability.SAFE)


def missing_row(readme: str, table: ValuesTable, gap: Path, values: ValuesFile, lines: Sequence[str]) -> Fix | None:
    """A row for a value, or one for each value below it, behind the row of the value before it."""
    rows = [row for row in table.rows if lines[row.cell.span.line - 1].lstrip().startswith("|")]
    if not rows or len(rows) != len(table.rows):
        return None
    every = values.keys()
    keys = [key for key in _told(every) if key.path[: len(gap)] == gap]
    made = [_row(table, key, rows[0], lines) for key in keys]
    texts = [text for text in made if text is not None]
    if not keys or len(texts) != len(made):
        return None
    order = [key.path for key in every]
    names = [row.text for row in rows]
    if names == sorted(names) and len(names) > 2:
        before = [row for row in rows if row.text < dotted(gap)]
    else:
        before = [row for row in rows if row.path in order and order.index(row.path) < order.index(gap)]
    line = (before[-1].cell.span.line if before else rows[0].cell.span.line - 1) + 1
    edit = Edit(readme, line, 1, line, 1, "".join(f"{text}\n" for text in texts))
    return Fix(f"add a row for {dotted(gap)}", (edit,), Applicability.SAFE)


def _row(table: ValuesTable, key: ValueKey, like: Row, lines: Sequence[str]) -> str | None:
    """A row for one value, with the columns of the others."""
    cells = []
    is_code = like.default is None or like.default.markup.strip().startswith("`")
    for header in table.table.header:
        name = header.strip().lower()
        if name in ("type", "typ"):
            cells.append(_TYPES[type(key.value)])
        elif "default" in name or (name == "value" and table.kind is Kind.README_GENERATOR):
            text = _default(key.value, table.kind, is_code=is_code, is_quoted=table.kind is not Kind.README_GENERATOR)
            if text is None:
                return None
            cells.append(text)
        elif "description" in name or name in ("purpose", "meaning", "notes"):
            cells.append(_words(key))
        elif like.cell.markup.strip().startswith("`"):
            cells.append(f"`{key.name}`")
        else:
            cells.append(key.name)
    head, below = lines[table.table.line - 1].rstrip("\r"), lines[like.cell.span.line - 1].rstrip("\r")
    if len(head) == len(below):
        widths = [len(part) - 2 for part in head.strip().strip("|").split("|")]
        if len(widths) == len(cells):
            cells = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
    return f"| {' | '.join(cells)} |"


def _default(data: Json, kind: Kind, *, is_code: bool, is_quoted: bool) -> str | None:
    import json

    if isinstance(data, str) and kind is not Kind.HELM_DOCS and not is_quoted:
        text = data or '""'
    else:
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    if any(character in text for character in "`|\n") or len(text) > _LONGEST:
        return None
    return f"`{text}`" if is_code or kind is Kind.HELM_DOCS else text


def _words(key: ValueKey) -> str:
    """What a value's comment says, in a cell."""
    return " ".join(key.comment.text.split()).replace("|", "\\|") if key.comment is not None else ""


def _told(keys: Sequence[ValueKey]) -> list[ValueKey]:
    """The keys that have rows of their own, as helm-docs does it: a map with a comment stands for what is below it."""
    told: list[ValueKey] = []
    above: Path | None = None
    for key in keys:
        if above is not None and key.path[: len(above)] == above:
            continue
        if key.is_leaf or key.comment is not None or key.hidden:
            above = key.path
            if not key.hidden:
                told.append(key)
    return told


def whole_table(readme: str, text: str, values: ValuesFile) -> Fix | None:
    """A section with a table of all values at a README's end, in the form of helm-docs."""
    rows = []
    for key in _told(values.keys()):
        default = _default(key.value, Kind.HELM_DOCS, is_code=True, is_quoted=True)
        rows.append(f"| {key.name} | {_TYPES[type(key.value)]} | {default or 'see values.yaml'} | {_words(key)} |")
    if not rows:
        return None
    section = "\n".join(
        ["## Values", "", "| Key | Type | Default | Description |", "|-----|------|---------|-----|", *rows]
    )
    lines = text.split("\n")
    last = len(lines[-1].rstrip("\r"))
    begin = "\n\n" if last else "\n" if len(lines) > 1 and lines[-2].strip() else ""
    edit = replaced(TextPlace(readme, Span(len(lines), last + 1, len(lines), last + 1)), f"{begin}{section}\n")
    return Fix("add a table of the values", (edit,), Applicability.SAFE)
