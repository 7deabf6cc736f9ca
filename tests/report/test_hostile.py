"""Text of others in reports: whatever a chart, a constitution or helm says steers no terminal, runner or reader."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from junitparser import JUnitXml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from helm_constitution.core.model import (
    Base,
    Debt,
    Location,
    ObjectRef,
    Precision,
    RelatedLocation,
    Status,
    Trouble,
    Verdict,
    Waived,
)
from helm_constitution.report import FORMATS, markdown, markdown_text, renderer, text
from helm_constitution.report.model import (
    BaselineReport,
    ChangeReport,
    ConstitutionReport,
    PrincipleReport,
    RuleReport,
    RunReport,
    ScenarioReport,
    StaleWaiver,
)
from tests.report.support import chart, commands, finding, run, statement, steering
from tests.report.test_formats import SCHEMA

FRAGMENTS = (
    "::set-output name=a::b",
    "::error::x",
    "##[add-path]/x",
    "##vso[task.setvariable variable=a]b",
    "###[group]x",
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x9b2J",
    "<script>alert(1)</script>",
    "<details>",
    "</details></td>",
    "<!--",
    "-->",
    "]]>",
    "&lt;b&gt;",
    "|",
    "`",
    "``` ",
    "\n",
    "\r\n",
    "\n\n# Title\n\n",
    "\n::set-env name=a::b",
    "\n/close\n",
    "\u2028",
    "\u202e",
    "\u200b",
    "\x00",
    "\x0b",
    "\ufffe",
    "\udc80",
    "@team",
    "#12",
    "[text](https://example.org)",
    "![image](https://example.org/x.png)",
    "https://example.org",
    "www.example.org",
    "**bold**",
    "__bold__",
    "~~struck~~",
    "$x$",
    "\\",
    "%0A",
    "%",
    ":",
    ",",
    " ",
    "'\"",
    "{{ .Values.x }}",
    "${{ secrets.x }}",
    "{0}",
    "../",
    "é",
    "x",
)

hostile = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=4)), min_size=1, max_size=5).map("".join)


def reported(one: str) -> RunReport:
    """A run in which everything that others may write is this text."""
    place = Location(Base.CHART, f"templates/{one}.yaml", 3, 1, 3, 5, Precision.EXACT)
    elsewhere = Location(Base.ABSOLUTE, f"/{one}", 1)
    report = chart(
        finding(
            message=one,
            location=place,
            related=(RelatedLocation(place, one), RelatedLocation(elsewhere, one)),
            object=ObjectRef("v1", one, one, one, one, one),
            scenarios=(one, f"{one}2", f"{one}3"),
            source_line=one,
        ),
        finding(rule=one, message=f"dependency {one}: {one}", statements=(), dependency=one, summary=True),
        finding(message=one, waived=Waived(one, one, one, place, one)),
        finding(message=one, debt=Debt(one)),
        stale=(StaleWaiver(one, one, elsewhere),),
        troubles=(Trouble("scenario", one, one, one, one, 3, traceback=f"Traceback\n  {one}\n"),),
        name=one,
        version=one,
        path=one,
        place=one,
        root=f"/{one}",
        constitution=ConstitutionReport(one, one, False),
        scenarios=(ScenarioReport(one, Status.NEEDS_INPUT, one),),
        principles=(
            PrincipleReport(
                "security",
                one,
                Verdict.FAIL,
                one,
                (
                    statement(one, 61, Verdict.FAIL, "security/root-user"),
                    statement(one, 62, Verdict.UNCHECKED, reason=one),
                ),
            ),
        ),
        notices=(one,),
        baseline=BaselineReport(
            one,
            one,
            one,
            "MAJOR",
            (ChangeReport(one, "MAJOR", one, one, place, place, {one: one}, {"a": [one]}),),
            enough=False,
            commit_message=one,
        ),
        rules=(RuleReport("security/root-user"), RuleReport(one, one)),
    )
    return run(report, report)


@pytest.mark.parametrize("form", sorted(set(FORMATS) - {"github"}))
@given(one=hostile)
@settings(max_examples=60)
def test_no_report_holds_a_command_or_a_character_that_steers(form: str, one: str) -> None:
    report = renderer(form)(reported(one))
    assert commands(report) == []
    assert steering(report) == []
    report.encode("utf-8")


@given(one=hostile)
@settings(max_examples=100)
def test_in_colour_only_our_own_escapes_are_left(one: str) -> None:
    report = text.render(reported(one), colour=True, full=True)
    plain = re.sub(r"\x1b\[(0|1|2|1;3[1-6])m", "", report)
    assert steering(plain) == []
    assert commands(report) == []


def obeyed(line: str) -> tuple[str, dict[str, str], str] | None:
    """A line as GitHub's runner reads it: command, properties, data."""
    found = re.fullmatch(r"::([a-z-]+)(?: ([^\n]*?))?::(.*)", line.lstrip())
    if found is None:
        return None
    pairs = [pair.partition("=") for pair in (found[2] or "").split(",") if pair]
    return found[1], {key: _unescaped(value) for key, _, value in pairs}, _unescaped(found[3])


def _unescaped(value: str) -> str:
    for code, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        value = value.replace(code, character)
    return value


@given(one=hostile)
@settings(max_examples=100)
def test_annotations_are_the_commands_that_we_meant_and_no_other(one: str) -> None:
    lines = renderer("github")(reported(one)).splitlines()
    assert len(lines) == 14
    for line in lines:
        read = obeyed(line)
        assert read is not None
        command, properties, data = read
        assert command in ("error", "warning", "notice")
        assert set(properties) <= {"file", "line", "endLine", "col", "endColumn", "title"}
        assert steering(line) == []
        assert "\n" not in data


