"""YAML as Kubernetes reads it (sigs.k8s.io/yaml, YAML 1.1 booleans), with the position of every node.

One reader serves values files, Chart.yaml and rendered manifests: plain data to judge, the composed nodes for places.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from helm_constitution.core.errors import YamlSyntaxError
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Base
from helm_constitution.core.records import NamedTuple
from helm_constitution.text.pyyaml import yaml

if TYPE_CHECKING:
    from helm_constitution.kubernetes.manifests import Manifest
    from helm_constitution.locate.markers import LineMap

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Path: TypeAlias = tuple[str | int, ...]

try:
    from yaml._yaml import CParser as _Parser

    HAS_C_PARSER = True
except ImportError:  # pragma: no cover - only where PyYAML was built without libyaml; said under --debug
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    HAS_C_PARSER = False

    class _Parser(Reader, Scanner, Parser):  # type: ignore[no-redef]
        """PyYAML's own parser, slow."""

        def __init__(self, stream: str) -> None:
            Reader.__init__(self, stream)
            Scanner.__init__(self)
            Parser.__init__(self)


MAX_DEPTH = 400
"""Nested maps and lists; without a limit PyYAML's C composer overruns the stack."""


class _Resolver:
    """PyYAML's resolver is left out: tags are ours to decide, from the plain text."""

    depth = 0

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """Called before each node is composed."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise RecursionError

    def ascend_resolver(self) -> None:
        """Called behind each node."""
        self.depth -= 1

    def resolve(self, kind: type[yaml.Node], value: str, implicit: Any) -> str:
        """A plain scalar is marked ``?``; everything else keeps its kind's own tag."""
        if kind is yaml.ScalarNode:
            return "?" if implicit[0] else "tag:yaml.org,2002:str"
        return "tag:yaml.org,2002:map" if kind is yaml.MappingNode else "tag:yaml.org,2002:seq"


class _PatientComposer(_Resolver, yaml.composer.Composer, _Parser):  # type: ignore[misc,unused-ignore]
    """PyYAML's own composer; an anchor may be defined again, as in go-yaml."""

    def __init__(self, stream: str) -> None:
        _Parser.__init__(self, stream)
        yaml.composer.Composer.__init__(self)

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """One node. The anchor's earlier node is forgotten, so that PyYAML doesn't reject the second."""
        event = self.peek_event()
        if isinstance(event, yaml.NodeEvent) and not isinstance(event, yaml.AliasEvent):
            self.anchors.pop(event.anchor, None)
        return super().compose_node(parent, index)


if HAS_C_PARSER:

    class _Composer(_Resolver, _Parser):  # type: ignore[misc,unused-ignore]
        """PyYAML's C composer."""

else:  # pragma: no cover
    _Composer = _PatientComposer  # type: ignore[assignment,misc]


def _compose(text: str) -> list[yaml.Node]:
    """The root nodes of all documents."""
    try:
        return _all_nodes(_Composer(text))
    except yaml.composer.ComposerError as error:
        # Helm's reader and the patient composer accept an anchor that is defined twice.
        if "duplicate anchor" not in str(error):
            raise
        return _all_nodes(_PatientComposer(text))


def _all_nodes(composer: Any) -> list[yaml.Node]:
    roots = []
    while composer.check_node():
        roots.append(composer.get_node())
    return roots


_PLAIN: dict[str, Json] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_NUMERIC_START = frozenset("0123456789+-.")
_INT = LazyPattern(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)\Z")
_FLOAT = LazyPattern(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_BASES = {"x": 16, "b": 2, "o": 8}


def resolve_plain(text: str) -> Json:
    """The value of an unquoted scalar as go-yaml reads it and JSON carries it on.

    ``on`` is true, ``014`` is 12, ``1:30`` and dates are text, ``1e3`` and ``1.0`` are the whole numbers 1000 and 1.
    """
    if text in _PLAIN:
        return _PLAIN[text]
    if text[0] not in _NUMERIC_START:
        return text
    digits = text.replace("_", "")
    if _INT.match(digits):
        body = digits.lstrip("+-").lower()
        if len(body) > 1 and body[0] == "0":
            base = _BASES.get(body[1])
            number = int(body, 8) if base is None else int(body[2:], base)
        else:
            number = int(body) if len(body) < 400 else 10**400
        if digits[0] == "-":
            number = -number
        if -(2**63) <= number < 2**64:
            return number
    if _FLOAT.match(digits):
        real = float(digits)
        if math.isinf(real):
            return text
        # JSON writes 1e21 and more with an exponent, which no integer field accepts.
        return int(real) if real.is_integer() and abs(real) < 1e21 else real
    return text


class Span(NamedTuple):
    """A stretch of text. Lines and columns count from 1, in code points; the end column is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class RenderedLine(NamedTuple):
    """A line (from 1) of a rendered document that is no YAML."""

    document: YamlDocument
    line: int


class DuplicateKey(NamedTuple):
    """A key that a map holds twice: Kubernetes' strict reader rejects it, helm keeps the last."""

    path: Path
    first: Span
    second: Span


def _span(start: Any, end: Any) -> Span:
    return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)


