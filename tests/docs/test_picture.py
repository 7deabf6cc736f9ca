"""The pictures of terminals: what the program prints, in its colours; findings in an editor."""

from __future__ import annotations

import html
import re

from helm_constitution.helm.protocol import HelmEngine
from scripts import neovim_session
from scripts.document_site import ROOT
from scripts.picture import COLUMNS, PICTURE, drawing, output
from tests.support import check_chart


def test_the_picture_is_of_the_report_as_it_is_now(embedded: object) -> None:
    """`make docs` draws it anew."""
    printed = output()
    assert "\x1b[1;31mFAIL" in printed
    assert drawing(printed) == PICTURE.read_text("utf-8")


def test_colours_become_spans_and_markup_stays_text() -> None:
    drawn = drawing("\x1b[1;31merror\x1b[0m: <b> & \x1b[2mdim\x1b[0m")
    assert '<tspan fill="#ff8a80" font-weight="bold">error</tspan>: &lt;b&gt; &amp; ' in drawn
    assert '<tspan fill="#a3adb8">dim</tspan>' in drawn
    assert f'width="{round(COLUMNS * 8.4 + 28)}"' in drawn


def test_the_picture_of_an_editor_shows_the_findings_as_they_are_now(embedded: HelmEngine) -> None:
    """`python -m scripts.neovim_session` draws it anew."""
    report = check_chart(ROOT / "testdata" / "charts" / "demo", embedded)
    found = {(one.location.line, one.message) for one in report.singles if one.location.file == "values.yaml"}
    rows = re.findall(r"<text[^>]*>(.*?)</text>", neovim_session.PICTURE.read_text("utf-8"))
    plain = [html.unescape(re.sub(r"<[^>]+>", "", row)) for row in rows]
    shown = [(int(one[1]), one[2]) for row in plain if (one := re.match(r"E +(\d+) .*■ (.*?) *$", row))]
    assert len(shown) > 4
    strange = [(line, text) for line, text in shown if not any(a == line and b.startswith(text) for a, b in found)]
    assert [text.split(";")[0] for _, text in strange] == ["value typed is never used"]
