"""HTML out of values: whatever is not markup already is escaped, so that text of others stays text."""

from __future__ import annotations

import html
from collections.abc import Iterable

from helm_constitution.report.words import clean

_VOID = frozenset({"br", "input", "meta"})


class Html(str):
    """Markup that :func:`tag` has made; any other text is escaped where it becomes a part of some."""

    __slots__ = ()


Child = Html | str | Iterable[Html]
"""What an element holds: markup, text, or several pieces of markup."""


def text(value: str) -> Html:
    """A text of others as it reads: on one line, escaped."""
    return Html(html.escape(clean(value), quote=False))


def tag(name: str, /, *children: Child, **attributes: str | int | bool | None) -> Html:
    """An element.

    Args:
        name: its name.
        children: what it holds.
        attributes: by name, where ``_`` stands for ``-`` (``class_`` for ``class``); without those that are None or
            false, and with the name alone where the value is true.
    """
    parts = [name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        attribute = key.rstrip("_").replace("_", "-")
        parts.append(attribute if value is True else f'{attribute}="{html.escape(clean(str(value)))}"')
    head = f"<{' '.join(parts)}>"
    return Html(head if name in _VOID else f"{head}{joined(*children)}</{name}>")


def joined(*children: Child) -> Html:
    """Several pieces, one behind the other."""
    return Html("".join(_markup(child) for child in children))


def _markup(child: Child) -> str:
    if isinstance(child, Html):
        return child
    return text(child) if isinstance(child, str) else "".join(child)


def badge(word: str) -> Html:
    """A verdict or a severity in a word; its colour repeats it."""
    return tag("span", word, class_=f"badge {word.replace('/', '')}")


def table(caption: str, heads: Iterable[str], rows: Iterable[Iterable[Child]], *, visible: bool = False) -> Html:
    """A table whose first column heads its rows. It scrolls sideways where it is wider than the page.

    Args:
        caption: what it shows.
        heads: the columns.
        rows: the cells of each row.
        visible: show the caption, instead of telling it to screen readers alone.
    """
    head = tag("tr", (tag("th", one, scope="col") for one in heads))
    body = (
        tag("tr", (tag("td", cell) if number else tag("th", cell, scope="row") for number, cell in enumerate(row)))
        for row in rows
    )
    name = tag("caption", caption, class_=None if visible else "unseen")
    inner = tag("table", name, tag("thead", head), "\n", tag("tbody", (joined(row, "\n") for row in body)))
    return tag("div", inner, class_="scroll", tabindex=0, role="region", aria_label=caption)
