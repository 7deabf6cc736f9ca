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
    """The row of the matrix, and row and report packed (see :func:`report_in`); None where nobody needs the report.

    ``final`` is false for a chart that could not be checked at all: the next run tries it again.
    """

    row: Row
    packed: bytes | None
    final: bool = True


def done_with(report: ChartReport, *, packs: bool) -> Done:
    """What a worker makes of a report; with the report itself where ``packs`` is true."""
    row = row_of(report)
    packed = None
    if packs:
        head = row, report.until or _ALWAYS
        lines = (json.dumps(part, separators=(",", ":")) for part in (head, encode(report)))
        packed = gzip.compress("\n".join(lines).encode(), 1, mtime=0)
    return Done(row, packed, not any(trouble.kind == UNREADABLE for trouble in report.troubles))


def row_in(packed: bytes) -> tuple[Row, str]:
    """The row of a packed report, and the last day on which it holds, when a waiver expires (an ISO date).

    Both are the first of two lines of JSON.

    Raises:
        OSError, EOFError, zlib.error, ValueError, TypeError: it is not whole.
    """
    fields, until = json.loads(gzip.decompress(packed).partition(b"\n")[0])
    row = Row._make(fields)
    return row._replace(gate=Gate(row.gate)), str(until)


def report_in(packed: bytes) -> ChartReport:
    """The report: the second line.

    Raises:
        OSError, EOFError, zlib.error, ValueError, TypeError, KeyError: it is not whole.
    """
    report = decode(gzip.decompress(packed).partition(b"\n")[2].decode())
    if not isinstance(report, ChartReport):
        raise TypeError("not a report")
    return report
