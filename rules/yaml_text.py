"""Finds YAML keys in a template's text, where the rendered object does not show how a field was written."""

from __future__ import annotations

from helm_constitution.api import LazyPattern, NamedTuple, Span

_KEY = LazyPattern(r"""^( *)(?:- )?["']?([\w./-]+)["']?:(?:[ \t]+(.*?))?[ \t]*$""")


class Line(NamedTuple):
    """A ``key: value`` line of a template.

    ``number`` counts from 1, ``document`` from 0; ``parents`` are the keys it stands below, from the document's top.
    """

    number: int
    document: int
    parents: tuple[str, ...]
    key: str
    value: str
    text: str

    @property
    def span(self) -> Span:
        """The line without its indentation."""
        start = len(self.text) - len(self.text.lstrip())
        return Span(self.number, start + 1, self.number, len(self.text.rstrip()) + 1)


def key_lines(text: str) -> tuple[Line, ...]:
    """The lines of a template that set a key, read by indentation only; actions and comments are skipped.

    Several rules read them: ``subject.derived_from(text, key_lines)``.
    """
    found: list[Line] = []
    stack: list[tuple[int, tuple[str, ...]]] = []
    document = 0
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip("\r")
        if line.startswith("---"):
            stack.clear()
            document += 1
            continue
        match = _KEY.match(line) if ":" in line else None
        if match is None:
            continue
        indent, key, value = len(match[1]), match[2], match[3] or ""
        while stack and stack[-1][0] >= indent:
            stack.pop()
        parents = stack[-1][1] if stack else ()
        found.append(Line(number, document, parents, key, value, line))
        stack.append((indent, (*parents, key)))
    return tuple(found)
