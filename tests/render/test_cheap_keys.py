"""Charts that make RSA keys: helm makes them only where somebody may read them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import Limits, LintOutput, Pending, RenderOutput, RenderRequest
from helm_constitution.render import instrumentation
from tests.helm.support import write_chart
from tests.support import check_chart

pytestmark = pytest.mark.helm

TLS = """\
{{- $ca := genCA "ca" 365 }}
apiVersion: v1
kind: Secret
metadata:
  name: {{ .Release.Name }}
data:
  tls.key: {{ $ca.Key | b64enc }}
"""
RAW = """\
{{- $ca := genCA "ca" 365 }}
apiVersion: v1
kind: Secret
metadata:
  name: {{ .Release.Name }}
stringData:
  tls.key: |
    {{- $ca.Key | nindent 4 }}
"""
FLAG = """\
{{- if .Values.metrics.enabled }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
{{- end }}
"""
VALUES = "metrics:\n  # Turns metrics on.\n  enabled: false\n"


class KeyCounter(EmbeddedEngine):
    """Counts the lints and renders in which helm makes an RSA key, and those in which it makes a cheap one."""

    def __init__(self) -> None:
        super().__init__(Limits())
        self.dear: list[str] = []
        self.cheap: list[str] = []

    def lint(self, chart: Path, request: RenderRequest) -> Pending[LintOutput]:
        self._count("lint", chart)
        return super().lint(chart, request)

    def render(self, chart: Path, request: RenderRequest) -> Pending[RenderOutput]:
        self._count("render", chart)
        return super().render(chart, request)

    def _count(self, what: str, chart: Path) -> None:
        text = (chart / "templates" / "tls.yaml").read_text(encoding="utf-8")
        (self.cheap if "genCAWithKey" in text else self.dear).append(what)


@pytest.fixture
def engine() -> Iterator[KeyCounter]:
    engine = KeyCounter()
    yield engine
    engine.close()


def chart_of(folder: Path, tls: str, more: str = FLAG) -> Path:
    return write_chart(folder / "web", {"values.yaml": VALUES, "templates/tls.yaml": tls, "templates/more.yaml": more})


def test_a_check_makes_them_once(tmp_path: Path, engine: KeyCounter) -> None:
    report = check_chart(chart_of(tmp_path, TLS), engine)
    assert engine.dear == ["render"]
    assert engine.cheap.count("lint") == 1
    assert not report.troubles


def test_switched_flags_make_none(tmp_path: Path, engine: KeyCounter) -> None:
    chart = chart_of(tmp_path, TLS)
    check_chart(chart, engine)
    quick = len(engine.dear)
    report = check_chart(chart, engine, CheckOptions(scenarios="full", coverage=True))
    assert "metrics.enabled" in " ".join(scenario.name for scenario in report.scenarios)
    # Once for the defaults, once more to see what is another each time.
    assert engine.dear[quick:] == ["render"] * 3
    assert len(engine.cheap) > len(engine.dear)


@pytest.mark.parametrize("tls", [TLS, RAW])
def test_the_report_is_the_same_as_with_the_keys_as_written(
    tmp_path: Path, engine: KeyCounter, tls: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chart = chart_of(tmp_path, tls)
    options = CheckOptions(scenarios="full", coverage=True)
    report = check_chart(chart, engine, options)
    monkeypatch.setattr(instrumentation, "cheap_sources", lambda *_: {})
    assert check_chart(chart, engine, options) == report
    assert report.coverage is not None
    (flagged,) = [one for one in report.coverage if one.path == "templates/more.yaml"]
    assert all(is_entered for _, is_entered in flagged.lines)


def test_lint_names_the_places_of_the_chart_itself(tmp_path: Path, engine: KeyCounter) -> None:
    fault = '{{ $own := genSelfSignedCert "web" nil nil 365 }}{{ fail (printf "%d" (len .Values.nothing.here)) }}\n'
    chart = chart_of(tmp_path, TLS, fault)
    plain = engine.lint(chart, RenderRequest()).result()
    report = check_chart(chart, engine)
    (place,) = {(message.line, message.column) for message in plain.messages if message.column is not None}
    assert place in [(found.location.line, found.location.column) for found in report.findings]
