"""A chart as loaded from a folder or a packaged .tgz: its files, parsed where they have a form.

Loading is the only place besides the constitution and the configuration that reads files. It follows Helm's own
loader (pkg/chart/v2/loader): what ``.helmignore`` leaves out, how links are followed, what in ``charts/`` counts.
"""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Protocol

from helm_constitution.chart.archive import MAX_UNPACKED, read_entries, unpack
from helm_constitution.chart.values import ValuesFile
from helm_constitution.core.errors import ChartError, YamlSyntaxError
from helm_constitution.core.model import Base
from helm_constitution.core.records import NamedTuple, record
from helm_constitution.text.yaml import View, YamlDocument, load_document

MAX_FILES = 20_000
"""Files in a chart's folder; more come from links that multiply it, or from a folder that is no chart."""
MAX_FILE = 5 * 1024 * 1024
"""Bytes; Helm 3 refuses a larger file (MaxDecompressedFileSize). Larger ones are not read here; helm says the rest."""

_ALWAYS_SHOWN = re.compile(r"(?:readme|changelog|license)(?:\.\w+)?\Z", re.IGNORECASE)


class Dependency(NamedTuple):
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

    @property
    def conditions(self) -> tuple[tuple[str, ...], ...]:
        """The paths of the values that ``condition`` names."""
        names = (name.strip() for name in self.condition.split(","))
        return tuple(tuple(name.split(".")) for name in names if name)


class Package(NamedTuple):
    """A packaged chart: its SHA-256 in hexadecimal digits, the text of the .prov file beside it, if there is one."""

    digest: str
    provenance: str | None


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
    version: str
    metadata: YamlDocument
    values: ValuesFile | None
    files: Mapping[str, str]
    undecodable: tuple[str, ...]
    dependencies: tuple[Dependency, ...]
    subcharts: Mapping[str, Chart]
    missing_dependencies: tuple[Dependency, ...]
    schema: object | None
    package: Package | None = None

    @property
    def is_library(self) -> bool:
        """Whether Chart.yaml says ``type: library``: such a chart can't be rendered by itself."""
        return self.metadata.view.get("type").string() == "library"

    @property
    def api_version(self) -> str:
        """Chart.yaml's apiVersion; ``v1`` where it has none, as Helm assumes."""
        return self.metadata.view.get("apiVersion").string() or "v1"

    def dependency_at(self, key: str) -> Chart | None:
        """The dependency whose values stand under a top-level key; None where none does, or it isn't here."""
        names = (dependency.name for dependency in self.dependencies if dependency.key == key)
        return next((self.subcharts[name] for name in names if name in self.subcharts), None)

    @property
    def missing_message(self) -> str | None:
        """What to do about missing dependencies; None where none is missing."""
        if not self.missing_dependencies:
            return None
        names = ", ".join(dict.fromkeys(dependency.name for dependency in self.missing_dependencies))
        return f"dependencies declared but not in charts/: {names}; run `helm dependency build {self.shown}`"


def load_chart(path: Path, shown: str | None = None, base: Base = Base.CHART) -> Chart:
    """Loads a chart from its folder or a packaged .tgz.

    Args:
        path: the folder that holds Chart.yaml, or the .tgz.
        shown: how messages name the chart; the path as given unless told.
        base: what the chart's files are to the reader of a report: those of the chart, or of its baseline.

    Raises:
        ChartError: the chart is missing, unreadable, unsafe to unpack or not a chart; the file is named.
        YamlSyntaxError: Chart.yaml, values.yaml or requirements.yaml is not YAML, with file and line.
    """
    shown = str(path) if shown is None else shown
    package = _package(shown)
    if path.is_dir():
        return _assemble(_Folder(str(path), "", _ignore_rules(str(path), shown), shown), path, shown, base, package)
    if not path.exists():
        raise ChartError("no such chart: neither a folder nor a packaged chart", file=shown)
    folder = unpack(path, shown)
    return _assemble(_Folder(str(folder), "", _IgnoreRules([]), shown), folder, shown, base, package)


def _package(shown: str) -> Package | None:
    """The packaged chart that was given; None for a folder. Its signature is looked at where there is one."""
    if not os.path.isfile(shown):
        return None
    try:
        provenance = _read(f"{shown}.prov", f"{shown}.prov").decode("utf-8", "replace")
    except (FileNotFoundError, ChartError):
        return Package("", None)
    from helm_constitution.core.digest import sha256

    return Package(sha256(_read(shown, shown)).hexdigest(), provenance)


