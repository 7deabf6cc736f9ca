"""Where a fleet's charts come from: folders, lists, git, Helm repositories and registries."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions
from helm_constitution.core.errors import ConfigurationError, ConstitutionError
from helm_constitution.fleet.checker import Checker, Job
from helm_constitution.fleet.git_charts import newest_versions
from helm_constitution.fleet.git_charts import write_chart as git_chart
from helm_constitution.fleet.place import Place
from helm_constitution.fleet.sources import places
from helm_constitution.helm.protocol import Limits
from tests.fleet.charts import commit, fleet, git, matrix, package, write_chart
from tests.fleet.registry import registry, repository
from tests.support import write


def shown(*sources: str, newest: int = 1) -> list[str]:
    """What the charts of some sources are called."""
    return [place.shown for place in places(sources, newest, None)]


def test_a_folder_holds_charts_and_each_comes_once(tmp_path: Path) -> None:
    write_chart(tmp_path, "api")
    write_chart(tmp_path, "web")
    assert shown(str(tmp_path), str(tmp_path / "web")) == [str(tmp_path / "api"), str(tmp_path / "web")]


def test_a_list_names_sources_from_its_own_folder(tmp_path: Path) -> None:
    write_chart(tmp_path, "api")
    write(tmp_path, {"fleet.txt": "# ours\n\napi\n"})
    assert shown(f"@{tmp_path}/fleet.txt") == [str(tmp_path / "api")]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("gone", r".*fleet.txt:2: .*gone: no such chart: neither a folder nor a packaged chart"),
        ("@fleet.txt", r".*fleet.txt:2: a list can't name another list"),
        ("ftp://example.com", r".*fleet.txt:2: ftp://example.com: unknown kind of source; .*"),
        ("git+gone", r".*fleet.txt:2: git\+.*gone: no such folder: .*gone"),
        ("oci://example.com", r".*fleet.txt:2: oci://example.com: must be oci://HOST/PATH/CHART or .*"),
    ],
)
def test_a_line_that_is_no_source_is_named(tmp_path: Path, line: str, words: str) -> None:
    write(tmp_path, {"fleet.txt": f"# ours\n{line}\n"})
    with pytest.raises(ConstitutionError) as error:
        shown(f"@{tmp_path}/fleet.txt")
    assert re.fullmatch(words, str(error.value))


def test_a_list_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConstitutionError, match=r"gone.txt: the list of sources can't be read: No such file"):
        shown(f"@{tmp_path}/gone.txt")


def test_git_holds_charts_at_a_revision(tmp_path: Path) -> None:
    write_chart(tmp_path / "charts", "web")
    write_chart(tmp_path / "charts" / "web" / "charts", "dependency")
    write_chart(tmp_path / "testdata", "bad")
    commit(tmp_path)
    write_chart(tmp_path / "charts", "later")
    assert shown(f"git+{tmp_path}") == [f"git+{tmp_path}@HEAD:charts/web"]
    assert shown(f"git+{tmp_path}@main") == [f"git+{tmp_path}@main:charts/web"]


def test_tags_hold_versions_and_the_newest_are_taken(tmp_path: Path) -> None:
    for version in ("1.9.0", "1.10.0", "1.2.0"):
        write_chart(tmp_path, "web", version)
        commit(tmp_path, f"v{version}")
    assert shown(f"git+{tmp_path}@v*") == [f"git+{tmp_path}@v1.10.0:web"]
    assert shown(f"git+{tmp_path}@v1.*", newest=2) == [f"git+{tmp_path}@v1.10.0:web", f"git+{tmp_path}@v1.9.0:web"]
    with pytest.raises(ConstitutionError, match=r"no tag matches 'w\*'"):
        shown(f"git+{tmp_path}@w*")


def test_a_revision_without_charts_and_one_that_is_not_there_are_said(tmp_path: Path) -> None:
    write(tmp_path, {"README.md": "Nothing.\n"})
    commit(tmp_path)
    with pytest.raises(ConstitutionError, match=r"git\+.*: no chart at HEAD"):
        shown(f"git+{tmp_path}")
    with pytest.raises(ConstitutionError, match="'v9' is not a folder, a package or a git revision of the repository"):
        shown(f"git+{tmp_path}@v9")


def test_versions_are_ordered_as_versions() -> None:
    assert newest_versions(["1.9.0", "1.10.0", "main", "1.10.0-rc.1"], 3) == ["1.10.0", "1.10.0-rc.1", "1.9.0"]


@pytest.mark.helm
def test_a_chart_of_git_is_checked_by_its_repositorys_constitution(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    write(
        tmp_path / "work",
        {
            "constitution.md": "# Ours\n\n## Security\n\nContainers MUST NOT be privileged.\n",
            "charts/.helm-constitution.yaml": "ignore: [security/privileged]\n",
        },
    )
    write_chart(tmp_path / "work" / "charts", "web")
    commit(tmp_path / "work")
    git(tmp_path, "clone", "--quiet", "--bare", str(tmp_path / "work"), str(tmp_path / "bare.git"))
    done = fleet(home, "--format", "json", f"git+{tmp_path}/bare.git@main")
    found = matrix(done)[f"git+{tmp_path}/bare.git@main:charts/web"]
    assert found["principles"] == {"security": "unchecked"}
    assert done.returncode == 0
    assert list((home / "tmp").iterdir()) == []


@pytest.mark.helm
def test_a_large_constitution_of_git_rules_its_charts(tmp_path: Path) -> None:
    text = f"# Ours\n\n{'Text. ' * 200_000}\n\n## Security\n\nContainers MUST NOT be privileged.\n"
    write(tmp_path / "work", {"constitution.md": text})
    write_chart(tmp_path / "work", "web")
    commit(tmp_path / "work")
    done = fleet(tmp_path, "--format", "json", f"git+{tmp_path}/work")
    assert matrix(done)[f"git+{tmp_path}/work@HEAD:web"]["principles"] == {"security": "fail"}


@pytest.mark.helm
def test_a_repository_that_is_elsewhere_is_cloned_beside_the_results(tmp_path: Path) -> None:
    write_chart(tmp_path / "work", "web")
    commit(tmp_path / "work")
    source = f"git+file://{tmp_path}/work"
    assert "requires --results DIR" in fleet(tmp_path, source).stderr
    done = fleet(tmp_path, "--results", "results", "--format", "json", source)
    assert list(matrix(done)) == [f"{source}@HEAD:web"]
    write_chart(tmp_path / "work", "api")
    commit(tmp_path / "work")
    again = fleet(tmp_path, "--results", "results", "--format", "json", source)
    assert list(matrix(again)) == [f"{source}@HEAD:api", f"{source}@HEAD:web"]


@pytest.mark.helm
def test_a_helm_repository_lists_its_charts(tmp_path: Path, helm: Path) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    for name, version in (("web", "1.9.0"), ("web", "1.10.0"), ("api", "0.1.0")):
        (packages / f"{name}-{version}.tgz").write_bytes(package(write_chart(tmp_path, name, version)))
    subprocess.run([helm, "repo", "index", packages], check=True)
    with repository(packages) as address:
        done = fleet(tmp_path, "--newest", "2", "--format", "json", address, HELM_BIN=str(helm))
        assert {path: chart["version"] for path, chart in matrix(done).items()} == {
            f"{address}/api:0.1.0": "0.1.0",
            f"{address}/web:1.10.0": "1.10.0",
            f"{address}/web:1.9.0": "1.9.0",
        }
        one = fleet(tmp_path, "--format", "json", f"{address}#we*", HELM_BIN=str(helm))
        assert list(matrix(one)) == [f"{address}/web:1.10.0"]
        none = fleet(tmp_path, f"{address}#gone", HELM_BIN=str(helm))
        assert none.returncode == 2
        assert none.stderr == f"helm-constitution: error: {address}#gone: the repository has no chart gone\n"
        (packages / "web-1.10.0.tgz").unlink()
        lost = fleet(tmp_path, "--format", "json", address, HELM_BIN=str(helm))
        assert lost.returncode == 2
        assert matrix(lost)[f"{address}/web:1.10.0"]["problem"].startswith("helm can't read it: ")
        assert matrix(lost)[f"{address}/api:0.1.0"]["gate"] == "fail"
    gone = fleet(tmp_path, address, HELM_BIN=str(helm))
    assert gone.returncode == 2
    assert gone.stderr.startswith(f"helm-constitution: error: {address}: helm can't read it: ")


@pytest.mark.helm
def test_a_registry_holds_versions_of_a_chart(tmp_path: Path, helm: Path) -> None:
    packages = {version: package(write_chart(tmp_path, "web", version)) for version in ("1.9.0", "1.10.0", "1.2.0")}
    with registry("web", packages) as reference:
        done = fleet(tmp_path, "--newest", "2", "--format", "json", reference, HELM_BIN=str(helm))
        assert list(matrix(done)) == [f"{reference}:1.10.0", f"{reference}:1.9.0"]
        assert [chart["name"] for chart in matrix(done).values()] == ["web", "web"]
        named = fleet(tmp_path, "--format", "json", f"{reference}:1.2.0", HELM_BIN=str(helm))
        assert matrix(named)[f"{reference}:1.2.0"]["version"] == "1.2.0"
        lost = fleet(tmp_path, "--format", "json", f"{reference}:7.7.7", HELM_BIN=str(helm))
        assert matrix(lost)[f"{reference}:7.7.7"]["problem"].startswith("helm can't read it: ")


@pytest.mark.helm
def test_no_module_of_the_current_folder_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    witness = tmp_path / "ran"
    names = ("json", "pickle", "yaml", "helm_python", "helm_constitution")
    write(tmp_path / "work", {f"{name}.py": f"open({str(witness)!r}, 'a').write({name!r})\n" for name in names})
    chart = write_chart(tmp_path, "web")
    monkeypatch.chdir(tmp_path / "work")
    with registry("web", {"0.1.0": package(chart)}) as reference:
        assert shown(reference) == [f"{reference}:0.1.0"]
    checker = Checker(Job("embedded", CheckOptions(), Limits(), "", packs=False))
    done = checker.check(Place.local(chart))
    checker.close()
    assert done is not None
    assert done.row.name == "web"
    assert not witness.exists(), witness.read_text()


@pytest.mark.parametrize(
    ("program", "limit", "source"),
    [
        ("git", "git_charts.CLONE_SECONDS", "git+https://git.test/charts"),
        ("helm", "helm_charts.SECONDS", "https://charts.test"),
    ],
)
def test_what_brings_charts_and_hangs_is_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str, limit: str, source: str
) -> None:
    hanging = tmp_path / "bin" / program
    write(tmp_path, {f"bin/{program}": "#!/bin/sh\nexec sleep 1000\n"})
    hanging.chmod(0o755)
    monkeypatch.setenv("PATH", f"{hanging.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HELM_BIN", str(hanging))
    monkeypatch.setattr(f"helm_constitution.fleet.{limit}", 0.5)
    with pytest.raises(ConfigurationError, match=f"{program} did not finish within 0.5 s") as caught:
        places([source], 1, tmp_path / "clones")
    assert caught.value.file == source


def test_a_large_file_above_a_chart_of_git_is_not_taken_along(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("helm_constitution.fleet.git_charts.NAMED_BYTES", 100)
    write(tmp_path / "work", {"large.yaml": "a: " + 100 * "x", "small.yaml": "a: 1", "constitution.md": 200 * "x"})
    write_chart(tmp_path / "work", "web")
    commit(tmp_path / "work")
    (place,) = places([f"git+{tmp_path}/work"], 1, None)
    chart = git_chart(place, tmp_path / "here")
    assert {file.name for file in chart.parent.iterdir()} == {".git", "web", "small.yaml", "constitution.md"}
