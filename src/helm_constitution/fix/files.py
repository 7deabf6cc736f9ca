"""A chart's files before and after fixes: nothing is written until all fixes are settled."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from helm_constitution.core.errors import ChartError, ConfigurationError
from helm_constitution.core.files import held_alone, write_bytes
from helm_constitution.core.fixes import Edit, Fix
from helm_constitution.text.edits import EditError, apply_edits, merged


class ChangedMeanwhile(Exception):
    """A file has changed since it was checked: it is left alone."""


class ChartFiles:
    """The texts of a chart's files, read when they are first edited.

    Args:
        folder: the chart.
        copied: texts that were read when a copy was made.
    """

    def __init__(self, folder: Path, copied: ChartFiles | None = None) -> None:
        self.folder = folder
        self._read: dict[str, bytes | None] = {} if copied is None else copied._read

    def original(self, file: str) -> bytes | None:
        """A file as it was when first read; None if there is none.

        Raises:
            ChartError: it can't be read, or a link leads out of the chart.
        """
        if file not in self._read:
            self._read[file] = _content(self._place(file))
        return self._read[file]

    def holds(self, file: str) -> bool:
        """Whether a file is in the chart itself: no link leads out."""
        root = os.path.realpath(self.folder)
        return os.path.commonpath([root, os.path.realpath(self.folder / file)]) == root

    def _place(self, file: str) -> Path:
        place = self.folder / file
        if not self.holds(file):
            raise ChartError("a link to a file outside of the chart; edit that file instead", file=str(place))
        return place

    def after(self, known: Mapping[str, bytes | None], fixes: Iterable[Fix]) -> dict[str, bytes | None]:
        """The files with fixes applied: the content of each that changed, None for a removed one.

        Args:
            known: the files after earlier fixes.
            fixes: fixes that can be applied together.

        Raises:
            EditError: an edit can't be applied; the message names the file.
        """
        edits: dict[str, list[Edit]] = {}
        moves: dict[str, str] = {}
        for fix in fixes:
            moves.update(fix.moves)
            for edit in fix.edits:
                edits.setdefault(edit.file, []).append(edit)
        files = dict(known)
        for file, those in edits.items():
            content = files[file] if file in files else self.original(file)
            try:
                text = apply_edits((content or b"").decode("utf-8"), merged(those))
                new_ends = content is None and self._ends_in_crlf()
                files[file] = (text.replace("\n", "\r\n") if new_ends else text).encode("utf-8")
            except UnicodeDecodeError:
                raise EditError(f"{file} is not UTF-8 text") from None
            except EditError as error:
                raise EditError(f"{file}: {error}") from None
        for old, new in moves.items():
            if (files[new] if new in files else self.original(new)) is not None:
                raise EditError(f"{new} already exists")
            files[new] = files[old] if old in files else self.original(old)
            files[old] = None
        return files

    def _ends_in_crlf(self) -> bool:
        """Whether a new file's lines end as Windows ends them: as Chart.yaml's do."""
        return b"\r\n" in (self.original("Chart.yaml") or b"")

    def write(self, files: Mapping[str, bytes | None]) -> list[str]:
        """Writes the files that changed, each atomically; returns their paths.

        Edits that belong together are written as a whole, or not at all: whatever ends it, what is written already is
        restored.

        Raises:
            ChangedMeanwhile: a file has changed since it was read; nothing is written then.
            ConfigurationError: a file is read-only or can't be written.
        """
        changed = {file: content for file, content in files.items() if content != self.original(file)}
        places = {file: self._place(file) for file in changed}
        with held_alone(place for place in places.values() if place.parent.is_dir()):
            for file, place in places.items():
                if _content(place) != self.original(file):
                    raise ChangedMeanwhile(f"{place} changed meanwhile; nothing was written; run fix again")
            written: list[str] = []
            try:
                for file in sorted(changed, key=lambda name: changed[name] is None):
                    written.append(file)
                    _put(places[file], changed[file])
            except BaseException:
                for file in reversed(written):
                    if _content(places[file]) != self.original(file):
                        _put(places[file], self.original(file))
                raise
        return sorted(changed)


def _put(place: Path, content: bytes | None) -> None:
    """Writes a file atomically; removes it if the content is None."""
    try:
        if content is None:
            place.unlink()
            return
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"the fixed file can't be written: {error.strerror}", file=str(place)) from None
    write_bytes(place, content, "the fixed file")


def _content(place: Path) -> bytes | None:
    try:
        return place.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ChartError(f"can't be read: {error.strerror}", file=str(place)) from None
