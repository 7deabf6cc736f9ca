"""Logic in templates that render objects: how much one action says, and whether unusual functions are explained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from helm_constitution.api import (
    SHOULD,
    TEMPLATES,
    Action,
    Chain,
    Comment,
    Content,
    Expression,
    Identifier,
    Parameter,
    Pipeline,
    Subject,
    Tally,
    TemplateFile,
    Text,
    TextPlace,
    Violation,
    forbid,
    require,
    rule,
)

from .statements import READABLE
from .walk import bodies

_COMPLEX = r"\b(?:complex|complicated|non-?trivial|reusable|inline|intricate|business)\b"
_LOGIC = rf"{_COMPLEX}.{{0,20}}\b(?:logic|conditions?|expressions?)\b"
_NAMED = r"\b(?:named|helper|partial) templates?\b|\bhelpers?\b|\b_helpers\.tpl\b|\bdefines?\b"

_FORMATTING = frozenset({"toYaml", "toJson", "nindent", "indent", "quote", "squote", "trim"})
"""Steps that only format the output."""
_GIVES_A_NAME = frozenset({"include", "dict", "list", "default"})
"""Functions of variables that only name something: a helper's result, an empty map, a value or its default."""


@rule(
    "templates/inline-logic",
    default=SHOULD,
    needs={TEMPLATES},
    enforces=(
        require(rf"(?:{_LOGIC}).{{0,60}}(?:{_NAMED})|(?:{_NAMED}).{{0,60}}(?:{_LOGIC})"),
        forbid(rf"{_COMPLEX}.{{0,20}}\blogic\b.{{0,40}}\b(?:templates?|manifests?|inline)\b"),
    ),
    umbrella=READABLE,
    parameters={
        "conditions": Parameter(3, "9 of 10 conditions with `and` or `or` in public charts have no more"),
        "steps": Parameter(4, "a value and three changes; formatting with `toYaml` and `nindent` is not counted"),
        "variables": Parameter(3, "two or three steps are easy to follow; names for plain values are not counted"),
    },
)
def inline_logic(subject: Subject) -> Iterator[Violation | Tally]:
    """Template contains complex inline logic.

    Why: Readers have to work out a long condition, a long pipeline or a chain of variables to know what is deployed; a
        named template explains it by its name, and can be tested and reused.
    Bad:
        {{- if and .Values.tls.enabled (or .Values.tls.existingSecret .Values.tls.cert) (not .Values.tls.auto) }}
    Good:
        {{- if include "web.usesOwnCertificate" . }}
    Fix: Move the condition, the pipeline or the variables to a named template with a telling name; a template that
        answers a question prints `true` or nothing.
    Source: Helm documentation, Named Templates; public charts' constitutions ("complex logic in named templates")
    """
    conditions, steps = subject.number("conditions"), subject.number("steps")
    variables = subject.number("variables")
    good = total = 0
    for template in subject.templates:
        if template.tree is None or template.is_partial or template.path.endswith("NOTES.txt"):
            continue
        total += 1
        found = subject.derived_from(template, _complex_logic, conditions, steps, variables)
        yield from found
        good += not found
    yield Tally(good, total, "templates without complex logic")


def _complex_logic(template: TemplateFile, conditions: int, steps: int, variables: int) -> tuple[Violation, ...]:
    return tuple(_of_template(template, conditions, steps, variables))


def _of_template(template: TemplateFile, conditions: int, steps: int, variables: int) -> Iterator[Violation]:
    computed = [part for part in template.computed if not part.named]
    sets = sum(bool(part.pipeline.variables) for part in computed)
    for contents in bodies(template.tree or ()) if sets > variables else ():
        for run in _runs(template, contents):
            if len(run) > variables:
                span = template.span_between(run[0].start, run[-1].end)
                if all(_sets(node.pipeline) for node in run):
                    message = f"{len(run)} keys are set in a row; build the map in a named template"
                else:
                    message = f"{len(run)} variables are computed in a row; compute the result in a named template"
                yield Violation(message, TextPlace(template.path, span))
    for part in computed:
        text = part.text
        if len(text) <= 2 * steps and len(text) <= 2 * conditions:
            continue
        if text.count("|") < steps and (text.count(" ") <= conditions or ("and " not in text and "or " not in text)):
            continue
        if part.is_literal:
            continue
        if excess := _excess(part.pipeline, conditions, steps):
            yield Violation(excess, TextPlace(template.path, template.span(part.pipeline)))


def _runs(template: TemplateFile, contents: Sequence[Content]) -> Iterator[list[Action]]:
    """The runs of actions that compute variables, with nothing else but plain names for values between them."""
    run: list[Action] = []
    for node in contents:
        if type(node) is Action and node.pipeline.variables:
            if _computes(node.pipeline):
                run.append(node)
        elif run and not isinstance(node, Comment) and (not isinstance(node, Text) or template.source(node).strip()):
            yield run
            run = []
    if run:
        yield run


def _sets(pipeline: Pipeline) -> bool:
    """Whether an action sets a key of a map: ``$_ := set . "key" value``."""
    function = pipeline.commands[-1].args[0]
    return isinstance(function, Identifier) and function.name == "set"


def _computes(pipeline: Pipeline) -> bool:
    """Whether a variable is more than a shorter name: for a value, or for what one named template gives."""
    if any(not _only_defaults(command.args[0]) for command in pipeline.commands[1:]):
        return True
    command = pipeline.commands[0]
    function = command.args[0]
    if len(command.args) == 1:
        return isinstance(function, Pipeline) and _computes(function)
    if isinstance(function, Identifier) and function.name in _GIVES_A_NAME:
        return any(isinstance(operand, Pipeline) and _computes(operand) for operand in command.args[1:])
    return isinstance(function, Identifier)


def _excess(pipeline: Pipeline, conditions: int, steps: int) -> str | None:
    """What is too much in an action; None where nothing is."""
    pending: list[Expression] = [pipeline]
    while pending:
        expression = pending.pop()
        if isinstance(expression, Chain):
            pending.append(expression.base)
        elif isinstance(expression, Pipeline):
            if (count := _conditions(expression)) > conditions:
                return f"action has {count} conditions; move them to a named template"
            length = len(expression.commands)
            if length > steps:
                length = sum(not _is_formatting(command.args[0]) for command in expression.commands)
                if length > steps:
                    return f"pipeline has {length} steps; move it to a named template"
            for command in expression.commands:
                pending.extend(operand for operand in command.args if isinstance(operand, Pipeline | Chain))
    return None


def _only_defaults(function: Expression) -> bool:
    return isinstance(function, Identifier) and (function.name == "default" or function.name in _FORMATTING)


def _is_formatting(function: Expression) -> bool:
    return isinstance(function, Identifier) and function.name in _FORMATTING


def _conditions(pipeline: Pipeline) -> int:
    """How many operands `and`, `or` and `not` join, those in parentheses counted for themselves; 0 without `and`."""
    command = pipeline.commands[-1]
    function = command.args[0]
    if isinstance(function, Identifier) and function.name in ("and", "or"):
        piped = len(pipeline.commands) > 1
        return piped + sum(_terms(operand) for operand in command.args[1:])
    return 0


def _terms(expression: Expression) -> int:
    if isinstance(expression, Pipeline) and len(expression.commands) == 1:
        args = expression.commands[0].args
        if len(args) == 1:
            return _terms(args[0])
        if isinstance(args[0], Identifier) and args[0].name == "not":
            return _terms(args[1])
        return _conditions(expression) or 1
    return 1