@given(one=hostile)
@settings(max_examples=60)
def test_json_reads_back_to_what_was_said(one: str) -> None:
    judged = json.loads(renderer("json")(reported(one)))["charts"][0]
    assert judged["name"] == judged["findings"][0]["message"] == judged["principles"][0]["title"] == one


@given(one=hostile)
@settings(max_examples=60)
def test_sarif_and_gitlab_stay_whole(one: str) -> None:
    document = json.loads(renderer("sarif")(reported(one)))
    VALIDATOR.validate(document)
    for result in document["runs"][0]["results"]:
        assert "](" not in result["message"]["text"]
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[A-Za-z0-9/._~%:-]+", uri)
    issues = json.loads(renderer("gitlab")(reported(one)))
    assert len({issue["fingerprint"] for issue in issues}) == 12


VALIDATOR = jsonschema.Draft4Validator(json.loads(SCHEMA.read_text("utf-8")))


@given(one=hostile)
@settings(max_examples=60)
def test_junit_stays_whole(one: str) -> None:
    report = renderer("junit")(reported(one))
    ElementTree.fromstring(report)
    suites = list(JUnitXml.fromstring(report.encode("utf-8")))
    assert [suite.failures for suite in suites] == [2, 2]  # the rule's, and the stale waiver
    assert [suite.errors for suite in suites] == [1, 1]


def tokens(document: str) -> Iterator[Token]:
    """Every token of a Markdown document, those inside others as well."""
    pending = list(reversed(MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(document)))
    while pending:
        token = pending.pop()
        yield token
        pending.extend(reversed(token.children or ()))


OURS = re.compile(
    r"(<details( open)?><summary>[\w, ]+</summary>|</details>|</td><td>|</td></tr></table>"
    r"|<table><tr><th>before</th><th>after</th></tr><tr><td>)\n?"
)
PLAIN = {
    *("heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "text", "text_special"),
    *("bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close", "softbreak", "code_inline"),
    *("table_open", "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close", "tr_open", "tr_close"),
    *("th_open", "th_close", "td_open", "td_close", "strong_open", "strong_close", "html_block", "fence"),
}


@given(one=hostile)
@settings(max_examples=150)
def test_markdown_has_no_markup_but_ours(one: str) -> None:
    report = markdown.render(reported(one))
    strong = set()
    found = list(tokens(report))
    for token, following in zip(found, [*found[1:], None], strict=True):
        assert token.type in PLAIN, token
        if token.type == "html_block":
            assert OURS.fullmatch(token.content), token.content
        if token.type == "strong_open" and following is not None:
            strong.add(following.content)
    assert strong <= {"error", "waived", "debt", "breaking", "Could not check:"}
    rows = [token for token in found if token.type == "tr_open"]
    cells = [token for token in found if token.type in ("td_open", "th_open")]
    assert (len(rows), len(cells)) == (3 + 2 * 2, 4 * 3 + 3 * 2 * 2)
    assert not any(line.startswith("/") for line in report.splitlines())


@given(one=hostile)
@settings(max_examples=150)
def test_markdown_mentions_nobody_links_nothing_and_reads_as_it_was_said(one: str) -> None:
    escaped = markdown_text.words(one)
    assert not re.search(r"[@#]\w", escaped.replace("&#", "&"))
    assert not re.search(r"://|www\.", escaped, re.IGNORECASE)
    (inline,) = [token for token in MarkdownIt("commonmark").parse(f"x {escaped} x") if token.type == "inline"]
    shown = "".join(child.content for child in inline.children or ())
    said = " ".join("".join(" " if c.isspace() else c if c.isprintable() else "�" for c in one).split())
    assert shown.replace("\u200b", "").split() == f"x {said} x".split()


@given(one=hostile)
@settings(max_examples=150)
def test_code_in_markdown_is_one_piece(one: str) -> None:
    (inline,) = [
        token for token in MarkdownIt("commonmark").parse(f"x {markdown_text.code(one)} x") if token.type == "inline"
    ]
    assert [child.type for child in inline.children or ()] == ["text", "code_inline", "text"]


EXPLICIT: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("text", "::set-output name=a::b", lambda report: ": :set-output name=a::b" in report),
    ("text", "##[add-path]/x", lambda report: "# #[add-path]/x" in report),
    ("text", "\x1b[2J", lambda report: "�[2J" in report),
    ("json", "##[add-path]/x", lambda report: "\\u0023#[add-path]/x" in report),
    ("json", "\x9b2J\u202e", lambda report: "\\u009b2J\\u202e" in report),
    ("junit", "\x00<a>]]>", lambda report: "�&lt;a&gt;]]&gt;" in report),
    ("github", "a\n::error::b", lambda report: "a ::error::b" in report and report.count("\n") == 14),
    ("gitlab", '"\n', lambda report: '"description": "\\"  (' in report),
    ("sarif", "[text](https://example.org)", lambda report: "[text] (https://example.org)" in report),
    ("markdown", "<b>|`@team #12", lambda report: "&#60;b&#62;&#124;\\`@&#8203;team #&#8203;12" in report),
)


@pytest.mark.parametrize(("form", "one", "holds"), EXPLICIT, ids=[f"{form}-{one!r}" for form, one, _ in EXPLICIT])
def test_what_becomes_of_it(form: str, one: str, holds: Callable[[str], bool]) -> None:
    assert holds(renderer(form)(reported(one)))


def test_a_message_shows_code_where_it_quotes_some() -> None:
    assert markdown_text.prose("set `a|b` to \\") == "set `a|b` to \\\\"
    assert markdown_text.prose("one ` alone") == "one \\` alone"
    assert markdown_text.prose("an empty `` pair") == "an empty \\`\\` pair"
