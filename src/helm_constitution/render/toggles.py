"""The values that a full check toggles: each flag and enum of a chart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from helm_constitution.chart.schema import resolved
from helm_constitution.core.confidential import withheld
from helm_constitution.core.errors import YamlSyntaxError
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.helm.protocol import RenderRequest
from helm_constitution.helm.set_values import apply, merge
from helm_constitution.render.scenarios import Scenario, ScenarioKind, SetValue, set_json
from helm_constitution.templates import TemplateFile
from helm_constitution.templates.abstract import ANYTHING
from helm_constitution.templates.nodes import Branch, Control
from helm_constitution.text.yaml_document import dotted, leaves
from helm_constitution.text.yaml_scalars import Json, ValuesPath

if TYPE_CHECKING:
    from helm_constitution.templates.analysis import AnalysedChart

_FLAGS = ("enabled", "create")


MOST_CHOICES = 12
"""The most values of one enum; a longer list is one of names, not of behaviours."""


class Toggle(NamedTuple):
    """One value set to another one than the default.

    ``enclosing`` are the flags around it that must be on for it to matter (``ingress.enabled`` for
    ``ingress.tls.enabled``), the outermost first.
    """

    path: ValuesPath
    """The path in the values."""
    value: Json
    """The value set."""
    enclosing: tuple[ValuesPath, ...] = ()

    @property
    def name(self) -> str:
        """The scenario's name: ``ingress.enabled=true``; it shows no secret."""
        text = withheld(self.value, self.path) if isinstance(self.value, str) else "true" if self.value else "false"
        return f"{dotted(self.path)}={text}"

    @property
    def is_flag(self) -> bool:
        """Whether it is a boolean."""
        return isinstance(self.value, bool)

    def scenario(self, base: RenderRequest) -> Scenario:
        """The scenario that sets it, on top of a request that has the enclosing flags on."""
        arguments = (set_json(self.path, self.value), *base.set_arguments)
        request = base._replace(set_arguments=arguments)
        return Scenario(self.name, request, ScenarioKind.TOGGLED, SetValue(self.path, self.value))


def toggles_of(analysed: AnalysedChart, request: RenderRequest) -> list[Toggle]:
    """Every flag that templates or dependencies test, and every other value of an enum, in the order of values.yaml.

    Excluded are values that the user set by ``-f`` or ``--set``, values in lists and those of a dependency.
    """
    free = FreeValues(analysed, request)
    asked = _Asked(analysed.uses.tested, free.conditions)
    found = []
    for path, value in leaves(free.defaults):
        if not free.is_free(path):
            continue
        if isinstance(value, bool):
            if asked.has(path):
                found.append(Toggle(path, not value, free.enclosing(path)))
        elif isinstance(value, str | None):
            enclosing = free.enclosing(path)
            found.extend(Toggle(path, choice, enclosing) for choice in free.choices(path) if choice != value)
    return found


class FreeValues:
    """The values of a chart that a full check may toggle."""

    def __init__(self, analysed: AnalysedChart, request: RenderRequest) -> None:
        chart = analysed.chart
        self.defaults: Json = chart.values.data if chart.values is not None else {}
        self.conditions = {path for dependency in chart.dependencies for path in dependency.conditions}
        self._given = _given(request)
        self._foreign = {dependency.key for dependency in chart.dependencies} | chart.subcharts.keys()
        self._texts = dict(_enums(chart.schema, chart.schema, (), 0))
        for path, compared in analysed.uses.compared.items():
            if path not in self._texts:
                self._texts[path] = [text for text in compared if text]

    def is_free(self, path: ValuesPath) -> bool:
        """Whether the user didn't set a value, and it is not a dependency's."""
        return not _is_given(self._given, path) and (path[0] not in self._foreign or path in self.conditions)

    def choices(self, path: ValuesPath) -> list[str]:
        """The texts of an enum; empty if there are too many. Of those that no report may show, one has a name."""
        texts = self._texts.get(path, [])
        named: dict[str, str] = {}
        for text in texts:
            named.setdefault(withheld(text, path), text)
        return list(named.values()) if len(texts) <= MOST_CHOICES else []

    def enclosing(self, path: ValuesPath) -> tuple[ValuesPath, ...]:
        """The flags that are off by default and control the section of a path."""
        return _enclosing(self.defaults, path)


class _Asked:
    """The paths that conditions test; some have keys that are known only at run time."""

    def __init__(self, tested: Iterable[ValuesPath], conditions: set[ValuesPath]) -> None:
        self._exact = conditions | {path for path in tested if ANYTHING not in path}
        self._patterns = [path for path in tested if ANYTHING in path]

    def has(self, path: ValuesPath) -> bool:
        return path in self._exact or any(
            len(pattern) == len(path)
            and all(step in (ANYTHING, given) for step, given in zip(pattern, path, strict=True))
            for pattern in self._patterns
        )


def _given(request: RenderRequest) -> dict[str, Json]:
    """The values that the user set on the command line, if they can be parsed; helm reports the rest."""
    from helm_constitution.text.yaml import load_document

    values: dict[str, Json] = {}
    try:
        for file in request.values_files:
            data = load_document(file.read_text("utf-8"), str(file)).data
            values = merge(values, data if isinstance(data, dict) else {})
        values = apply(((argument.flag, argument.value) for argument in request.set_arguments), values)
    except (OSError, ValueError, YamlSyntaxError):
        return values
    return values


def _is_given(given: Json, path: ValuesPath) -> bool:
    for step in path:
        if not isinstance(given, dict):
            return True
        if step not in given:
            return False
        given = given[step]
    return True


def _enclosing(defaults: Json, path: ValuesPath) -> tuple[ValuesPath, ...]:
    """The flags that are off by default and control the section of a path."""
    found = []
    for length in range(1, len(path)):
        for name in _FLAGS:
            flag = (*path[:length], name)
            if length == len(path) - 1 and path[-1] in _FLAGS:
                continue  # two toggles of one section don't enclose each other
            value: Json = defaults
            for step in flag:
                value = value.get(step) if isinstance(value, dict) else None
            if value is False and flag != path:
                found.append(flag)
    return tuple(found)


def _enums(schema: object, root: object, path: ValuesPath, depth: int) -> Iterator[tuple[ValuesPath, list[str]]]:
    """The texts that a schema allows for its values, where it lists them."""
    schema = resolved(schema, root)
    if not isinstance(schema, dict) or depth > 12:
        return
    options = schema.get("enum")
    if isinstance(options, list) and path:
        yield path, [one for one in options if isinstance(one, str) and one]
    properties = schema.get("properties")
    for name, part in properties.items() if isinstance(properties, dict) else ():
        yield from _enums(part, root, (*path, name), depth + 1)


# --- Kubernetes and releases ------------------------------------------------------------------------------------------


# --- what changed -----------------------------------------------------------------------------------------------------


class Head(NamedTuple):
    """The first condition of an ``if`` or ``with``."""

    template: TemplateFile
    """The file that it is in."""
    control: Control
    """The ``if`` or ``with``."""

    @property
    def branch(self) -> Branch:
        """Its branch."""
        return self.control.branches[0]
