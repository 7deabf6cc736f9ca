"""The cases of the rules that need a cluster, against a real API server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions
from helm_constitution.cluster.target import ClusterTarget
from helm_constitution.core.model import Verdict
from helm_constitution.helm.cli import CliEngine
from helm_constitution.helm.protocol import HelmEngine, Limits
from helm_constitution.lint.needs import CLUSTER, DEPLOYMENT
from tests.cases import EXPECT, Case, differences, lay_out, read_expected
from tests.cluster.server import NAMESPACE, Server
from tests.support import check_chart
from tests.test_cases import ALL_CASES, RULES

CASES = [case for case in ALL_CASES if CLUSTER in RULES[case.rule].needs]


@pytest.fixture(scope="module")
def engine(helm4: Path) -> Iterator[HelmEngine]:
    engine = CliEngine(str(helm4), Limits())
    yield engine
    engine.close()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(
    case: Case, tmp_path: Path, engine: HelmEngine, api_server: Server, helm4: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(api_server.kubeconfig))
    monkeypatch.setenv("HELM_BIN", str(helm4))
    chart = tmp_path / "web"
    lay_out(case.folder, chart)
    installs = DEPLOYMENT in RULES[case.rule].needs
    target = ClusterTarget("admin", NAMESPACE, install=installs, allows_writes=installs)
    report = check_chart(chart, engine, CheckOptions(constitution=Path("built-in"), cluster=target))
    statements = [one for principle in report.principles for one in principle.statements if case.rule in one.rules]
    assert [one.verdict for one in statements] == [Verdict.FAIL if case.bad else Verdict.PASS], statements
    expected = read_expected((case.folder / EXPECT).read_text("utf-8")) if case.bad else []
    assert differences(expected, [one for one in report.findings if one.rule == case.rule]) == []