class _Source(Protocol):
    """Where a chart's files come from."""

    path: str
    """The folder, or the package."""
    shown: str

    def read(self) -> tuple[dict[str, bytes], dict[str, _Source], list[str]]:
        """The chart's own files; what stands in ``charts/`` by entry name; files too large to read."""
        ...

    def chart_yaml(self) -> bytes | None:
        """Chart.yaml alone."""
        ...


class _Folder:
    """A chart's folder. ``prefix`` is its path in the top chart, whose ``.helmignore`` rules everything below."""

    def __init__(self, path: str, prefix: str, rules: _IgnoreRules, shown: str) -> None:
        self.path = path
        self.prefix = prefix
        self.rules = rules
        self.shown = shown
        self._seen = 0

    def chart_yaml(self) -> bytes | None:
        try:
            return _read(os.path.join(self.path, "Chart.yaml"), self._name("Chart.yaml"))
        except FileNotFoundError:
            return None

    def read(self) -> tuple[dict[str, bytes], dict[str, _Source], list[str]]:
        files: dict[str, bytes] = {}
        large: list[str] = []
        subcharts: dict[str, _Source] = {}
        total = 0
        for name, full, size in self._walk(self.path, "", ()):
            if name.startswith("charts/"):
                subcharts[name.removeprefix("charts/")] = self._subchart(name, full)
            elif size > MAX_FILE:
                large.append(name)
            else:
                total += size
                if total > MAX_UNPACKED:
                    raise ChartError(
                        f"the chart's files are larger than {MAX_UNPACKED // 1024**2} MiB together, the most that helm "
                        "reads; leave out what doesn't belong to it in .helmignore",
                        file=self.shown,
                    )
                try:
                    files[name] = _read(full, self._name(name))
                except FileNotFoundError:
                    continue  # removed meanwhile
        return files, subcharts, large

    def _name(self, name: str) -> str:
        return f"{self.shown}/{name}"

    def _subchart(self, name: str, full: str) -> _Source:
        if os.path.isdir(full):
            return _Folder(full, f"{self.prefix}{name}/", self.rules, self._name(name))
        return _Package(full, self._name(name))

    def _walk(self, folder: str, inside: str, trail: tuple[tuple[int, int], ...]) -> Iterator[tuple[str, str, int]]:
        """(path in the chart, path on disk, bytes) of each file; an entry of ``charts/`` as a whole.

        ``trail`` identifies the folders on the way (device and inode), this one excluded.
        """
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
            place = os.stat(folder)
        except OSError as error:
            raise ChartError(f"can't be read: {_reason(error)}", file=self._name(inside.rstrip("/"))) from error
        below = (*trail, (place.st_dev, place.st_ino))
        if below[-1] in trail:
            raise ChartError(
                "a symbolic link to a folder that it is in: helm would follow it without end",
                file=self._name(inside.rstrip("/")),
            )
        self._seen += len(entries)
        if self._seen > MAX_FILES:
            raise ChartError(
                f"more than {MAX_FILES:,} files; is this the chart's folder, and do its links lead where they should?",
                file=self.shown,
            )
        for entry in entries:
            name = inside + entry.name
            try:
                state = entry.stat()
            except FileNotFoundError:
                if not entry.is_symlink():
                    continue  # removed meanwhile
                raise ChartError(
                    "a symbolic link that leads nowhere: helm can't load the chart", file=self._name(name)
                ) from None
            except OSError as error:
                raise ChartError(f"can't be read: {_reason(error)}", file=self._name(name)) from error
            is_folder = stat.S_ISDIR(state.st_mode)
            if self.rules.ignores(self.prefix + name, is_folder):
                if not inside and not is_folder and _ALWAYS_SHOWN.match(name):
                    yield name, entry.path, state.st_size
            elif inside == "charts/":
                if entry.name[0] not in "._" and (is_folder or name.endswith(".tgz")):
                    yield name, entry.path, state.st_size
            elif is_folder:
                yield from self._walk(entry.path, f"{name}/", below)
            elif stat.S_ISREG(state.st_mode):
                yield name, entry.path, state.st_size
            else:
                raise ChartError(
                    "no plain file (a device, a pipe or a socket): helm can't load the chart", file=self._name(name)
                )


class _Package:
    """A packaged chart in ``charts/``, read in memory."""

    def __init__(self, path: str, shown: str, data: bytes | None = None) -> None:
        self.path = path
        self.shown = shown
        self._data = data

    def _entries(self) -> Iterator[tuple[str, bytes]]:
        if self._data is not None:
            yield from read_entries(io.BytesIO(self._data), self.shown)
            return
        try:
            with open(self.path, "rb") as stream:
                yield from read_entries(stream, self.shown)
        except OSError as error:
            raise ChartError(f"can't be read: {_reason(error)}", file=self.shown) from error

    def chart_yaml(self) -> bytes | None:
        return next((content for name, content in self._entries() if name == "Chart.yaml"), None)

    def read(self) -> tuple[dict[str, bytes], dict[str, _Source], list[str]]:
        return _Files(dict(self._entries()), self.path, self.shown).read()


