"""The abstract interpreter behind :mod:`helm_constitution.templates.uses`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from helm_constitution.templates import TemplateFile, parse_template
from helm_constitution.templates.abstract import (
    ANYTHING,
    CALLER,
    FILES,
    MAX_ELEMENTS,
    NOTHING,
    ROOT,
    TEMPLATES,
    Element,
    FileText,
    Guards,
    Item,
    Made,
    Mark,
    Operand,
    Record,
    Root,
    Sequence,
    Value,
    pattern_of,
    widened,
)
from helm_constitution.templates.functions import FUNCTIONS, TOLERANT
from helm_constitution.templates.lines import has_form
from helm_constitution.templates.nodes import (
    Action,
    Block,
    Chain,
    Command,
    Comment,
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
    from helm_constitution.chart.model import Chart
    from helm_constitution.text.yaml_scalars import Json

_METHODS = ("AsMap", "YAML")
"""What the values have at the top besides their keys: they are a Go type of their own."""
QUIETLY = frozenset({()})
"""Guards under which every read is guarded."""

MAX_ARGUMENTS = 60
"""Arguments with which one named template is walked; from there on known texts in them count as unknown."""
_HASHES = frozenset({"sha1sum", "sha256sum", "sha512sum", "adler32sum", "md5sum"})
MAX_GUARD_SETS = 6
"""Times that one named template is walked with one argument, each under guards that others weren't."""
MAX_CALLS = 24
"""How deep named templates call each other; helm itself allows 1,000."""


