"""The constitution: found, read, and faults in the document itself.

How a document is split into principles and statements is described in :mod:`helm_constitution.policy.statements`, which
rules they demand in :mod:`helm_constitution.policy.rule_selection`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.core.errors import ConstitutionFileError
from helm_constitution.core.model import Base, Principle, Statement
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.repository import place_of
from helm_constitution.core.unsaved import NO_TEXTS, Unsaved, content_of
from helm_constitution.policy.built_in import DOCUMENT, built_in
from helm_constitution.policy.find import as_typed, find_constitution

if TYPE_CHECKING:
    from helm_constitution.lint.rule import RuleModule
    from helm_constitution.policy.statements import NotUnderstood


BUILT_IN = "built-in constitution"
"""What messages and reports call the constitution that is shipped with the program."""


class Constitution(NamedTuple):
    """A constitution as read. ``file`` is relative to ``base``; ``shown`` is what messages call it. ``not_understood``
    is what looks like a demand and is no statement, in the document's order."""

    file: str
    base: Base
    version: str | None
    principles: tuple[Principle, ...]
    builtin: bool = False
    shown: str = ""
    not_understood: tuple[NotUnderstood, ...] = ()

    @property
    def statements(self) -> Iterator[tuple[Principle, Statement]]:
        """Every statement with its principle, in the document's order."""
        return ((principle, statement) for principle in self.principles for statement in principle.statements)


def read_constitution(chart: Path, explicit: Path | None = None, unsaved: Unsaved = NO_TEXTS) -> tuple[str, str]:
    """The name, as messages show it, and the text of the constitution that rules a chart, as an editor has it.

    Raises:
        ConstitutionFileError: where it doesn't exist, can't be read or is not UTF-8.
    """
    file = find_constitution(chart, explicit, unsaved)
    if file is None:
        return BUILT_IN, DOCUMENT.read_text("utf-8")
    shown = str(file) if explicit is not None else as_typed(file)
    try:
        data = content_of(file, unsaved)
    except OSError as error:
        raise ConstitutionFileError(f"can't be read: {error.strerror}", file=shown) from None
    try:
        return shown, data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConstitutionFileError("is not UTF-8; save it as UTF-8", file=shown, line=line) from None


def load_constitution(
    chart: Path,
    explicit: Path | None = None,
    modules: Sequence[RuleModule] | None = None,
    unsaved: Unsaved = NO_TEXTS,
) -> Constitution:
    """Finds, reads and parses the constitution that rules a chart; see :func:`find_constitution`.

    ``modules`` are the rule modules that there are; without them the built-in ones. ``unsaved`` are texts as an editor
    has them.

    Raises:
        ConstitutionFileError: where it can't be used, with file and line.
    """
    shown, text = read_constitution(chart, explicit, unsaved)
    if shown == BUILT_IN:
        version, principles = built_in()
        return Constitution(BUILT_IN, Base.ABSOLUTE, version, principles, builtin=True, shown=BUILT_IN)
    from helm_constitution.lint import registry

    modules = registry.modules() if modules is None else tuple(modules)
    base, file = place_of(chart, Path(os.path.abspath(shown)))
    return _parsed(text, shown, modules, file=file, base=base)


def parse_constitution(
    text: str,
    shown: str,
    modules: Sequence[RuleModule],
    *,
    file: str | None = None,
    base: Base = Base.REPO,
) -> Constitution:
    """Reads a constitution out of its text.

    Args:
        text: the document.
        shown: what messages call the file.
        modules: the rule modules; their titles and aliases give a principle its key.
        file: the file relative to ``base``, for reports; ``shown`` where there is none.
        base: what ``file`` is relative to.

    Raises:
        ConstitutionFileError: where nothing in it is understood as a demand, and for two sections of one title, an
            unfilled placeholder in a principle, a pin behind no statement, or a comment or code fence that is never
            closed.
    """
    from helm_constitution.policy.statements import read_statements

    reading = read_statements(text, modules)
    fatal = min((fault for fault in reading.faults if fault.fatal), default=None, key=lambda fault: fault.line)
    if fatal is not None:
        raise ConstitutionFileError(fatal.message, file=shown, line=fatal.line or None)
    return Constitution(
        file or shown, base, reading.version, reading.principles, shown=shown, not_understood=reading.not_understood
    )


_parsed = lru_cache(maxsize=8)(parse_constitution)  # many charts share one constitution
