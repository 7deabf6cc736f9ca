"""A chart as loaded from a folder or a packaged .tgz: its files, parsed where they have a form.

Loading is the only place besides the constitution and the configuration that reads files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from helm_constitution.values import ValuesFile
from helm_constitution.yamltree import View, YamlDocument


@dataclass(frozen=True, slots=True)
class Dependency:
    """One entry of Chart.yaml's ``dependencies``. ``key`` is the alias, or else the name: its values' top-level key."""

    name: str
    version: str
    repository: str
    condition: str
    tags: tuple[str, ...]
    alias: str
    import_values: tuple[object, ...]
    view: View

    @property
    def key(self) -> str:
        """The top-level values key of this dependency."""
        return self.alias or self.name


@dataclass(frozen=True, eq=False)
class Chart:
    """A chart as loaded.

    ``path`` is the folder that helm is run on (for a .tgz the unpacked copy), ``shown`` what the user gave.
    ``files`` holds the text of every file that belongs to the chart (``.helmignore`` applied to templates and files,
    README, CHANGELOG and LICENSE in any case), by its path in the chart with forward slashes; files under ``charts/``
    belong to ``dependencies_loaded``. ``undecodable`` names files that are not UTF-8.
    """

    path: Path
    shown: str
    name: str
    version: str
    metadata: YamlDocument
    values: ValuesFile | None
    files: Mapping[str, str]
    undecodable: tuple[str, ...]
    dependencies: tuple[Dependency, ...]
    subcharts: Mapping[str, Chart]
    missing_dependencies: tuple[Dependency, ...]
    schema: object | None
