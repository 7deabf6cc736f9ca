"""The configuration: what it may hold, for which chart, and where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.model import Severity
from helm_constitution.lint import registry
from helm_constitution.policy.configuration import Configuration, load_configuration
from helm_constitution.policy.find import find_configuration
from helm_constitution.policy.reader import matches_path
from tests.support import WEB, write

MONOREPO = {
    ".git/HEAD": "",
    "ours.md": "",
    "web.md": "",
    "charts/web/Chart.yaml": WEB["web/Chart.yaml"],
    "charts/db/Chart.yaml": WEB["web/Chart.yaml"],
    "charts/lib/base/Chart.yaml": WEB["web/Chart.yaml"],
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path, MONOREPO)


def load(root: Path, text: str, chart: str = "charts/web") -> Configuration:
    write(root, {".helm-constitution.yaml": text})
    return load_configuration(root / ".helm-constitution.yaml", root / chart)


def test_without_a_file_nothing_is_set() -> None:
    assert load_configuration(None, Path()) == Configuration(modules=registry.modules())


def test_an_empty_file_sets_nothing(root: Path) -> None:
    assert load(root, "# nothing\n") == Configuration(root / ".helm-constitution.yaml", modules=registry.modules())


def test_everything_that_can_be_set(root: Path) -> None:
    found = load(
        root,
        """
        constitution: ours.md
        select: [security/no-digest, docs]
        ignore: [values/unused]
        severity: {values/key-style: note}
        parameters: {templates/nesting-depth: {limit: 4}}
        fail_on: warning
        plan: web.md
        judge_tests: true
        """,
    )
    assert found.constitution == root / "ours.md"
    assert found.select[0] == "security/no-digest"
    assert {rule.partition("/")[0] for rule in found.select[1:]} == {"docs"}
    assert found.ignore == ("values/unused",)
    assert found.severities == {"values/key-style": Severity.NOTE}
    assert found.parameters == {"templates/nesting-depth": {"limit": 4}}
    assert (found.fail_on, found.plan, found.plan_is_shared) == ("warning", root / "web.md", True)
    assert found.judge_tests is True


def test_a_chart_may_have_the_built_in_constitution(root: Path) -> None:
    text = "constitution: ours.md\ncharts: {charts/web: {constitution: built-in}}\n"
    assert load(root, text).constitution == Path("built-in")


SECTIONS = """
    constitution: ours.md
    ignore: [values/unused]
    severity: {values/key-style: note, docs/no-readme: note}
    fail_on: error
    charts:
      charts/*:
        ignore: [docs/no-readme]
        fail_on: warning
      charts/web:
        constitution: web.md
        select: [security/no-digest]
        severity: {values/key-style: error}
        fail_on: never
        plan: web.md
      charts/lib/**:
        ignore: [testing/no-tests]
    """


@pytest.mark.parametrize(
    ("chart", "constitution", "ignore", "fail_on"),
    [
        ("charts/web", "web.md", ("values/unused", "docs/no-readme"), "never"),
        ("charts/db", "ours.md", ("values/unused", "docs/no-readme"), "warning"),
        ("charts/lib/base", "ours.md", ("values/unused", "testing/no-tests"), "error"),
    ],
)
def test_sections_add_and_override_in_their_order(
    root: Path, chart: str, constitution: str, ignore: tuple[str, ...], fail_on: str
) -> None:
    text = SECTIONS.replace("testing/no-tests", "docs/no-changelog")
    found = load(root, text, chart)
    assert found.constitution == root / constitution
    assert found.ignore == tuple(name.replace("testing/no-tests", "docs/no-changelog") for name in ignore)
    assert found.fail_on == fail_on
    assert found.severities["docs/no-readme"] is Severity.NOTE
    assert found.severities["values/key-style"] is (Severity.ERROR if chart == "charts/web" else Severity.NOTE)
    assert found.plan == (root / "web.md" if chart == "charts/web" else None)
    assert not found.plan_is_shared or chart != "charts/web"


def test_a_section_finds_its_chart_from_wherever_the_program_runs(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(root, {".helm-constitution.yaml": "charts: {./charts/web/: {fail_on: note}}\n"})
    monkeypatch.chdir(root / "charts" / "web")
    assert load_configuration(find_configuration(Path(), None), Path()).fail_on == "note"
    monkeypatch.chdir(root / "charts")
    assert load_configuration(find_configuration(Path("web"), None), Path("web")).fail_on == "note"


def test_a_file_in_a_folder_that_everybody_may_write_to_is_not_taken(tmp_path: Path) -> None:
    write(tmp_path, {"open/.helm-constitution.yaml": "", "open/team/web/Chart.yaml": ""})
    assert find_configuration(tmp_path / "open/team/web", None) == tmp_path / "open/.helm-constitution.yaml"
    (tmp_path / "open").chmod(0o777)
    assert find_configuration(tmp_path / "open/team/web", None) is None
    write(tmp_path, {"open/.git/HEAD": ""})
    assert find_configuration(tmp_path / "open/team/web", None) == tmp_path / "open/.helm-constitution.yaml"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("- a", 1, "the configuration must be a map of options"),
        ("select: []\nselct: []", 2, "unknown option 'selct'; did you mean 'select'?"),
        ("x: 1", 1, "unknown option 'x'; known: constitution, "),
        ("select: []\nselect: []", 2, "select is set twice"),
        ("select: docs", 1, "select must be a list of rule ids"),
        ("ignore:\n  - docs\n  - docs/no-reedme", 3, "unknown rule 'docs/no-reedme'; did you mean 'docs/no-readme'?"),
        ("ignore: [secruity]", 1, "unknown rule 'secruity'; did you mean 'security'?"),
        ("ignore: [1]", 1, "ignore must be a list of rule ids"),
        ("severity:\n  docs/no-readme: bad", 2, "the severity of docs/no-readme must be one of note, warning, error"),
        ("severity: error", 1, "severity must be a map of rule ids"),
        ("severity:\n  docs/nothing-like-it-at-all: note", 2, "unknown rule"),
        ("parameters:\n  templates/nesting-depth: 4", 2, "the parameters of templates/nesting-depth must be a map"),
        ("parameters:\n  templates/nesting-depth:\n    limt: 4", 3, "did you mean 'limit'?"),
        ("parameters:\n  templates/nesting-depth:\n    limit: four", 3, "limit must be an integer"),
        ("fail_on: errors", 1, "fail_on must be one of error, warning, note, never"),
        ("judge_tests: sometimes", 1, "judge_tests must be true or false"),
        ("constitution: [a]", 1, "constitution must be the path of a file"),
        ("select: []\nconstitution: none.md", 2, "no such file: none.md; write its path relative to this file"),
        ("plan: none.md", 1, "no such file: none.md"),
        (f"plan: {'x' * 300}", 1, "no such file: xxx"),
        ("select: []\n---\nfail_on: note", 3, "the configuration must be one YAML document"),
        ("charts: [a]", 1, "charts must map"),
        ("charts:\n  charts/wbe: {}", 2, "no folder matches 'charts/wbe'"),
        ("charts:\n  charts/web:\n    selct: []", 3, "unknown option of a chart 'selct'; did you mean 'select'?"),
        ("charts:\n  charts/web:\n    waivers: []", 3, "unknown option of a chart 'waivers'"),
        ("charts:\n  charts/db:\n    fail_on: x", 3, "fail_on must be one of"),
        ("charts:\n  charts/web: 1", 2, "the options of charts/web must be a map"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(root: Path, text: str, line: int, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(root, text + "\n")
    assert words in caught.value.message
    assert (caught.value.file, caught.value.line) == (str(root / ".helm-constitution.yaml"), line)


def test_what_cant_be_read_is_told(root: Path) -> None:
    file = root / ".helm-constitution.yaml"
    file.write_bytes(b"select: \xff")
    with pytest.raises(ConfigurationError, match="not UTF-8 at byte 8; save it as UTF-8"):
        load_configuration(file, root)
    with pytest.raises(ConfigurationError, match="can't be read: No such file"):
        load_configuration(root / "none.yaml", root)


def test_a_file_with_another_ending_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "web").mkdir()
    (tmp_path / ".helm-constitution.yml").touch()
    with pytest.raises(ConfigurationError, match=r"must be called \.helm-constitution\.yaml; rename it"):
        find_configuration(tmp_path / "web", None)
    found = tmp_path / "web/.helm-constitution.yaml"
    found.touch()
    assert find_configuration(tmp_path / "web", None) == found, "the nearer one counts"
    (tmp_path / "web/.helm-constitution.yml").touch()
    with pytest.raises(ConfigurationError, match="move its keys there, and remove it"):
        find_configuration(tmp_path / "web", None)


@pytest.mark.parametrize(
    ("path", "pattern", "expected"),
    [
        ("charts/web", "charts/web", True),
        ("charts/web", "./charts/web/", True),
        ("charts/web", "charts/w*", True),
        ("charts/web", "charts", False),
        ("charts/web", "*", False),
        ("charts/web", "**", True),
        ("charts/web", "**/web", True),
        ("charts/a/web", "charts/**/web", True),
        ("charts/web", "charts/**/web", True),
        (".", ".", True),
        (".", "./", True),
        ("web", ".", False),
        ("a/" * 40 + "a", "**/" * 40 + "b", False),  # each way to share the path out is not tried
    ],
)
def test_patterns_of_paths(path: str, pattern: str, expected: bool) -> None:
    assert matches_path(path, pattern) is expected


def test_the_look_for_a_pattern_ends(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a large folder it is left open whether a pattern matches anything."""
    text = "charts: {'**/nowhere': {fail_on: note}}\n"
    many = write(root / "many", {f"{number}.txt": "x" for number in range(4)})
    with pytest.raises(ConfigurationError, match="no folder matches"):
        load(root, text)
    monkeypatch.setattr("helm_constitution.policy.configuration.MOST_PATHS", len(list(many.iterdir())))
    assert load(root, text).fail_on is None
