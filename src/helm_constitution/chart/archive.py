"""Packaged charts (.tgz): read in memory, or unpacked into a temporary folder; unsafe ones are rejected.

The limits and the reading of entry names are Helm's own (pkg/chart/loader/archive): the first folder of each name is
dropped, absolute paths and ``..`` are refused, a chart may unpack to 100 MiB at most. Links and devices,
which Helm reads as empty files, are refused as well.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from helm_constitution.core.errors import ChartError
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.scratch import kept_folder

if TYPE_CHECKING:
    from tarfile import TarInfo

MAX_UNPACKED = 100 * 1024 * 1024
"""Bytes; Helm's MaxDecompressedChartSize."""
MAX_NESTED = 2 * MAX_UNPACKED
"""Bytes of all packages in ``charts/`` together; each may be read twice, for its name and for its files."""
MAX_PACKAGES = 2_000
"""Packages in ``charts/`` together, those in packages too; each is counted as often as it is read."""
MAX_ENTRIES = 10_000
"""Files and folders in one archive; public charts stay below 1,000."""

MAX_DEPTH = 100
"""Folders in folders, on the disk too."""

_DRIVE = LazyPattern(r"[a-zA-Z]:/")


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Budget:
    """The size that all packages in a chart's ``charts/`` may unpack to together, however deeply nested."""

    def __init__(self) -> None:
        self._left = MAX_NESTED
        self._packages = 0

    def open(self, shown: str) -> None:
        """Counts a package. Raises ChartError past the limit."""
        self._packages += 1
        if self._packages > MAX_PACKAGES:
            raise ChartError(
                f"charts/ contains more than {MAX_PACKAGES // 2:,} packages, nested ones included; remove those "
                "that the chart doesn't need",
                file=shown,
            )

    def take(self, size: int, shown: str) -> None:
        """Counts bytes. Raises ChartError past the limit."""
        self._left -= size
        if self._left < 0:
            raise ChartError(
                f"the packages in charts/ unpack to more than {MAX_NESTED // 1024**2} MiB in total, the "
                "limit; unpack them into folders, or remove those that the chart doesn't need",
                file=shown,
            )


class _Bounded:
    """A reader that ends a bomb: headers count too, not only the files' own sizes."""

    def __init__(self, stream: _Readable, shown: str, budget: Budget | None) -> None:
        self._stream = stream
        self._shown = shown
        self._budget = budget
        # Each entry has a header and padding beside its bytes.
        self._left = MAX_UNPACKED + MAX_ENTRIES * 1024

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes. Raises ChartError past the limit."""
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise _too_large(self._shown)
        if self._budget is not None:
            self._budget.take(len(data), self._shown)
        return data


def read_entries(stream: IO[bytes], shown: str, budget: Budget | None = None) -> Iterator[tuple[str, bytes]]:
    """The files of a packaged chart, in the archive's order: path inside the chart, content.

    Args:
        stream: the .tgz.
        shown: how the archive is named in messages.
        budget: the rest of the limit for a package inside a chart.

    Raises:
        ChartError: the archive is damaged, unsafe, too large or not a chart; the entry is named.
    """
    import gzip
    import struct
    import tarfile
    import zlib

    if budget is not None:
        budget.open(shown)
    # tarfile raises all of these for headers that don't hold what they should.
    broken_headers = (ValueError, KeyError, IndexError, OverflowError, RecursionError, struct.error)
    unpacked = entries = 0
    try:
        with (
            gzip.GzipFile(fileobj=stream, mode="rb") as plain,
            tarfile.open(fileobj=_Bounded(plain, shown, budget), mode="r|") as archive,  # type: ignore[call-overload]
        ):
            for member in archive:
                entries += 1
                if entries > MAX_ENTRIES:
                    raise ChartError(
                        f"the archive has more than {MAX_ENTRIES:,} entries, the limit for a chart", file=shown
                    )
                name = _safe_name(member, shown)
                if name is None:
                    continue
                unpacked += member.size
                if unpacked > MAX_UNPACKED:
                    raise _too_large(shown)
                content = archive.extractfile(member)
                yield name, content.read() if content is not None else b""
    except gzip.BadGzipFile as error:
        if entries:
            raise _damaged(shown, entries) from error
        raise ChartError("not a packaged chart: must be a gzip archive (see `helm package`)", file=shown) from error
    except (EOFError, zlib.error, tarfile.TarError, *broken_headers) as error:
        raise _damaged(shown, entries) from error
    if not entries:
        raise ChartError("not a packaged chart: the archive contains no files", file=shown)


def _too_large(shown: str) -> ChartError:
    return ChartError(
        f"the archive unpacks to more than {MAX_UNPACKED // 1024**2} MiB, helm's limit for a chart", file=shown
    )


def _damaged(shown: str, entries: int) -> ChartError:
    where = f"after entry {entries}" if entries else "at the beginning"
    return ChartError(f"the archive is damaged or truncated {where}; package or download it again", file=shown)


def _safe_name(member: TarInfo, shown: str) -> str | None:
    """The entry's path inside the chart; None for a folder."""
    raw = member.name
    delimiter = "\\" if "\\" in raw else "/"
    top, _, inner = raw.partition(delimiter)
    inner = inner.replace(delimiter, "/")

    def refuse(why: str) -> ChartError:
        return ChartError(f"refused to unpack: entry {raw!r} {why}", file=shown)

    # Helm forgives "..", "/" in the part that it drops; nothing that `helm package` makes has them there.
    if raw.startswith("/") or inner.startswith("/") or _DRIVE.match(raw) or _DRIVE.match(inner):
        raise refuse("is an absolute path")
    if ".." in (top, *inner.split("/")):
        raise refuse("points outside of the chart's folder")
    if "\0" in raw:
        raise refuse("has a NUL in its name")
    if inner.count("/") > MAX_DEPTH:
        raise refuse(f"is nested more than {MAX_DEPTH} folders deep")
    if member.isdir():
        return None
    if member.issym() or member.islnk():
        raise refuse("is a link; package the chart with the file itself")
    if not member.isreg() or member.issparse():
        raise refuse("is not a regular file (a device, a pipe or a sparse file)")
    if not inner:
        raise refuse("is not inside a folder; a packaged chart has one folder that holds Chart.yaml")
    return os.path.normpath(inner).replace(os.sep, "/")


def _folder_name(archive: str) -> str:
    """The name of the chart's folder by that of its package: never hidden, never ``.`` or ``..``, and never that of a
    package again, which helm lint would read as one."""
    name = re.sub(r"(?:\.tgz|\.tar\.gz)+$", "", re.sub(r"-v?\d+\..*", "", archive)).lstrip(".")
    return name or "chart"


def unpack(archive: Path, shown: str) -> Path:
    """Unpacks a packaged chart into a temporary folder, which is removed when the program ends.

    Returns:
        The folder that holds Chart.yaml, named after the archive's own top folder.

    Raises:
        ChartError: see :func:`read_entries`; or the archive can't be read, or the folder can't be written.
    """
    try:
        stream = archive.open("rb")
    except OSError as error:
        raise ChartError(f"can't be read: {error.strerror}", file=shown) from error
    with stream:
        scratch = kept_folder()
        folder = os.path.join(scratch, _folder_name(archive.name))
        try:
            for name, content in read_entries(stream, shown):
                target = os.path.join(folder, *name.split("/"))
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with open(target, "wb") as file:
                    file.write(content)
        except OSError as error:
            raise ChartError(f"can't be unpacked into {scratch}: {error.strerror}", file=shown) from error
    return Path(folder)
