"""Remembers the report of an unchanged chart, by the content of everything that it depends on.

What is kept is JSON in a folder of the user's own, sealed with the user's key (see ``private_folder``): reading it runs
nothing, and what anybody else wrote or changed is not read. Values files leave only a digest there.
"""

from __future__ import annotations

import json
import os
import time
import zlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.check.contents import MAX_BYTES, STATE, KeptContents, Unfit, read_content
from helm_constitution.check.inputs import FilesState, Inputs, named_states, states
from helm_constitution.check.kept_lint import LintPlace
from helm_constitution.check.kept_patterns import PATTERNS
from helm_constitution.check.kept_report import KEPT_DAYS, PART, KeptReport, keep, keep_part
from helm_constitution.check.named_by import NamedPlaces
from helm_constitution.check.private_folder import PrivateFolder
from helm_constitution.core.errors import ConstitutionError
from helm_constitution.core.file_state import FileState
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.user_dirs import cache_folder

if TYPE_CHECKING:
    from helm_constitution.check.options import CheckOptions
    from helm_constitution.helm.protocol import HelmEngine
    from helm_constitution.report.model import ChartReport
    from helm_constitution.report.parts import Part

_NEVER = "9999-12-31"
_LINT = ".lint"
_LINES = ".lines"


class Cache(NamedTuple):
    """The place of one report, of what ``helm lint`` said about the chart, and (``lines``) the name of the file with
    the template lines of its documents.

    The files that a configuration names (constitution, plan, values) are no part of the key: to know them the
    configuration must be parsed, which costs more than the rest. Their digests are kept with the report and compared
    when that is asked for, and so are the days on which it holds: from the day it was made until the next waiver
    expires, at most KEPT_DAYS. ``made`` is the time before the check, in nanoseconds since 1970.
    """

    folder: PrivateFolder
    name: str
    lint: LintPlace
    lines: str
    chart: Path
    files: FilesState
    options: CheckOptions
    made: int

    @classmethod
    def of(cls, path: Path, engine: HelmEngine, options: CheckOptions) -> Cache | None:
        """The cache of a chart; None where it isn't wanted or can't be had (a chart too large, no folder of the user's
        own)."""
        caches = Caches.open(engine, options)
        return caches.of(path) if caches is not None else None

    def kept(self, today: str) -> KeptReport | None:
        """What is kept, if it is there, whole, and holds on a day (an ISO date)."""
        content = self.folder.read(self.name)
        if content is None:
            return None
        try:
            head, _, rest = content.partition(b"\n")
            kept = json.loads(head)
            if not kept["made"] <= today <= kept["until"]:
                return None
            if any(self._digest(Path(name)) != digest for name, digest in kept["files"]):
                return None
            if any(os.path.exists(path) != is_there for path, is_there in kept["looked_for"].items()):
                return None
            for place, endings, files in kept["folders"]:
                if _as_kept(states(place, tuple(endings))) != files:
                    return None
            return KeptReport(self.folder, str(kept["mark"]), rest)
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, Unfit):
            return None

    def load(self, today: str) -> ChartReport | None:
        """The report, if it is there, whole, and holds on a day (an ISO date)."""
        kept = self.kept(today)
        return kept.report() if kept is not None else None

    def store(self, report: ChartReport, today: str) -> ChartReport:
        """Keeps a report that was made today (an ISO date); where that fails nothing is lost but time. What changed
        while it was checked would be kept for what it was before, so that isn't.

        Returns:
            The report, with its mark if it is kept.
        """
        from helm_constitution.check.report_codec import encode

        try:
            named = NamedPlaces.of(self.files.configuration, self.chart, self.options)
            folders = [(place, endings, states(place, endings)) for place, endings in named.folders]
            seen = [FileState.of(file.stat()) for file in named.files]
            seen += [state for _, _, files in folders for _, state in files]
            seen += [state for _, state in named_states(self.options)]
            if not self.is_unchanged() or any(state.changed > self.made for state in seen):
                return report
            mark = os.urandom(16).hex()
            kept = {
                "mark": mark,
                "made": today,
                "until": min(report.until or _NEVER, _days_after(today)),
                "files": [(str(file), self._digest(file)) for file in named.files],
                "folders": [(place, endings, _as_kept(files)) for place, endings, files in folders],
                "looked_for": dict(named.looked_for),
            }
            text = zlib.compress(_json(encode(report)).encode(), 1)
            keep(self.folder, self.name, f"{_json(kept)}\n".encode() + text)
        except (OSError, ValueError, TypeError, RecursionError, Unfit, ConstitutionError):
            return report
        return report._replace(mark=mark)

    def keep_part(self, mark: str, form: str, part: Part) -> None:
        """Keeps a part of a report that was made of the report with this mark."""
        keep_part(self.folder, mark, form, part)

    def is_unchanged(self) -> bool:
        """Whether the chart, and the files that rule it, are as they were when this place was made."""
        return FilesState.of(self.chart, self.options, KeptContents(self.folder)) == self.files

    def _digest(self, file: Path) -> str:
        return self.folder.digest(read_content(str(file), MAX_BYTES))


