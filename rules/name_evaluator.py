"""Evaluates a template's expression for a name with another release name than the rendered one.

It knows the functions that such expressions use (`printf`, `trunc`, `default`, `include` …). Everything else is
:class:`Unknown`: a caller then reports nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from helm_constitution.api import (
    Action,
    Bool,
    Chain,
    Command,
    Comment,
    Content,
    Define,
    Dot,
    Expression,
    Field,
    Identifier,
    If,
    Nil,
    Number,
    Pipeline,
    String,
    Subject,
    TemplateCall,
    TemplateFile,
    Text,
    Variable,
    With,
    contents,
    parse_template,
    parse_templates,
)

_DEEPEST = 20
_NOT_KNOWN = object()


class Unknown(Exception):
    """Raised where an expression contains something that the evaluator does not know."""


class Unread(Mapping[str, Any]):
    """Values that an expression can't read: what it prints without them is the same for each user."""

    def __getitem__(self, key: str) -> Any:
        raise Unknown

    def __iter__(self) -> Iterator[str]:
        raise Unknown

    def __len__(self) -> int:
        raise Unknown


class Evaluator:
    """Evaluates expressions of one chart with its default values, as a release of a given name."""

    def __init__(self, subject: Subject, release: str, namespace: str) -> None:
        chart = subject.chart
        metadata = chart.metadata.data if isinstance(chart.metadata.data, dict) else {}
        self.root: dict[str, Any] = {
            "Values": chart.values.data if chart.values is not None else {},
            "Chart": {key[:1].upper() + key[1:]: value for key, value in metadata.items()},
            "Release": {"Name": release, "Namespace": namespace, "Service": "Helm"},
        }
        self.defines: dict[str, tuple[TemplateFile, Define]] = {}
        libraries = [parse_templates(each) for each in chart.subcharts.values() if each.is_library]
        for template in (template for templates in (*libraries, subject.templates) for template in templates):
            self.defines.update((name, (template, define)) for name, define in template.defines.items())
        self.depth = 0

    def text(self, source: str, template: TemplateFile) -> str:
        """What ``source``, a part of ``template`` outside its blocks, prints.

        Raises:
            Unknown: it can't be told.
        """
        # A variable's own line stands somewhere before it in the file.
        setting = "".join(_assignments(template)) if "$" in source else ""
        parsed = parse_template(template.path, setting + source)
        if parsed.tree is None:
            raise Unknown
        return self.body(parsed, parsed.tree, self.root, {"$": self.root}).strip().strip("\"'")

    def body(self, template: TemplateFile, nodes: Sequence[Content], dot: Any, variables: dict[str, Any]) -> str:
        """What nodes print."""
        printed: list[str] = []
        for node in nodes:
            if isinstance(node, Text):
                printed.append(template.source(node))
            elif isinstance(node, Action):
                if node.pipeline.variables:
                    self.assign(node.pipeline, dot, variables)
                else:
                    printed.append(_printed(self.pipeline(node.pipeline, dot, variables)))
            elif isinstance(node, If | With):
                printed.append(self.branches(template, node, dot, variables))
            elif isinstance(node, TemplateCall):
                argument = None if node.pipeline is None else self.pipeline(node.pipeline, dot, variables)
                printed.append(self.include(node.name, argument))
            elif not isinstance(node, Comment | Define):
                raise Unknown
        return "".join(printed)

    def assign(self, pipeline: Pipeline, dot: Any, variables: dict[str, Any]) -> None:
        """Sets a variable; a variable with an unknown value, or that is set again, can't be read."""
        name = pipeline.variables[0]
        try:
            value = self.pipeline(pipeline, dot, variables)
        except Unknown:
            value = _NOT_KNOWN
        variables[name] = _NOT_KNOWN if name in variables and not pipeline.assigns else value

    def branches(self, template: TemplateFile, node: If | With, dot: Any, variables: dict[str, Any]) -> str:
        """The output of the branch whose condition is true."""
        for branch in node.branches:
            value = True if branch.pipeline is None else self.pipeline(branch.pipeline, dot, variables)
            if branch.pipeline is not None and branch.pipeline.variables:
                variables[branch.pipeline.variables[0]] = value
            if value:
                inner = value if isinstance(node, With) and branch.pipeline is not None else dot
                return self.body(template, branch.body, inner, variables)
        return ""

    def include(self, name: str, argument: Any) -> str:
        """What a named template prints."""
        if name not in self.defines or self.depth > _DEEPEST:
            raise Unknown
        template, define = self.defines[name]
        self.depth += 1
        try:
            return self.body(template, define.body, argument, {"$": argument})
        finally:
            self.depth -= 1

    def pipeline(self, pipeline: Pipeline, dot: Any, variables: Mapping[str, Any]) -> Any:
        """The value of a pipeline."""
        value: list[Any] = []
        for command in pipeline.commands:
            value = [self.command(command, dot, variables, value)]
        return value[0]

    def command(self, command: Command, dot: Any, variables: Mapping[str, Any], piped: list[Any]) -> Any:
        """The value of a command; ``piped`` is what comes from the one before it."""
        first = command.args[0]
        if not isinstance(first, Identifier):
            if len(command.args) > 1 or piped:
                raise Unknown
            return self.operand(first, dot, variables)
        arguments = [self.operand(arg, dot, variables) for arg in command.args[1:]] + piped
        if first.name == "include" and len(arguments) == 2:
            return self.include(str(arguments[0]), arguments[1])
        function = _FUNCTIONS.get(first.name)
        if function is None:
            raise Unknown
        try:
            return function(*arguments)
        except (TypeError, ValueError, IndexError, AttributeError):
            raise Unknown from None

    def operand(self, node: Expression, dot: Any, variables: Mapping[str, Any]) -> Any:
        """The value of an operand."""
        if isinstance(node, String | Bool | Number):
            return node.value
        if isinstance(node, Nil):
            return None
        if isinstance(node, Dot):
            return dot
        if isinstance(node, Pipeline):
            return self.pipeline(node, dot, variables)
        if isinstance(node, Field):
            return _walk(dot, node.names)
        if isinstance(node, Variable):
            value = variables.get(node.name, _NOT_KNOWN)
            if value is _NOT_KNOWN:
                raise Unknown
            return _walk(value, node.names)
        if isinstance(node, Chain):
            return _walk(self.operand(node.base, dot, variables), node.names)
        raise Unknown


