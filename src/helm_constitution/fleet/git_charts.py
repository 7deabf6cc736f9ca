"""Charts that git repositories hold: found at a revision or at tags, written out without a work tree."""

from __future__ import annotations

import fnmatch
import os
import posixpath
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from helm_constitution.chart.discovery import is_skipped
from helm_constitution.compare.baseline import write_folder
from helm_constitution.compare.git import Repository, TreeEntry
from helm_constitution.core.digest import sha256
from helm_constitution.core.errors import ChartError, ConfigurationError, YamlSyntaxError
from helm_constitution.fleet.place import Kind, Place
from helm_constitution.policy.find import DEBT_FILE_NAME, FILE_NAME, NAMES
from helm_constitution.text.semver import parse_version
from helm_constitution.text.yaml import load_document

PREFIX = "git+"
CLONE_SECONDS = 1800.0
NAMED_BYTES = 1024 * 1024
"""The most of a file above a chart that its configuration may name: a plan, values. A larger one is not there."""
_POLICY_FILES = frozenset({FILE_NAME, DEBT_FILE_NAME, *map(posixpath.basename, NAMES)})


def git_places(source: str, newest: int, clones: Path | None) -> list[Place]:
    """The charts of a git repository.

    Args:
        source: ``git+`` and a path or an address, behind an ``@`` a revision, or a pattern with ``*`` of tags.
        newest: how many versions of each chart, for tags.
        clones: the folder for clones of what isn't on this machine; None where there is none.

    Raises:
        ConstitutionError: there is no git, no repository, no such revision, or no chart.
    """
    address, revision = _parted(source.removeprefix(PREFIX))
    folder = Path(address) if _is_here(address) else _clone(address, clones, source)
    if not folder.is_dir():
        raise ConfigurationError(f"no such folder: {folder}", file=source)
    repository = Repository(folder)
    where = os.path.abspath(folder)
    if "*" in revision:
        places = _at_tags(repository, revision, newest, address, where)
    else:
        commit = repository.commit_of(revision)
        found = _charts(repository.tree(commit))
        places = [_place(address, revision, commit, chart, where) for chart in found]
    if not places:
        raise ChartError(f"no chart at {revision}", file=f"{PREFIX}{address}")
    return places


def write_chart(place: Place, folder: Path) -> Path:
    """Writes a chart, and the files of the folders above it, which may rule it, into a folder; gives the chart's.

    Raises:
        ConstitutionError: the repository or the commit is not there, or holds what can't be written.
    """
    repository = Repository(Path(place.where))
    tree = repository.tree(place.version)
    root = folder / "repository"
    (root / ".git").mkdir(parents=True)  # configurations are looked for up to the root of a repository
    chart = root.joinpath(*place.chart.split("/"))
    write_folder(repository, tree, place.chart, chart, place.shown)
    above = [entry for entry in tree if entry.is_file and _rules(entry, place.chart)]
    for entry, content in zip(above, repository.blobs(entry.blob for entry in above), strict=True):
        file = root.joinpath(*entry.path.split("/"))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return chart


def _rules(entry: TreeEntry, chart: str) -> bool:
    """Whether a file may rule a chart: one in a folder above it, or a constitution of spec-kit's there."""
    if entry.size > NAMED_BYTES and posixpath.basename(entry.path) not in _POLICY_FILES:
        return False
    head = posixpath.dirname(entry.path).removesuffix(".specify/memory")
    head = f"{head.rstrip('/')}/" if head else ""
    return head != chart and chart.startswith(head) and ".git" not in entry.path.split("/")


def _parted(text: str) -> tuple[str, str]:
    """The repository and the revision, HEAD where none is named."""
    if _is_here(text) and os.path.isdir(text):
        return text, "HEAD"
    scheme, separator, rest = text.rpartition("://")
    host, slash, path = rest.partition("/") if separator else ("", "", rest)
    path, at, revision = path.partition("@")
    return f"{scheme}{separator}{host}{slash}{path}", revision if at and revision else "HEAD"


def _is_here(address: str) -> bool:
    return "://" not in address


