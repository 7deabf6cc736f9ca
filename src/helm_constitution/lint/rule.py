"""The parts of a rule."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import field
from typing import Any, TypeAlias, TypeVar, overload

from helm_constitution.core.fixes import Applicability, Edit, Fix
from helm_constitution.core.lazy import LazyPattern, compiled
from helm_constitution.core.model import Group, Obligation, Severity
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.records import record
from helm_constitution.core.tags import Tag
from helm_constitution.core.urgency import Urgency
from helm_constitution.kubernetes.manifests import Container, Manifest, PodSpec, Rendering, Workload
from helm_constitution.lint.needs import RENDERINGS, Need, with_implied
from helm_constitution.lint.subject import Subject
from helm_constitution.text.place import Place, TextPlace
from helm_constitution.text.yaml_document import View
from helm_constitution.text.yaml_scalars import Json

MUST = Obligation.MUST
"""The default of a rule whose findings are errors."""
SHOULD = Obligation.SHOULD
"""The default of a rule whose findings are warnings."""
MAY = Obligation.MAY
"""The default of a rule whose findings are notes."""


class Off(enum.Enum):
    """The default of a rule that the built-in constitution does not demand."""

    OFF = "off"


OFF = Off.OFF
"""The default of a rule that the built-in constitution does not demand: it runs where a statement pins or matches it,
or where it is selected."""


class Related(NamedTuple):
    """Another place to look at, and why."""

    at: Place
    """The other place."""
    message: str
    """What it shows: ``the Service selects it here``."""


class SetField(NamedTuple):
    """A fix that gives a field a value: ``Violation("may run as root", at=field, fix=SetField(True))``.

    The field is that of the violation, or another one of the object. The program determines where to write it:
    into values.yaml if a value sets the field, else into the template; if it finds neither, the finding has no fix.
    ``raw`` marks the value as template text (``{{ .Release.Namespace }}``), which is only written to a template; one
    that contains ``{indent}`` is written below the field's key, and ``{indent}`` becomes the number of spaces.
    """

    value: Json
    """The field's value; a map or a list is written as a block."""
    applicability: Applicability = Applicability.UNSAFE
    """Whether it may be applied without review."""
    raw: bool = False
    field: View | None = None
    """The field, where it is not the violation's."""


class PipeField(NamedTuple):
    """A fix that passes what a template prints into a field through a function: ``{{ .Values.port | quote }}``.

    The field is that of the violation; a literal is put in quotes where the function is ``quote``.
    """

    function: str
    """The template function, with its arguments."""
    applicability: Applicability = Applicability.UNSAFE
    """Whether it may be applied without review."""


class ReadValue(NamedTuple):
    """A fix that moves a literal of a template into values.yaml: ``replicas: {{ .Values.replicaCount }}``.

    The field is that of the violation; the literal becomes the value's default. ``comment`` is written above the value:
    a fact, never a guess at its purpose.
    """

    path: tuple[str, ...]
    """The value's path."""
    comment: str
    applicability: Applicability = Applicability.UNSAFE
    """Whether it may be applied without review."""


def replaced(place: TextPlace, text: str) -> Edit:
    """The edit that replaces a stretch of a file with a text."""
    assert place.span is not None
    return Edit(place.file, *place.span, text)


class Violation(NamedTuple):
    """What is wrong and the place to fix.

    ``at`` is a view (of values.yaml, Chart.yaml or a rendered object; a view of a missing part means its nearest
    existing parent), a stretch of a text file, or None if there is no place. For a rendered object give the field:
    the program finds the template line and the value that sets it.
    ``part`` is the wrong part of the field's text: if several values make up the text, the value that contains this
    part is the one to fix. ``at_most`` caps the severity of this violation, whatever its rule's severity is.
    ``secrets`` are texts at that place that no report may show.
    ``of_key``: the key of a rendered field is wrong, or the way in which a template prints it, whatever its value. The
    place is then the template's line, not the values that set the field.
    ``group`` names the violations that are fixed by the same edit: they are reported as one finding.
    ``fix`` is the edits, or the value that the field needs.
    """

    message: str
    """What is wrong, then what to do, without a capital or a full stop: ``container "web" may run as root; set
    runAsNonRoot: true``. Reports split it at the first ``; ``; the first part must be clear on its own."""
    at: Place | None
    related: tuple[Related, ...] = ()
    """Other places to look at, in the order of the report."""
    part: str | None = None
    at_most: Severity | None = None
    secrets: tuple[str, ...] = ()
    of_key: bool = False
    group: Group | None = None
    fix: Fix | SetField | PipeField | ReadValue | None = None


