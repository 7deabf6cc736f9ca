"""The result of a check of a chart, ready for the report formats: plain facts, nothing that was needed to find them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helm_constitution.core.model import Gate, Severity
from helm_constitution.core.named_tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from helm_constitution.core.model import Finding, Location, Statement, Status, Trouble, Verdict
    from helm_constitution.text.yaml_scalars import Json


class ScenarioReport(NamedTuple):
    """How one scenario went; ``message`` is helm's or the chart's where it did not render."""

    name: str
    status: Status
    message: str | None


class InputReport(NamedTuple):
    """A value that a user of the chart must give.

    ``path`` has dots; ``kind`` is text, number, flag, list or map; ``placeholder`` was filled in so that the chart
    can be rendered; ``message`` is that of the template that requires it.
    """

    path: str
    kind: str
    placeholder: Json
    message: str


class ConstitutionReport(NamedTuple):
    """Which constitution a chart was held to; ``not_understood`` is what looks like a demand in it and is none."""

    file: str
    version: str | None
    builtin: bool
    not_understood: tuple[NotUnderstoodReport, ...] = ()


class NotUnderstoodReport(NamedTuple):
    """A sentence that looks like a demand and could not be read as one; ``principle`` is None outside any."""

    text: str
    line: int
    principle: str | None
    reason: str


class StatementReport(NamedTuple):
    """The verdict on one statement.

    ``reason`` is why it, or a part of it, is unchecked, not applicable or in error. ``open`` are the parts of its
    text that its rules don't check.
    """

    statement: Statement
    rules: tuple[str, ...]
    verdict: Verdict
    reason: str | None
    open: tuple[str, ...] = ()


class PrincipleReport(NamedTuple):
    """The verdict on one principle, with its evidence."""

    key: str
    title: str
    verdict: Verdict
    evidence: str
    statements: tuple[StatementReport, ...]


class RuleReport(NamedTuple):
    """A rule that ran; ``reason`` is what it could not check, why it is not applicable, or that it crashed.

    ``page`` is the docstring of a rule of a team's own; those of the program are at hand.
    ``urgency`` is the number of its :class:`~helm_constitution.core.urgency.Urgency`, ``tag`` the text of its
    :class:`~helm_constitution.core.tags.Tag`.
    """

    rule: str
    reason: str | None = None
    page: str | None = None
    applicable: bool = True
    urgency: int = 0
    tag: str | None = None


class StaleWaiver(NamedTuple):
    """A waiver that fails the gate: it has expired, or nothing is left that it waives.

    ``waives`` is the rule's or the principle's id, ``reason`` a sentence without capital and full stop.
    """

    waives: str
    reason: str
    location: Location


class ChangeReport(NamedTuple):
    """One change since the baseline, see :class:`helm_constitution.compare.changes.Change`."""

    rule: str
    step: str
    what: str
    advice: str
    old: Location | None
    new: Location | None
    old_values: Mapping[str, Json] | None = None
    new_values: Mapping[str, Json] | None = None


class BaselineReport(NamedTuple):
    """What a chart was compared with, and which version that requires.

    ``version`` is the baseline's; None where the baseline doesn't hold the chart, of which ``origin`` says so then.
    ``required_step`` (PATCH, MINOR, MAJOR) and ``required_version`` are None where nothing changed, or where the
    baseline's version is none. ``enough`` says whether the chart's version goes far enough. ``commit_message`` is for a
    release robot, where the configuration names one.
    """

    origin: str
    version: str | None
    required_version: str | None
    required_step: str | None
    changes: tuple[ChangeReport, ...]
    enough: bool = True
    objects_compared: bool = True
    commit_message: str | None = None


class Counts(NamedTuple):
    """How many findings there are of each severity; what is waived or debt counts as that alone."""

    errors: int
    warnings: int
    notes: int
    waived: int
    debt: int

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> Counts:
        """Counts findings."""
        severities: list[Severity] = []
        waived = debt = 0
        for finding in findings:
            if finding.active:
                severities.append(finding.severity)
            elif finding.waived is not None:
                waived += 1
            else:
                debt += 1
        errors, warnings, notes = map(severities.count, (Severity.ERROR, Severity.WARNING, Severity.NOTE))
        return cls(errors, warnings, notes, waived, debt)

    @classmethod
    def total(cls, counts: Iterable[Counts]) -> Counts:
        """Adds them up."""
        errors, warnings, notes, waived, debt = map(sum, zip((0, 0, 0, 0, 0), *counts, strict=True))
        return cls(errors, warnings, notes, waived, debt)


class ChartSummary(NamedTuple):
    """What the end of a report says of each chart: name and version, the gate's answer, the label of each principle's
    verdict by the principle's key, how many findings."""

    title: str
    gate: Gate
    principles: Mapping[str, str]
    counts: Counts


