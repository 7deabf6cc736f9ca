"""Where to write a field that a rule sets: in values.yaml if a value sets it, else in the template."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from helm_constitution.chart.schema_edits import schema_edits
from helm_constitution.core.fixes import Edit, Fix
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Base, Location, Precision
from helm_constitution.lint.rule import PipeField, ReadValue, SetField
from helm_constitution.locate.resolve import nearest
from helm_constitution.text.yaml_document import Path, View, dotted
from helm_constitution.text.yaml_edits import block, nested, paths_by_place, quoted, scalar, set_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helm_constitution.chart.model import Chart
    from helm_constitution.lint.placing import Placed
    from helm_constitution.text.yaml_scalars import Json

_KEY = LazyPattern(r"(?P<before>\s*(?:- +)*)(?P<key>[\w./-]+|\"[^\"]+\"):(?P<rest>.*)")
_LITERAL = LazyPattern(
    r"(?P<space>\s+)(?P<value>\"[^\"{]*\"|'[^'{]*'|\[[^\]{]*\]|[^\s#{\[&*!|>][^#{]*?)(?P<comment>\s+#.*)?\s*"
)
_ACTION = LazyPattern(r"\{\{-?\s*(?P<pipeline>[^{}]+?)\s*-?\}\}")
_NO_VALUE = LazyPattern(r"(?:if|with|range|else|end|define|template|block|include|toYaml|tpl|/\*)\b|\$\w+\s*:?=|/\*")
_RAW = "HELM-CONSTITUTION-TEXT"
"""Replaces a template's text until the lines around it are written."""
_QUOTING = LazyPattern(r"\s*\|\s*(?:quote|squote|toString)\s*\Z")
INDENT = "{indent}"
"""The placeholder in a template's text for the number of spaces of its indentation."""
QUOTES = "\"'"
_BLOCK = LazyPattern(r"\{\{-?\s*(if|with|range|define|block|end)\b")
_CONDITION = LazyPattern(r"\s*\{\{- (?:with|if) [^{}]+\}\}\s*")
_TO_YAML = LazyPattern(r"\s*\{\{- toYaml [^{}]+ \| nindent \d+ \}\}\s*")
_END = LazyPattern(r"\s*\{\{- end \}\}\s*")
_EMPTY_MAP = LazyPattern(r"\s*(?:\{\s*\})?\s*")


