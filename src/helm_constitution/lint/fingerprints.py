"""The identity of a finding across runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from helm_constitution.core.digest import sha256
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Finding

_INDEX = LazyPattern(r"\[\d+\]")


_LONGEST = 10_000
_MOVES = LazyPattern(
    r"(?<=\.yaml|.\.yml|.\.tpl|.\.txt|\.json):\d+(?:-\d+)?|(?<!\d)\d+ (?=lines?\b)|(?<=\bline )\d+|(?<=\blines )\d+"
    r"| \(and \d+ more[^()]*\)"
)
"""What a message says of other lines: their numbers, and how many there are."""


def fingerprinted(findings: Iterable[Finding], random_names: Mapping[str, str] | None = None) -> list[Finding]:
    """Gives each finding an identity of its own that survives what moves it.

    Of an object that is its name and the field, wherever its template stands and whatever is listed before it; else the
    file and the source line's text. What is alike in all that is numbered.

    Args:
        findings: of one chart, in an order that is the same each time.
        random_names: names of objects that may be others the next time, each with its template, which stands for it.
    """
    masks = sorted((random_names or {}).items(), key=lambda item: (-len(item[0]), item))
    counts: dict[tuple[str, ...], int] = {}
    lines: dict[str, str] = {}
    stamped: list[Finding] = []
    for finding in findings:
        parts = (finding.rule, *_identity_of(finding, masks, lines))
        counts[parts] = number = counts.get(parts, 0) + 1
        digest = sha256(repr((parts, number)).encode()).hexdigest()[:32]
        stamped.append(finding._replace(fingerprint=digest))
    return stamped


def _identity_of(finding: Finding, masks: Sequence[tuple[str, str]], lines: dict[str, str]) -> tuple[str, ...]:
    thing = finding.object
    message = _MOVES.sub("", finding.message)
    name = thing.name if thing is not None else ""
    for random, template in masks:
        message = message.replace(random, template)
        name = template if name == random else name
    if finding.summary and finding.dependency is not None:
        return ("dependency", finding.dependency)  # its message names the first object, and counts the others
    if thing is not None:
        field = _INDEX.sub("[]", thing.field or "")
        return (thing.kind, thing.namespace or "", name, thing.container or "", field, message)
    source = finding.source_line or ""
    if source not in lines:
        lines[source] = _line_of(source)
    return (finding.location.base.value, finding.location.file or "", lines[source], message)


def _line_of(source: str) -> str:
    """What stands for a source line; of one that may have thousands of findings, a digest."""
    line = " ".join(source.split())
    return line if len(line) <= _LONGEST else sha256(line.encode("utf-8", "surrogatepass")).hexdigest()
