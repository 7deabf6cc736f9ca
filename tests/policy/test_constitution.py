"""The constitution as a file: where it is found, what makes it unusable, what `constitution check` says of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from helm_constitution.core.errors import ConstitutionFileError
from helm_constitution.core.model import Base
from helm_constitution.core.repository import repository_root
from helm_constitution.lint import registry
from helm_constitution.lint.rule import RuleModule
from helm_constitution.policy.constitution import BUILT_IN, load_constitution, parse_constitution, read_constitution
from helm_constitution.policy.faults import constitution_faults
from helm_constitution.policy.find import find_constitution

TEXT = "## Security\n\nContainers MUST run as non-root.\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    (root / ".git").mkdir(parents=True)
    (root / "charts" / "web" / "templates").mkdir(parents=True)
    return root


def put(folder: Path, name: str = "constitution.md", text: str = TEXT) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_without_a_file_the_built_in_one_applies(repository: Path) -> None:
    assert find_constitution(repository / "charts/web") is None


@pytest.mark.parametrize("name", ["constitution.md", ".specify/memory/constitution.md"])
@pytest.mark.parametrize("folder", [".", "charts", "charts/web"])
def test_it_is_found_from_the_chart_up_to_the_repository(repository: Path, folder: str, name: str) -> None:
    file = put(repository / folder, name)
    assert find_constitution(repository / "charts/web") == file


def test_the_nearest_one_wins(repository: Path) -> None:
    put(repository, ".specify/memory/constitution.md")
    near = put(repository / "charts")
    assert find_constitution(repository / "charts/web") == near


def test_in_one_folder_that_of_spec_kit_wins(repository: Path) -> None:
    put(repository)
    spec_kit = put(repository, ".specify/memory/constitution.md")
    assert find_constitution(repository / "charts/web") == spec_kit


def test_nothing_above_the_repository_counts(repository: Path) -> None:
    put(repository.parent)
    assert find_constitution(repository / "charts/web") is None


def test_a_worktree_is_a_repository_too(tmp_path: Path) -> None:
    put(tmp_path)
    (tmp_path / "tree/web").mkdir(parents=True)
    (tmp_path / "tree/.git").write_text("gitdir: elsewhere\n")
    assert find_constitution(tmp_path / "tree/web") is None
    assert repository_root(tmp_path / "tree/web") == tmp_path / "tree"


def test_outside_a_repository_every_folder_above_counts(tmp_path: Path) -> None:
    (tmp_path / "charts/web").mkdir(parents=True)
    file = put(tmp_path)
    assert find_constitution(tmp_path / "charts/web") == file


@pytest.mark.skipif(os.name != "posix", reason="folders have no such mode there")
def test_outside_a_repository_a_folder_of_everybody_does_not_count(tmp_path: Path) -> None:
    chart = tmp_path / "shared/web"
    chart.mkdir(parents=True)
    put(tmp_path / "shared")
    (tmp_path / "shared").chmod(0o1777)
    assert find_constitution(chart) is None
    own = put(chart)
    assert find_constitution(chart) == own


def test_a_packaged_chart_counts_like_its_folder(repository: Path) -> None:
    file = put(repository)
    package = repository / "charts/web-1.0.0.tgz"
    package.touch()
    assert find_constitution(package) == file


def test_a_folder_of_that_name_is_none(repository: Path) -> None:
    (repository / "charts/web/constitution.md").mkdir()
    assert find_constitution(repository / "charts/web") is None


def test_the_named_file_wins(repository: Path, tmp_path: Path) -> None:
    put(repository)
    named = put(tmp_path, "rules.md")
    assert find_constitution(repository / "charts/web", named) == named


def test_the_built_in_one_can_be_asked_for_where_there_is_another(repository: Path) -> None:
    put(repository)
    assert find_constitution(repository / "charts/web", Path("built-in")) is None


@pytest.mark.parametrize(("name", "message"), [("none.md", "no such constitution"), ("folder", "is a folder")])
def test_a_named_file_that_is_none(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConstitutionFileError, match=message) as caught:
        find_constitution(tmp_path, tmp_path / name)
    assert caught.value.file == str(tmp_path / name)


def test_relative_paths(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(repository, ".specify/memory/constitution.md")
    monkeypatch.chdir(repository / "charts/web")
    assert read_constitution(Path()) == (str(repository / ".specify/memory/constitution.md"), TEXT)
    monkeypatch.chdir(repository)
    assert read_constitution(Path("charts/web")) == (".specify/memory/constitution.md", TEXT)


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "constitution.md"
    file.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    assert read_constitution(tmp_path, file) == (str(file), TEXT)


@pytest.mark.parametrize(
    ("data", "line"), [(b"## Security\n\nCharts MUST\xff", 3), ("Charts MUST lint.".encode("utf-16"), 1)]
)
def test_other_encodings(tmp_path: Path, data: bytes, line: int) -> None:
    file = tmp_path / "constitution.md"
    file.write_bytes(data)
    with pytest.raises(ConstitutionFileError) as caught:
        read_constitution(tmp_path, file)
    assert str(caught.value) == f"{file}:{line}: is not UTF-8; save it as UTF-8"


def test_a_file_that_nobody_may_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    file = put(tmp_path)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ConstitutionFileError) as caught:
        read_constitution(tmp_path, file)
    assert str(caught.value) == f"{file}: can't be read: Permission denied"


def test_where_a_loaded_one_lies(repository: Path, tmp_path: Path) -> None:
    chart = repository / "charts/web"
    assert (load_constitution(chart).builtin, load_constitution(chart).shown) == (True, BUILT_IN)
    above = put(repository)
    found = load_constitution(chart)
    assert (found.base, found.file, found.shown, found.builtin) == (Base.REPO, "constitution.md", str(above), False)
    put(chart)
    assert (load_constitution(chart).base, load_constitution(chart).file) == (Base.CHART, "constitution.md")
    other = put(tmp_path, "other.md")
    assert (load_constitution(chart, other).base, load_constitution(chart, other).file) == (Base.ABSOLUTE, str(other))


def test_what_can_not_be_used(tmp_path: Path) -> None:
    file = put(tmp_path, text="## A\nA MUST.\n## A\nB MUST.\n")
    with pytest.raises(ConstitutionFileError) as caught:
        load_constitution(tmp_path, file)
    assert str(caught.value) == f"{file}:3: two sections are titled 'A' (lines 1 and 3); rename one"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "c.md: contains no principle: no statement with MUST, SHOULD, MAY or the like, outside Governance"),
        ("# A\n\n## [PRINCIPLE_1_NAME]\n", "c.md:3: the template's placeholder [PRINCIPLE_1_NAME] is not filled in"),
        ("A MUST.\n```\n", "c.md:2: this code fence is never closed: everything after it would be skipped"),
        (
            "<!-- rules: a/b -->\n\nA MUST.\n",
            "c.md:1: this comment names rules but follows no statement; put it at the end of one",
        ),
    ],
)
def test_faults_that_keep_it_from_use(text: str, message: str) -> None:
    with pytest.raises(ConstitutionFileError) as caught:
        parse_constitution(text, "c.md", ())
    assert str(caught.value) == message


def test_faults_that_do_not() -> None:
    constitution = parse_constitution("A MUST.\n\n**Version**: one\n\n[RATIFICATION_DATE]\n", "c.md", ())
    assert constitution.version == "one"


def faults(text: str) -> list[tuple[int, str]]:
    return constitution_faults(text, "c.md", registry.modules())


def test_check_finds_every_fault() -> None:
    text = """\
