"""A plan's Constitution Check and Complexity Tracking are filled; everything else stays, byte for byte."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_constitution.cli.plan import fill_plan
from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.model import Verdict
from helm_constitution.lint import registry
from helm_constitution.policy.waiver import Waiver
from helm_constitution.policy.waivers import plan_waivers
from helm_constitution.report.model import ChartReport, PrincipleReport
from tests.report.support import WAIVED, chart, finding, statement
from tests.support import WEB, write

pytestmark = pytest.mark.helm

TEMPLATE = """\
# Implementation Plan: [FEATURE]

**Language/Version**: [e.g., Python 3.11]  
**Storage**: [if applicable]

## Constitution Check

*GATE: Must pass before Phase 0 research. Re-check after Phase 1 design.*

Verify compliance with `.specify/memory/constitution.md` principles:

- [ ] **Values-First Configuration**: All new configuration exposed in `values.yaml`
- [ ] **Security by Default**: Secure defaults, secrets properly managed,
  least-privilege security contexts
- [x] **Team review**: by Ada

## Project Structure

```
- [ ] **Security by Default**: not this one
```

## Complexity Tracking

*Fill ONLY if Constitution Check has violations that must be justified*

| Violation | Why Needed | Simpler Alternative Rejected Because |
|-----------|------------|-------------------------------------|
| [e.g., 4th project] | [current need] | [why 3 projects insufficient] |
| 5th chart | by hand | really |

Last words
"""  # noqa: W291

VALUES = PrincipleReport(
    "values",
    "Values-First Configuration",
    Verdict.PASS,
    "12 of 12 values documented",
    (statement("a", 1, Verdict.PASS),),
)
SECURITY = PrincipleReport(
    "security", "Security by Default", Verdict.FAIL, "1 of 2 pods", (statement("b", 61, Verdict.FAIL),)
)
WAIVER = Waiver(
    "security/root-user",
    None,
    WAIVED.why_needed,
    WAIVED.simpler_alternative_rejected_because,
    WAIVED.location,
    object="Deployment/web",
    container="web",
)


def report(*findings: Any, **changes: Any) -> ChartReport:
    return chart(*findings)._replace(principles=(VALUES, SECURITY), **changes)


def found(words: str) -> str:
    """What a check found, as it is marked in a plan."""
    return f"<!-- helm-constitution -->{words}<!-- /helm-constitution -->"


def fill(text: str, made: ChartReport, *waivers: Waiver) -> str:
    filled = fill_plan(text, made, waivers, registry.modules(), file="plan.md")
    assert fill_plan(filled, made, waivers, registry.modules(), file="plan.md") == filled
    return filled


def test_the_template_is_filled_in_place() -> None:
    waived = finding(waived=WAIVED)
    security = SECURITY._replace(verdict=Verdict.WAIVED)
    filled = fill(TEMPLATE, report(waived)._replace(principles=(VALUES, security)), WAIVER)
    expected = TEMPLATE.replace("in `values.yaml`\n", f"in `values.yaml` {found('pass; 12 of 12 values documented')}\n")
    expected = expected.replace("- [ ] **Values-First", "- [x] **Values-First")
    expected = expected.replace(
        "- [ ] **Security by Default**: Secure defaults, secrets properly managed,\n"
        "  least-privilege security contexts",
        "- [x] **Security by Default**: Secure defaults, secrets properly managed,\n"
        f"  least-privilege security contexts {found('waived, 0 errors, 1 waived; 1 of 2 pods')}",
        1,
    )
    expected = expected.replace("| [e.g., 4th project] | [current need] | [why 3 projects insufficient] |\n", "")
    row = (
        "| security/root-user (object `Deployment/web`, container `web`) | the vendor's image "
        "| there is no other (until 2027-01-31) |\n"
    )
    assert filled == expected.replace("| 5th chart | by hand | really |\n", "| 5th chart | by hand | really |\n" + row)


@pytest.mark.parametrize(
    ("verdict", "tick", "words"),
    [
        (Verdict.PASS, "x", "pass; 1 of 2 pods"),
        (Verdict.NOT_APPLICABLE, "x", "n/a; 1 of 2 pods"),
        (Verdict.WAIVED, "x", "waived, 1 error; 1 of 2 pods"),
        (Verdict.WARN, " ", "warn, 1 error; 1 of 2 pods"),
        (Verdict.DEBT, " ", "debt, 1 error; 1 of 2 pods"),
        (Verdict.FAIL, " ", "fail, 1 error; 1 of 2 pods"),
        (Verdict.ERROR, " ", "error, 1 error; 1 of 2 pods"),
        (Verdict.UNCHECKED, " ", "unchecked, 0 of 1 statements; 1 of 2 pods"),
    ],
)
def test_only_what_is_kept_is_ticked(verdict: Verdict, tick: str, words: str) -> None:
    made = report(finding())._replace(principles=(VALUES, SECURITY._replace(verdict=verdict)))
    lines = fill(TEMPLATE, made).splitlines()
    assert f"- [{tick}] **Security by Default**: Secure defaults, secrets properly managed," in lines
    assert f"  least-privilege security contexts {found(words)}" in lines


TABLE = """\
## Constitution Check

