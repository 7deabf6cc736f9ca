"""A change between two releases, and the step that semantic versioning requires for it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING

from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.text.semver import Version

if TYPE_CHECKING:
    from helm_constitution.text.place import Place
    from helm_constitution.text.yaml_scalars import Json


_CALENDAR = 1000
"""A first number from here on is a year or a date, which does not announce breaking changes."""


OLD_VALUES = "old values"
"""The scenario with a user's values file."""


class Step(enum.IntEnum):
    """How far a version moves (semver.org, 6 to 8). NONE: not at all, or back."""

    NONE = 0
    """The same version, or an earlier one."""
    PATCH = 1
    """1.2.3 to 1.2.4: fixes."""
    MINOR = 2
    """1.2.3 to 1.3.0: additions."""
    MAJOR = 3
    """1.2.3 to 2.0.0: breaking changes."""


class Change(NamedTuple):
    """One change that may affect users of the chart.

    ``rule`` is the rule that reports it, empty if it breaks nobody. ``what`` is a sentence on what changed, without a
    full stop and without a semicolon; ``advice`` tells users what to do (empty if there is nothing to do). ``old`` and
    ``new`` are the places on both sides, None if there is none. ``old_values`` and ``new_values`` are YAML as a user
    would have it in a values file. ``names`` are the words with which a changelog may name it. ``announced``: the
    earlier release marked the value as deprecated.
    """

    rule: str
    step: Step
    """The step that the change requires of the version."""
    what: str
    advice: str = ""
    old: Place | None = None
    new: Place | None = None
    old_values: Mapping[str, Json] | None = None
    new_values: Mapping[str, Json] | None = None
    names: tuple[str, ...] = ()
    announced: bool = False
    scenario: str = ""
    """The scenario that shows it; empty where no rendering does."""

    @property
    def is_of_old_values(self) -> bool:
        """Whether it was found in a user's values for the earlier release."""
        return self.scenario == OLD_VALUES


def step_between(old: Version, new: Version) -> Step:
    """The step between two versions; of a pre-release, that of its release (2.0.0-rc.1: MAJOR)."""
    if new.order <= old.order:
        return Step.NONE
    if old.pre and (old.major, old.minor, old.patch) == (new.major, new.minor, new.patch):
        if new.patch:
            return Step.PATCH
        return Step.MINOR if new.minor else Step.MAJOR
    if new.major > old.major:
        return Step.MAJOR
    return Step.MINOR if new.minor > old.minor else Step.PATCH


def is_major_step(old: Version | None, new: Version | None) -> bool:
    """Whether an application moved up a MAJOR version; unknown, and so False, for dates and before 1.0.0."""
    return old is not None and new is not None and 0 < old.major < new.major < _CALENDAR


def demanded(step: Step, old: Version) -> Step:
    """The step that a change requires of a version: before 1.0.0 a MINOR may break, and a PATCH may add features.

    A version that is a year or a date (2026.4.0) only has to be newer.
    """
    if old.major >= _CALENDAR:
        return min(step, Step.PATCH)
    if old.major == 0 and step > Step.PATCH:
        return Step(step - 1)
    return step


def smallest_version(step: Step, old: Version) -> Version:
    """The smallest version after ``old`` that allows a change of this step."""
    step = demanded(step, old)
    core = Version(old.major, old.minor, old.patch)
    if step is Step.NONE:
        return old
    if old.pre and step_between(old, core) >= step:
        return core
    if step is Step.MAJOR:
        return Version(old.major + 1, 0, 0)
    if step is Step.MINOR:
        return Version(old.major, old.minor + 1, 0)
    return Version(old.major, old.minor, old.patch + 1)


def is_enough(step: Step, old: Version, new: Version) -> bool:
    """Whether the increment is large enough for a change of this step."""
    return step_between(old, new) >= demanded(step, old)
