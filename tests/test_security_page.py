"""docs/security.md names a test for each promise and each limit, and each of these is there; its limits are the
program's."""

from __future__ import annotations

import re
from pathlib import Path

from helm_constitution.admission.reading import MOST_BYTES
from helm_constitution.chart import archive, sources
from helm_constitution.check import contents, kept_report
from helm_constitution.cluster.connection import REQUEST_SECONDS
from helm_constitution.compare import git
from helm_constitution.compare.baseline import MAX_LINKS
from helm_constitution.core import unsaved
from helm_constitution.fleet import git_charts, helm_charts, pool
from helm_constitution.helm import process, schemas
from helm_constitution.helm.protocol import Limits
from helm_constitution.policy import statements
from helm_constitution.policy.configuration import MOST_PATHS
from helm_constitution.render.release_names import MOST_NAMES
from helm_constitution.render.toggles import MOST_CHOICES
from helm_constitution.server.connection import SILENCE
from helm_constitution.templates import abstract, expressions
from helm_constitution.text import yaml, yaml_composer

ROOT = Path(__file__).parents[1]


def mebibytes(size: int) -> str:
    """A size as the page has it."""
    return f"{size // 1024**3} GiB" if size >= 1024**3 else f"{size // 1024**2} MiB"


LIMITS = {
    "time of helm, each call": f"`--timeout`, {Limits().seconds:g} s by default",
    "a request to a cluster; all requests for one chart": f"{REQUEST_SECONDS:g} s; `--timeout`",
    "git, each call that reads a revision": f"{git.SECONDS:g} s",
    "git and helm, each call that downloads charts for a fleet": f"{git_charts.CLONE_SECONDS:,g} s; "
    f"{helm_charts.SECONDS:g} s",
    "a check in a fleet: time without progress; memory": f"{pool.SILENT_SECONDS:g} s, or 10 times `--timeout` if that "
    f"is more; {mebibytes(Limits().memory)}",
    "a check in an editor": f"{SILENCE} times `--timeout`",
    "memory and output of helm": f"{mebibytes(Limits().memory)}; {mebibytes(process.OUTPUT_LIMIT)}",
    "files of a chart; size of an unneeded file; total size": f"{sources.MAX_FILES:,}; {mebibytes(sources.MAX_FILE)}; "
    f"{mebibytes(archive.MAX_UNPACKED)}",
    "a chart's folders in folders, also those of a package": f"{archive.MAX_DEPTH}",
    "a package: size unpacked; entries": f"{mebibytes(archive.MAX_UNPACKED)}; {archive.MAX_ENTRIES:,}",
    "all packages in `charts/`, those in packages too: size unpacked; number": f"{mebibytes(archive.MAX_NESTED)}; "
    f"{archive.MAX_PACKAGES // 2:,}",
    "charts in charts that are searched for schemas with a `$ref`": f"{schemas.MAX_DEPTH}",
    "a YAML document: depth; nodes, counted wherever an alias repeats them; `%TAG` directives": (
        f"{yaml_composer.MAX_DEPTH}; {yaml.MAX_NODES:,}; {yaml.MAX_TAG_DIRECTIVES:,}"
    ),
    "a statement of a constitution: characters": f"{statements.MAX_LENGTH:,}",
    "depth of template expressions": f"{expressions.MAX_DEPTH}",
    "steps of the template analysis; size of a value that templates build": f"{abstract.MAX_STEPS:,}; "
    f"{abstract.MAX_WEIGHT:,} parts",
    "a baseline in git: files; total size; links in a row": f"{sources.MAX_FILES:,}; "
    f"{mebibytes(archive.MAX_UNPACKED)}; {MAX_LINKS}",
    "`--scenarios full`: values of an enum, names of releases and namespaces": f"{MOST_CHOICES}; {MOST_NAMES}",
    "a constitution, a configuration, a plan, and each file that a configuration names": mebibytes(unsaved.MOST_BYTES),
    "a file with admission policies": mebibytes(MOST_BYTES),
    "a plan or values file above a chart in a git repository of a fleet": mebibytes(git_charts.NAMED_BYTES),
    "paths searched for the `charts:` patterns of a configuration": f"{MOST_PATHS:,}",
    "a chart whose report is cached: files; total size": f"{contents.MAX_FILES:,}; {mebibytes(contents.MAX_BYTES)}",
    "the cache: files; total size; age": f"{kept_report.KEPT:,}; {mebibytes(kept_report.KEPT_BYTES)}; "
    f"{kept_report.KEPT_DAYS} days",
}
"""The limits that are numbers, as rows of the page."""


def rows() -> list[list[str]]:
    """The cells of the tables, without their heads."""
    lines = (ROOT / "docs" / "security.md").read_text("utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")]
    return [row for row in cells if row[-1] != "test"]


def test_each_promise_and_limit_has_tests_that_are_there() -> None:
    assert len(rows()) > 45
    for row in rows():
        tests = re.findall(r"`(tests/[^`]+\.py)`", row[-1])
        assert tests, row
        assert [test for test in tests if not (ROOT / test).is_file()] == []


def test_the_limits_are_the_programs() -> None:
    found = {row[0]: row[1] for row in rows() if len(row) == 3}
    in_words = {name for name in found if name.startswith("processor time of ")}
    assert {name: limit for name, limit in found.items() if name not in in_words} == LIMITS
    assert len(in_words) == 2
