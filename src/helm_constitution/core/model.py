"""The words that every part of the program shares: severities, places, findings, principles, statements."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from helm_constitution.core.fixes import Fix
from helm_constitution.core.named_tuples import NamedTuple

PRINCIPLE_KEYS = (
    "values",
    "templates",
    "compat",
    "portability",
    "disclosure",
    "observability",
    "security",
    "helm",
    "testing",
    "docs",
)


DEFAULTS = "defaults"
"""The scenario of the default values; as a choice of scenarios, that one alone."""

Progress = Callable[[int, int], None]
"""Told how many scenarios are done, and of how many that are known so far."""

StillCounts = Callable[[], None]
"""Raises an exception if nobody waits for the result any longer."""


def still_counts() -> None:
    """For those who always wait."""


class Severity(enum.IntEnum):
    """How severe a finding is; the larger, the worse."""

    NOTE = 1
    """The severity of MAY."""
    WARNING = 2
    """The severity of SHOULD; by default the gate still passes."""
    ERROR = 3
    """The severity of MUST; the gate fails."""

    @property
    def label(self) -> str:
        """The word that the reports use: note, warning or error."""
        return self.name.lower()


class Obligation(enum.IntEnum):
    """The keyword of a statement (RFC 2119); SHALL and REQUIRED are MUST, RECOMMENDED is SHOULD, OPTIONAL is MAY."""

    MAY = 1
    SHOULD = 2
    MUST = 3

    @property
    def severity(self) -> Severity:
        """MUST makes errors, SHOULD warnings, MAY notes."""
        return Severity(self.value)


class Verdict(enum.IntEnum):
    """The verdict on a statement, a principle or a chart; the worst of its parts wins, see :meth:`of_parts`.

    WARN: findings that don't fail the gate, and are more than notes. UNCHECKED: it could not be checked here.
    NOT_APPLICABLE: the chart has nothing of that kind.
    """

    PASS = 0
    NOT_APPLICABLE = 1
    UNCHECKED = 2
    WARN = 3
    WAIVED = 4
    DEBT = 5
    FAIL = 6
    ERROR = 7

    @property
    def label(self) -> str:
        """The word that the reports use."""
        return "n/a" if self is Verdict.NOT_APPLICABLE else self.name.lower()

    @classmethod
    def of_parts(cls, parts: Iterable[Verdict], *, empty: Verdict) -> Verdict:
        """The verdict of a whole: that of its worst part, ``empty`` without parts. NOT_APPLICABLE hides no PASS."""
        known = set(parts)
        return max(known - {cls.NOT_APPLICABLE} or known, default=empty)


class Gate(enum.StrEnum):
    """The answer that the exit status gives: 0 for PASS, 1 for FAIL, 2 for ERROR (something could not be checked)."""

    PASS = "pass"
    FAIL = "fail"
    ERROR = "error"

    @property
    def status(self) -> int:
        """The exit status."""
        return (Gate.PASS, Gate.FAIL, Gate.ERROR).index(self)


class Base(enum.StrEnum):
    """What a location's file is relative to."""

    CHART = "chart"
    """The chart's folder."""
    REPO = "repo"
    """The repository around the chart: constitution, configuration, a changelog above the chart."""
    BASELINE = "baseline"
    """The earlier release."""
    ABSOLUTE = "absolute"
    """The file is an absolute path."""


class Precision(enum.StrEnum):
    """How sure a location is: the place itself, a missing field's nearest parent, the file alone, or nothing."""

    EXACT = "exact"
    """The place itself."""
    PARENT = "parent"
    """The nearest existing parent of a missing field."""
    FILE = "file"
    """The file is known, no line is."""
    NONE = "none"
    """No file is known."""


class Location(NamedTuple):
    """A place in a file. Lines and columns count from 1, in code points; the end column is exclusive."""

    base: Base
    """What ``file`` is relative to."""
    file: str | None
    """The path, with forward slashes; None where no file is known."""
    line: int | None = None
    """The first line."""
    column: int | None = None
    """The first column."""
    end_line: int | None = None
    """The last line."""
    end_column: int | None = None
    """The column behind the last character."""
    precision: Precision = Precision.FILE
    """How sure the place is."""


NOWHERE = Location(Base.CHART, None, precision=Precision.NONE)


class RelatedLocation(NamedTuple):
    """Another place that a reader of the finding wants to see, and why."""

    location: Location
    message: str


class ObjectRef(NamedTuple):
    """The rendered Kubernetes object (and field of it) that a finding is about."""

    api_version: str
    """Its apiVersion."""
    kind: str
    """Its kind."""
    name: str
    """Its name, or generateName."""
    namespace: str | None = None
    """Its namespace as rendered; None where the chart leaves it to the release."""
    container: str | None = None
    """The container's name; None where the finding is about no container."""
    field: str | None = None
    """The path of the field, ``spec.replicas``."""


