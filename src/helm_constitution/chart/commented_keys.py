"""The comments of a values file, each found for the key that it documents: above, behind, inside or under it.

Whether a ``#`` begins a comment is told by the composed nodes' places, never by the text alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from helm_constitution.chart.value_comments import CommentKind, Note, Notes, is_sentence
from helm_constitution.chart.value_keys import Comment, KeyEntry, KeyReader, ValueKey
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.text.pyyaml import yaml
from helm_constitution.text.yaml_document import Span, YamlDocument, lines_of
from helm_constitution.text.yaml_scalars import Json

_BLANK, _CONTENT, _COMMENT = range(3)


class CommentedKeyReader:
    """Reads one document's keys and comments; ``notes`` are what those of an earlier text say."""

    def __init__(self, document: YamlDocument, text: str, notes: Notes) -> None:
        self._notes = notes
        keys = KeyReader(document)
        self.entries = keys.entries
        self.inside = keys.inside
        self.lines = lines_of(text)
        self.kinds: list[int] = []
        self.indents: list[int] = []
        self.owned = -1  # the last line of a comment that belongs to the key above it

    def read(self) -> Iterator[ValueKey]:
        """The keys in the file's order, parents before children."""
        if not self.entries:
            return
        self._classify()
        for entry in self.entries:
            self._comment(entry)
        self._named()
        for entry in self.entries:
            yield entry.key

    # The lines

    def _classify(self) -> None:
        for line in self.lines:
            text = line.lstrip(" \t")
            if not text:
                self.kinds.append(_BLANK)
            else:
                self.kinds.append(_COMMENT if text[0] == "#" else _CONTENT)
            self.indents.append(len(line) - len(text))
        for first, last in self.inside:
            for number in range(first, min(last + 1, len(self.kinds))):
                self.kinds[number] = _CONTENT

    def _comment(self, entry: KeyEntry) -> None:
        """Finds the comment of one key: above, behind, or below it with a deeper indent."""
        key = entry.key
        line, column = key.span.line - 1, key.span.column - 1
        parent = entry.parent
        if parent is not None and parent.key.span.line - 1 == line:
            # `image: {repository: a, tag: b}`: what documents the whole documents its parts.
            key.comment, key.hidden = parent.key.comment, parent.key.hidden
            return
        kinds = self.kinds
        above = range(0)
        if line and kinds[line - 1] != _CONTENT:
            above = self._above(line, column, parent.key.span.line if parent is not None else 0)
        if above:
            note = self._notes.understand(
                self._bodies(above), str(key.path[-1]), takes_example=_takes_example(key.value)
            )
            key.hidden, key.has_example = note.hidden, note.has_example
            key.comment = self._made(note, above)
        if key.comment is None and ("#" in self.lines[line] or entry.value_node.end_mark.line != line):
            key.comment = self._behind(entry)
        if key.comment is None and isinstance(key.value, str) and key.value.startswith("#"):
            key.comment = self._value_of_comments(key)
        if key.is_leaf and not entry.alias and key.comment is None:
            if isinstance(key.value, list):
                self._within(entry)
            if key.comment is None:
                self._under(entry)

    def _made(self, note: Note, lines: range) -> Comment | None:
        if note.kind is None:
            return None
        first, last = lines.start, lines.stop - 1
        span = Span(first + 1, self.indents[first] + 1, last + 1, len(self.lines[last].rstrip()) + 1)
        return Comment(note.kind, note.text, span, note.default)

    def _bodies(self, lines: Iterable[int]) -> list[str]:
        """Comment lines without indentation and trailing spaces, from their ``#`` on."""
        return [self.lines[number].strip() for number in lines]

    def _above(self, line: int, column: int, floor: int) -> range:
        """The comment lines above that stand for the key at ``line``; an empty range where there are none.

        ``floor`` is the line under the parent's key.
        """
        kinds, indents = self.kinds, self.indents
        end = line
        while end > 0 and kinds[end - 1] == _BLANK:
            end -= 1
        start = end
        while start > 0 and kinds[start - 1] == _COMMENT:
            start -= 1
        if start <= self.owned:
            start = min(self.owned + 1, end)
        touches_above = start > floor and kinds[start - 1] == _CONTENT
        # What is indented deeper than the key and touches what stands above belongs to that.
        while touches_above and start < end and indents[start] > column + 1:
            start += 1
        if start == end or end == line:
            return range(start, end)
        # A blank line lies between. The file's first comment is its header; one that touches the key above is about
        # that key; a title is a section's; what remains is a sentence that the author set apart from its key.
        is_header = line == self.entries[0].key.span.line - 1
        if is_header or touches_above or line - end > 1 or not is_sentence(self._bodies(range(start, end))):
            return range(0)
        return range(start, end)

    def _behind(self, entry: KeyEntry) -> Comment | None:
        """The comment behind the key or its value, on the same line."""
        line = entry.key_node.start_mark.line
        text = self.lines[line]
        if "#" not in text:
            return self._behind_end(entry)
        value = entry.value_node
        start, end = value.start_mark, value.end_mark
        if entry.alias or start.line > line:
            position = entry.key_node.end_mark.column
        elif end.line == line:
            position = end.column
        elif isinstance(value, yaml.ScalarNode):
            # A block scalar's header; a quoted text that goes on is no place for a comment.
            position = start.column if value.style in ("|", ">") else len(text)
        else:
            # A flow collection that goes on: behind its bracket, unless text could hold the '#'.
            position = len(text) if '"' in text or "'" in text else start.column
        return self._inline(line, position) or self._behind_end(entry)

    def _behind_end(self, entry: KeyEntry) -> Comment | None:
        """The comment behind a quoted text or flow collection that ends on a later line."""
        value = entry.value_node
        end = value.end_mark
        if entry.alias or end.line == entry.key_node.start_mark.line or not end.column or end.line >= len(self.lines):
            return None
        if isinstance(value, yaml.ScalarNode) and value.style in ("|", ">"):
            return None
        if isinstance(value, yaml.CollectionNode) and not value.flow_style:
            return None
        return self._inline(end.line, end.column)

    def _inline(self, line: int, position: int) -> Comment | None:
        text = self.lines[line]
        start = text.find("#", position)
        while start > 0 and text[start - 1] not in " \t":
            start = text.find("#", start + 1)
        if start < 0:
            return None
        body = text[start:].rstrip()
        note = self._notes.understand([body], "", takes_example=False)
        if note.kind is None:
            return None
        column = start + 1
        return Comment(note.kind, note.text, Span(line + 1, column, line + 1, column + len(body)), note.default)

    def _value_of_comments(self, key: ValueKey) -> Comment | None:
        """A text value that holds nothing but comments of its own: a certificate's place, a configuration's."""
        assert isinstance(key.value, str)
        lines = key.value.splitlines()
        if not all(line.startswith("#") for line in lines if line.strip()):
            return None
        note = self._notes.understand([line for line in lines if line], str(key.path[-1]), takes_example=True)
        return None if note.kind is None else Comment(note.kind, note.text, key.span, note.default)

    def _within(self, entry: KeyEntry) -> None:
        """A list's comment may stand inside it: on a line of its own, or behind an item."""
        value, key = entry.value_node, entry.key
        if not isinstance(value, yaml.SequenceNode) or not value.value:
            return
        number, last = key.span.line, _last_line(value)
        while number <= last and key.comment is None:
            start = number
            while number <= last and self.kinds[number] == _COMMENT:
                number += 1
            if number > start:
                note = self._notes.understand(self._bodies(range(start, number)), "", takes_example=True)
                key.has_example = key.has_example or note.has_example
                key.comment = self._made(note, range(start, number))
            number += 1
        pending = list(reversed(value.value))
        while pending and key.comment is None:
            node = pending.pop()
            end = node.end_mark
            if isinstance(node, yaml.MappingNode):
                pending.extend(inner for _, inner in reversed(node.value))
            elif isinstance(node, yaml.SequenceNode):
                pending.extend(reversed(node.value))
            elif node.start_mark.line == end.line > key.span.line - 1 and "#" in self.lines[end.line]:
                key.comment = self._inline(end.line, end.column)

    def _under(self, entry: KeyEntry) -> None:
        """A comment right under a leaf that is about the leaf and not about the next key."""
        key, kinds, indents = entry.key, self.kinds, self.indents
        column = key.span.column - 1
        start = stop = max(_last_line(entry.value_node), key.span.line - 1) + 1
        if start >= len(kinds) or kinds[start] != _COMMENT:
            return
        while stop < len(kinds) and kinds[stop] == _COMMENT and indents[stop] > column:
            stop += 1
        certain = stop > start  # indented deeper
        if not certain:
            while stop < len(kinds) and kinds[stop] == _COMMENT and indents[stop] <= column:
                stop += 1
            # Set apart from the next key by a blank line, or by that key's lesser indent.
            certain = stop >= len(kinds) or kinds[stop] == _BLANK or indents[stop] < min(indents[start:stop], default=0)
        if stop == start:
            return
        name = str(key.path[-1])
        lines = range(start, stop)
        note = self._notes.understand(self._bodies(lines), name, takes_example=_takes_example(key.value))
        if not note.has_example and indents[start] < column:
            return  # the title of what follows
        if certain or name in note.example_keys or note.text.partition(" ")[0] == name:
            key.has_example = key.has_example or note.has_example
            key.comment = self._made(note, lines)
            if key.comment is not None:
                self.owned = stop - 1

    def _named(self) -> None:
        """Comments that name the path they document: Bitnami's ``@param``, helm-docs' ``key.path -- text``."""
        by_name: dict[str, ValueKey] = {}
        for number, kind in enumerate(self.kinds):
            line = self.lines[number]
            if kind != _COMMENT or ("@" not in line and " -- " not in line):
                continue
            if (found := _PARAM.match(line)) is not None:
                form, (tag, path, modifiers, text) = CommentKind.BITNAMI, found.groups("")
            elif (found := _NAMED.match(line)) is not None:
                form, (path, text), tag, modifiers = CommentKind.HELM_DOCS, found.groups(), "", ""
            else:
                continue
            by_name = by_name or {_normal(entry.key.name): entry.key for entry in self.entries}
            key = by_name.get(_normal(path))
            if key is None:
                continue
            if tag == "skip":
                key.hidden = True
            elif text and (key.comment is None or form is CommentKind.BITNAMI):
                default = re.search(r"default:\s*([^,\]]+)", modifiers)
                span = Span(number + 1, self.indents[number] + 1, number + 1, len(line.rstrip()) + 1)
                key.comment = Comment(form, text, span, default[1].strip() if default else None)


def _takes_example(value: Json) -> bool:
    """Whether commented-out keys at a value may be an example of what belongs into it."""
    return isinstance(value, dict) or value in (None, "")


def _last_line(node: yaml.Node) -> int:
    """The last line (from 0) that a node's own text is on; a block collection's end mark is the next token's place."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(node, yaml.MappingNode) else last
    end = node.end_mark
    return int(end.line if end.column else end.line - 1)


def _normal(path: str) -> str:
    """A path without quotes and escapes: both tools and people write dotted keys in several ways."""
    return path.replace('["', ".").replace('"]', "").replace('"', "").replace("'", "").replace("\\", "")


_PARAM = LazyPattern(r"\s*#+\s*@(param|extra|skip)\s+(\S+)\s*(?:\[([^\]]*)\]\s*)?(.*?)\s*$")
_NAMED = LazyPattern(r"\s*#+\s*([\w./\[\]\"'-]*[\w\]\"'])\s+--\s+(?:\(\S+\)\s*)?(.+?)\s*$")
