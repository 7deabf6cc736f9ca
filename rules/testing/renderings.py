"""Whether the chart renders: with its default values, and in every other way that it is meant for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from helm_constitution.api import (
    MUST,
    RESULTS,
    HelmMessage,
    Status,
    Subject,
    Unchecked,
    Urgency,
    Violation,
    not_rendered,
    require,
    rule,
)

from ..helm_words import (
    Told,
    is_example,
    is_told_elsewhere,
    place_of,
    see_rule,
    text_of,
    values_file_of,
    words_of,
)
from .lint import HELM_LINT

if TYPE_CHECKING:
    from helm_constitution.api import ScenarioResult

_HELM_TEMPLATE = require(
    r"\b(pass|run|validated|checked|tested|verified|succeed)\w*\b.*\bhelm template"
    r"|\bhelm template\b.*\b(render|pass|succeed|errors|validat)"
    r"|\brender\w*\b.{0,30}\bhelm template\b|\brenders? (without|with no)( an?)? errors?"
)


def _require_renderable(subject: Subject) -> ScenarioResult:
    defaults = subject.defaults
    if defaults is None:
        raise not_rendered(subject)
    return defaults


@rule(
    "testing/render-error",
    always=True,
    default=MUST,
    needs={RESULTS},
    enforces=(_HELM_TEMPLATE, HELM_LINT, require(r"\bdefaults?\b.*\bworking (deployment|install)")),
    urgency=Urgency.BROKEN,
)
def render_error(subject: Subject) -> Iterator[Violation]:
    """Chart does not render with its default values.

    Why: `helm install` fails in the same way for every user.
    Bad:
        replicas: {{ .Values.web.replicas.count }}      (values.yaml has no web.replicas)
    Good:
        replicas: {{ .Values.replicaCount }}
    Fix: Correct the template at the named line, or give the value a default in values.yaml. If the user has to set a
        value, fail with `required` and a message that names it, which is not reported.
    Source: helm template
    """
    defaults = _require_renderable(subject)
    if defaults.status is Status.NEEDS_INPUT:
        if not subject.rendered:
            raise Unchecked(f"the default values need input: {defaults.message}")
        return
    if defaults.status is not Status.FAILED:
        return
    if not defaults.errors:
        yield Violation(defaults.message or "helm template fails", None)
    told = [error for error in defaults.errors if not is_told_elsewhere(error, defaults, subject)]
    if defaults.errors and not told:
        raise Unchecked(see_rule(defaults.errors[0]))
    for error in told:
        yield Violation(f"chart does not render: {text_of(error)}", place_of(error, subject))


@rule(
    "testing/scenario-error",
    default=MUST,
    needs={RESULTS},
    enforces=(
        _HELM_TEMPLATE,
        require(
            r"\bci values\b|values files? (in|under) ci\b|\brender\w*\b.*\b(every|each|all) (values files|scenarios?)\b"
        ),
        require(r"\b(overlays?|platform values)\b.*\b(tested|render|validated)"),
    ),
    urgency=Urgency.BROKEN,
)
def scenario_error(subject: Subject) -> Iterator[Violation]:
    """Chart does not render in a supported scenario.

    Why: Values files for tests and platforms, and configured scenarios, are the chart's own examples of its use; what
        fails there fails for users who follow them. So does an upgrade, or a Kubernetes version that Chart.yaml allows.
    Bad:
        # ci/ingress-values.yaml
        ingress: true            (the templates read ingress.enabled)
    Good:
        # ci/ingress-values.yaml
        ingress:
          enabled: true
    Fix: Correct the template or the values file; `helm template . -f <the file>` reproduces the message.
    Source: chart-testing (ct lint, ct install) and its ci/*-values.yaml
    """
    defaults = _require_renderable(subject)
    causes: dict[tuple[str | None, int | None, str], tuple[HelmMessage, list[ScenarioResult]]] = {}
    told_elsewhere: HelmMessage | None = None
    told = Told(defaults.errors)
    for result in subject.results[1:]:
        if result.status is not Status.FAILED or not result.scenario.kind.failure_is_error:
            continue
        if is_example(result) and subject.severity_of("docs/example-broken") is not None:
            continue
        for error in result.errors:
            if told.contains(error):
                continue
            if is_told_elsewhere(error, result, subject):
                told_elsewhere = error
                continue
            key = (error.file, error.line, words_of(error.text))
            causes.setdefault(key, (error, []))[1].append(result)
    if told_elsewhere is not None and not causes:
        raise Unchecked(see_rule(told_elsewhere))
    for error, results in causes.values():
        names = ", ".join(result.scenario.name for result in results)
        place = place_of(error, subject, results[0].scenario.name) or values_file_of(results[0], subject)
        yield Violation(f"chart does not render with {names}: {text_of(error)}", place)
