"""The walk through a chart's templates behind :mod:`helm_constitution.templates.uses`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from helm_constitution.templates import Parse, TemplateFile, parse_template
from helm_constitution.templates.abstract import (
    ANYTHING,
    CALLER,
    MAX_STEPS,
    NOTHING,
    ROOT,
    TEMPLATES,
    Element,
    Guards,
    Item,
    Made,
    Value,
    pattern_of,
    widened,
)
from helm_constitution.templates.evaluation import Evaluation
from helm_constitution.templates.named_templates import NamedTemplates
from helm_constitution.templates.nodes import (
    Action,
    Block,
    Comment,
    Content,
    Control,
    Define,
    Pipeline,
    Range,
    String,
    TemplateCall,
    Text,
    With,
)

if TYPE_CHECKING:
    from helm_constitution.chart.model import Chart
    from helm_constitution.text.yaml_scalars import Json

QUIETLY = frozenset({()})
"""Guards under which every read is guarded."""

MAX_ARGUMENTS = 60
"""Arguments with which one named template is walked; from there on known texts in them count as unknown."""
MAX_GUARD_SETS = 6
"""Times that one named template is walked with one argument, each under guards that others weren't."""
MAX_CALLS = 24
"""How deep named templates call each other; helm itself allows 1,000."""


class TooManySteps(Exception):
    """The walk has reached its limit of steps."""


class Interpreter(Evaluation):
    """Walks a chart's templates; see :func:`helm_constitution.templates.uses.analyse` for the result."""

    def __init__(self, chart: Chart, templates: tuple[TemplateFile, ...], parse: Parse = parse_template) -> None:
        super().__init__(chart.name, templates[0] if templates else parse_template("templates/", ""))
        self.chart = chart
        self.templates = templates
        self.named = NamedTemplates(chart, templates, parse)
        self.defaults: Json = chart.values.data if chart.values is not None else {}
        self.known_defaults: dict[tuple[str, ...], bool] = {}
        self.called: set[Define] = set()
        self.done: dict[tuple[object, Value], list[tuple[Guards, Guards]]] = {}  # guards needed, paths read
        self.arguments: dict[object, int] = {}
        self.active: set[tuple[object, Value]] = set()
        self.parsed: dict[str, TemplateFile] = {}
        self.value_texts: list[str] | None = None
        self.file_paths: set[str] = set()
        self.steps = 0
        self.is_complete = True

    # --- the chart ---

    def run(self) -> None:
        """Walks everything that helm renders, then the named templates that nothing called."""
        self.walk_chart_yaml()
        self.walk(self.templates)
        self.walk_uncalled()

    def walk(self, templates: Iterable[TemplateFile]) -> None:
        """Walks templates as helm renders them."""
        try:
            for template in templates:
                if template.tree is None:
                    self.reached.add(())
                elif not template.is_partial:
                    self._enter(template, template, template.tree, ROOT)
        except (RecursionError, TooManySteps):
            self._give_up()

    def walk_uncalled(self) -> None:
        """Walks the named templates that nothing has called."""
        self.guards = QUIETLY
        try:
            for template in self.templates:
                for define in template.defines.values():
                    if define not in self.called:
                        self._enter(template, define, define.body, frozenset((CALLER,)))
        except (RecursionError, TooManySteps):
            self._give_up()

    def _give_up(self) -> None:
        self.is_complete = False
        self.reached.add(())

    def walk_chart_yaml(self) -> None:
        """The values that helm itself reads: conditions, tags, the values of dependencies."""
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

    def call(self, name: str, argument: Value) -> Value:
        """Walks the named templates of that name; returns the output of those with lines of their own."""
        if name.startswith(TEMPLATES):
            # A whole file, mostly for its checksum; with the root context it is walked anyway.
            if argument != ROOT:
                pattern = pattern_of("templates" + name[1:])
                for template in self.templates:
                    if template.tree is not None and pattern.fullmatch(template.path):
                        self._enter(template, template, template.tree, argument)
            return NOTHING
        definitions = self.named.find(name)
        if not definitions and () not in self.guards:  # a text of the values may be another program's template
            self.take_whole(argument, self.reached)
        made: set[Element] = set()
        for template, define in definitions:
            self.called.add(define)
            touched = self._enter(template, define, define.body, argument)
            if self.named.has_form(template, define):
                made.add(Made(define))
            else:
                for path in sorted(touched):
                    self._print(path, None)
        return frozenset(made)

    def _enter(self, template: TemplateFile, key: object, body: tuple[Content, ...], argument: Value) -> Guards:
        """Walks a template with this argument, unless it was already walked with no more guards than now.

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

    # --- contents ---

    def _body(self, nodes: tuple[Content, ...]) -> None:
        self.steps += len(nodes)
        if self.steps > MAX_STEPS:
            raise TooManySteps
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
            known = self.known_defaults[path] = _has(self.defaults, path)
        return known

    def would_repeat(self, chart: Chart) -> bool:
        """Whether a walk through a chart with the same templates finds the same."""
        defaults: Json = chart.values.data if chart.values is not None else {}
        return (
            chart.metadata.text == self.chart.metadata.text
            and chart.files.get("requirements.yaml") == self.chart.files.get("requirements.yaml")
            and all(_has(defaults, path) is known for path, known in self.known_defaults.items())
            and (self.value_texts is None or self.value_texts == list(dict.fromkeys(texts_with_actions(defaults))))
            and all(dict(_files_of(chart, path)) == dict(_files_of(self.chart, path)) for path in self.file_paths)
            and self.named.are_same(chart)
        )

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

    # --- texts ---

    @cached_property
    def has_file_texts(self) -> bool:
        """Whether any template reads files of the chart."""
        return any(".Files" in template.text for template in self.templates)

    def render(self, text: str, context: Value) -> None:
        """Walks a text that is not a file: its places mean nothing, so its reads are guarded."""
        if "{{" not in text:
            return
        template = self.parsed.get(text)
        if template is None:
            template = self.parsed[text] = parse_template("", text)
            self.named.register(template)
        if template.tree is not None:
            guards, self.guards = self.guards, self.guards | QUIETLY
            self._enter(template, template, template.tree, context)
            self.guards = guards

    def render_files(self, path: str, context: Value) -> None:
        """Walks the chart's files of that path that are templates."""
        self.file_paths.add(path)
        guards = self.guards
        self.guards |= QUIETLY if ANYTHING in path else frozenset()
        for name, text in _files_of(self.chart, path):
            template = self.parsed.get(name)
            if template is None:
                template = self.parsed[name] = parse_template(name, text)
                self.named.register(template)
            if template.tree is not None:
                self._enter(template, template, template.tree, context)
        self.guards = guards

    def texts_of_values(self) -> list[str]:
        """The texts in values.yaml that hold actions."""
        if self.value_texts is None:
            self.value_texts = list(dict.fromkeys(texts_with_actions(self.defaults)))
        return self.value_texts


def _files_of(chart: Chart, path: str) -> Iterator[tuple[str, str]]:
    """The files in ``.Files`` of a path that may be templates. Helm leaves out what it reads itself."""
    pattern, others = pattern_of(path), ("Chart.yaml", "values.yaml", "values.schema.json")
    for name, text in chart.files.items():
        is_read = name.startswith("templates/") or name in others
        if ".Values" in text and not is_read and not name.endswith((".md", ".gotmpl")) and pattern.fullmatch(name):
            yield name, text


def _has(data: Json, path: tuple[str, ...]) -> bool:
    for key in path:
        if type(data) is not dict or key not in data:
            return False
        data = data[key]
    return True


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