class FieldFixes:
    """Makes the edits of fixes for a field. Rendering shows whether they have the intended effect.

    Args:
        chart: whose files are edited.
    """

    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        self._other_dots: dict[str, frozenset[int]] = {}

    def edits(self, wanted: SetField | PipeField | ReadValue, view: View, placed: Placed) -> Fix | None:
        """The fix, or None if no place for it is certain.

        Args:
            wanted: the value.
            view: the field, existing or missing.
            placed: where it is reported.
        """
        if isinstance(wanted, PipeField):
            return self._piped(wanted, placed)
        if isinstance(wanted, ReadValue):
            return self._read(wanted, view, placed.location)
        existing, _ = nearest(view)
        missing = view.path[len(existing) :]
        if not all(isinstance(step, str) for step in missing):
            return None
        edits: Sequence[Edit] | None = None
        if view.document.rendered:
            is_empty = view.document.view.get(*existing).data in ({}, None)
            if not wanted.raw:
                edits = self._in_values(placed, missing, wanted.value, is_empty=is_empty)
            if edits is None and (wanted.raw or not placed.is_value):
                edits = self._in_template(_template_place(placed) or placed.location, missing, wanted)
        elif placed.location.base is Base.CHART and not wanted.raw:
            edits = set_value(view.document, view.path, wanted.value)
        if not edits:
            return None
        name = dotted(missing or view.path[-1:])
        value = _text(wanted)
        if INDENT in value:
            return Fix(f"put {value.replace(INDENT, '…')} below {name}", tuple(edits), wanted.applicability)
        return Fix(f"set {name}: {value}" if len(value) < 60 else f"set {name}", tuple(edits), wanted.applicability)

    def _with_another_dot(self, file: str) -> frozenset[int]:
        found = self._other_dots.get(file)
        if found is None:
            found = self._other_dots[file] = _lines_with_another_dot("\n".join(self._chart.lines(file)))
        return found

    @cached_property
    def _places(self) -> dict[tuple[int, int], Path]:
        values = self._chart.values
        return paths_by_place(values.document) if values is not None else {}

    def _value_at(self, location: Location) -> Path | None:
        """The path of the value at a place of values.yaml."""
        if location.base is not Base.CHART or location.file != "values.yaml" or location.line is None:
            return None
        return self._places.get((location.line, location.column or 1))

    def _in_values(self, placed: Placed, missing: Path, value: Json, *, is_empty: bool) -> Sequence[Edit] | None:
        values = self._chart.values
        if values is None:
            return None
        if placed.is_value:
            path = self._value_at(placed.location)
            return None if path is None else set_value(values.document, (*path, *missing), value)
        if not missing or len(placed.decided) != 1:
            return None
        path = self._value_at(placed.decided[0].location)
        if path is None:
            return None
        found = values.document.view.get(*path)
        if found.data not in ({}, None):
            return None
        # An empty value is what is rendered empty, or what leaves the first missing key out: then it is that key's.
        wanted = nested(missing if is_empty else missing[1:], value)
        return set_value(values.document, path, wanted) if isinstance(wanted, dict) or found.data is None else None

    def _in_template(self, location: Location, missing: Path, wanted: SetField) -> Sequence[Edit] | None:
        file, number = location.file, location.line
        if location.base is not Base.CHART or file is None or number is None or not file.startswith("templates/"):
            return None
        lines = self._chart.lines(file)
        if number > len(lines) or (found := _KEY.fullmatch(lines[number - 1])) is None:
            return None
        if wanted.raw and number in self._with_another_dot(file):
            wanted = wanted._replace(value=str(wanted.value).replace(" . ", " $ "))
        if not missing:
            if wanted.raw and INDENT in str(wanted.value):
                return _first_below(file, number, lines, found, str(wanted.value))
            return self._replaced(file, number, found, wanted) if location.precision is Precision.EXACT else None
        new = nested(missing[1:], _RAW if wanted.raw else wanted.value)
        dash = found["before"].find("-")
        if dash >= 0 and location.column == dash + 1 + 2:
            if _line_of_key(number, lines, dash, str(missing[0]), len(found["before"])) is not None:
                return None
            edits: Sequence[Edit] | None = _beside_first(file, number, lines, str(missing[0]), new)
        elif (other := _line_of_key(number, lines, len(found["before"]), str(missing[0]))) is not None:
            edits = _out_of_condition(file, other, lines, missing, new)
        elif _EMPTY_MAP.fullmatch(found["rest"]):
            edits = _below_key(file, number, lines, found, str(missing[0]), new)
        else:
            return None
        text = _text(wanted)
        return [edit._replace(text=_filled(edit.text, text)) for edit in edits] if wanted.raw and edits else edits

    def _piped(self, wanted: PipeField, placed: Placed) -> Fix | None:
        """The action on the field's template line gets one more function."""
        place = _template_place(placed)
        if place is None or place.base is not Base.CHART or place.file is None or place.line is None:
            return None
        lines = self._chart.lines(place.file)
        line = lines[place.line - 1] if place.line <= len(lines) else ""
        actions = list(_ACTION.finditer(line))
        title = f"pass it through {wanted.function}"
        if len(actions) == 1 and not _NO_VALUE.match(actions[0]["pipeline"]):
            # A number is made one before it is quoted.
            pipeline, end = actions[0]["pipeline"], actions[0].end("pipeline")
            quoting = _QUOTING.search(pipeline) if wanted.function != "quote" else None
            column = (actions[0].start("pipeline") + quoting.start() if quoting is not None else end) + 1
            edit = Edit(place.file, place.line, column, place.line, column, f" | {wanted.function}")
            return Fix(title, (edit,), wanted.applicability)
        found = _KEY.fullmatch(line)
        literal = _LITERAL.fullmatch(found["rest"]) if found is not None and not actions else None
        if found is None or literal is None or wanted.function != "quote" or literal["value"][0] in QUOTES:
            return None
        start = found.start("rest") + literal.start("value") + 1
        end = start + len(literal["value"])
        return Fix("quote it", (Edit(place.file, place.line, start, place.line, end, quoted(literal["value"])),))

    def _read(self, wanted: ReadValue, view: View, location: Location) -> Fix | None:
        """Turns the literal on the field's template line into a value's default."""
        values, file, number = self._chart.values, location.file, location.line
        if values is None or file is None or number is None or not file.startswith("templates/"):
            return None
        if values.document.view.get(*wanted.path).exists or isinstance(view.data, dict | list):
            return None
        lines = self._chart.lines(file)
        line = lines[number - 1] if number <= len(lines) else ""
        found = _KEY.fullmatch(line)
        literal = _LITERAL.fullmatch(found["rest"]) if found is not None else None
        if found is None or literal is None:
            return None
        form = "-- " if "# -- " in values.text else ""
        inserted = set_value(values.document, wanted.path, view.data, (f"{form}{wanted.comment}",))
        if inserted is None:
            return None
        path = ".".join(wanted.path)
        action = f"{{{{ .Values.{path}{' | quote' if literal['value'][0] in QUOTES else ''} }}}}"
        start = found.start("rest") + literal.start("value") + 1
        edit = Edit(file, number, start, number, start + len(literal["value"]), action)
        schema = schema_edits(self._chart.schema_document, wanted.path, view.data, wanted.comment)
        return Fix(f"read it from {path}", (edit, *inserted, *schema), wanted.applicability)

    def _replaced(self, file: str, number: int, found: re.Match[str], wanted: SetField) -> Sequence[Edit] | None:
        """Replaces a literal on the template's line."""
        literal = _LITERAL.fullmatch(found["rest"])
        if literal is None or isinstance(wanted.value, dict):
            return None
        start = found.start("rest") + literal.start("value")
        return (Edit(file, number, start + 1, number, start + 1 + len(literal["value"]), _text(wanted)),)


