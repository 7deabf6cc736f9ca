"""Values that are empty by default, and break the chart once somebody fills them."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    TOGGLES,
    Related,
    ScenarioKind,
    Status,
    Subject,
    Violation,
    dotted,
    forbid,
    require,
    rule,
)

from ..helm_words import place_of, text_of


@rule(
    "disclosure/value-breaks",
    default=MUST,
    needs={TOGGLES},
    enforces=(
        require(r"\b(?:every|each|all|any) values?\b.{0,40}\b(?:can be set|renders?|works?)\b"),
        forbid(r"\b(?:values?|settings?)\b.{0,20}\bbreaks? (?:the )?(?:chart|rendering|templates?)\b"),
    ),
)
def value_breaks(subject: Subject) -> Iterator[Violation]:
    """Chart fails to render when an empty value is set.

    Why: The empty default hides the fault: the template was never rendered with a value, and the first user who sets
        one gets an error or invalid YAML.
    Bad:
        {{- with .Values.podAnnotations }}
        annotations: {{- toYaml . | nindent 4 }}               (the pod's metadata is indented by 6)
        {{- end }}
    Good:
        {{- with .Values.podAnnotations }}
        annotations:
          {{- toYaml . | nindent 8 }}
        {{- end }}
    Fix: Correct the line that the message names; `helm template . --set-json` with the value reproduces it. The rule
        tries values whose schema or name (podAnnotations, tolerations, resources) shows their form.
    Source: helm template, with --set-json for each value
    """
    for result in subject.results:
        if result.scenario.kind is not ScenarioKind.FILLED or result.status is not Status.FAILED:
            continue
        ((path, _),) = result.scenario.filled
        error = result.errors[0]
        values = subject.chart.values
        view = values.document.view.get(*path) if values is not None else None
        related = (Related(view, "the value"),) if view is not None and view.exists else ()
        place = place_of(error, subject, result.scenario.name) or view
        yield Violation(f"chart fails to render when {dotted(path)} is set: {text_of(error)}", place, related)
