"""Reads sections of a configuration: every key and rule in them must exist."""

from __future__ import annotations

import os
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.repository import repository_root
from helm_constitution.core.suggest import closest
from helm_constitution.core.unsaved import MOST_BYTES

if TYPE_CHECKING:
    from helm_constitution.lint.rule import Rule, RuleModule
    from helm_constitution.text.yaml_document import View, YamlDocument


def unknown_word(what: str, word: str, known: Sequence[str]) -> str:
    """What to say of a word that isn't known, with the one that was probably meant."""
    near = closest(word, list(known))
    return f"unknown {what} {word!r}; " + (
        f"did you mean {near!r}?" if near else f"known: {', '.join(known) or 'none'}"
    )


def matches_path(path: str, pattern: str) -> bool:
    """Whether a path matches a pattern: ``*`` matches a part of a name, ``**`` for any number of folders.

    >>> matches_path("charts/web", "charts/*"), matches_path("charts/a/web", "charts/*"), matches_path("a/b/c", "**/c")
    (True, False, True)
    """
    return _match_parts(path.split("/"), (pattern.removeprefix("./").rstrip("/") or ".").split("/"))


def _match_parts(path: Sequence[str], pattern: Sequence[str]) -> bool:
    matched = {0}  # how many parts of the path what was read of the pattern may match
    for part in pattern:
        if part == "**":
            matched = set(range(min(matched), len(path) + 1)) if matched else matched
        else:
            matched = {count + 1 for count in matched if count < len(path) and fnmatchcase(path[count], part)}
    return len(path) in matched


def known_rule(name: str, modules: Sequence[RuleModule]) -> None:
    """Raises ConfigurationError where no rule has this id."""
    ids = [rule.id for module in modules for rule in module.rules]
    if name not in ids:
        near = closest(name, ids) if "/" in name else closest(name, [one.key for one in modules])
        hint = f"did you mean {near!r}?" if near else "`helm-constitution rules` lists them"
        raise ConfigurationError(f"unknown rule {name!r}; {hint}")


def expand(names: Sequence[str], modules: Sequence[RuleModule]) -> tuple[str, ...]:
    """Rule ids of what was written: ids, or a module's key (``security``) for all its rules.

    Raises:
        ConfigurationError: for a name that is neither.
    """
    result: list[str] = []
    for name in names:
        module = [rule.id for module in modules if module.key == name for rule in module.rules]
        if not module:
            known_rule(name, modules)
        result.extend(module or [name])
    return tuple(dict.fromkeys(result))


class SectionReader:
    """Reads the sections of one configuration for one chart."""

    def __init__(
        self,
        document: YamlDocument,
        file: Path,
        chart: Path,
        modules: tuple[RuleModule, ...],
        debug: bool,
        is_named: bool = False,
    ) -> None:
        self.document = document
        self.file = file
        self.chart = chart
        self.modules = modules
        self.debug = debug
        self.is_named = is_named
        self.looked_for: dict[str, bool] = {}

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """Every rule by its id."""
        return {rule.id: rule for module in self.modules for rule in module.rules}

    @cached_property
    def chart_path(self) -> str:
        """The chart's path from the configuration's folder, with forward slashes; ``.`` for a chart beside it."""
        path = os.path.relpath(os.path.realpath(self.chart), os.path.realpath(self.file.parent))
        return path.replace(os.sep, "/")

    def is_there(self, name: str) -> bool:
        """Whether there is something of this name, from the configuration's folder on; that it was looked for is
        remembered."""
        path = os.path.join(self.file.parent, name)
        return self.looked_for.setdefault(path, os.path.exists(path))

    def only_keys(self, view: View, keys: Sequence[str], what: str, otherwise: str) -> None:
        """Raises where the view is no map (with ``otherwise``) or holds another key."""
        if not view.is_map:
            raise self.fault(otherwise, view)
        for key, part in view.entries():
            if key not in keys:
                raise self.fault(unknown_word(what, key, keys), part)

    def path(self, view: View, *, folder: bool = False) -> Path | None:
        """A file's (or a folder's) path, from the configuration's folder on."""
        what = "folder" if folder else "file"
        if not view.exists:
            return None
        if not view.string():
            raise self.fault(f"{view.path[-1]} must be the path of a {what}", view)
        path = self.file.parent / str(view.data)
        # Both are false for a name that is too long, too.
        if not (os.path.isdir(path) if folder else os.path.isfile(path)):
            raise self.fault(f"no such {what}: {view.data}; write its path relative to this file", view)
        if not (self.is_named or self._is_ours(path)):
            where = "of the repository" if repository_root(self.file.parent) is not None else "of this file's folder"
            message = f"{view.data} is outside {where}; move the {what}, or name the configuration with --config"
            raise self.fault(message, view)
        if not folder and os.path.getsize(path) > MOST_BYTES:
            raise self.fault(f"{view.data} is larger than {MOST_BYTES // 1024**2} MiB", view)
        return path

    def _is_ours(self, path: Path) -> bool:
        """Whether a file lies in the configuration's repository (or folder): a stranger's chart reads no other."""
        root = os.path.realpath(repository_root(self.file.parent) or self.file.parent)
        return os.path.commonpath((root, os.path.realpath(path))) == root

    def choice(self, view: View, words: Sequence[str]) -> str | None:
        """One of some words."""
        if view.exists and view.string() not in words:
            raise self.fault(f"{view.path[-1]} must be one of {', '.join(words)}", view)
        return view.string()

    def flag(self, view: View) -> bool | None:
        """True or false."""
        if view.exists and view.boolean() is None:
            raise self.fault(f"{view.path[-1]} must be true or false", view)
        return view.boolean()

    def fault(self, message: str, view: View) -> ConfigurationError:
        """The error that names a part's line, or that of its nearest parent."""
        return ConfigurationError(message, file=str(self.file), line=self.line(view))

    def line(self, view: View) -> int | None:
        """The line of a part, or of its nearest parent."""
        spans = (self.document.key_span(view.path[:length]) for length in range(len(view.path), -1, -1))
        return next((span.line for span in spans if span is not None), None)

    def mapping(self, view: View) -> list[tuple[str, View]]:
        if view.exists and not view.is_map:
            raise self.fault(f"{view.path[-1]} must be a map of rule ids", view)
        for rule, part in view.entries():
            self.known_rule(rule, part)
        return list(view.entries())

    def known_rule(self, rule: str, view: View) -> None:
        """Raises where there is no such rule."""
        try:
            known_rule(rule, self.modules)
        except ConfigurationError as error:
            raise self.fault(error.message, view) from None

    def rule_list(self, view: View) -> tuple[str, ...]:
        if not view.exists:
            return ()
        names = [part.string() for part in view.items()]
        if not view.is_list or None in names:
            raise self.fault(f"{view.path[-1]} must be a list of rule ids", view)
        for part in view.items():
            try:
                expand([str(part.data)], self.modules)
            except ConfigurationError as error:
                raise self.fault(error.message, part) from None
        return expand([str(name) for name in names], self.modules)