def _lines_with_another_dot(text: str) -> frozenset[int]:
    """The lines that begin inside of a `with` or `range`, where the dot is not the root."""
    opened: list[str] = []
    inside: set[int] = set()
    line, position = 1, 0
    for found in (*_BLOCK.finditer(text), None):
        end = found.end() if found is not None else len(text)
        last = line + text.count("\n", position, end)
        if "with" in opened or "range" in opened:
            inside.update(range(line + 1, last + 1))
        line, position = last, end
        if found is not None and found[1] != "end":
            opened.append(found[1])
        elif opened:
            opened.pop()
    return frozenset(inside)


def _template_place(placed: Placed) -> Location | None:
    """The template's line that prints the field."""
    places = (placed.location, *(one.location for one in placed.decided))
    return next((one for one in places if (one.file or "").startswith("templates/") and one.line), None)


def _filled(text: str, raw: str) -> str:
    """Lines with a template's text in place; a text with an indentation goes below its key."""
    if INDENT not in raw:
        return text.replace(_RAW, raw)
    lines = []
    for line in text.split("\n"):
        key, found, _ = line.partition(f" {_RAW}")
        depth = len(line) - len(line.lstrip(" ")) + 2
        lines += [key, " " * depth + raw.replace(INDENT, str(depth))] if found else [line]
    return "\n".join(lines)


def _first_below(file: str, number: int, lines: Sequence[str], found: re.Match[str], raw: str) -> Sequence[Edit] | None:
    """A template's text as the first line below a key."""
    if found["rest"].strip():
        return None
    below = next((line for at in range(number, len(lines)) if (line := lines[at]).strip()), "")
    own, depth = len(found["before"]), len(below) - len(below.lstrip(" "))
    depth = depth if depth > own else own + 2
    at = (number, len(lines[number - 1]) + 1)
    return (Edit(file, *at, *at, "\n" + " " * depth + raw.replace(INDENT, str(depth))),)


