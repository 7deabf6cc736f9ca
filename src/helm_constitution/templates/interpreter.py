"""The abstract interpreter behind :mod:`helm_constitution.templates.uses`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from helm_constitution.lazy import LazyPattern
from helm_constitution.templates import TemplateFile, parse_template
from helm_constitution.templates.nodes import (
    Action,
    Block,
    Chain,
    Command,
    Content,
    Control,
    Define,
    Dot,
    Expression,
    Field,
    Identifier,
    Node,
    Number,
    Pipeline,
    Range,
    String,
    TemplateCall,
    Text,
    Variable,
    With,
)

if TYPE_CHECKING:
    from helm_constitution.chart import Chart
    from helm_constitution.yamltree import Json

ANYTHING = "\0"
"""In a known text, the parts that are only known at run time."""
TEMPLATES = "\1"
"""``.Template.BasePath``"""


class Built:
    """Something that compares by its parts. (Not a tuple: those are the values paths.)"""

    __slots__ = ("_parts",)

    def __init__(self, *parts: object) -> None:
        self._parts = parts

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, Built) and other._parts == self._parts

    def __hash__(self) -> int:
        return hash(self._parts)


class Root(Built):
    """A root context; ``prefix`` is where its ``.Values`` stand in the chart's."""

    __slots__ = ("prefix",)

    def __init__(self, prefix: tuple[str, ...]) -> None:
        super().__init__(prefix)
        self.prefix = prefix


class Record(Built):
    """A dict that a template builds; ``rest`` is what stands under keys that aren't known."""

    __slots__ = ("entries", "rest")

    def __init__(self, entries: Mapping[str, Value], rest: Value) -> None:
        super().__init__(frozenset(entries.items()), rest)
        self.entries = entries
        self.rest = rest

    def get(self, key: str) -> Value:
        """What stands under a key."""
        return self.rest | self.entries.get(key, NOTHING)


class Sequence(Built):
    """A list that a template builds: its first items, and what the others may be."""

    __slots__ = ("items", "others")

    def __init__(self, items: tuple[Value, ...], others: Value) -> None:
        super().__init__(items, others)
        self.items = items
        self.others = others

    @property
    def any_item(self) -> Value:
        """What any of its items may be."""
        return self.others.union(*self.items)


class FileText(Built):
    """The text of one of the chart's files; the path may hold unknown parts."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class Mark:
    """A value that is only itself."""

    __slots__ = ()


FILES = Mark()
"""``.Files``"""
CALLER = Mark()
"""What an unknown caller passes: its ``.Values`` are the chart's, everything else is unknown as well."""

# A values path is a plain tuple, a known text a plain str: most values are one of these.
Element: TypeAlias = "tuple[str, ...] | str | Root | Record | Sequence | FileText | Mark"
Value: TypeAlias = "frozenset[Element]"
Operand: TypeAlias = "Expression | Value"
Guards: TypeAlias = "frozenset[tuple[str, ...]]"

NOTHING: Value = frozenset()
"""What holds no part of the values: a number, a text that is not known, what was already counted as read."""
ROOT: Value = frozenset((Root(()),))

QUIETLY = frozenset({()})
"""Guards under which every read is guarded."""

MAX_ELEMENTS = 24
MAX_ARGUMENTS = 60
MAX_GUARD_SETS = 6
MAX_CALLS = 24
MAX_TEXTS = 16

_VERB = LazyPattern(r"%[-+# 0]*(?:\d+|\*)?(?:\.\d+)?(?:\[\d+\])?([a-zA-Z%])")


