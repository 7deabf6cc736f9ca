"""What the comparison says of a chart's real history, beside what its maintainers released.

    python -m bench.history GIT_DIRECTORY CHART_PATH [--last 100] [--step MAJOR] [--out releases.jsonl]
        [--dependencies GIT_DIRECTORY:FOLDER]

Each commit that raised the version in Chart.yaml is compared with the one before it: a line of JSON for each, and a
table of what the maintainers released against what the comparison asks for.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import shutil
import subprocess
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from helm_constitution.chart.loader import load_chart
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.check.pipeline import run
from helm_constitution.compare.changes import step_between
from helm_constitution.core.errors import ConstitutionError
from helm_constitution.helm.choose import choose_engine
from helm_constitution.helm.protocol import HelmEngine, Limits
from helm_constitution.report.model import ChartReport
from helm_constitution.text.semver import Version, parse_constraint, parse_version
from helm_constitution.text.yaml import load_document

CONSTITUTION = "# Releases\n\n**MUST**: The version says what changed. <!-- rules: compat/version-too-small -->\n"


NOTHING = "0.0.0"
"""The version of an empty chart."""


class Release(NamedTuple):
    """A commit that raised the chart's version."""

    version: Version
    commit: str


def git(repository: Path, *arguments: str) -> bytes:
    """What a git command prints; empty where it fails."""
    done = subprocess.run(["git", f"--git-dir={repository}", *arguments], capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""


@cache
def releases(repository: Path, chart: str) -> list[Release]:
    """The releases, oldest first; a version that was given twice counts once."""
    found: dict[Version, str] = {}
    for commit in (
        git(repository, "log", "--first-parent", "--format=%H", "--", f"{chart}/Chart.yaml".lstrip("/"))
        .decode()
        .split()
    ):
        version = version_at(repository, commit, chart)
        if version is not None:
            found[version] = commit  # the earliest, because the log begins with the newest
    return [Release(version, commit) for version, commit in reversed(found.items())]


def version_at(repository: Path, commit: str, chart: str) -> Version | None:
    """The chart's version at a commit; None where there is no such chart, or none that can be read."""
    text = git(repository, "show", f"{commit}:{chart}/Chart.yaml".replace(":/", ":")).decode("utf-8", "replace")
    try:
        return parse_version(load_document(text, "Chart.yaml").view.get("version").string() or "", strict=False)
    except ConstitutionError:
        return None


def unpack(
    repository: Path, commit: str, chart: str, folder: Path, beside: str, others: Sequence[tuple[Path, str]] = ()
) -> Path:
    """The chart's folder at a commit, with its dependencies.

    For those that git doesn't hold in it stand the charts of these names beside it, as they are at the commit
    ``beside`` where the release accepts that version (the same for both releases: what a dependency changes is its
    own), else their newest release that it accepts, else that of the ``others`` (repositories, each with the folder of
    its charts), else empty charts.
    """
    target = folder / (chart.rpartition("/")[2] or "chart")
    extract(repository, f"{commit}:{chart}", target)
    for dependency in load_chart(target).missing_dependencies:
        if (target / "charts" / dependency.name).exists():
            continue
        for place, parent in ((repository, chart.rpartition("/")[0]), *others):
            sibling = f"{parent}/{dependency.name}".lstrip("/")
            source = accepted(place, sibling, dependency.version, beside if place == repository else None)
            if source is not None:
                unpack(place, source, sibling, target / "charts", source, others)
                break
        else:
            stand_in(target / "charts" / dependency.name)
    return target


def stand_in(folder: Path) -> None:
    """Writes an empty chart."""
    folder.mkdir(parents=True)
    text = f"apiVersion: v2\nname: {folder.name}\nversion: {NOTHING}\n"
    (folder / "Chart.yaml").write_text(text, encoding="utf-8")


def lend(one: Path, other: Path) -> None:
    """Puts dependencies that one release has in git into the other, where empty charts stand for them."""
    packages = {chart.name: chart.path for chart in load_chart(one).subcharts.values() if chart.version != NOTHING}
    for chart in load_chart(other).subcharts.values():
        source = packages.get(chart.name)
        if chart.version == NOTHING and source is not None:
            shutil.rmtree(chart.path)
            (shutil.copytree if source.is_dir() else shutil.copy)(source, chart.path.parent / source.name)


@cache
def accepted(repository: Path, chart: str, wanted: str, first: str | None) -> str | None:
    """The commit that has a version of a chart in the wanted range: ``first``, if it does, else the newest."""
    constraint = parse_constraint(wanted)
    if constraint is None:
        return None
    version = version_at(repository, first, chart) if first is not None else None
    if version is not None and constraint.accepts(version):
        return first
    newest = reversed(releases(repository, chart))
    return next((release.commit for release in newest if constraint.accepts(release.version)), None)


def extract(repository: Path, tree: str, target: Path) -> None:
    """Writes a tree into a folder."""
    with tarfile.open(fileobj=io.BytesIO(git(repository, "archive", "--format=tar", tree))) as tar:
        tar.extractall(target, filter="data")


def compare(
    repository: Path,
    chart: str,
    old: Release,
    new: Release,
    engine: HelmEngine,
    others: Sequence[tuple[Path, str]] = (),
) -> ChartReport:
    """The report on one release beside the one before it."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "constitution.md").write_text(CONSTITUTION, encoding="utf-8")
        before = unpack(repository, old.commit, chart, folder / "old", new.commit, others)
        after = unpack(repository, new.commit, chart, folder / "new", new.commit, others)
        for one, other in ((before, after), (after, before)):
            lend(one, other)
        options = CheckOptions(constitution=folder / "constitution.md", baseline=str(before), lines=False)
        return run(CheckRequest(after, engine, options))


def lines(
    repository: Path, chart: str, last: int, step: str | None, engine: HelmEngine, others: Sequence[tuple[Path, str]]
) -> Iterator[dict[str, Any]]:
    """A line for each release; for those alone that took a step, where one is named."""
    pairs = [
        (old, new)
        for old, new in itertools.pairwise(releases(repository, chart))
        if new.version.order > old.version.order and step in (None, step_between(old.version, new.version).name)
    ]
    for old, new in pairs[-last:]:
        line: dict[str, Any] = {"chart": chart, "old": str(old.version), "new": str(new.version), "commit": new.commit}
        try:
            report = compare(repository, chart, old, new, engine, others)
        except (ConstitutionError, tarfile.TarError) as error:
            yield {**line, "error": str(error)}
            continue
        found = report.baseline
        assert found is not None
        yield {
            **line,
            "released": step_between(old.version, new.version).name,
            "required": found.required_step or "NONE",
            "required_version": found.required_version,
            "enough": found.enough,
            "objects": found.objects_compared,
            "changes": [(change.step, change.rule, change.what) for change in found.changes],
            "problems": [trouble.message for trouble in report.troubles],
        }


def main() -> None:
    """Reads the command line, prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repository", type=Path)
    parser.add_argument("chart", help="the chart's folder in the repository; an empty text for its root")
    parser.add_argument("--last", type=int, default=100)
    parser.add_argument("--step", choices=["PATCH", "MINOR", "MAJOR"], help="only the releases that took this step")
    parser.add_argument("--out", type=Path)
    parser.add_argument(
        "--dependencies", action="append", default=[], help="GIT_DIRECTORY:FOLDER, where dependencies are looked for"
    )
    arguments = parser.parse_args()
    engine = choose_engine("embedded", Limits())
    counts: Counter[tuple[str, str]] = Counter()
    out = arguments.out.open("a", encoding="utf-8") if arguments.out else None
    others = [(Path(place), folder) for place, _, folder in (one.partition(":") for one in arguments.dependencies)]
    for line in lines(arguments.repository, arguments.chart, arguments.last, arguments.step, engine, others):
        if out is not None:
            out.write(json.dumps(line) + "\n")
            out.flush()
        counts[line.get("released", "error"), line.get("required", "error")] += 1
    engine.close()
    for (released, required), count in sorted(counts.items()):
        print(f"released {released:<6} asked for {required:<6} {count:>5}")


if __name__ == "__main__":
    main()
