"""How cases are read and compared (what the cases say is in test_cases.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.core.model import Base, Finding, Location, Severity
from tests.cases import Case, Expected, differences, find_cases, lay_out, read_expected


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def finding(file: str | None, line: int | None, message: str) -> Finding:
    location = Location(Base.CHART, file, line)
    return Finding("values/unused", "values", (), Severity.ERROR, message, location)


def test_expected_lines_have_a_file_maybe_a_line_and_a_message() -> None:
    text = "values.yaml:12 `image.tag` is never read\ntemplates/service.yaml ends: nowhere\n- has no place\n"
    assert read_expected(text) == [
        Expected("values.yaml", 12, "`image.tag` is never read"),
        Expected("templates/service.yaml", None, "ends: nowhere"),
        Expected(None, None, "has no place"),
    ]


@pytest.mark.parametrize("text", ["values.yaml", "values.yaml:12", "values.yaml:12 ", "", " values.yaml message"])
def test_other_lines_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not `file message`"):
        read_expected(text + "\n")


def test_an_overlay_replaces_adds_and_takes_away(tmp_path: Path) -> None:
    base = write(tmp_path / "base", {"Chart.yaml": "a", "values.yaml": "b", "templates/x.yaml": "c", "ci/v.yaml": "d"})
    files = {
        "values.yaml": "new",
        "docs/y.md": "added",
        "templates/x.yaml.absent": "",
        "ci.absent": "",
        "expect.txt": "-",
    }
    lay_out(write(tmp_path / "bad", files), tmp_path / "chart", base)
    chart = tmp_path / "chart"
    found = {str(path.relative_to(chart)): path.read_text() for path in chart.rglob("*") if path.is_file()}
    assert found == {"Chart.yaml": "a", "values.yaml": "new", "docs/y.md": "added"}
    assert (base / "values.yaml").read_text() == "b"


def test_what_is_absent_must_be_in_the_base(tmp_path: Path) -> None:
    base = write(tmp_path / "base", {"Chart.yaml": "a"})
    with pytest.raises(ValueError, match=r"the base chart has no NOTES\.txt"):
        lay_out(write(tmp_path / "bad", {"NOTES.txt.absent": ""}), tmp_path / "chart", base)


def test_a_file_that_changes_nothing_is_refused(tmp_path: Path) -> None:
    base = write(tmp_path / "base", {"Chart.yaml": "a"})
    with pytest.raises(ValueError, match="the base chart's own file"):
        lay_out(write(tmp_path / "good", {"Chart.yaml": "a"}), tmp_path / "chart", base)


def test_cases_are_found_in_order(tmp_path: Path) -> None:
    names = ["values/unused/good/x", "values/unused/bad-alias/x", "docs/no-readme/bad/x"]
    write(tmp_path, dict.fromkeys(names, ""))
    found = list(find_cases(tmp_path))
    assert [str(case) for case in found] == ["docs/no-readme/bad", "values/unused/bad-alias", "values/unused/good"]
    assert [case.bad for case in found] == [True, True, False]
    assert found[0] == Case("docs/no-readme", tmp_path / "docs" / "no-readme" / "bad")


@pytest.mark.parametrize("name", ["stray.txt", "values/stray.txt", "values/unused/expect.txt", "values/unused/worse/x"])
def test_what_belongs_to_no_case_is_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path, {name: ""})
    with pytest.raises(ValueError, match="is no case"):
        list(find_cases(tmp_path))


def test_each_expected_line_takes_one_finding() -> None:
    findings = [finding("values.yaml", 3, "`a` is never read"), finding("values.yaml", 7, "`b` is never read")]
    both = [Expected("values.yaml", None, "is never read"), Expected("values.yaml", 3, "is never read")]
    assert differences(both, findings) == []
    assert differences(both[1:], findings) == ["+ values.yaml:7 `b` is never read"]
    assert differences([*both, Expected("values.yaml", 7, "`b`")], findings) == ["- values.yaml is never read"]


@pytest.mark.parametrize(
    "other",
    [Expected("values.yaml", 4, "never"), Expected("Chart.yaml", 3, "never"), Expected("values.yaml", 3, "always")],
)
def test_place_and_message_both_count(other: Expected) -> None:
    assert differences([other], [finding("values.yaml", 3, "never read")]) == [
        f"- {other}",
        "+ values.yaml:3 never read",
    ]


def test_a_finding_without_a_file_is_expected_by_a_dash() -> None:
    assert differences([Expected(None, None, "there is no test")], [finding(None, None, "there is no test hook")]) == []
