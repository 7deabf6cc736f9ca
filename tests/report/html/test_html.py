"""The HTML report: one page that a person can read in any browser, with any device, and that runs nothing of others."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from hypothesis import given, settings

from helm_constitution.core.model import Base, Debt, Location, Precision, RelatedLocation
from helm_constitution.report import renderer
from helm_constitution.report.model import BranchCoverage, EarlierRun, FileCoverage, RunReport
from tests.report.sample import sample, settled
from tests.report.support import WAIVED, chart, finding, run
from tests.report.test_hostile import hostile, reported


@pytest.fixture(autouse=True)
def _settled() -> Iterator[None]:
    with settled():
        yield


class Page(HTMLParser):
    """The elements of a page in their order, and the text outside style and script."""

    VOID = frozenset({"meta", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] not in (["style"], ["script"]):
            self.text += data

    def of(self, name: str) -> list[dict[str, str | None]]:
        """The attributes of every element of a name."""
        return [attributes for tag, attributes in self.elements if tag == name]


def page(report: RunReport) -> Page:
    """The page of a run."""
    return Page(renderer("html")(report))


SOURCE = "a: 1\nsecurityContext:\n  runAsUser: 0\nb: 2\nc: 3\n"


def in_source() -> RunReport:
    """A run with one finding in a template and the value that sets it."""
    found = finding(
        location=Location(Base.CHART, "templates/deployment.yaml", 3, 3, 3, 15, Precision.EXACT),
        related=(RelatedLocation(Location(Base.CHART, "values.yaml", 2, 1), "set by `securityContext`"),),
    )
    return run(chart(found, sources={"templates/deployment.yaml": SOURCE, "values.yaml": SOURCE}))


def test_the_template_and_the_value_stand_side_by_side_with_the_place_marked() -> None:
    text = renderer("html")(in_source())
    assert text.count("<figure>") == 2
    assert '<span class="line here"><span class="number">   3 </span>  <mark>runAsUser: 0</mark></span>' in text
    assert "<mark>securityContext:</mark>" in text
    assert "set by `securityContext`: <code>charts/web/values.yaml:2:1</code>" in text


def test_without_sources_the_line_of_the_finding_is_shown() -> None:
    assert "<mark>securityContext:</mark>" in renderer("html")(run(chart(finding())))


@pytest.mark.parametrize("column", [1, 5_001, 9_991])
def test_of_a_long_line_what_stands_around_the_place_is_shown(column: int) -> None:
    line = f"{'x' * (column - 1)}runAsUser: 0{'y' * 10_000}"
    location = Location(Base.CHART, "templates/a.yaml", 1, column, 1, column + 12, Precision.EXACT)
    for sources in (None, {"templates/a.yaml": f"{line}\n{line}\n"}):
        text = renderer("html")(run(chart(finding(location=location, source_line=line), sources=sources)))
        assert f"<mark>runAsUser: 0</mark>{'y' * 100}" in text
        assert "y" * 601 not in text


@given(one=hostile)
@settings(max_examples=60)
def test_hostile_text_stays_text(one: str) -> None:
    benign, attacked = page(reported("x")), page(reported(one))
    assert {tag for tag, _ in attacked.elements} <= {tag for tag, _ in benign.elements}
    for tag, attributes in attacked.elements:
        known = {name for other, those in benign.elements if other == tag for name in those}
        assert set(attributes) <= known
        assert not any(name.startswith("on") for name in attributes)
        href = attributes.get("href")
        assert href is None or href.startswith(("#", "https://"))
    assert len(attacked.of("script")) == 1


def test_it_needs_nothing_else_and_allows_only_its_own_script() -> None:
    text = renderer("html")(sample())
    found = Page(text)
    assert not found.of("link")
    assert not found.of("img")
    assert not found.of("iframe")
    assert not any("src" in attributes for _, attributes in found.elements)
    (policy,) = [one["content"] for one in found.of("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert re.search(r"script-src 'sha256-[\w+/]{43}='", policy)
    assert "@import" not in text
    assert "url(" not in text


def test_labels_headings_and_anchors_are_as_a_screen_reader_needs_them() -> None:
    found = page(sample())
    assert found.of("html")[0]["lang"] == "en"
    levels = [int(tag[1]) for tag, _ in found.elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {(one["href"] or "").removeprefix("#") for one in found.of("a") if (one["href"] or "")[0] == "#"} <= set(ids)
    around = renderer("html")(sample())
    for control in re.findall(r"<(?:input|select)[^>]*>", around):
        before = around[: around.index(control)]
        assert before.rindex("<label") > before.rfind("</label>")
    assert all(one.get("scope") in ("col", "row") for one in found.of("th"))
    assert len(found.of("caption")) == len(found.of("table"))


def test_findings_carry_what_they_are_filtered_by() -> None:
    (article,) = page(in_source()).of("article")
    assert article["data-kind"] == "error"
    assert article["data-rules"] == "security/root-user"
    assert article["data-file"] == "templates/deployment.yaml"
    assert article["data-scenarios"] == "defaults"
    assert {one["value"] for one in page(in_source()).of("option")} >= {"", "security/root-user", "defaults"}


def test_waivers_are_ordered_by_their_last_day_and_debt_by_its_age() -> None:
    later = WAIVED._replace(expires="2028-01-31")
    report = run(
        chart(
            finding(waived=later),
            finding(waived=WAIVED),
            finding(debt=Debt("2026-11-01")),
            finding(debt=Debt("2025-11-30")),
        )
    )
    text = page(report._replace(day="2026-11-30")).text
    assert text.index("2027-01-31 (in 62 days)") < text.index("2028-01-31 (in 427 days)")
    assert text.index("2025-11-30 (365 days ago)") < text.index("2026-11-01 (29 days ago)")


def test_coverage_is_shown_in_the_source_with_the_scenarios_that_entered() -> None:
    branches = (
        BranchCoverage(1, 1, 0, True, True, ("defaults", "ci/a-values.yaml")),
        BranchCoverage(3, 1, 1, False, True),
    )
    covered = FileCoverage("templates/a.yaml", ((2, True), (4, False)), branches, ())
    source = "{{ if .Values.a }}\na: 1\n{{ else }}\nb: 2\n{{ end }}\n"
    text = page(run(chart(coverage=(covered,), sources={"templates/a.yaml": source}))).text
    assert "templates/a.yaml · 1 of 2 branches, 1 of 2 lines" in text
    assert "{{ if .Values.a }}  ← entered by defaults, ci/a-values.yaml" in text
    assert "✗    3 {{ else }}  ← no scenario enters this branch" in text


def test_the_trend_counts_the_charts_of_this_run_alone() -> None:
    earlier = (
        EarlierRun("2026-10-01", {("web", "security"): 5, ("other", "security"): 90}),
        EarlierRun("2026-11-01", {("web", "security"): 3}),
    )
    text = renderer("html")(run(chart(finding()))._replace(history=earlier))
    cells = re.findall(r'<th scope="row">Security by Default</th>(.*?)</tr>', text)[-1]
    assert re.findall(r"<td>(\d+)</td>", cells) == ["5", "3", "1"]
    assert 'aria-label="from 5 to 1"' in text
    assert "Trend" not in page(run(chart(finding()))).text


def test_every_colour_of_text_stands_out_from_its_ground_in_light_and_in_dark() -> None:
    css = (files("helm_constitution") / "data" / "report.css").read_text("utf-8")
    schemes = [
        dict(re.findall(r"--(\w+): (#\w{6});", one)) for one in re.findall(r":root \{(.*?)\n *\}", css, re.DOTALL)
    ]
    assert len(schemes) == 2
    for colours in schemes:
        for ground in ("back", "panel"):
            for name in ("text", "dim", "link", "error", "warning", "note", "pass", "unchecked"):
                assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
        for ground in ("mark", "here", "hit", "missed"):
            assert contrast(colours["text"], colours[ground]) >= 4.5, ground
            if ground != "mark":
                assert contrast(colours["dim"], colours[ground]) >= 4.5, ground


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, as WCAG 2 defines it."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """The relative luminance of a colour, as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
