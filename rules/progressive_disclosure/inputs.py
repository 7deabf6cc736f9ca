"""How much a user must give before anything renders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from helm_constitution.api import SHOULD, Parameter, Problem, Related, Subject, Unjudged, require, rule
from helm_constitution.templates.nodes import (
    Action,
    Block,
    Command,
    Content,
    Control,
    Define,
    Field,
    Identifier,
    If,
    Pipeline,
    String,
    TemplateCall,
    Variable,
    commands,
)
from helm_constitution.yamltree import Json, value_at

_Path = tuple[str, ...]
_DEEPEST = 40
"""How deep named templates and schemas are followed: both may call themselves."""


@rule(
    "disclosure/too-many-required",
    default=SHOULD,
    enforces=(
        require(r"\b(?:minimal|minimum|few(?:est)?)\b.{0,30}\b(?:inputs?|configuration|required values?)\b"),
        require(r"\b(?:at most|no more than|fewer than)\s+(?P<limit>\d+)\b.{0,30}\b(?:inputs?|required values?)\b"),
    ),
    parameters={"limit": Parameter(5, "what fits on one command line of --set options")},
)
def too_many_required(subject: Subject) -> Iterator[Problem]:
    """A user must give many values before the chart renders.

    Why: helm stops at the first that is missing, so they are found out one by one; who only wants to try the chart
        gives up.
    Bad:
        {{ required "database.host is required" .Values.database.host }}     (and so on, for eight values)
    Good:
        database:
          # -- Host name of the database; empty: one is installed beside the server
          host: ""
    Fix: give defaults that work on any cluster; ask only for what nobody else can know. Counted is what the default
        values lack and what is asked for in any case: by `required`, by `fail` if a value is missing, or by
        values.schema.json; not what is asked for only once a feature is on.
    Source: Helm chart best practices, Values ("Consider How Users Will Use Your Values")
    """
    chart = subject.chart
    if chart.is_library:
        raise Unjudged("a library chart asks for nothing by itself")
    values: dict[str, Json] = chart.values.data if chart.values is not None else {}
    asked = dict.fromkeys(_asked_for(subject, values))
    if isinstance(chart.schema, dict):
        asked.update(dict.fromkeys(_required(chart.schema, values)))
    limit = subject.number("limit")
    if len(asked) <= limit:
        return
    names = [".".join(path) for path in asked]
    message = f"users must give {len(names)} values before anything renders (at most {limit}): {', '.join(names)}"
    if chart.values is None:
        yield Problem(message, chart.metadata.view)
        return
    first, *others = (chart.values.document.view.get(*path) for path in asked)
    yield Problem(message, first, tuple(Related(other, "must be given as well") for other in others))


def _asked_for(subject: Subject, values: dict[str, Json]) -> Iterator[_Path]:
    """The values without a default that templates ask for with the default values, whatever else is set."""
    named = {name: define for template in subject.templates for name, define in template.defines.items()}
    seen: set[str] = set()
    stopping = {template for template in subject.templates if "required" in template.text or "fail" in template.text}
    if not stopping:
        return
    helpers_stop = any(template.defines for template in stopping)
    for template in subject.templates:
        if template.tree is None or template.is_partial:
            continue
        if template in stopping or (helpers_stop and "include" in template.text):
            for path in _in(template.tree, values, named, seen):
                if value_at(values, path) in (None, ""):
                    yield path


def _in(
    body: tuple[Content, ...], values: dict[str, Json], named: Mapping[str, Define], seen: set[str]
) -> Iterator[_Path]:
    """What is asked for in contents that are reached for sure."""
    for node in body:
        called: list[str] = []
        if isinstance(node, Action):
            yield from _by_required(node.pipeline)
            called = [name for command in commands(node.pipeline) if (name := _included(command))]
        elif isinstance(node, TemplateCall | Block):
            called = [node.name]
        elif isinstance(node, Control):
            yield from _in_control(node, values, named, seen)
        for name in called:
            if name in named and name not in seen and len(seen) < 50 * _DEEPEST:
                seen.add(name)
                yield from _in(named[name].body, values, named, seen)


def _in_control(node: Control, values: dict[str, Json], named: Mapping[str, Define], seen: set[str]) -> Iterator[_Path]:
    first = node.branches[0]
    if first.pipeline is None or not isinstance(node, If):
        return
    if len(node.branches) == 1 and _stops(first.body):
        yield from _missing(first.pipeline)
    path = _plain(first.pipeline)
    if path is None:
        return
    if value_at(values, path):
        yield from _in(first.body, values, named, seen)
    elif len(node.branches) == 2 and node.branches[1].pipeline is None:
        yield from _in(node.branches[1].body, values, named, seen)


def _values_path(argument: object) -> _Path | None:
    if isinstance(argument, Field | Variable) and argument.names[:1] == ("Values",) and len(argument.names) > 1:
        return argument.names[1:]
    return None


def _plain(pipeline: Pipeline) -> _Path | None:
    """The value that a condition is, where it is nothing else."""
    if len(pipeline.commands) == 1 and len(pipeline.commands[0].args) == 1:
        return _values_path(pipeline.commands[0].args[0])
    return None


def _by_required(pipeline: Pipeline) -> Iterator[_Path]:
    """``required "…" .Values.a`` and ``.Values.a | required "…"``."""
    pending = [pipeline]
    while pending:
        current = pending.pop()
        before: _Path | None = None
        for command in current.commands:
            pending.extend(argument for argument in command.args if isinstance(argument, Pipeline))
            first, *rest = command.args
            if isinstance(first, Identifier) and first.name == "required" and rest:
                path = _values_path(rest[1]) if len(rest) > 1 else before
                if path is not None:
                    yield path
            before = _values_path(first) if not rest else None


def _missing(pipeline: Pipeline) -> Iterator[_Path]:
    """``not .Values.a``, ``empty .Values.a``, ``eq .Values.a ""``: the value whose absence the condition means."""
    if len(pipeline.commands) != 1:
        return
    first, *rest = pipeline.commands[0].args
    if not isinstance(first, Identifier) or not rest:
        return
    empty = first.name == "eq" and len(rest) == 2 and isinstance(rest[1], String) and rest[1].value == ""
    path = _values_path(rest[0])
    if path is not None and ((first.name in ("not", "empty") and len(rest) == 1) or empty):
        yield path


def _stops(body: tuple[Content, ...]) -> bool:
    return any(_fails(command) for node in body if isinstance(node, Action) for command in commands(node.pipeline))


def _fails(command: Command) -> bool:
    first = command.args[0]
    return isinstance(first, Identifier) and first.name == "fail"


def _included(command: Command) -> str | None:
    first, *rest = command.args
    if isinstance(first, Identifier) and first.name == "include" and rest and isinstance(rest[0], String):
        return rest[0].value
    return None


def _required(schema: Mapping[str, Any], values: Json, path: _Path = (), depth: int = 0) -> Iterator[_Path]:
    """What the schema requires, and the values lack or leave empty."""
    if depth > _DEEPEST or not isinstance(values, dict):
        return
    properties = schema.get("properties")
    known = properties if isinstance(properties, dict) else {}
    names = schema.get("required")
    for name in names if isinstance(names, list) else ():
        part = known.get(name)
        least = part.get("minLength") if isinstance(part, dict) else None
        if name not in values or (values[name] == "" and isinstance(least, int) and least > 0):
            yield (*path, str(name))
    for name, part in known.items():
        if isinstance(part, dict) and name in values:
            yield from _required(part, values[name], (*path, str(name)), depth + 1)
