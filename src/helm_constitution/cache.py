"""Remembers the report of an unchanged chart, by the content of everything that it depends on."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from helm_constitution import __version__
from helm_constitution.digest import sha256
from helm_constitution.errors import ConstitutionError
from helm_constitution.outcome import ChartReport
from helm_constitution.places import cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helm_constitution.check import CheckOptions
    from helm_constitution.helm.protocol import HelmEngine

MAX_BYTES = 64 * 1024 * 1024
"""A chart's folder that holds more is checked anew each time: reading it all would cost more than the check."""
MAX_FILES = 5_000
KEPT = 200
"""Reports kept; the oldest go first."""


class Cache(NamedTuple):
    """The place of one report."""

    file: Path

    @classmethod
    def of(cls, path: Path, engine: HelmEngine, options: CheckOptions) -> Cache | None:
        """The cache of a chart; None where it can't be had (a chart too large, no folder to write in)."""
        folder = Path(cache_folder())
        digest = sha256()
        try:
            for part in _inputs(path, engine, options):
                digest.update(len(part).to_bytes(8, "big"))
                digest.update(part)
        except (OSError, _TooLarge, ConstitutionError):
            # Whatever is wrong, the check itself finds the words for it.
            return None
        return cls(folder / "reports" / f"{digest.hexdigest()}.pickle")

    def load(self) -> ChartReport | None:
        """The report, if it is there and whole."""
        try:
            report = pickle.loads(self.file.read_bytes())
        except (OSError, pickle.UnpicklingError, EOFError, AttributeError, ImportError, TypeError, ValueError):
            return None
        return report if isinstance(report, ChartReport) else None

    def store(self, report: ChartReport) -> None:
        """Keeps a report; where that fails nothing is lost but time."""
        part = self.file.with_suffix(f".{os.getpid()}")
        try:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part.write_bytes(pickle.dumps(report, protocol=5))
            part.replace(self.file)
            kept = sorted(self.file.parent.iterdir(), key=lambda file: file.stat().st_mtime)
            for old in kept[:-KEPT]:
                old.unlink(missing_ok=True)
        except OSError:
            part.unlink(missing_ok=True)


class _TooLarge(Exception):
    pass


def _inputs(path: Path, engine: HelmEngine, options: CheckOptions) -> Iterator[bytes]:
    """Everything that a report depends on."""
    from helm_constitution.config import find_configuration
    from helm_constitution.constitution import find_constitution

    request = options.request
    configuration = find_configuration(path, options.configuration)
    constitution = find_constitution(path, options.constitution)
    yield repr((__version__, engine.name, engine.version(), str(path), options)).encode()
    yield from (repr(stamp).encode() for stamp in _program())
    for file in (configuration, constitution):
        yield repr(file).encode()
        if file is not None:
            yield file.read_bytes()
    if configuration is not None:
        yield _named_constitution(configuration)
    for file in request.values_files:
        yield file.read_bytes()
    for argument in request.set_arguments:
        if argument.flag == "--set-file":
            yield Path(argument.value.partition("=")[2]).read_bytes()
    if path.is_dir():
        yield from _contents(str(path))
    else:
        yield path.read_bytes()


def _named_constitution(configuration: Path) -> bytes:
    from helm_constitution.config import load_configuration

    named = load_configuration(configuration).constitution
    return named.read_bytes() if named is not None else b""


def _program() -> Iterator[tuple[str, int, int]]:
    """The program's own files: an edited rule must not answer with yesterday's report."""
    for folder in (Path(__file__).parent, Path(__file__).parent / "rules"):
        for root, _, names in os.walk(folder):
            for name in sorted(names):
                if name.endswith((".py", ".md")):
                    state = os.stat(os.path.join(root, name))
                    yield name, state.st_size, state.st_mtime_ns


def _contents(folder: str) -> Iterator[bytes]:
    left_bytes, left_files = MAX_BYTES, MAX_FILES
    for root, folders, names in os.walk(folder, followlinks=True):
        folders[:] = sorted(name for name in folders if name not in (".git", "node_modules"))
        for name in sorted(names):
            place = os.path.join(root, name)
            with open(place, "rb") as file:
                content = file.read(left_bytes + 1)
            left_bytes -= len(content)
            left_files -= 1
            if left_bytes < 0 or left_files < 0:
                raise _TooLarge
            yield os.path.relpath(place, folder).encode("utf-8", "surrogateescape")
            yield content