class Caches:
    """The places of the reports of many charts that are checked alike: what they share is looked at once.

    Args:
        folder: where reports are kept.
        inputs: what the reports depend on.
        options: what the checks are asked for.
    """

    def __init__(self, folder: PrivateFolder, inputs: Inputs, options: CheckOptions) -> None:
        self._folder = folder
        self._inputs = inputs
        self._options = options

    @classmethod
    def open(cls, engine: HelmEngine, options: CheckOptions) -> Caches | None:
        """The caches of all charts; None where they aren't wanted or can't be had (no folder of the user's own)."""
        # What a revision names may move without any file of the chart, and so may a cluster.
        if not options.cache or options.baseline is not None or options.cluster is not None:
            return None
        folder = PrivateFolder.open(os.path.join(cache_folder(), "reports"))
        try:
            return cls(folder, Inputs(engine, options, KeptContents(folder)), options) if folder is not None else None
        except (OSError, ValueError, Unfit):
            # Whatever is wrong, the check itself finds the words for it.
            return None

    def of(self, path: Path) -> Cache | None:
        """The cache of a chart; None where it can't be had (a chart too large)."""
        inputs = self._inputs.of(path)
        if inputs is None:
            return None
        folder = self._folder
        name = f"{folder.digest(inputs.digest)}.json"
        of_templates = folder.digest(inputs.of_templates)
        lint = LintPlace(folder, f"{of_templates}{_LINT}", folder.digest(inputs.of_helm))
        lines = f"{of_templates}{_LINES}"
        return Cache(folder, name, lint, lines, path, inputs.files, self._options, time.time_ns())


class CacheState(NamedTuple):
    """What is kept: the folder, how many reports, parts of reports, answers of ``helm lint``, files of template lines,
    states of charts' files and files of compiled expressions, the bytes of all, the time of the oldest (seconds since
    1970) if any."""

    folder: str
    reports: int
    parts: int
    lints: int
    lines: int
    states: int
    patterns: int
    size: int
    oldest: float | None


def look_into_cache() -> CacheState:
    """How much is kept for this user."""
    place = os.path.join(cache_folder(), "reports")
    folder = PrivateFolder.open(place)
    files = folder.files() if folder is not None else []
    counts = Counter(os.path.splitext(file.path)[1] for file in files)
    size, oldest = sum(file.size for file in files), min((file.time for file in files), default=None)
    parts, lints, lines, states, patterns = (counts[ending] for ending in (PART, _LINT, _LINES, STATE, PATTERNS))
    reports = len(files) - parts - lints - lines - states - patterns
    return CacheState(place, reports, parts, lints, lines, states, patterns, size, oldest)


def clean_cache() -> CacheState:
    """Removes everything that is kept for this user; what there was."""
    state = look_into_cache()
    folder = PrivateFolder.open(state.folder)
    if folder is not None:
        folder.keep_newest(0, 0, 0)
    return state


def _as_kept(files: Iterable[tuple[str, FileState]]) -> list[list[object]]:
    """States as they come back from JSON."""
    return [[path, list(state)] for path, state in files]


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _days_after(today: str) -> str:
    import datetime

    return (datetime.date.fromisoformat(today) + datetime.timedelta(days=KEPT_DAYS)).isoformat()