class ChartReport(NamedTuple):
    """Everything in the report of one chart.

    ``path`` is as the user gave it. ``place`` is the chart's path from ``root``, its repository's absolute path; these
    two are no part of what is remembered of a chart, but set for each run. ``mark`` is what the remembered report is
    told from every other one by; empty where it is not remembered. ``until`` is the last day on which it holds, an ISO
    date: when the next waiver expires; None for ever. ``limit`` is the weakest severity that fails the gate; None where
    nothing does. ``sources`` are the texts of the chart's files that the report names, without secrets; None where no
    format shows them.
    """

    name: str
    version: str
    path: str
    verdict: Verdict
    constitution: ConstitutionReport | None
    scenarios: tuple[ScenarioReport, ...]
    principles: tuple[PrincipleReport, ...]
    findings: tuple[Finding, ...]
    troubles: tuple[Trouble, ...]
    notices: tuple[str, ...] = ()
    undemanded: int = 0
    rules: tuple[RuleReport, ...] = ()
    stale: tuple[StaleWaiver, ...] = ()
    inputs: tuple[InputReport, ...] = ()
    coverage: tuple[FileCoverage, ...] | None = None
    limit: Severity | None = Severity.ERROR
    root: str = ""
    place: str = ""
    sources: Mapping[str, str] | None = None
    mark: str = ""
    until: str | None = None

    @property
    def title(self) -> str:
        """Its name and version; only the name where the version is not known, as that of a broken chart."""
        return f"{self.name} {self.version}".strip()

    @property
    def singles(self) -> Iterator[Finding]:
        """The findings one by one: the parts of those that have some."""
        return (single for finding in self.findings for single in finding.singles)

    def fails(self, finding: Finding) -> bool:
        """Whether a finding fails the gate."""
        return self.limit is not None and finding.active and finding.severity >= self.limit

    @property
    def gate(self) -> Gate:
        """Whether the chart passes the gate; ERROR where something could not be checked."""
        if any(trouble.fatal for trouble in self.troubles):
            return Gate.ERROR
        stale = bool(self.stale) and self.limit is not None
        return Gate.FAIL if stale or any(self.fails(finding) for finding in self.findings) else Gate.PASS

    @property
    def status(self) -> int:
        """The exit status that the gate gives."""
        return self.gate.status

    @property
    def summary(self) -> ChartSummary:
        """What the end of a report says of the chart."""
        verdicts = {principle.key: principle.verdict.label for principle in self.principles}
        return ChartSummary(self.title, self.gate, verdicts, Counts.of(self.findings))

    baseline: BaselineReport | None = None


class EarlierRun(NamedTuple):
    """An earlier report: its name, and how many active findings it has by chart's name and principle's key."""

    label: str
    findings: Mapping[tuple[str, str], int]


class RunReport(NamedTuple):
    """The result of one run of the program: the charts, and the engine that rendered them.

    ``day`` is that of the check, an ISO date. ``history`` are earlier reports, the oldest first.
    """

    engine: str
    helm: str
    kube: str
    charts: tuple[ChartReport, ...]
    day: str = ""
    history: tuple[EarlierRun, ...] = ()

    @property
    def gate(self) -> Gate:
        """The gate's answer for all charts: that of the worst."""
        return worst(chart.gate for chart in self.charts)

    @property
    def status(self) -> int:
        """The exit status that the gate gives."""
        return self.gate.status


def worst(gates: Iterable[Gate]) -> Gate:
    """The gate's answer for several charts: that of the worst."""
    return max(gates, key=lambda gate: gate.status, default=Gate.PASS)


class BranchCoverage(NamedTuple):
    """One branch: the line of its head, the number of its if, with or range in the file, its own number in that.

    ``evaluated`` tells whether what is around it was entered, ``scenarios`` which are known to have entered it.
    """

    line: int
    block: int
    arm: int
    entered: bool
    evaluated: bool
    scenarios: tuple[str, ...] = ()


class FunctionCoverage(NamedTuple):
    """A named template: the line of its define, its name, and whether it was called."""

    line: int
    name: str
    entered: bool


class FileCoverage(NamedTuple):
    """What scenarios entered of one template; ``lines`` are those that print or decide something."""

    path: str
    lines: tuple[tuple[int, bool], ...]
    branches: tuple[BranchCoverage, ...]
    functions: tuple[FunctionCoverage, ...]