class Interpreter:
    """Walks a chart's templates; see :func:`helm_constitution.templates.uses.analyse` for what comes out."""

    GUARDED: ClassVar[int] = 1
    OPTIONAL: ClassVar[int] = 2

    def __init__(self, chart: Chart, templates: tuple[TemplateFile, ...]) -> None:
        self.chart = chart
        self.templates = templates
        self.defaults: Json = chart.values.data if chart.values is not None else {}
        self.known_defaults: dict[tuple[str, ...], bool] = {}
        # What is found.
        self.reads: dict[tuple[Node, tuple[str, ...]], tuple[TemplateFile, int]] = {}
        self.used: set[tuple[str, ...]] = set()
        self.whole: set[tuple[str, ...]] = set()
        self.reached: set[tuple[str, ...]] = set()
        self.provided: set[tuple[str, ...]] = set()
        self.printed: dict[Action, tuple[TemplateFile, dict[tuple[str, ...], Node | None]]] = {}
        self.printed_defines: dict[Action, tuple[TemplateFile, dict[Define, None]]] = {}
        self.tested: set[tuple[str, ...]] = set()
        self.compared: dict[tuple[str, ...], dict[str, None]] = {}
        # The named templates.
        self.defines: dict[str, list[tuple[TemplateFile, Define]]] = {}
        for template in templates:
            self._register(template)
        self.dependency_texts: dict[str, str] | None = None
        self.called: set[Define] = set()
        self.forms: dict[Define, bool] = {}
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
        self.hashed = False
        self.action: Action | None = None
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
            self.used.update(dependency.conditions)
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
        pattern = pattern_of(name)
        return [entry for known, entries in self.defines.items() if pattern.fullmatch(known) for entry in entries]

    def _search_dependencies(self, name: str) -> bool:
        """Reads the dependencies' files that mention a name; whether there were any not yet read."""
        if self.dependency_texts is None:
            self.dependency_texts = dict(_dependency_texts(self.chart, "charts/"))
        paths = [path for path, text in self.dependency_texts.items() if name in text]
        for path in paths:
            self._register(parse_template(path, self.dependency_texts.pop(path)))
        return bool(paths)

    def call(self, name: str, argument: Value) -> Value:
        """Walks the named templates of that name; returns those with lines of their own as what was made."""
        if name.startswith(TEMPLATES):
            # A whole file, mostly for its checksum; with the root context it is walked anyway.
            if argument != ROOT:
                pattern = pattern_of("templates" + name[1:])
                for template in self.templates:
                    if template.tree is not None and pattern.fullmatch(template.path):
                        self._enter(template, template, template.tree, argument)
            return NOTHING
        definitions = self._definitions(name)
        if not definitions and () not in self.guards:  # a text of the values may be another program's template
            self.take_whole(argument, self.reached)
        made: set[Element] = set()
        for template, define in definitions:
            self.called.add(define)
            touched = self._enter(template, define, define.body, argument)
            if self._has_form(template, define):
                made.add(Made(define))
            else:
                for path in touched:
                    self._print(path, None)
        return frozenset(made)

    def _has_form(self, template: TemplateFile, define: Define) -> bool:
        found = self.forms.get(define)
        if found is None:
            found = self.forms[define] = has_form(template, define)
        return found

    def _enter(self, template: TemplateFile, key: object, body: tuple[Content, ...], argument: Value) -> Guards:
        """Walks a template with this argument, unless that was done under no more guards than now.

        Returns what it reads, as far as its paths are known.
        """
        call = (key, argument)
        walked = self.done.get(call)
        if walked is None:
            count = self.arguments[key] = self.arguments.get(key, 0) + 1
            if count > MAX_ARGUMENTS:
                argument = widened(argument)
                call = (key, argument)
            if count > 2 * MAX_ARGUMENTS:
                self.take_whole(argument, self.reached)
                return frozenset()
            walked = self.done.setdefault(call, [])
        for needed, touched in walked:
            if needed <= self.guards:
                self.guards_used |= needed
                if self.touched is not None:
                    self.touched |= touched
                return touched
        if call in self.active or len(walked) >= MAX_GUARD_SETS:
            return frozenset()
        if len(self.active) >= MAX_CALLS:
            self.take_whole(argument, self.reached)
            return frozenset()
        outer = (self.template, self.dot, self.scopes, self.optional, self.action, self.hashed)
        outer_touched, guards_used = self.touched, self.guards_used
        self.active.add(call)
        self.template, self.dot, self.scopes, self.optional = template, argument, [{"$": argument}], False
        self.action, self.hashed = None, False
        read: set[tuple[str, ...]] = set()
        self.touched, self.guards_used = read, set()
        self._body(body)
        needed = self.guards & self.guards_used
        walked.append((needed, frozenset(read)))
        self.active.remove(call)
        self.template, self.dot, self.scopes, self.optional, self.action, self.hashed = outer
        self.touched, self.guards_used = outer_touched, guards_used | needed
        if outer_touched is not None:
            outer_touched |= read
        return walked[-1][1]

    @cached_property
    def has_file_texts(self) -> bool:
        """Whether the templates read files of the chart at all."""
        return any(".Files" in template.text for template in self.templates)

    # --- contents ---

    def _body(self, nodes: tuple[Content, ...]) -> None:
        for node in nodes:
            kind = type(node)
            if kind is Text or kind is Comment:
                continue
            if kind is Action:
                self._action(node)  # type: ignore[arg-type]
            elif isinstance(node, Control):
                self._control(node)
            elif isinstance(node, TemplateCall):
                self.call(node.name, self._argument(node.pipeline))
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
            stages = pipeline.commands
            if len(stages) == 1 and type(stages[0].args[0]) is String:
                return  # `{{ "{{" }}`: a text, with nothing of the values in it
            self.action = node
            value = self._commands(pipeline)
            if value:
                self.take_whole(value)
            self.action = None
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
                    scope[name] = self.bounded(old | value)
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
        for element in value:
            if type(element) is tuple:
                if element:
                    found.add(element)
            elif type(element) is Item:
                self.tested.add(element.path)
        self.tested |= found
        # Who sets a key that values.yaml doesn't have (`{}` with a commented `enabled`) brings the others along.
        guards = [path[:-1] for path in found if len(path) > 1 and not self._is_default(path)]
        if guards or not found <= self.guards:
            self.guards = self.guards.union(found, guards)
        return value

    def _is_default(self, path: tuple[str, ...]) -> bool:
        """Whether values.yaml has a key."""
        known = self.known_defaults.get(path)
        if known is None:
            data: Json = self.defaults
            known = True
            for key in path:
                if type(data) is not dict or key not in data:
                    known = False
                    break
                data = data[key]
            self.known_defaults[path] = known
        return known

    def _scoped(self, body: tuple[Content, ...]) -> None:
        self.scopes.append({})
        self._body(body)
        self.scopes.pop()

    def _range(self, pipeline: Pipeline, value: Value, body: tuple[Content, ...]) -> None:
        keys, items = self.parts(value)
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

    def parts(self, value: Value) -> tuple[Value, Value]:
        """What the keys and the items of something that is ranged over may be."""
        keys: set[Element] = set()
        items: set[Element] = set()
        for element in value:
            if type(element) is tuple:
                self.whole.add(element)
                items.add(Item((*element, ANYTHING)))
            elif isinstance(element, Record):
                items |= element.rest
                for name, entry in element.entries.items():
                    keys.add(name)
                    items |= entry
            elif isinstance(element, Sequence):
                items |= element.any_item
            elif isinstance(element, Item):
                items.add(Item((*element.path, ANYTHING)))
            elif isinstance(element, Made):
                items.add(element)
            elif isinstance(element, Root):
                self.reached.add(element.prefix)
            elif isinstance(element, Mark):
                items.add(element)
        return frozenset(keys), self.bounded(frozenset(items))

    # --- expressions ---

    def _commands(self, pipeline: Pipeline) -> Value:
        """The value of a pipeline, without setting its variables."""
        stages = pipeline.commands
        if len(stages) == 1:
            return self._command(stages[0], None)
        optional, hashed = self.optional, self.hashed
        if not hashed:
            self.hashed = any(type(one.args[0]) is Identifier and one.args[0].name in _HASHES for one in stages[1:])
        value: Value | None = None
        # A stage may give nil where a later one takes it: up to the last of those.
        last = 0
        if not optional:
            for index, command in enumerate(stages):
                first = command.args[0]
                if index and type(first) is Identifier and first.name in TOLERANT:
                    last = index
        for index, command in enumerate(stages):
            if not optional:
                self.optional = index < last
            value = self._command(command, value)
        self.optional, self.hashed = optional, hashed
        assert value is not None
        return value

    def value(self, operand: Operand) -> Value:
        kind = type(operand)  # isinstance takes twice as long, and this is the most frequent call of all
        if kind is Field:
            names: tuple[str, ...] = operand.names  # type: ignore[union-attr]
            if self.dot is ROOT and names[0] == "Values" and len(names) > 1 and names[1] not in _METHODS:
                path = names[1:]
                self._read(path, operand, False)  # type: ignore[arg-type]
                return frozenset((path,))
            return self.access(self.dot, names, operand)  # type: ignore[arg-type]
        if kind is frozenset:
            return operand  # type: ignore[return-value]
        if kind is Pipeline:
            stages = operand.commands  # type: ignore[union-attr]
            value = self._command(stages[0], None) if len(stages) == 1 else self._commands(operand)  # type: ignore[arg-type]
            if operand.variables:  # type: ignore[union-attr]
                self._set(operand, value)  # type: ignore[arg-type]
            return value
        if kind is String:
            return frozenset((operand.value,))  # type: ignore[union-attr, arg-type]
        if kind is Variable:
            value = self._lookup(operand.name)  # type: ignore[union-attr]
            names = operand.names  # type: ignore[union-attr]
            return self.access(value, names, operand) if names else value  # type: ignore[arg-type]
        if kind is Dot:
            return self.dot
        if kind is Number:
            return NOTHING
        return self._other_value(operand)

    def _other_value(self, operand: Operand) -> Value:
        if isinstance(operand, Chain):
            # `(.Values.a).b` is nil where a is: that is what the parentheses are for.
            optional, self.optional = self.optional, True
            value = self.value(operand.base)
            self.optional = optional
            return self.access(value, operand.names, operand, quiet=True)
        if isinstance(operand, Identifier) and (handler := FUNCTIONS.get(operand.name)) is not None:
            return handler(self, [], operand)
        return NOTHING

    def _command(self, command: Command, piped: Value | None) -> Value:
        args = command.args
        first = args[0]
        if piped is None and len(args) == 1:
            return self.value(first)
        operands: list[Operand] = list(args[1:])
        if piped is not None:
            operands.append(piped)
        if type(first) is not Identifier:
            return self._method(first, operands)
        handler = FUNCTIONS.get(first.name)
        if handler is not None:
            return handler(self, operands, command)
        for operand in operands:
            if type(operand) is not Number and (value := self.value(operand)):
                self.take_whole(value)
        return NOTHING

    def _method(self, callee: Expression, operands: list[Operand]) -> Value:
        """A field with arguments: ``.Files.Get``, ``.Capabilities.APIVersions.Has``, ``.Values.PathValue``."""
        values = [self.value(operand) for operand in operands]
        if isinstance(callee, Field | Variable) and len(callee.names) >= 2:
            base = self.dot if isinstance(callee, Field) else self._lookup(callee.name)
            holder = self.access(base, callee.names[:-1], callee)
            if FILES in holder:
                paths = [path for value in values for path in value if isinstance(path, str)]
                return frozenset(FileText(path) for path in paths or (ANYTHING,))
            self.take_whole(holder, self.reached)
        else:
            self.take_whole(self.value(callee), self.reached)
        for value in values:
            self.take_whole(value)
        return NOTHING

    def access(self, value: Value, names: tuple[str, ...], node: Node, *, quiet: bool = False) -> Value:
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
                found |= self.access(element.get(names[0]), names[1:], node, quiet=quiet or len(value) > 1)
            elif isinstance(element, Item):
                found.add(Item(element.path + names))
                self._print(element.path + names, node)
            elif isinstance(element, Made):
                found.add(element)
            elif isinstance(element, Root):
                found |= self._of_root(element, names, node, quiet or len(value) > 1)
            elif element is CALLER:
                if names[0] == "Values":
                    found |= self._of_values(Root(()), names[1:], node, True)
                elif len(names) > 1:
                    found |= self.access(value, names[1:], node, quiet=True)
                else:
                    found.add(CALLER)
            elif element is FILES:
                found.add(FileText(ANYTHING))
        return self.bounded(frozenset(found))

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
            return self.access(frozenset((Root((*root.prefix, names[1])),)), names[2:], node, quiet=True)
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
        flags = 2 if self.optional else 0  # OPTIONAL
        if quiet or (self.guards and self._is_guarded(path)):
            flags |= 1  # GUARDED
        key = (node, path)
        known = self.reads.get(key)
        if known is None:
            self.reads[key] = (self.template, flags)
            self.used.add(path)
        elif known[1] & flags != known[1]:
            self.reads[key] = (known[0], known[1] & flags)
        if self.touched is not None:
            self.touched.add(path)
        if self.action is not None:
            self._print(path, node)

    def _print(self, path: tuple[str, ...], node: Node | None) -> None:
        """Notes that a value takes part in what the action at work prints; ``node`` is the expression that it is."""
        if self.action is not None:
            known = self.printed.get(self.action)
            if known is None:
                known = self.printed[self.action] = (self.template, {})
            known[1].setdefault(path, node)

    def _is_guarded(self, path: tuple[str, ...]) -> bool:
        guards = self.guards
        part = path
        while part not in guards:
            if not part:
                return False
            part = part[:-1]
        self.guards_used.add(part)
        return True

    def take_whole(self, value: Value, into: set[tuple[str, ...]] | None = None) -> None:
        """Counts everything below a value as read."""
        target = self.whole if into is None else into
        pending = list(value)
        for element in pending:  # it grows as it is gone through
            if self.hashed and (element == () or element in ROOT):
                continue  # a checksum of all values says of none that it does something
            if type(element) is tuple:
                target.add(element)
                if into is None and self.action is not None:
                    self._print(element, self.action)
            elif type(element) is str:
                continue
            elif isinstance(element, Item):
                if into is None:
                    self._print(element.path, self.action)
            elif isinstance(element, Made):
                if into is None and self.action is not None:
                    self.printed_defines.setdefault(self.action, (self.template, {}))[1][element.define] = None
            elif isinstance(element, Record):
                pending.extend(element.rest)
                for entry in element.entries.values():
                    pending.extend(entry)
            elif isinstance(element, Sequence):
                pending.extend(element.any_item)
            elif isinstance(element, Root):
                target.add(element.prefix)

    def bounded(self, value: Value) -> Value:
        if len(value) <= MAX_ELEMENTS:
            return value
        self.take_whole(value, self.reached)
        return NOTHING

    def tolerantly(self, operand: Operand) -> Value:
        optional, self.optional = self.optional, True
        value = self.value(operand)
        self.optional = optional
        return value

    def texts(self, operand: Operand) -> list[str]:
        """The texts that an operand may be; what isn't known of them is ANYTHING."""
        value = self.value(operand)
        texts = [element for element in value if isinstance(element, str)]
        if not texts or len(texts) < len(value):
            self.take_whole(value)
            texts.append(ANYTHING)
        return texts

    def render(self, text: str, context: Value) -> None:
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

    def render_files(self, path: str, context: Value) -> None:
        """Walks the chart's files of that path that are templates."""
        pattern = pattern_of(path)
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

    def texts_of_values(self) -> list[str]:
        """The texts in values.yaml that hold actions."""
        if self.value_texts is None:
            self.value_texts = list(dict.fromkeys(texts_with_actions(self.defaults)))
        return self.value_texts

    def some_part(self, value: Value) -> Value:
        """What may stand under a key or index that isn't known."""
        found: set[Element] = set()
        for element in value:
            if type(element) is tuple:
                self.reached.add(element)
                found.add(Item((*element, ANYTHING)))
            elif isinstance(element, Item):
                found.add(Item((*element.path, ANYTHING)))
            elif isinstance(element, Made):
                found.add(element)
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
        return self.bounded(frozenset(found))


def texts_with_actions(data: Json) -> Iterator[str]:
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
