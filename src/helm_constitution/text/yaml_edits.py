"""Edits of YAML texts: a value set, a key put in, with everything around them as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import yaml

from helm_constitution.core.fixes import Edit
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.text.yaml_document import Path, Span, YamlDocument
from helm_constitution.text.yaml_scalars import Json, resolve_plain

STEP = 2
"""Spaces by which a block is indented where the text shows no other habit."""

_PLAIN = LazyPattern(
    r"(?:[A-Za-z_/.](?:[A-Za-z0-9_./+:-]*[A-Za-z0-9_./+-])?(?: [A-Za-z0-9_./+-]+)*|"
    r"[1-9][0-9]*[A-Za-z]{1,2}|\d+\.\d+\.\d+[\w.+-]*)\Z"
)


def scalar(value: Json) -> str:
    """A value on one line, as YAML 1.1 and 1.2 read alike: text that could be read as something else has quotes."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(scalar(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{scalar(key)}: {scalar(item)}' for key, item in value.items())}}}"
    if _PLAIN.match(value) and isinstance(resolve_plain(value), str):
        return value
    return quoted(value)


def quoted(text: str) -> str:
    """A text in double quotes, with unprintable characters escaped."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    known = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character)
    return known or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}")


def block(key: str, value: Json, indent: int, step: int = STEP) -> list[str]:
    """The lines of a key with its value, maps as blocks; lists of scalars stay on one line."""
    space = " " * indent
    name = scalar(key)
    if isinstance(value, dict) and value:
        return [f"{space}{name}:", *(line for one, item in value.items() for line in block(one, item, indent + step))]
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return [f"{space}{name}:", *(line for item in value for line in _item(item, indent + step, step))]
    return [f"{space}{name}: {scalar(value)}"]


def _item(value: Json, indent: int, step: int) -> list[str]:
    if not isinstance(value, dict) or not value:
        return [f"{' ' * indent}- {scalar(value)}"]
    lines = [line for key, item in value.items() for line in block(key, item, indent + 2, step)]
    return [f"{' ' * indent}- {lines[0].lstrip()}", *lines[1:]]


def nested(path: Sequence[str | int], value: Json) -> Json:
    """A value with the maps around it that a path names."""
    for step in reversed(path):
        value = {str(step): value}
    return value


def set_value(document: YamlDocument, path: Path, value: Json, comment: Sequence[str] = ()) -> tuple[Edit, ...] | None:
    """The edits that set the value at a path, existing or missing; None if a small edit can't do it.

    Args:
        document: of a file with one document.
        path: of keys; missing ones are added.
        value: the new value.
        comment: lines above an added key, without their ``#``.
    """
    for length in range(len(path), -1, -1):
        node = node_at(document, path[:length])
        if node is not None:
            break
    else:
        return _into_nothing(document, path, value, comment)
    if length < len(path) and document.view.get(*path[: length + 1]).exists:
        return None  # an alias or a merge key brings it
    if length == len(path):
        return _replaced(document, path, node, value)
    if not all(isinstance(step, str) for step in path[length:]):
        return None
    return _put_in(document, path, length, node, value, comment)


def node_at(document: YamlDocument, path: Path) -> yaml.Node | None:
    """The node at a path of the text itself: not what an alias or a merge key brings; None where there is none."""
    node = document.root
    for step in path:
        inner: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if (
                    isinstance(key, yaml.ScalarNode)
                    and key.value == step
                    and value.start_mark.index >= key.end_mark.index
                ):
                    inner = value
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and 0 <= step < len(node.value):
            inner = node.value[step]
        if inner is None:
            return None
        node = inner
    return node


def _into_nothing(document: YamlDocument, path: Path, value: Json, comment: Sequence[str]) -> tuple[Edit, ...] | None:
    """A file without a document: the block comes at its end."""
    if document.root is not None or not path or "---" in document.text:
        return None
    lines = [*(f"# {line}" for line in comment), *block(str(path[0]), nested(path[1:], value), 0)]
    return (at_end(document.file, document.text, lines),)


def at_end(file: str, text: str, lines: Sequence[str]) -> Edit:
    """Lines at a text's end, which keeps ending as it does: with a line end or without."""
    last = text.removeprefix("\ufeff").split("\n")
    joined = "\n".join(lines)
    place = (len(last), len(last[-1]) + 1, len(last), len(last[-1]) + 1)
    return Edit(file, *place, f"\n{joined}" if last[-1] else f"{joined}\n")