class Interpreter:
    """Walks a chart's templates; see :func:`helm_constitution.templates.uses.analyse` for what comes out."""

    GUARDED: ClassVar[int] = 1
    OPTIONAL: ClassVar[int] = 2

    def __init__(self, chart: Chart, templates: tuple[TemplateFile, ...]) -> None:
        self.chart = chart
        self.templates = templates
        self.defaults: Json = chart.values.data if chart.values is not None else {}
        # What is found.
        self.reads: dict[tuple[Node, tuple[str, ...]], tuple[TemplateFile, int]] = {}
        self.used: set[tuple[str, ...]] = set()
        self.whole: set[tuple[str, ...]] = set()
        self.reached: set[tuple[str, ...]] = set()
        self.provided: set[tuple[str, ...]] = set()
        # The named templates.
        self.defines: dict[str, list[tuple[TemplateFile, Define]]] = {}
        for template in templates:
            self._register(template)
        self.dependency_texts: dict[str, str] | None = None
        self.called: set[Define] = set()
        self.done: dict[tuple[object, Value], list[tuple[Guards, Guards]]] = {}  # guards needed, paths read
        self.arguments: dict[object, int] = {}
        self.active: set[tuple[object, Value]] = set()
        self.parsed: dict[str, TemplateFile] = {}
        self.value_texts: list[str] | None = None
        # Where the walk stands.
        self.template = templates[0] if templates else parse_template("templates/", "")
        self.dot: Value = ROOT
        self.scopes: list[dict[str, Value]] = [{"$": ROOT}]
        self.optional = False
        self.guards: Guards = frozenset()
        self.guards_used: set[tuple[str, ...]] = set()
        self.touched: set[tuple[str, ...]] | None = None
        self.changed = False

    # --- the chart ---

    def run(self) -> None:
        """Walks everything that helm renders, then the named templates that nobody called."""
        self._chart_yaml()
        try:
            for template in self.templates:
                if template.tree is None:
                    self.reached.add(())
                elif not template.is_partial:
                    self._enter(template, template, template.tree, ROOT)
            self.guards = QUIETLY
            for template in self.templates:
                for define in template.defines.values():
                    if define not in self.called:
                        self._enter(template, define, define.body, frozenset((CALLER,)))
        except RecursionError:
            self.reached.add(())

    def _chart_yaml(self) -> None:
        """What helm itself reads: conditions, tags, the values of dependencies."""
        chart = self.chart
        for dependency in chart.dependencies:
            self.whole.add((dependency.key,))
            for condition in dependency.condition.split(","):
                if condition.strip():
                    self.used.add(tuple(condition.strip().split(".")))
            self.used.update(("tags", tag) for tag in dependency.tags)
            self.provided.add((dependency.key,))
            for imported in dependency.import_values:
                parent = imported.get("parent") if isinstance(imported, dict) else None
                # A bare name imports what the dependency exports, to the top.
                names = str(parent).split(".") if parent and parent != "." else []
                self.provided.add(tuple(names))
        for name in chart.subcharts:
            self.whole.add((name,))
            self.provided.add((name,))
        if chart.dependencies or chart.subcharts:
            self.whole.add(("global",))
        self.used.add(("enabled",))  # by custom, what a parent's condition asks for

    # --- named templates ---

    def _register(self, template: TemplateFile) -> None:
        for name, define in template.defines.items():
            self.defines.setdefault(name, []).append((template, define))

    def _definitions(self, name: str) -> list[tuple[TemplateFile, Define]]:
        """The named templates that a name may mean: the chart's own, else those of its dependencies."""
        if ANYTHING not in name:
            found = self.defines.get(name)
            if found is None and self._search_dependencies(name):
                found = self.defines.get(name)
            return found or []
        self._search_dependencies(max(name.split(ANYTHING), key=len))
        pattern = _pattern(name)
        return [entry for known, entries in self.defines.items() if pattern.fullmatch(known) for entry in entries]

    def _search_dependencies(self, name: str) -> bool:
        """Reads the dependencies' files that mention a name; whether there were any not yet read."""
        if self.dependency_texts is None:
            self.dependency_texts = dict(_dependency_texts(self.chart, "charts/"))
        paths = [path for path, text in self.dependency_texts.items() if name in text]
        for path in paths:
            self._register(parse_template(path, self.dependency_texts.pop(path)))
        return bool(paths)

    def _call(self, name: str, argument: Value) -> None:
        if name.startswith(TEMPLATES):
            # A whole file, mostly for its checksum; with the root context it is walked anyway.
            if argument != ROOT:
                pattern = _pattern("templates" + name[1:])
                for template in self.templates:
                    if template.tree is not None and pattern.fullmatch(template.path):
                        self._enter(template, template, template.tree, argument)
            return
        definitions = self._definitions(name)
        if not definitions and () not in self.guards:  # a text of the values may be another program's template
            self._take_whole(argument, self.reached)
        for template, define in definitions:
            self.called.add(define)
            self._enter(template, define, define.body, argument)

    def _enter(self, template: TemplateFile, key: object, body: tuple[Content, ...], argument: Value) -> None:
        """Walks a template with this argument, unless that was done under no more guards than now."""
        call = (key, argument)
        walked = self.done.get(call)
        if walked is None:
            count = self.arguments[key] = self.arguments.get(key, 0) + 1
            if count > MAX_ARGUMENTS:
                argument = _widened(argument)
                call = (key, argument)
            if count > 2 * MAX_ARGUMENTS:
                self._take_whole(argument, self.reached)
                return
            walked = self.done.setdefault(call, [])
        for needed, touched in walked:
            if needed <= self.guards:
                self.guards_used |= needed
                if self.touched is not None:
                    self.touched |= touched
                return
        if call in self.active or len(walked) >= MAX_GUARD_SETS:
            return
        if len(self.active) >= MAX_CALLS:
            self._take_whole(argument, self.reached)
            return
        outer = (self.template, self.dot, self.scopes, self.optional)
        outer_touched, guards_used = self.touched, self.guards_used
        self.active.add(call)
        self.template, self.dot, self.scopes, self.optional = template, argument, [{"$": argument}], False
        read: set[tuple[str, ...]] = set()
        self.touched, self.guards_used = read, set()
        self._body(body)
        needed = self.guards & self.guards_used
        walked.append((needed, frozenset(read)))
        self.active.remove(call)
        self.template, self.dot, self.scopes, self.optional = outer
        self.touched, self.guards_used = outer_touched, guards_used | needed
        if outer_touched is not None:
            outer_touched |= read

    @cached_property
    def has_file_texts(self) -> bool:
        """Whether the templates read files of the chart at all."""
        return any(".Files" in template.text for template in self.templates)

    # --- contents ---

    def _body(self, nodes: tuple[Content, ...]) -> None:
        for node in nodes:
            if isinstance(node, Text):
                continue
            if isinstance(node, Action):
                self._action(node)
            elif isinstance(node, Control):
                self._control(node)
            elif isinstance(node, TemplateCall):
                self._call(node.name, self._argument(node.pipeline))
            elif isinstance(node, Block):
                argument = self._argument(node.pipeline)
                self.called.add(node)
                self._enter(self.template, node, node.body, argument)

    def _argument(self, pipeline: Pipeline | None) -> Value:
        if pipeline is None:
            return NOTHING
        optional, self.optional = self.optional, True
        argument = self._commands(pipeline)
        self.optional = optional
        return argument

    def _action(self, node: Action) -> None:
        pipeline = node.pipeline
        if not pipeline.variables:
            self._take_whole(self._commands(pipeline))
            return
        self._set(pipeline, self._argument(pipeline))

    def _set(self, pipeline: Pipeline, value: Value) -> None:
        name = pipeline.variables[0]
        if pipeline.assigns:
            self._assign(name, value)
        else:
            self.scopes[-1][name] = value

    def _assign(self, name: str, value: Value) -> None:
        """Adds to what a variable may be: the assignment may not be reached, or be repeated."""
        for scope in reversed(self.scopes):
            if name in scope:
                old = scope[name]
                if not value <= old:
                    scope[name] = self._bounded(old | value)
                    self.changed = True
                return

    def _lookup(self, name: str) -> Value:
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return NOTHING

    def _control(self, node: Control) -> None:
        guards, dot = self.guards, self.dot
        self.scopes.append({})
        for branch in node.branches:
            pipeline = branch.pipeline
            if pipeline is None:
                self._scoped(branch.body)
                continue
            value = self._condition(pipeline)
            if isinstance(node, Range):
                self._range(pipeline, value, branch.body)
            else:
                if pipeline.variables:
                    self._set(pipeline, value)
                if isinstance(node, With):
                    self.dot = value
                self._scoped(branch.body)
            self.dot = dot
        self.scopes.pop()
        self.guards = guards

    def _condition(self, pipeline: Pipeline) -> Value:
        """The value of a head; what it reads guards the control's body."""
        optional, touched = self.optional, self.touched
        self.optional, self.touched = True, set()
        value = self._commands(pipeline)
        found = self.touched
        self.optional, self.touched = optional, touched
        if touched is not None:
            touched |= found
        # What the value itself is was tested, too: a variable that holds a values path.
        found.update(_paths(value))
        self.guards |= found
        # Who sets a key that values.yaml doesn't have (`{}` with a commented `enabled`) brings the others along.
        self.guards |= {path[:-1] for path in found if len(path) > 1 and not self._is_default(path)}
        return value

    def _is_default(self, path: tuple[str, ...]) -> bool:
        """Whether values.yaml has a key."""
        data: Json = self.defaults
        for key in path:
            if not isinstance(data, dict) or key not in data:
                return False
            data = data[key]
        return True

    def _scoped(self, body: tuple[Content, ...]) -> None:
        self.scopes.append({})
        self._body(body)
        self.scopes.pop()

    def _range(self, pipeline: Pipeline, value: Value, body: tuple[Content, ...]) -> None:
        keys, items = self._parts(value)
        names = pipeline.variables
        changed = self.changed
        for _ in range(2):
            self.changed = False
            self.dot = items
            self.scopes.append(dict(zip(names, (keys, items) if len(names) == 2 else (items,), strict=False)))
            self._body(body)
            self.scopes.pop()
            if not self.changed:
                break
            changed = True
        self.changed = changed

    def _parts(self, value: Value) -> tuple[Value, Value]:
        """What the keys and the items of something that is ranged over may be."""
        keys: set[Element] = set()
        items: set[Element] = set()
        for element in value:
            if type(element) is tuple:
                self.whole.add(element)
            elif isinstance(element, Record):
                items |= element.rest
                for name, entry in element.entries.items():
                    keys.add(name)
                    items |= entry
            elif isinstance(element, Sequence):
                items |= element.any_item
            elif isinstance(element, Root):
                self.reached.add(element.prefix)
            elif isinstance(element, Mark):
                items.add(element)
        return frozenset(keys), self._bounded(frozenset(items))

    # --- expressions ---

    def _commands(self, pipeline: Pipeline) -> Value:
        """The value of a pipeline, without setting its variables."""
        stages = pipeline.commands
        if len(stages) == 1:
            return self._command(stages[0], None)
        optional = self.optional
        value: Value | None = None
        for index, command in enumerate(stages):
            if not optional:
                self.optional = any(_function_name(later) in _TOLERANT for later in stages[index + 1 :])
            value = self._command(command, value)
        self.optional = optional
        assert value is not None
        return value

    def _value(self, operand: Operand) -> Value:
        if isinstance(operand, frozenset):
            return operand
        if isinstance(operand, Field):
            return self._access(self.dot, operand.names, operand)
        if isinstance(operand, Variable):
            value = self._lookup(operand.name)
            return self._access(value, operand.names, operand) if operand.names else value
        if isinstance(operand, String):
            return frozenset((operand.value,))
        if isinstance(operand, Dot):
            return self.dot
        if isinstance(operand, Pipeline):
            value = self._commands(operand)
            if operand.variables:
                self._set(operand, value)
            return value
        if isinstance(operand, Chain):
            # `(.Values.a).b` is nil where a is: that is what the parentheses are for.
            optional, self.optional = self.optional, True
            value = self._value(operand.base)
            self.optional = optional
            return self._access(value, operand.names, operand, quiet=True)
        if isinstance(operand, Identifier):
            return self._function(operand.name, [], operand)
        return NOTHING

    def _command(self, command: Command, piped: Value | None) -> Value:
        args = command.args
        first = args[0]
        if piped is None and len(args) == 1:
            return self._value(first)
        operands: list[Operand] = list(args[1:])
        if piped is not None:
            operands.append(piped)
        if isinstance(first, Identifier):
            return self._function(first.name, operands, command)
        return self._method(first, operands)

    def _method(self, callee: Expression, operands: list[Operand]) -> Value:
        """A field with arguments: ``.Files.Get``, ``.Capabilities.APIVersions.Has``, ``.Values.PathValue``."""
        values = [self._value(operand) for operand in operands]
        if isinstance(callee, Field | Variable) and len(callee.names) >= 2:
            base = self.dot if isinstance(callee, Field) else self._lookup(callee.name)
            holder = self._access(base, callee.names[:-1], callee)
            if FILES in holder:
                paths = [path for value in values for path in value if isinstance(path, str)]
                return frozenset(FileText(path) for path in paths or (ANYTHING,))
            self._take_whole(holder, self.reached)
        else:
            self._take_whole(self._value(callee), self.reached)
        for value in values:
            self._take_whole(value)
        return NOTHING

    def _access(self, value: Value, names: tuple[str, ...], node: Node, *, quiet: bool = False) -> Value:
        """The fields of a value; reads of values paths are noted."""
        if not names:
            return value
        if len(value) == 1:
            (element,) = value
            if type(element) is tuple:
                path = element + names
                self._read(path, node, quiet)
                return frozenset((path,))
            if type(element) is Root and names[0] == "Values":
                return self._of_values(element, names[1:], node, quiet)
        elif not value:
            # Lost track of a context; its values are the chart's all the same.
            if "Values" in names:
                below = names[names.index("Values") + 1 :]
                return self._of_values(Root(()), below, node, True)
            return NOTHING
        found: set[Element] = set()
        for element in value:
            if type(element) is tuple:
                path = element + names
                self._read(path, node, quiet or len(value) > 1)
                found.add(path)
            elif isinstance(element, Record):
                found |= self._access(element.get(names[0]), names[1:], node, quiet=quiet or len(value) > 1)
            elif isinstance(element, Root):
                found |= self._of_root(element, names, node, quiet or len(value) > 1)
            elif element is CALLER:
                if names[0] == "Values":
                    found |= self._of_values(Root(()), names[1:], node, True)
                elif len(names) > 1:
                    found |= self._access(value, names[1:], node, quiet=True)
                else:
                    found.add(CALLER)
            elif element is FILES:
                found.add(FileText(ANYTHING))
        return self._bounded(frozenset(found))

    def _of_root(self, root: Root, names: tuple[str, ...], node: Node, quiet: bool) -> Value:
        name = names[0]
        if name == "Values":
            return self._of_values(root, names[1:], node, quiet)
        if name == "Files":
            return frozenset((FILES if len(names) == 1 else FileText(ANYTHING),))
        if names == ("Template", "BasePath"):
            return frozenset((TEMPLATES,))
        if names == ("Chart", "Name") and not root.prefix:
            return frozenset((self.chart.name,))
        if name == "Subcharts" and len(names) > 1:
            return self._access(frozenset((Root((*root.prefix, names[1])),)), names[2:], node, quiet=True)
        return NOTHING

    def _of_values(self, root: Root, names: tuple[str, ...], node: Node, quiet: bool) -> Value:
        # The values are a Go type of their own at the top, with methods.
        if names and names[0] == "AsMap":
            names = names[1:]
        elif names == ("YAML",):
            self.whole.add(root.prefix)
            return NOTHING
        path = root.prefix + names
        if names:
            self._read(path, node, quiet)
        return frozenset((path,))

    def _read(self, path: tuple[str, ...], node: Node, quiet: bool) -> None:
        flags = self.OPTIONAL if self.optional else 0
        if quiet or self._is_guarded(path):
            flags |= self.GUARDED
        key = (node, path)
        known = self.reads.get(key)
        if known is None:
            self.reads[key] = (self.template, flags)
            self.used.add(path)
        elif known[1] & flags != known[1]:
            self.reads[key] = (known[0], known[1] & flags)
        if self.touched is not None:
            self.touched.add(path)

    def _is_guarded(self, path: tuple[str, ...]) -> bool:
        guards = self.guards
        if guards:
            for length in range(len(path), -1, -1):
                if path[:length] in guards:
                    self.guards_used.add(path[:length])
                    return True
        return False

    def _take_whole(self, value: Value, into: set[tuple[str, ...]] | None = None) -> None:
        """Counts everything below a value as read."""
        target = self.whole if into is None else into
        pending = list(value)
        while pending:
            element = pending.pop()
            if type(element) is tuple:
                target.add(element)
            elif type(element) is str:
                continue
            elif isinstance(element, Record):
                pending.extend(element.rest)
                for entry in element.entries.values():
                    pending.extend(entry)
            elif isinstance(element, Sequence):
                pending.extend(element.any_item)
            elif isinstance(element, Root):
                target.add(element.prefix)

    def _bounded(self, value: Value) -> Value:
        if len(value) <= MAX_ELEMENTS:
            return value
        self._take_whole(value, self.reached)
        return NOTHING

    # --- functions ---

    def _function(self, name: str, operands: list[Operand], node: Node) -> Value:
        handler = _HANDLERS.get(name)
        if handler is not None:
            return handler(self, operands, node)
        for operand in operands:
            self._take_whole(self._value(operand))
        return NOTHING

    def _tolerantly(self, operand: Operand) -> Value:
        optional, self.optional = self.optional, True
        value = self._value(operand)
        self.optional = optional
        return value

    def _any(self, operands: list[Operand], node: Node) -> Value:
        """``default``, ``coalesce``: one of the operands."""
        found: Value = NOTHING
        for operand in operands:
            found |= self._tolerantly(operand)
        return self._bounded(found)

    def _junction(self, operands: list[Operand], node: Node) -> Value:
        """``and``, ``or``: one of the operands, each guarded by those before it."""
        guards = self.guards
        outer, self.touched = self.touched, set()
        found: Value = NOTHING
        for operand in operands:
            value = self._tolerantly(operand)
            found |= value
            self.guards |= self.touched
            self.guards |= frozenset(element for element in value if type(element) is tuple and element)
        if outer is not None:
            outer |= self.touched
        self.touched = outer
        self.guards = guards
        return self._bounded(found)

    def _ternary(self, operands: list[Operand], node: Node) -> Value:
        """One of the first two operands, as the third decides; all three are evaluated."""
        self._test(operands[2:], node)
        return self._any(operands[:2], node)

    def _test(self, operands: list[Operand], node: Node) -> Value:
        """Something true or false."""
        for operand in operands:
            self._tolerantly(operand)
        return NOTHING

    def _required(self, operands: list[Operand], node: Node) -> Value:
        """The last operand; from here on the chart takes care that it is there."""
        value: Value = NOTHING
        for operand in operands:
            value = self._tolerantly(operand)
        self.provided.update(_paths(value))
        return value

    def _fail(self, operands: list[Operand], node: Node) -> Value:
        """The chart stops if what the conditions around it ask for is missing (or there): it takes care of that."""
        self.provided.update(self.guards)
        for operand in operands:
            self._take_whole(self._tolerantly(operand))
        return NOTHING

    def _include(self, operands: list[Operand], node: Node) -> Value:
        if not operands:
            return NOTHING
        argument = self._tolerantly(operands[1]) if len(operands) > 1 else NOTHING
        for name in self._texts(operands[0]):
            self._call(name, argument)
        return NOTHING

    def _texts(self, operand: Operand) -> list[str]:
        """The texts that an operand may be; what isn't known of them is ANYTHING."""
        value = self._value(operand)
        texts = [element for element in value if isinstance(element, str)]
        if not texts or len(texts) < len(value):
            self._take_whole(value)
            texts.append(ANYTHING)
        return texts

    def _tpl(self, operands: list[Operand], node: Node) -> Value:
        """Renders a text: one that is written in the template, a file's, or one of those in the values."""
        if not operands:
            return NOTHING
        value = self._value(operands[0])
        self._take_whole(value)
        context = self._tolerantly(operands[1]) if len(operands) > 1 else NOTHING
        from_values = not value
        for element in value:
            if isinstance(element, str):
                self._render(element, context)
                from_values = from_values or ANYTHING in element
            elif isinstance(element, FileText):
                self._render_files(element.path, context)
            else:
                from_values = True
        if not value and self.has_file_texts:
            self._render_files(ANYTHING, context)
        if from_values:
            for text in self._value_texts():
                self._render(text, context)
        return NOTHING

    def _render(self, text: str, context: Value) -> None:
        """Walks a text that is no file: its places mean nothing, so its reads are guarded."""
        if "{{" not in text:
            return
        template = self.parsed.get(text)
        if template is None:
            template = self.parsed[text] = parse_template("", text)
            self._register(template)
        if template.tree is not None:
            guards, self.guards = self.guards, self.guards | QUIETLY
            self._enter(template, template, template.tree, context)
            self.guards = guards

    def _render_files(self, path: str, context: Value) -> None:
        """Walks the chart's files of that path that are templates."""
        pattern = _pattern(path)
        guards = self.guards
        if ANYTHING in path:
            self.guards |= QUIETLY
        for name, text in self.chart.files.items():
            if ".Values" in text and not name.endswith((".md", ".gotmpl")) and pattern.fullmatch(name):
                template = self.parsed.get(name)
                if template is None and not name.startswith("templates/"):
                    template = self.parsed[name] = parse_template(name, text)
                    self._register(template)
                if template is not None and template.tree is not None:
                    self._enter(template, template, template.tree, context)
        self.guards = guards

    def _value_texts(self) -> list[str]:
        """The texts in values.yaml that hold actions."""
        if self.value_texts is None:
            self.value_texts = list(dict.fromkeys(_texts_of(self.defaults)))
        return self.value_texts

    def _index(self, operands: list[Operand], node: Node) -> Value:
        if not operands:
            return NOTHING
        value = self._value(operands[0])
        return self._step_by_step(value, operands[1:], node, quiet=False)

    def _step_by_step(self, value: Value, keys: list[Operand], node: Node, *, quiet: bool) -> Value:
        """The part of a value that keys lead to; only the last step is noted as a read."""
        names: tuple[str, ...] = ()
        for key in keys:
            if isinstance(key, Number) and isinstance(key.value, int):
                value, names = self._item(self._access(value, names, node, quiet=quiet), key.value), ()
                continue
            texts = self._texts(key)
            if len(texts) == 1 and ANYTHING not in texts[0]:
                names = (*names, texts[0])
                continue
            value, names = self._access(value, names, node, quiet=quiet), ()
            if not any(ANYTHING in text for text in texts):
                found: Value = NOTHING
                for text in texts:
                    found |= self._access(value, (text,), node, quiet=True)
                value = self._bounded(found)
            else:
                value = self._some_part(value)
        return self._access(value, names, node, quiet=quiet)

    def _some_part(self, value: Value) -> Value:
        """What may stand under a key or index that isn't known."""
        found: set[Element] = set()
        for element in value:
            if type(element) is tuple:
                self.reached.add(element)
            elif isinstance(element, Record):
                found |= element.rest
                for entry in element.entries.values():
                    found |= entry
            elif isinstance(element, Sequence):
                found |= element.any_item
            elif isinstance(element, Root):
                self.reached.add(element.prefix)
            elif isinstance(element, Mark):
                found.add(element)
        return self._bounded(frozenset(found))

    def _has_key(self, operands: list[Operand], node: Node) -> Value:
        self._get(operands, node)
        return NOTHING

    def _get(self, operands: list[Operand], node: Node) -> Value:
        """``get``, ``hasKey``: a key that need not be there."""
        if not operands:
            return NOTHING
        return self._step_by_step(self._tolerantly(operands[0]), operands[1:2], node, quiet=True)

    def _dig(self, operands: list[Operand], node: Node) -> Value:
        """``dig key… default dict``"""
        if len(operands) < 3:
            return self._any(operands, node)
        *keys, default, holder = operands
        found = self._step_by_step(self._tolerantly(holder), keys, node, quiet=True)
        return self._bounded(found | self._tolerantly(default))

    def _pluck(self, operands: list[Operand], node: Node) -> Value:
        """``pluck key dict…``"""
        found: Value = NOTHING
        for holder in operands[1:]:
            found |= self._step_by_step(self._tolerantly(holder), operands[:1], node, quiet=True)
        return _list_of(self._bounded(found))

    def _pick(self, operands: list[Operand], node: Node) -> Value:
        """``pick dict key…``"""
        if not operands:
            return NOTHING
        value = self._tolerantly(operands[0])
        entries: dict[str, Value] = {}
        rest: Value = NOTHING
        for key in operands[1:]:
            for text in self._texts(key):
                if ANYTHING in text:
                    rest |= self._some_part(value)
                else:
                    entries[text] = self._access(value, (text,), node, quiet=True)
        return frozenset((Record(entries, rest),))

    def _first(self, operands: list[Operand], node: Node) -> Value:
        """``deepCopy``, ``omit``: the first operand, at most with parts left out."""
        value = self._tolerantly(operands[0]) if operands else NOTHING
        for operand in operands[1:]:
            self._take_whole(self._value(operand))
        return value

    def _keys(self, operands: list[Operand], node: Node) -> Value:
        found: Value = NOTHING
        for operand in operands:
            found |= self._parts(self._value(operand))[0]
        return _list_of(self._bounded(found))

    def _values(self, operands: list[Operand], node: Node) -> Value:
        found: Value = NOTHING
        for operand in operands:
            found |= self._parts(self._value(operand))[1]
        return _list_of(self._bounded(found))

    def _dict(self, operands: list[Operand], node: Node) -> Value:
        entries: dict[str, Value] = {}
        rest: Value = NOTHING
        for position in range(0, len(operands), 2):
            value = self._tolerantly(operands[position + 1]) if position + 1 < len(operands) else NOTHING
            for text in self._texts(operands[position]):
                if ANYTHING in text:
                    rest |= value
                else:
                    entries[text] = value
        return frozenset((Record(entries, rest),))

    def _list(self, operands: list[Operand], node: Node) -> Value:
        return frozenset((Sequence(tuple(self._tolerantly(operand) for operand in operands), NOTHING),))

    def _of_lists(self, operands: list[Operand], node: Node) -> Value:
        """Functions that put lists and items together, or give back parts of a list."""
        found: Value = NOTHING
        for operand in operands:
            for element in self._tolerantly(operand):
                if isinstance(element, Sequence):
                    found |= element.any_item
                elif type(element) is tuple:
                    self.whole.add(element)
                else:
                    found |= {element}
        return _list_of(self._bounded(found))

    def _append(self, operands: list[Operand], node: Node) -> Value:
        if len(operands) == 2:
            value = self._tolerantly(operands[0])
            if len(value) == 1:
                (element,) = value
                if isinstance(element, Sequence) and not element.others and len(element.items) < MAX_ELEMENTS:
                    return frozenset((Sequence((*element.items, self._tolerantly(operands[1])), NOTHING),))
        return self._of_lists(operands, node)

    def _first_item(self, operands: list[Operand], node: Node) -> Value:
        return self._item(self._tolerantly(operands[0]), 0) if operands else NOTHING

    def _last_item(self, operands: list[Operand], node: Node) -> Value:
        return self._item(self._tolerantly(operands[0]), -1) if operands else NOTHING

    def _rest(self, operands: list[Operand], node: Node) -> Value:
        """``rest``: the list without its first item."""
        found: set[Element] = set()
        for element in self._tolerantly(operands[0]) if operands else NOTHING:
            if isinstance(element, Sequence):
                found.add(Sequence(element.items[1:], element.others))
            elif type(element) is tuple:
                self.whole.add(element)
        return frozenset(found)

    def _item(self, value: Value, index: int) -> Value:
        """The item of a list."""
        if len(value) == 1:
            (element,) = value
            if isinstance(element, Sequence) and not element.others:
                return element.items[index] if -len(element.items) <= index < len(element.items) else NOTHING
        return self._some_part(value)

    def _merge(self, operands: list[Operand], node: Node) -> Value:
        """``merge``, ``mergeOverwrite``: any of the operands; the first is changed in place."""
        if not operands:
            return NOTHING
        target = operands[0]
        value = self._tolerantly(target)
        others: Value = NOTHING
        for operand in operands[1:]:
            others |= self._tolerantly(operand)
        merged = self._bounded(value | others)
        self._changed_in_place(target, value, others, merged)
        self.provided.update(_paths(value) if _is_place(target) else ())
        return merged

    def _set_key(self, operands: list[Operand], node: Node) -> Value:
        """``set dict key value``"""
        if len(operands) < 3:
            return self._any(operands, node)
        target, key, given = operands
        value = self._tolerantly(target)
        new = self._tolerantly(given)
        rest: Value = NOTHING
        entries: dict[str, Value] = {}
        others: set[Element] = set()
        for element in value:
            if isinstance(element, Record):
                rest |= element.rest
                for name, entry in element.entries.items():
                    entries[name] = entries.get(name, NOTHING) | entry
            else:
                others.add(element)
        for text in self._texts(key):
            if ANYTHING in text:
                rest |= new
                self.provided.update(element for element in value if type(element) is tuple)
            else:
                entries[text] = entries.get(text, NOTHING) | new
                self.provided.update((*element, text) for element in value if type(element) is tuple)
        others.add(Record(entries, rest))
        result = self._bounded(frozenset(others))
        self._changed_in_place(target, value, new, result)
        return result

    def _changed_in_place(self, target: Operand, value: Value, new: Value, result: Value) -> None:
        """A dict was changed: what a variable or the dot holds is known from now on, but who else holds it is not."""
        if isinstance(target, Variable) and not target.names and target.name != "$":
            for scope in reversed(self.scopes):
                if target.name in scope:
                    self.changed = self.changed or scope[target.name] != result
                    scope[target.name] = result
                    break
            if not _paths(value):
                return
        elif isinstance(target, Dot):
            self.dot = result
        if _is_place(target):
            # A root context is recognised by its `.Values`, wherever it turns up.
            self._take_whole(frozenset(element for element in new if not isinstance(element, Root)), self.reached)

    def _unset(self, operands: list[Operand], node: Node) -> Value:
        self._get(operands, node)
        return self._tolerantly(operands[0]) if operands else NOTHING

    def _print(self, operands: list[Operand], node: Node) -> Value:
        return self._joined([self._texts(operand) for operand in operands], "".join)

    def _printf(self, operands: list[Operand], node: Node) -> Value:
        parts = [self._texts(operand) for operand in operands]
        return self._joined(parts, _formatted)

    def _joined(self, parts: list[list[str]], join: Callable[[list[str]], str]) -> Value:
        """Every text that the parts make; one that isn't known where these are many."""
        count = 1
        for part in parts:
            count *= len(part)
        if count > MAX_TEXTS:
            return frozenset((ANYTHING,))
        return frozenset(join(list(choice)) for choice in product(*parts))

    def _same_text(self, operands: list[Operand], node: Node) -> Value:
        """``toString``, ``trim``: a text stays what it is."""
        value = self._value(operands[0]) if operands else NOTHING
        self._take_whole(value)
        return frozenset(element for element in value if isinstance(element, str | FileText))


