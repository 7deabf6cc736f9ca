"""The built-in constitution as a table: to read the document costs a check of a small chart 5 % of its time.

``python -m scripts.built_in`` (``make docs``) writes the table; a test compares it with the document.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from helm_constitution.core.model import Obligation, Principle, RulePin, Statement

DOCUMENT = Path(__file__).parent.parent / "data" / "constitution.md"
TABLE = DOCUMENT.with_suffix(".json")
"""A line for each principle; tuples as lists, an obligation as its number."""


@cache
def built_in() -> tuple[str | None, tuple[Principle, ...]]:
    """The version and the principles of the built-in constitution."""
    import json

    table = json.loads(TABLE.read_bytes())
    return table["version"], tuple(
        Principle(key, title, line, tuple(_statement(*statement) for statement in statements))
        for key, title, line, statements in table["principles"]
    )


def _statement(
    text: str,
    obligation: int,
    forbids: bool,
    line: int,
    pins: list[tuple[str, int, bool, list[tuple[str, str | None]]]],
    *rest: object,
) -> Statement:
    pinned = tuple(
        RulePin(rule, at, by_default, tuple((name, value) for name, value in values))
        for rule, at, by_default, values in pins
    )
    return Statement._make((text, Obligation(obligation), forbids, line, pinned, *rest))


def table_of(version: str | None, principles: tuple[Principle, ...]) -> str:
    """The table for these principles."""
    import json

    lines = ",\n".join(json.dumps(principle, ensure_ascii=False) for principle in principles)
    return f'{{"version": {json.dumps(version)}, "principles": [\n{lines}\n]}}\n'
