"""A chart of a fleet that is done, in the form in which it goes from a worker to the process that runs the fleet.

The worker makes it, because packing a report takes longer than everything else that the other process does with it.
"""

from __future__ import annotations

import gzip
import json

from helm_constitution.check.failed import UNREADABLE
from helm_constitution.check.report_codec import decode, encode
from helm_constitution.core.model import Gate
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.report.matrix import Row, row_of
from helm_constitution.report.model import ChartReport

_ALWAYS = "9999-12-31"


class Done(NamedTuple):
    """The row of the matrix, and row and report packed (see :func:`unpacked`); None where nobody needs the report.

    ``final`` is false for a chart that could not be checked at all: the next run tries it again. ``report`` is the
    report where it was unpacked already, see :func:`report_of`.
    """

    row: Row
    packed: bytes | None
    final: bool = True
    report: ChartReport | None = None


def done_with(report: ChartReport, *, packs: bool) -> Done:
    """What a worker makes of a report; with the report itself where ``packs`` is true."""
    row = row_of(report)
    packed = None
    if packs:
        head = row, report.until or _ALWAYS
        lines = (json.dumps(part, separators=(",", ":")) for part in (head, encode(report)))
        packed = gzip.compress("\n".join(lines).encode(), 1, mtime=0)
    return Done(row, packed, not any(trouble.kind == UNREADABLE for trouble in report.troubles))


def unpacked(packed: bytes, *, report: bool) -> tuple[Done, str]:
    """A chart that was packed, and the last day on which it holds, when a waiver expires (an ISO date).

    Two lines of JSON: the row and that day, the report.

    Args:
        packed: as :func:`done_with` packs it.
        report: whether the report itself is needed.

    Raises:
        OSError, EOFError, zlib.error, ValueError, TypeError, KeyError: it is not whole.
    """
    content = gzip.decompress(packed)
    end = content.index(b"\n")
    fields, until = json.loads(content[:end])
    row = Row._make(fields)
    found = decode(content[end:].decode()) if report else None
    if report and not isinstance(found, ChartReport):
        raise TypeError("not a report")
    return Done(row._replace(gate=Gate(row.gate)), packed, report=found), str(until)


def report_of(done: Done) -> ChartReport | None:
    """The report of a chart that is done; None where nobody needs it."""
    if done.report is not None or done.packed is None:
        return done.report
    return unpacked(done.packed, report=True)[0].report