@dataclass(slots=True, eq=False)
class YamlDocument:
    """One YAML document: its data, and where each part of it stands.

    ``file`` is relative to ``base``; for a rendered document it is the template that made it, ``rendered`` is true
    and the nodes' lines are those of the rendered text. ``manifests`` are its objects; ``lines`` tells which template
    line made each of its lines, once that was worked out.
    """

    file: str
    base: Base = Base.CHART
    rendered: bool = False
    data: Json = None
    duplicates: tuple[DuplicateKey, ...] = ()
    text: str = ""
    manifests: tuple[Manifest, ...] = ()
    lines: LineMap | None = field(default=None, repr=False)
    _root: yaml.Node | None = field(default=None, repr=False)
    _entries: dict[int, _Entries] = field(default_factory=dict, repr=False)

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
    def view(self) -> View:
        """The whole document as a view."""
        return View(self, (), self.data)

    def key_span(self, path: Path) -> Span | None:
        """Where the key (or list item) at ``path`` stands; None where the path does not exist in the text.

        A key with a scalar on its own line is spanned together with that scalar.
        """
        node, key = self._find(path)
        if node is None:
            return None
        if key is None:
            return _span(node.start_mark, node.end_mark)
        one_line = isinstance(node, yaml.ScalarNode) and node.end_mark.line == key.start_mark.line
        return _span(key.start_mark, node.end_mark if one_line else key.end_mark)

    def value_span(self, path: Path) -> Span | None:
        """Where the value at ``path`` stands; None where the path does not exist in the text."""
        node, _ = self._find(path)
        return None if node is None else _span(node.start_mark, node.end_mark)

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
        if _is_merge(key):
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
            elif value.value and not _is_merge(key):
                yield from _plain_scalars(value, (*path, key_text(key)), beginnings)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            if isinstance(item, yaml.ScalarNode):
                if item.tag == "?" and item.value[:1] in beginnings:
                    yield (*path, index), item.value
            else:
                yield from _plain_scalars(item, (*path, index), beginnings)


def _is_merge(key: yaml.Node) -> bool:
    return key.value == "<<" and key.tag == "?"


def key_text(node: yaml.Node) -> str:
    """A map's key as JSON has it: text; ``8080`` and ``true`` are written out as Kubernetes writes them."""
    if not isinstance(node, yaml.ScalarNode):
        raise _at(node, "a map or a list can't be a key")
    text = str(node.value)
    if node.tag != "?" or (text not in _PLAIN and text[0] not in _NUMERIC_START):
        return text
    value = resolve_plain(text)
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        raise _at(node, "null can't be a key")
    return str(value)


def _at(node: yaml.Node, message: str) -> YamlSyntaxError:
    return YamlSyntaxError(message, line=node.start_mark.line + 1, column=node.start_mark.column + 1)


class _Builder:
    """Turns composed nodes into plain data."""

    def __init__(self) -> None:
        self.duplicates: list[DuplicateKey] = []
        self.path: list[str | int] = []
        self.budget = 500_000  # nodes: an alias bomb ends here

    def build(self, node: yaml.Node) -> Json:
        self.budget -= 1
        if self.budget < 0:
            raise _at(node, "too many nodes: aliases multiply this document beyond what can be read")
        if isinstance(node, yaml.ScalarNode):
            text: str = node.value
            if node.tag == _STR:
                return text
            if node.tag != "?":
                return _tagged(node)
            if text not in _PLAIN and text[0] not in _NUMERIC_START:
                return text
            return _json(node, resolve_plain(text))
        path = self.path
        if isinstance(node, yaml.SequenceNode):
            items: list[Json] = []
            path.append(0)
            for index, item in enumerate(node.value):
                path[-1] = index
                items.append(self.build(item))
            path.pop()
            return items
        result: dict[str, Json] = {}
        seen: dict[str, yaml.Node] = {}
        path.append("")
        for key_node, value_node in node.value:
            if _is_merge(key_node):
                self._merge(result, key_node, value_node)
                continue
            key = key_text(key_node)
            path[-1] = key
            if key in seen:
                self.duplicates.append(DuplicateKey(tuple(path), _node_span(seen[key]), _node_span(key_node)))
            seen[key] = key_node
            result[key] = self.build(value_node)
        path.pop()
        return result

    def _merge(self, result: dict[str, Json], key: yaml.Node, node: yaml.Node) -> None:
        """A merge key's entries stand where it stands: they replace those above it and give way to those below.

        So go-yaml reads it, unlike the YAML 1.1 specification, where a map's own entries always win.
        """
        above = self.path.pop()
        for source in reversed(node.value if isinstance(node, yaml.SequenceNode) else [node]):
            known = len(self.duplicates)
            merged = self.build(source)
            if not isinstance(merged, dict):
                raise _at(source, "'<<' merges maps only")
            if source.start_mark.index < key.start_mark.index:
                # An alias: duplicates in that map were told where it stands.
                del self.duplicates[known:]
            result.update(merged)
        self.path.append(above)