def _assignments(template: TemplateFile) -> Iterator[str]:
    """The actions of a file that set a variable, as written."""
    for node in contents(template.tree or ()):
        if isinstance(node, Action) and node.pipeline.variables:
            yield template.source(node)


def _walk(value: Any, names: Sequence[str]) -> Any:
    for name in names:
        if not isinstance(value, Mapping):
            if value is None:
                return None
            raise Unknown
        value = value.get(name)
    return value


def _printed(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if not isinstance(value, str | int):
        raise Unknown
    return str(value)


def _trunc(length: int, text: str) -> str:
    return text[:length] if length >= 0 else text[length:]


def _printf(form: str, *values: Any) -> str:
    if form.count("%") != len(values) or any(part[:1] not in "sdv" for part in form.split("%")[1:]):
        raise Unknown
    return form.replace("%v", "%s").replace("%d", "%s") % tuple(_printed(value) for value in values)


def _tpl(text: str, _context: Any) -> str:
    if "{{" in text:
        raise Unknown
    return text


def _coalesce(*values: Any) -> Any:
    return next((value for value in values if value), None)


def _and(*values: Any) -> Any:
    return next((value for value in values if not value), values[-1])


def _or(*values: Any) -> Any:
    return next((value for value in values if value), values[-1])


def _dict(*pairs: Any) -> dict[str, Any]:
    return {str(pairs[index]): pairs[index + 1] for index in range(0, len(pairs), 2)}


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "and": _and,
    "coalesce": _coalesce,
    "contains": lambda part, text: part in text,
    "default": lambda default, value=None: value or default,
    "dict": _dict,
    "empty": lambda value: not value,
    "eq": lambda first, *others: first in others,
    "hasKey": lambda mapping, key: key in mapping,
    "hasPrefix": lambda start, text: text.startswith(start),
    "hasSuffix": lambda end, text: text.endswith(end),
    "lower": str.lower,
    "ne": lambda first, second: first != second,
    "nospace": lambda text: "".join(text.split()),
    "not": lambda value: not value,
    "or": _or,
    "print": lambda *values: "".join(_printed(value) for value in values),
    "printf": _printf,
    "quote": lambda value: f'"{_printed(value)}"',
    "replace": lambda old, new, text: text.replace(old, new),
    "squote": lambda value: f"'{_printed(value)}'",
    "ternary": lambda yes, no, condition: yes if condition else no,
    "toString": _printed,
    "tpl": _tpl,
    "trim": str.strip,
    "trimAll": lambda characters, text: text.strip(characters),
    "trimPrefix": lambda start, text: text.removeprefix(start),
    "trimSuffix": lambda end, text: text.removesuffix(end),
    "trunc": _trunc,
    "upper": str.upper,
}