class Tally(NamedTuple):
    """Evidence for the principle's line in the report: ``Tally(212, 230, "values documented")``.

    A rule without a scope yields one itself; for a rule with a scope the program counts, see ``evidence``.
    """

    good: int
    """How many comply with the rule."""
    total: int
    """How many there are."""
    what: str
    """Plural noun and verb: ``values documented``."""


class Unchecked(Exception):
    """Raised by a rule that can't check the chart: ``raise Unchecked("templates/a.yaml cannot be parsed")``.

    The rule's statements are then unchecked, with this reason, and never pass; violations that it yielded before are
    kept. A rule that can't check one object and continues with others yields it instead of raising it.
    Needs that are declared in ``needs`` are checked by the program: where one is missing, the rule does not run.
    """


class NotApplicable(Exception):
    """Raised by a rule if the chart has nothing that it could check:
    ``raise NotApplicable("the chart has no README")``."""


def not_rendered(subject: Subject) -> Unchecked | NotApplicable:
    """The exception for a chart without a rendering to check: a library chart has none, any other one failed to
    render."""
    return (NotApplicable if subject.chart.is_library else Unchecked)(subject.not_rendered)


Outcome: TypeAlias = "Violation | Tally | Unchecked"
"""The outcomes that a rule may yield."""


ScopeT = TypeVar("ScopeT", Container, PodSpec, Workload, Manifest, Rendering)


_HUMP = LazyPattern(r"[a-z][A-Z]")
_EDGE = r"(?:\b|(?-i:(?<=[a-z])(?=[A-Z])))"


class Matcher(NamedTuple):
    """A pattern for the statements that a rule enforces, with the polarity that they must have. ``permits`` is false if
    a statement with MAY is only a permission, which requires nothing.

    Compiled when first searched: a constitution that pins its rules never pays for it.
    """

    pattern: str
    """A regular expression, searched in the statement's text."""
    forbids: bool
    """Whether the statement must forbid (MUST NOT) or demand (MUST)."""
    permits: bool = True
    """Whether a statement that merely permits (MAY) counts."""

    def search(self, text: str) -> re.Match[str] | None:
        """Finds the pattern in a statement's text, ignoring case; each hump of a camel-case name begins a word."""
        pattern = self.pattern
        if _HUMP.search(text):
            pattern = pattern.replace(r"\b", _EDGE)
        return compiled(pattern, re.IGNORECASE).search(text)


def require(pattern: str, *, permits: bool = True) -> Matcher:
    """Recognises a statement that demands something (MUST, SHOULD). Case is ignored; named groups set parameters.

    Args:
        pattern: a regular expression.
        permits: whether a statement with MAY counts too, as a note; false where it is only a permission ("secrets MAY
            come from a vault").
    """
    return Matcher(pattern, forbids=False, permits=permits)


def forbid(pattern: str) -> Matcher:
    """Recognises a statement that forbids something (MUST NOT, SHOULD NOT, or "MUST never")."""
    return Matcher(pattern, forbids=True)


class Parameter(NamedTuple):
    """A number or text that a statement's named group or the configuration may set, and the default's reason."""

    default: int | str
    """The value where neither a statement nor the configuration sets one; its type is the parameter's."""
    reason: str
    """Why this is the default, in a sentence; ``explain`` shows it."""
    adds_up: bool = False
    """Whether the names that several statements set add up; else the strongest statement sets it for all."""


@record
class Rule:
    """A rule as registered. ``check`` takes (subject), or (thing, subject) where ``scope`` is not Subject."""

    id: str
    """``module/name``."""
    default: Obligation | Off
    """Its weight if no statement sets another one, see ``rule``."""
    check: Callable[..., Iterable[Outcome]]
    scope: type
    enforces: tuple[Matcher, ...] = ()
    """The patterns of the statements that demand it."""
    umbrella: str | None = None
    """The pattern of wide statements that include it."""
    evidence: str | None = None
    """The things that are counted for the principle's line, of a rule with a scope."""
    tests: bool = False
    """Whether it checks test hooks too."""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    """Its parameters, by name."""
    needs: frozenset[Need] = frozenset()
    """What it reads, including implied needs: RENDERINGS implies RESULTS, for example."""
    always: bool = False
    """Whether it runs, as an error, whatever the constitution says."""
    urgency: Urgency = Urgency.USUAL
    """Whether reports put what it finds before other findings, and why."""
    told_by: tuple[str, ...] = ()
    """The rules whose violation at the same place replaces one of this rule."""
    tag: Tag | None = None
    """How editors show its findings, besides underlining them."""

    @property
    def principle(self) -> str:
        """The key of the rule's module, the part of its id before the slash."""
        return self.id.partition("/")[0]

    @property
    def weight(self) -> str:
        """The default as text: MUST, SHOULD, MAY or off."""
        return "off" if isinstance(self.default, Off) else self.default.name

    @property
    def doc(self) -> str:
        """The rule's page: title, Why, Bad, Good, Fix, Source."""
        return self.check.__doc__ or ""


