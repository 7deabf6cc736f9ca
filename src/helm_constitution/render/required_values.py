"""Finds the values that a chart requires from its user, and fills them with placeholders until it renders.

A chart requires a value by ``required`` or ``fail``, or by a required key of its schema. The schema, the expression at
which the template stops, the conditions around it, and the message show which value is required. A value counts as an
input only if the chart, given a placeholder for it, renders or stops somewhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from helm_constitution.chart.schema import _PLACEHOLDER, _UNSET, _by_name, placeholder_of_schema, schema_of
from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import DEFAULTS, Status
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.helm.protocol import FailureKind, HelmMessage
from helm_constitution.render.results import ScenarioResult
from helm_constitution.render.scenarios import Input, Scenario, ScenarioKind, set_json
from helm_constitution.render.value_examples import ValueExamples, first_item
from helm_constitution.templates import TemplateFile, parse_templates
from helm_constitution.templates.abstract import ANYTHING
from helm_constitution.templates.nodes import Action, Content, Control, Define, Variable, commands, contents
from helm_constitution.templates.uses import analyse
from helm_constitution.text.yaml_document import dotted, value_at
from helm_constitution.text.yaml_scalars import Json, ValuesPath

if TYPE_CHECKING:
    from helm_constitution.chart.model import Chart
    from helm_constitution.templates.analysis import AnalysedChart
    from helm_constitution.templates.uses import ValueUses

MOST_RENDERS = 60
"""The most renderings for one scenario; a chart that still requires values is left as it is."""
MOST_PLACEHOLDERS = 5
"""The most placeholders that are tried for one value."""

MANY = 3
"""From this number of inputs on, a shorter way to a rendering is searched."""

Render = Callable[[Scenario], ScenarioResult]

_MISSING = LazyPattern(r"missing propert(?:y|ies):? (.*)", re.DOTALL)
_NAMES = LazyPattern(r"'([^']*)'|\"([^\"]*)\"")
_REQUIRED = LazyPattern(r"(\S+) is required")
_DOTTED = LazyPattern(r"(?<![\w./-])(?:\.?Values\.)?([A-Za-z]\w*(?:\.[A-Za-z]\w*)+)(?![\w/-])")

_WORD = LazyPattern(r"\w+")


class Filled(NamedTuple):
    """A scenario that renders now, and the inputs that it needed."""

    result: ScenarioResult
    inputs: tuple[Input, ...]


def fill(
    result: ScenarioResult,
    analysed: AnalysedChart,
    render: Render,
    known: Iterable[Input] = (),
    most: int = MOST_RENDERS,
) -> Filled | None:
    """Fills the inputs of a scenario that needs some.

    Args:
        result: the scenario's result without them.
        analysed: its chart; only what is known before rendering is read.
        render: renders a scenario.
        known: inputs of the chart that an earlier scenario needed; tried first.
        most: the maximum number of renderings.

    Returns:
        None if no placeholders make it render.
    """
    return _Filler(result, analysed, render, most).fill(known)


class _Filler:
    def __init__(self, result: ScenarioResult, analysed: AnalysedChart, render: Render, most: int) -> None:
        self.first = result
        self.analysed = analysed
        self.render = render
        self.given: dict[ValuesPath, Input] = {}
        self.tried: set[tuple[ValuesPath, str]] = set()
        self.unsure: set[ValuesPath] = set()  # several that were given together: not all may be needed
        self.left = most
        self.last = result.status
        self._examples = ValueExamples(analysed)
        self._uses: dict[ValuesPath, tuple[ValueUses, tuple[TemplateFile, ...]]] = {}

    def fill(self, known: Iterable[Input]) -> Filled | None:
        result = self.first
        already = {one.path: one for one in known}
        if already:
            tried = self._attempt(already)
            if tried.status is Status.RENDERED or _asks_otherwise(tried, result):
                self.given, result = already, tried
        while result.status is Status.NEEDS_INPUT:
            step = self._step(result)
            if step is None:
                return None
            result = step
        for path in sorted(self.unsure & self.given.keys()):
            fewer = {other: one for other, one in self.given.items() if other != path}
            tried = self._attempt(fewer)
            if tried.status is Status.RENDERED:
                self.given, result = fewer, tried
        if len(self.given) > MANY:
            result = self._shorter(result)
        return Filled(result, tuple(self.given.values()))

    def _shorter(self, result: ScenarioResult) -> ScenarioResult:
        """The rendering with a single value instead of many, if a condition offers that: `existingSecret` or all
        of what makes a Secret."""
        error = self.first.errors[0]
        located = [path for path in dict.fromkeys(self._located(error)) if ANYTHING not in path]
        # The last ones are those of the conditions.
        for path in [path for path in reversed(located) if self._is_empty(path)][:MOST_PLACEHOLDERS]:
            one = self._input(path, 0, error.text)
            if one is not None and self.left > 0:
                tried = self._attempt({path: one})
                if tried.status is Status.RENDERED:
                    self.given = {path: one}
                    return tried
        return result

    def _step(self, result: ScenarioResult) -> ScenarioResult | None:
        """Fills the value that the chart requires; None if none is found."""
        error = result.errors[0]
        if error.kind is FailureKind.SCHEMA:
            asked = {path: error.text for error in result.errors for path in _missing_keys(error)}
            return self._accept(result, {path: self._input(path, 0, text) for path, text in asked.items()})
        paths = list(self._candidates(error))
        for path in paths:
            for number in range(MOST_PLACEHOLDERS):
                found = self._accept(result, {path: self._input(path, number, error.text)})
                if found is not None:
                    return found
                if self.last is Status.NEEDS_INPUT and number >= len(self.analysed.uses.compared.get(path, ())):
                    break  # its type is right: another value is required
        together = paths[:MOST_PLACEHOLDERS]
        return self._accept(result, {path: self._input(path, 0, error.text) for path in together}, again=True)

    def _accept(
        self, before: ScenarioResult, more: Mapping[ValuesPath, Input | None], *, again: bool = False
    ) -> ScenarioResult | None:
        """Tries these values too; they stay if the chart renders with them, or requires something else."""
        new = {path: one for path, one in more.items() if one is not None}
        if not again:
            new = {path: one for path, one in new.items() if (path, repr(one.placeholder)) not in self.tried}
        if not new or self.left <= 0:
            return None
        self.tried.update((path, repr(one.placeholder)) for path, one in new.items())
        given = {**self.given, **new}
        result = self._attempt(given)
        if result.status is not Status.RENDERED and not _asks_otherwise(result, before):
            return None
        self.given = given
        if again:
            self.unsure.update(new)
        return result

    def _attempt(self, given: Mapping[ValuesPath, Input]) -> ScenarioResult:
        self.left -= 1
        scenario = self.first.scenario
        name = "inputs" if scenario.name == DEFAULTS else f"{scenario.name} with inputs"
        arguments = tuple(set_json(path, one.placeholder) for path, one in given.items())
        request = scenario.request._replace(set_arguments=(*arguments, *scenario.request.set_arguments))
        kind = ScenarioKind.INPUTS if scenario.toggled is None else scenario.kind
        attempt = Scenario(name, request, kind, scenario.toggled)
        try:
            result = self.render(attempt)
        except ConfigurationError as error:  # one value stands where another is to be a map
            result = ScenarioResult(attempt, Status.FAILED, error.message, None)
        self.last = result.status
        return result

    # --- which values ---

    def _candidates(self, error: HelmMessage) -> Iterator[ValuesPath]:
        """The values that may be required, the most likely first."""
        located = dict.fromkeys(self._located(error))
        all_known = dict.fromkeys((*located, *sorted({read.path for read in self.analysed.uses.reads})))
        named = [path for path in all_known if _is_named(dotted(path), error.text)]
        told = [tuple(text.split(".")) for text in _DOTTED.findall(error.text)]
        words = set(_WORD.findall(error.text))
        last = [path for path in all_known if path and len(path[-1]) > 3 and path[-1] in words]
        # A default that a template compares the value with, such as "changeme", may be there to be refused.
        refused = {
            path
            for path, texts in self.analysed.uses.compared.items()
            if (default := self._default(path)) in texts and _UNSET.search(str(default))
        }
        first = [path for path in named if path in located]
        order = dict.fromkeys((*first, *named, *located, *last, *sorted(refused), *told))
        # A flag is toggled only if nothing else helps.
        for path in sorted(order, key=lambda path: isinstance(self._default(path), bool)):
            if ANYTHING not in path and path and (self._is_empty(path) or path in named or path in refused):
                yield path

    def _located(self, error: HelmMessage) -> Iterator[ValuesPath]:
        """The values that the failing expression reads, then those of the conditions around it."""
        if error.file is None or error.line is None:
            return
        chart, inside, prefix = self._owner(error.file)
        if chart is None:
            return
        if prefix not in self._uses:
            self._uses[prefix] = _analysed(chart) if prefix else (self.analysed.uses, self.analysed.templates)
        uses, templates = self._uses[prefix]
        template = next((one for one in templates if one.path == inside), None)
        if template is None or template.tree is None:
            return
        for start, end in _ranges(template, error.line):
            for read in sorted(uses.reads, key=lambda read: read.node.start):
                if read.template.path == inside and start <= read.node.start < end:
                    yield (*prefix, *read.path)

    def _owner(self, file: str) -> tuple[Chart | None, str, ValuesPath]:
        """The chart of a file, the file's path in it, and the path of that chart's values."""
        chart, path = self.analysed.chart, file
        prefix: ValuesPath = ()
        while path.startswith("charts/"):
            key, _, path = path.removeprefix("charts/").partition("/")
            name = next((entry.name for entry in chart.dependencies if entry.key == key), key)
            if name not in chart.subcharts:
                return None, path, prefix
            chart, prefix = chart.subcharts[name], (*prefix, key)
        return chart, path, prefix

    def _default(self, path: ValuesPath) -> Json:
        return value_at(self._defaults, path)

    def _is_empty(self, path: ValuesPath) -> bool:
        value = self._default(path)
        return not value and value is not False

    @property
    def _defaults(self) -> Json:
        values = self.analysed.chart.values
        return values.data if values is not None else {}

    # --- which placeholder ---

    def _input(self, path: ValuesPath, number: int, message: str) -> Input | None:
        choices = list(self._placeholders(path))
        return Input(path, choices[number], message, self.first.scenario.name) if number < len(choices) else None

    def _placeholders(self, path: ValuesPath) -> Iterator[Json]:
        """The placeholders of a value: from comments, its schema, comparisons in templates, its default, its name."""
        default = self._default(path)
        if isinstance(default, bool):
            yield not default
            return
        made: list[Json] = []
        examples = (first_item(shown) for shown in self._examples.of(path))
        made.extend(shown for shown in examples if default is None or type(shown) is type(default))
        schema = schema_of(self.analysed.chart, path)
        if schema is not None:
            made.append(placeholder_of_schema(schema, path, self.analysed.chart.schema))
        made.extend(text for text in self.analysed.uses.compared.get(path, ()) if text and text != default)
        if isinstance(default, list):
            made.append([_PLACEHOLDER])
        elif isinstance(default, dict):
            made.append({_PLACEHOLDER: _PLACEHOLDER})
        elif isinstance(default, int | float) and not isinstance(default, bool):
            made.append(1)
        made.extend((_by_name(str(path[-1])), _PLACEHOLDER, {_PLACEHOLDER: _PLACEHOLDER}, [_PLACEHOLDER], 1))
        seen: set[str] = set()
        for value in made:
            if repr(value) not in seen:
                seen.add(repr(value))
                yield value


def _asks_otherwise(result: ScenarioResult, before: ScenarioResult) -> bool:
    """Whether the chart still needs input, but another one."""
    if result.status is not Status.NEEDS_INPUT:
        return False
    asked = {(error.file, error.line, error.text, error.pointer) for error in before.errors}
    return not any((error.file, error.line, error.text, error.pointer) in asked for error in result.errors)


def _missing_keys(error: HelmMessage) -> Iterator[ValuesPath]:
    """The keys that a message misses: ``missing property 'a'``, ``missing properties 'a', 'b'``, ``a is
    required``."""
    parent = tuple(str(step) for step in error.pointer or ())
    if (missing := _MISSING.search(error.text)) is not None:
        for single, double in _NAMES.findall(missing[1]):
            yield (*parent, single or double)
    elif (required := _REQUIRED.search(error.text)) is not None:
        yield (*parent, required[1].strip("'\""))


def _is_named(path: str, text: str) -> bool:
    # Most texts don't hold it at all; a pattern for each value of a large chart costs more than the rest of the check.
    pattern = rf"(?<![\w.]){re.escape(path)}(?![\w]|\.\w)"
    return path in text and re.search(pattern, text.replace(".Values.", " ")) is not None


def _analysed(chart: Chart) -> tuple[ValueUses, tuple[TemplateFile, ...]]:
    templates = parse_templates(chart)
    return analyse(chart, templates), templates


def _ranges(template: TemplateFile, line: int) -> Iterator[tuple[int, int]]:
    """The stretches of a template that decide whether it stops on a line: the actions there, the assignments of their
    variables, then the heads of the conditions around them, the innermost first."""
    at, around = _on_line(template, template.tree or (), line, ())
    found = [(node.start, node.end) for node in at]
    for control, index in reversed(around):
        found.extend((branch.start, branch.end) for branch in reversed(control.branches[: index + 1]))
    names = set(_variables(template, found))
    yield from found
    if names:
        yield from (
            (action.start, action.end)
            for action in _all_actions(template.tree or ())
            if names.intersection(action.pipeline.variables)
        )


def _on_line(
    template: TemplateFile, nodes: Iterable[Content], line: int, around: tuple[tuple[Control, int], ...]
) -> tuple[list[Content], tuple[tuple[Control, int], ...]]:
    """The actions on a line, and the branches around them."""
    here: list[Content] = []
    for node in nodes:
        span = template.span(node)
        if not span.line <= line <= span.end_line:
            continue
        if isinstance(node, Action):
            here.append(node)
        elif isinstance(node, Define):
            inner = _on_line(template, node.body, line, ())
            if inner[0]:
                return inner
        elif isinstance(node, Control):
            for index, branch in enumerate(node.branches):
                inner = _on_line(template, branch.body, line, (*around, (node, index)))
                if inner[0]:
                    return inner
            for index, branch in enumerate(node.branches):
                if template.position(branch.start)[0] <= line <= template.position(branch.end)[0]:
                    return [], (*around, (node, index))
    return here, around


def _variables(template: TemplateFile, ranges: Iterable[tuple[int, int]]) -> Iterator[str]:
    stretches = list(ranges)
    for action in _all_actions(template.tree or ()):
        yield from _variables_in(action, stretches)


def _variables_in(action: Action, stretches: list[tuple[int, int]]) -> Iterator[str]:
    if not any(start <= action.start < end for start, end in stretches):
        return
    for command in commands(action.pipeline):
        yield from (part.name for part in command.args if isinstance(part, Variable) and part.name != "$")


def _all_actions(nodes: Iterable[Content]) -> Iterator[Action]:
    """Every action, the heads of conditions among them."""
    for node in contents(nodes):
        if isinstance(node, Action):
            yield node
        elif isinstance(node, Control):
            for branch in node.branches:
                if branch.pipeline is not None:
                    yield Action(branch.start, branch.end, branch.pipeline)


# --- schemas ----------------------------------------------------------------------------------------------------------
