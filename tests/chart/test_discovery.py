"""Which charts are meant by a folder, and which a changed file belongs to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from helm_constitution.chart.discovery import find_charts, repository_of
from helm_constitution.check.changed import affected_charts, charts_of
from helm_constitution.core.errors import ChartError

FILES = (
    ".git/config",
    ".helm-constitution.yaml",
    ".specify/memory/constitution.md",
    "README.md",
    "charts/web/Chart.yaml",
    "charts/web/templates/a b%20:c.yaml",
    "charts/web/charts/db/Chart.yaml",
    "charts/web/charts/db/values.yaml",
    "charts/web/charts/db/charts/inner/Chart.yaml",
    "charts/web/charts/db/charts/inner/values.yaml",
    "charts/web/charts/cache-1.0.0.tgz",
    "charts/web/constitution.md",
    "charts/api/Chart.yaml",
    "charts/api/values.yaml",
    "charts/README.md",
    "teams/a/.helm-constitution.yaml",
    "teams/a/charts/one/Chart.yaml",
    "teams/a/two/Chart.yaml",
    "teams/a/.helm-constitution-debt.yaml",
    "teams/b/constitution.md",
    "testdata/broken/Chart.yaml",
    "testdata/broken/values.yaml",
    ".hidden/old/Chart.yaml",
)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Below a folder with a Chart.yaml, which is no part of the repository."""
    (tmp_path / "Chart.yaml").touch()
    root = tmp_path / "repository"
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    monkeypatch.chdir(root)
    return root


def charts(*files: str) -> list[str]:
    return [chart.as_posix() for chart in charts_of([Path(file) for file in files])]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (("charts/web/Chart.yaml",), ["charts/web"]),
        (("charts/web/templates/a b%20:c.yaml",), ["charts/web"]),
        (("charts/web/templates/deleted/was-here.yaml",), ["charts/web"]),
        (("charts/web/charts/db/values.yaml",), ["charts/web"]),
        (("charts/web/charts/db/charts/inner/values.yaml",), ["charts/web"]),
        (("charts/web/charts/cache-1.0.0.tgz",), ["charts/web"]),
        (("charts/web/values.yaml", "charts/api/values.yaml", "charts/web/Chart.yaml"), ["charts/api", "charts/web"]),
        (("README.md", "charts/README.md", "Makefile"), []),
        (("testdata/broken/values.yaml", ".hidden/old/Chart.yaml"), []),
        ((), []),
    ],
)
def test_a_file_belongs_to_the_top_chart_of_the_nearest_one(
    repository: Path, files: tuple[str, ...], expected: list[str]
) -> None:
    assert charts(*files) == expected


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("teams/a/.helm-constitution.yaml", ["teams/a/charts/one", "teams/a/two"]),
        ("teams/a/.helm-constitution-debt.yaml", ["teams/a/charts/one", "teams/a/two"]),
        ("teams/b/constitution.md", []),
        ("charts/web/constitution.md", ["charts/web"]),
        (
            ".specify/memory/constitution.md",
            ["charts/api", "charts/web", "teams/a/charts/one", "teams/a/two"],
        ),
        (".helm-constitution.yaml", ["charts/api", "charts/web", "teams/a/charts/one", "teams/a/two"]),
    ],
)
def test_a_constitution_or_a_configuration_rules_the_charts_below_it(
    repository: Path, file: str, expected: list[str]
) -> None:
    assert charts(file) == expected


def affected(*files: str) -> list[str]:
    return [chart.as_posix() for chart in affected_charts([Path(file) for file in files])]


@pytest.mark.parametrize("file", ["docs/rules.md", "policies/one/a.yaml", "specs/001/plan.md", "shared/values.yaml"])
def test_a_file_that_a_configuration_names_concerns_its_charts(repository: Path, file: str) -> None:
    (repository / "teams/a/.helm-constitution.yaml").write_text(
        "constitution: ../../docs/rules.md\npolicies: [../../policies/]\nplan: '../../specs/001/plan.md'\n"
        "charts: {two: {scenarios: [{name: x, values: [../../shared/values.yaml]}]}}\n"
    )
    assert affected(file) == ["teams/a/charts/one", "teams/a/two"]
    assert charts(file) == []


