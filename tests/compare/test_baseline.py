"""Baselines out of real repositories, folders and packages."""

from __future__ import annotations

import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from helm_constitution.chart.loader import load_chart
from helm_constitution.chart.model import Chart
from helm_constitution.compare.baseline import MAX_LINKS, open_baseline
from helm_constitution.core.errors import BaselineError, ChartError
from tests.helm.support import write_chart

IDENTITY = {
    "GIT_AUTHOR_NAME": "Test",
    "GIT_AUTHOR_EMAIL": "test@acme.test",
    "GIT_COMMITTER_NAME": "Test",
    "GIT_COMMITTER_EMAIL": "test@acme.test",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


class Repository:
    """A repository in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self("init", "--quiet", "--initial-branch=main")

    def __call__(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env={**os.environ, **IDENTITY},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def chart(self, place: str, version: str, *, name: str = "web", text: str = "") -> Path:
        """Writes a chart with this version; ``text`` is its README."""
        metadata = f"apiVersion: v2\nname: {name}\nversion: {version}\n"
        return write_chart(self.folder / place, {"Chart.yaml": metadata, "README.md": text or f"# {version}\n"})

    def commit(self, *tags: str) -> str:
        self("add", "--all")
        self("commit", "--quiet", "--message", "change")
        for tag in tags:
            self("tag", tag)
        return self("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def version_at(wanted: str, chart: Path) -> tuple[str, str | None]:
    """What the baseline is called, and the version of the chart that it holds."""
    with open_baseline(wanted, load_chart(chart)) as source:
        return source.origin, load_chart(source.folder).version if source.folder is not None else None


@pytest.mark.parametrize("form", ["web-{}", "web-v{}", "v{}", "{}"])
def test_auto_takes_the_newest_release_tag(repository: Repository, form: str) -> None:
    for version in ("1.9.0", "1.10.0", "2.0.0-rc.1"):
        chart = repository.chart("charts/web", version)
        repository.commit(form.format(version))
    repository.chart("charts/web", "2.0.0")
    repository.commit()
    assert version_at("auto", chart) == (f"tag {form.format('1.10.0')}", "1.10.0")


def test_auto_takes_a_pre_release_where_there_is_nothing_else(repository: Repository) -> None:
    chart = repository.chart("web", "1.0.0-rc.1")
    repository.commit("v1.0.0-rc.1")
    repository.chart("web", "1.0.0")
    repository.commit()
    assert version_at("auto", chart) == ("tag v1.0.0-rc.1", "1.0.0-rc.1")


def test_auto_prefers_the_charts_own_tags_to_the_repositorys(repository: Repository) -> None:
    chart = repository.chart("charts/web", "0.3.0")
    repository.commit("web-0.3.0")
    repository.chart("charts/web", "0.3.1")
    repository.commit("v7.0.0", "other-9.0.0")
    repository.chart("charts/web", "0.4.0")
    repository.commit()
    assert version_at("auto", chart) == ("tag web-0.3.0", "0.3.0")


def test_auto_passes_over_the_tag_that_is_being_released(repository: Repository) -> None:
    chart = repository.chart("web", "1.0.0")
    repository.commit("web-1.0.0")
    repository.chart("web", "1.1.0")
    repository.commit("web-1.1.0")
    assert version_at("auto", chart) == ("tag web-1.0.0", "1.0.0")
    repository.chart("web", "1.1.0", text="# changed, not released\n")
    assert version_at("auto", chart) == ("tag web-1.1.0", "1.1.0")


def test_auto_without_tags_takes_the_merge_base(repository: Repository) -> None:
    chart = repository.chart("web", "1.0.0")
    commit = repository.commit()
    repository("checkout", "--quiet", "-b", "feature")
    repository.chart("web", "1.1.0")
    repository.commit()
    assert version_at("auto", chart) == (f"merge base with main ({commit[:8]})", "1.0.0")


def test_auto_takes_no_release_of_a_later_line(repository: Repository) -> None:
    chart = repository.chart("web", "1.0.0")
    repository.commit("web-1.0.0")
    repository("checkout", "--quiet", "-b", "next")
    repository.chart("web", "2.0.0")
    repository.commit("web-2.0.0")
    repository("checkout", "--quiet", "main")
    repository.chart("web", "1.0.1")
    repository.commit()
    assert version_at("auto", chart) == ("tag web-1.0.0", "1.0.0")


def test_a_renamed_folder_is_followed_by_the_charts_name(repository: Repository) -> None:
    repository.chart("deploy/helm", "1.0.0")
    repository.chart("deploy/other", "9.0.0", name="other")
    repository.commit("web-1.0.0")
    repository("mv", "deploy/helm", "web")
    chart = repository.chart("web", "1.1.0")
    repository.commit()
    assert version_at("web-1.0.0", chart)[1] == "1.0.0"
    assert version_at("auto", chart) == ("tag web-1.0.0", "1.0.0")


def test_a_chart_that_took_anothers_folder_is_not_that_one(repository: Repository) -> None:
    repository.chart("charts/a", "1.0.0", name="web")
    repository.chart("charts/b", "2.0.0", name="api")
    commit = repository.commit()
    repository.chart("charts/a", "2.1.0", name="api")
    assert version_at(commit, repository.folder / "charts" / "a") == (commit, "2.0.0")


def test_a_renamed_chart_is_found_in_its_folder(repository: Repository) -> None:
    repository.chart("chart", "1.0.0", name="site")
    repository.commit("v1.0.0")
    chart = repository.chart("chart", "2.0.0")
    assert version_at("v1.0.0", chart) == (f"v1.0.0 ({repository('rev-parse', 'HEAD')[:8]})", "1.0.0")


def test_a_dependency_of_that_name_is_not_the_chart(repository: Repository) -> None:
    repository.chart("stack", "5.0.0", name="stack")
    repository.chart("stack/charts/web", "4.0.0")
    repository.commit("v1.0.0")
    chart = repository.chart("web", "1.0.0")
    assert version_at("v1.0.0", chart)[1] is None


def test_a_revision_without_the_chart_means_a_new_chart(repository: Repository) -> None:
    repository.chart("other", "1.0.0", name="other")
    repository.commit("other-1.0.0")
    chart = repository.chart("web", "0.1.0")
    repository.commit()
    assert version_at("HEAD~1", chart)[1] is None
    origin, version = version_at("auto", chart)
    assert origin.startswith("merge base with main")
    assert version == "0.1.0"


def test_the_work_tree_stays_as_it_is(repository: Repository) -> None:
    chart = repository.chart("web", "1.0.0")
    repository.commit("web-1.0.0")
    repository.chart("web", "1.1.0")
    before = repository("status", "--porcelain")
    with open_baseline("web-1.0.0", load_chart(chart)) as source:
        assert source.folder is not None
        folder = source.folder
        assert folder.is_dir()
    assert not folder.exists()
    assert repository("status", "--porcelain") == before == "M web/Chart.yaml\n M web/README.md"


def test_no_filter_and_no_hook_runs(repository: Repository, tmp_path: Path) -> None:
    witness = tmp_path / "ran"
    chart = repository.chart("web", "1.0.0")
    (repository.folder / ".gitattributes").write_text("* filter=trap\n*.md export-ignore export-subst\n")
    repository.commit("web-1.0.0")
    for key in ("smudge", "clean", "process"):
        repository("config", f"filter.trap.{key}", f"touch {witness}; cat")
    repository("config", "core.fsmonitor", f"touch {witness}")
    hook = repository.folder / ".git" / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {witness}\n")
    hook.chmod(0o755)
    with open_baseline("web-1.0.0", load_chart(chart)) as source:
        assert source.folder is not None
        assert (source.folder / "README.md").read_text() == "# 1.0.0\n"
    assert not witness.exists()


def test_links_are_followed_inside_the_repository(repository: Repository, tmp_path: Path) -> None:
    chart = repository.chart("charts/web", "1.0.0")
    (repository.folder / "shared").mkdir()
    (repository.folder / "shared" / "notes.md").write_text("shared\n")
    (chart / "NOTES.md").symlink_to("../../shared/notes.md")
    (chart / "files").symlink_to("../../shared")
    (tmp_path / "secret").write_text("secret\n")
    (chart / "stolen").symlink_to(tmp_path / "secret")
    repository.commit("web-1.0.0")
    (chart / "stolen").unlink()
    with open_baseline("web-1.0.0", load_chart(chart)) as source:
        assert source.folder is not None
        assert (source.folder / "NOTES.md").read_text() == "shared\n"
        assert (source.folder / "files" / "notes.md").read_text() == "shared\n"
        assert not (source.folder / "stolen").exists()


def test_dependencies_that_git_lacks_are_those_of_now_if_they_fit(repository: Repository) -> None:
    (repository.folder / ".gitignore").write_text("charts/\n")
    declared = "apiVersion: v2\nname: web\nversion: {}\ndependencies:\n  - {{name: dep, version: {}}}\n"
    chart = write_chart(repository.folder / "web", {"Chart.yaml": declared.format("1.0.0", "1.x.x")})
    repository.commit("web-1.0.0")
    write_chart(chart / "charts" / "dep", {"Chart.yaml": "apiVersion: v2\nname: dep\nversion: 1.4.0\n"})
    with open_baseline("web-1.0.0", load_chart(chart)) as source:
        assert source.folder is not None
        assert load_chart(source.folder).missing_dependencies == ()
    write_chart(chart / "charts" / "dep", {"Chart.yaml": "apiVersion: v2\nname: dep\nversion: 2.0.0\n"})
    with open_baseline("web-1.0.0", load_chart(chart)) as source:
        assert source.folder is not None
        assert [one.name for one in load_chart(source.folder).missing_dependencies] == ["dep"]


def chart_in(folder: Path) -> Chart:
    return load_chart(write_chart(folder, {}))


def test_folders_and_packages(tmp_path: Path) -> None:
    chart = write_chart(tmp_path / "new" / "web", {})
    earlier = write_chart(tmp_path / "charts" / "web", {"Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.0.9\n"})
    package = tmp_path / "web-0.0.9.tgz"
    with tarfile.open(package, "w:gz") as tar:
        tar.add(earlier, arcname="web")
    for wanted in (earlier, tmp_path / "charts", package):
        assert version_at(str(wanted), chart) == (str(wanted), "0.0.9")


def test_a_chart_that_a_folder_of_others_lacks_is_new(tmp_path: Path) -> None:
    write_chart(tmp_path / "charts" / "api", {"Chart.yaml": "apiVersion: v2\nname: api\nversion: 0.0.9\n"})
    charts = str(tmp_path / "charts")
    with open_baseline(charts, chart_in(tmp_path / "web")) as source:
        assert source == (charts, None)


def test_a_damaged_package_is_refused(tmp_path: Path) -> None:
    (tmp_path / "web.tgz").write_bytes(b"nothing")
    with (
        pytest.raises(ChartError, match="not a packaged chart"),
        open_baseline(str(tmp_path / "web.tgz"), chart_in(tmp_path / "web")),
    ):
        pass


@pytest.mark.parametrize("wanted", ["v9.9.9", "--output=/tmp/x", "HEAD~9", "nowhere/at/all"])
def test_an_unknown_revision_is_refused(repository: Repository, wanted: str) -> None:
    chart = repository.chart("web", "1.0.0")
    repository.commit()
    with (
        pytest.raises(BaselineError, match="or a git revision of the repository"),
        open_baseline(wanted, load_chart(chart)),
    ):
        pass


def test_an_empty_baseline_is_refused(tmp_path: Path) -> None:
    chart = chart_in(tmp_path / "web")
    with pytest.raises(BaselineError, match="it is empty"), open_baseline("", chart):
        pass


def test_a_tag_with_a_line_separator(repository: Repository) -> None:
    chart = repository.chart("web", "1.0.0")
    repository.commit("1.0.0", "odd\u2028name", "odd\x85name")
    repository.chart("web", "1.1.0")
    assert version_at("auto", chart)[1] == "1.0.0"


def test_a_folder_with_a_line_separator(repository: Repository) -> None:
    for name in ("odd\u2028name", "odd\nname"):
        chart = repository.chart(name, "1.0.0")
        repository.commit(f"1.{len(name)}.{ord(name[3])}")
        repository.chart(name, "9.0.0")
        assert version_at("auto", chart)[1] == "1.0.0"


def test_links_without_end_are_refused(repository: Repository) -> None:
    chart = repository.chart("web", "1.0.0")
    (chart / "self").symlink_to(".")
    revision = repository.commit()
    (chart / "self").unlink()
    with (
        pytest.raises(BaselineError, match="a symbolic link to its own parent folder"),
        open_baseline(revision, load_chart(chart)),
    ):
        pass


def test_links_that_multiply_end(repository: Repository) -> None:
    chart = repository.chart("web", "1.0.0")
    for number in range(8):
        (chart / f"d{number}").mkdir()
        for name in range(12):
            (chart / f"d{number}" / f"l{name}").symlink_to(f"../d{(number + 1) % 8}")
    revision = repository.commit()
    for number in range(8):
        for name in range(12):
            (chart / f"d{number}" / f"l{name}").unlink()
    with pytest.raises(BaselineError, match="more than"), open_baseline(revision, load_chart(chart)):
        pass


def test_a_missing_object(repository: Repository) -> None:
    chart = repository.chart("web", "1.0.0", text="gone")
    revision = repository.commit()
    blob = repository("rev-parse", f"{revision}:web/README.md")
    (repository.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(BaselineError, match=r"partial clone|failed"), open_baseline(revision, load_chart(chart)):
        pass


def test_a_missing_package_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(BaselineError, match=r"web-1\.tgz: no such package"),
        open_baseline("web-1.tgz", chart_in(tmp_path / "web")),
    ):
        pass


@pytest.mark.parametrize("wanted", ["auto", "main"])
def test_no_repository(tmp_path: Path, wanted: str) -> None:
    with (
        pytest.raises(BaselineError, match="is not in a git repository; use folders, packages"),
        open_baseline(wanted, chart_in(tmp_path / "web")),
    ):
        pass


def test_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(BaselineError, match="git is not on PATH"),
        open_baseline("main", chart_in(tmp_path / "web")),
    ):
        pass


def test_a_shallow_clone_says_how_to_get_the_rest(repository: Repository, tmp_path: Path) -> None:
    repository.chart("web", "1.0.0")
    repository.commit("web-1.0.0")
    repository.chart("web", "1.1.0")
    repository.commit()
    source = f"file://{repository.folder}"
    repository("clone", "--quiet", "--depth=1", "--no-tags", source, str(tmp_path / "clone"))
    for wanted in ("web-1.0.0", "auto"):
        with (
            pytest.raises(BaselineError, match=r"shallow clone: `git fetch --unshallow --tags`"),
            open_baseline(wanted, load_chart(tmp_path / "clone" / "web")),
        ):
            pass


def test_a_repository_without_commits(repository: Repository) -> None:
    chart = repository.chart("web", "1.0.0")
    with (
        pytest.raises(BaselineError, match="or a git revision of the repository"),
        open_baseline("auto", load_chart(chart)),
    ):
        pass


def test_git_variables_of_a_hook_name_no_other_repository(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chart = repository.chart("web", "1.0.0")
    repository.commit("web-1.0.0")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert version_at("web-1.0.0", chart)[1] == "1.0.0"


def test_a_baseline_larger_than_helm_loads(monkeypatch: pytest.MonkeyPatch, repository: Repository) -> None:
    monkeypatch.setattr("helm_constitution.compare.baseline.MAX_UNPACKED", 2 * 1024 * 1024)
    chart = repository.chart("web", "1.0.0", text="x" * 3_500_000)
    revision = repository.commit()
    (chart / "README.md").write_text("# Web\n")
    with pytest.raises(BaselineError, match="3 MiB, more than helm loads"), open_baseline(revision, load_chart(chart)):
        pass


def test_links_that_lead_to_links_are_followed_up_to_a_limit(repository: Repository) -> None:
    chart = repository.chart("web", "1.0.0")
    for number in range(1, MAX_LINKS + 1):
        (chart / f"l{number}").symlink_to(f"l{number + 1}" if number < MAX_LINKS else "README.md")
    revision = repository.commit()
    with open_baseline(revision, load_chart(chart)) as source:
        assert source.folder is not None
        assert (source.folder / "l1").read_text() == "# 1.0.0\n"
    (chart / "l0").symlink_to("l1")
    revision = repository.commit()
    words = f"'web/l{MAX_LINKS}' is the last of more than 8 symbolic links in a row"
    with pytest.raises(BaselineError, match=words), open_baseline(revision, load_chart(chart)):
        pass


def test_a_git_that_hangs_is_stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, repository: Repository) -> None:
    chart = load_chart(repository.chart("web", "1.0.0"))
    repository.commit()
    git = tmp_path / "bin" / "git"
    git.parent.mkdir()
    git.write_text("#!/bin/sh\nexec sleep 1000\n")
    git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("helm_constitution.compare.git.SECONDS", 0.5)
    with (
        pytest.raises(BaselineError, match=r"did not finish within 0.5 s and was stopped"),
        open_baseline("HEAD", chart),
    ):
        pass