_SubjectCheck: TypeAlias = Callable[[Subject], Iterable[Outcome]]


@overload
def rule(
    id: str,
    *,
    default: Obligation | Off,
    needs: Set[Need] = frozenset(),
    enforces: Matcher | Sequence[Matcher] = (),
    umbrella: str | None = None,
    always: bool = False,
    parameters: Mapping[str, Parameter] | None = None,
    urgency: Urgency = Urgency.USUAL,
    told_by: Sequence[str] = (),
    tag: Tag | None = None,
) -> Callable[[_SubjectCheck], Rule]: ...


@overload
def rule(
    id: str,
    *,
    scope: type[ScopeT],
    default: Obligation | Off,
    needs: Set[Need] = frozenset(),
    enforces: Matcher | Sequence[Matcher] = (),
    umbrella: str | None = None,
    evidence: str | None = None,
    tests: bool = False,
    parameters: Mapping[str, Parameter] | None = None,
    urgency: Urgency = Urgency.USUAL,
    told_by: Sequence[str] = (),
    tag: Tag | None = None,
) -> Callable[[Callable[[ScopeT, Subject], Iterable[Outcome]]], Rule]: ...


def rule(
    id: str,
    *,
    scope: type[Any] = Subject,
    default: Obligation | Off,
    needs: Set[Need] = frozenset(),
    enforces: Matcher | Sequence[Matcher] = (),
    umbrella: str | None = None,
    evidence: str | None = None,
    tests: bool = False,
    always: bool = False,
    parameters: Mapping[str, Parameter] | None = None,
    urgency: Urgency = Urgency.USUAL,
    told_by: Sequence[str] = (),
    tag: Tag | None = None,
) -> Callable[[Callable[..., Iterable[Outcome]]], Rule]:
    """Turns a function into a rule.

    Args:
        id: ``module/name``; the name describes the violation, not the fix.
        scope: the type of the things that the function is called with, one by one, beside the subject: each
            :class:`Container`, :class:`PodSpec`, :class:`Workload`, :class:`Manifest` or :class:`Rendering`; without a
            scope it is called once, with the subject alone.
        default: MUST, SHOULD, MAY, or OFF: its weight where only selected, and the most an umbrella statement gives it.
        needs: what the function reads besides the chart's files, see :class:`Need`; a rule with a scope needs
            RENDERINGS in any case. The rule runs once all of it is available, and is unchecked if it is not.
        enforces: patterns of the statements that demand this rule, made by ``require`` and ``forbid``.
        umbrella: a pattern of wide statements ("secure defaults") that include this rule.
        evidence: for a scoped rule, the things that are counted: ``"containers run as non-root"`` gives "12 of 14
            containers run as non-root".
        tests: whether objects that are test hooks are checked too.
        always: whether it runs, as an error, whatever the constitution says.
        parameters: what statements and configuration may set, read by ``subject.number(name)`` or
            ``subject.text(name)``.
        urgency: whether reports put what it finds before other findings: BROKEN, EXPOSED, UPGRADE or COLLISION.
        told_by: ids of rules that may find the same fault. If one does, at the same field or line or of the same
            secret, only its finding is reported; it also names this rule's place and breaks this rule's statements.
        tag: how editors show the place of its findings: UNUSED greys it out, DEPRECATED strikes it through.
    """
    matchers = (enforces,) if isinstance(enforces, Matcher) else tuple(enforces)

    def register(check: Callable[..., Iterable[Outcome]]) -> Rule:
        scoped = frozenset() if scope is Subject else frozenset({RENDERINGS})
        every = with_implied(frozenset(needs) | scoped)
        bound = dict(parameters or {})
        tellers = tuple(told_by)
        return Rule(
            id, default, check, scope, matchers, umbrella, evidence, tests, bound, every, always, urgency, tellers, tag
        )

    return register


class RuleModule(NamedTuple):
    """The rules of one principle. ``aliases`` are patterns of other titles that teams use for it."""

    key: str
    """The part of its rules' ids before the slash."""
    title: str
    """The principle's title, as reports and rule pages show it."""
    aliases: tuple[str, ...]
    rules: tuple[Rule, ...]
    """Its rules, in the order of rule pages."""
