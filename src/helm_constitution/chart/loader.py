"""A chart as loaded from a folder or a packaged .tgz: its files, parsed if their format is known.

Loading is the only place besides the constitution and the configuration that reads files. It follows Helm's own
loader (pkg/chart/v2/loader): what ``.helmignore`` leaves out, how links are followed, what in ``charts/`` counts.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from helm_constitution.chart.archive import unpack
from helm_constitution.chart.helmignore import IgnoreRules, ignore_rules
from helm_constitution.chart.model import Chart, Dependency, Package
from helm_constitution.chart.reading import ReadFiles, not_utf8, read_file, text_of
from helm_constitution.chart.sources import FolderSource, Source
from helm_constitution.chart.value_comments import Notes
from helm_constitution.chart.values import ValuesFile, require_one_document
from helm_constitution.core.digest import sha256
from helm_constitution.core.errors import ChartError, YamlSyntaxError
from helm_constitution.core.model import Base
from helm_constitution.text.yaml import load_document
from helm_constitution.text.yaml_document import View, YamlDocument


class Loads:
    """What the loads of one chart have read, for the next one: its files, and its dependencies by their places."""

    def __init__(self) -> None:
        self.files = ReadFiles()
        self.dependencies: dict[str, tuple[Mapping[str, bytes], Chart]] = {}


def load_chart(
    path: Path,
    shown: str | None = None,
    base: Base = Base.CHART,
    known_values: ValuesFile | None = None,
    earlier: Loads | None = None,
) -> Chart:
    """Loads a chart from its folder or a packaged .tgz.

    Args:
        path: the folder that holds Chart.yaml, or the .tgz.
        shown: how messages name the chart; the path as given unless told.
        base: what reports call the chart's files: those of the chart, or of its baseline.
        known_values: values.yaml as read before, reused if the text is the same.
        earlier: loads of the same folder, whose unchanged files and dependencies are reused.

    Raises:
        ChartError: the chart is missing, unreadable, unsafe to unpack or not a chart; the file is named.
        YamlSyntaxError: Chart.yaml, values.yaml or requirements.yaml is not YAML, with file and line.
    """
    shown = str(path) if shown is None else shown
    package = _package(shown)
    if path.is_dir():
        earlier = earlier or Loads()
        earlier.files.begin()
        source = FolderSource(str(path), "", ignore_rules(str(path), shown), shown, read=earlier.files)
        return _with_one_document(_assemble(source, path, shown, base, package, known_values, earlier), base)
    if not path.exists():
        raise ChartError("no such chart: neither a folder nor a packaged chart", file=shown)
    folder = unpack(path, shown)
    source = FolderSource(str(folder), "", IgnoreRules([]), shown)
    return _with_one_document(_assemble(source, folder, shown, base, package), base)


def _package(shown: str) -> Package | None:
    """The packaged chart that was given; None for a folder. Its signature is looked at where there is one."""
    if not os.path.isfile(shown):
        return None
    try:
        provenance = read_file(f"{shown}.prov", f"{shown}.prov").decode("utf-8", "replace")
    except (FileNotFoundError, ChartError):
        return Package("", None)
    return Package(sha256(read_file(shown, shown)).hexdigest(), provenance)


class _Subcharts(Mapping[str, "Chart"]):
    """The charts in ``charts/`` by their own names, each read when it is first asked for."""

    def __init__(self, sources: Mapping[str, Source], base: Base, earlier: Loads | None) -> None:
        self._sources = sources
        self._base = base
        self._earlier = earlier
        self._loaded: dict[str, Chart] = {}

    @cached_property
    def _by_name(self) -> dict[str, Source]:
        named: dict[str, Source] = {}
        for source in self._sources.values():
            raw = source.chart_yaml()
            if raw is None:
                raise ChartError(
                    "not a chart: no Chart.yaml in it; helm can't load anything else in charts/", file=source.shown
                )
            named.setdefault(self._name_of(source, raw), source)
        return named

    def _name_of(self, source: Source, raw: bytes) -> str:
        before = self._earlier.dependencies.get(source.shown) if self._earlier is not None else None
        if before is not None and before[0].get("Chart.yaml") == raw:
            return before[1].name
        metadata = _yaml(text_of(raw, f"{source.shown}/Chart.yaml"), "Chart.yaml", source.shown)
        return _name(metadata, source.shown)

    def __getitem__(self, key: str) -> Chart:
        chart = self._loaded.get(key)
        if chart is None:
            source = self._by_name[key]
            path = Path(source.path)
            chart = self._loaded[key] = _assemble(source, path, source.shown, self._base, earlier=self._earlier)
        return chart

    def __contains__(self, key: object) -> bool:
        return key in self._by_name

    def is_vendored(self, name: str) -> bool:
        """Whether there is a chart of that name; mostly the entries' own names tell, without a look inside."""
        for entry in self._sources:
            if entry == name or (entry.startswith(f"{name}-") and entry[len(name) + 1 :].lstrip("v")[:1].isdigit()):
                return True
        return name in self._by_name

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)


