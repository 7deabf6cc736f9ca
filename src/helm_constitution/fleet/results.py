"""A folder with the report of each chart that is done, from which an interrupted run continues.

A report is written to another name and renamed: whoever reads sees the whole of it or nothing. Reading builds records
and runs nothing.
"""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path

from helm_constitution.check.failed import UNREADABLE
from helm_constitution.check.inputs import Inputs
from helm_constitution.check.report_codec import decode, encode
from helm_constitution.core.digest import sha256
from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.files import write_bytes
from helm_constitution.fleet.place import Kind, Place
from helm_constitution.report.model import ChartReport


class Results:
    """The reports of a fleet's charts.

    Args:
        folder: where they are kept; made where it is missing.
        inputs: what they depend on: a report of another version, of other options or of other files is not taken.

    Raises:
        ConfigurationError: the folder can't be made.
    """

    def __init__(self, folder: Path, inputs: Inputs) -> None:
        self.folder = folder
        self._inputs = inputs
        make_folder(folder / "charts")

    def file_of(self, place: Place) -> Path | None:
        """Where the report of a chart is kept; None for a chart that is too large to be recognised."""
        if place.kind is Kind.LOCAL:
            found = self._inputs.of(Path(place.where))
            digest = found.digest if found is not None else None
        else:
            digest = self._inputs.of_name(repr(tuple(place)))
        if digest is None:
            return None
        name = sha256(digest).hexdigest()
        return self.folder / "charts" / name[:2] / f"{name[2:]}.json.gz"

    def load(self, file: Path | None) -> ChartReport | None:
        """A report, if it exists and is complete."""
        if file is None:
            return None
        try:
            report = decode(gzip.decompress(file.read_bytes()).decode())
        except (OSError, EOFError, zlib.error, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None
        return report if isinstance(report, ChartReport) else None

    def store(self, file: Path | None, report: ChartReport) -> None:
        """Keeps a report. A chart that could not be checked at all is not done: the next run tries it again.

        Raises:
            ConfigurationError: it can't be written.
        """
        if file is None or any(trouble.kind == UNREADABLE for trouble in report.troubles):
            return
        make_folder(file.parent)
        text = json.dumps(encode(report), separators=(",", ":"))
        write_bytes(file, gzip.compress(text.encode(), 1, mtime=0), "the result")


def make_folder(folder: Path) -> None:
    """Creates a folder. Raises ConfigurationError if that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"the folder can't be created: {error.strerror}", file=str(folder)) from None
