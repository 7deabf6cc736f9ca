"""A chart as loaded."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from helm_constitution.chart.helmignore import parse_ignore_rules
from helm_constitution.chart.values import ValuesFile
from helm_constitution.core.errors import YamlSyntaxError
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.records import record
from helm_constitution.text.yaml_document import View, YamlDocument


class Dependency(NamedTuple):
    """One entry of Chart.yaml's ``dependencies``. ``key`` is the alias, or else the name: its values' top-level key."""

    name: str
    """The chart's name."""
    version: str
    """The version or range of versions, as written."""
    repository: str
    """The repository's address, as written."""
    condition: str
    """The values that switch it on, as written: ``web.enabled,global.web``."""
    tags: tuple[str, ...]
    """Its tags."""
    alias: str
    """Its alias; empty where it has none."""
    import_values: tuple[object, ...]
    """``import-values`` as written."""
    view: View
    """The entry in Chart.yaml (or in requirements.yaml)."""

    @property
    def key(self) -> str:
        """The top-level values key of this dependency."""
        return self.alias or self.name

    @property
    def conditions(self) -> tuple[tuple[str, ...], ...]:
        """The paths of the values that ``condition`` names."""
        names = (name.strip() for name in self.condition.split(","))
        return tuple(tuple(name.split(".")) for name in names if name)


class Package(NamedTuple):
    """A packaged chart: its SHA-256 in hexadecimal digits, the text of the .prov file beside it, if there is one."""

    digest: str
    """SHA-256 of the file, in hexadecimal digits."""
    provenance: str | None
    """The text of the .prov file; None without one."""


@record
class Chart:
    """A chart as loaded.

    ``path`` is the folder that helm is run on (for a .tgz the unpacked copy; for a subchart that stands packaged in
    ``charts/`` that package), ``shown`` what the user gave. ``files`` holds the text of every file that belongs to the
    chart (``.helmignore`` applied to templates and files, README, CHANGELOG and LICENSE in any case), by its path in
    the chart with forward slashes; files under ``charts/`` belong to ``subcharts``, which are read when first asked
    for and named by their own Chart.yaml. ``undecodable`` names files that are not UTF-8 or larger than helm 3 reads.
    ``package`` is the packaged chart that the user gave, None for a folder.
    ``missing_dependencies`` are declared but not in ``charts/``: helm renders nothing then, whatever their condition.
    """

    path: Path
    shown: str
    name: str
    """``name`` of Chart.yaml."""
    version: str
    """``version`` of Chart.yaml, as written."""
    metadata: YamlDocument
    """Chart.yaml."""
    values: ValuesFile | None
    """values.yaml; None where there is none."""
    files: Mapping[str, str]
    undecodable: tuple[str, ...]
    dependencies: tuple[Dependency, ...]
    """The entries of ``dependencies``."""
    subcharts: Mapping[str, Chart]
    missing_dependencies: tuple[Dependency, ...]
    schema: object | None
    """values.schema.json as data; None where there is none that is JSON."""
    package: Package | None = None

    @property
    def is_library(self) -> bool:
        """Whether Chart.yaml says ``type: library``: a library chart can't be rendered by itself."""
        return self.metadata.view.get("type").string() == "library"

    @property
    def api_version(self) -> str:
        """Chart.yaml's apiVersion; ``v1`` where it has none, as Helm assumes."""
        return self.metadata.view.get("apiVersion").string() or "v1"

    @cached_property
    def schema_document(self) -> YamlDocument | None:
        """values.schema.json with the places of its parts (JSON is YAML); None if there is none that can be read."""
        text = self.files.get("values.schema.json")
        if text is None:
            return None
        from helm_constitution.text.yaml import load_document

        try:
            return load_document(text, "values.schema.json", base=self.metadata.base)
        except YamlSyntaxError:
            return None

    def lines(self, path: str) -> tuple[str, ...]:
        """The lines of a file, without their ends, by its path in the chart; one empty line if it is missing."""
        found = self._lines.get(path)
        if found is None:
            found = self._lines[path] = tuple(line.rstrip("\r") for line in self.files.get(path, "").split("\n"))
        return found

    @cached_property
    def _lines(self) -> dict[str, tuple[str, ...]]:
        """Split once: many findings lie in one file."""
        return {}

    def is_ignored(self, path: str) -> bool:
        """Whether ``.helmignore`` leaves out a file, given by its path in the chart: helm doesn't see it then."""
        text = self.files.get(".helmignore")
        if text is None:
            return False
        return parse_ignore_rules(text, ".helmignore").ignores(path, is_folder=False)

    def dependency_at(self, key: str) -> Chart | None:
        """The dependency whose values stand under a top-level key; None if none does, or it is missing."""
        names = self._names_by_key.get(key, ())
        return next((self.subcharts[name] for name in names if name in self.subcharts), None)

    @cached_property
    def _names_by_key(self) -> dict[str, list[str]]:
        """The names of the dependencies by their values key; of the subcharts only those asked for are loaded."""
        found: dict[str, list[str]] = {}
        for dependency in self.dependencies:
            found.setdefault(dependency.key, []).append(dependency.name)
        return found

    @property
    def missing_message(self) -> str | None:
        """What to do about missing dependencies; None if none is missing."""
        if not self.missing_dependencies:
            return None
        names = ", ".join(dict.fromkeys(dependency.name for dependency in self.missing_dependencies))
        return f"dependencies declared but not in charts/: {names}; run `helm dependency build {self.shown}`"
