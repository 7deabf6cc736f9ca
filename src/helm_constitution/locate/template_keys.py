"""What stands around a key in the text of a named template, by indentation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.locate.in_block import indent_of
from helm_constitution.templates.lines import KEY
from helm_constitution.text.yaml_document import Path, YamlDocument

_NAME = LazyPattern(r"[ \t-]*name:[ \t]+([\"']?)([^\"'{}#\s]+)\1[ \t\r]*(?:#.*)?$")


def keys_above(text: Sequence[str], index: int) -> list[str]:
    """The keys above a line of a named template, the outermost first."""
    keys: list[str] = []
    depth = _depth(text[index])
    for line in reversed(text[1:index]):
        match = KEY.match(line)
        if match is not None and _depth(line) < depth:
            depth = _depth(line)
            keys.append(match[0].strip(" \t-:").strip("'\""))
    return keys[::-1]


def is_of_other_item(text: Sequence[str], index: int, document: YamlDocument, path: Path) -> bool:
    """Whether a line of a named template belongs to a list's item with another name than the one that a path is in."""
    inner = next((length for length in range(len(path), 0, -1) if isinstance(path[length - 1], int)), 0)
    name = document.view.get(*path[:inner], "name").string() if inner else None
    if name is None:
        return False
    found = (_NAME.match(line) for line in _item(text, index))
    return any(match is not None and match[2] != name for match in found)


def _item(text: Sequence[str], index: int) -> Iterator[str]:
    """The lines with the own keys of the item that a line belongs to; none if it is in no item."""
    first, least = index, indent_of(text[index])
    while not (text[first].lstrip().startswith("- ") and (first == index or indent_of(text[first]) < least)):
        if first == 0:
            return
        if text[first].strip() and not text[first].lstrip().startswith("{{"):
            least = min(least, indent_of(text[first]))
        first -= 1
    yield text[first]
    for line in text[first + 1 :]:
        if line.strip() and not line.lstrip().startswith("{{") and indent_of(line) <= indent_of(text[first]):
            return
        if _depth(line) == _depth(text[first]):
            yield line


def _depth(line: str) -> int:
    """The column in which a line's key begins, after the dashes of items."""
    return len(line) - len(line.lstrip(" -"))
