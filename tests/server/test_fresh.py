"""After any sequence of edits, what is shown is what a check of the same text finds."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_constitution.check.options import CheckOptions
from helm_constitution.core.model import DEFAULTS
from helm_constitution.helm.protocol import HelmEngine
from helm_constitution.server.checker import Checker
from helm_constitution.server.notes import Note, notes_of
from tests.server.engines import CountingEngine
from tests.support import WEB, write

pytestmark = pytest.mark.helm

HELPERS = '{{- define "web.name" -}}\n{{ .Release.Name }}-web\n{{- end }}\n'
LINES = [
    "image: web:1.2.3\n",
    "more: {a: 1}\n",
    "# A comment.\n",
    "flag: true\n",
    "ignore: [security/privileged]\n",
    "Containers MUST NOT run privileged.\n",
    "dependencies: [{name: more, version: 1.0.0}]\n",
    "bad: [\n",
    "  key: {{ .Values.more.a }}\n",
    "{{ if .Values.flag }}\n",
    "{{ end }}\n",
    '{{ include "web.name" . }}\n',
    "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n",
    "",
]
"""Lines that mean something in one of the files, and break the others."""
FILES = [
    "values.yaml",
    "templates/deployment.yaml",
    "templates/_helpers.tpl",
    "Chart.yaml",
    "README.md",
    ".helm-constitution.yaml",
    "constitution.md",
]

Edit = tuple[str, int, str]


def edits() -> st.SearchStrategy[list[Edit]]:
    """Sequences of edits: a file, the line that is replaced (or put in), a line."""
    one = st.tuples(st.sampled_from(FILES), st.integers(0, 24), st.sampled_from(LINES))
    return st.lists(one, min_size=1, max_size=6)


def shown(notes: Sequence[Note], folder: Path) -> list[tuple[object, ...]]:
    """Notes without the folder that the chart lies in."""
    return [
        (
            str(Path(note.place.path).relative_to(folder)),
            note.place[1:],
            note.severity,
            note.code,
            note.message.replace(str(folder), ""),
            [(str(Path(place.path).relative_to(folder)), place[1:], text) for place, text in note.related],
            note.tag,
            note.finding and note.finding.fix,
        )
        for note in notes
    ]


def check_edits(sequence: Sequence[Edit], engine: HelmEngine) -> None:
    """Edits a chart in a session without saving, and compares each step with a check of a chart with that text.

    Raises:
        AssertionError: they differ.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch).resolve() / "edited"
        write(folder, {**WEB, "web/templates/_helpers.tpl": HELPERS, ".git/HEAD": ""})
        chart = folder / "web"
        checker = Checker(engine, CheckOptions())
        texts: dict[str, str] = {}
        try:
            for number, (file, row, line) in enumerate(sequence):
                path = chart / file
                before = texts.get(str(path)) or (path.read_text() if path.is_file() else "")
                lines = before.splitlines(keepends=True)
                lines[row : row + 1 - number % 2] = [line]
                texts[str(path)] = "".join(lines)
                checker.check(chart, DEFAULTS, texts, is_draft=True)
                kept = shown(notes_of(checker.check(chart, DEFAULTS, texts), chart), folder)
                assert kept == shown(*fresh(folder, texts, engine)), (file, row, line)
        finally:
            for one in (chart,):
                checker.forget(one)


