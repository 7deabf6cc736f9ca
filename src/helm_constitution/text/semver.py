"""Semantic versions (semver.org, 2.0.0) and the constraints that Helm checks them against (Masterminds/semver, v3).

Helm reads Chart.yaml's ``kubeVersion`` and the versions of dependencies with that library; its grammar and its quirks
(wildcards, ``1.2`` as ``1.2.x``, pre-releases) are kept here.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.named_tuples import NamedTuple

_IDENTIFIERS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_NUMBER = r"(?:0|[1-9][0-9]{0,17})"  # what fits into Go's uint64
_PRE = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_STRICT = LazyPattern(rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_PRE}(?:\.{_PRE})*))?(?:\+({_IDENTIFIERS}))?")
_LOOSE = LazyPattern(
    rf"v?([0-9]{{1,18}})(?:\.([0-9]{{1,18}}))?(?:\.([0-9]{{1,18}}))?(?:-({_PRE}(?:\.{_PRE})*))?(?:\+({_IDENTIFIERS}))?",
)

_Order: TypeAlias = tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]]


class Version(NamedTuple):
    """A version. ``build`` (behind ``+``) doesn't count in comparisons."""

    major: int
    """The first number."""
    minor: int
    """The second number."""
    patch: int
    """The third number."""
    pre: str = ""
    """The pre-release, ``rc.1``; empty for a release."""
    build: str = ""

    @property
    def order(self) -> _Order:
        """Sorts versions by precedence (semver.org, 11): a pre-release comes before its release."""
        parts = tuple(
            (False, int(part), "") if part.isdigit() and len(part) < 19 else (True, 0, part)
            for part in self.pre.split(".")
            if part
        )
        return self.major, self.minor, self.patch, not parts, parts

    def __str__(self) -> str:
        pre = f"-{self.pre}" if self.pre else ""
        build = f"+{self.build}" if self.build else ""
        return f"{self.major}.{self.minor}.{self.patch}{pre}{build}"


def parse_version(text: str, *, strict: bool = True) -> Version | None:
    """Reads a version; None where it is none.

    Args:
        text: the version, without surrounding space.
        strict: semver.org's grammar; else as Helm reads versions: a leading ``v``, missing parts and leading zeros
            are allowed.
    """
    parts = text.split(".")
    if len(parts) == 3 and all(_is_plain(part) for part in parts):
        return Version(int(parts[0]), int(parts[1]), int(parts[2]))
    match = (_STRICT if strict else _LOOSE).fullmatch(text)
    if match is None:
        return None
    major, minor, patch, pre, build = match.groups()
    return Version(int(major), int(minor or 0), int(patch or 0), pre or "", build or "")


def _is_plain(part: str) -> bool:
    """Whether it is a number as most versions have three of; a look that needs no expression."""
    return part.isdecimal() and part.isascii() and (part[0] != "0" or part == "0") and len(part) < 19


_X = r"([0-9]{1,18}|[xX*])"
_PART = rf"v?{_X}(?:\.{_X})?(?:\.{_X})?(?:-({_IDENTIFIERS}))?(?:\+{_IDENTIFIERS})?"
_BARE = _PART.replace("([", "(?:[").replace(f"({_IDENTIFIERS})", _IDENTIFIERS)
_OPERATOR = r"(?:!=|=>|>=|=<|<=|~>|[=><~^])?"
_COMPARISON = LazyPattern(rf"({_OPERATOR})\s*{_PART}")
_GROUP = LazyPattern(rf"\s*{_OPERATOR}\s*{_BARE}\s*(?:(?:\s|,\s*){_OPERATOR}\s*{_BARE}\s*)*")
_HYPHEN = LazyPattern(rf"({_BARE})\s+-\s+({_BARE})")


