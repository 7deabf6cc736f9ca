"""Remembers the report of an unchanged chart, by the content of everything that it depends on.

What is kept is JSON in a folder of the user's own, sealed with the user's key (see ``private_folder``): reading it runs
nothing, and what anybody else wrote or changed is not read. Values files leave only a digest there.
"""

from __future__ import annotations

import json
import os
import stat
import time
import zlib
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from helm_constitution import __version__
from helm_constitution.check.private_folder import PrivateFolder
from helm_constitution.core.errors import ConstitutionError
from helm_constitution.core.user_dirs import cache_folder
from helm_constitution.report.model import ChartReport

if TYPE_CHECKING:
    import hashlib
    from collections.abc import Iterable, Iterator

    from helm_constitution.check.options import CheckOptions
    from helm_constitution.helm.protocol import HelmEngine
    from helm_constitution.policy.configuration import Configuration

MAX_BYTES = 64 * 1024 * 1024
"""A chart's folder that holds more is checked anew each time: reading it all would cost more than the check."""
MAX_FILES = 5_000
KEPT = 5_000
"""Reports kept; the oldest go first."""
KEPT_BYTES = 64 * 1024 * 1024
"""Bytes of all reports together."""
KEPT_DAYS = 30
_TIDIES = "2"
"""Below this stand an eighth of all names, which are random digits: as seldom old reports are looked for."""
_NEVER = "9999-12-31"