def test_a_configuration_whose_name_is_wrong_is_left_to_the_check(repository: Path) -> None:
    (repository / "teams/a/.helm-constitution.yml").write_text("constitution: ../../docs/rules.md\n")
    assert affected("docs/rules.md") == ["teams/a/charts/one", "teams/a/two"]
    assert charts("teams/a/.helm-constitution.yml") == ["teams/a/charts/one", "teams/a/two"]


@pytest.mark.parametrize(
    "file", ["teams/README.md", "docs/rules.md.orig", "charts/README.md", "shared/other/values.yaml"]
)
def test_a_file_that_no_configuration_names_concerns_none(repository: Path, file: str) -> None:
    (repository / ".helm-constitution.yaml").write_text("constitution: docs/rules.md\ncharts: {charts/web: {}}\n")
    assert affected(file) == []


def test_a_chart_that_others_use_from_its_folder_concerns_them(repository: Path) -> None:
    (repository / "charts/api/Chart.yaml").write_text(
        "dependencies: [{name: one, repository: file://../../teams/a/charts/one}]"
    )
    (repository / "teams/a/two/charts").mkdir()
    (repository / "teams/a/two/charts/api").symlink_to(repository / "charts/api")
    assert affected("teams/a/charts/one/templates/_x.tpl") == ["charts/api", "teams/a/charts/one", "teams/a/two"]
    assert affected("charts/web/values.yaml") == ["charts/web"]


def test_a_chart_among_the_files_of_another_concerns_both(repository: Path) -> None:
    (repository / "charts/web/files/inner").mkdir(parents=True)
    (repository / "charts/web/files/inner/Chart.yaml").touch()
    assert charts("charts/web/files/inner/values.yaml") == ["charts/web", "charts/web/files/inner"]


def test_a_folder_stands_for_its_charts_as_git_names_a_submodule(repository: Path) -> None:
    assert charts("teams/a") == ["teams/a/charts/one", "teams/a/two"]


def test_paths_are_relative_to_the_current_folder_and_absolute_outside_it(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository / "charts" / "web")
    assert charts("values.yaml") == ["."]
    assert charts("templates/x.yaml", "charts/db/values.yaml") == ["."]
    assert charts("../api/values.yaml") == [(repository / "charts" / "api").as_posix()]
    monkeypatch.chdir(repository.parent)
    assert charts(str(repository / "charts/api/values.yaml")) == ["repository/charts/api"]


def test_a_repository_that_is_a_chart_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (".git/config", "Chart.yaml", "charts/db/Chart.yaml", "ci/a-values.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    assert charts("ci/a-values.yaml", "charts/db/values.yaml", ".helm-constitution.yaml") == ["."]


def test_where_a_chart_lies_in_its_repository(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = str(repository)
    assert repository_of(Path("charts/web")) == (root, "charts/web")
    assert repository_of(repository) == (root, ".")
    monkeypatch.chdir("charts/web/templates")
    assert repository_of(Path("..")) == (root, "charts/web")


def test_outside_a_repository_the_current_folder_is_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("here/web", "there/api"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    assert repository_of(Path("web")) == (str(tmp_path / "here"), "web")
    assert repository_of(Path("../there/api")) == (str(tmp_path / "there" / "api"), ".")
    (tmp_path / "there" / "api.tgz").touch()
    assert repository_of(Path("../there/api.tgz")) == (str(tmp_path / "there"), "api.tgz")


def test_a_chart_in_the_folder_of_werf_is_found_and_one_in_another_hidden_folder_is_named(tmp_path: Path) -> None:
    for name in (".helm/Chart.yaml", "other/.deploy/web/Chart.yaml"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("name: web\n")
    assert find_charts(tmp_path) == [tmp_path / ".helm"]
    with pytest.raises(ChartError, match=r"are skipped unless named: \S*/other/\.deploy$"):
        find_charts(tmp_path / "other")


def test_a_chart_of_a_registry_has_to_be_fetched_first() -> None:
    with pytest.raises(ChartError, match=r"run `helm pull oci://registry\.example\.com/web`, then check the \.tgz"):
        find_charts(Path("oci://registry.example.com/web"))


def test_a_folder_that_cannot_be_read_is_an_error_or_left_out(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "Chart.yaml").touch()
    folder = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):  # until the path is longer than any system takes
        os.mkdir("a" * 250, dir_fd=folder)
        inside = os.open("a" * 250, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inside
    os.close(folder)
    assert find_charts(tmp_path, skip_unreadable=True) == [tmp_path / "web"]
    with pytest.raises(ChartError, match="can't be read: File name too long"):
        find_charts(tmp_path)
