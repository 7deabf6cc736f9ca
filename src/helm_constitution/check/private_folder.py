"""A folder that only this user can read and write, and files in it that carry a seal made with the user's own key.

A file that somebody else wrote, that was changed, cut or copied from another user's cache, is not read.
"""

from __future__ import annotations

import contextlib
import os
import stat

from helm_constitution.core.digest import sha256
from helm_constitution.core.files import put
from helm_constitution.core.named_tuples import NamedTuple

_KEY = "key"
_KEY_BYTES = 32
_SEAL_BYTES = 32
MAX_FILE_BYTES = 16 * 1024 * 1024
"""A larger file is neither written nor read."""


class KeptFile(NamedTuple):
    """A file of the folder: when it was written (seconds since 1970), its bytes, its path."""

    time: float
    size: int
    path: str


class PrivateFolder:
    """A folder of sealed files.

    Args:
        path: where it is.
        key: what the seals are made with.
    """

    def __init__(self, path: str, key: bytes) -> None:
        self.path = path
        self._key = key

    @classmethod
    def open(cls, path: str) -> PrivateFolder | None:
        """The folder, made where it is missing; None where it can't be had or somebody else may write in it."""
        try:
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                os.mkdir(path, 0o700)
            if not _is_private(os.lstat(path), stat.S_IFDIR, 0o700):
                return None
            key = _read_key(os.path.join(path, _KEY)) or _make_key(path)
        except (OSError, ValueError):
            return None
        return cls(path, key) if key is not None else None

    def digest(self, content: bytes) -> str:
        """A digest of content that nobody without the key can look up in a table of likely contents."""
        return sha256(self._key + sha256(self._key + content).digest()).hexdigest()

    def read(self, name: str) -> bytes | None:
        """A file's content; None where it is missing, foreign, changed or cut."""
        try:
            sealed = _read_private(os.path.join(self.path, name))
        except OSError:
            return None
        if sealed is None or len(sealed) < _SEAL_BYTES:
            return None
        seal, content = sealed[:_SEAL_BYTES], sealed[_SEAL_BYTES:]
        return content if seal == self._seal(name, content) else None

    def write(self, name: str, content: bytes) -> None:
        """Writes a file in one step. Raises OSError; nothing is left behind then."""
        if len(content) <= MAX_FILE_BYTES:
            _write_new(self.path, name, self._seal(name, content) + content)

    def keep_newest(self, count: int, size: int, oldest: float) -> None:
        """Removes files: those older than a time (seconds since 1970), then the oldest until so many and so many bytes
        are left. Parts of interrupted writes count as well."""
        for file in sorted(self.files(), reverse=True):
            count, size = count - 1, size - file.size
            if count < 0 or size < 0 or file.time < oldest:
                with contextlib.suppress(FileNotFoundError):  # another program tidies too
                    os.unlink(file.path)

    def files(self) -> list[KeptFile]:
        """The files that are kept, and parts of interrupted writes. Raises OSError."""
        found = []
        with os.scandir(self.path) as entries:
            for entry in entries:
                if entry.name != _KEY:
                    with contextlib.suppress(FileNotFoundError):
                        state = entry.stat(follow_symlinks=False)
                        found.append(KeptFile(state.st_mtime, state.st_size, entry.path))
        return found

    def _seal(self, name: str, content: bytes) -> bytes:
        inner = sha256(self._key + os.fsencode(name) + b"\0")
        inner.update(content)
        return sha256(self._key + inner.digest()).digest()


def _is_private(state: os.stat_result, kind: int, mode: int) -> bool:
    """Whether it is of a kind, ours, and open to nobody else."""
    if stat.S_IFMT(state.st_mode) != kind:
        return False
    if not hasattr(os, "getuid"):  # Windows keeps a user's cache folder to the user
        return True
    return state.st_uid == os.getuid() and stat.S_IMODE(state.st_mode) & ~mode == 0


def _read_private(path: str) -> bytes | None:
    """A file's content; None where it is not a private file or too large. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with open(descriptor, "rb") as file:
        if not _is_private(os.fstat(descriptor), stat.S_IFREG, 0o600):
            return None
        content = file.read(MAX_FILE_BYTES + _SEAL_BYTES + 1)
    return content if len(content) <= MAX_FILE_BYTES + _SEAL_BYTES else None


def _read_key(path: str) -> bytes | None:
    try:
        key = _read_private(path)
    except OSError:
        return None
    return key if key is not None and len(key) == _KEY_BYTES else None


def _make_key(folder: str) -> bytes | None:
    """A new key in place of a missing or useless one. Of two programs that make one at once, the last one's counts."""
    _write_new(folder, _KEY, os.urandom(_KEY_BYTES))
    return _read_key(os.path.join(folder, _KEY))


def _write_new(folder: str, name: str, content: bytes) -> None:
    part = os.path.join(folder, f".{name}.{os.urandom(8).hex()}.part")
    put(part, os.path.join(folder, name), content, made_with=0o600)
