"""A new kind of scenario, report format, engine or source of findings: one file, and one line in a typed list.

Each is written here as somebody would write it in a file of its own; the line in the list is what ``monkeypatch`` adds.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from helm_constitution import report
from helm_constitution.api import SHOULD, Manifest, RuleModule, Subject, Violation, require, rule
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.check.pipeline import run
from helm_constitution.helm import choose
from helm_constitution.helm.choose import EngineKind, choose_engine
from helm_constitution.helm.protocol import HelmEngine, Limits
from helm_constitution.lint import registry
from helm_constitution.lint.registry import RuleQuery
from helm_constitution.render import sources
from helm_constitution.render.full_round import FullResult, FullRound
from helm_constitution.render.scenarios import Scenario, ScenarioKind
from helm_constitution.report.model import RunReport
from tests.support import WEB, write

# --- a kind of scenario: the defaults in another namespace ------------------------------------------------------------

NAMESPACE = ScenarioKind("namespace", counts_as_evidence=False, checks_repeats=False)


def another_namespace(full: FullRound) -> FullResult:
    request = full.base.scenario.request._replace(namespace="elsewhere")
    return FullResult(tuple(full.render_all([Scenario("namespace elsewhere", request, NAMESPACE)])))


def test_a_kind_of_scenario(tmp_path: Path, embedded: HelmEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    template = """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: {{ .Release.Name }}-web
        data:
          peer: web.{{ .Release.Namespace }}.svc
        """
    write(tmp_path, {**WEB, "web/templates/configmap.yaml": template})
    monkeypatch.setattr(sources, "SOURCES", (*sources.SOURCES, another_namespace))
    found = run(CheckRequest(tmp_path / "web", embedded, CheckOptions(scenarios="full")))
    assert [one.status.value for one in found.scenarios if one.name == "namespace elsewhere"] == ["rendered"]


# --- a report format: one word a chart --------------------------------------------------------------------------------


def render_words(reports: RunReport) -> str:
    return "".join(f"{chart.name} {chart.verdict.label}\n" for chart in reports.charts)


def test_a_report_format(tmp_path: Path, embedded: HelmEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    file = ModuleType("helm_constitution.report.words_only")
    file.__dict__["render"] = render_words
    monkeypatch.setitem(sys.modules, file.__name__, file)
    monkeypatch.setitem(report.FORMATS, "words", "words_only")
    found = run(CheckRequest(write(tmp_path, WEB) / "web", embedded))
    assert report.renderer("words")(RunReport("embedded", "", "", (found,))) == "web fail\n"


# --- an engine: another one's, that counts ----------------------------------------------------------------------------


def test_an_engine(embedded: HelmEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(found: str, limits: Limits) -> HelmEngine:
        assert found == "/usr/bin/podman-helm"
        return embedded

    kind = EngineKind("remote", lambda: "/usr/bin/podman-helm", start, "there is no remote helm", "start one")
    monkeypatch.setattr(choose, "ENGINES", (*choose.ENGINES, kind))
    assert choose_engine("remote", Limits()) is embedded


# --- a source of findings: the names that a company forbids -----------------------------------------------------------


def forbidden_names(found: tuple[RuleModule, ...], _: RuleQuery) -> tuple[RuleModule, ...]:
    names = json.loads('["web"]')  # of a file of the company's, say

    @rule("company/name", scope=Manifest, default=SHOULD, enforces=require(r"company names"))
    def name(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
        """An object has a name that the company reserves."""
        if any(word in manifest.name for word in names):
            yield Violation(f"{manifest.name} is reserved; choose another name", manifest.get("metadata", "name"))

    return (*found, RuleModule("company", "Company", (), (name,)))


def test_a_source_of_findings(tmp_path: Path, embedded: HelmEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    constitution = "# Ours\n\n## Names\n\nA chart MUST keep to the company names.\n"
    write(tmp_path, {**WEB, "constitution.md": constitution})
    monkeypatch.setattr(registry, "SOURCES", (*registry.SOURCES, forbidden_names))
    found = run(CheckRequest(tmp_path / "web", embedded))
    (finding,) = (one for one in found.findings if one.rule == "company/name")
    assert (finding.location.file, finding.location.line) == ("templates/deployment.yaml", 4)
    assert finding.severity.label == "error"
