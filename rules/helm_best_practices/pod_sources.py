"""The ConfigMaps and Secrets that a pod needs to start: those that are not optional."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from helm_constitution.api import Container, View

_ENVIRONMENT = {"configMapKeyRef": "ConfigMap", "secretKeyRef": "Secret"}
_WHOLE = {"configMapRef": "ConfigMap", "secretRef": "Secret"}
_VOLUMES = {"configMap": "ConfigMap", "secret": "Secret"}


def of_variables(container: Container) -> Iterator[tuple[str, View]]:
    """Kind and reference (``name``, ``key``) of each variable whose value comes from an object."""
    return _required((variable.get("valueFrom") for variable in container.field("env").items()), _ENVIRONMENT)


def of_whole_environment(container: Container) -> Iterator[tuple[str, View]]:
    """Kind and reference (``name``) of each object all of whose keys become variables."""
    return _required(container.field("envFrom").items(), _WHOLE)


def of_volumes(volumes: Iterable[View]) -> Iterator[tuple[str, View]]:
    """Kind and reference of each object that is a volume, or a source of a projected one. A volume's Secret has its
    name as ``secretName``, all others as ``name``."""
    return _required(volumes, _VOLUMES)


def _required(sources: Iterable[View], kinds: Mapping[str, str]) -> Iterator[tuple[str, View]]:
    for source in sources:
        for field, kind in kinds.items():
            reference = source.get(field)
            if reference.is_map and reference.get("optional").data is not True:
                yield kind, reference
