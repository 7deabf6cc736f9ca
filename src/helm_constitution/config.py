"""The configuration, ``.helm-constitution.yaml`` beside the chart or above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from helm_constitution import registry
from helm_constitution.errors import ConfigurationError
from helm_constitution.model import Severity

if TYPE_CHECKING:
    from helm_constitution.yamltree import View, YamlDocument

FILE_NAME = ".helm-constitution.yaml"

KEYS = ("constitution", "select", "ignore", "severity", "parameters")


class Configuration(NamedTuple):
    """What a team set for its charts. ``file`` is None where there is no configuration.

    ``constitution`` is already joined to the configuration's folder.
    """

    file: Path | None = None
    constitution: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severities: Mapping[str, Severity] = MappingProxyType({})
    parameters: Mapping[str, Mapping[str, int | str]] = MappingProxyType({})


def find_configuration(chart: Path, explicit: Path | None) -> Path | None:
    """The configuration's file: the one given, else the nearest from the chart up to the repository's root."""
    if explicit is not None:
        return explicit
    folder = chart.resolve() if chart.is_dir() else chart.resolve().parent
    for candidate in (folder, *folder.parents):
        file = candidate / FILE_NAME
        if file.is_file():
            return file
        if (candidate / ".git").exists():
            return None
    return None


def load_configuration(file: Path | None) -> Configuration:
    """Reads a configuration; every rule and key in it must exist.

    Raises:
        ConfigurationError: with file and line, and the word that was probably meant.
    """
    if file is None:
        return Configuration()
    try:
        text = file.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"not UTF-8 at byte {error.start}; save it as UTF-8", file=str(file)) from None
    except OSError as error:
        raise ConfigurationError(f"can't be read: {error.strerror}", file=str(file)) from None
    from helm_constitution.yamltree import load_document

    return _Reader(load_document(text, str(file)), file).read()


class _Reader:
    def __init__(self, document: YamlDocument, file: Path) -> None:
        self.document = document
        self.file = file

    def read(self) -> Configuration:
        view = self.document.view
        if view.data is None:
            return Configuration(self.file)
        if not view.is_map:
            raise self.fault("the configuration is a map of options", view)
        for key, part in view.entries():
            if key not in KEYS:
                raise self.fault(_unknown("option", key, KEYS), part)
        constitution = view.get("constitution")
        if constitution.exists and constitution.string() is None:
            raise self.fault("constitution is the path of a file", constitution)
        return Configuration(
            file=self.file,
            constitution=self.file.parent / str(constitution.data) if constitution.exists else None,
            select=self.rule_list(view.get("select")),
            ignore=self.rule_list(view.get("ignore")),
            severities=dict(self.severity(rule, part) for rule, part in self.mapping(view.get("severity"))),
            parameters={rule: self.bound(rule, part) for rule, part in self.mapping(view.get("parameters"))},
        )

    def fault(self, message: str, view: View) -> ConfigurationError:
        span = self.document.key_span(view.path)
        return ConfigurationError(message, file=str(self.file), line=span.line if span else None)

    def mapping(self, view: View) -> list[tuple[str, View]]:
        if view.exists and not view.is_map:
            raise self.fault(f"{view.path[-1]} is a map of rule ids", view)
        for rule, part in view.entries():
            if rule not in {known.id for known in registry.rules()}:
                raise self.fault(_unknown("rule", rule, [known.id for known in registry.rules()]), part)
        return list(view.entries())

    def rule_list(self, view: View) -> tuple[str, ...]:
        if not view.exists:
            return ()
        names = [part.string() for part in view.items()]
        if not view.is_list or None in names:
            raise self.fault(f"{view.path[-1]} is a list of rule ids", view)
        for part in view.items():
            try:
                expand([str(part.data)])
            except ConfigurationError as error:
                raise self.fault(error.message, part) from None
        return expand([str(name) for name in names])

    def severity(self, rule: str, view: View) -> tuple[str, Severity]:
        labels = {severity.label: severity for severity in Severity}
        label = view.string() or ""
        if label not in labels:
            raise self.fault(f"the severity of {rule} is one of {', '.join(labels)}", view)
        return rule, labels[label]

    def bound(self, rule_id: str, view: View) -> dict[str, int | str]:
        known = next(rule for rule in registry.rules() if rule.id == rule_id).parameters
        result: dict[str, int | str] = {}
        for name, part in view.entries():
            if name not in known:
                raise self.fault(_unknown(f"parameter of {rule_id}", name, list(known)), part)
            expected = type(known[name].default)
            value = part.integer() if expected is int else part.string()
            if value is None:
                raise self.fault(f"{name} is {'a whole number' if expected is int else 'text'}", part)
            result[name] = value
        return result


def _unknown(what: str, word: str, known: Sequence[str]) -> str:
    near = registry.closest(word, list(known))
    return f"unknown {what} {word!r}; " + (
        f"did you mean {near!r}?" if near else f"known: {', '.join(known) or 'none'}"
    )


def expand(names: Sequence[str]) -> tuple[str, ...]:
    """Rule ids of what was written: ids, or a module's key (``security``) for all its rules.

    Raises:
        ConfigurationError: for a name that is neither.
    """
    ids = [rule.id for rule in registry.rules()]
    result: list[str] = []
    for name in names:
        module = [rule_id for rule_id in ids if rule_id.startswith(f"{name}/")]
        if name in ids:
            result.append(name)
        elif module:
            result.extend(module)
        else:
            near = registry.closest(name, ids)
            hint = f"did you mean {near!r}?" if near else "`helm-constitution rules` lists them"
            raise ConfigurationError(f"unknown rule {name!r}; {hint}")
    return tuple(dict.fromkeys(result))
