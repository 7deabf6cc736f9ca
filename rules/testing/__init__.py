"""IX. Testing: what helm itself says of the chart, and whether the chart brings tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from helm_constitution.api import (
    MUST,
    RESULTS,
    SHOULD,
    HelmMessage,
    LazyPattern,
    NotApplicable,
    RuleModule,
    ScenarioKind,
    Status,
    Subject,
    TextPlace,
    Unchecked,
    Violation,
    not_rendered,
    require,
    rule,
)

from ..helm_words import (
    is_example,
    is_told_elsewhere,
    place_of,
    says_the_same,
    see_rule,
    text_of,
    values_file_of,
    words_of,
)
from .branches import branch_never_rendered
from .lint import HELM_LINT, lint_error, lint_warning

if TYPE_CHECKING:
    from helm_constitution.api import ScenarioResult

_HELM_TEMPLATE = require(
    r"\b(pass|run|validated|checked|tested|verified|succeed)\w*\b.*\bhelm template"
    r"|\bhelm template\b.*\b(render|pass|succeed|errors)|\brenders? (without|with no)( an?)? errors?"
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
)
def render_error(subject: Subject) -> Iterator[Violation]:
    """The chart doesn't render with its default values.

    Why: `helm install` fails in the same way, for everybody.
    Bad:
        replicas: {{ .Values.web.replicas.count }}      (values.yaml has no web.replicas)
    Good:
        replicas: {{ .Values.replicaCount }}
    Fix: mend the template at the line named, or give the value a default in values.yaml. Where the user has to give a
        value, stop with `required` and a message that names it: that is no error.
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
        yield Violation(f"doesn't render: {text_of(error)}", place_of(error, subject))


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
)
def scenario_error(subject: Subject) -> Iterator[Violation]:
    """A way to render the chart that it is meant for fails.

    Why: values files for tests and platforms, and what the configuration names, are the chart's own examples of its
        use; what fails there fails for the users who follow. So does an upgrade, or a Kubernetes version that
        Chart.yaml allows.
    Bad:
        # ci/ingress-values.yaml
        ingress: true            (the templates read ingress.enabled)
    Good:
        # ci/ingress-values.yaml
        ingress:
          enabled: true
    Fix: mend the template or the values file; `helm template . -f <the file>` repeats the message.
    Source: chart-testing (ct lint, ct install) and its ci/*-values.yaml
    """
    defaults = _require_renderable(subject)
    causes: dict[tuple[str | None, int | None, str], tuple[HelmMessage, list[ScenarioResult]]] = {}
    told_elsewhere: HelmMessage | None = None
    for result in subject.results[1:]:
        if result.status is not Status.FAILED or result.scenario.kind is ScenarioKind.TOGGLED:
            continue
        if is_example(result) and subject.severity_of("docs/example-broken") is not None:
            continue
        for error in result.errors:
            if says_the_same(error, defaults.errors):
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
        yield Violation(f"doesn't render with {names}: {text_of(error)}", place)


_HOOK = LazyPattern(r"^(?!\s*#).*helm\.sh/hook[\"']?\s*:.*\btest(?:-success|-failure)?\b", re.MULTILINE)


@rule(
    "testing/no-test-hook",
    default=SHOULD,
    needs={RESULTS},
    enforces=require(r"helm test\b|test hooks?|helm\.sh/hook|smoke tests?|connection tests?"),
)
def no_test_hook(subject: Subject) -> Iterator[Violation]:
    """The chart has no test for `helm test` to run.

    Why: after an install or upgrade nobody can ask the chart itself whether what it deployed works.
    Bad:
        templates/deployment.yaml
        templates/service.yaml
    Good:
        # templates/tests/connection.yaml
        metadata:
          annotations:
            helm.sh/hook: test
    Fix: add a pod or job with the annotation `helm.sh/hook: test` in templates/tests/ that calls the service.
    Source: Helm documentation, Chart Tests; chart-verifier contains-test
    """
    if subject.chart.is_library:
        raise NotApplicable("a library chart installs nothing that could be tested")
    own = [file for file in subject.chart.files if file.startswith("templates/")]
    if any(_HOOK.search(subject.chart.files[file]) for file in own):
        return
    if subject.rendered:
        manifests = [manifest for rendering in subject.renderings for manifest in rendering.manifests]
        if any(manifest.is_test for manifest in manifests):
            return
        if not any(manifest.workloads for manifest in manifests):
            raise NotApplicable("the chart runs nothing that could be tested")
    if subject.chart.missing_dependencies:
        raise Unchecked("dependencies are missing in charts/, and may bring tests")
    yield Violation(
        "no template has the annotation helm.sh/hook: test; `helm test` runs nothing", TextPlace("Chart.yaml")
    )


_CONTROL = LazyPattern(r"\{\{-?\s*(?:if|else|range|with)\b")
_MANY_BRANCHES = 10
_UNIT_TEST = LazyPattern(r"tests/.*\.ya?ml\Z|(?!templates/).*_test\.ya?ml\Z")
"""Where helm-unittest finds tests by itself, and where a chart may tell it to look (`--file`)."""
_LEFT_OUT = LazyPattern(r"^/?(ci|(?:unit[-_]?)?tests?|\*\*?/tests?|\S*_test\.ya?ml)(/|/\*+)?\s*$")


