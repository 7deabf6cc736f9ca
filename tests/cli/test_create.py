"""``create``: a chart without a finding, and the same as a starter of helm."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.check.pipeline import run as check
from helm_constitution.cli.main import cli
from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.model import Gate, Status
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


@pytest.mark.helm
@pytest.mark.parametrize("name", ["shop", "web", "order-api2"])
@pytest.mark.parametrize("scenarios", ["quick", "full"])
def test_a_new_chart_has_no_finding(tmp_path: Path, library: HelmEngine, name: str, scenarios: str) -> None:
    create(str(tmp_path / name))
    options = CheckOptions(constitution=Path("built-in"), scenarios=scenarios)
    report = check(CheckRequest(tmp_path / name, library, options))
    assert (report.name, report.gate, report.findings, report.troubles) == (name, Gate.PASS, (), ())
    assert "platforms/aks.yaml" in {one.name for one in report.scenarios if one.status is Status.RENDERED}


@pytest.mark.parametrize("name", ["Shop", "shop_api", "-shop", "a" * 51, "1shop"])
def test_a_bad_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a chart's name"):
        create(str(tmp_path / name))
    assert not (tmp_path / name).exists()


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    with pytest.raises(ConfigurationError, match="already exists"):
        create(str(tmp_path / "shop"))


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
