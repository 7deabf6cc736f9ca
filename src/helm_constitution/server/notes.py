"""What a check shows in each file, in the program's units: they are converted to the editor's later."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from helm_constitution.core.model import Base, Finding, Location, Severity, Trouble
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.tags import Tag
from helm_constitution.report.model import ChartReport
from helm_constitution.report.text_findings import object_of
from helm_constitution.report.words import clean
from helm_constitution.server.answers import Answer, Fault

CRASH = "crash"
"""The kind of a trouble that is a fault of a rule."""


class Place(NamedTuple):
    """A stretch of a file, by its absolute path; lines and columns as in a Location."""

    path: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None


class Note(NamedTuple):
    """One thing to show: its place, message, severity and related places.

    ``code`` is a rule's id, or the kind of problem. ``finding`` is None for other notes.
    """

    place: Place
    severity: Severity
    code: str
    message: str
    related: tuple[tuple[Place, str], ...] = ()
    tag: Tag | None = None
    finding: Finding | None = None


class _Files(NamedTuple):
    """The files of a chart that can be opened: the files on the disk, and those that an editor has not saved yet."""

    chart: Path
    unsaved: frozenset[str]

    def has(self, path: str) -> bool:
        return path in self.unsaved or os.path.isfile(path)

    def existing(self, path: str | None) -> str:
        """The file, or Chart.yaml in its place."""
        return path if path is not None and self.has(path) else str(self.chart / "Chart.yaml")


def notes_of(answer: Answer, chart: Path) -> list[Note]:
    """Everything to show from a chart's check, each once, in the report's order.

    Args:
        answer: the check's result.
        chart: the chart's folder, an absolute path.
    """
    files = _Files(chart, answer.unsaved)
    if answer.fault is not None:
        found = [_of_fault(answer.fault, files)]
    else:
        assert answer.report is not None
        found = list(_of_report(answer.report, answer.constitution, files))
    return each_once(found)


def each_once(notes: Iterable[Note]) -> list[Note]:
    """Notes without repetitions at the same place, from several charts or scenarios."""
    found: dict[tuple[Place, str, str], Note] = {}
    for note in notes:
        found.setdefault((note.place, note.code, note.message), note)
    return list(found.values())


def _of_fault(fault: Fault, files: _Files) -> Note:
    end = fault.column + 1 if fault.column is not None else None
    place = Place(files.existing(fault.file), fault.line, fault.column, fault.line if end else None, end)
    return Note(place, Severity.ERROR, "error", clean(fault.message))


def _of_report(report: ChartReport, constitution: str | None, files: _Files) -> Iterator[Note]:
    tags = {rule.rule: Tag(rule.tag) for rule in report.rules if rule.tag is not None}
    for finding in report.singles:
        if finding.active:
            yield _of_finding(finding, tags, report, files)
    yield from (_of_trouble(trouble, files) for trouble in report.troubles)
    for stale in report.stale:
        severity = Severity.ERROR if report.limit is not None else Severity.WARNING
        place = _place(stale.location, report, files)
        yield Note(place, severity, "stale-waiver", clean(f"waiver of {stale.waives}: {stale.reason}"))
    if report.constitution is not None and constitution is not None:
        for doubt in report.constitution.not_understood:
            place = Place(constitution, doubt.line)
            yield Note(place, Severity.NOTE, "not-understood", clean(f"no statement: {doubt.reason}"))


def _of_finding(finding: Finding, tags: Mapping[str, Tag], report: ChartReport, files: _Files) -> Note:
    about = "" if finding.summary else object_of(finding)
    related = [(_place(one.location, report, files), clean(one.message)) for one in finding.related]
    return Note(
        _place(finding.location, report, files),
        finding.severity,
        finding.rule,
        clean(f"{finding.message} ({about})" if about else finding.message),
        tuple(related),
        tags.get(finding.rule),
        finding,
    )


def _of_trouble(trouble: Trouble, files: _Files) -> Note:
    file = None if trouble.file is None else os.path.join(files.chart, *trouble.file.split("/"))
    place = Place(files.existing(file), trouble.line if file is not None and files.has(file) else None)
    scenario = f" (scenario {trouble.scenario})" if trouble.scenario is not None else ""
    return Note(place, Severity.ERROR, trouble.kind, clean(f"could not be checked: {trouble.message}{scenario}"))


def _place(location: Location, report: ChartReport, files: _Files) -> Place:
    """The place in a file that can be opened; one without a place is shown at the chart's Chart.yaml."""
    if location.file is None or location.base is Base.BASELINE:
        return Place(files.existing(None))
    above = {Base.CHART: str(files.chart), Base.REPO: report.root, Base.ABSOLUTE: ""}[location.base]
    path = os.path.normpath(os.path.join(above, *location.file.split("/"))) if above else location.file
    if not files.has(path):
        return Place(files.existing(None))  # in a packaged dependency
    return Place(path, location.line, location.column, location.end_line, location.end_column)