def _clone(address: str, clones: Path | None, source: str) -> Path:
    """A bare clone of a repository, with everything that it has now; git's own settings give the credentials."""
    if clones is None:
        raise ConfigurationError("a remote repository requires --results DIR", file=source)
    folder = clones / sha256(os.fsencode(address)).hexdigest()[:16]
    if folder.is_dir():
        _git(source, "--git-dir", str(folder), "fetch", "--quiet", "--force", "--tags", "--prune", "origin")
        return folder
    part = clones / f".{folder.name}.{os.urandom(4).hex()}.part"
    clones.mkdir(parents=True, exist_ok=True)
    _git(source, "clone", "--quiet", "--mirror", "--", address, str(part))
    part.replace(folder)
    return folder


def _git(source: str, *arguments: str) -> None:
    environment = {**os.environ, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(
            ["git", *arguments], env=environment, capture_output=True, text=True, timeout=CLONE_SECONDS, check=False
        )
    except FileNotFoundError:
        raise ConfigurationError("git is not on PATH; install it", file=source) from None
    except subprocess.TimeoutExpired:
        raise ConfigurationError(f"git did not finish within {CLONE_SECONDS:g} s", file=source) from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith(("fatal:", "error:"))] or [done.stderr]
        raise ConfigurationError(f"git can't read it: {said[0].removeprefix('fatal: ').strip()}", file=source)


def _charts(tree: Sequence[TreeEntry]) -> dict[str, str]:
    """The blob of each chart's Chart.yaml by the chart's folder, with a slash at its end; as in a folder on the disk,
    what a chart holds itself and hidden folders are left out."""
    found: dict[str, str] = {}
    files = [entry for entry in tree if entry.is_file and posixpath.basename(entry.path) == "Chart.yaml"]
    for entry in sorted(files, key=lambda entry: entry.path.count("/")):
        folder = entry.path.removesuffix("Chart.yaml")
        steps = folder.split("/")[:-1]
        above = ("/".join([*steps[:length], ""]) if length else "" for length in range(len(steps)))
        if not any(map(is_skipped, steps)) and not any(one in found for one in above):
            found[folder] = entry.blob
    return dict(sorted(found.items()))


def _at_tags(repository: Repository, pattern: str, newest: int, address: str, where: str) -> list[Place]:
    """The newest versions of each chart that the tags of a pattern hold, charts by their folders."""
    tags = [(name, commit) for name, commit in repository.tags(merged=False) if fnmatch.fnmatchcase(name, pattern)]
    if not tags:
        raise ConfigurationError(f"no tag matches {pattern!r}", file=f"{PREFIX}{address}")
    versions: dict[str, dict[str, Place]] = {}
    for name, commit in tags:
        charts = _charts(repository.tree(commit))
        for (chart, _), content in zip(charts.items(), repository.blobs(charts.values()), strict=True):
            version = _version(content)
            versions.setdefault(chart, {}).setdefault(version, _place(address, name, commit, chart, where))
    return [place for _, found in sorted(versions.items()) for place in _newest(found, newest)]


def _newest(found: dict[str, Place], newest: int) -> Iterator[Place]:
    for version in newest_versions(found, newest):
        yield found[version]


def newest_versions(versions: Sequence[str] | dict[str, Place], count: int) -> list[str]:
    """The newest of some versions, the newest first; what is no version counts as the oldest."""
    parsed = {version: parse_version(version, strict=False) for version in versions}
    known = [(one.order, version) for version, one in parsed.items() if one is not None]
    others = sorted(version for version, one in parsed.items() if one is None)
    return [*(version for _, version in sorted(known, reverse=True)), *others][:count]


def _version(chart_yaml: bytes) -> str:
    try:
        document = load_document(chart_yaml.decode("utf-8-sig"), "Chart.yaml")
        return document.view.get("version").string() or ""
    except (UnicodeDecodeError, YamlSyntaxError):
        return ""


def _place(address: str, revision: str, commit: str, chart: str, where: str) -> Place:
    shown = f"{PREFIX}{address}@{revision}"
    return Place(Kind.GIT, f"{shown}:{chart.rstrip('/')}" if chart else shown, where, chart, commit)
