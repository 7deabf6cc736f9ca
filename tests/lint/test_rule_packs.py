"""A user's own rules: from a folder, from an installed pack, and what is wrong with them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.fetch_wheels import ROOT
from tests.support import WEB, write

EXAMPLE = ROOT / "examples" / "rule-pack"
Run = Callable[..., "subprocess.CompletedProcess[str]"]

PACK = """
    from helm_constitution.api import MUST, Violation, RuleModule, rule

    @rule("ours/bad", default=MUST)
    def bad(subject):
        '''Always wrong.'''
        yield Violation("is wrong", at=subject.chart.metadata.view.get("name"))

    MODULE = RuleModule("ours", "Ours", (), (bad,))
    """


@pytest.fixture
def program(tmp_path: Path) -> Run:
    """Starts the program in a repository with one chart, with a cache of its own."""
    write(tmp_path, {**WEB, ".git/HEAD": ""})

    def start(*arguments: str | Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HELM_")}
        env = {**kept, "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
        if path is not None:
            env["PYTHONPATH"] = str(path)
        command = [sys.executable, "-m", "helm_constitution", *map(str, arguments)]
        if arguments[0] == "check":
            command += ["--engine", "embedded"]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    return start


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Path:
    """A folder into which pip has installed the example pack."""
    folder = tmp_path_factory.mktemp("site")
    environment = {
        **os.environ,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    copy = folder / "project"
    subprocess.run(["cp", "-r", EXAMPLE, copy], check=True)
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(folder / "site"),
        str(copy),
    ]
    subprocess.run(command, env=environment, check=True)
    return folder / "site"


def rules_found(done: subprocess.CompletedProcess[str]) -> dict[str, int]:
    assert done.returncode in (0, 1), done.stderr
    report = json.loads(done.stdout)
    counts: dict[str, int] = {}
    for finding in report["charts"][0]["findings"]:
        counts[finding["rule"]] = counts.get(finding["rule"], 0) + 1
    return counts


EXPECTED = {"acme/no-owner": 1, "acme/foreign-registry": 2, "security/privileged": 2}


def test_the_example_works_from_its_folder(program: Run) -> None:
    options = ("--rules", EXAMPLE / "src", "--constitution", EXAMPLE / "constitution.md", "--format", "json")
    done = program("check", "web", *options)
    assert rules_found(done) == EXPECTED
    (owner,) = [one for one in json.loads(done.stdout)["charts"][0]["findings"] if one["rule"] == "acme/no-owner"]
    assert (owner["severity"], owner["principle"], owner["precision"]) == ("error", "acme", "parent")


def test_the_example_works_installed_where_the_configuration_names_it(program: Run, site: Path, tmp_path: Path) -> None:
    options = ("check", "web", "--constitution", EXAMPLE / "constitution.md", "--format", "json")
    done = program(*options, path=site)
    assert done.returncode == 2
    assert "names the unknown rule 'acme/no-owner'" in done.stderr
    configuration = "rules: [acme]\nparameters: {acme/foreign-registry: {registry: proxy}}\n"
    write(tmp_path, {".helm-constitution.yaml": configuration})
    assert rules_found(program(*options, path=site)) == EXPECTED
    assert "acme/no-owner" in program("rules", path=site).stdout
    assert "Why: Whoever is on call" in program("explain", "acme/no-owner", path=site).stdout


def test_a_pack_that_is_not_installed_is_an_error_with_its_line(program: Run, site: Path, tmp_path: Path) -> None:
    write(tmp_path, {".helm-constitution.yaml": "select: []\nrules:\n  - acne\n"})
    done = program("check", "web", path=site)
    assert done.returncode == 2
    assert ".helm-constitution.yaml:3: rule pack 'acne' is not installed; installed: acme" in done.stderr


def test_rules_of_a_folder_are_listed_explained_and_known_to_a_constitution(program: Run, tmp_path: Path) -> None:
    write(
        tmp_path, {"own/ours.py": PACK, "own/_helper.py": "", "own.md": "# C\n\nX MUST be. <!-- rules: ours/bad -->\n"}
    )
    assert "ours/bad " in program("rules", "--rules", "own").stdout
    assert "ours/bad: Always wrong." in program("explain", "ours/bad", "--rules", "own").stdout
    assert "no faults" in program("constitution", "check", "own.md", "--rules", "own").stdout
    assert "ours/bad (error)" in program("constitution", "show", "own.md", "--rules", "own").stdout
    assert program("constitution", "check", "own.md").returncode == 2
    done = program("check", "web", "--rules", "own", "--constitution", "own.md")
    assert done.returncode == 1
    assert "error[ours/bad]: is wrong\n  --> web/Chart.yaml:2:1\n" in done.stdout


def test_rules_of_a_folder_whose_name_is_not_utf8(program: Run, tmp_path: Path) -> None:
    folder = os.fsdecode(b"own\xff")
    write(tmp_path / folder, {"ours.py": PACK})
    assert "ours/bad " in program("rules", "--rules", folder).stdout


def test_a_changed_rule_is_not_answered_from_the_cache(program: Run, site: Path, tmp_path: Path) -> None:
    write(tmp_path, {"own/ours.py": PACK})
    options = ("check", "web", "--rules", "own", "--select", "ours")
    assert "is wrong" in program(*options).stdout
    write(tmp_path, {"own/ours.py": PACK.replace("is wrong", "is bad")})
    assert "is bad" in program(*options).stdout

    write(tmp_path, {".helm-constitution.yaml": "rules: [acme]\n"})
    selected = ("check", "web", "--select", "acme")
    assert "set it to the name of the team" in program(*selected, path=site).stdout
    file = site / "acme_rules" / "__init__.py"
    old = file.read_text("utf-8")
    try:
        file.write_text(old.replace("name of the team", "team"), "utf-8")
        assert "set it to the team" in program(*selected, path=site).stdout
    finally:
        file.write_text(old, "utf-8")


def test_a_rule_that_crashes_is_told_and_the_others_go_on(program: Run, tmp_path: Path) -> None:
    write(tmp_path, {"own/ours.py": PACK.replace("yield Violation", "1 / 0; yield Violation")})
    done = program("check", "web", "--rules", "own", "--select", "ours")
    assert done.returncode == 2
    assert "rule ours/bad crashed: ZeroDivisionError" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "own: no such folder; --rules must be a folder of Python modules"),
        ({"own/x.txt": ""}, "own: the folder contains no Python module with rules"),
        ({"own/a.py": "x = 1\n"}, "own/a.py: must define MODULE, a RuleModule with its rules"),
        ({"own/a.py": "MODULE = 1\n"}, "own/a.py: MODULE must be a RuleModule, not int"),
        (
            {"own/a.py": "x = 1\nimport no_such\n"},
            "own/a.py:2: the rules cannot be imported: ModuleNotFoundError: No module",
        ),
        ({"own/a.py": "x = 1\n\ndef f(:\n"}, "own/a.py:3: the rules cannot be imported: SyntaxError: invalid syntax"),
        (
            {"own/a.py": "from ._b import f\nf()\n", "own/_b.py": "def f():\n    1 / 0\n"},
            "own/_b.py:2: the rules cannot be",
        ),
        ({"own/a.py": "import sys\nsys.exit(0)\n"}, "own/a.py:2: the rules cannot be imported: SystemExit: 0"),
        ({"own/a.py": PACK, "own/b.py": PACK}, "own/b.py:3: rule ours/bad already exists"),
        ({"own/a.py": PACK.replace('"ours"', '"theirs"')}, "own/a.py:3: the rule's id must be "),
        ({"own/a.py": PACK.replace("'''Always wrong.'''", "")}, "own/a.py:3: ours/bad must have a docstring"),
        ({"own/a.py": PACK.replace('"ours",', '"Our s",')}, "the module's key 'Our s' must consist of lower-case"),
        ({"own/a.py": PACK.replace("(bad,)", "('bad',)")}, "the module's rules must be functions with @rule(…)"),
        (
            {"own/a.py": PACK.replace("ours/bad", "security/root-user").replace('"ours"', '"security"')},
            "root-user already",
        ),
    ],
)
def test_what_is_wrong_with_rules_is_told_without_a_traceback(
    program: Run, tmp_path: Path, files: dict[str, str], words: str
) -> None:
    write(tmp_path, files)
    done = program("check", "web", "--rules", "own")
    assert done.returncode == 2
    assert words in done.stderr.replace(f"{tmp_path}{os.sep}", "")
    assert "Traceback" not in done.stderr


def test_debug_shows_the_traceback_of_an_import(program: Run, tmp_path: Path) -> None:
    write(tmp_path, {"own/a.py": "1 / 0\n"})
    done = program("check", "web", "--rules", "own", "--debug")
    assert done.returncode == 2
    assert "Traceback (most recent call last)" in done.stderr


def test_rules_that_lie_beside_a_chart_never_run_by_themselves(program: Run, tmp_path: Path) -> None:
    write(tmp_path, {"web/own/a.py": "raise SystemExit(9)\n", ".helm-constitution.yaml": "rules: [./web/own]\n"})
    done = program("check", "web")
    assert done.returncode == 2
    assert "rule pack './web/own' is not installed" in done.stderr
