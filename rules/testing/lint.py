"""What `helm lint` says, by its own weight."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    LINT,
    MUST,
    RESULTS,
    SHOULD,
    FailureKind,
    HelmMessage,
    MessageLevel,
    Severity,
    Status,
    Subject,
    Urgency,
    Violation,
    require,
    rule,
)

from ..helm_words import Told, place_of, text_of, words_of
from .object_names import bad_names, is_about_name, is_false_name

HELM_LINT = require(r"\bhelm lint\b|\bpass(es)?\b.*\blint(ing)?\b|\blint\b.*\b(without|no) errors?")


_OWN_RULES = (
    ("starts with an illegal indent", "templates/top-indent"),
    ("Valid extensions are", "templates/extension"),
    ("is not a valid SemVer", "compat/bad-version"),
    (" is deprecated in v", "compat/removed-api"),
)
"""Messages of helm lint that another rule reports."""


def _has_own_rule(message: HelmMessage, subject: Subject) -> bool:
    """Whether another rule runs, with the same weight or more, and says it."""
    weight = Severity.ERROR if message.level is MessageLevel.ERROR else Severity.WARNING
    return any(
        words in message.text and (severity := subject.severity_of(rule)) is not None and severity >= weight
        for words, rule in _OWN_RULES
    )


_OF_RENDERING = (FailureKind.TEMPLATE, FailureKind.REQUIRED, FailureKind.YAML)


def _only_needs_input(message: HelmMessage, subject: Subject) -> bool:
    """Whether helm lint stumbles over values that a user must give, and with which the chart renders."""
    defaults = subject.defaults
    if defaults is None or defaults.status is not Status.NEEDS_INPUT or not subject.rendered:
        return False
    return message.kind in _OF_RENDERING or (message.file or "").startswith("templates/")


def _lint(subject: Subject, level: MessageLevel) -> Iterator[Violation]:
    told = Told(error for result in subject.results for error in result.errors)
    seen: set[tuple[object, ...]] = set()
    for message in subject.lint:
        key = (message.file, message.line, message.pointer, words_of(message.text))
        weight = MessageLevel.ERROR if is_about_name(message) else message.level
        if weight is not level or key in seen or told.contains(message):
            continue
        if _has_own_rule(message, subject) or is_false_name(message, subject) or _only_needs_input(message, subject):
            continue
        seen.add(key)
        yield Violation(text_of(message), place_of(message, subject))


@rule(
    "testing/lint-error",
    default=MUST,
    needs={LINT, RESULTS},
    enforces=HELM_LINT,
    always=True,
    urgency=Urgency.BROKEN,
    told_by=("helm/object-name",),
)
def lint_error(subject: Subject) -> Iterator[Violation]:
    """`helm lint` reports an error.

    Why: A chart that helm itself rejects can't be packaged, published or installed reliably. An object name that the
        API server rejects is an error too: helm lint only warns about it, and does not check inside a List.
    Bad:
        version: one
    Good:
        version: 1.0.0
    Fix: Correct what the message names; `helm lint` reproduces it. Errors that `helm template` reports too are only in
        testing/render-error.
    Source: helm lint
    """
    yield from _lint(subject, MessageLevel.ERROR)
    yield from bad_names(subject)


@rule(
    "testing/lint-warning",
    default=SHOULD,
    needs={LINT, RESULTS},
    enforces=require(
        r"\blint\b.*\b(no|zero|without|free of|clean of)( \w+ (and|or))? warnings?|\blint\b.*--strict|\blints? cleanly"
    ),
)
def lint_warning(subject: Subject) -> Iterator[Violation]:
    """`helm lint` reports a warning.

    Why: Helm warns about things that its next version, or the cluster, will reject.
    Bad:
        metadata:
          name: Web_Server
    Good:
        metadata:
          name: web-server
    Fix: Correct what the message names; `helm lint --strict` treats it as an error.
    Source: helm lint
    """
    yield from _lint(subject, MessageLevel.WARNING)
