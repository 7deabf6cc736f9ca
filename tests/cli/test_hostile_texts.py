"""Hostile texts wherever a team or a chart can write one, in the output of every command: nothing obeys them."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from helm_constitution import __main__
from helm_constitution.report import FORMATS
from tests.report.support import commands, steering
from tests.report.test_hostile import PLAIN, tokens

CHART = Path(__file__).parents[2] / "testdata" / "charts" / "demo"
TEXTS = {
    "commands": "x\n::error file=a::b\n##vso[task.setvariable variable=a]b\n##[add-path]c\n::stop-commands::d",
    "controls": "x\x1b[31mred\x1b]0;title\x07 \x9b2J \u202ertl\u2066 \u200b\u2028::error::y\x00\x0b\ufffe\udc80",
    "markup": "x<script>alert(1)</script> --> ]]> </td> [a](https://example.org) ![b](//example.org) @team #12 |`",
    "formula": "=cmd|' /C calc'!A0",
}
COMMANDS = {
    **{form: ("check", "web", "--format", form, "--scenarios", "full", "--baseline", "old") for form in FORMATS},
    "one file of each": ("check", "web", "other", *(f"--output={form}={form}.out" for form in FORMATS)),
    "coverage": ("check", "web", "--coverage", "coverage.out", "--scenarios", "full"),
    "waivers": ("waivers", "web"),
    "fix": ("fix", "web", "--diff", "--unsafe"),
    "accept": ("accept", "web"),
    "fleet": ("fleet", "web", "other", "--results", "results", "--jobs", "1"),
    "explain": ("explain", "ours/<text>"),
    "cache": ("cache", "info"),
    "statements": ("constitution", "check", "constitution.md"),
    "unknown": ("check", "web", "--select", "<text>"),
    "missing": ("check", "<text>"),
    "set": ("check", "web", "--set", "<text>=1"),
}
SPREADSHEETS = re.compile(r"(?:^|,)\"?[=+@\t\r-]", re.MULTILINE)


def laid_out(folder: Path, text: str) -> None:
    """A chart, its earlier release, a constitution, a configuration and debt with this text everywhere."""
    quoted = json.dumps(text.encode("utf-8", "replace").decode())
    key = json.dumps(text.encode("utf-8", "replace").decode()[:100])  # YAML wants keys to be short
    line = text.replace("\n", " ").encode("utf-8", "replace").decode()
    name = re.sub(r"[/\x00]", "", text.encode("utf-8", "replace").decode())[:60]
    for chart in ("web", "old"):
        shutil.copytree(CHART, folder / chart)
    for file, content in {
        "web/Chart.yaml": f"apiVersion: v2\nname: demo\nversion: 0.2.0\ndescription: {quoted}\nhome: {quoted}\n"
        f"maintainers: [{{name: {quoted}, email: {quoted}}}]\nkeywords: [{quoted}]\n",
        "other/Chart.yaml": f"apiVersion: v2\nname: {quoted}\nversion: {quoted}\n",
        f"other/templates/{name}.yaml": f"apiVersion: {quoted}\nkind: {quoted}\nmetadata: {{name: {quoted}}}\n",
        f"web/templates/pod-{name}.yaml": f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: {quoted}\nspec:\n"
        f"  containers: [{{name: {quoted}, image: {quoted}, {key}: {quoted}}}]\n",
        "web/templates/fails.yaml": f"{{{{ if .Values.refuses }}}}{{{{ fail {quoted} }}}}{{{{ end }}}}\n",
        "web/README.md": f"# {line}\n\n| `{line}` | {line} |\n",
        "web/CHANGELOG.md": f"# {line}\n\n## 0.2.0\n\n- {line}\n",
        ".helm-constitution.yaml": "select: [security, values, docs, templates, helm, compat]\n"
        "waivers:\n  - rule: values/undocumented\n    chart: web\n    file: values.yaml\n"
        f"    why_needed: {quoted}\n    simpler_alternative_rejected_because: {quoted}\n",
        "constitution.md": f"# {line}\n\n## {line}\n\nValues MUST {line} have comments.\n"
        f"<!-- rules: values/undocumented -->\n\n## Docs\n\nA {line} MUST be. It SHOULD {line}.\n",
    }.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8", "replace")
    values = (folder / "web/values.yaml").read_text("utf-8")
    more = f"{key}: {quoted}\nrefuses: false\nplain: {{{key}: [{quoted}]}}\n"
    (folder / "web/values.yaml").write_text(values + more, "utf-8", "replace")


def said(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> tuple[str, str]:
    """What the program prints: standard output and error."""
    monkeypatch.setattr(sys, "argv", ["helm-constitution", *arguments])
    with pytest.raises(SystemExit) as end:
        __main__._finish()
    assert end.value.code in (0, 1, 2)
    out, error = capsys.readouterr()
    assert "internal error" not in error
    return out, error


def has_no_effect(form: str, output: str) -> None:
    """Asserts that no terminal, runner, browser or spreadsheet obeys a text of others in an output."""
    assert steering(output) == [], form
    if form == "github":
        assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in output.split("\n") if line)
    elif form != "csv":  # tables are files, which no runner reads
        assert commands(output) == [], form
    output.encode("utf-8")
    if form in ("html", "badge"):
        assert "<script>alert" not in output
    if form == "markdown":
        assert {token.type for token in tokens(output)} <= PLAIN
    if form in ("json", "sarif", "gitlab"):
        json.loads(output)
    if form in ("junit", "badge"):
        ElementTree.fromstring(output)
    if form == "csv":
        assert SPREADSHEETS.search(output) is None


@pytest.mark.parametrize("kind", TEXTS)
def test_nothing_obeys_a_text_of_others(
    kind: str, tmp_path: Path, helm4: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = TEXTS[kind]
    laid_out(tmp_path, text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HELM_BIN", str(helm4))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for form, arguments in COMMANDS.items():
        argument = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\x00", "")[:200]
        output, error = said(tuple(one.replace("<text>", argument) for one in arguments), capsys, monkeypatch)
        if form != "fix":  # what it prints is for git apply, byte for byte: see docs/security.md
            has_no_effect(form, output)
        has_no_effect("text", error)
        if form == "json":
            (report,) = json.loads(output)["charts"]
            assert len(report["findings"]) > 20
            assert any(argument[:40] in one["message"] for one in report["findings"])
    for form in FORMATS:
        has_no_effect(form, (tmp_path / f"{form}.out").read_text("utf-8"))
    for file in (tmp_path / "results").glob("*.*"):
        has_no_effect(file.suffix[1:].replace("md", "markdown"), file.read_text("utf-8"))