def _replaced(document: YamlDocument, path: Path, node: yaml.Node, value: Json) -> tuple[Edit, ...] | None:
    span = document.value_span(path)
    if span is None or node.start_mark.index < _key_end(document, path):
        return None
    begin = document.text.removeprefix("\ufeff")[node.start_mark.index : node.start_mark.index + 1]
    if begin == "&":
        return None  # other places take it by this anchor
    text = scalar(value)
    if isinstance(node, yaml.ScalarNode):
        if span.line != span.end_line or (span.column == span.end_column and isinstance(value, dict | list) and value):
            return None
        if span.column == span.end_column:  # `key:` with nothing behind it
            return _behind_colon(document, span, text)
        if begin in "|>" and node.style in ("|", ">"):
            return None
        return (Edit(document.file, *span, text),)
    if node.value or not isinstance(value, dict):
        if isinstance(node, yaml.CollectionNode) and node.flow_style and span.line == span.end_line:
            return (Edit(document.file, *span, text),)
        return _instead_of_block(document, path, node, text) if isinstance(value, list) else None
    return _emptied(document, path, span, value)


def _instead_of_block(document: YamlDocument, path: Path, node: yaml.Node, text: str) -> tuple[Edit, ...] | None:
    """A list below its key becomes one in the key's line, unless a comment would be lost."""
    key = document.key_span(path)
    lines = document.lines
    if key is None or not isinstance(node, yaml.SequenceNode) or node.start_mark.line < key.line:
        return None
    last = _last_line(node, lines)
    line = lines[key.line - 1]
    if any("#" in one for one in lines[key.line - 1 : last]) or not line.rstrip().endswith(":"):
        return None
    end = len(lines[last - 1]) + 1
    return (Edit(document.file, key.line, len(line.rstrip()) + 1, last, end, f" {text}"),)


def append_item(document: YamlDocument, path: Path, item: Mapping[str, str]) -> tuple[Edit, ...] | None:
    """The edit that puts a map of texts behind the last item of a block list; None where no such list stands there.

    Args:
        document: the file.
        path: the list's.
        item: the map.
    """
    node = node_at(document, path)
    if not isinstance(node, yaml.SequenceNode) or node.flow_style or not node.value:
        return None
    dash, first = node.start_mark.column, node.value[0]
    is_block = isinstance(first, yaml.MappingNode) and not first.flow_style
    inner = first.start_mark.column if is_block and first.start_mark.column > dash else dash + 2
    lines = [f"{' ' * inner}{key}: {scalar(text)}" for key, text in item.items()]
    lines[0] = f"{' ' * dash}-{lines[0][dash + 1 :]}"
    return (_behind_block(document, node, lines, dash, is_top=False),)


def _behind_colon(document: YamlDocument, span: Span, text: str) -> tuple[Edit, ...]:
    return (Edit(document.file, *span, f" {text}"),)


def _emptied(document: YamlDocument, path: Path, span: Span, value: dict[str, Json]) -> tuple[Edit, ...] | None:
    """``{}`` becomes a block below its key; where that can't be, it is filled in its line."""
    key = document.key_span(path)
    line = document.lines[span.end_line - 1]
    rest = line[span.end_column - 1 :]
    if (
        key is None
        or key.line != span.line
        or span.line != span.end_line
        or not value
        or rest.strip()[:1] not in ("", "#")
    ):
        return (Edit(document.file, *span, scalar(value)),)
    indent = key.column - 1 + step_of(document)
    lines = [one for name, item in value.items() for one in block(name, item, indent, step_of(document))]
    before = len(line[: span.column - 1].rstrip()) + 1
    body = "".join(f"\n{one}" for one in lines)
    if not rest.strip():
        return (Edit(document.file, span.line, before, span.end_line, len(line) + 1, body),)
    return (
        Edit(document.file, span.line, before, span.end_line, span.end_column, ""),
        Edit(document.file, span.end_line, len(line) + 1, span.end_line, len(line) + 1, body),
    )


def _put_in(
    document: YamlDocument, path: Path, length: int, node: yaml.Node, value: Json, comment: Sequence[str]
) -> tuple[Edit, ...] | None:
    """A key that a map lacks: behind the map's last entry."""
    key, inner = str(path[length]), nested(path[length + 1 :], value)
    if isinstance(node, yaml.ScalarNode):
        if node.tag != "?" or resolve_plain(node.value) is not None or length == 0:
            return None
        span = document.value_span(path[:length])
        if span is None:
            return None
        return _below_empty(document, path[:length], span, {key: inner})
    if not isinstance(node, yaml.MappingNode):
        return None
    span = document.value_span(path[:length])
    if not node.value and span is not None:
        return _emptied(document, path[:length], span, {key: inner}) if length else None
    if node.flow_style:
        last = node.value[-1][1].end_mark
        at = (last.line + 1, last.column + 1)
        return (Edit(document.file, *at, *at, f", {scalar(key)}: {scalar(inner)}"),)
    first = node.value[0][0].start_mark
    indent = first.column
    lines = block(key, inner, indent, step_of(document))
    depth = len(path) - length - 1
    space = lines[depth][: len(lines[depth]) - len(lines[depth].lstrip(" "))]
    lines[depth:depth] = [f"{space}# {line}" for line in comment]
    return (_behind_block(document, node, lines, indent, is_top=length == 0),)


