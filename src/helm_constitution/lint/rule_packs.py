"""A team's own rules: Python modules in a folder (``--rules DIR``), or an installed pack that the configuration names.

A pack that is only installed, or a module that is only in a chart's repository, never runs: a check doesn't depend on
other software on the machine, and checking somebody's chart doesn't run their code.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType

from helm_constitution.core.digest import sha256
from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.lint.rule import Rule, RuleModule

GROUP = "helm_constitution.rules"
"""The entry points by which an installed pack is found; their names are what the configuration's ``rules`` lists."""

_KEY = re.compile(r"[a-z][a-z0-9-]*")
_ID = re.compile(r"[a-z][a-z0-9-]*/[a-z0-9][a-z0-9-]*")


class Pack(NamedTuple):
    """The rule modules of one source, and the file or folder that they come from."""

    modules: tuple[RuleModule, ...]
    place: str


def with_folders(
    modules: Sequence[RuleModule], folders: Sequence[Path], *, debug: bool = False
) -> tuple[RuleModule, ...]:
    """Rule modules followed by those of folders.

    Raises:
        ConfigurationError: one can't be imported, is not a rule module, or has the id of another rule; with file and
        line.
    """
    found = tuple(modules)
    for folder in folders:
        found = joined(found, folder_pack(os.path.abspath(folder), debug))
    return found


def joined(modules: Sequence[RuleModule], pack: Pack) -> tuple[RuleModule, ...]:
    """Rule modules followed by those of a pack.

    Raises:
        ConfigurationError: a rule's id is already used.
    """
    taken = {rule.id for module in modules for rule in module.rules}
    for module in pack.modules:
        for rule in module.rules:
            if rule.id in taken:
                code = rule.check.__code__
                message = f"rule {rule.id} already exists; rename this one"
                raise ConfigurationError(message, file=code.co_filename, line=code.co_firstlineno)
            taken.add(rule.id)
    return (*modules, *pack.modules)


@cache
def folder_pack(folder: str, debug: bool = False) -> Pack:
    """The rule modules of a folder: every ``*.py`` and package in it whose name doesn't begin with an underscore.

    They may import each other, and what begins with an underscore, as ``from . import _shared``.

    Raises:
        ConfigurationError: there is none, or one can't be used.
    """
    if not os.path.isdir(folder):
        raise ConfigurationError("no such folder; --rules must be a folder of Python modules", file=folder)
    names = sorted(_module_names(folder))
    if not names:
        raise ConfigurationError("the folder contains no Python module with rules", file=folder)
    # A separate name for each folder, which no installed module can have.
    package = f"_helm_constitution_rules_{sha256(os.fsencode(folder)).hexdigest()[:12]}"
    parent = ModuleType(package)
    parent.__path__ = [folder]
    sys.modules[package] = parent
    found: list[RuleModule] = []
    for name in names:
        file = os.path.join(folder, f"{name}.py")
        file = file if os.path.isfile(file) else os.path.join(folder, name, "__init__.py")
        module = _imported(f"{package}.{name}", folder, file, debug)
        if not hasattr(module, "MODULE"):
            message = "must define MODULE, a RuleModule with its rules; begin the name of a helper with an underscore"
            raise ConfigurationError(message, file=file)
        found.append(_checked(module.MODULE, file))
    return Pack(tuple(found), folder)


