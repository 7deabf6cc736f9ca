"""The calls of named templates, and their arguments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.templates import TemplateFile
from helm_constitution.templates.nodes import (
    Block,
    Content,
    Control,
    Define,
    Dot,
    Field,
    Identifier,
    If,
    Node,
    Pipeline,
    Range,
    String,
    TemplateCall,
    Variable,
    commands,
    pipelines,
)


class _Given(NamedTuple):
    """The argument of a named template, as far as it is the same at every call.

    ``is_root``: it is the root itself; ``keys`` are those of a map that contain the root (None for any, if nothing
    calls it); ``has_root``: it is or contains the root, so that the template can record its region.
    """

    is_root: bool
    keys: frozenset[str] | None
    has_root: bool

    def also(self, other: _Given) -> _Given:
        """What is true of both."""
        if self.keys is None or other.keys is None:
            keys = other.keys if self.keys is None else self.keys
        else:
            keys = self.keys & other.keys
        return _Given(self.is_root and other.is_root, keys, self.has_root and other.has_root)


_ROOT = _Given(True, frozenset(), True)


_UNKNOWN = _Given(False, frozenset(), False)


_UNCALLED = _Given(True, None, True)


class _Place(NamedTuple):
    """The place of an expression: its file and named template; ``is_outer``: the dot is the template's argument.

    ``region`` is the head of the branch or named template that it is in, None at the top of a file.
    """

    template: TemplateFile
    owner: str | None
    is_outer: bool
    region: Node | None = None


class _Call(NamedTuple):
    """A call: the name, None if it is computed; the argument, None if there is none or it is unknown.

    ``is_of_file``: a template file is called, by its path.
    """

    name: str | None
    passed: Node | None
    place: _Place
    is_of_file: bool = False


class TemplateCalls:
    """Every call of a named template in a chart's own templates.

    ``unseen`` are those that may be called without the root, with the heads of the regions of these calls, None if they
    may be anywhere; ``any_unseen``: any of them may be. ``makes_templates``: texts are rendered as templates (``tpl``);
    ``texts`` are those that templates contain; ``reads_files``: some templates read files.
    """

    def __init__(self, templates: Sequence[TemplateFile]) -> None:
        self.texts: list[str] = []
        self.makes_templates = self.reads_files = False
        self._calls: list[_Call] = []
        self._set: dict[tuple[str, str | None, str], list[tuple[Node | None, _Place]]] = {}
        for template in templates:
            self._walk(template.tree or (), _Place(template, None, True))
        self._names = {name for template in templates for name in template.defines}
        self._given: dict[str, _Given] = {}
        self._solve()
        self.any_unseen = any(not self._of(call).is_root for call in self._calls if call.is_of_file)
        self.unseen = {name: self._callers(name) for name, given in self._given.items() if not given.has_root}

    def _walk(self, nodes: Iterable[Content], place: _Place) -> None:
        for node in nodes:
            for pipeline in pipelines(node):
                self._read(pipeline, place, is_range=isinstance(node, Range))
            if isinstance(node, Define):
                if isinstance(node, Block):
                    self._calls.append(_Call(node.name, node.pipeline, place))
                self._walk(node.body, _Place(place.template, node.name, True, node))
            elif isinstance(node, TemplateCall):
                self._calls.append(_Call(node.name, node.pipeline, place))
            elif isinstance(node, Control):
                for branch in node.branches:
                    keeps = isinstance(node, If) or branch.pipeline is None
                    self._walk(branch.body, place._replace(is_outer=keeps and place.is_outer, region=branch))

    def _read(self, pipeline: Pipeline, place: _Place, *, is_range: bool) -> None:
        for name in pipeline.variables:
            key = (place.template.path, place.owner, name)
            self._set.setdefault(key, []).append((None if is_range else pipeline, place))
        for command in commands(pipeline):
            head, *others = command.args
            function = head.name if isinstance(head, Identifier) else ""
            self.makes_templates |= function == "tpl"
            self.reads_files |= any(
                isinstance(part, Field | Variable) and "Files" in part.names for part in command.args
            )
            if function == "include":
                target = others[0] if others else None
                passed = others[1] if len(others) > 1 else None
                named = target.value if isinstance(target, String) else None
                self._calls.append(_Call(named, passed, place, _is_path(target)))
                others = others[1:]
            self.texts.extend(part.value for part in others if isinstance(part, String))

    def _solve(self) -> None:
        """The arguments of each named template: the greatest solution, because recursive calls add nothing."""
        while True:
            found: dict[str, _Given] = {}
            for call in self._calls:
                if not call.is_of_file:
                    given = self._of(call)
                    for name in self._names if call.name is None else (call.name,):
                        found[name] = found.get(name, _UNCALLED).also(given)
            if found == self._given:
                return
            self._given = found

    def _callers(self, name: str) -> frozenset[Node] | None:
        """The heads of the regions in which a named template is called without the root."""
        found: set[Node] = set()
        for call in self._calls:
            if call.name in (name, None) and not call.is_of_file and not self._of(call).has_root:
                owner = call.place.owner
                if call.place.region is None or (owner is not None and not self._given.get(owner, _UNCALLED).has_root):
                    return None
                found.add(call.place.region)
        return frozenset(found)

    def _of(self, call: _Call) -> _Given:
        return self._value(call.passed, call.place, frozenset())

    def _value(self, node: Node | None, place: _Place, seen: frozenset[str]) -> _Given:
        """The value of an expression."""
        outer = _ROOT if place.owner is None else self._given.get(place.owner, _UNCALLED)
        if isinstance(node, Dot):
            return outer if place.is_outer else _UNKNOWN
        if isinstance(node, Field) and place.is_outer:
            return _entry(outer, node.names)
        if isinstance(node, Variable):
            if node.name == "$":
                return _entry(outer, node.names) if node.names else outer
            return self._variable(node, place, seen) if not node.names else _UNKNOWN
        if isinstance(node, Pipeline) and len(node.commands) == 1:
            head, *others = node.commands[0].args
            if not others:
                return self._value(head, place, seen)
            if isinstance(head, Identifier) and head.name in ("dict", "list"):
                values = [self._value(part, place, seen) for part in others]
                if not any(value.is_root for value in values):
                    return _UNKNOWN
                named = zip(others[::2], values[1::2], strict=False) if head.name == "dict" else ()
                keys = (key.value for key, value in named if isinstance(key, String) and value.is_root)
                return _Given(False, frozenset(keys), True)
        return _UNKNOWN

    def _variable(self, node: Variable, place: _Place, seen: frozenset[str]) -> _Given:
        """The value of a variable that is set to the same kind of value everywhere in its file or named template."""
        found = self._set.get((place.template.path, place.owner, node.name), ())
        if node.name in seen or not found:
            return _UNKNOWN
        given = _UNCALLED
        for value, where in found:
            given = given.also(self._value(value, where, seen | {node.name}))
        return given


def _entry(outer: _Given, names: tuple[str, ...]) -> _Given:
    """The value of an entry of a named template's argument."""
    is_root = len(names) == 1 and (outer.keys is None or names[0] in outer.keys)
    return _ROOT if is_root else _UNKNOWN


def _is_path(node: Node | None) -> bool:
    """Whether an expression is the path of a template file, for ``include``."""
    if isinstance(node, String):
        return "/templates/" in node.value
    parts = [part for command in commands(node) for part in command.args] if isinstance(node, Pipeline) else []
    return any(isinstance(part, Field | Variable) and part.names[-1:] == ("BasePath",) for part in parts)
