"""What a check gives to the editor's side."""

from __future__ import annotations

from typing import NamedTuple

from helm_constitution.report.model import ChartReport


class Fault(NamedTuple):
    """What kept a chart from being checked at all; ``file`` is an absolute path, None for the chart itself."""

    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None


class Answer(NamedTuple):
    """What a check of one chart gave: a report or a fault.

    ``constitution`` is the constitution's absolute path, None for the built-in one; ``policy_files`` are all files
    that rule the chart; ``unsaved`` are those whose text differs from the disk's.
    """

    report: ChartReport | None
    fault: Fault | None = None
    constitution: str | None = None
    policy_files: tuple[str, ...] = ()
    unsaved: frozenset[str] = frozenset()
