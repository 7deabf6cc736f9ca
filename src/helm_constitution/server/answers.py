"""The results of a check for the editor's side."""

from __future__ import annotations

from collections.abc import Mapping

from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.report.model import ChartReport


class Fault(NamedTuple):
    """Why a chart could not be checked at all; ``file`` is an absolute path, None for the chart itself."""

    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None


class FixedTexts(NamedTuple):
    """What fixes do to a chart's files, by their paths in it: new texts, and old and new names, in order.

    The text of a renamed file has its new name.
    """

    texts: Mapping[str, str]
    moves: tuple[tuple[str, str], ...] = ()


class Answer(NamedTuple):
    """The result of a check of one chart: a report or a fault.

    ``constitution`` is the constitution's absolute path, None for the built-in one; ``policy_files`` are all policy
    files that apply to the chart; ``unsaved`` are those whose text differs from the disk's.
    """

    report: ChartReport | None
    fault: Fault | None = None
    constitution: str | None = None
    policy_files: tuple[str, ...] = ()
    unsaved: frozenset[str] = frozenset()