_Handler: TypeAlias = Callable[[Interpreter, list[Operand], Node], Value]
_HANDLERS: dict[str, _Handler] = {
    **dict.fromkeys(("eq", "ne", "lt", "le", "gt", "ge", "not", "empty"), Interpreter._test),
    **dict.fromkeys(("kindIs", "kindOf", "typeIs", "typeOf", "typeIsLike"), Interpreter._test),
    **dict.fromkeys(("default", "coalesce"), Interpreter._any),
    **dict.fromkeys(("and", "or"), Interpreter._junction),
    **dict.fromkeys(("deepCopy", "mustDeepCopy", "omit"), Interpreter._first),
    **dict.fromkeys(("merge", "mustMerge", "mergeOverwrite", "mustMergeOverwrite"), Interpreter._merge),
    **dict.fromkeys(("list", "tuple"), Interpreter._list),
    **dict.fromkeys(("first", "mustFirst"), Interpreter._first_item),
    **dict.fromkeys(("last", "mustLast"), Interpreter._last_item),
    **dict.fromkeys(("rest", "mustRest"), Interpreter._rest),
    **dict.fromkeys(("append", "mustAppend", "push", "mustPush"), Interpreter._append),
    **dict.fromkeys(
        (
            *("initial", "mustInitial", "reverse", "mustReverse", "uniq", "mustUniq", "compact", "mustCompact"),
            *("without", "mustWithout", "slice", "mustSlice", "prepend", "mustPrepend", "concat", "mustConcat"),
            "sortAlpha",
        ),
        Interpreter._of_lists,
    ),
    **dict.fromkeys(("print", "println"), Interpreter._print),
    **dict.fromkeys(("toString", "trim"), Interpreter._same_text),
    "dict": Interpreter._dict,
    "dig": Interpreter._dig,
    "fail": Interpreter._fail,
    "get": Interpreter._get,
    "hasKey": Interpreter._has_key,
    "include": Interpreter._include,
    "index": Interpreter._index,
    "keys": Interpreter._keys,
    "pick": Interpreter._pick,
    "pluck": Interpreter._pluck,
    "printf": Interpreter._printf,
    "required": Interpreter._required,
    "set": Interpreter._set_key,
    "ternary": Interpreter._ternary,
    "tpl": Interpreter._tpl,
    "unset": Interpreter._unset,
    "values": Interpreter._values,
}
"""The functions that pass values on; every other one uses up what it is given."""
_TOLERANT = _HANDLERS.keys() - {"index", "keys", "print", "println", "printf", "toString", "tpl", "trim", "values"}
"""Those that take nil without harm, or whose callee is judged by itself."""


