"""A YAML document: its data, the place of each part, and views of its parts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from helm_constitution.core.errors import YamlSyntaxError
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Base
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.text.pyyaml import yaml
from helm_constitution.text.yaml_scalars import NUMERIC_START, PLAIN, Json, resolve_plain

Path: TypeAlias = tuple[str | int, ...]
"""Keys and list indexes from the top of a document: ``("spec", "containers", 0, "image")``."""
Scalar: TypeAlias = "str | int | float | bool | None"


class Span(NamedTuple):
    """A stretch of text. Lines and columns count from 1, in code points; the end column is exclusive."""

    line: int
    """The first line."""
    column: int
    """The first column."""
    end_line: int
    """The last line."""
    end_column: int
    """The column behind the last character."""


class RenderedLine(NamedTuple):
    """A line (from 1) of a rendered document that is no YAML."""

    document: YamlDocument
    """The document, as text."""
    line: int
    """The line, from 1."""


class DuplicateKey(NamedTuple):
    """A key that a map holds twice: Kubernetes' strict reader rejects it, helm keeps the last."""

    path: Path
    """The key's path."""
    first: Span
    """Where the key comes first."""
    second: Span
    """Where it comes again."""


_ODD_BREAKS = ("\r", "\x85", "\u2028", "\u2029")
_BREAKS = LazyPattern("\r\n|[\n\r\x85\u2028\u2029]")  # what libyaml counts as the end of a line


def lines_of(text: str) -> list[str]:
    """The lines of a YAML text as spans count them, without their ends and a byte order mark."""
    text = text.removeprefix("\ufeff")
    return _BREAKS.split(text) if any(mark in text for mark in _ODD_BREAKS) else text.split("\n")


def span_between(start: Any, end: Any) -> Span:
    return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)


@dataclass(slots=True, eq=False)
class YamlDocument:
    """One YAML document: its data, and the place of each part.

    ``file`` is relative to ``base``; for a rendered document it is the template that made it, ``rendered`` is true
    and the nodes' lines are those of the rendered text. ``data`` is the plain data (None for an empty document),
    ``text`` the text, ``duplicates`` the keys that a map has twice.
    """

    file: str
    base: Base = Base.CHART
    rendered: bool = False
    data: Json = None
    duplicates: tuple[DuplicateKey, ...] = ()
    text: str = ""
    _root: yaml.Node | None = field(default=None, repr=False)
    _entries: dict[int, _Entries] = field(default_factory=dict, repr=False)
    _lines: tuple[str, ...] | None = field(default=None, init=False, repr=False)

    def again(self) -> YamlDocument:
        """The same document once more, as another scenario renders it: read once, an object of its own."""
        return YamlDocument(
            self.file,
            self.base,
            self.rendered,
            self.data,
            self.duplicates,
            self.text,
            _root=self._root,
            _entries=self._entries,
        )

    @property
    def alike(self) -> tuple[str, str, str]:
        """What documents that scenarios render alike have in common; those of a baseline stand apart."""
        return self.base, self.file, self.text

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of the text, without their ends and a byte order mark; split once, for many findings."""
        if self._lines is None:
            self._lines = tuple(lines_of(self.text))
        return self._lines

    @property
    def view(self) -> View:
        """The whole document as a view."""
        return View(self, (), self.data)

    def key_span(self, path: Path) -> Span | None:
        """Where the key (or list item) at ``path`` is; None where the path does not exist in the text.

        A key with a scalar on its own line is spanned together with that scalar.
        """
        node, key = self._find(path)
        if node is None:
            return None
        if key is None:
            return span_between(node.start_mark, node.end_mark)
        one_line = isinstance(node, yaml.ScalarNode) and node.end_mark.line == key.start_mark.line
        return span_between(key.start_mark, node.end_mark if one_line else key.end_mark)

    def value_span(self, path: Path) -> Span | None:
        """Where the value at ``path`` is; None where the path does not exist in the text."""
        node, _ = self._find(path)
        return None if node is None else span_between(node.start_mark, node.end_mark)

    def is_plain(self, path: Path) -> bool:
        """Whether the value at ``path`` is an unquoted scalar."""
        node, _ = self._find(path)
        return isinstance(node, yaml.ScalarNode) and node.tag == "?"

    def scalar_text(self, path: Path) -> str | None:
        """The scalar at ``path`` as written (without quotes); None for maps, lists and missing paths."""
        node, _ = self._find(path)
        return node.value if isinstance(node, yaml.ScalarNode) else None

    def plain_scalars(self, beginnings: Collection[str]) -> Iterator[tuple[Path, str]]:
        """Path and text of each unquoted scalar that begins with one of these characters; keys are none."""
        return _plain_scalars(self._root, (), beginnings)

    def first_key(self, path: Path) -> str | None:
        """The key that the map at ``path`` begins with, as written; None where there is no map."""
        node, _ = self._find(path)
        if not isinstance(node, yaml.MappingNode) or not node.value:
            return None
        key = node.value[0][0]
        return key.value if isinstance(key, yaml.ScalarNode) else None

    @property
    def root(self) -> yaml.Node | None:
        """The composed root node, for readers that walk the whole text."""
        return self._root

    def _find(self, path: Path) -> tuple[yaml.Node | None, yaml.Node | None]:
        node, key = self._root, None
        for step in path:
            if isinstance(node, yaml.MappingNode):
                entries = self._entries.get(id(node))
                if entries is None:
                    entries = self._entries[id(node)] = _entries(node)
                found = entries.get(step)
                if found is None:
                    return None, None
                key, node = found
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                key, node = None, node.value[step]
            else:
                return None, None
        return node, key


_Entries = dict["str | int", tuple[yaml.Node, yaml.Node]]
"""Key and value of each of a map's entries, by name."""


