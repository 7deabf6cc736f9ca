"""Remembers the report of an unchanged chart, by the content of everything that it depends on.

What is kept is JSON in a folder of the user's own, sealed with the user's key (see ``private_folder``): reading it runs
nothing, and what anybody else wrote or changed is not read. Values files leave only a digest there.
"""

from __future__ import annotations

import json
import os
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.check.contents import MAX_BYTES, STATE, KeptContents, Unfit, read_content
from helm_constitution.check.inputs import Inputs, stamps
from helm_constitution.check.kept_lint import LintPlace
from helm_constitution.check.kept_patterns import PATTERNS
from helm_constitution.check.private_folder import PrivateFolder
from helm_constitution.core.errors import ConstitutionError
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.user_dirs import cache_folder
from helm_constitution.report.model import ChartReport

if TYPE_CHECKING:
    from helm_constitution.check.options import CheckOptions
    from helm_constitution.helm.protocol import HelmEngine
    from helm_constitution.policy.configuration import Configuration

KEPT = 10_000
"""Reports and answers of ``helm lint`` kept; the oldest go first."""
KEPT_BYTES = 64 * 1024 * 1024
"""Bytes of all of them together."""
KEPT_DAYS = 30
_TIDIES = "2"
"""Below this stand an eighth of all names, which are random digits: as seldom old reports are looked for."""
_NEVER = "9999-12-31"
_LINT = ".lint"


class Cache(NamedTuple):
    """The place of one report, and of what ``helm lint`` said about the chart.

    The files that a configuration names (constitution, plan, values) are no part of the key: to know them the
    configuration must be parsed, which costs more than the rest. Their digests are kept with the report and compared
    when that is asked for, and so are the days on which it holds: from the day it was made until the next waiver
    expires, at most KEPT_DAYS.
    """

    folder: PrivateFolder
    name: str
    lint: LintPlace
    chart: Path
    configuration: Path | None
    options: CheckOptions

    @classmethod
    def of(cls, path: Path, engine: HelmEngine, options: CheckOptions) -> Cache | None:
        """The cache of a chart; None where it isn't wanted or can't be had (a chart too large, no folder of the user's
        own)."""
        caches = Caches.open(engine, options)
        return caches.of(path) if caches is not None else None

    def load(self, today: str) -> ChartReport | None:
        """The report, if it is there, whole, and holds on a day (an ISO date)."""
        content = self.folder.read(self.name)
        if content is None:
            return None
        from helm_constitution.check.report_codec import decode

        try:
            head, _, text = zlib.decompress(content).decode().partition("\n")
            kept = json.loads(head)
            if not kept["made"] <= today <= kept["until"]:
                return None
            if any(self._digest(Path(name)) != digest for name, digest in kept["files"]):
                return None
            for place, endings, files in kept["folders"]:
                if [list(file) for file in stamps(place, tuple(endings))] != files:
                    return None
            report = decode(text)
        except (OSError, zlib.error, ValueError, TypeError, KeyError, AttributeError, RecursionError, Unfit):
            return None
        return report if isinstance(report, ChartReport) else None

    def store(self, report: ChartReport, today: str) -> None:
        """Keeps a report that was made today (an ISO date); where that fails nothing is lost but time."""
        from helm_constitution.check.report_codec import encode

        try:
            configuration = self._configuration()
            files = [configuration.constitution, configuration.plan]
            files.extend(file for scenario in configuration.scenarios for file in scenario.values_files)
            folders: list[tuple[str, tuple[str, ...]]] = [(place, (".py", ".md")) for place in configuration.packs]
            folders.extend((str(place), (".yaml", ".yml", ".json")) for place in configuration.policies)
            if configuration.schemas is not None:
                folders.append((str(configuration.schemas), (".json",)))
            kept = {
                "made": today,
                "until": min(self._last_day(configuration, report.name, today), _days_after(today)),
                "files": [(str(file), self._digest(file)) for file in files if file is not None and file.is_file()],
                "folders": [(place, endings, list(stamps(place, endings))) for place, endings in folders],
            }
            text = f"{_json(kept)}\n{_json(encode(report))}"
            self.folder.write(self.name, zlib.compress(text.encode(), 1))
            if self.name < _TIDIES:
                self.folder.keep_newest(KEPT, KEPT_BYTES, time.time() - KEPT_DAYS * 86_400)
        except (OSError, ValueError, TypeError, RecursionError, Unfit, ConstitutionError):
            return

    def _digest(self, file: Path) -> str:
        return self.folder.digest(read_content(str(file), MAX_BYTES))

    def _configuration(self) -> Configuration:
        from helm_constitution.lint.registry import known_modules
        from helm_constitution.policy.configuration import load_configuration

        modules = known_modules(self.options.rules)
        return load_configuration(self.configuration, self.chart, modules, policies=self.options.policies)

    def _last_day(self, configuration: Configuration, name: str, today: str) -> str:
        """The day on which the next waiver ends that holds today."""
        waivers = configuration.waivers
        if configuration.plan is not None:
            from helm_constitution.policy.waivers import plan_waivers

            waivers += plan_waivers(configuration.plan, self.chart, name, configuration.modules, is_shared=True)
        return min((one.expires for one in waivers if one.expires is not None and one.expires >= today), default=_NEVER)


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
        name = f"{self._folder.digest(inputs.digest)}.json"
        lint = LintPlace(self._folder, f"{self._folder.digest(inputs.of_helm)}{_LINT}")
        return Cache(self._folder, name, lint, path, inputs.configuration, self._options)


class CacheState(NamedTuple):
    """What is kept: the folder, how many reports, answers of ``helm lint``, states of charts' files and files of
    compiled expressions, the bytes of all, the time of the oldest (seconds since 1970) if any."""

    folder: str
    reports: int
    lints: int
    states: int
    patterns: int
    size: int
    oldest: float | None


def look_into_cache() -> CacheState:
    """How much is kept for this user."""
    place = os.path.join(cache_folder(), "reports")
    folder = PrivateFolder.open(place)
    files = folder.files() if folder is not None else []
    lints, states, patterns = (sum(file.path.endswith(end) for file in files) for end in (_LINT, STATE, PATTERNS))
    size, oldest = sum(file.size for file in files), min((file.time for file in files), default=None)
    return CacheState(place, len(files) - lints - states - patterns, lints, states, patterns, size, oldest)


def clean_cache() -> CacheState:
    """Removes everything that is kept for this user; what there was."""
    state = look_into_cache()
    folder = PrivateFolder.open(state.folder)
    if folder is not None:
        folder.keep_newest(0, 0, 0)
    return state


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _days_after(today: str) -> str:
    import datetime

    return (datetime.date.fromisoformat(today) + datetime.timedelta(days=KEPT_DAYS)).isoformat()