def _below_empty(document: YamlDocument, path: Path, span: Span, value: dict[str, Json]) -> tuple[Edit, ...] | None:
    """A key without a value, or with ``null``, gets a block below it."""
    if span.column != span.end_column:
        return _emptied(document, path, span, value)
    key = document.key_span(path)
    if key is None:
        return None
    line = document.lines[key.line - 1]
    indent = key.column - 1 + step_of(document)
    lines = [one for name, item in value.items() for one in block(name, item, indent, step_of(document))]
    at = (key.line, len(line) + 1)
    return (Edit(document.file, *at, *at, "".join(f"\n{one}" for one in lines)),)


def _behind_block(document: YamlDocument, node: yaml.Node, lines: Sequence[str], indent: int, *, is_top: bool) -> Edit:
    """Lines behind the last line of a block that says something: before the comments and empty lines after it, but
    behind comments that are indented deeper, which belong to the block's last entry."""
    text = document.lines
    last = _last_line(node, text)
    for number, line in enumerate(text[last:], last + 1):
        comment = line.lstrip(" ")
        if comment.startswith("#") and len(line) - len(comment) > indent:
            last = number
        elif comment.strip():
            break
    if last >= len(text) or (last == len(text) - 1 and not text[-1] and is_top):
        is_commented = is_top and any(line.lstrip().startswith("#") for line in lines)
        return at_end(document.file, document.text, ["", *lines] if is_commented else lines)
    line = text[last - 1]
    at = (last, len(line) + 1)
    return Edit(document.file, *at, *at, "".join(f"\n{one}" for one in lines))


def _last_line(node: yaml.Node, text: Sequence[str]) -> int:
    """The number of the last line of a node's content."""
    while isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        final = node.value[-1]
        key, inner = final if isinstance(final, tuple) else (None, final)
        if key is not None and inner.start_mark.index < key.end_mark.index:  # an alias, at its anchor
            return int(key.end_mark.line) + 1
        if key is not None and isinstance(inner, yaml.ScalarNode) and inner.start_mark.index == inner.end_mark.index:
            return int(key.end_mark.line) + 1
        node = inner
    mark = node.end_mark
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        # A block scalar's end is where the next token begins.
        last = int(mark.line) if mark.column == 0 or not text[mark.line : mark.line + 1] else int(mark.line) + 1
        while last > node.start_mark.line + 1 and not text[last - 1].strip():
            last -= 1
        return last
    return int(mark.line) + 1


def step_of(document: YamlDocument) -> int:
    """How deep a text indents its first nested map; two spaces where it has none."""
    root = document.root
    pending = [root] if root is not None else []
    while pending:
        node = pending.pop()
        if isinstance(node, yaml.MappingNode) and not node.flow_style:
            for key, value in node.value:
                is_below = value.start_mark.line > key.start_mark.line
                if isinstance(value, yaml.MappingNode) and not value.flow_style and value.value and is_below:
                    return int(value.value[0][0].start_mark.column - key.start_mark.column) or STEP
    return STEP


def _key_end(document: YamlDocument, path: Path) -> int:
    """The offset behind a value's key: what stands before it is an alias's anchor."""
    parent = node_at(document, path[:-1]) if path else None
    if isinstance(parent, yaml.MappingNode):
        return max((key.end_mark.index for key, _ in parent.value if key.value == path[-1]), default=0)
    return 0


def paths_by_place(document: YamlDocument) -> dict[tuple[int, int], Path]:
    """The path of each key and item, by the line and column (from 1) in which it begins."""
    places: dict[tuple[int, int], Path] = {}
    pending: list[tuple[Path, yaml.Node]] = [((), document.root)] if document.root is not None else []
    while pending:
        path, node = pending.pop()
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode):
                    places.setdefault((key.start_mark.line + 1, key.start_mark.column + 1), (*path, key.value))
                    if value.start_mark.index >= key.end_mark.index:
                        pending.append(((*path, key.value), value))
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                places.setdefault((value.start_mark.line + 1, value.start_mark.column + 1), (*path, index))
                pending.append(((*path, index), value))
    return places
