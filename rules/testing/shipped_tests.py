"""Whether the chart ships tests: hooks for `helm test`, unit tests, values files to be tried with."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.api import (
    RESULTS,
    SHOULD,
    LazyPattern,
    NotApplicable,
    ScenarioKind,
    Subject,
    TextPlace,
    Unchecked,
    Violation,
    require,
    rule,
)

_HOOK = LazyPattern(r"^(?!\s*#).*helm\.sh/hook[\"']?\s*:.*\btest(?:-success|-failure)?\b", re.MULTILINE)


@rule(
    "testing/no-test-hook",
    default=SHOULD,
    needs={RESULTS},
    enforces=require(r"helm test\b|test hooks?|helm\.sh/hook|smoke tests?|connection tests?"),
)
def no_test_hook(subject: Subject) -> Iterator[Violation]:
    """Chart has no `helm test` test.

    Why: After an install or upgrade, users can't check with the chart itself whether the release works.
    Bad:
        templates/deployment.yaml
        templates/service.yaml
    Good:
        # templates/tests/connection.yaml
        metadata:
          annotations:
            helm.sh/hook: test
    Fix: Add a Pod or Job with the annotation `helm.sh/hook: test` in templates/tests/ that calls the Service.
    Source: Helm documentation, Chart Tests; chart-verifier contains-test
    """
    if subject.chart.is_library:
        raise NotApplicable("a library chart installs nothing to test")
    own = [file for file in subject.chart.files if file.startswith("templates/")]
    if any("helm.sh/hook" in (text := subject.chart.files[file]) and _HOOK.search(text) for file in own):
        return
    if subject.rendered:
        manifests = [manifest for rendering in subject.renderings for manifest in rendering.manifests]
        if any(manifest.is_test for manifest in manifests):
            return
        if not any(manifest.workloads for manifest in manifests):
            raise NotApplicable("the chart runs no workload to test")
    if subject.chart.missing_dependencies:
        raise Unchecked("dependencies that may contain tests are missing in charts/")
    yield Violation(
        "chart has no test for `helm test`; add a Pod or Job with the annotation helm.sh/hook: test",
        TextPlace("Chart.yaml"),
    )


_CONTROL = LazyPattern(r"\{\{-?\s*(?:if|else|range|with)\b")
_MANY_BRANCHES = 10
_UNIT_TEST = LazyPattern(r"tests/.*\.ya?ml\Z|(?!templates/).*_test\.ya?ml\Z")
"""Where helm-unittest looks for tests by default, and where a chart may keep them (`--file`)."""
_LEFT_OUT = LazyPattern(r"^/?(ci|(?:unit[-_]?)?tests?|\*\*?/tests?|\S*_test\.ya?ml)(/|/\*+)?\s*$")


def _branches(subject: Subject) -> int:
    """How many conditions and loops the chart's own templates have."""
    own = (text for file, text in subject.chart.files.items() if file.startswith("templates/"))
    return sum(subject.derived_from(text, _branches_in) for text in own if "{{" in text)


def _branches_in(text: str) -> int:
    return len(_CONTROL.findall(text))


def _require_loaded(subject: Subject, folder: str) -> None:
    """Raises Unchecked where .helmignore keeps a folder from being seen."""
    for line in subject.chart.files.get(".helmignore", "").splitlines():
        found = _LEFT_OUT.match(line.strip())
        if found is not None and folder in found.group(1):
            raise Unchecked(f".helmignore excludes {folder}")


@rule(
    "testing/no-unit-tests",
    default=SHOULD,
    enforces=require(r"\bunit.?tests?\b|helm.?unittest"),
)
def no_unit_tests(subject: Subject) -> Iterator[Violation]:
    """Templates with logic have no unit tests.

    Why: An untested branch breaks unnoticed; a unit test states in three lines what it should render.
    Bad:
        templates/deployment.yaml      (with if, range and with)
    Good:
        templates/deployment.yaml
        tests/deployment_test.yaml
    Fix: Write tests for helm-unittest in tests/*_test.yaml, first for the templates with the most conditions.
    Source: helm-unittest
    """
    branches = _branches(subject)
    if branches < _MANY_BRANCHES:
        raise NotApplicable("the templates have too little logic for unit tests")
    if any(_UNIT_TEST.match(file) for file in subject.chart.files):
        return
    _require_loaded(subject, "test")
    message = f"templates have {branches} conditions and loops, but no unit tests; add tests/*_test.yaml"
    yield Violation(message, TextPlace("Chart.yaml"))


@rule(
    "testing/no-ci-values",
    default=SHOULD,
    needs={RESULTS},
    enforces=require(r"\bci values\b|values files? (in|under) ci\b|\bci/(?!cd\b)|chart-testing|\bct (lint|install)\b"),
)
def no_ci_values(subject: Subject) -> Iterator[Violation]:
    """Chart has no values files for tests.

    Why: With the defaults alone most branches are never rendered; users are the first to enable a feature.
    Bad:
        Chart.yaml
        values.yaml
    Good:
        Chart.yaml
        ci/ingress-values.yaml
        values.yaml
    Fix: Add a values file for each usual way of installing the chart, ci/<name>-values.yaml; chart-testing and this
        program render the chart with each of them.
    Source: chart-testing, ci/*-values.yaml
    """
    if subject.chart.is_library:
        raise NotApplicable("a library chart is not rendered by itself")
    if not _branches(subject):
        raise NotApplicable("the templates have no conditions on values")
    if any(result.scenario.name.startswith("ci/") for result in subject.results):
        return
    if any(file.startswith("ci/") and file.endswith(("-values.yaml", "-values.yml")) for file in subject.chart.files):
        return
    _require_loaded(subject, "ci")
    yield Violation(
        "chart has no ci/*-values.yaml, so only its defaults are tested; add one for each usual installation",
        TextPlace("Chart.yaml"),
    )


@rule(
    "testing/overlay-untested",
    default=SHOULD,
    needs={RESULTS},
    enforces=require(r"\b(overlays?|platform values)\b.*\b(tests?|tested|tried|exercised)\b"),
)
def overlay_untested(subject: Subject) -> Iterator[Violation]:
    """Platform overlay is not tested.

    Why: The chart is not rendered for that platform until a user installs it there.
    Bad:
        platforms/aws.yaml
        tests/deployment_test.yaml       (names no overlay)
    Good:
        platforms/aws.yaml
        tests/aws_test.yaml              (values: [../platforms/aws.yaml])
    Fix: List the overlay in a helm-unittest suite (`values:`), add ci/<platform>-values.yaml, or add it to a scenario
        in .helm-constitution.yaml.
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
        message = f"overlay {overlay} is not tested; add ci/{stem}-values.yaml, or list it in a test's values"
        yield Violation(message, TextPlace(overlay))
