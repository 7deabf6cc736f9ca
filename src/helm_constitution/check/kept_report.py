"""The report of an unchanged chart, and the parts of reports that were made of it: text that need not be made again."""

from __future__ import annotations

import contextlib
import json
import time
import zlib

from helm_constitution.check.private_folder import PrivateFolder
from helm_constitution.core.model import Gate
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.report.model import ChartReport, ChartSummary, Counts
from helm_constitution.report.parts import Part

KEPT = 20_000
"""Files kept, of all kinds: reports, their parts, answers of ``helm lint`` and so on; the oldest go first."""
KEPT_BYTES = 128 * 1024 * 1024
"""Bytes of all of them together."""
KEPT_DAYS = 30
_TIDIES = "08"
"""Below this is one of 32 names, which are random digits: old files are looked for that seldom."""
PART = ".part"
"""How the names of kept parts end."""


class KeptReport(NamedTuple):
    """A report that is kept and holds today.

    ``mark`` is its own, and that of no report that was kept before or will be.
    """

    folder: PrivateFolder
    mark: str
    content: bytes

    def report(self) -> ChartReport | None:
        """The report; None where that is not what is kept."""
        from helm_constitution.check.report_codec import decode

        try:
            report = decode(zlib.decompress(self.content).decode())
        except (zlib.error, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None
        return report._replace(mark=self.mark) if isinstance(report, ChartReport) else None

    def part(self, form: str) -> Part | None:
        """The part of a report that was made of it, by the name of the report's form; None where there is none."""
        content = self.folder.read(_name(self.folder, self.mark, form))
        if content is None:
            return None
        try:
            head, _, text = zlib.decompress(content).decode("utf-8", "surrogatepass").partition("\n")
            title, gate, principles, counts = json.loads(head)
            return Part(text, ChartSummary(title, Gate(gate), dict(principles), Counts(*counts)))
        except (zlib.error, ValueError, TypeError, RecursionError):
            return None

    def keep_part(self, form: str, part: Part) -> None:
        """Keeps a part that was made of it."""
        keep_part(self.folder, self.mark, form, part)


def keep_part(folder: PrivateFolder, mark: str, form: str, part: Part) -> None:
    """Keeps a part that was made of the report with this mark; where that fails nothing is lost but time."""
    text = f"{json.dumps(part.summary)}\n{part.text}"
    with contextlib.suppress(OSError, ValueError):
        keep(folder, _name(folder, mark, form), zlib.compress(text.encode("utf-8", "surrogatepass"), 1))


def keep(folder: PrivateFolder, name: str, content: bytes) -> None:
    """Writes a file, and now and then removes what is too much or too old. Raises OSError."""
    folder.write(name, content)
    if name < _TIDIES:
        folder.keep_newest(KEPT, KEPT_BYTES, time.time() - KEPT_DAYS * 86_400)


def _name(folder: PrivateFolder, mark: str, form: str) -> str:
    return folder.digest(f"{mark}\n{form}".encode()) + PART