| Principle | Gate | Status |
|-----------|------|--------|
| I. Values-First Configuration | all in values.yaml | [PASS/FAIL] |
| Security by Default | runs as non-root \\| read-only | agreed with Ada |
| Team review | by Ada | ✅ |

## Next
"""


def test_a_check_as_a_table_is_filled_and_keeps_what_authors_wrote() -> None:
    made = report(finding(), finding())._replace(
        principles=(VALUES, SECURITY, VALUES._replace(key="docs", title="Docs & more", evidence="a | b & c <d>"))
    )
    expected = TABLE.replace("[PASS/FAIL] |", f"{found('pass; 12 of 12 values documented')} |")
    expected = expected.replace("agreed with Ada |", f"agreed with Ada {found('fail, 2 errors; 1 of 2 pods')} |")
    added = "| Docs & more |  | " + found(r"pass; a \| b & c \<d\>") + " |\n"
    assert fill(TABLE, made) == expected.replace("| by Ada | ✅ |\n", f"| by Ada | ✅ |\n{added}")


def test_items_without_a_box_or_bold_are_filled_where_they_name_a_principle() -> None:
    text = "## Constitution Check\n\n1. Security by Default: by Ada, see [x]\n- Note: none\n- [ ] Tests pass\n"
    filled = fill(text, report()._replace(principles=(SECURITY,)))
    assert filled == text.replace("see [x]\n", f"see [x] {found('fail; 1 of 2 pods')}\n")


def test_nested_items_stay_behind_what_was_found() -> None:
    text = "## Constitution Check\n\n- [ ] **Security by Default**: x\n  y\n  - [ ] pods: by Ada\n  - more\n"
    filled = fill(text, report()._replace(principles=(SECURITY,)))
    assert filled == text.replace("  y\n", f"  y {found('fail; 1 of 2 pods')}\n")


def test_without_waivers_the_table_stays_as_it_is() -> None:
    filled = fill(TEMPLATE, report(finding()))
    assert filled[filled.index("## Project") :] == TEMPLATE[TEMPLATE.index("## Project") :]


def test_a_comments_reason_alone_is_no_row() -> None:
    made = report(finding(waived=WAIVED._replace(simpler_alternative_rejected_because=None)))
    assert "| security/root-user" not in fill(TEMPLATE, made, WAIVER)


def test_titles_may_be_numbered_or_other_words_and_missing_ones_are_added() -> None:
    text = "## Constitution Check\n\n- [ ] **VII. Secure by design**: x\n* [ ] **Helmets**: y\n\n## Next\n"
    made = report()._replace(principles=(VALUES, SECURITY._replace(title="Security, Always", verdict=Verdict.PASS)))
    text = text.replace("Secure by design", "Security first")
    assert fill(text, made) == (
        f"## Constitution Check\n\n- [x] **VII. Security first**: x {found('pass; 1 of 2 pods')}\n"
        "* [ ] **Helmets**: y\n"
        f"- [x] **Values-First Configuration**: {found('pass; 12 of 12 values documented')}\n\n## Next\n"
    )


def test_a_check_without_a_list_gets_one() -> None:
    text = "## Constitution Check\n\n*GATE*\n\n## Next"
    assert fill(text, report()).startswith("## Constitution Check\n\n*GATE*\n\n- [x] **Values-First")
    assert fill(text, report()).endswith("1 of 2 pods<!-- /helm-constitution -->\n\n## Next")
    assert fill("## Constitution Check", report()).startswith("## Constitution Check\n\n- [x] **Values-First")


@pytest.mark.parametrize(
    "text",
    ["## Constitution Check\n", "## Constitution Check", "## Constitution Check\n\n## Complexity Tracking\n\nnone"],
)
def test_a_missing_table_is_made(text: str) -> None:
    filled = fill(text, report(finding(waived=WAIVED)), WAIVER)
    assert "\n## Complexity Tracking\n" in filled
    lines = filled.splitlines()
    index = lines.index("| Violation | Why Needed | Simpler Alternative Rejected Because |")
    assert lines[index - 1] == ""
    assert lines[index + 2].startswith("| security/root-user (object `Deployment/web`")


def test_in_a_plan_of_several_charts_a_row_names_its_own(tmp_path: Path) -> None:
    made = report(finding(waived=WAIVED))
    text = fill_plan(TEMPLATE, made, [WAIVER], registry.modules(), file="plan.md", is_shared=True)
    assert "| security/root-user (chart `web`, object `Deployment/web`, container `web`) |" in text
    (tmp_path / "plan.md").write_text(text, "utf-8")
    for name, count in (("web", 1), ("other", 0)):
        found = plan_waivers(tmp_path / "plan.md", tmp_path, name, registry.modules(), is_shared=True)
        assert len(found) == count
        assert not any(waiver.is_shared for waiver in found)


def test_a_row_of_the_same_waiver_gets_the_reasons_of_today() -> None:
    first = fill(TEMPLATE, report(finding(waived=WAIVED)), WAIVER)
    second = fill(first, report(finding(waived=WAIVED._replace(why_needed="other words"))), WAIVER)
    assert second == first.replace("the vendor's image", "other words")


def test_a_plan_without_a_check_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match=r"plan\.md: must have the heading 'Constitution Check'"):
        fill("# Plan\n\n```\n## Constitution Check\n```\n", report())


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["", "\n", "  \n\n\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_line_ends_trailing_spaces_and_the_end_stay(newline: str, end: str, start: str) -> None:
    text = start + (TEMPLATE.rstrip("\n") + end).replace("\n", newline)
    filled = fill(text, report(finding(waived=WAIVED)), WAIVER)
    assert filled.count("\n") == filled.count(newline)
    assert filled.startswith(text[: text.index("- [ ]")])
    assert "&#" not in filled
    assert filled.endswith(text[text.index("| 5th") :][text[text.index("| 5th") :].index(newline) :])
    middle = text[text.index("- [x] **Team") : text.index("| [e.g., 4th")]
    assert middle in filled


HOSTILE = st.text(st.sampled_from("ab |`*<>[]\\\n\r:#-&"), max_size=20).filter(str.strip)


@given(why=HOSTILE, simpler=HOSTILE)
def test_whatever_the_reasons_are_they_are_read_back_as_one_row(
    tmp_path_factory: pytest.TempPathFactory, why: str, simpler: str
) -> None:
    waived = WAIVED._replace(why_needed=f"a{why}z", simpler_alternative_rejected_because=f"a{simpler}z", expires=None)
    file = tmp_path_factory.mktemp("plan") / "plan.md"
    file.write_text(fill(TEMPLATE, report(finding(waived=waived)), WAIVER), "utf-8", newline="")
    (found,) = plan_waivers(file, file.parent, "web", registry.modules(), is_shared=False)
    assert (found.rule, found.object, found.container) == ("security/root-user", "Deployment/web", "web")
    assert found.why_needed.replace("\u200b", "") == " ".join(f"a{why}z".split())


PIECES = st.sampled_from(
    ["text  ", "", "# Other", "| a | b | c |", "|---|---|---|", "- [ ] **Mine**: x", "```", "<!--", "-->", "  indented"]
)


@given(before=st.lists(PIECES, max_size=6), after=st.lists(PIECES, max_size=6))
def test_what_stands_elsewhere_is_untouched(before: list[str], after: list[str]) -> None:
    head, tail = "\n".join([*before, "---", ""]), "\n".join(["", "# Behind", *after])
    text = f"{head}\n# Constitution Check\n\n- [ ] **Security by Default**: x\n{tail}"
    try:
        filled = fill(text, report(finding()))
    except ConfigurationError:
        assert "```" in head or "<!--" in head
        return
    assert filled.startswith(head)
    assert filled.endswith(tail)


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path, {**WEB, ".git/HEAD": ""})
    (tmp_path / "plan.md").write_text(TEMPLATE, "utf-8")
    return tmp_path


def run(root: Path, *arguments: str, helm: str | None = None) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "XDG_CACHE_HOME": str(root / "cache"), **({} if helm is None else {"HELM_BIN": helm})}
    engine = "embedded" if helm is None else "cli"
    command = [sys.executable, "-m", "helm_constitution", "plan", *arguments, "--engine", engine]
    return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)


def test_the_command_fills_the_plan(root: Path) -> None:
    done = run(root, "plan.md", "web")
    assert (done.returncode, done.stdout, done.stderr) == (0, "plan.md: 0 of 3 principles kept\n", "")
    text = (root / "plan.md").read_text("utf-8")
    assert "  least-privilege security contexts <!-- helm-constitution -->fail, 2 errors; " in text
    assert "- [ ] **Documentation**: <!-- helm-constitution -->fail, 1 error; " in text
    run(root, "plan.md", "web")
    assert (root / "plan.md").read_text("utf-8") == text


@pytest.mark.skipif(os.name == "nt", reason="a helm that is a script")
def test_what_is_written_during_the_check_stays(root: Path, helm4: Path) -> None:
    helm = root / "helm"
    helm.write_text(f'#!/bin/sh\necho "Words of Ada" >> {root}/plan.md\nexec {helm4} "$@"\n')
    helm.chmod(0o755)
    done = run(root, "plan.md", "web", helm=str(helm))
    assert done.returncode == 0, done.stderr
    text = (root / "plan.md").read_text("utf-8")
    assert "- [ ] **Documentation**: <!-- helm-constitution -->fail" in text
    assert text.endswith("Words of Ada\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("none.md", "web"), "none.md: the plan can't be read: No such file or directory"),
        (("constitution.md", "web"), "constitution.md: must have the heading 'Constitution Check'"),
        (("plan.md", "none"), "none: no such chart"),
        (("bad.md", "web"), "bad.md: not UTF-8 at byte 0"),
        (("plan.md", "."), "a plan must be for one chart, but 2 were found; name one"),
    ],
)
def test_bad_input_is_2_and_changes_nothing(root: Path, arguments: tuple[str, ...], words: str) -> None:
    (root / "bad.md").write_bytes(b"\xff")
    write(root, {"db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n"})
    done = run(root, *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert (root / "plan.md").read_text("utf-8") == TEMPLATE


def test_what_cant_be_judged_is_filled_in_and_2(root: Path) -> None:
    write(root, {"web/templates/bad.yaml": "{{ fail }}\n"})
    done = run(root, "plan.md", "web")
    assert done.returncode == 2
    assert "could not check: " in done.stderr
    words = "security contexts <!-- helm-constitution -->unchecked, 1 of 1 statements"
    assert words in (root / "plan.md").read_text("utf-8")
