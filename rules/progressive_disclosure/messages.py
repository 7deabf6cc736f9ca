"""What the chart says when it stops: ``required`` and ``fail``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    TEMPLATES,
    Chain,
    Command,
    Expression,
    Field,
    Identifier,
    LazyPattern,
    Number,
    Pipeline,
    String,
    Subject,
    TemplateFile,
    TextPlace,
    Variable,
    Violation,
    commands,
    forbid,
    require,
    rule,
)

_DYNAMIC = "\ufffc"
"""A placeholder for the parts of a message that are only known at run time."""

_DIRECTION = LazyPattern(
    r"\b(set|sets|setting|provid\w*|specif\w+|must|should|shall|has to|have to|needs? to|please|us(?:e|ing)|enabl\w+"
    r"|disabl\w+|defin\w+|add|creat\w+|remov\w+|delet\w+|chang\w+|replac\w+|choose|select|configur\w+|install\w*"
    r"|upgrad\w+|updat\w+|migrat\w+|renam\w+|mov\w+|run|see|check|either|one of|only|cannot|can ?not|can't"
    r"|(?:not |un)supported|not allowed|deprecated|exclusive|expected|(?:long|short|great)er|less|least|most"
    r"|helm|kubernetes|k8s)\b",
    re.IGNORECASE,
)
_PATH = LazyPattern(
    r"\.?Values\b|\b[a-z]\w*(?:\.\w+)+|\b[a-z]+[A-Z]\w*|`[^`]+`|'[\w.-]+'|\"[\w.-]+\"|--\w|\b\w+\.ya?ml\b"
)
"""A name in a message: a path, a camelCase key, something in quotes, an option, a file."""

_KEY_PART = LazyPattern(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_DECORATIONS = frozenset({"trim", "quote", "squote", "nospace", "title", "upper", "lower", "indent", "nindent", "wrap"})


def names_a_value(message: str, keys: set[str]) -> bool:
    """Whether a message names one of these keys (by its last part), a values path, or anything in that form."""
    if _PATH.search(message):
        return True
    words = re.findall(r"[a-z0-9]+", message.lower())
    joined = "".join(words)
    return any(_is_said(key, words, joined) for key in keys)


def _is_said(key: str, words: list[str], joined: str) -> bool:
    plain = plain_key(key)
    if plain in words or (len(plain) > 4 and plain in joined):
        return True
    parts = _KEY_PART.findall(key)
    return len(parts) > 1 and all(part.lower() in words for part in parts)  # "stack ID" says stackId


def plain_key(key: str) -> str:
    """A key as a sentence may spell it: lower case, letters and digits only."""
    return re.sub(r"[^a-z0-9]+", "", key.lower())


def _literal(expression: Expression) -> str | None:
    """The text of a message as far as the template knows it; None where it comes from elsewhere as a whole."""
    if isinstance(expression, String):
        return expression.value
    if isinstance(expression, Number | Field | Variable | Chain):
        return _DYNAMIC
    if not isinstance(expression, Pipeline) or len(expression.commands) == 0:
        return None
    text: str | None = None
    for command in expression.commands:
        text = _called(command, text)
    return text


def _called(command: Command, piped: str | None) -> str | None:
    first, *rest = command.args
    if not isinstance(first, Identifier):
        return _literal(first) if not rest else None
    parts = [_literal(argument) for argument in rest]
    if piped is not None:
        parts.append(piped)
    if first.name == "printf" and parts and parts[0] is not None:
        return re.sub(r"%[-+# 0]*\d*(?:\.\d+)?[a-zA-Z]", _DYNAMIC, parts[0])
    if first.name in ("print", "println", "cat"):
        return " ".join(_DYNAMIC if part is None else part for part in parts)
    if first.name in _DECORATIONS:
        return parts[-1] if parts else None
    return None


def _keys(expressions: list[Expression]) -> set[str]:
    """The last names of the values that are read in these expressions."""
    found: set[str] = set()
    pending = list(expressions)
    while pending:
        expression = pending.pop()
        if isinstance(expression, Field | Variable | Chain) and expression.names:
            found.update(expression.names[-2:])
        if isinstance(expression, Chain):
            pending.append(expression.base)
        if isinstance(expression, Variable):
            found.add(expression.name.removeprefix("$"))
        if isinstance(expression, String):
            found.update(expression.value.split("."))
        if isinstance(expression, Pipeline):
            pending.extend(argument for command in expression.commands for argument in command.args)
    return {name for name in found if plain_key(name) not in ("", "values")}


def _messages(pipeline: Pipeline) -> Iterator[tuple[str, Expression, set[str]]]:
    """Each ``required`` and ``fail`` of a pipeline: (function, message, keys that it is about)."""
    for command in commands(pipeline):
        first, *rest = command.args
        if isinstance(first, Identifier) and first.name == "required" and rest:
            keys = _keys(rest[1:])
            if len(rest) == 1:
                keys = _keys(
                    [argument for other in pipeline.commands for argument in other.args if other is not command]
                )
            yield "required", rest[0], keys
        elif isinstance(first, Identifier) and first.name == "fail":
            if rest:
                yield "fail", rest[0], set()
                continue
            position = next((index for index, other in enumerate(pipeline.commands) if other is command), 0)
            before = pipeline.commands[:position]
            if before:
                yield "fail", Pipeline(before[0].start, before[-1].end, (), False, before), set()


def _known_keys(subject: Subject) -> set[str]:
    """The keys of values.yaml that are long enough to be told from ordinary words."""
    if subject.chart.values is None:
        return set()
    view = subject.chart.values.document.view
    names = {part.path[-1] for part in view.walk() if part.path and isinstance(part.path[-1], str)}
    return {name for name in names if len(name) > 3}


@rule(
    "disclosure/unhelpful-message",
    default=MUST,
    needs={TEMPLATES},
    enforces=(
        require(r"^(?!.*deprecat).*(helpful|clear|actionable|useful|meaningful|descriptive)( error)? messages?"),
        require(r"^(?!.*deprecat).*\bmessages?\b.{0,40}\b(helpful|clear|actionable|useful|meaningful|descriptive)\b"),
        forbid(r"(fail fast|clear messages?|(helpful|clear|actionable)( error)? messages?)"),
    ),
)
def unhelpful_message(subject: Subject) -> Iterator[Violation]:
    """Error message of `required` or `fail` names no value.

    Why: The message is all that users see; without the value's name they have to read the templates.
    Bad:
        {{ required "missing value" .Values.ingress.host }}
    Good:
        {{ required "ingress.host is required while ingress.enabled is true" .Values.ingress.host }}
    Fix: Name the path of the value and what to set it to.
    Source: Helm documentation, Chart Development Tips and Tricks, "Using the 'required' function"
    """
    known: set[str] | None = None
    for template in subject.templates:
        if template.tree is None or ("required" not in template.text and "fail" not in template.text):
            continue
        for function, message, keys in _calls(template):
            text = _literal(message)
            if text is None or _DYNAMIC in text or _DIRECTION.search(text) or names_a_value(text, keys):
                continue
            if known is None:
                known = _known_keys(subject)
            if names_a_value(text, known):
                continue
            shown = f'"{text.strip()}"' if text.strip() else "an empty message"
            yield Violation(
                f"{function} fails with {shown}, which names no value; name the value and what to set it to",
                TextPlace(template.path, template.span(message)),
            )


def _calls(template: TemplateFile) -> Iterator[tuple[str, Expression, set[str]]]:
    for part in template.computed:
        if ("required" in part.text or "fail" in part.text) and not part.is_literal:
            yield from _messages(part.pipeline)
