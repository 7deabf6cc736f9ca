"""Values that a user must set: checked by the chart, not left to fail in the cluster."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    SHOULD,
    TEMPLATES,
    Action,
    Command,
    Content,
    Control,
    Field,
    Identifier,
    Json,
    LazyPattern,
    Pipeline,
    Subject,
    Variable,
    Violation,
    commands,
    contents,
    pipelines,
    require,
    rule,
)

from .statements import BEST_PRACTICES

# "Required", "(required)", "REQUIRED": not "required if …", "not required", "the permissions required to …".
_REQUIRED = LazyPattern(
    r"^\W*(?i:required)\b(?!\W{1,3}(?i:if|when|for|to|by|only|unless|with|in)\b)"
    r"|[(\[](?i:required)[)\]]"
    r"|\bREQUIRED\b(?!\W{1,3}(?i:if|when|for|to|by|only|unless|with|in)\b)"
)
_CONDITION = LazyPattern(r"(?i:\b(?:if|when|unless|only|not required|optional|enabled|existing)\b)")


@rule(
    "helm/no-required",
    default=SHOULD,
    needs={TEMPLATES},
    enforces=require(
        r"\brequired values?\b.{0,40}\brequired\b|`?required`? function|\bvalidat\w+ required\b"
        r"|\brequired (?:for|on) (?:mandatory|required|critical|missing) values?\b"
    ),
    umbrella=BEST_PRACTICES,
)
def no_required(subject: Subject) -> Iterator[Violation]:
    """Required value is not checked.

    Why: Without the value, the cluster rejects an object, or a pod doesn't start, and the error mentions neither the
        value nor the chart.
    Bad:
        # -- Host name of the database (required)
        host: ""
    Good:
        {{ required "database.host is required: set it to the host name of the database" .Values.database.host }}
    Fix: Read the value with `required`, check it with `fail`, or require it in values.schema.json.
    Source: Helm documentation, Chart Development Tips and Tricks: Using the 'required' function
    """
    values = subject.chart.values
    if values is None:
        return
    asked: set[tuple[str, ...]] | None = None
    for key in values.by_path.values():
        text = key.comment.text if key.comment is not None else ""
        # Deeper values belong to features that are often disabled.
        if key.value not in (None, "") or len(key.path) > 3 or not _REQUIRED.search(text) or _CONDITION.search(text):
            continue
        path = tuple(str(step) for step in key.path)
        if asked is None:
            asked = _asked(subject)
        if subject.uses.is_read(path) and path not in asked and not _in_schema(subject.chart.schema, path):
            yield Violation(
                f"value {key.name} is required by its comment, but no template checks it; read it with required",
                at=values.document.view.get(*key.path),
            )


def _asked(subject: Subject) -> set[tuple[str, ...]]:
    """The values that some template checks: read with ``required``, or in a condition around ``fail``."""
    asked: set[tuple[str, ...]] = set()
    for template in subject.templates:
        for node in contents(template.tree or ()):
            for pipeline in pipelines(node):
                if any(_calls(command, "required") for command in commands(pipeline)):
                    asked.update(_paths(pipeline))
            if isinstance(node, Control) and any(_fails(branch.body) for branch in node.branches):
                for branch in node.branches:
                    if branch.pipeline is not None:
                        asked.update(_paths(branch.pipeline))
    return asked


def _fails(body: tuple[Content, ...]) -> bool:
    return any(
        isinstance(node, Action) and any(_calls(command, "fail") for command in commands(node.pipeline))
        for node in body
    )


def _calls(command: Command, name: str) -> bool:
    return any(isinstance(argument, Identifier) and argument.name == name for argument in command.args[:1])


def _paths(pipeline: Pipeline) -> Iterator[tuple[str, ...]]:
    for command in commands(pipeline):
        for argument in command.args:
            if isinstance(argument, Field | Variable) and argument.names[:1] == ("Values",):
                yield argument.names[1:]


def _in_schema(schema: object, path: tuple[str, ...]) -> bool:
    """Whether values.schema.json requires a key, and restricts its value."""
    current: Json = schema  # type: ignore[assignment]
    for index, step in enumerate(path):
        if not isinstance(current, dict):
            return False
        required, properties = current.get("required"), current.get("properties")
        if not isinstance(properties, dict) or step not in properties:
            return False
        current = properties[step]
        if index == len(path) - 1:
            bounds = ("minLength", "pattern", "enum", "minItems", "minProperties", "format")
            return (
                isinstance(required, list)
                and step in required
                and isinstance(current, dict)
                and any(bound in current for bound in bounds)
            )
    return False
