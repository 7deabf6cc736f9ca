"""Whatever a report depends on besides the chart is noticed when it changes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions
from helm_constitution.core.errors import ConstitutionError
from helm_constitution.core.model import Gate
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import RenderRequest, SetArgument
from helm_constitution.report.model import ChartReport
from tests.helm.support import CONFIG_MAP, write_chart
from tests.support import check_chart, write

POLICY = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: short.example.com
spec:
  matchConstraints:
    resourceRules:
      - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}
  validations:
    - expression: object.metadata.name.size() <= 5
      message: the name is too long
"""
OPTIONS = CheckOptions(cache=True, today="2026-05-01", constitution=Path("built-in"), lines=False)


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a chart, which is the current folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    repository = tmp_path / "team"
    write_chart(repository / "web", {"templates/a.yaml": CONFIG_MAP + "  c: {{ .Values.c | quote }}\n"})
    (repository / ".git").mkdir()
    monkeypatch.chdir(repository)
    return repository


def replace_in_place(file: Path, old: str, new: str) -> None:
    """Leaves size and time as they are."""
    state = file.stat()
    file.write_text(file.read_text().replace(old, new))
    assert file.stat().st_size == state.st_size
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))


def policy_findings(report: ChartReport) -> list[str]:
    return [one.message for one in report.findings if "too long" in one.message]


@pytest.mark.parametrize("by_configuration", [True, False])
def test_a_policy_that_keeps_its_size_and_time(team: Path, embedded: EmbeddedEngine, by_configuration: bool) -> None:
    write(team, {"policies/all.yaml": POLICY})
    options = OPTIONS
    if by_configuration:
        write(team, {".helm-constitution.yaml": "policies: [policies]\n"})
    else:
        options = options._replace(policies=(Path("policies"),))
    assert not policy_findings(check_chart(Path("web"), embedded, options))
    replace_in_place(team / "policies/all.yaml", "<= 5", "<= 0")
    assert policy_findings(check_chart(Path("web"), embedded, options))


@pytest.mark.parametrize("text", ["a={0}/one,c={0}/two", r"c={0}/t\wo", "c={{{0}/one,{0}/two}}"])
def test_every_file_of_a_set_file_option(team: Path, embedded: EmbeddedEngine, text: str) -> None:
    write(team, {"one": "1", "two": "2", r"t\wo": "3", "web/values.yaml": "a: 1\nc: 2\n"})
    options = OPTIONS._replace(request=RenderRequest(set_arguments=(SetArgument("--set-file", text.format(team)),)))
    first = check_chart(Path("web"), embedded, options)
    assert first.mark
    assert check_chart(Path("web"), embedded, options).mark == first.mark
    (team / "two").write_text("other")
    assert check_chart(Path("web"), embedded, options).mark != first.mark


WAIVER = """
waivers:
  - rule: values/unused
    chart: other
    why_needed: it is internal
    simpler_alternative_rejected_because: there is no reader
"""


@pytest.mark.parametrize("text", ["charts: {other: {}}\n", "charts: {'**/other': {}}\n", WAIVER])
def test_a_chart_that_a_configuration_names_and_that_is_gone(team: Path, embedded: EmbeddedEngine, text: str) -> None:
    write(team, {".helm-constitution.yaml": text, "other/Chart.yaml": "name: other\n"})
    assert check_chart(Path("web"), embedded, OPTIONS).gate is not Gate.ERROR
    (team / "other/Chart.yaml").unlink()
    (team / "other").rmdir()
    with pytest.raises(ConstitutionError, match="other"):
        check_chart(Path("web"), embedded, OPTIONS)


@pytest.mark.parametrize("change", [lambda team: (team / ".git").rmdir(), lambda team: (team / "web/.git").mkdir()])
def test_another_repository(team: Path, embedded: EmbeddedEngine, change: Callable[[Path], object]) -> None:
    first = check_chart(Path("web"), embedded, OPTIONS)
    change(team)
    assert check_chart(Path("web"), embedded, OPTIONS).mark != first.mark
