"""What lies around a stranger's chart runs nothing and shows nothing: repositories, working folders, configurations."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from helm_constitution.report import FORMATS
from tests.compare.test_baseline import Repository
from tests.helm.support import write_chart

PROGRAM = Path(sys.executable).parent / "helm-constitution"
SECRET = "hunter2-of-the-machine"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(helm4: Path, tmp_path: Path) -> Run:
    """Starts the program as it is installed, without a cache, in a folder."""

    def start(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "HELM_BIN": str(helm4), "XDG_CACHE_HOME": str(tmp_path / "cache"), **environment}
        return subprocess.run([PROGRAM, *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False)

    return start


def trapped(folder: Path, witness: Path) -> Repository:
    """A repository with two releases of a chart, whose configuration runs something wherever git lets it."""
    repository = Repository(folder)
    trap = folder / ".git" / "trap"
    trap.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{witness}'\ncat\n")
    trap.chmod(0o755)
    repository.chart("web", "1.0.0")
    attributes = "* filter=trap diff=trap merge=trap\n"
    (folder / ".gitattributes").write_text(attributes)
    repository.commit("web-1.0.0")
    repository.chart("web", "1.1.0")
    (folder / "web" / ".gitattributes").write_text(attributes)
    for name in ("smudge", "clean", "process"):
        repository("config", f"filter.trap.{name}", str(trap))
    for name in ("textconv", "command"):
        repository("config", f"diff.trap.{name}", str(trap))
    for key in (
        *("core.fsmonitor", "core.pager", "core.editor", "core.askPass", "core.sshCommand", "core.gitProxy"),
        *("core.alternateRefsCommand", "diff.external", "gpg.program", "merge.trap.driver", "credential.helper"),
        *("pager.cat-file", "pager.ls-tree", "pager.for-each-ref", "uploadpack.packObjectsHook"),
        *("alias.cat-file", "alias.ls-tree", "alias.rev-parse", "interactive.diffFilter", "sequence.editor"),
    ):
        repository("config", key, f"!{trap}" if key.startswith(("alias", "credential")) else str(trap))
    hooks = folder / ".git" / "hooks"
    for name in ("post-checkout", "post-index-change", "reference-transaction", "fsmonitor-watchman", "pre-auto-gc"):
        (hooks / name).write_text(trap.read_text())
        (hooks / name).chmod(0o755)
    repository("config", "core.hooksPath", str(hooks))
    return repository


@pytest.mark.parametrize("baseline", ["web-1.0.0", "auto", "HEAD"])
def test_nothing_of_a_repositorys_configuration_runs(run: Run, tmp_path: Path, baseline: str) -> None:
    witness = tmp_path / "ran"
    repository = trapped(tmp_path / "repository", witness)
    arguments = ("check", "--changed", "--baseline", baseline, "--format", "json", "web/values.yaml")
    done = run(repository.folder, *arguments)
    assert done.returncode in (0, 1), done.stderr
    assert json.loads(done.stdout)["charts"][0]["baseline"]["version"] == "1.0.0"
    assert not witness.exists(), witness.read_text()


def test_the_age_of_a_waiver_runs_nothing(run: Run, tmp_path: Path) -> None:
    witness = tmp_path / "ran"
    repository = trapped(tmp_path / "repository", witness)
    reasons = "why_needed: it is internal, simpler_alternative_rejected_because: there is none"
    text = f"waivers:\n  - {{rule: values/unused, chart: web, {reasons}}}\n"
    (repository.folder / ".helm-constitution.yaml").write_text(text)
    repository.commit("waived")
    witness.unlink(missing_ok=True)
    done = run(repository.folder, "waivers", "web")
    assert "0 days old" in done.stdout, done.stderr
    assert not witness.exists(), witness.read_text()


def test_what_is_missing_is_not_fetched(run: Run, tmp_path: Path) -> None:
    """A partial clone fetches objects when they are asked for, and an ext:: address is a command."""
    witness = tmp_path / "ran"
    repository = trapped(tmp_path / "repository", witness)
    blob = repository("rev-parse", "web-1.0.0:web/README.md")
    (repository.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    for key, value in {
        "extensions.partialClone": "origin",
        "core.repositoryFormatVersion": "1",
        "remote.origin.url": f"ext::sh -c touch% {witness}",
        "remote.origin.promisor": "true",
        "remote.origin.partialCloneFilter": "blob:none",
        "protocol.ext.allow": "always",
        "protocol.allow": "always",
    }.items():
        repository("config", key, value)
    witness.unlink(missing_ok=True)
    done = run(repository.folder, "check", "--baseline", "web-1.0.0", "web")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not witness.exists()


@pytest.mark.parametrize("name", ["--output=stolen", "-rf", "--upload-pack=touch stolen"])
def test_a_tag_that_looks_like_an_option_is_a_tag(run: Run, tmp_path: Path, name: str) -> None:
    repository = Repository(tmp_path / "repository")
    repository.chart("web", "1.0.0")
    commit = repository.commit()
    (repository.folder / ".git" / "packed-refs").write_text(f"{commit} refs/tags/{name}\n")
    repository.chart("web", "1.1.0")
    before = sorted(path.name for path in repository.folder.iterdir())
    done = run(repository.folder, "check", f"--baseline={name}", "web")
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1) or "is not a folder, a package or a git revision" in done.stderr
    assert run(repository.folder, "check", "--baseline=auto", "web").returncode in (0, 1, 2)
    assert sorted(path.name for path in repository.folder.iterdir()) == before


def test_nothing_of_the_working_folder_runs(run: Run, tmp_path: Path) -> None:
    witness = tmp_path / "ran"
    folder = tmp_path / "work"
    chart = write_chart(folder / "web", {})
    trap = f"open({str(witness)!r}, 'a').write(__name__ + chr(10))\n"
    names = (
        "json",
        "yaml",
        "click",
        "re",
        "sitecustomize",
        "usercustomize",
        "helm_python",
        "helm_constitution",
        "rules",
    )
    for place in (folder, chart):
        for name in names:
            (place / f"{name}.py").write_text(trap)
        for name in ("helm", "git", "sh"):
            (place / name).write_text(f"#!/bin/sh\necho {name} >> '{witness}'\n")
            (place / name).chmod(0o755)
        (place / "pyproject.toml").write_text("[tool.helm-constitution]\nrules = ['.']\n")
    for arguments in (("check", "web"), ("check", "web", "--engine", "embedded", "--scenarios", "full"), ("rules",)):
        done = run(folder, *arguments)
        assert done.returncode in (0, 1), done.stderr
    assert run(chart, "check", "--baseline", "../web").returncode in (0, 1)
    assert not witness.exists(), witness.read_text()


def test_a_helm_in_the_working_folder_is_not_taken(run: Run, tmp_path: Path) -> None:
    witness = tmp_path / "ran"
    folder = tmp_path / "work"
    write_chart(folder / "web", {})
    (folder / "helm").write_text(f"#!/bin/sh\ntouch '{witness}'\n")
    (folder / "helm").chmod(0o755)
    done = run(folder, "check", "web", "--engine", "cli", HELM_BIN="", PATH=str(tmp_path / "nothing"))
    assert done.returncode == 2
    assert "no helm on PATH" in done.stderr
    assert not witness.exists()


@pytest.mark.parametrize(
    ("name", "configuration"),
    [
        (".helm-constitution.yaml", None),
        (".helm-constitution-debt.yaml", None),
        ("constitution.md", None),
        ("plan.md", "plan: plan.md"),
        ("values.yaml", "scenarios: [{name: x, values: [values.yaml]}]"),
        ("schemas/configmap-v1.json", "schemas: schemas"),
    ],
)
def test_files_of_a_team_that_are_too_large_are_not_read(
    run: Run, tmp_path: Path, name: str, configuration: str | None
) -> None:
    folder = tmp_path / "work"
    repository = Repository(folder)
    repository.chart("web", "1.0.0")
    write_chart(folder / "web", {"templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"})
    if configuration is not None:
        (folder / ".helm-constitution.yaml").write_text(f"{configuration}\n")
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.touch()
    os.truncate(file, 3 * 1024**3)
    done = run(folder, "check", "web", "--engine", "cli", "--select", "portability")
    assert done.returncode == 2
    assert "larger than 10 MiB" in done.stdout + done.stderr


@pytest.mark.parametrize("entry", ["", ".", "bin"])
def test_no_relative_folder_of_the_path_is_searched(run: Run, tmp_path: Path, entry: str) -> None:
    witness = tmp_path / "ran"
    folder = tmp_path / "work"
    write_chart(folder / "web", {})
    for name in ("git", "helm"):
        for program in (folder / entry / name, folder / "web" / entry / name):
            program.parent.mkdir(exist_ok=True)
            program.write_text(f"#!/bin/sh\ntouch '{witness}'\n")
            program.chmod(0o755)
    done = run(folder, "check", "web", "--baseline", "HEAD", "--engine", "cli", PATH=f"{entry}:{os.environ['PATH']}")
    assert done.returncode == 2
    assert not witness.exists()
    for path in (f"{entry}:{tmp_path / 'nothing'}", entry):
        run(folder, "check", "web", "--engine", "cli", HELM_BIN="", PATH=path)
        assert not witness.exists()


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ("rules: [evil]", "rule pack 'evil' is not installed"),
        ("rules: [./evil]", "rule pack './evil' is not installed"),
        ("rules: [os]", "rule pack 'os' is not installed"),
        ("plan: ../../secret.md", "is outside of this file's folder"),
        ("constitution: ../../secret.md", "is outside of this file's folder"),
        ("constitution: link.md", "is outside of this file's folder"),
        ("scenarios: [{name: x, values: [../../secret.md]}]", "is outside of this file's folder"),
        ("scenarios: [{name: x, values: [link.md]}]", "is outside of this file's folder"),
        ("charts: {/**/secret.md: {}}", "no folder matches '/**/secret.md'"),
        ("scenarios: [{name: x, set: ['a=@/etc/hostname']}]", ""),
    ],
)
def test_a_charts_own_configuration_reads_and_runs_nothing_else(
    run: Run, tmp_path: Path, configuration: str, words: str
) -> None:
    (tmp_path / "secret.md").write_text(
        f"a: {SECRET}\n\n# C\n\nValues MUST be {SECRET}. <!-- rules: values/unused -->\n"
    )
    chart = write_chart(
        tmp_path / "charts" / "web",
        {"templates/a.yaml": "{{ fail (toString .Values.a) }}", "evil.py": "raise SystemExit(0)"},
    )
    (chart / "link.md").symlink_to(tmp_path / "secret.md")
    (chart / ".helm-constitution.yaml").write_text(configuration + "\n")
    done = run(tmp_path, "check", "charts/web", "--engine", "embedded")
    assert done.returncode == 2
    assert words in done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_a_named_configuration_may_name_any_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ours.md").write_text("# C\n\n## Values\n\nValues MUST be used. <!-- rules: values/unused -->\n")
    (tmp_path / "team").mkdir()
    (tmp_path / "team" / "c.yaml").write_text("constitution: ../ours.md\n")
    write_chart(tmp_path / "web", {"values.yaml": "{}\n"})
    assert run(tmp_path, "check", "web", "--config", "team/c.yaml").returncode == 0


@pytest.mark.parametrize("engine", ["cli", "embedded"])
@pytest.mark.parametrize("form", ["file://{}", "{}", "../../../../../..{}"])
def test_a_schema_shows_no_file_of_the_machine(run: Run, tmp_path: Path, engine: str, form: str) -> None:
    (tmp_path / "secret.json").write_text(json.dumps({"properties": {"a": {"const": SECRET}}}))
    schema = json.dumps({"$ref": form.format(tmp_path / "secret.json")})
    write_chart(tmp_path / "web", {"values.schema.json": schema, "values.yaml": "a: 1\n"})
    outputs = [f"--output={report}={tmp_path / report}" for report in FORMATS]
    done = run(tmp_path, "check", "web", "--engine", engine, *outputs)
    assert done.returncode in (0, 1), done.stderr
    assert SECRET not in done.stdout + done.stderr
    for report in FORMATS:
        assert SECRET not in (tmp_path / report).read_text("utf-8")


@pytest.mark.parametrize("engine", ["cli", "embedded"])
@pytest.mark.parametrize("ignored", ["*", "Chart.yaml", "/Chart.yaml", "!templates/", "**"])
def test_helmignore_hides_no_chart_and_no_demand(run: Run, tmp_path: Path, engine: str, ignored: str) -> None:
    chart = write_chart(tmp_path / "web", {".helmignore": ignored + "\n"})
    (chart / "constitution.md").write_text(
        "# C\n\n## Docs\n\nA chart MUST have a README. <!-- rules: docs/no-readme -->\n"
    )
    done = run(tmp_path, "check", "web", "--engine", engine)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr


def test_a_debt_file_that_is_a_link_is_not_written_through(run: Run, tmp_path: Path) -> None:
    chart = write_chart(tmp_path / "web", {})
    (tmp_path / "profile").write_text("mine\n")
    (chart / ".helm-constitution-debt.yaml").symlink_to(tmp_path / "profile")
    assert run(tmp_path, "accept", "web").returncode == 2
    assert (tmp_path / "profile").read_text() == "mine\n"
