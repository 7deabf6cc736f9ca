"""What is printed of an unchanged chart is what a check would print, whoever has written into the cache."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from click.testing import CliRunner

from helm_constitution.check import answers, kept_report
from helm_constitution.check.kept_report import PART
from helm_constitution.check.private_folder import PrivateFolder
from helm_constitution.cli.main import cli
from helm_constitution.report.model import ChartReport
from helm_constitution.report.parts import Part
from tests.helm.support import write_chart

Check: TypeAlias = Callable[..., str]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "helm-constitution" / "reports"


@pytest.fixture
def check(place: Path, tmp_path: Path, helm4: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Checks two charts, or those that are named; gives what is printed."""
    monkeypatch.setenv("HELM_BIN", str(helm4))
    monkeypatch.chdir(tmp_path)
    write_chart(tmp_path / "charts" / "web", {"values.yaml": "# ::error::\npassword: hunter2hunter2\n"})
    write_chart(tmp_path / "charts" / "other", {"templates/a.yaml": '{{ required "set it" .Values.absent }}\n'})

    def run(*arguments: str) -> str:
        chosen = arguments if any(one.startswith("charts") for one in arguments) else (*arguments, "charts")
        result = CliRunner().invoke(cli, ["check", "--jobs", "1", "--scenarios", "defaults", *chosen])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.output

    return run


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The charts whose parts are made, in the order in which that is done."""
    found: list[str] = []
    make = answers.Parts._part

    def part(self: answers.Parts, report: ChartReport) -> Part:
        found.append(report.path)
        return make(self, report)

    monkeypatch.setattr(answers.Parts, "_part", part)
    return found


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("charts/web",),
        ("--all",),
        ("--color=always", "charts/web"),
        ("--format=json",),
        ("--format=json", "charts/web"),
        ("--format=sarif",),
        ("--format=concise",),
    ],
    ids=" ".join,
)
def test_an_unchanged_chart_prints_the_same(check: Check, options: tuple[str, ...]) -> None:
    expected = check("--no-cache", *options)
    assert [check(*options) for _ in range(3)] == [expected] * 3


def test_a_part_is_made_once_for_each_form(check: Check, made: list[str]) -> None:
    check("--format=json")
    check("--format=json")
    assert made == ["charts/other", "charts/web"]
    texts = check(), check()
    assert made == ["charts/other", "charts/web"] * 2
    assert texts[0] == texts[1] != check("--all")
    assert check("charts/web") not in texts


def test_a_part_belongs_to_its_report(check: Check, made: list[str], tmp_path: Path) -> None:
    """A constitution that only the configuration names is no part of the key: the report under it is made anew."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".helm-constitution.yaml").write_text("constitution: c.md\n")
    (tmp_path / "c.md").write_text("# C\n\n## A\n\nX MUST be. <!-- rules: values/undocumented -->\n")
    first = check("charts/web")
    (tmp_path / "c.md").write_text("# C\n\n## B\n\nY MUST be. <!-- rules: values/undocumented -->\n")
    second = check("charts/web")
    assert second != first
    assert check("charts/web") == second == check("--no-cache", "charts/web")
    assert made == ["charts/web"] * 3


def test_a_part_leads_to_the_documentation_of_its_run(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_HYPERLINK", "1")
    for host in ("one", "two"):
        monkeypatch.setenv("HELM_CONSTITUTION_DOCS", f"https://{host}.example.com")
        assert f"https://{host}.example.com/rules/" in check("--color=always", "charts/web")


@pytest.mark.parametrize("content", [b"", b"x", zlib.compress(b""), zlib.compress(b"[]\ntext"), zlib.compress(b"5\n")])
def test_a_part_that_is_none_is_made_again(check: Check, place: Path, content: bytes) -> None:
    first = check()
    folder = PrivateFolder.open(str(place))
    assert folder is not None
    parts = list(place.glob(f"*{PART}"))
    assert len(parts) == 2
    for part in parts:
        folder.write(part.name, content)
    assert check() == first
    for part in parts:
        part.write_bytes(content)
    assert check() == first


def test_a_part_of_another_chart_is_not_taken(check: Check, place: Path) -> None:
    first = check()
    one, two = place.glob(f"*{PART}")
    contents = one.read_bytes(), two.read_bytes()
    two.write_bytes(contents[0])
    one.write_bytes(contents[1])
    assert check() == first


def test_parts_count_among_what_is_kept(check: Check, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check()
    assert "2 reports, 2 report parts, " in CliRunner().invoke(cli, ["cache", "info"]).output
    monkeypatch.setattr(kept_report, "KEPT", 3)
    monkeypatch.setattr(kept_report, "_TIDIES", "g")
    check("--format=json")
    assert len([file for file in place.iterdir() if file.name != "key"]) <= 3


def test_the_bytes_of_all_that_is_kept_are_limited(check: Check, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check()
    assert sum(file.stat().st_size for file in place.iterdir() if file.name != "key") > 3_000
    monkeypatch.setattr(kept_report, "KEPT_BYTES", 3_000)
    monkeypatch.setattr(kept_report, "_TIDIES", "g")
    check("--format=json")
    assert sum(file.stat().st_size for file in place.iterdir() if file.name != "key") <= 3_000