class RulePin(NamedTuple):
    """A rule id named in the constitution behind a statement, with its line. ``by_default``: at the rule's own default
    where that is weaker than the statement. ``parameters``: names and values as written, None where there is none."""

    rule: str
    line: int
    by_default: bool = False
    parameters: tuple[tuple[str, str | None], ...] = ()


class Statement(NamedTuple):
    """One demand of a constitution. ``forbids``: MUST NOT or SHOULD NOT. ``line`` counts from 1 in its file.

    ``text`` is free of Markdown. ``lead`` is the text before the colon that a bullet follows; rules are matched with
    both. ``pinned``: ``pins`` are all the rules it has, even if none. ``lacks``: it forbids that something is missing.
    """

    text: str
    obligation: Obligation
    forbids: bool
    line: int
    pins: tuple[RulePin, ...] = ()
    lead: str = ""
    pinned: bool = False
    lacks: bool = False

    @property
    def keyword(self) -> str:
        """The obligation as the reports name it: MUST, MUST NOT, SHOULD …"""
        return f"{self.obligation.name}{' NOT' if self.forbids else ''}"

    @property
    def full_text(self) -> str:
        """The text behind what leads to it: a bullet as one reads it."""
        return f"{self.lead} {self.text}" if self.lead else self.text


class Principle(NamedTuple):
    """A section of a constitution that holds statements. ``key`` is one of the ten, or a slug of the title."""

    key: str
    title: str
    line: int
    statements: tuple[Statement, ...]


class Waived(NamedTuple):
    """Why a finding may stay, and where that is written.

    ``expires`` is the last day on which it holds, as an ISO date. A comment in place has one reason only.
    """

    why_needed: str
    simpler_alternative_rejected_because: str | None
    expires: str | None
    location: Location
    approved_by: str | None = None


class Debt(NamedTuple):
    """That a finding was there when the chart was adopted; ``since`` is the ISO date of that day."""

    since: str


Yaml: TypeAlias = Mapping[str, object]
"""A piece of a YAML document."""
Members: TypeAlias = tuple[object, ...]  # findings: a type that refers to itself has no end for who builds by types


class Group(NamedTuple):
    """Findings that a single edit fixes, of any rules; reports combine them into one finding.

    ``key`` identifies what is edited. ``message`` describes the problem of all (with ``{count}`` and ``{items}``),
    ``item`` and ``paste`` are what one finding adds to the items and to the YAML that fixes all. ``by_object``: one
    group for each container.
    """

    key: tuple[str, ...]
    message: str
    item: str = ""
    paste: Yaml | None = None
    by_object: bool = False


class Finding(NamedTuple):
    """A violation, stamped by the engine with identity, severity and place.

    One that is ``waived``, or ``debt``, stays in every report and fails nothing. One with ``summary`` stands for all
    that its rule found in its ``dependency``. One with ``parts`` stands for these; what it says is the first's.
    """

    rule: str
    principle: str
    statements: tuple[tuple[str, int], ...]
    severity: Severity
    message: str
    location: Location
    related: tuple[RelatedLocation, ...] = ()
    object: ObjectRef | None = None
    scenarios: tuple[str, ...] = ()
    fingerprint: str = ""
    dependency: str | None = None
    summary: bool = False
    source_line: str | None = None
    waived: Waived | None = None
    debt: Debt | None = None
    fix: Fix | None = None
    group: Group | None = None
    members: Members = ()

    @property
    def parts(self) -> tuple[Finding, ...]:
        """The findings that it includes; none for a finding by itself."""
        return tuple(one for one in self.members if isinstance(one, Finding))

    @property
    def singles(self) -> tuple[Finding, ...]:
        """The finding's parts; itself where it has none."""
        return self.parts or (self,)

    @property
    def paste(self) -> Yaml | None:
        """The YAML that fixes it, where a rule gives some."""
        return self.group.paste if self.group is not None else None

    @property
    def active(self) -> bool:
        """Whether it counts against the chart: neither waived nor accepted as debt."""
        return self.waived is None and self.debt is None


class Trouble(NamedTuple):
    """Something that could not be checked; goes into the report's ``problems`` and makes the exit status 2.

    ``fatal`` is false for what is only named (a rule that had nothing to check never becomes a Trouble).
    """

    kind: str
    message: str
    rule: str | None = None
    scenario: str | None = None
    file: str | None = None
    line: int | None = None
    traceback: str | None = None
    fatal: bool = True


class RuleSetting(NamedTuple):
    """A rule that a constitution asks for: the statements behind it, its severity and its parameters."""

    severity: Severity
    statements: tuple[tuple[str, int], ...]
    parameters: Mapping[str, int | str]


class Status(enum.StrEnum):
    """How a scenario went."""

    RENDERED = "rendered"
    """helm rendered it, without an error."""
    NEEDS_INPUT = "needs-input"
    """The chart requires a value (``required``, ``fail``) that the scenario does not set."""
    FAILED = "failed"
    """helm reported another error, or a rendered document is not YAML."""
    NOT_RUN = "not-run"
    """The engine cannot render it."""