class _Files:
    """A chart's files in memory."""

    def __init__(self, files: dict[str, bytes], path: str, shown: str) -> None:
        self.files = files
        self.path = path
        self.shown = shown

    def chart_yaml(self) -> bytes | None:
        return self.files.get("Chart.yaml")

    def read(self) -> tuple[dict[str, bytes], dict[str, _Source], list[str]]:
        own: dict[str, bytes] = {}
        below: dict[str, dict[str, bytes]] = {}
        subcharts: dict[str, _Source] = {}
        large: list[str] = []
        for name, content in self.files.items():
            if not name.startswith("charts/"):
                if len(content) > MAX_FILE:
                    large.append(name)
                else:
                    own[name] = content
                continue
            entry, slash, rest = name.removeprefix("charts/").partition("/")
            if entry[0] in "._":
                continue
            if slash:
                below.setdefault(entry, {})[rest] = content
            elif entry.endswith(".tgz"):
                subcharts[entry] = _Package(self.path, f"{self.shown}/{name}", content)
        for entry, files in below.items():
            subcharts[entry] = _Files(files, self.path, f"{self.shown}/charts/{entry}")
        return own, subcharts, large


class _Subcharts(Mapping[str, "Chart"]):
    """The charts in ``charts/`` by their own names, each read when it is first asked for."""

    def __init__(self, sources: Mapping[str, _Source], base: Base) -> None:
        self._sources = sources
        self._base = base
        self._loaded: dict[str, Chart] = {}

    @cached_property
    def _by_name(self) -> dict[str, _Source]:
        named: dict[str, _Source] = {}
        for source in self._sources.values():
            raw = source.chart_yaml()
            if raw is None:
                raise ChartError(
                    "not a chart: no Chart.yaml in it; helm can't load what else stands in charts/", file=source.shown
                )
            metadata = _yaml(_text(raw, f"{source.shown}/Chart.yaml"), "Chart.yaml", source.shown)
            named.setdefault(_name(metadata, source.shown), source)
        return named

    def __getitem__(self, key: str) -> Chart:
        chart = self._loaded.get(key)
        if chart is None:
            source = self._by_name[key]
            chart = self._loaded[key] = _assemble(source, Path(source.path), source.shown, self._base)
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


def _assemble(source: _Source, path: Path, shown: str, base: Base, package: Package | None = None) -> Chart:
    raw, sources, large = source.read()
    if "Chart.yaml" not in raw:
        ignored = os.path.isfile(os.path.join(source.path, "Chart.yaml"))
        why = ": .helmignore leaves it out" if ignored else ""
        raise ChartError(f"not a chart: no Chart.yaml in {shown}{why}", file=shown)
    files: dict[str, str] = {}
    undecodable = large
    for name, content in raw.items():
        try:
            files[name] = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            if name in _NEEDED or name.startswith("templates/"):
                raise _not_utf8(content, f"{shown}/{name}") from None
            undecodable.append(name)

    metadata = _yaml(files["Chart.yaml"], "Chart.yaml", shown, base)
    name = _name(metadata, shown)
    declared = metadata
    if "requirements.yaml" in files:
        requirements = _yaml(files["requirements.yaml"], "requirements.yaml", shown, base)
        if requirements.view.get("dependencies").exists:
            declared = requirements
    dependencies = tuple(_dependencies(declared, shown))
    subcharts = _Subcharts(sources, base)
    values = None
    if "values.yaml" in files:
        values = ValuesFile("values.yaml", files["values.yaml"], base)
        _check_values(values, f"{shown}/values.yaml")
    return Chart(
        path=path,
        shown=shown,
        name=name,
        version=metadata.scalar_text(("version",)) or "",
        metadata=metadata,
        values=values,
        files=files,
        undecodable=tuple(undecodable),
        dependencies=dependencies,
        subcharts=subcharts,
        missing_dependencies=tuple(
            dependency for dependency in dependencies if not subcharts.is_vendored(dependency.name)
        ),
        schema=_schema(files.get("values.schema.json"), f"{shown}/values.schema.json"),
        package=package,
    )


_NEEDED = frozenset({"Chart.yaml", "values.yaml", "values.schema.json", "requirements.yaml"})