def _entries(node: yaml.MappingNode) -> _Entries:
    """The entries that count: of several with one name the last; a merge key's stand where the merge key stands."""
    found: _Entries = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        if is_merge(key):
            for source in reversed(value.value if isinstance(value, yaml.SequenceNode) else [value]):
                if isinstance(source, yaml.MappingNode):
                    found.update(_entries(source))
        else:
            found[key_text(key)] = key, value
    return found


def _plain_scalars(node: yaml.Node | None, path: Path, beginnings: Collection[str]) -> Iterator[tuple[Path, str]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(value, yaml.ScalarNode):
                if value.tag == "?" and value.value[:1] in beginnings:
                    yield (*path, key_text(key)), value.value
            elif value.value and not is_merge(key):
                yield from _plain_scalars(value, (*path, key_text(key)), beginnings)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            if isinstance(item, yaml.ScalarNode):
                if item.tag == "?" and item.value[:1] in beginnings:
                    yield (*path, index), item.value
            else:
                yield from _plain_scalars(item, (*path, index), beginnings)


def is_merge(key: yaml.Node) -> bool:
    """Whether a map's key is a merge key, ``<<`` or, as yq writes it, ``!!merge <<``."""
    return key.value == "<<" and key.tag in ("?", "tag:yaml.org,2002:merge")


def key_text(node: yaml.Node) -> str:
    """A map's key as JSON has it: text; ``8080`` and ``true`` are written out as Kubernetes writes them."""
    if not isinstance(node, yaml.ScalarNode):
        raise fault_at(node, "a map or a list can't be a key")
    text = str(node.value)
    if node.tag != "?" or (text not in PLAIN and text[0] not in NUMERIC_START):
        return text
    value = resolve_plain(text)
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        raise fault_at(node, "null can't be a key")
    return str(value)


def fault_at(node: yaml.Node, message: str) -> YamlSyntaxError:
    return YamlSyntaxError(message, line=node.start_mark.line + 1, column=node.start_mark.column + 1)


class _Missing:
    __slots__ = ()


_MISSING = _Missing()


class View:
    """A part of a YAML document, there or missing, and at the same time the symbolic place of that part.

    ``view.get("spec", "replicas")`` never fails: a missing part is a view that doesn't exist. The typed readers
    (``string()``, ``integer()``, ``boolean()``) return None if the value is missing or of another type. As a boolean a
    view is what a template's ``if`` sees: false for missing, null, false, 0 and empty values. ``document`` is the
    document and ``path`` the part's path from the document's top, not from the object's.
    """

    __slots__ = ("_data", "document", "path")

    def __init__(self, document: YamlDocument, path: Path, data: Json | _Missing) -> None:
        self.document = document
        self.path = path
        self._data = data

    def get(self, *steps: str | int) -> View:
        """The part below, by keys and list indexes; a negative index counts from the end."""
        data = self._data
        for step in steps:
            if isinstance(data, dict):
                data = data.get(step, _MISSING) if isinstance(step, str) else _MISSING
            elif isinstance(data, list):
                data = data[step] if isinstance(step, int) and -len(data) <= step < len(data) else _MISSING
            else:
                data = _MISSING
                break
        return View(self.document, self.path + steps, data)

    @property
    def exists(self) -> bool:
        """Whether the part exists; an explicit null exists, with ``data`` None."""
        return self._data is not _MISSING

    @property
    def data(self) -> Json:
        """The plain data; None where the part is missing."""
        return None if isinstance(self._data, _Missing) else self._data

    def scalar(self) -> Scalar:
        """The text, number, true or false; None if the value is missing, a map or a list.

        Use it for comparisons and look-ups: unlike ``data`` it is always hashable.
        """
        data = self._data
        return data if isinstance(data, str | int | float) else None

    def string(self) -> str | None:
        """The text, or None."""
        return self._data if isinstance(self._data, str) else None

    def integer(self) -> int | None:
        """The whole number, or None (true and false are none)."""
        data = self._data
        return data if isinstance(data, int) and not isinstance(data, bool) else None

    def boolean(self) -> bool | None:
        """True or false, or None."""
        return self._data if isinstance(self._data, bool) else None

    def items(self) -> Iterator[View]:
        """The elements of a list; nothing for anything else."""
        if isinstance(self._data, list):
            document, path = self.document, self.path
            for index, item in enumerate(self._data):
                yield View(document, (*path, index), item)

    def entries(self) -> Iterator[tuple[str, View]]:
        """Keys and values of a map; nothing for anything else."""
        if isinstance(self._data, dict):
            document, path = self.document, self.path
            for key, value in self._data.items():
                yield key, View(document, (*path, key), value)

    @property
    def is_map(self) -> bool:
        """Whether it is a map, an empty one too."""
        return isinstance(self._data, dict)

    @property
    def is_list(self) -> bool:
        """Whether it is a list, an empty one too."""
        return isinstance(self._data, list)

    def walk(self) -> Iterator[View]:
        """This part and everything below, depth first."""
        if isinstance(self._data, _Missing):
            yield self
            return
        for path, data in walk(self._data, self.path):
            yield View(self.document, path, data)

    def __bool__(self) -> bool:
        """Whether there is something in it, as a template's ``if`` sees it."""
        return bool(self.data)

    def __repr__(self) -> str:
        return f"View({self.document.file}, {dotted(self.path)!r})"


def walk(data: Json, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    """Every part of plain data with its path, depth first, the whole first; quicker than ``View.walk``."""
    pending = [(path, data)]
    while pending:
        path, data = part = pending.pop()
        yield part
        if isinstance(data, dict):
            pending.extend([((*path, key), data[key]) for key in reversed(data)])
        elif isinstance(data, list):
            pending.extend([((*path, index), data[index]) for index in range(len(data) - 1, -1, -1)])


def leaves(data: Json, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Json]]:
    """The keys of maps in maps with what is no map, or an empty one; a list is one leaf, as helm merges values."""
    if isinstance(data, dict) and data:
        for key, part in data.items():
            yield from leaves(part, (*path, key))
    else:
        yield path, data


def value_at(data: Json, path: Iterable[str | int]) -> Json:
    """The value at a path in plain data; None if there is nothing (or null)."""
    for step in path:
        if isinstance(step, str):
            data = data.get(step) if isinstance(data, dict) else None
        else:
            data = data[step] if isinstance(data, list) and step < len(data) else None
    return data


def dotted(path: Path) -> str:
    """A path in the form ``spec.containers[0].image``; keys with dots are quoted: ``labels["helm.sh/chart"]``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif "." in step or not step:
            text += f'["{step}"]'
        else:
            text += f".{step}" if text else step
    return text