def _assemble(
    source: Source,
    path: Path,
    shown: str,
    base: Base,
    package: Package | None = None,
    known_values: ValuesFile | None = None,
    earlier: Loads | None = None,
) -> Chart:
    raw, sources, large = source.read()
    before = earlier.dependencies.get(shown) if earlier is not None else None
    if before is not None and before[0] == raw and before[1].path == path and not sources and not large:
        return before[1]
    if "Chart.yaml" not in raw:
        ignored = os.path.isfile(os.path.join(source.path, "Chart.yaml"))
        why = ": .helmignore leaves it out" if ignored else ""
        raise ChartError(f"not a chart: no Chart.yaml in {shown}{why}", file=shown)
    files = _texts(raw, shown)
    undecodable = (*large, *(name for name in raw if name not in files))
    metadata = _yaml(files["Chart.yaml"], "Chart.yaml", shown, base)
    name = _name(metadata, shown)
    declared = metadata
    if "requirements.yaml" in files:
        requirements = _yaml(files["requirements.yaml"], "requirements.yaml", shown, base)
        if requirements.view.get("dependencies").exists:
            declared = requirements
    dependencies = tuple(_dependencies(declared, shown))
    subcharts = _Subcharts(sources, base, earlier)
    values = None
    if "values.yaml" in files:
        text = files["values.yaml"]
        is_known = known_values is not None and (known_values.text, known_values.base) == (text, base)
        notes = Notes(known_values.notes if known_values is not None else None)
        values = known_values if is_known else ValuesFile("values.yaml", text, base, notes)
        assert values is not None
        _check_values(values, f"{shown}/values.yaml")
    chart = Chart(
        path=path,
        shown=shown,
        name=name,
        version=metadata.scalar_text(("version",)) or "",
        metadata=metadata,
        values=values,
        files=files,
        undecodable=undecodable,
        dependencies=dependencies,
        subcharts=subcharts,
        missing_dependencies=tuple(
            dependency for dependency in dependencies if not subcharts.is_vendored(dependency.name)
        ),
        schema=_schema(files.get("values.schema.json"), f"{shown}/values.schema.json"),
        package=package,
    )
    if earlier is not None and not sources and not large:
        earlier.dependencies[shown] = raw, chart
    return chart


def _texts(raw: Mapping[str, bytes], shown: str) -> dict[str, str]:
    """The files that are text."""
    files: dict[str, str] = {}
    for name, content in raw.items():
        try:
            files[name] = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            if name in _NEEDED or name.startswith("templates/"):
                raise not_utf8(content, f"{shown}/{name}") from None
    return files


_NEEDED = frozenset({"Chart.yaml", "values.yaml", "values.schema.json", "requirements.yaml"})


def _yaml(text: str, name: str, shown: str, base: Base = Base.CHART) -> YamlDocument:
    try:
        return load_document(text, name, base=base)
    except YamlSyntaxError as error:
        raise YamlSyntaxError(error.message, file=f"{shown}/{name}", line=error.line, column=error.column) from None


def _name(metadata: YamlDocument, shown: str) -> str:
    file = f"{shown}/Chart.yaml"
    if metadata.data is None:
        raise ChartError("the file is empty; it must set apiVersion, name and version", file=file)
    if not isinstance(metadata.data, dict):
        raise ChartError("must be a map with apiVersion, name and version", file=file, line=1)
    name = metadata.view.get("name")
    if isinstance(name.data, dict | list):
        span = metadata.key_span(("name",))
        raise ChartError("name must be text", file=file, line=span.line if span else None)
    # Helm reads `name: 123` as text.
    text = metadata.scalar_text(("name",))
    if name.data is None or not text:
        span = metadata.key_span(("name",))
        raise ChartError("the chart has no name; add `name: …`", file=file, line=span.line if span else 1)
    return text


def _check_values(values: ValuesFile, shown: str) -> None:
    """Rejects values that helm can't load."""
    try:
        document = values.document
    except YamlSyntaxError as error:
        raise YamlSyntaxError(error.message, file=shown, line=error.line, column=error.column) from None
    if document.data is not None and not isinstance(document.data, dict):
        span = document.value_span(())
        raise ChartError("must be a map of keys and values", file=shown, line=span.line if span else None)


def _with_one_document(chart: Chart, base: Base) -> Chart:
    """The chart; a baseline stays as it is."""
    if base is Base.CHART and chart.values is not None:
        require_one_document(chart.values.text, f"{chart.shown}/{chart.values.path}")
    return chart


def _dependencies(document: YamlDocument, shown: str) -> Iterator[Dependency]:
    view = document.view.get("dependencies")
    file = f"{shown}/{document.file}"

    def line_of(part: View) -> int | None:
        span = document.key_span(part.path)
        return span.line if span else None

    if view.data is not None and not view.is_list:
        raise ChartError("dependencies must be a list", file=file, line=line_of(view))
    for item in view.items():
        if not item.is_map:
            raise ChartError(
                "a dependency must be a map with name, version and repository", file=file, line=line_of(item)
            )

        def text(key: str, item: View = item) -> str:
            return document.scalar_text((*item.path, key)) or "" if item.get(key).data is not None else ""

        name = text("name")
        if not name:
            raise ChartError("a dependency has no name", file=file, line=line_of(item))
        yield Dependency(
            name=name,
            version=text("version"),
            repository=text("repository"),
            condition=text("condition"),
            tags=tuple(str(tag.data) for tag in item.get("tags").items()),
            alias=text("alias"),
            import_values=tuple(part.data for part in item.get("import-values").items()),
            view=item,
        )


def _schema(text: str | None, shown: str) -> object | None:
    if text is None:
        return None
    import json

    try:
        schema: object = json.loads(text, parse_int=_number, parse_float=_number)
    except json.JSONDecodeError as error:
        raise ChartError(f"not JSON: {error.msg[:1].lower()}{error.msg[1:]}", file=shown, line=error.lineno) from None
    except ValueError:
        raise ChartError("contains an integer of more than 4,300 digits; shorten it", file=shown) from None
    except RecursionError:
        raise ChartError("nested too deeply to be read", file=shown) from None
    return schema


def _number(text: str) -> int | float:
    """A number of JSON; one beyond what a float holds counts as the largest that it does."""
    number = int(text) if len(text) < 300 and text.lstrip("-").isdigit() else float(text)
    return number if abs(number) <= sys.float_info.max else math.copysign(sys.float_info.max, number)
