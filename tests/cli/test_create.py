"""``create``: a chart without a finding, and the same as a starter of helm."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.check.pipeline import run as check
from helm_constitution.cli.main import cli
from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.model import Gate, Status
from helm_constitution.helm.cli import CliEngine
from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import HelmEngine, Limits
from scripts import starter


def create(*arguments: str) -> None:
    result = CliRunner().invoke(cli, ["create", *arguments], standalone_mode=False)
    if result.exception is not None:
        raise result.exception


@pytest.fixture(scope="module")
def library() -> Iterator[HelmEngine]:
    engine = EmbeddedEngine(Limits())
    yield engine
    engine.close()


def test_the_starter_is_made_of_the_base_chart() -> None:
    """`python -m scripts.starter` writes it."""
    assert starter.FILE.read_text("utf-8") == starter.text()


KINDS = {
    "deployment ingress": ("--kind", "deployment", "--ingress"),
    "deployment gateway": ("--gateway",),
    "statefulset ingress": ("--kind", "statefulset"),
    "statefulset gateway": ("--kind", "statefulset", "--gateway"),
    "job": ("--kind", "job"),
    "cronjob": ("--kind", "cronjob"),
    "library": ("--kind", "library"),
}


def no_finding(chart: Path, engine: HelmEngine, scenarios: str) -> None:
    options = CheckOptions(constitution=Path("built-in"), scenarios=scenarios)
    report = check(CheckRequest(chart, engine, options))
    assert (report.name, report.gate, report.findings, report.troubles) == (chart.name, Gate.PASS, (), ())
    rendered = {one.name for one in report.scenarios if one.status is Status.RENDERED}
    assert report.scenarios == () or {"platforms/aks.yaml", "ci/full-values.yaml"} <= rendered


@pytest.mark.helm
@pytest.mark.parametrize("name", ["shop", "web", "order-api2"])
def test_a_new_chart_has_no_finding(tmp_path: Path, library: HelmEngine, name: str) -> None:
    create(str(tmp_path / name))
    no_finding(tmp_path / name, library, "quick")


@pytest.mark.helm
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scenarios", ["quick", "full"])
def test_no_kind_of_chart_has_a_finding(tmp_path: Path, library: HelmEngine, kind: str, scenarios: str) -> None:
    create(str(tmp_path / "shop"), *KINDS[kind])
    no_finding(tmp_path / "shop", library, scenarios)


@pytest.mark.parametrize("kind", KINDS)
def test_helm_3_and_4_find_nothing_either(tmp_path: Path, helm: Path, kind: str) -> None:
    create(str(tmp_path / "shop"), *KINDS[kind])
    engine = CliEngine(str(helm), Limits())
    no_finding(tmp_path / "shop", engine, "quick")
    lint = [str(helm), "lint", "--strict", str(tmp_path / "shop")]
    assert subprocess.run(lint, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_what_it_is_called(kind: str) -> None:
    """Unit tests in the form of helm-unittest name templates that are there; the README's title is the chart's name."""
    files = starter.charts()[kind]
    assert files["README.md"].startswith("# <CHARTNAME>\n")
    assert (f"templates/{kind.split()[0]}.yaml" in files) is (kind != "library")
    suites = [yaml.safe_load(text) for path, text in files.items() if path.startswith("tests/")]
    assert {template for suite in suites for template in suite["templates"]} <= files.keys()
    assert all(test["asserts"] for suite in suites for test in suite["tests"])


@pytest.mark.parametrize("kind", ["job", "cronjob", "library"])
@pytest.mark.parametrize("route", ["--ingress", "--gateway"])
def test_what_serves_nothing_has_no_route(tmp_path: Path, kind: str, route: str) -> None:
    message = f"{route} requires a chart that serves requests: --kind deployment or statefulset"
    with pytest.raises(ConfigurationError, match=message):
        create(str(tmp_path / "shop"), "--kind", kind, route)
    assert not (tmp_path / "shop").exists()


@pytest.mark.parametrize("name", ["Shop", "shop_api", "-shop", "a" * 51, "1shop"])
def test_a_bad_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a valid chart name"):
        create(str(tmp_path / name))
    assert not (tmp_path / name).exists()


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    with pytest.raises(ConfigurationError, match="already exists"):
        create(str(tmp_path / "shop"))


def test_no_part_of_a_chart_is_left(tmp_path: Path) -> None:
    """As on a full disk: small files fit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(ConfigurationError, match="the chart can't be written: File too large"):
            create(str(tmp_path / "shop"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.helm
def test_helm_makes_a_chart_of_the_starter(tmp_path: Path, helm: Path) -> None:
    create("--starter", str(tmp_path / "starter"))
    command = [str(helm), "create", str(tmp_path / "shop"), "--starter", str(tmp_path / "starter")]
    subprocess.run(command, check=True, capture_output=True)
    rendered = subprocess.run(
        [str(helm), "template", str(tmp_path / "shop")], check=True, capture_output=True, text=True
    ).stdout
    assert "name: release-name-shop\n" in rendered
    assert "<CHARTNAME>" not in rendered
