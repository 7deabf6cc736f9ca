"""Rendered documents that need not be read to see that helm finds no fault in them: nearly all."""

from __future__ import annotations

import re

from helm_constitution.core.lazy import LazyPattern

KIND = LazyPattern(r"^kind:[ \t]*[\"']?([A-Za-z][A-Za-z0-9]*)[\"']?[ \t\r]*(?:#.*)?$", re.MULTILINE)
API_VERSION = LazyPattern(r"^apiVersion:[ \t]*[\"']?[A-Za-z0-9][A-Za-z0-9./-]*[\"']?[ \t\r]*(?:#.*)?$", re.MULTILINE)
# Helm reads the head of an object as Go reads JSON: the case of a key doesn't matter, the last of several counts.
_HEAD_KEY = LazyPattern(r"\n([\"']?(?i:apiVersion|kind|metadata)[\"']?)(?=[ \t]*:)")
_METADATA = LazyPattern(r"^metadata:[ \t\r]*(?:#.*)?\n((?:[ \t#].*\n|[ \t\r]*\n)+)", re.MULTILINE)
# Lines of metadata that hold texts, the maps of labels and annotations, and nothing else.
_PLAIN_METADATA = LazyPattern(
    r"(?:(?:[ \t\r]*(?:\#.*)?"
    r"|[ \t]+(?:annotations|labels):[ \t\r]*(?:\#.*)?"
    r"|[ \t]+\{\}"  # below one of these: no other key here has its value on lines of its own
    r"|[ \t]+(?![\"']?annotations)(?:\"[\w./-]+\"|'[\w./-]+'|[\w./-]+):[ \t]+[^\s\[{&*!|>#%@`].*"
    r")\n)*",
    re.IGNORECASE,
)
_ALIAS = LazyPattern(r"\*[A-Za-z_]")
# What the parser accepts and helm may reject: tags, infinity, merge keys, keys that are null, maps or lists, `\/`. Each
# branch begins with a character, so that Python only looks where one of these is.
_ODD = LazyPattern(
    r"!(?<![^\s\[{,].)|\?(?<![^\s\[{,].)\s|:(?<![^\s\[{,].)(?:\s|\Z)"
    r"|n(?<![^\s\[{,].)(?i:ull)[ \t]{0,9}:(?:\s|\Z)|N(?<![^\s\[{,].)(?i:ull)[ \t]{0,9}:(?:\s|\Z)"
    r"|~(?<![^\s\[{,].)[ \t]{0,9}:(?:\s|\Z)"
    r"|\.(?i:inf|nan)\b|<<|\][ \t]{0,9}:|}[ \t]{0,9}:|\\/"
)
_BEFORE_NODE = ":-?,[{\r\x85\u2028\u2029"
"""What may stand before a node: indicators, and line breaks of YAML that are none of Python's."""


def is_faultless(text: str) -> bool:
    """Whether a document holds no fault for certain. Tells it of most at a tenth of the cost of reading them."""
    from helm_constitution.text.yaml_composer import HAS_C_PARSER

    if not HAS_C_PARSER:
        return False
    from yaml import YAMLError
    from yaml._yaml import CParser

    try:
        CParser(text).raw_parse()
    except YAMLError:
        return False
    keys = sorted(_HEAD_KEY.findall(f"\n{text}"))
    if keys != ["apiVersion", "kind", "metadata"] or not API_VERSION.search(text) or not KIND.search(text):
        return False
    metadata = _METADATA.search(text)
    if metadata is None or _PLAIN_METADATA.fullmatch(metadata[1]) is None:
        return False
    return not _has_odd(text) and not _has_alias(text)


def _has_odd(text: str) -> bool:
    """Whether a document may hold something that helm rejects and the parser accepts."""
    return any(match[0][0] not in "!?" or _begins_node(text, match.start()) for match in _ODD.finditer(text))


def _has_alias(text: str) -> bool:
    """Whether a document may use an anchor; an undefined one shows only when it is read."""
    return any(
        text[max(0, match.start() - 1) : match.start()] in " \t\n[{," and _begins_node(text, match.start())
        for match in _ALIAS.finditer(text)
    )


def _begins_node(text: str, place: int) -> bool:
    """Whether a tag, an alias or a ``?`` can be meant there: not behind the words of a text, as in ``a != b``."""
    before = text[text.rfind("\n", 0, place) + 1 : place].rstrip(" \t")
    return not before or before[-1] in _BEFORE_NODE or "&" in before
