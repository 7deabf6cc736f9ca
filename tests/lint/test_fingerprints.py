"""Fingerprints: what moves a finding doesn't change its own, and no two findings of a chart share one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import process_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helm_constitution.api import Container, Subject
from helm_constitution.chart.loader import load_chart
from helm_constitution.core.model import Base, Finding, Location, ObjectRef, RuleSetting, Severity
from helm_constitution.helm.protocol import RenderedText, RenderOutput, RenderRequest
from helm_constitution.lint.fingerprints import fingerprinted
from helm_constitution.lint.needs import CheckedChart
from helm_constitution.lint.rule import MUST, Rule, Violation, rule
from helm_constitution.lint.runner import run_rule
from helm_constitution.render.conclude import conclude
from helm_constitution.render.results import RenderedChart
from helm_constitution.render.scenarios import Scenario
from helm_constitution.templates.analysis import AnalysedChart
from helm_constitution.text.place import TextPlace
from helm_constitution.text.yaml_document import Span
from tests.support import findings_of


@rule("docs/bad-line", default=MUST)
def bad_line(subject: Subject) -> Iterator[Violation]:
    """Finds each line of a text that says BAD, with the number of the line before it."""
    for number, line in enumerate(subject.chart.files["templates/x.tpl"].splitlines(), 1):
        if "BAD" in line:
            place = TextPlace("templates/x.tpl", Span(number, 1, number, 2))
            yield Violation(f"the line is bad, unlike line {number - 1} and templates/x.tpl:{number + 1}", at=place)


@rule("security/bad-image", scope=Container, default=MUST)
def bad_image(container: Container, subject: Subject) -> Iterator[Violation]:
    """Finds each image that says bad."""
    if "bad" in container.image:
        yield Violation("the image is bad", at=container.field("image"))


def findings(folder: Path, check: Rule, *documents: str, text: str = "") -> list[Finding]:
    (folder / "templates").mkdir(exist_ok=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n", "utf-8")
    (folder / "templates" / "x.tpl").write_text(text, "utf-8")
    output = RenderOutput(tuple(RenderedText("web/templates/x.yaml", document) for document in documents))
    analysed = AnalysedChart(load_chart(folder))
    result = conclude(Scenario("defaults", RenderRequest()), output, "web")
    checked = CheckedChart(analysed, RenderedChart(analysed, (result,)))
    run = run_rule(check, RuleSetting(Severity.ERROR, (), {}), checked, debug=True)
    assert run.crash is None
    return list(findings_of(checked, [run]))


LINES = st.lists(st.sampled_from(["", "a: 1", "b: BAD", "c: BAD", "# BAD"]), max_size=12)
MORE = st.sampled_from(["", "# more", "other: true"])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES, data=st.data())
def test_moved_and_indented_lines_keep_their_fingerprints(
    tmp_path: Path, lines: list[str], data: st.DataObject
) -> None:
    moved: list[str] = []
    for line in lines:
        moved.extend(data.draw(st.lists(MORE, max_size=3)))
        moved.append(" " * data.draw(st.integers(0, 8)) + line + " " * data.draw(st.integers(0, 2)))
    before = findings(tmp_path, bad_line, text="\n".join(lines))
    after = findings(tmp_path, bad_line, text="\n".join(moved))
    assert [one.fingerprint for one in after] == [one.fingerprint for one in before]
    assert len({one.fingerprint for one in before}) == len(before) == sum("BAD" in line for line in lines)


POD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\nspec:\n  containers:\n{containers}"
NAMES = st.lists(st.sampled_from("abcdef"), min_size=1, unique=True)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=NAMES, others=NAMES, order=st.randoms(use_true_random=False))
def test_containers_and_objects_that_come_before_change_nothing(
    tmp_path: Path, names: list[str], others: list[str], order: object
) -> None:
    bad = [f"    - name: {name}\n      image: bad:1\n" for name in names]
    good = [f"    - name: good-{name}\n      image: good:1\n" for name in others]
    mixed = [*good, *bad]
    order.shuffle(mixed)  # type: ignore[attr-defined]
    before = findings(tmp_path, bad_image, POD.format(name="x", containers="".join(bad)))
    other = POD.format(name="y", containers="".join(bad))
    after = findings(tmp_path, bad_image, other, POD.format(name="x", containers="".join(mixed)))
    mine = {one.fingerprint for one in after if one.object and one.object.name == "x"}
    assert mine == {one.fingerprint for one in before}
    assert len({one.fingerprint for one in after}) == len(after) == 2 * len(names)


WORDS = st.sampled_from(["", "a", "b", "a\0b", "line 3", "(and 2 more of these)"])
OBJECTS = st.none() | st.builds(ObjectRef, st.just("v1"), WORDS, WORDS, st.none() | WORDS, st.none() | WORDS, WORDS)


@pytest.mark.slow
@given(
    st.lists(
        st.builds(
            Finding,
            rule=st.just("a/b"),
            principle=st.just("a"),
            statements=st.just(()),
            severity=st.sampled_from(Severity),
            message=WORDS,
            location=st.builds(Location, st.just(Base.CHART), st.none() | WORDS),
            object=OBJECTS,
            source_line=st.none() | WORDS,
            dependency=st.none() | WORDS,
            fingerprint=st.just(""),
        ),
        max_size=30,
    )
)
def test_no_two_findings_of_a_rule_share_one(several: list[Finding]) -> None:
    stamped = fingerprinted(several)
    assert len({one.fingerprint for one in stamped}) == len(several)
    assert [one._replace(fingerprint="") for one in stamped] == several
    assert fingerprinted(several) == stamped


@pytest.mark.parametrize(
    "change",
    [
        {"rule": "a/c"},
        {"message": "other words"},
        {"location": Location(Base.CHART, "b.yaml", 3)},
        {"source_line": "other: text"},
        {"object": ObjectRef("v1", "Pod", "x")},
    ],
)
def test_another_rule_place_text_or_message_is_another_finding(change: dict[str, object]) -> None:
    one = Finding("a/b", "a", (), Severity.ERROR, "words", Location(Base.CHART, "a.yaml", 3), source_line="a: b")
    assert fingerprinted([one])[0].fingerprint != fingerprinted([one._replace(**change)])[0].fingerprint  # type: ignore[arg-type]


def test_a_note_on_a_dependency_is_the_same_whatever_it_counts() -> None:
    text = "dependency db: Pod {}: runs as root (and {} more in this dependency)"
    one = Finding(
        "a/b",
        "a",
        (),
        Severity.NOTE,
        text.format("x", 3),
        Location(Base.CHART, "Chart.yaml", 3),
        dependency="db",
        summary=True,
    )
    other = one._replace(message=text.format("y", 1), location=Location(Base.CHART, "Chart.yaml", 9))
    assert fingerprinted([one])[0].fingerprint == fingerprinted([other])[0].fingerprint
    assert fingerprinted([one])[0].fingerprint != fingerprinted([one._replace(dependency="mq")])[0].fingerprint


def test_a_message_of_many_digits_takes_no_time_of_their_square() -> None:
    one = Finding(
        "docs/bad-line", "docs", (), Severity.ERROR, f"{'9' * 200_000} is no quantity", Location(Base.CHART, "a")
    )
    started = process_time()
    assert fingerprinted([one])[0].fingerprint
    assert process_time() - started < 5
