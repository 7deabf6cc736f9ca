"""Remembers the report of an unchanged chart, by the content of everything that it depends on."""

from __future__ import annotations

import os
import pickle
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from helm_constitution import __version__
from helm_constitution.core.errors import ConstitutionError
from helm_constitution.core.user_dirs import cache_folder
from helm_constitution.report.model import ChartReport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helm_constitution.check.options import CheckOptions
    from helm_constitution.helm.protocol import HelmEngine
    from helm_constitution.policy.configuration import Configuration

MAX_BYTES = 64 * 1024 * 1024
"""A chart's folder that holds more is checked anew each time: reading it all would cost more than the check."""
MAX_FILES = 5_000
KEPT = 200
"""Reports kept; the oldest go first."""
_NEVER = "9999-12-31"


class Cache(NamedTuple):
    """The place of one report.

    The files that a configuration names (constitution, plan, values) are no part of the key: to know them the
    configuration must be parsed, which costs more than the rest. They are kept with the report and compared when that
    is asked for, and so are the days on which it holds: from the day it was made until the next waiver expires.
    """

    file: Path
    chart: Path
    configuration: Path | None
    rules: tuple[Path, ...]

    @classmethod
    def of(cls, path: Path, engine: HelmEngine, options: CheckOptions) -> Cache | None:
        """The cache of a chart; None where it can't be had (a chart too large, no folder to write in)."""
        from helm_constitution.policy.find import find_configuration

        folder = Path(cache_folder())
        digest = sha256()
        try:
            configuration = find_configuration(path, options.configuration)
            for part in _inputs(path, engine, options, configuration):
                digest.update(len(part).to_bytes(8, "big"))
                digest.update(part)
        except (OSError, _TooLarge, ConstitutionError):
            # Whatever is wrong, the check itself finds the words for it.
            return None
        return cls(folder / "reports" / f"{digest.hexdigest()}.pickle", path, configuration, options.rules)

    def load(self, today: str) -> ChartReport | None:
        """The report, if it is there, whole, and holds on a day (an ISO date)."""
        try:
            report, named, packs, made, until = pickle.loads(self.file.read_bytes())
            if not made <= today <= until or any(Path(name).read_bytes() != content for name, content in named):
                return None
            if any(list(_python_files(place)) != files for place, files in packs):
                return None
        except (OSError, pickle.UnpicklingError, EOFError, AttributeError, ImportError, TypeError, ValueError):
            return None
        return report if isinstance(report, ChartReport) else None

    def store(self, report: ChartReport, today: str) -> None:
        """Keeps a report that was made today (an ISO date); where that fails nothing is lost but time."""
        part = self.file.with_suffix(f".{os.getpid()}")
        try:
            configuration = self._configuration()
            files = [configuration.constitution, configuration.plan]
            files.extend(file for scenario in configuration.scenarios for file in scenario.values_files)
            named = [(str(file), file.read_bytes()) for file in files if file is not None and file.is_file()]
            packs = [(place, list(_python_files(place))) for place in configuration.packs]
            kept = report, named, packs, today, self._last_day(configuration, report.name, today)
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part.write_bytes(pickle.dumps(kept, protocol=5))
            part.replace(self.file)
            all_kept = sorted(self.file.parent.iterdir(), key=lambda file: file.stat().st_mtime)
            for old in all_kept[:-KEPT]:
                old.unlink(missing_ok=True)
        except OSError:
            part.unlink(missing_ok=True)

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


class _TooLarge(Exception):
    pass


def _inputs(path: Path, engine: HelmEngine, options: CheckOptions, configuration: Path | None) -> Iterator[bytes]:
    """Everything that a report depends on."""
    from helm_constitution.policy.find import find_constitution, find_debt

    request = options.request
    debt = find_debt(path, configuration)
    constitution = find_constitution(path, options.constitution)
    yield repr((__version__, engine.name, engine.version(), str(path), options)).encode()
    for place in (os.path.dirname(os.path.dirname(os.path.abspath(__file__))), *map(str, options.rules)):
        # The program's own files too: an edited rule must not answer with yesterday's report.
        yield from (repr(stamp).encode() for stamp in _python_files(place))
    for file in (configuration, constitution, debt if debt.is_file() else None):
        yield repr(file).encode()
        if file is not None:
            yield file.read_bytes()
    for file in request.values_files:
        yield file.read_bytes()
    for argument in request.set_arguments:
        if argument.flag == "--set-file":
            yield Path(argument.value.partition("=")[2]).read_bytes()
    if path.is_dir():
        yield from _contents(str(path))
    else:
        yield path.read_bytes()
        signature = path.with_name(f"{path.name}.prov")
        if signature.is_file():
            yield signature.read_bytes()


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
    left_bytes, left_files = MAX_BYTES, MAX_FILES
    pending = [("", folder)]
    while pending:
        inside, place = pending.pop()
        with os.scandir(place) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                name = inside + entry.name
                if entry.is_dir():
                    if entry.name not in (".git", "node_modules"):
                        pending.append((f"{name}/", entry.path))
                    continue
                with open(entry.path, "rb") as file:
                    content = file.read(left_bytes + 1)
                left_bytes -= len(content)
                left_files -= 1
                if left_bytes < 0 or left_files < 0:
                    raise _TooLarge
                yield name.encode("utf-8", "surrogateescape")
                yield content
