"""Booleans that users can't set to false."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    SHOULD,
    TEMPLATES,
    Bool,
    Command,
    Field,
    Identifier,
    Pipeline,
    String,
    Subject,
    TextPlace,
    Variable,
    Violation,
    forbid,
    rule,
)


@rule(
    "values/always-true",
    default=SHOULD,
    needs={TEMPLATES},
    enforces=forbid(r"\balways true\b|\bdefault true\b|\b(?:flags?|values?)\b.{0,40}\b(?:ignored|without effect)\b"),
)
def always_true(subject: Subject) -> Iterator[Violation]:
    """Boolean value can't be set to false.

    Why: `default` replaces every empty value, and false is empty: a user who sets false gets true.
    Bad:
        automount: {{ default true .Values.automount }}
    Good:
        automount: {{ .Values.automount }}      # values.yaml has automount: true
    Fix: Set the default in values.yaml and print the value; if it may be missing, test it with `hasKey`, or use `dig
        "automount" true .Values`. A value whose default in values.yaml is a string is not reported.
    Source: Sprig documentation, Defaults: false is empty; Helm issue 3308
    """
    values = subject.chart.values
    for template in subject.templates:
        if "default" not in template.text:
            continue
        for part in template.computed:
            if "default" not in part.text or "rue" not in part.text or part.is_literal:
                continue
            for names in _defaulted(part.pipeline):
                given = values.document.view.get(*names).data if values is not None else None
                if given is None or isinstance(given, bool):
                    place = TextPlace(template.path, template.span(part.pipeline))
                    name = ".".join(names)
                    yield Violation(
                        f"value {name} can't be set to false because `default true` replaces it; set the default in"
                        f" values.yaml and print .Values.{name}",
                        at=place,
                    )


def _defaulted(pipeline: Pipeline) -> Iterator[tuple[str, ...]]:
    """The values to which ``default true`` applies, in either form."""
    pending = [pipeline]
    while pending:
        current = pending.pop()
        for index, command in enumerate(current.commands):
            pending.extend(part for part in command.args if isinstance(part, Pipeline))
            if not _is_default_true(command):
                continue
            if len(command.args) == 3:
                source = command.args[2]
            elif len(command.args) == 2 and index > 0 and len(current.commands[index - 1].args) == 1:
                source = current.commands[index - 1].args[0]
            else:
                continue
            names = source.names if isinstance(source, Field | Variable) else ()
            is_root = isinstance(source, Field) or (isinstance(source, Variable) and source.name == "$")
            if is_root and len(names) > 1 and names[0] == "Values":
                yield names[1:]


def _is_default_true(command: Command) -> bool:
    if len(command.args) < 2 or not isinstance(command.args[0], Identifier) or command.args[0].name != "default":
        return False
    first = command.args[1]
    return (isinstance(first, Bool) and first.value) or (isinstance(first, String) and first.value.lower() == "true")
