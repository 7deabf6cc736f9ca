"""The content of a chart's files as a digest, and what tells without reading them that they are the same files."""

from __future__ import annotations

import contextlib
import os
import stat
import time

from helm_constitution.check.private_folder import PrivateFolder
from helm_constitution.core.digest import sha256, sha256_for
from helm_constitution.core.file_state import FileState
from helm_constitution.core.named_tuples import NamedTuple

MAX_BYTES = 64 * 1024 * 1024
"""A chart's folder that holds more is checked anew each time: reading it all would cost more than the check."""
MAX_FILES = 5_000
"""Files and folders in a chart's folder; one that holds more is checked anew as well."""
STATE = ".state"
"""How the names of kept states end."""
_DIGEST_BYTES = 32


class Unfit(Exception):
    """The chart is too large to be hashed, or holds what has no content of its own (a device, a pipe, a loop)."""


class Digests(NamedTuple):
    """Digests of a chart's content: of all files, and of all but those templates that no other one depends on."""

    whole: bytes
    shared: bytes


def is_alone(name: bytes, content: bytes) -> bool:
    """Whether a file is a template without named templates: others hardly depend on what is in it.

    Args:
        name: its path in the chart.
        content: what it holds.
    """
    if not (name.startswith(b"templates/") and name.endswith((b".yaml", b".yml"))):
        return False
    if b"define" not in content and b"block" not in content:
        return True
    actions = actions_in(content.decode("latin-1"))
    return "define" not in actions and "block" not in actions


def actions_in(text: str) -> str:
    """What stands inside the actions of a template, roughly: up to the first ``}}`` of each, strings included."""
    return "{{".join(part.partition("}}")[0] for part in text.split("{{")[1:])


class Files(NamedTuple):
    """The files of a chart: all that helm may load, links followed, and what ``.helmignore`` leaves out.

    ``names`` are paths in the chart with the path of the file, None for a folder; ``states`` tell
    whether any file changed; ``size`` is the bytes of all.
    """

    names: list[tuple[bytes, str | None]]
    states: list[FileState]
    size: int

    def digests(self) -> Digests:
        """Digests of the names and the contents. Raises OSError, Unfit."""
        whole, shared, left = sha256_for(self.size), sha256_for(self.size), MAX_BYTES
        for name, place in self.names:
            content = read_content(place, left) if place is not None else b""
            left -= len(content)
            for digest in (whole,) if is_alone(name, content) else (whole, shared):
                digest.update(b"%d %d " % (len(name), len(content)))
                digest.update(name)
                digest.update(content)
        return Digests(whole.digest(), shared.digest())


class KeptContents:
    """Digests of charts' contents, kept with the state of their files: what has not changed isn't read again.

    Args:
        folder: where they are kept.
    """

    def __init__(self, folder: PrivateFolder) -> None:
        self._folder = folder

    def digests(self, chart: str) -> Digests:
        """Digests of the content of a chart's folder or package. Raises OSError, Unfit."""
        now = time.time_ns()
        files = files_of(chart)
        if os.name != "posix":  # st_ctime is the time of creation there
            return files.digests()
        # As plain tuples, of which Python itself makes the text: that takes a quarter of the time.
        state = sha256(repr((files.names, [*map(tuple, files.states)])).encode("utf-8", "surrogateescape")).digest()
        name = f"{self._folder.digest(os.fsencode(os.path.abspath(chart)))}{STATE}"
        kept = self._folder.read(name)
        if kept is not None and len(kept) == 3 * _DIGEST_BYTES and kept[:_DIGEST_BYTES] == state:
            return Digests(kept[_DIGEST_BYTES : 2 * _DIGEST_BYTES], kept[2 * _DIGEST_BYTES :])
        digests = files.digests()
        if all(one.is_settled(now) for one in files.states):
            with contextlib.suppress(OSError):
                self._folder.write(name, state + digests.whole + digests.shared)
        return digests


def files_of(chart: str) -> Files:
    """The files of a chart's folder, or its package with the signature.

    Raises:
        OSError: one can't be read.
        Unfit: they are too many or too large, or one is no file.
    """
    names: list[tuple[bytes, str | None]] = []
    states: list[FileState] = []
    if os.path.isdir(chart):
        _walk(chart, names, states)
    else:
        for name in (chart, f"{chart}.prov"):
            if name == chart or os.path.isfile(name):
                names.append((os.fsencode(os.path.basename(name)), name))
                states.append(_state(os.stat(name)))
    size = sum(state.size for state in states)
    if size > MAX_BYTES:
        raise Unfit
    return Files(names, states, size)


def _walk(chart: str, names: list[tuple[bytes, str | None]], states: list[FileState]) -> None:
    left = MAX_FILES
    pending: list[tuple[str, str, tuple[tuple[int, int], ...]]] = [("", chart, ())]
    while pending:
        inside, place, trail = pending.pop()
        folder = os.stat(place)
        identity = (folder.st_dev, folder.st_ino)
        if identity in trail:
            raise Unfit
        with os.scandir(place) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
        left -= len(entries)
        if left < 0:
            raise Unfit
        for entry in entries:
            name = inside + entry.name
            if entry.is_dir():
                names.append((os.fsencode(f"{name}/"), None))
                pending.append((f"{name}/", entry.path, (*trail, identity)))
            else:
                names.append((os.fsencode(name), entry.path))
                states.append(_state(entry.stat()))


def _state(state: os.stat_result) -> FileState:
    if not stat.S_ISREG(state.st_mode):
        raise Unfit
    return FileState.of(state)


def read_content(path: str, most: int) -> bytes:
    """A file's content. Raises Unfit where it is too large, or a device or a pipe, which might never end."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode) or state.st_size > most:
            raise Unfit
        parts = []
        while part := os.read(descriptor, state.st_size + 1):
            parts.append(part)
            most -= len(part)
            if most < 0:
                raise Unfit
    finally:
        os.close(descriptor)
    return b"".join(parts)
