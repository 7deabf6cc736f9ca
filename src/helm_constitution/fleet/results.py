"""A folder with the report of each chart that is done, from which an interrupted run continues.

A report is written to another name and renamed: whoever reads sees the whole of it or nothing. Reading builds records
and runs nothing.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.check.baseline_state import baseline_state
from helm_constitution.check.contents import MAX_BYTES, KeptContents, Unfit, read_content
from helm_constitution.check.inputs import Inputs, states
from helm_constitution.check.named_by import NamedPlaces
from helm_constitution.check.private_folder import PrivateFolder
from helm_constitution.core.digest import sha256
from helm_constitution.core.errors import ConfigurationError, ConstitutionError
from helm_constitution.core.files import write_bytes
from helm_constitution.fleet.done import Done, unpacked
from helm_constitution.fleet.place import Kind, Place

if TYPE_CHECKING:
    from helm_constitution.check.options import CheckOptions
    from helm_constitution.helm.protocol import HelmEngine


class Results:
    """The reports of a fleet's charts.

    Args:
        folder: where they are kept; made where it is missing. It also keeps the states of the charts' files, so that
            unchanged ones aren't read again.
        engine: lints and renders the charts.
        options: what each is checked with: a report of another version, of other options or of other files is not
            taken.
        reports: whether the run needs the reports themselves, besides their rows in the matrix.

    Raises:
        ConfigurationError: the folder can't be made, or a file that an option names can't be read.
    """

    def __init__(self, folder: Path, engine: HelmEngine, options: CheckOptions, *, reports: bool) -> None:
        self.folder = folder
        self._options = options
        self._reports = reports
        make_folder(folder / "charts")
        private = PrivateFolder.open(str(folder / "states"))
        try:
            self._contents = KeptContents(private) if private is not None else None
            self._inputs = Inputs(engine, options, self._contents)
        except (OSError, ValueError, Unfit) as error:
            raise ConfigurationError(f"a file that an option names can't be read: {error}") from None

    def file_of(self, place: Place) -> Path | None:
        """Where the report of a chart is kept; None for a chart that is too large to be recognised."""
        digest = self._digest(place)
        if digest is None:
            return None
        name = sha256(digest).hexdigest()
        return self.folder / "charts" / name[:2] / f"{name[2:]}.json.gz"

    def _digest(self, place: Place) -> bytes | None:
        """A digest of a chart, and of everything else that its report depends on; None where that can't be told."""
        options, chart = self._options, Path(place.where)
        parts: list[object] = []
        try:
            if place.kind is Kind.LOCAL:
                found = self._inputs.of(chart)
                if found is None:
                    return None
                digest, configuration, own = found.digest, found.files.configuration, chart
            else:
                # Its own configuration changes as little as it; it is fetched into a folder that no pattern names.
                digest, configuration = self._inputs.of_name(repr(tuple(place))), options.configuration
                own = None
                chart = Path(os.sep, "fetched", *place.chart.split("/"))
            if configuration is not None:
                parts += self._named_by(configuration, chart)
            if options.baseline is not None:
                baseline = baseline_state(options.baseline, own, self._contents)
                if baseline is None:
                    return None
                parts += baseline
        except (OSError, ValueError, Unfit, ConstitutionError):
            return None  # the check finds the words for it
        return digest + sha256(repr(parts).encode("utf-8", "surrogateescape")).digest()

    def _named_by(self, configuration: Path, chart: Path) -> list[object]:
        """What a configuration names for a chart, as it is now. Raises OSError, Unfit, ConstitutionError."""
        named = NamedPlaces.of(configuration, chart, self._options)
        files: list[object] = [(str(file), read_content(str(file), MAX_BYTES)) for file in named.files]
        folders = [(folder, states(folder, endings)) for folder, endings in named.folders]
        return [*files, *folders, sorted(named.looked_for.items())]

    def load(self, file: Path | None) -> Done | None:
        """A chart that is done, if its report exists, is complete and holds today."""
        if file is None:
            return None
        try:
            done, until = unpacked(file.read_bytes(), report=self._reports)
            return done if until >= self._options.day else None
        except (OSError, EOFError, zlib.error, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None

    def store(self, file: Path | None, done: Done) -> None:
        """Keeps a report. A chart that could not be checked at all is not done: the next run tries it again.

        Raises:
            ConfigurationError: it can't be written.
        """
        if file is None or done.packed is None or not done.final:
            return
        make_folder(file.parent)
        write_bytes(file, done.packed, "the result")


def make_folder(folder: Path) -> None:
    """Creates a folder. Raises ConfigurationError if that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"the folder can't be created: {error.strerror}", file=str(folder)) from None
