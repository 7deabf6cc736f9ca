"""Writing files: in one step, so that a reader never sees half of one and a failure loses nothing."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from helm_constitution.core.errors import ConfigurationError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


def write_file(file: Path, text: str, what: str) -> None:
    """Writes a text as UTF-8, its line ends as they are. A device or a pipe is written to, never replaced.

    Args:
        file: where to; a link keeps pointing where it does, an existing file keeps its mode.
        text: the content.
        what: what it is, for the message: ``the report``.

    Raises:
        ConfigurationError: where it can't be written, or is read-only; what was there before is still there then.
    """
    write_bytes(file, text.encode("utf-8", "replace"), what)


def write_bytes(file: Path, data: bytes, what: str) -> None:
    """Writes bytes as :func:`write_file` writes a text. Raises ConfigurationError as that does."""
    target = Path(os.path.realpath(file))
    if os.path.islink(file) and not target.exists():
        raise ConfigurationError(f"{what} can't be written: a broken symbolic link; remove it", file=str(file))
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)
            return
        # A file is replaced by another one, which its folder allows and its owner may not want.
        if target.exists() and not os.access(target, os.W_OK):
            raise ConfigurationError(f"{what} can't be written: it is read-only", file=str(file))
        _replace(target, data)
    except OSError as error:
        raise ConfigurationError(f"{what} can't be written: {error.strerror}", file=str(file)) from None


@contextlib.contextmanager
def held_alone(files: Iterable[Path]) -> Iterator[None]:
    """Keeps other programs of ours from changing files meanwhile: they wait.

    Args:
        files: what is read, changed and written; their folders are locked, so nothing is left behind.
    """
    with contextlib.ExitStack() as stack:
        if fcntl is not None:
            # In one order, so that no two programs wait for each other.
            for folder in sorted({os.path.realpath(file.parent) for file in files}):
                # A file system that knows no locks (some networks' ones) keeps nobody from writing.
                with contextlib.suppress(OSError):
                    descriptor = os.open(folder, os.O_RDONLY)
                    stack.callback(os.close, descriptor)
                    fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def links_to_nothing(folder: str, names: Iterable[str]) -> set[str]:
    """The names in a folder that are broken symbolic links, for ``shutil.copytree``, which looks for the target of a
    relative link in the working directory."""
    places = {name: os.path.join(folder, name) for name in names}
    return {name for name, place in places.items() if os.path.islink(place) and not os.path.exists(place)}


def _replace(target: Path, data: bytes) -> None:
    # A name that nobody can guess, and only a new file: a link that somebody has put there is not followed.
    part = target.with_name(f".{os.urandom(8).hex()}.part")
    put(str(part), str(target), data, stat.S_IMODE(target.stat().st_mode) if target.exists() else None)


def put(part: str, target: str, data: bytes, mode: int | None = None, *, made_with: int = 0o666) -> None:
    """Writes a new file, then puts it in the place of another one.

    Args:
        part: the new file; it is gone afterwards, whatever happens.
        target: the place.
        data: the content.
        mode: the permissions; None for those of a new file.
        made_with: the permissions of a new file, from which the user's mask takes some.

    Raises:
        OSError: one of the steps failed.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    try:
        # Within: a signal may come as soon as the file is there.
        descriptor = os.open(part, flags, made_with)
        with open(descriptor, "wb") as file:
            file.write(data)
        if mode is not None:
            os.chmod(part, mode)
        os.replace(part, target)
    except FileExistsError:
        raise
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise
