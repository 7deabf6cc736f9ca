"""What a rule is made of."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import field
from typing import Any, NamedTuple, TypeAlias, TypeVar, overload

from helm_constitution.core.model import Obligation, Severity
from helm_constitution.core.records import record
from helm_constitution.kubernetes.manifests import Container, Manifest, PodSpec, Rendering, Workload
from helm_constitution.lint.needs import RENDERINGS, Need, with_implied
from helm_constitution.lint.subject import Subject
from helm_constitution.text.place import Place

MUST = Obligation.MUST


SHOULD = Obligation.SHOULD


MAY = Obligation.MAY


class Off(enum.Enum):
    """The default of a rule that the built-in constitution does not demand."""

    OFF = "off"


OFF = Off.OFF


class Related(NamedTuple):
    """Another place worth seeing, and why."""

    at: Place
    message: str


class Violation(NamedTuple):
    """A violation: one sentence without a full stop, and the place to mend.

    ``at`` is a view (of values.yaml, Chart.yaml or a rendered object; a view of a missing part stands for its nearest
    existing parent), a stretch of a text file, or None where there is no place. ``part`` is what is wrong in the
    field's text, where that is only a part of it: of several values that make up the text, the one to mend holds it.
    ``at_most`` is the most that this one problem weighs, whatever its rule does.
    ``secrets`` are texts at that place that no report may show.
    """

    message: str
    at: Place | None
    related: tuple[Related, ...] = ()
    part: str | None = None
    at_most: Severity | None = None
    secrets: tuple[str, ...] = ()


class Tally(NamedTuple):
    """Evidence for the principle's line in the report: ``Tally(212, 230, "values documented")``."""

    good: int
    total: int
    what: str


class Unchecked(Exception):
    """Raised by a rule that has nothing to check; the reason stands behind its unchecked statements."""


Outcome: TypeAlias = "Violation | Tally"


ScopeT = TypeVar("ScopeT", Container, PodSpec, Workload, Manifest, Rendering)


class Matcher(NamedTuple):
    """A pattern that recognises the statements a rule enforces, with the polarity that they must have.

    Compiled when first searched: a constitution that pins its rules never pays for it.
    """

    pattern: str
    forbids: bool

    def search(self, text: str) -> re.Match[str] | None:
        """Finds the pattern in a statement's text, whatever the case."""
        return re.search(self.pattern, text, re.IGNORECASE)


def require(pattern: str) -> Matcher:
    """Recognises a statement that demands something (MUST, SHOULD). Case is ignored; named groups set parameters."""
    return Matcher(pattern, forbids=False)


def forbid(pattern: str) -> Matcher:
    """Recognises a statement that forbids something (MUST NOT, SHOULD NOT, or "MUST never")."""
    return Matcher(pattern, forbids=True)


class Parameter(NamedTuple):
    """A number or text that a statement's named group or the configuration may set, and the default's reason."""

    default: int | str
    reason: str


@record
class Rule:
    """A rule as registered. ``check`` takes (subject), or (thing, subject) where ``scope`` is not Subject."""

    id: str
    default: Obligation | Off
    check: Callable[..., Iterable[Outcome]]
    scope: type
    enforces: tuple[Matcher, ...] = ()
    umbrella: str | None = None
    evidence: str | None = None
    tests: bool = False
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    needs: frozenset[Need] = frozenset()
    always: bool = False

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
) -> Callable[[Callable[..., Iterable[Outcome]]], Rule]:
    """Makes a rule of a function.

    Args:
        id: ``module/name``; the name says the violation, not the cure.
        scope: what the function judges: each :class:`Container`, :class:`PodSpec`, :class:`Workload`,
            :class:`Manifest` or :class:`Rendering`; without it the subject as a whole.
        default: MUST, SHOULD, MAY, or OFF: its weight where only selected, and the most an umbrella statement gives it.
        needs: what the function reads besides the chart's files, see :class:`Need`; a rule with a scope needs
            RENDERINGS in any case. The rule runs once all of it is there, and is unchecked where it can't be had.
        enforces: patterns of the statements that demand this rule.
        umbrella: a pattern of wide statements ("secure defaults") that this rule is a part of.
        evidence: for a scoped rule, what is counted: ``"containers run as non-root"`` gives "12 of 14 containers run
            as non-root".
        tests: whether objects that are test hooks are checked too.
        always: whether it runs, as an error, whatever the constitution says.
        parameters: what statements and configuration may set, read by ``subject.number(name)`` or
            ``subject.text(name)``.
    """
    matchers = (enforces,) if isinstance(enforces, Matcher) else tuple(enforces)

    def register(check: Callable[..., Iterable[Outcome]]) -> Rule:
        scoped = frozenset() if scope is Subject else frozenset({RENDERINGS})
        every = with_implied(frozenset(needs) | scoped)
        bound = dict(parameters or {})
        return Rule(id, default, check, scope, matchers, umbrella, evidence, tests, bound, every, always)

    return register


class RuleModule(NamedTuple):
    """The rules of one principle. ``aliases`` are patterns of other titles that teams give it."""

    key: str
    title: str
    aliases: tuple[str, ...]
    rules: tuple[Rule, ...]