class Cache(NamedTuple):
    """The place of one report.

    The files that a configuration names (constitution, plan, values) are no part of the key: to know them the
    configuration must be parsed, which costs more than the rest. Their digests are kept with the report and compared
    when that is asked for, and so are the days on which it holds: from the day it was made until the next waiver
    expires, at most KEPT_DAYS.
    """

    folder: PrivateFolder
    name: str
    chart: Path
    configuration: Path | None
    rules: tuple[Path, ...]

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
            if any([list(file) for file in _python_files(place)] != files for place, files in kept["packs"]):
                return None
            report = decode(text)
        except (OSError, zlib.error, ValueError, TypeError, KeyError, AttributeError, RecursionError, _Unfit):
            return None
        return report if isinstance(report, ChartReport) else None

    def store(self, report: ChartReport, today: str) -> None:
        """Keeps a report that was made today (an ISO date); where that fails nothing is lost but time."""
        from helm_constitution.check.report_codec import encode

        try:
            configuration = self._configuration()
            files = [configuration.constitution, configuration.plan]
            files.extend(file for scenario in configuration.scenarios for file in scenario.values_files)
            kept = {
                "made": today,
                "until": min(self._last_day(configuration, report.name, today), _days_after(today)),
                "files": [(str(file), self._digest(file)) for file in files if file is not None and file.is_file()],
                "packs": [(place, list(_python_files(place))) for place in configuration.packs],
            }
            text = f"{_json(kept)}\n{_json(encode(report))}"
            self.folder.write(self.name, zlib.compress(text.encode(), 1))
            if self.name < _TIDIES:
                self.folder.keep_newest(KEPT, KEPT_BYTES, time.time() - KEPT_DAYS * 86_400)
        except (OSError, ValueError, TypeError, RecursionError, _Unfit, ConstitutionError):
            return

    def _digest(self, file: Path) -> str:
        return self.folder.digest(_content(str(file), MAX_BYTES))

    def _configuration(self) -> Configuration:
        from helm_constitution.lint.registry import known_modules
        from helm_constitution.policy.configuration import load_configuration

        return load_configuration(self.configuration, self.chart, known_modules(self.rules))

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
        options: what is asked for, of each chart.
        common: what all the reports depend on.
    """

    def __init__(self, folder: PrivateFolder, options: CheckOptions, common: Iterable[bytes]) -> None:
        self._folder = folder
        self._options = options
        self._common = sha256()
        _add(self._common, common)

    @classmethod
    def open(cls, engine: HelmEngine, options: CheckOptions) -> Caches | None:
        """The caches of all charts; None where they aren't wanted or can't be had (no folder of the user's own)."""
        # What a revision names may move without any file of the chart.
        if not options.cache or options.baseline is not None:
            return None
        folder = PrivateFolder.open(os.path.join(cache_folder(), "reports"))
        try:
            return cls(folder, options, _common_inputs(engine, options)) if folder is not None else None
        except (OSError, ValueError, _Unfit):
            # Whatever is wrong, the check itself finds the words for it.
            return None

    def of(self, path: Path) -> Cache | None:
        """The cache of a chart; None where it can't be had (a chart too large)."""
        from helm_constitution.policy.find import find_configuration

        options = self._options
        digest = self._common.copy()
        try:
            configuration = find_configuration(path, options.configuration)
            _add(digest, _inputs(path, options, configuration))
        except (OSError, ValueError, _Unfit, ConstitutionError):
            return None
        name = f"{self._folder.digest(digest.digest())}.json"
        return Cache(self._folder, name, path, configuration, options.rules)


class CacheState(NamedTuple):
    """What is kept: the folder, how many reports, their bytes, the time of the oldest (seconds since 1970) if any."""

    folder: str
    reports: int
    size: int
    oldest: float | None


def look_into_cache() -> CacheState:
    """How much is kept for this user."""
    place = os.path.join(cache_folder(), "reports")
    folder = PrivateFolder.open(place)
    files = folder.files() if folder is not None else []
    return CacheState(
        place, len(files), sum(file.size for file in files), min((file.time for file in files), default=None)
    )


def clean_cache() -> int:
    """Removes every report that is kept for this user; how many there were."""
    folder = PrivateFolder.open(os.path.join(cache_folder(), "reports"))
    if folder is None:
        return 0
    count = len(folder.files())
    folder.keep_newest(0, 0, 0)
    return count


def _add(digest: hashlib._Hash, parts: Iterable[bytes]) -> None:
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _days_after(today: str) -> str:
    import datetime

    return (datetime.date.fromisoformat(today) + datetime.timedelta(days=KEPT_DAYS)).isoformat()


class _Unfit(Exception):
    """The chart is too large to be hashed, or holds what has no content of its own (a device, a pipe, a loop)."""


def _common_inputs(engine: HelmEngine, options: CheckOptions) -> Iterator[bytes]:
    """Everything that the report of any chart depends on."""
    request = options.request
    yield repr((__version__, engine.name, engine.version(), options)).encode()
    for place in (os.path.dirname(os.path.dirname(os.path.abspath(__file__))), *map(str, options.rules)):
        # The program's own files too: an edited rule must not answer with yesterday's report.
        yield from (repr(stamp).encode() for stamp in _python_files(place))
    for file in request.values_files:
        yield _content(str(file), MAX_BYTES)
    for argument in request.set_arguments:
        if argument.flag == "--set-file":
            yield _content(argument.value.partition("=")[2], MAX_BYTES)


def _inputs(path: Path, options: CheckOptions, configuration: Path | None) -> Iterator[bytes]:
    """Everything that one chart's report depends on besides."""
    from helm_constitution.policy.find import find_constitution, find_debt

    debt = find_debt(path, configuration)
    constitution = find_constitution(path, options.constitution)
    yield repr(str(path)).encode()
    for file in (configuration, constitution, debt if debt.is_file() else None):
        yield repr(file).encode()
        if file is not None:
            yield _content(str(file), MAX_BYTES)
    if path.is_dir():
        yield from _contents(str(path))
    else:
        yield _content(str(path), MAX_BYTES)
        signature = path.with_name(f"{path.name}.prov")
        if signature.is_file():
            yield _content(str(signature), MAX_BYTES)


def _python_files(place: str) -> Iterator[tuple[str, int, int]]:
    """Name, size and time of a file, or of each of a folder's Python and Markdown files."""
    if not os.path.isdir(place):
        state = os.stat(place)
        yield place, state.st_size, state.st_mtime_ns
        return
    folders = [place]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name.endswith((".py", ".md")):
                    state = entry.stat()
                    yield entry.name, state.st_size, state.st_mtime_ns
                elif entry.name != "__pycache__" and entry.is_dir():  # rules may be a link
                    folders.append(entry.path)


def _contents(folder: str) -> Iterator[bytes]:
    """Path and content of each file, links followed: all that helm may load, and what ``.helmignore`` leaves out."""
    left_bytes, left_entries = MAX_BYTES, MAX_FILES
    pending: list[tuple[str, str, tuple[tuple[int, int], ...]]] = [("", folder, ())]
    while pending:
        inside, place, trail = pending.pop()
        state = os.stat(place)
        identity = (state.st_dev, state.st_ino)
        if identity in trail:
            raise _Unfit
        with os.scandir(place) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
        left_entries -= len(entries)
        if left_entries < 0:
            raise _Unfit
        for entry in entries:
            name = inside + entry.name
            yield name.encode("utf-8", "surrogateescape")
            if entry.is_dir():
                pending.append((f"{name}/", entry.path, (*trail, identity)))
                continue
            content = _content(entry.path, left_bytes)
            left_bytes -= len(content)
            yield content


def _content(path: str, most: int) -> bytes:
    """A file's content. Raises _Unfit where it is too large, or a device or a pipe, which might never end."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode) or state.st_size > most:
            raise _Unfit
        parts = []
        while part := os.read(descriptor, state.st_size + 1):
            parts.append(part)
            most -= len(part)
            if most < 0:
                raise _Unfit
    finally:
        os.close(descriptor)
    return b"".join(parts)