def _branches(subject: Subject) -> int:
    """How many conditions and loops the chart's own templates have."""
    own = (text for file, text in subject.chart.files.items() if file.startswith("templates/"))
    return sum(len(_CONTROL.findall(text)) for text in own if "{{" in text)


def _require_loaded(subject: Subject, folder: str) -> None:
    """Raises Unchecked where .helmignore keeps a folder from being seen."""
    for line in subject.chart.files.get(".helmignore", "").splitlines():
        found = _LEFT_OUT.match(line.strip())
        if found is not None and folder in found.group(1):
            raise Unchecked(f".helmignore leaves {folder} out of what is read")


@rule(
    "testing/no-unit-tests",
    default=SHOULD,
    enforces=require(r"\bunit.?tests?\b|helm.?unittest"),
)
def no_unit_tests(subject: Subject) -> Iterator[Violation]:
    """The chart's templates have logic, but no unit test.

    Why: a branch that nobody renders breaks unnoticed; a unit test says in three lines what it should give.
    Bad:
        templates/deployment.yaml      (with if, range and with)
    Good:
        templates/deployment.yaml
        tests/deployment_test.yaml
    Fix: write tests for helm-unittest in tests/*_test.yaml, first for the templates with the most conditions.
    Source: helm-unittest
    """
    branches = _branches(subject)
    if branches < _MANY_BRANCHES:
        raise NotApplicable("the templates have too little logic to be tested by itself")
    if any(_UNIT_TEST.match(file) for file in subject.chart.files):
        return
    _require_loaded(subject, "test")
    message = f"the templates have {branches} conditions and loops, but there is no tests/*_test.yaml"
    yield Violation(message, TextPlace("Chart.yaml"))


@rule(
    "testing/no-ci-values",
    default=SHOULD,
    needs={RESULTS},
    enforces=require(r"\bci values\b|values files? (in|under) ci\b|\bci/(?!cd\b)|chart-testing|\bct (lint|install)\b"),
)
def no_ci_values(subject: Subject) -> Iterator[Violation]:
    """The chart ships no values to be tested with besides its defaults.

    Why: with the defaults alone most branches are never rendered; what a flag switches on is first tried by a user.
    Bad:
        Chart.yaml
        values.yaml
    Good:
        Chart.yaml
        ci/ingress-values.yaml
        values.yaml
    Fix: add a values file for each usual way of installing the chart, ci/<name>-values.yaml; chart-testing and this
        program render the chart with each of them.
    Source: chart-testing, ci/*-values.yaml
    """
    if subject.chart.is_library:
        raise NotApplicable("a library chart is not rendered by itself")
    if not _branches(subject):
        raise NotApplicable("the templates have nothing that values could switch")
    if any(result.scenario.name.startswith("ci/") for result in subject.results):
        return
    if any(file.startswith("ci/") and file.endswith(("-values.yaml", "-values.yml")) for file in subject.chart.files):
        return
    _require_loaded(subject, "ci")
    yield Violation("has no ci/*-values.yaml; chart-testing tries it with its defaults alone", TextPlace("Chart.yaml"))


@rule(
    "testing/overlay-untested",
    default=SHOULD,
    needs={RESULTS},
    enforces=require(r"\b(overlays?|platform values)\b.*\b(tests?|tested|tried|exercised)\b"),
)
def overlay_untested(subject: Subject) -> Iterator[Violation]:
    """A platform's overlay is in no test.

    Why: nobody renders the chart for that platform until somebody installs it there.
    Bad:
        platforms/aws.yaml
        tests/deployment_test.yaml       (names no overlay)
    Good:
        platforms/aws.yaml
        tests/aws_test.yaml              (values: [../platforms/aws.yaml])
    Fix: name the overlay in a helm-unittest suite (`values:`), add ci/<platform>-values.yaml, or make it part of a
        scenario in .helm-constitution.yaml.
    Source: helm-unittest, test suite `values`; chart-testing, ci/*-values.yaml
    """
    files = subject.chart.files
    overlays = [file for file in files if file.startswith("platforms/") and file.endswith((".yaml", ".yml"))]
    if not overlays:
        raise NotApplicable("the chart has no platforms/*.yaml")
    tests = [text for file, text in files.items() if file.startswith("tests/")]
    ci_names = [file for file in files if file.startswith("ci/")]
    configured = {
        file.name
        for result in subject.results
        if result.scenario.kind is ScenarioKind.CONFIGURED
        for file in result.scenario.request.values_files
    }
    for overlay in sorted(overlays):
        name = overlay.rpartition("/")[2]
        stem = name.rpartition(".")[0]
        if name in configured or any(overlay in text for text in tests):
            continue
        if any(re.search(rf"(?<![a-z0-9]){re.escape(stem)}(?![a-z0-9])", file) for file in ci_names):
            continue
        _require_loaded(subject, "test")
        _require_loaded(subject, "ci")
        message = f"no test names {overlay}, and there is no ci/{stem}-values.yaml"
        yield Violation(message, TextPlace(overlay))


MODULE = RuleModule(
    key="testing",
    title="Testing",
    aliases=(r"\btest(?:s|ing|ed)?\b", r"\bvalidation\b", r"\blint\b"),
    rules=(
        lint_error,
        lint_warning,
        render_error,
        scenario_error,
        no_test_hook,
        no_unit_tests,
        no_ci_values,
        overlay_untested,
        branch_never_rendered,
    ),
)