def fresh(folder: Path, texts: Mapping[str, str], engine: HelmEngine) -> tuple[list[Note], Path]:
    """What a first check finds in a chart that has these texts on the disk."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch).resolve() / "saved"
        for file in folder.rglob("*"):
            if file.is_file():
                target = copy / file.relative_to(folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(file.read_bytes())
        for path, text in texts.items():
            target = copy / Path(path).relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode())
        chart = copy / "web"
        return notes_of(Checker(engine, CheckOptions()).check(chart, DEFAULTS, {}), chart), copy


@settings(max_examples=12)
@given(edits())
def test_what_is_shown_is_what_a_fresh_check_finds(embedded: HelmEngine, sequence: list[Edit]) -> None:
    check_edits(sequence, embedded)


@pytest.mark.parametrize("ignored", ["", "node_modules/\n"])
def test_a_folder_that_helm_reads_is_there_while_one_writes(embedded: HelmEngine, tmp_path: Path, ignored: str) -> None:
    chart = tmp_path / "repository" / "web"
    listed = 'data: {text: {{ required "no such file" (.Files.Get "node_modules/x.txt") | quote }}}\n'
    config = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: more}}\n{listed}"
    files = {"templates/more.yaml": config, "node_modules/x.txt": "there", ".helmignore": ignored}
    write(tmp_path / "repository", {**WEB, ".git/HEAD": ""})
    write(chart, files)
    checker = Checker(embedded, CheckOptions())
    texts = {str(chart / "values.yaml"): (chart / "values.yaml").read_text() + "# An edit.\n"}
    kept = shown(notes_of(checker.check(chart, DEFAULTS, texts), chart), chart.parent)
    checker.forget(chart)
    assert kept == shown(*fresh(chart.parent, texts, embedded))
    assert any("no such file" in str(note) for note in kept) == bool(ignored)


def test_a_finding_in_a_file_that_is_not_saved_yet_is_shown_there(embedded: HelmEngine) -> None:
    check_edits([("README.md", 0, "")], embedded)


def test_a_missing_dependency_is_shown_without_the_place_of_the_copy(embedded: HelmEngine) -> None:
    check_edits([("Chart.yaml", 24, "dependencies: [{name: more, version: 1.0.0}]\n")], embedded)


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("web/.helm-constitution.yaml", "ignore: [security/privileged]\n"),
        (".helm-constitution.yaml", "charts: {web: {ignore: [security/privileged]}}\n"),
        (".helm-constitution.yaml", "constitution: ours.md\n"),
        ("constitution.md", "# Ours\n\n## Readers\n\nCharts MUST have a README.md.\n"),
        (".specify/memory/constitution.md", "# Ours\n\n## Readers\n\nCharts MUST have a README.md.\n"),
    ],
)
def test_what_rules_a_chart_counts_before_its_file_is_saved(
    embedded: HelmEngine, tmp_path: Path, file: str, line: str
) -> None:
    repository = tmp_path / "repository"
    write(repository, {**WEB, ".git/HEAD": "", "ours.md": "# Ours\n\n## Readers\n\nCharts MUST have a README.md.\n"})
    chart = repository / "web"
    checker = Checker(embedded, CheckOptions())
    texts = {str(chart / "values.yaml"): (chart / "values.yaml").read_text() + "# An edit.\n"}
    before = shown(notes_of(checker.check(chart, DEFAULTS, texts), chart), repository)
    texts[str(repository / file)] = line
    after = shown(notes_of(checker.check(chart, DEFAULTS, texts), chart), repository)
    checker.forget(chart)
    assert after == shown(*fresh(repository, texts, embedded))
    assert ["security/privileged" in str(notes) for notes in (before, after)] == [True, False]


def test_a_draft_is_rendered_once_although_a_password_is_random(tmp_path: Path) -> None:
    labels = "labels: {app: web}"
    deployment = WEB["web/templates/deployment.yaml"].replace(labels, "labels: {app: web, x: '{{ randAlpha 20 }}'}")
    write(tmp_path, {**WEB, "web/templates/deployment.yaml": deployment, ".git/HEAD": ""})
    chart, engine = tmp_path / "web", CountingEngine()
    checker = Checker(engine, CheckOptions())
    places, renders = [], []
    for edit in ("", "# One.\n", "# Two.\n"):
        texts = {str(chart / "README.md"): f"# web\n{edit}"}
        engine.renders = 0
        notes = notes_of(checker.check(chart, DEFAULTS, texts, is_draft=bool(edit)), chart)
        renders.append(engine.renders)
        places.append([note.place for note in notes if note.place.path.endswith("deployment.yaml")])
    checker.close()
    assert renders[0] > 1
    assert renders[1:] == [1, 1]
    assert places[0] == places[1] == places[2] != []


@pytest.mark.parametrize("kind", ["nowhere", ".", "..", "pipe"])
def test_what_helm_cannot_load_is_told_while_one_writes(embedded: HelmEngine, tmp_path: Path, kind: str) -> None:
    repository = write(tmp_path / "repository", {**WEB, ".git/HEAD": ""})
    chart = repository / "web"
    odd = chart / "templates" / "odd.yaml"
    texts = {str(chart / "values.yaml"): (chart / "values.yaml").read_text() + "# An edit.\n"}
    checker = Checker(embedded, CheckOptions())

    def checked() -> list[tuple[object, ...]]:
        return shown(notes_of(checker.check(chart, DEFAULTS, texts), chart), repository)

    sound = checked()
    if kind == "pipe":
        os.mkfifo(odd)
    else:
        odd.symlink_to(kind)
    alone = notes_of(Checker(embedded, CheckOptions()).check(chart, DEFAULTS, {}), chart)
    assert checked() == shown(alone, repository)
    assert [note.code for note in alone] == ["error"]
    odd.unlink()
    assert checked() == sound
    write(chart, {"templates/odd.yaml": "# Nothing.\n"})
    assert checked() == sound
    checker.forget(chart)
