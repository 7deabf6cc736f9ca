"""Reads the deprecation of a key from the comments in values.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from helm_constitution.api import LazyPattern, Path, ValueKey

WORD = "deprecat"
_MARKED = LazyPattern(
    r"\bDEPRECATED\b|^\W*(?i:\[?deprecated\b)"
    r"|\b(?i:(?:this|it|key|value|parameter|option|field|setting|flag)\b.{0,20}\b(?:is|was) (?:now )?deprecated)"
    r"|(?i:\bdeprecated\b\W{0,3}(?:use|in favou?r|please|and will|since)\b)"
)
"""A comment about its own key, not about something deprecated elsewhere."""
_NAMED = LazyPattern(
    r"(?i)(?P<name>[a-z_][\w-]*(?:\.[a-z_][\w-]*)*)[`'\"]*,? (?:is|are|was|were|has been) (?:now )?deprecated\b"
)
"""Words that name the deprecated key: "oldPort is deprecated in favour of port"."""
_PRONOUNS = frozenset(
    ("it", "this", "that", "which", "key", "value", "parameter", "option", "field", "setting", "flag", "and")
)
_COMMENTED_KEY = LazyPattern(r"(?P<name>[A-Za-z_][\w.-]*):(?P<rest>.*)\Z")
_PARAMETER = LazyPattern(r"@(?:param|extra|skip) (\S+)")
"""The tags with which Bitnami's generator names the value of a line."""
_WORDS = LazyPattern(r"[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*")


def mentions_deprecation(key: ValueKey, keys: Mapping[Path, ValueKey], lines: Sequence[str]) -> bool:
    """Whether a comment of the key, or of one above it, mentions deprecation at all."""
    for length in range(1, len(key.path) + 1):
        above = keys.get(key.path[:length])
        if above is not None and any(WORD in text.lower() for text in _texts(above, lines)):
            return True
    return False


def says_deprecated(key: ValueKey, lines: Sequence[str]) -> bool:
    """Whether a comment marks the key itself as deprecated."""
    own = {key.name, str(key.path[-1])}
    for text in _texts(key, lines):
        if WORD not in text.lower():
            continue
        others = [
            match.span()
            for match in _NAMED.finditer(text)
            if match["name"] not in own and match["name"].lower() not in _PRONOUNS
        ]
        for match in _MARKED.finditer(text):
            if not any(start < match.end() and match.start() < end for start, end in others):
                return True
    return False


def _texts(key: ValueKey, lines: Sequence[str]) -> Iterator[str]:
    """The comments of a key: the lines above it, and the comment behind it or elsewhere that documents it."""
    if above := _above(key, lines):
        yield above
    if key.comment is not None and key.comment.span.end_line >= key.span.line:
        yield key.comment.text


def _above(key: ValueKey, lines: Sequence[str]) -> str:
    """The comment lines above a key as written, without those that are about a commented-out key; empty if none of them
    mentions deprecation.

    A blank line separates them from the key, unless they name it.
    """
    end = key.span.line - 1
    apart = end > 0 and not lines[end - 1].strip()
    start = end = end - apart
    while start > 0 and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    if not any(WORD in line.lower() for line in lines[start:end]):
        return ""  # most comments, at once
    block = [line.lstrip("# \t").removeprefix("--").strip() for line in lines[start:end]]
    name = str(key.path[-1])
    block = [line for line in block if (about := _PARAMETER.match(line)) is None or about[1] == key.name]
    if key.value not in ({}, []):  # of an empty map or list, a commented-out key is an example
        for index in range(len(block) - 1, -1, -1):
            commented = _COMMENTED_KEY.match(block[index])
            if commented and commented["name"] != name and _is_yaml(commented["name"], commented["rest"]):
                block = block[index + 1 :]
                break
    text = "\n".join(block)
    return text if not apart or {key.name, name} & set(_WORDS.findall(text)) else ""


def _is_yaml(name: str, rest: str) -> bool:
    """Whether `name: rest` in a comment is a commented-out key, not a sentence."""
    prose = name[:1].isupper() or name in ("ref", "see", "note", "default", "example", "deprecated", "https", "http")
    return not prose and len(rest.split()) < 4 and WORD not in rest.lower()