def _text(wanted: SetField) -> str:
    return str(wanted.value) if wanted.raw else scalar(wanted.value)


def _below_key(
    file: str, number: int, lines: Sequence[str], found: re.Match[str], key: str, value: Json
) -> Sequence[Edit]:
    """A key below a key of the template, indented like the lines there."""
    own = len(found["before"])
    below = next((line for at in range(number, len(lines)) if _says_a_key(line := lines[at])), "")
    depth = len(below) - len(below.lstrip(" "))
    inner = block(key, value, depth if depth > own else own + 2)
    end = len(lines[number - 1])
    start = found.end() - len(found["rest"])
    return (Edit(file, number, start + 1, number, end + 1, "".join(f"\n{line}" for line in inner)),)


def _says_a_key(line: str) -> bool:
    text = line.lstrip()
    return bool(text) and not text.startswith(("{{", "#"))


def _line_of_key(number: int, lines: Sequence[str], depth: int, key: str, inner: int | None = None) -> int | None:
    """The line below a key or a dash that sets a key under some condition, which is false if the key is missing.

    Args:
        number: the line of the key or dash, from 1.
        depth: its indentation.
        inner: that of the keys below it; by default as the first of them.
    """
    for at in range(number, len(lines)):
        line = lines[at]
        if not _says_a_key(line):
            continue
        own = len(line) - len(line.lstrip(" "))
        if own <= depth:
            return None
        inner = own if inner is None else inner
        if own == inner and line.strip().partition(":")[0].strip(QUOTES) == key:
            return at + 1
    return None


def _out_of_condition(
    file: str, number: int, lines: Sequence[str], missing: Path, value: Json
) -> Sequence[Edit] | None:
    """A map's key is put before the condition that it stood in, with one more key below it; None if the map is written
    differently::

        {{- with .Values.pod.annotations }}        annotations:
        annotations:                                 checksum/config: …
          {{- toYaml . | nindent 8 }}                {{- with .Values.pod.annotations }}
        {{- end }}                                   {{- toYaml . | nindent 8 }}
                                                     {{- end }}
    """
    if len(missing) != 2 or number < 2 or number + 1 >= len(lines):
        return None
    condition, key, content, end = lines[number - 2 : number + 2]
    if not (_CONDITION.fullmatch(condition) and _TO_YAML.fullmatch(content) and _END.fullmatch(end)):
        return None
    if not isinstance(value, dict) or not key.endswith(":"):
        return None
    depth = len(key) - len(key.lstrip(" ")) + 2
    inner = block(str(missing[1]), value[str(missing[1])], depth)
    margin = " " * depth
    text = "\n".join((key, *inner, margin + condition.strip(), content, margin + end.strip()))
    return (Edit(file, number - 1, 1, number + 2, len(end) + 1, text),)


def _beside_first(file: str, number: int, lines: Sequence[str], key: str, value: Json) -> Sequence[Edit] | None:
    """A key of a list item: after the item's first key if that is on one line, else before it."""
    line = lines[number - 1]
    dash = line.index("-")
    column = len(line) - len(line[dash + 1 :].lstrip(" "))
    new = block(key, value, column)
    first = line[column:]
    is_scalar = re.fullmatch(r"[\w./-]+:\s+(?![|>]).+", first) is not None and "nindent" not in first
    if is_scalar and not first.rstrip().endswith(("|", "-}}")):
        at = (number, len(line) + 1)
        return (Edit(file, *at, *at, "".join(f"\n{one}" for one in new)),)
    at = (number, column + 1)
    text = "\n".join((new[0].lstrip(), *new[1:])) + "\n" + " " * column
    return (Edit(file, *at, *at, text),)