## Security

Containers MUST run as non-root. <!-- rules: security/root-usr -->

## Security

Peace MUST be. <!-- rules: security/root-user -->

**Version**: 1.0 | **Ratified**: [RATIFICATION_DATE]
"""
    assert faults(text) == [
        (3, "names the unknown rule 'security/root-usr'; did you mean 'security/root-user'?"),
        (5, "two sections are titled 'Security' (lines 1 and 5); rename one"),
        (9, "the template's placeholder [RATIFICATION_DATE] is not filled in"),
        (9, "version '1.0' must be a semantic version like 1.0.0"),
    ]


def test_check_of_another_projects_constitution() -> None:
    ((line, message),) = faults("## Songs\n\nWe MUST sing.\n")
    assert line == 0
    assert message.startswith("no rule enforces its one statement")


def test_check_of_nothing() -> None:
    ((line, message),) = faults("")
    assert (line, message.partition(":")[0]) == (0, "contains no principle")


@pytest.mark.parametrize("version", ["1.0.0", "2.10.3-rc.1+build.5"])
def test_semantic_versions(version: str) -> None:
    assert faults(f"{TEXT}\n**Version**: {version}\n") == []


@pytest.mark.parametrize("version", ["1", "1.0", "v1.0.0", "01.0.0", "latest", "2025-10-10"])
def test_versions_that_are_not_semantic(version: str) -> None:
    assert faults(f"{TEXT}\n**Version**: {version}\n") == [
        (5, f"version {version!r} must be a semantic version like 1.0.0")
    ]


def test_a_version_line_is_not_demanded() -> None:
    assert faults(TEXT) == []


def test_a_template_is_told_once(tmp_path: Path) -> None:
    assert faults("# [PROJECT_NAME]\n\n**Version**: [CONSTITUTION_VERSION]\n") == [
        (1, "the template's placeholder [PROJECT_NAME] is not filled in"),
        (3, "the template's placeholder [CONSTITUTION_VERSION] is not filled in"),
    ]


def test_modules_of_other_packs_have_their_principles_too() -> None:
    pack = RuleModule("acme", "House Rules", (), ())
    (principle,) = parse_constitution("## III. House Rules\nA MUST.\n", "c.md", (pack,)).principles
    assert principle.key == "acme"