def _read(path: str, shown: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ChartError(f"can't be read: {_reason(error)}", file=shown) from error


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _text(content: bytes, shown: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _not_utf8(content, shown) from None


def _not_utf8(content: bytes, shown: str) -> ChartError:
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return ChartError(
            f"not UTF-8 text: byte 0x{content[error.start]:02x} at offset {error.start}; save the file as UTF-8",
            file=shown,
            line=line,
        )
    raise AssertionError("the text is UTF-8")


def _yaml(text: str, name: str, shown: str, base: Base = Base.CHART) -> YamlDocument:
    try:
        return load_document(text, name, base=base)
    except YamlSyntaxError as error:
        raise YamlSyntaxError(error.message, file=f"{shown}/{name}", line=error.line, column=error.column) from None


def _name(metadata: YamlDocument, shown: str) -> str:
    file = f"{shown}/Chart.yaml"
    if metadata.data is None:
        raise ChartError("the file is empty; a chart needs apiVersion, name and version", file=file)
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
    """What helm can't load as values ends here."""
    try:
        document = values.document
    except YamlSyntaxError as error:
        raise YamlSyntaxError(error.message, file=shown, line=error.line, column=error.column) from None
    if document.data is not None and not isinstance(document.data, dict):
        span = document.value_span(())
        raise ChartError("must be a map of keys and values", file=shown, line=span.line if span else None)


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
        schema: object = json.loads(text)
    except json.JSONDecodeError as error:
        raise ChartError(f"not JSON: {error.msg[:1].lower()}{error.msg[1:]}", file=shown, line=error.lineno) from None
    except RecursionError:
        raise ChartError("nested too deeply to be read", file=shown) from None
    return schema


class _IgnoreRules:
    """``.helmignore`` as Helm reads it (pkg/ignore), which is not Git's way.

    The first pattern that fits decides; a negated pattern leaves out everything that it does not fit.
    """

    def __init__(self, patterns: list[tuple[re.Pattern[str], bool, bool, bool]]) -> None:
        # (pattern, of the base name only, folders only, negated)
        self._patterns = [*patterns, (re.compile(r"templates/\.[^/][^/]*\Z"), False, False, False)]

    def ignores(self, path: str, is_folder: bool) -> bool:
        """Whether the file or folder at ``path`` (forward slashes, from the top chart) is left out."""
        base = path.rpartition("/")[2]
        for pattern, base_only, folders_only, negated in self._patterns:
            if negated:
                if (folders_only and not is_folder) or not pattern.match(base if base_only else path):
                    return True
            elif (is_folder or not folders_only) and pattern.match(base if base_only else path):
                return True
        return False


def _ignore_rules(folder: str, shown: str) -> _IgnoreRules:
    file = f"{shown}/.helmignore"
    try:
        text = _text(_read(os.path.join(folder, ".helmignore"), file), file)
    except FileNotFoundError:
        return _IgnoreRules([])
    patterns = []
    for number, line in enumerate(text.split("\n"), 1):
        rule = line.strip()
        if not rule or rule.startswith("#"):
            continue
        if "**" in rule:
            raise ChartError("helm knows no `**` in .helmignore and can't load the chart", file=file, line=number)
        negated = rule.startswith("!")
        rule = rule.removeprefix("!")
        folders_only = rule.endswith("/")
        rule = rule.removesuffix("/")
        try:
            pattern = re.compile(_glob(rule.removeprefix("/")))
        except (ValueError, re.error):
            raise ChartError(f"bad pattern {rule!r}: helm can't load the chart", file=file, line=number) from None
        patterns.append((pattern, "/" not in rule, folders_only, negated))
    return _IgnoreRules(patterns)


def _glob(pattern: str) -> str:
    """A regular expression for a pattern of Go's filepath.Match. Raises ValueError for a malformed one."""
    result = ""
    position = 0

    def one() -> str:
        nonlocal position
        if position < len(pattern) and pattern[position] == "\\":
            position += 1
        if position >= len(pattern):
            raise ValueError(pattern)
        position += 1
        return re.escape(pattern[position - 1])

    while position < len(pattern):
        char = pattern[position]
        if char == "*":
            result += "[^/]*"
            position += 1
        elif char == "?":
            result += "[^/]"
            position += 1
        elif char == "[":
            position += 1
            negated = pattern.startswith("^", position)
            position += negated
            members = ""
            while not members or not pattern.startswith("]", position):
                if pattern.startswith(("]", "-"), position):
                    raise ValueError(pattern)
                members += one()
                if pattern.startswith("-", position):
                    position += 1
                    members += f"-{one()}"
            position += 1
            result += f"(?!/)[{'^' if negated else ''}{members}]"
        else:
            result += one()
    return rf"{result}\Z"