class _Comparator(NamedTuple):
    """One comparison. ``given`` counts the numbers that are written before the first wildcard or the end: 0 to 3."""

    operator: str
    version: Version
    given: int

    def accepts(self, version: Version, prereleases: bool) -> bool:
        own = self.version
        if version.pre and not prereleases and not own.pre and not (self.operator == "!=" and self.given == 3):
            return False
        operator = self.operator
        if operator in (">=", "=>"):
            return version.order >= own.order
        if operator == "<":
            return version.order < own.order
        if operator == ">":
            return self._above(version)
        if operator in ("<=", "=<"):
            return self._not_above(version)
        if operator == "!=":
            return not self._within(version)
        if operator == "^":
            return version.order >= own.order and self._same_breaking(version)
        if operator in ("~", "~>"):
            return version.order >= own.order and self._same_minor(version)
        return self._within(version)

    def _within(self, version: Version) -> bool:
        """``=1.2``: any 1.2.x; ``=1.2.3``: that version."""
        if self.given == 3:
            return version.order == self.version.order
        return version.order >= self.version.order and self._same_minor(version)

    def _above(self, version: Version) -> bool:
        """``>1.2``: 1.3.0 and on, not 1.2.1."""
        if self.given == 3:
            return version.order > self.version.order
        return (version.major, version.minor)[: self.given] > (self.version.major, self.version.minor)[: self.given]

    def _not_above(self, version: Version) -> bool:
        """``<=1.2``: 1.2.9 as well."""
        if self.given == 3:
            return version.order <= self.version.order
        return (version.major, version.minor)[: self.given] <= (self.version.major, self.version.minor)[: self.given]

    def _same_minor(self, version: Version) -> bool:
        fixed = min(self.given, 2)
        return (version.major, version.minor)[:fixed] == (self.version.major, self.version.minor)[:fixed]

    def _same_breaking(self, version: Version) -> bool:
        """Up to the leftmost number that isn't zero, and every zero before it."""
        own = (self.version.major, self.version.minor, self.version.patch)
        fixed = next((index + 1 for index, number in enumerate(own) if number), 3)
        fixed = min(fixed, self.given)
        return (version.major, version.minor, version.patch)[:fixed] == own[:fixed]


class Constraint(NamedTuple):
    """A range of versions: ``alternatives`` (``||``) of comparisons that all must hold."""

    text: str
    """The range as written."""
    alternatives: tuple[tuple[_Comparator, ...], ...]

    @property
    def names_prereleases(self) -> bool:
        """Whether each of its versions is a pre-release (``>=1.25.0-0``): then all pre-releases in the range count."""
        return all(comparison.version.pre for comparisons in self.alternatives for comparison in comparisons)

    def accepts(self, version: Version, *, prereleases: bool = False) -> bool:
        """Whether a version lies in the range.

        Args:
            version: the version.
            prereleases: whether pre-releases count as any other version, as in newer Helm (3.22, 4.1); else only where
                the comparison names one itself (``>=1.25.0-0``), as in older Helm (3.17).
        """
        return any(
            all(comparison.accepts(version, prereleases) for comparison in comparisons)
            for comparisons in self.alternatives
        )


def parse_constraint(text: str) -> Constraint | None:
    """Reads a constraint as Helm does: ``>=1.19.0-0``, ``^1.20``, ``1.2 - 1.4``, ``~1 || >=2``; None if it is none."""
    single = _COMPARISON.fullmatch(text.strip())
    if single is not None:
        return Constraint(text, ((_comparison(single),),))
    alternatives: list[tuple[_Comparator, ...]] = []
    for part in _HYPHEN.sub(r">=\1, <=\2 ", " ".join(text.split())).split("||"):
        if not part.strip():
            alternatives.append((_Comparator("", Version(0, 0, 0), 0),))
            continue
        if _GROUP.fullmatch(part) is None:
            return None
        alternatives.append(tuple(_comparison(match) for match in _COMPARISON.finditer(part)))
    return Constraint(text, tuple(alternatives))


def _comparison(match: re.Match[str]) -> _Comparator:
    operator, *numbers, pre = match.groups()
    written: list[int] = []
    for number in numbers:
        if number is None or not number.isdigit():
            break
        written.append(int(number))
    given = len(written)
    major, minor, patch = (*written, 0, 0, 0)[:3]
    return _Comparator(operator, Version(major, minor, patch, pre or ""), given)
