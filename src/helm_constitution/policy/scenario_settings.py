"""Reads the configuration's ``scenarios``: more ways in which a chart is rendered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.helm import options
from helm_constitution.helm.protocol import RenderRequest, SetArgument
from helm_constitution.render.scenarios import ScenarioSetting

if TYPE_CHECKING:
    from pathlib import Path

    from helm_constitution.policy.reader import SectionReader
    from helm_constitution.text.yaml_document import View

KEYS = (
    "name",
    "values",
    "set",
    "release_name",
    "namespace",
    "is_upgrade",
    "kube_version",
    "api_versions",
)

_NAME = LazyPattern(r"(?!(?:defaults|inputs|upgrade|API versions|kubernetes .*)\Z)\w[\w .-]*")
"""Without slash and equals sign, which the names of values files and of switched flags have."""


def read_scenarios(view: View, reader: SectionReader) -> tuple[ScenarioSetting, ...]:
    """The scenarios that a part of the configuration sets.

    Raises:
        ConfigurationError: with file and line.
    """
    if not view.is_list:
        raise reader.fault("scenarios must be a list of maps, each with a name", view)
    found: dict[str, ScenarioSetting] = {}
    for part in view.items():
        setting = _scenario(part, reader)
        if setting.name in found:
            raise reader.fault(f"duplicate scenario {setting.name!r}", part.get("name"))
        found[setting.name] = setting
    return tuple(found.values())


def _scenario(view: View, reader: SectionReader) -> ScenarioSetting:
    reader.only_keys(view, KEYS, "option of a scenario", "a scenario must be a map with a name")
    name = view.get("name").string() or ""
    if not _NAME.fullmatch(name):
        raise reader.fault(
            "a scenario's name must consist of letters, digits, dots, dashes and spaces; defaults, inputs, upgrade, "
            "API versions and kubernetes … are reserved",
            view.get("name"),
        )
    is_upgrade = view.get("is_upgrade")
    if is_upgrade.exists and is_upgrade.boolean() is None:
        raise reader.fault("is_upgrade must be true or false", is_upgrade)
    return ScenarioSetting(
        name=name,
        values_files=tuple(_files(view.get("values"), reader)),
        set_arguments=tuple(SetArgument("--set", text) for text in _texts(view.get("set"), reader)),
        release_name=_text(view.get("release_name"), reader),
        namespace=_namespace(view.get("namespace"), reader),
        is_upgrade=is_upgrade.boolean() or False,
        kube_version=_kube_version(view.get("kube_version"), reader),
        api_versions=_texts(view.get("api_versions"), reader),
    )


def _texts(view: View, reader: SectionReader) -> tuple[str, ...]:
    texts = [part.string() for part in view.items()]
    if view.exists and (not view.is_list or None in texts):
        raise reader.fault(f"{view.path[-1]} must be a list of strings", view)
    return tuple(text for text in texts if text is not None)


def _text(view: View, reader: SectionReader) -> str | None:
    if view.exists and not view.string():
        raise reader.fault(f"{view.path[-1]} must be a string; write it in quotes", view)
    return view.string()


def _files(view: View, reader: SectionReader) -> Iterator[Path]:
    _texts(view, reader)
    for part in view.items():
        path = reader.path(part)
        if path is not None:
            yield path


def _namespace(view: View, reader: SectionReader) -> str | None:
    name = _text(view, reader)
    try:
        options.check_namespace(name or "default", "namespace")
    except ConfigurationError as error:
        raise reader.fault(error.message, view) from None
    return name


def _kube_version(view: View, reader: SectionReader) -> str | None:
    version = _text(view, reader)
    try:
        options.kube_version(RenderRequest(kube_version=version))
    except ConfigurationError as error:
        raise reader.fault(error.message.replace("--kube-version", "kube_version"), view) from None
    return version
