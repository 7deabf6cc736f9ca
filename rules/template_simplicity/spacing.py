"""White space in and around actions."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    OFF,
    SHOULD,
    TEMPLATES,
    Applicability,
    Edit,
    Fix,
    Span,
    Subject,
    Tally,
    TemplateFile,
    TextPlace,
    Violation,
    forbid,
    replaced,
    require,
    rule,
)

from .statements import BEST_PRACTICES


@rule(
    "templates/spacing",
    default=SHOULD,
    needs={TEMPLATES},
    enforces=(
        require(r"\b(?:white ?space|spaces?|spacing)\b.{0,60}(?:\bbraces\b|\{\{|\bdirectives?\b|\bdelimiters?\b)"),
        require(
            r"(?:\bbraces\b|\{\{|\bdirectives?\b|\bdelimiters?\b)"
            r".{0,60}(?<!control )\b(?:white ?space|spaces?|spacing)\b"
        ),
    ),
    umbrella=BEST_PRACTICES,
)
def spacing(subject: Subject) -> Iterator[Violation | Tally]:
    """Template braces have no space inside.

    Why: `{{-1}}` prints -1, `{{- 1}}` trims; with spaces, readers can tell trim markers from content at a glance.
    Bad:
        name: {{.Release.Name}}
    Good:
        name: {{ .Release.Name }}
    Fix: Write a space after `{{` or `{{-` and before `}}` or `-}}`. Comments have none: `{{/*` and `*/}}`.
        `fix` adds them in the whole file.
    Source: Helm chart best practices, Templates ("whitespace after the opening braces and before the closing braces")
    """
    good = total = 0
    for template in subject.templates:
        if template.tree is None:
            continue
        total += 1
        found = template.crowded
        if not found:
            good += 1
            continue
        start, end = found[0]
        shown = " ".join(template.text[start:end].split())
        example = f"`{shown if len(shown) <= 50 else f'{shown[:30]}…{shown[-16:]}'}`"
        others = len(found) - 1
        more = f", and {others} other{'s' if others > 1 else ''} in this file" if others else ""
        message = f"no space inside the braces of {example}{more}; add spaces"
        yield Violation(message, TextPlace(template.path, template.span_between(start, end)), fix=_spaced(template))
    yield Tally(good, total, "templates with spaces inside braces")


@rule(
    "templates/trailing-space",
    default=OFF,
    needs={TEMPLATES},
    enforces=(
        require(r"\b(?:no|without|free of)\b.{0,20}\btrailing (?:white ?)?spaces?\b"),
        forbid(r"\btrailing (?:white ?)?spaces?\b"),
    ),
)
def trailing_space(subject: Subject) -> Iterator[Violation | Tally]:
    """Template lines end in spaces.

    Why: They are invisible, but end up in block scalars of the rendered objects, which YAML then prints as quoted
        strings, and they appear as changes in reviews.
    Bad:
        key: value␠␠
    Good:
        key: value
    Fix: Delete them; most editors do so on saving.
        `fix --unsafe` removes them.
    Source: chart-testing (yamllint's trailing-spaces)
    """
    good = total = 0
    for template in subject.templates:
        total += 1
        lines = template.text.split("\n")
        found = [index for index, line in enumerate(lines) if line.removesuffix("\r")[-1:].isspace()]
        if not found:
            good += 1
            continue
        line = lines[found[0]]
        span = Span(found[0] + 1, len(line.rstrip()) + 1, found[0] + 1, len(line) + 1)
        what = f"{len(found)} lines end" if len(found) > 1 else "the line ends"
        ends = ((index, len(lines[index].rstrip()), len(lines[index].removesuffix("\r"))) for index in found)
        edits = tuple(Edit(template.path, index + 1, start + 1, index + 1, end + 1, "") for index, start, end in ends)
        fix = Fix("remove the trailing space", edits)
        yield Violation(f"{what} in white space; delete it", TextPlace(template.path, span), fix=fix)
    yield Tally(good, total, "templates without trailing spaces")


def _spaced(template: TemplateFile) -> Fix:
    """The spaces that are missing inside the braces of a file."""
    edits = []
    for start, end in template.crowded:
        text = template.text[start:end]
        head, tail = text[: 3 if text[2:3] == "-" else 2], text[-3 if text[-3] == "-" else -2 :]
        inner = text[len(head) : len(text) - len(tail)]
        for offset, is_crowded in (
            (start + len(head), not inner[:1].isspace()),
            (end - len(tail), not inner[-1:].isspace()),
        ):
            if is_crowded:
                edits.append(replaced(TextPlace(template.path, template.span_between(offset, offset)), " "))
    return Fix("add spaces inside the braces", tuple(edits), Applicability.SAFE)