def _list_of(items: Value) -> Value:
    """A list of which only is known what its items may be."""
    return frozenset((Sequence((), items),))


def _paths(value: Value) -> list[tuple[str, ...]]:
    """The values paths among the elements, but for the values as a whole."""
    return [element for element in value if type(element) is tuple and element]


def _is_place(operand: Operand) -> bool:
    """Whether an operand names something that is there before and after, not something made on the spot."""
    return isinstance(operand, Field | Variable | Dot | Chain | frozenset)


def _function_name(command: Command) -> str:
    first = command.args[0]
    return first.name if isinstance(first, Identifier) else ""


def _pattern(text: str) -> re.Pattern[str]:
    """What matches a text with unknown parts."""
    return re.compile(".*".join(re.escape(part) for part in text.split(ANYTHING)), re.DOTALL)


def _formatted(parts: list[str]) -> str:
    """What printf makes of a format and texts; numbers and the like stay unknown."""
    if not parts:
        return ANYTHING
    texts = iter(parts[1:])

    def verb(match: re.Match[str]) -> str:
        if match[1] == "%":
            return "%"
        text = next(texts, ANYTHING)
        return text if match[0] in ("%s", "%v") else ANYTHING

    return _VERB.sub(verb, parts[0])


def _widened(value: Value) -> Value:
    """A value without its known texts, for calls that have too many of them."""
    return frozenset(
        ANYTHING
        if isinstance(element, str)
        else Record({name: _widened(entry) for name, entry in element.entries.items()}, _widened(element.rest))
        if isinstance(element, Record)
        else Sequence(tuple(_widened(item) for item in element.items), _widened(element.others))
        if isinstance(element, Sequence)
        else element
        for element in value
    )


def _texts_of(data: Json) -> Iterator[str]:
    """The texts in some data that hold actions."""
    pending: list[Json] = [data]
    while pending:
        part = pending.pop()
        if isinstance(part, str):
            if "{{" in part:
                yield part
        elif isinstance(part, dict):
            pending.extend(part.values())
        elif isinstance(part, list):
            pending.extend(part)


def _dependency_texts(chart: Chart, folder: str) -> Iterator[tuple[str, str]]:
    """The templates of the dependencies that define named templates, by their paths in the chart."""
    for name, dependency in chart.subcharts.items():
        for path, text in dependency.files.items():
            if path.startswith("templates/") and "define" in text:
                yield f"{folder}{name}/{path}", text
        yield from _dependency_texts(dependency, f"{folder}{name}/charts/")
