"""The keys of a values file: each with its value, its place and the comment that documents it."""

from __future__ import annotations

from dataclasses import dataclass

from helm_constitution.chart.value_comments import CommentKind
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.text.pyyaml import yaml
from helm_constitution.text.yaml_document import Path, Span, YamlDocument, dotted, is_merge, key_text
from helm_constitution.text.yaml_scalars import Json


class Comment(NamedTuple):
    """What documents a key. ``text`` is without ``#`` and markers; ``default`` what ``@default --`` shows instead of
    the value; ``span`` the comment's lines."""

    kind: CommentKind
    text: str
    span: Span
    default: str | None = None


@dataclass(slots=True, eq=False)
class ValueKey:
    """One key of a values file; lists are leaves, keys of maps inside lists don't count.

    ``span`` is the key (with a scalar value on its line); ``is_leaf``: it has no keys below it: a scalar, a
    list, an empty map, an alias. ``hidden`` keys are left out of the documentation on purpose (``@ignored``,
    ``@skip``). ``has_example``: there is commented-out YAML at the key.
    """

    path: Path
    """The key's path, ``("image", "tag")``."""
    value: Json
    """The value below it, as plain data."""
    span: Span
    is_leaf: bool
    comment: Comment | None = None
    """The comment that documents it: its ``text``, its ``kind`` and its place (``span``); None where nothing does."""
    hidden: bool = False
    has_example: bool = False

    @property
    def name(self) -> str:
        """The path with dots, as in ``image.tag``."""
        return dotted(self.path)


class KeyEntry(NamedTuple):
    """A key with the nodes that it was read from. ``alias``: its value's node stands where the anchor is."""

    key: ValueKey
    key_node: yaml.Node
    value_node: yaml.Node
    parent: KeyEntry | None
    alias: bool


class KeyReader:
    """Reads a document's keys, without their comments: ``entries``, in the file's order, parents before children.

    ``inside`` are the first and last lines (from 0) of scalars that go over several, the first line excluded.
    """

    def __init__(self, document: YamlDocument) -> None:
        self.entries: list[KeyEntry] = []
        self.inside: list[tuple[int, int]] = []
        if isinstance(document.root, yaml.MappingNode) and isinstance(document.data, dict):
            self._map(document.root, document.data, (), None)

    def _map(self, node: yaml.MappingNode, data: Json, path: Path, parent: KeyEntry | None) -> None:
        # A key given twice: the last one's data counts, so the first one's node may have keys that the data lacks.
        values = data if isinstance(data, dict) else {}
        for key_node, value_node in node.value:
            if is_merge(key_node):
                continue
            name = key_text(key_node)
            below = (*path, name)
            key_start, key_end = key_node.start_mark, key_node.end_mark
            start, end = value_node.start_mark, value_node.end_mark
            # An alias's node stands where its anchor is, before this key.
            alias = start.index < key_end.index
            is_map = isinstance(value_node, yaml.MappingNode)
            is_scalar = isinstance(value_node, yaml.ScalarNode)
            last = end if is_scalar and not alias and end.line == key_start.line else key_end
            key = ValueKey(
                below,
                values.get(name),
                Span(key_start.line + 1, key_start.column + 1, last.line + 1, last.column + 1),
                alias or not (is_map and value_node.value),
            )
            entry = KeyEntry(key, key_node, value_node, parent, alias)
            self.entries.append(entry)
            if alias:
                continue
            if is_map:
                self._map(value_node, key.value, below, entry)
            elif start.line != end.line:
                self._long(value_node)

    def _long(self, node: yaml.Node) -> None:
        """Notes the lines of scalars that go over several lines, in which a ``#`` is text."""
        pending = [node]
        while pending:
            current = pending.pop()
            start, end = current.start_mark, current.end_mark
            if start.line >= end.line:
                continue
            if isinstance(current, yaml.ScalarNode):
                # A block scalar ends at the beginning of the line after it.
                self.inside.append((start.line + 1, end.line if end.column else end.line - 1))
            elif isinstance(current, yaml.SequenceNode):
                pending.extend(current.value)
            else:
                for pair in current.value:
                    pending.extend(pair)