_STR = "tag:yaml.org,2002:str"
_TAG = "tag:yaml.org,2002:"


def _json(node: yaml.Node, value: Json) -> Json:
    if isinstance(value, float) and not math.isfinite(value):
        raise _at(node, f"{node.value} has no form in JSON, which helm and Kubernetes turn this into")
    return value


def _tagged(node: yaml.ScalarNode) -> Json:
    """A scalar with a tag of its own; ``!`` and tags that YAML doesn't define make text."""
    tag, text = str(node.tag), str(node.value)
    if tag == f"{_TAG}binary":
        import base64
        import binascii

        try:
            return base64.b64decode("".join(text.split()), validate=True).decode("utf-8", "replace")
        except binascii.Error:
            raise _at(node, "!!binary holds no base64") from None
    if tag not in (f"{_TAG}null", f"{_TAG}bool", f"{_TAG}int", f"{_TAG}float"):
        return text
    value = _json(node, resolve_plain(text))
    kind = "null" if value is None else type(value).__name__
    if f"{_TAG}{kind}" != tag and not (kind in ("int", "float") and tag in (f"{_TAG}int", f"{_TAG}float")):
        raise _at(node, f"{text!r} is no !!{tag.removeprefix(_TAG)}")
    return value


def _node_span(node: yaml.Node) -> Span:
    return _span(node.start_mark, node.end_mark)


def _fault(error: yaml.YAMLError, file: str, text: str) -> YamlSyntaxError:
    if isinstance(error, yaml.reader.ReaderError):
        line = text.encode(errors="surrogatepass")[: error.position].count(b"\n") + 1
        return YamlSyntaxError(error.reason, file=file, line=line)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    parts = [part for part in (getattr(error, "context", None), getattr(error, "problem", None)) if part]
    message = ": ".join(parts) if parts else str(error).splitlines()[0]
    if mark is None:
        return YamlSyntaxError(message, file=file)
    return YamlSyntaxError(message, file=file, line=mark.line + 1, column=mark.column + 1)


def load_documents(text: str, file: str, *, base: Base = Base.CHART, rendered: bool = False) -> list[YamlDocument]:
    """Reads every document of a YAML text; empty documents are left out.

    Raises:
        YamlSyntaxError: with line and column (from 1) of the first fault.
    """
    documents: list[YamlDocument] = []
    clean = text.removeprefix("﻿")
    try:
        for root in _compose(clean):
            builder = _Builder()
            data = builder.build(root)
            if data is None and isinstance(root, yaml.ScalarNode):
                continue
            documents.append(YamlDocument(file, base, rendered, data, tuple(builder.duplicates), text, _root=root))
    except yaml.YAMLError as error:
        raise _fault(error, file, clean) from None
    except YamlSyntaxError as error:
        raise YamlSyntaxError(error.message, file=file, line=error.line, column=error.column) from None
    except RecursionError:
        raise YamlSyntaxError("nested too deeply to be read", file=file) from None
    except ValueError as error:
        raise YamlSyntaxError(str(error), file=file) from None
    return documents


def load_document(text: str, file: str, *, base: Base = Base.CHART) -> YamlDocument:
    """Reads a file that holds one document, as helm does (the first counts); an empty file gives a document of None."""
    documents = load_documents(text, file, base=base)
    return documents[0] if documents else YamlDocument(file, base, text=text)


class _Missing:
    __slots__ = ()


_MISSING = _Missing()


class View:
    """A part of a YAML document, there or missing, and at the same time the symbolic place of that part.

    ``view.get("spec", "replicas")`` never fails: what isn't there is a view that doesn't exist. The typed readers
    (:meth:`string`, :meth:`integer` …) give None where the value is missing or of another type.
    """

    __slots__ = ("_data", "document", "path")

    def __init__(self, document: YamlDocument, path: Path, data: Json | _Missing) -> None:
        self.document = document
        self.path = path
        self._data = data

    def get(self, *steps: str | int) -> View:
        """The part below, by keys and list indexes."""
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
        """Whether the part is there at all; an explicit null is."""
        return self._data is not _MISSING

    @property
    def data(self) -> Json:
        """The plain data; None where the part is missing."""
        return None if isinstance(self._data, _Missing) else self._data

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
        """Whether it is a map."""
        return isinstance(self._data, dict)

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
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
    """Every part of plain data with its path, depth first, the whole first; quicker than :meth:`View.walk`."""
    pending = [(path, data)]
    while pending:
        path, data = part = pending.pop()
        yield part
        if isinstance(data, dict):
            pending.extend([((*path, key), data[key]) for key in reversed(data)])
        elif isinstance(data, list):
            pending.extend([((*path, index), data[index]) for index in range(len(data) - 1, -1, -1)])


def value_at(data: Json, path: Iterable[str | int]) -> Json:
    """What stands at a path in plain data; None where there is nothing (or null)."""
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