def _module_names(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(("_", ".")):
                continue
            if entry.name.endswith(".py"):
                yield entry.name.removesuffix(".py")
            elif os.path.isfile(os.path.join(entry.path, "__init__.py")):
                yield entry.name


@cache
def installed_pack(name: str, debug: bool = False) -> Pack:
    """The rule modules of an installed pack, by the name of its entry point.

    The entry point is a Python module with a ``MODULE``, a RuleModule, or a list of these.

    Raises:
        ConfigurationError: it isn't installed, or can't be used.
    """
    from importlib.metadata import entry_points

    known = {point.name: point for point in entry_points(group=GROUP)}
    if name not in known:
        installed = ", ".join(sorted(known)) or "none"
        raise ConfigurationError(f"rule pack {name!r} is not installed; installed: {installed}")
    point = known[name]
    module = _imported(point.module, None, point.module, debug)
    file = module.__file__ or point.module
    target: object = module
    for attribute in (point.attr or "").split(".") if point.attr else ():
        if not hasattr(target, attribute):
            raise ConfigurationError(
                f"the entry point {name!r} refers to {point.attr}, which does not exist", file=file
            )
        target = getattr(target, attribute)
    if isinstance(target, ModuleType):
        if not hasattr(target, "MODULE"):
            raise ConfigurationError("must define MODULE, a RuleModule with its rules", file=file)
        target = target.MODULE
    several = target if isinstance(target, list | tuple) and not isinstance(target, RuleModule) else [target]
    return Pack(tuple(_checked(one, file) for one in several), _place(file))


def _place(file: str) -> str:
    """The path to watch for changes of a pack: the folder of a package, else the file."""
    return os.path.dirname(file) if os.path.basename(file) == "__init__.py" else file


def _imported(name: str, folder: str | None, file: str, debug: bool) -> ModuleType:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - foreign code: whatever it raises must not end in a traceback
        import traceback

        place, line = file, None
        if isinstance(error, SyntaxError) and error.filename:
            place, line = error.filename, error.lineno
        else:
            for frame in traceback.extract_tb(error.__traceback__):
                foreign = frame.filename != __file__ and "importlib" not in frame.filename
                if frame.filename.startswith(folder + os.sep) if folder is not None else foreign:
                    place, line = frame.filename, frame.lineno
        words = error.msg if isinstance(error, SyntaxError) else str(error)
        message = f"the rules cannot be imported: {type(error).__name__}: {words}"
        if debug:
            message += "\n" + "".join(traceback.format_exception(error)).rstrip()
        raise ConfigurationError(message, file=place, line=line) from None


def _checked(found: object, file: str) -> RuleModule:
    """A RuleModule whose parts have the right types: its author may not use a type checker."""
    if not isinstance(found, RuleModule):
        raise ConfigurationError(f"MODULE must be a RuleModule, not {type(found).__name__}", file=file)
    if not isinstance(found.key, str) or not _KEY.fullmatch(found.key):
        raise ConfigurationError(
            f"the module's key {found.key!r} must consist of lower-case letters, digits and hyphens", file=file
        )
    if not isinstance(found.rules, list | tuple) or not all(isinstance(rule, Rule) for rule in found.rules):
        raise ConfigurationError("the module's rules must be functions with @rule(…)", file=file)
    for alias in found.aliases:
        if (fault := _fault_of(alias)) is not None:
            raise ConfigurationError(f"an alias of the module {fault}", file=file)
    seen: set[str] = set()
    for rule in found.rules:
        code = rule.check.__code__
        message = None
        if not _ID.fullmatch(rule.id) or rule.principle != found.key:
            message = f"the rule's id must be {found.key}/NAME, not {rule.id}"
        elif rule.id in seen:
            message = f"rule {rule.id} already exists; rename this one"
        elif (fault := _bad_expression(rule)) is not None:
            message = f"{rule.id} {fault}"
        elif not rule.doc.strip():
            message = (
                f"{rule.id} must have a docstring: a title that names the violation, then Why, Bad, Good, Fix, Source"
            )
        if message is not None:
            raise ConfigurationError(message, file=code.co_filename, line=code.co_firstlineno)
        seen.add(rule.id)
    return found._replace(rules=tuple(found.rules), aliases=tuple(found.aliases))


def _bad_expression(rule: Rule) -> str | None:
    patterns = [matcher.pattern for matcher in rule.enforces]
    if rule.umbrella is not None:
        patterns.append(rule.umbrella)
    return next((fault for pattern in patterns if (fault := _fault_of(pattern)) is not None), None)


def _fault_of(pattern: object) -> str | None:
    """Why a pattern is not a regular expression; None if it is one."""
    if not isinstance(pattern, str):
        return f"has a pattern that must be a string, not {type(pattern).__name__}"
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"has the pattern {pattern!r}, which is not a valid regular expression: {error}"
    return None
