"""The identity of a finding across runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from helm_constitution.core.digest import sha256
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Finding

_INDEX = LazyPattern(r"\[\d+\]")


_LONGEST = 10_000
_MOVES = LazyPattern(
    r"(?<=\.yaml|.\.yml|.\.tpl|.\.txt|\.json):\d+(?:-\d+)?|(?<!\d)\d+ (?=lines?\b)|(?<=\bline )\d+|(?<=\blines )\d+"
    r"| \(and \d+ more[^()]*\)"
)
"""The line numbers and line counts in a message."""
_BESIDE = (".yaml:", ".yml:", ".tpl:", ".txt:", ".json:", "line", " (and ")
"""What stands beside each of them."""


def fingerprinted(
    findings: Iterable[Finding],
    random_names: Mapping[str, str] | None = None,
    random_texts: Mapping[str, Collection[str]] | None = None,
) -> list[Finding]:
    """Gives each finding a unique identity that stays the same when the finding moves.

    For an object it is its name and the field, wherever its template is and whatever is listed before it; else the file
    and the source line's text. Findings that are equal in all of this are numbered.

    Args:
        findings: of one chart, in an order that is the same each time.
        random_names: names of objects that may change in each rendering, each with its template, which replaces it.
        random_texts: names of objects, each with its texts that may change in each rendering.
    """
    masks = sorted((random_names or {}).items(), key=lambda item: (-len(item[0]), item))
    counts: dict[tuple[str, ...], int] = {}
    lines: dict[str, str] = {}
    stamped: list[Finding] = []
    for finding in findings:
        parts = (finding.rule, *_identity_of(finding, masks, random_texts or {}, lines))
        counts[parts] = number = counts.get(parts, 0) + 1
        digest = sha256(repr((parts, number)).encode()).hexdigest()[:32]
        stamped.append(finding._replace(fingerprint=digest))
    return stamped


def _identity_of(
    finding: Finding,
    masks: Sequence[tuple[str, str]],
    random_texts: Mapping[str, Collection[str]],
    lines: dict[str, str],
) -> tuple[str, ...]:
    thing = finding.object
    message, container = lasting_words(finding, random_texts)
    if any(word in message for word in _BESIDE):  # cheaper than the pattern, which looks back from every character
        message = _MOVES.sub("", message)
    name = thing.name if thing is not None else ""
    for random, template in masks:
        message = message.replace(random, template)
        name = template if name == random else name
    if finding.summary and finding.dependency is not None:
        return ("dependency", finding.dependency)  # its message names the first object, and counts the others
    if thing is not None:
        field = _INDEX.sub("[]", thing.field or "")
        return (thing.kind, thing.namespace or "", name, container, field, message)
    source = finding.source_line or ""
    if source not in lines:
        lines[source] = _line_of(source)
    return (finding.location.base.value, finding.location.file or "", lines[source], message)


def lasting_words(finding: Finding, random_texts: Mapping[str, Collection[str]]) -> tuple[str, str]:
    """A finding's message and container without texts that may change in each rendering.

    Args:
        finding: about an object, or not.
        random_texts: names of objects, each with these texts.
    """
    thing = finding.object
    message, container = finding.message, (thing.container or "") if thing is not None else ""
    texts = random_texts.get(thing.name, ()) if thing is not None else ()
    for text in sorted(texts, key=lambda text: (-len(text), text)):
        message = message.replace(text, "")
    return message, "" if container in texts else container


def _line_of(source: str) -> str:
    """The identity of a source line; of a long one, which may have thousands of findings, a digest."""
    line = " ".join(source.split())
    return line if len(line) <= _LONGEST else sha256(line.encode("utf-8", "surrogatepass")).hexdigest()
