"""Whether two renderings differ in more than random values."""

from __future__ import annotations

from helm_constitution.helm.protocol import RenderedText

Texts = tuple[RenderedText, ...]


def is_changed(base: Texts, other: Texts, twin: Texts | None) -> bool:
    """Whether two renderings differ in more than values that change in each rendering.

    Args:
        base: the documents of one rendering.
        other: those with a value toggled.
        twin: the base rendered once more, if templates make random values.
    """
    if twin is None or base == other:
        return base != other
    if [document.source for document in base] != [document.source for document in other] or len(twin) != len(base):
        return True
    for mine, theirs, again in zip(base, other, twin, strict=True):
        lines, others, twins = (document.text.split("\n") for document in (mine, theirs, again))
        if lines == others or len(lines) != len(twins):
            continue  # the same, or random as a whole
        if len(lines) != len(others):
            return True
        if any(line == again and line != other for line, other, again in zip(lines, others, twins, strict=True)):
            return True
    return False
