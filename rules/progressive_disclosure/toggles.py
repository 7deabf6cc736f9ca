"""Flags, set otherwise than by default: each has an effect, and none breaks the chart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from helm_constitution.api import (
    MUST,
    TOGGLES,
    FailureKind,
    HelmMessage,
    Related,
    Status,
    Subject,
    Tag,
    Tally,
    TextPlace,
    View,
    Violation,
    forbid,
    require,
    rule,
)

from ..helm_words import is_told_elsewhere, place_of, text_of, words_of

if TYPE_CHECKING:
    from helm_constitution.api import ToggleResult


def _value(one: ToggleResult, subject: Subject) -> View | None:
    values = subject.chart.values
    return values.document.view.get(*one.toggle.path) if values is not None else None


@rule(
    "disclosure/dead-flag",
    default=MUST,
    needs={TOGGLES},
    enforces=(
        require(r"\bflags?\b.*\b(effect|work|matter|do something|take effect)"),
        forbid(r"\b(dead|useless|ineffective|unused) (feature )?(flags?|switch(es)?|toggles?)"),
        forbid(r"\bflags?\b.*\b(without (an? )?effect|no effect|nothing)\b"),
    ),
    tag=Tag.UNUSED,
)
def dead_flag(subject: Subject) -> Iterator[Violation | Tally]:
    """Flag has no effect.

    Why: Users turn it off, trust it, and still run the feature.
    Bad:
        {{- if .Values.metrics.enabled | default true }}      (default takes false for missing: always true)
    Good:
        {{- if .Values.metrics.enabled }}
    Fix: Implement the flag, or remove it from values.yaml and the templates. Set defaults in values.yaml.
    Source: Helm documentation, Template Function List, "default"; text/template, Actions
    """
    flags = [one for one in subject.toggles if one.toggle.is_flag]
    good = 0
    for one in flags:
        good += bool(one.changed)
        if one.dead is None:
            continue
        related = tuple(
            Related(TextPlace(head.template.path, head.template.span(head.branch)), "renders the same either way")
            for head in one.dead
        )
        why = "its conditions have no effect" if related else "the templates that read it are never called"
        yield Violation(f"setting it to {_shown(one)} changes nothing: {why}", _value(one, subject), related)
    if flags:
        yield Tally(good, len(flags), "flags that change the rendered output")


def _shown(one: ToggleResult) -> str:
    return one.toggle.name.partition("=")[2]


@rule(
    "disclosure/flag-breaks",
    default=MUST,
    needs={TOGGLES},
    enforces=(
        require(
            r"\b(flags?|toggles?|features?)\b.*\b(render|work|succeed)\w*\b.*\b(on|off|either|both|enabled|switched)"
        ),
        require(r"\b(every|each|all|any) (feature )?(flags?|toggles?|switch(es)?)\b.*\b(render|work)"),
        forbid(r"\b(flags?|toggles?)\b.*\bbreaks?\b"),
    ),
)
def flag_breaks(subject: Subject) -> Iterator[Violation | Tally]:
    """Chart fails to render when a flag is switched.

    Why: The feature was never tested; the first user who enables it gets a template error.
    Bad:
        {{- if .Values.ingress.enabled }}
        host: {{ (index .Values.ingress.hosts 0).host }}      (hosts is empty by default)
        {{- end }}
    Good:
        {{- if .Values.ingress.enabled }}
        host: {{ required "ingress.hosts needs a host where ingress.enabled is true" (first .Values.ingress.hosts) }}
        {{- end }}
    Fix: Correct the template, or require the values of the feature with `required` or `fail`, which is not reported.
    Source: helm template, with --set for each flag
    """
    switched = subject.toggles
    causes: dict[tuple[str | None, int | None, str], tuple[HelmMessage, list[ToggleResult]]] = {}
    for one in switched:
        if one.result.status is not Status.FAILED:
            continue
        for error in one.result.errors:
            # A schema that forbids a value says so by itself.
            if error.kind is FailureKind.SCHEMA or is_told_elsewhere(error, one.result, subject):
                continue
            causes.setdefault((error.file, error.line, words_of(error.text)), (error, []))[1].append(one)
    for error, those in causes.values():
        names = ", ".join(one.toggle.name for one in those[:3])
        more = f" and {len(those) - 3} more" if len(those) > 3 else ""
        values = [value for one in those if (value := _value(one, subject)) is not None]
        place = place_of(error, subject, those[0].result.scenario.name) or (values[0] if values else None)
        related = tuple(Related(value, "switched") for value in values)
        yield Violation(f"chart fails to render with {names}{more}: {text_of(error)}", place, related)
    if switched:
        good = sum(one.result.status is not Status.FAILED for one in switched)
        yield Tally(good, len(switched), "flags and enums that render when switched")
