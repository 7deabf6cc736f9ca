"""The constitution: found, read, and faults in the document itself.

How a document is split into principles and statements is told in :mod:`helm_constitution.policy.statements`, which
rules they demand in :mod:`helm_constitution.policy.rule_selection`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.core.errors import ConstitutionFileError
from helm_constitution.core.model import Base, Principle, Statement
from helm_constitution.core.records import NamedTuple

if TYPE_CHECKING:
    from helm_constitution.api import RuleModule

NAMES = (".specify/memory/constitution.md", "constitution.md")
"""Where a folder may keep its constitution, the first before the second."""

BUILT_IN = "built-in constitution"
"""What messages and reports call the constitution that is shipped with the program."""

ASK_FOR_BUILT_IN = "built-in"
"""What a user writes in place of a file to have it where the repository has a constitution of its own."""


class Constitution(NamedTuple):
    """A constitution as read. ``file`` is relative to ``base``; ``shown`` is what messages call it."""

    file: str
    base: Base
    version: str | None
    principles: tuple[Principle, ...]
    builtin: bool = False
    shown: str = ""

    @property
    def statements(self) -> Iterator[tuple[Principle, Statement]]:
        """Every statement with its principle, in the document's order."""
        return ((principle, statement) for principle in self.principles for statement in principle.statements)


def repository_root(folder: Path) -> Path | None:
    """The nearest folder, from this one upwards, that holds ``.git``; None outside a repository."""
    start = Path(os.path.abspath(folder))
    return next((parent for parent in (start, *start.parents) if (parent / ".git").exists()), None)


def find_constitution(chart: Path, explicit: Path | None = None) -> Path | None:
    """The file that rules a chart: the one given, else the nearest from the chart's folder up to its repository's root.

    Outside a repository the search ends below the first folder above the chart that everybody may write to (such as
    ``/tmp``): a constitution there would be anybody's.

    Args:
        chart: a chart's folder, or a packaged chart (its folder counts then).
        explicit: what the user named; ``built-in`` where there is no file of that name is the built-in one.

    Returns:
        None where the built-in constitution applies.

    Raises:
        ConstitutionFileError: where the named file doesn't exist.
    """
    if explicit is not None:
        if not explicit.is_file():
            if str(explicit) == ASK_FOR_BUILT_IN:
                return None
            problem = (
                "is a folder; name the file in it"
                if explicit.is_dir()
                else f"there is no such constitution; {ASK_FOR_BUILT_IN} names the one of helm-constitution itself"
            )
            raise ConstitutionFileError(problem, file=str(explicit))
        return explicit
    start = Path(os.path.abspath(chart))
    if not start.is_dir():
        start = start.parent
    root = repository_root(start)
    for folder in (start, *start.parents):
        if root is None and folder != start and is_everybodys(folder):
            return None
        for name in NAMES:
            if (folder / name).is_file():
                return folder / name
        if folder == root:
            return None
    return None


def is_everybodys(folder: Path) -> bool:
    """Whether everybody may write to a folder: a file there is anybody's."""
    try:
        return os.name == "posix" and bool(folder.stat().st_mode & stat.S_IWOTH)
    except OSError:
        return True


def read_constitution(chart: Path, explicit: Path | None = None) -> tuple[str, str]:
    """The name, as messages show it, and the text of the constitution that rules a chart.

    Raises:
        ConstitutionFileError: where it doesn't exist, can't be read or is not UTF-8.
    """
    file = find_constitution(chart, explicit)
    if file is None:
        return BUILT_IN, (Path(__file__).parent.parent / "data" / "constitution.md").read_text("utf-8")
    shown = str(file) if explicit is not None else _as_typed(file)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ConstitutionFileError(f"can't be read: {error.strerror}", file=shown) from None
    try:
        return shown, data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConstitutionFileError("is not UTF-8; save it as UTF-8", file=shown, line=line) from None


def _as_typed(file: Path) -> str:
    """Relative to the current folder where the file lies in it."""
    here = os.getcwd()
    return os.path.relpath(file, here) if os.path.commonpath((here, file)) == here else str(file)


def load_constitution(
    chart: Path, explicit: Path | None = None, modules: Sequence[RuleModule] | None = None
) -> Constitution:
    """Finds, reads and parses the constitution that rules a chart; see :func:`find_constitution`.

    ``modules`` are the rule modules that there are; without them the built-in ones.

    Raises:
        ConstitutionFileError: where it can't be used, with file and line.
    """
    from helm_constitution.lint import registry

    modules = registry.modules() if modules is None else tuple(modules)
    shown, text = read_constitution(chart, explicit)
    if shown == BUILT_IN:
        return _parsed(text, shown, modules, base=Base.ABSOLUTE, builtin=True)
    base, file = place_of(chart, Path(os.path.abspath(shown)))
    return _parsed(text, shown, modules, file=file, base=base)


def place_of(chart: Path, file: Path) -> tuple[Base, str]:
    """What a report calls a file beside or above a chart, and what that is relative to.

    Args:
        chart: the chart's folder or package.
        file: an absolute path.

    Returns:
        The path from the chart, else from the chart's repository, else the absolute one.
    """
    folder = Path(os.path.abspath(chart))
    if file.is_relative_to(folder):
        return Base.CHART, file.relative_to(folder).as_posix()
    root = repository_root(folder)
    if root is not None and file.is_relative_to(root):
        return Base.REPO, file.relative_to(root).as_posix()
    return Base.ABSOLUTE, str(file)


def parse_constitution(
    text: str,
    shown: str,
    modules: Sequence[RuleModule],
    *,
    file: str | None = None,
    base: Base = Base.REPO,
    builtin: bool = False,
) -> Constitution:
    """Reads a constitution out of its text.

    Args:
        text: the document.
        shown: what messages call the file.
        modules: the rule modules; their titles and aliases give a principle its key.
        file: the file relative to ``base``, for reports; ``shown`` where there is none.
        base: what ``file`` is relative to.
        builtin: whether it is the one shipped with the program.

    Raises:
        ConstitutionFileError: where it holds no principle, two of one title, an unfilled placeholder in a principle, a
            pin behind no statement, or a comment or code fence that is never closed.
    """
    from helm_constitution.policy.statements import read_statements

    reading = read_statements(text, modules)
    fatal = min((fault for fault in reading.faults if fault.fatal), default=None, key=lambda fault: fault.line)
    if fatal is not None:
        raise ConstitutionFileError(fatal.message, file=shown, line=fatal.line or None)
    return Constitution(file or shown, base, reading.version, reading.principles, builtin, shown)


_parsed = lru_cache(maxsize=8)(parse_constitution)  # many charts share one constitution


def constitution_faults(text: str, shown: str, modules: Sequence[RuleModule]) -> list[tuple[int, str]]:
    """Everything wrong with a document itself: (line, message), in the document's order; line 0 is the whole file."""
    from helm_constitution.policy.rule_selection import unknown_pins, unmatched
    from helm_constitution.policy.statements import is_placeholder, read_statements
    from helm_constitution.text.semver import parse_version

    reading = read_statements(text, modules)
    faults = [(fault.line, fault.message) for fault in reading.faults]
    constitution = Constitution(shown, Base.REPO, reading.version, reading.principles, shown=shown)
    unknown = unknown_pins(constitution, modules)
    faults.extend(unknown)
    if reading.principles and not unknown and (message := unmatched(constitution, modules)):
        faults.append((0, message))
    version = reading.version
    if version is not None and parse_version(version) is None and not is_placeholder(version):
        faults.append((reading.version_line, f"version {version!r} is not semantic; write it like 1.0.0"))
    return sorted(faults)
