"""The fuzzer's editor: sessions come from their numbers, and faults of a server are seen."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from lsprotocol import types

from helm_constitution.helm.protocol import HelmEngine
from scripts.fuzz import answers, editing
from scripts.fuzz.cases import SERVER, Case, Mutation, case_of
from scripts.fuzz.running import Runner
from tests.server.editor import Editor
from tests.support import WEB, write

BASE = Path(__file__).parents[2] / "testdata" / "charts" / "base"
TEXT = "a: 1\nclé: 😀\n"


def stretch(line: int, character: int, end_line: int, end_character: int) -> types.Range:
    return types.Range(types.Position(line, character), types.Position(end_line, end_character))


def faults_of(answer: object) -> list[str]:
    return [one.where for one in answers.of_places(answer, "file:///x", lambda uri: TEXT)]


@pytest.mark.parametrize("number", range(8))
def test_a_session_has_five_to_fifteen_mutations_and_one_chart(number: int) -> None:
    case = case_of(number, [BASE], only=SERVER)
    assert case == case_of(number, [BASE], only=SERVER)
    assert case.command == SERVER
    assert 5 <= len(case.mutations) <= 15
    assert (case.baseline, case.before, case.policies) == (False, (), ())


def test_places_that_no_text_has_are_seen() -> None:
    assert faults_of([types.Location("file:///x", stretch(1, 0, 1, 7)), None]) == []
    assert faults_of(types.Hover("x", stretch(1, 0, 1, 8))) == ["outside the text"]
    assert faults_of((stretch(2, 0, 2, 0), stretch(3, 0, 3, 0))) == ["outside the text", "outside the text"]
    assert faults_of(stretch(1, 2, 1, 0)) == ["ends before it begins"]


def test_edits_that_overlap_are_seen() -> None:
    def edit(*spans: types.Range) -> types.CodeAction:
        edits = [types.TextEdit(span, "") for span in spans]
        return types.CodeAction("x", edit=types.WorkspaceEdit(changes={"file:///x": edits}))

    assert faults_of(edit(stretch(0, 2, 1, 0), stretch(0, 0, 0, 2))) == []
    assert faults_of(edit(stretch(0, 2, 1, 1), stretch(1, 0, 1, 2))) == ["edits overlap"]


def test_edits_are_applied_as_an_editor_counts() -> None:
    edits = [types.TextEdit(stretch(1, 5, 1, 7), "2"), types.TextEdit(stretch(0, 0, 0, 1), "b")]
    assert answers.applied(TEXT, edits) == "b: 1\nclé: 2\n"


def test_what_is_shown_and_should_not_be_is_seen() -> None:
    one = types.Diagnostic(stretch(0, 0, 0, 1), "m /old/x", code="a/b", severity=types.DiagnosticSeverity.Error)
    other = types.Diagnostic(stretch(0, 0, 0, 1), "m /new/x", code="a/b", severity=types.DiagnosticSeverity.Error)
    shown = answers.plain({"file:///old/x": [one], "file:///old/y": []}, Path("/old"))
    assert list(answers.of_difference(shown, answers.plain({"file:///new/x": [other]}, Path("/new")))) == []
    assert [fault.where for fault in answers.of_difference(shown, {})] == ["+a/b"]
    assert [fault.where for fault in answers.of_difference({}, shown)] == ["-a/b"]


def test_messages_of_faults_are_seen() -> None:
    said = ["web: internal error: KeyError: 1", "helm-constitution: rule a/b crashed", "values.yaml is not a map"]
    assert len(list(answers.of_messages(said))) == 2


class Deaf(Editor):
    """An editor whose messages go nowhere."""

    def __init__(self) -> None:
        self.published = {}

    def show(self, file: Path, text: str, language: str = "yaml") -> None:
        """Nothing."""

    def type(self, file: Path, text: str) -> None:
        """Nothing."""

    def close(self, file: Path) -> None:
        """Nothing."""


def test_a_desk_is_the_disk_with_open_texts(tmp_path: Path) -> None:
    root = write(tmp_path / "work", {**WEB, "web/README.md": "\ufeff# web\r\n"})
    values, readme = Path("web/values.yaml"), Path("web/README.md")

    async def work() -> None:
        desk = editing.Desk(root, Deaf())
        assert desk.text_of(readme) == "# web\r\n"
        await desk.type(values, "a: é\n")
        with desk.saved() as copy:
            assert (copy / values).read_text("utf-8") == "a: é\n"
            assert (copy / readme).read_bytes() == (root / readme).read_bytes()
        desk.close(values)
        assert desk.text_of(values) == (root / values).read_text()
        (root / "web" / "left.part").touch()
        with pytest.raises(AssertionError, match="the server wrote"), desk.writing():
            pass

    asyncio.run(work())


@pytest.mark.helm
def test_a_session_over_a_healthy_chart_has_no_fault(embedded: HelmEngine, helm4: Path) -> None:
    mutations = tuple(Mutation(kind, number) for number, kind in enumerate(("values", "template", "prose", "waivers")))
    case = Case(1, BASE, mutations, command=SERVER, scenarios="defaults")
    assert Runner(embedded, helm4, seconds=300).run(case) == []
