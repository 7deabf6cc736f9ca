"""Planted defects: known lines of known charts made wrong one at a time, and the findings that must point at them.

An operation says as data which lines it changes, wherever they stand in a chart's templates, named templates, library
charts and values, and what must be found of it. The places are worked out from the source files alone, by indentation
and by where a named template is included: nothing here knows how the program finds them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from helm_constitution.check import pipeline
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.core.model import Finding, Location, Precision
from helm_constitution.helm.protocol import HelmEngine, LintOutput, Pending, RenderOutput, RenderRequest
from tests.support import Given

STYLES = Path(__file__).parent.parent / "testdata" / "charts" / "styles"
HIDDEN = STYLES.parent / "hidden"
"""A chart whose workloads only a flag, an enum, an upgrade or an input turns on."""
DECOY = "# not for Kubernetes"
"""Stands on the line before one that only looks like a field: in a script, in another program's configuration."""


class Operation(NamedTuple):
    """A way to make a line wrong.

    ``line`` matches a line without its indentation and the dash of a list's item, ``under`` the key or item that it
    belongs to, ``file`` the chart's name and the file's path. ``becomes`` is what stands there then, indented alike;
    a part that begins with a dash is an item beside it. Empty, the line goes with all that is below it.

    ``wrong`` is the line of ``becomes`` that must be found, None for the key or item that the line belonged to. Where
    the rule says that something is ``missing``, that is its nearest parent, not the field itself.
    """

    name: str
    rule: str
    line: str
    becomes: tuple[str, ...] = ()
    wrong: int | None = 0
    missing: bool = False
    under: str = ""
    file: str = ""


class Place(NamedTuple):
    """A line of a file in the chart, from 1."""

    file: str
    line: int


@dataclass(frozen=True)
class Site:
    """One defect to plant: the line, what the file holds then, and the places where the defect may be found.

    A named template's line has several: what is missing in its output is missing wherever it is included.
    """

    operation: Operation
    place: Place
    text: str
    expected: frozenset[Place]
    decoy: bool

    def __str__(self) -> str:
        return f"{self.operation.name} at {self.place.file}:{self.place.line}"


# --- where to plant ---------------------------------------------------------------------------------------------------

_CONTROL = re.compile(r"\{\{|#|$")
_DEFINE = re.compile(r"""\{\{-? *define "([^"]+)\"""")
_VARIABLE = re.compile(r"\s*\{\{-? *(\$\w+) :=")
_USED_UP = re.compile(r"sha256sum|toJson|\beq\b|:= ")
_INDENTED = re.compile(r"\| *n?indent (\d+)")


def sites(chart: Path, operations: Iterable[Operation]) -> Iterator[Site]:
    """Every line of the chart's templates, library charts and values that an operation makes wrong."""
    files = {
        path.relative_to(chart).as_posix(): path.read_text(encoding="utf-8").split("\n")
        for path in sorted(chart.rglob("*"))
        if path.is_file() and ("templates" in path.parts or path.name == "values.yaml")
    }
    for operation in operations:
        for file, lines in files.items():
            if not re.search(operation.file, f"{chart.name}/{file}"):
                continue
            for number, line in enumerate(lines, 1):
                match = re.fullmatch(operation.line, line[_depth(line) :])
                if match is None:
                    continue
                place = Place(file, number)
                parents = list(_parents(place, _depth(line), files))
                contents = [_content(files, parent) for parent in parents]
                if not operation.under or any(re.fullmatch(operation.under, content) for content in contents):
                    yield _site(operation, match, place, parents, lines)


def _site(
    operation: Operation, match: re.Match[str], place: Place, parents: Sequence[Place], lines: Sequence[str]
) -> Site:
    index = place.line - 1
    line = lines[index]
    indent, depth = _indent(line), _depth(line)
    end = index + 1
    while not operation.becomes and end < len(lines) and lines[end].strip() and _indent(lines[end]) >= depth + 1:
        end += 1
    new = []
    for number, part in enumerate(operation.becomes):
        lead = line[:depth] if number == 0 else " " * (indent if part.startswith("- ") else depth)
        new.append(lead + match.expand(part))
    if operation.wrong is None:
        moved = len(new) - (end - index)
        expected = [
            Place(file, number + moved if file == place.file and number > place.line else number)
            for file, number in parents
        ]
    else:
        expected = [Place(place.file, place.line + operation.wrong)]
    text = "\n".join([*lines[:index], *new, *lines[end:]])
    return Site(operation, place, text, frozenset(expected), index > 0 and lines[index - 1].strip() == DECOY)


def _parents(place: Place, depth: int, files: Mapping[str, Sequence[str]]) -> Iterator[Place]:
    """The keys or items that what stands this deep belongs to: above it, or where its named template is included."""
    lines = files[place.file]
    for index in range(place.line - 2, -1, -1):
        if define := _DEFINE.match(lines[index]):
            yield from _parents_of_uses(define[1], depth, files)
            return
        if _indent(lines[index]) < depth and not _CONTROL.match(lines[index].lstrip()):
            yield Place(place.file, index + 1)
            return


def _parents_of_uses(name: str, depth: int, files: Mapping[str, Sequence[str]]) -> Iterator[Place]:
    call = re.compile(rf"""\b(?:include|template) "{re.escape(name)}\"""")
    for file, lines in files.items():
        variables = [variable[1] for line in lines if call.search(line) and (variable := _VARIABLE.match(line))]
        uses = re.compile("|".join([call.pattern, *(rf"{re.escape(variable)}\b(?! *:?=)" for variable in variables)]))
        for number, line in enumerate(lines, 1):
            if not uses.search(line) or _USED_UP.search(line):
                continue
            if not _CONTROL.match(line.lstrip()):
                yield Place(file, number)  # `labels: {{ include … }}`
                continue
            indented = _INDENTED.search(line)
            yield from _parents(Place(file, number), depth + int(indented[1] if indented else 0), files)


def _content(files: Mapping[str, Sequence[str]], place: Place) -> str:
    line = files[place.file][place.line - 1]
    return line[_depth(line) :]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _depth(line: str) -> int:
    """The column in which a line's key begins, behind the dash of an item."""
    dash = re.match(r" *(?:- +)?", line)
    return dash.end() if dash is not None else 0


# --- what is found ----------------------------------------------------------------------------------------------------


class Renderer:
    """An engine that only renders: what lint says has no part in where a field stands."""

    def __init__(self, engine: HelmEngine) -> None:
        self.engine = engine
        self.name = engine.name
        self.renders = 0

    def version(self) -> str:
        return self.engine.version()

    def kube_version(self, request: RenderRequest) -> str:
        return self.engine.kube_version(request)

    def remote_schemas(self, chart: Path) -> tuple[str, ...]:
        return self.engine.remote_schemas(chart)

    def refusal(self, request: RenderRequest) -> str | None:
        return self.engine.refusal(request)

    def hold(self, chart: Path) -> AbstractContextManager[None]:
        return self.engine.hold(chart)

    def lint(self, chart: Path, request: RenderRequest) -> Pending[LintOutput]:
        return Given(LintOutput())

    def render(self, chart: Path, request: RenderRequest) -> Pending[RenderOutput]:
        self.renders += 1
        return self.engine.render(chart, request)

    def cancel(self, reason: str) -> None:
        self.engine.cancel(reason)

    def close(self) -> None:
        """Nothing to do: who opened the engine closes it."""


@dataclass
class Tally:
    """How many planted defects were found where; the lists say which were not."""

    exact: int = 0
    decoys: int = 0
    by_file: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    @property
    def planted(self) -> int:
        return self.exact + len(self.by_file) + len(self.wrong) + len(self.missed)

    def __str__(self) -> str:
        return (
            f"{self.planted} planted, {self.exact} exact, {len(self.by_file)} by file,"
            f" {len(self.wrong)} wrong, {len(self.missed)} missed; {self.decoys} decoys"
        )


class Planter:
    """Plants defects in copies of one chart and looks at what is found.

    Args:
        chart: the chart's folder.
        folder: an empty folder for the copy and its constitution.
        operations: their rules are the constitution.
        engine: renders.
        scenarios: the choice of scenarios.
    """

    def __init__(
        self,
        chart: Path,
        folder: Path,
        operations: Sequence[Operation],
        engine: HelmEngine,
        scenarios: str = "defaults",
    ) -> None:
        self.chart = chart
        self.copy = folder / chart.name
        shutil.copytree(chart, self.copy)
        constitution = folder / "constitution.md"
        rules = ", ".join(sorted({operation.rule for operation in operations}))
        constitution.write_text(f"# Rules\n\n**MUST**: No defect.\n<!-- rules: {rules} -->\n", encoding="utf-8")
        self.options = CheckOptions(constitution=constitution, scenarios=scenarios)
        self.engine = Renderer(engine)

    def findings(self) -> tuple[Finding, ...]:
        """What is found in the copy as it is now."""
        return tuple(pipeline.run(CheckRequest(self.copy, self.engine, self.options)).singles)

    def plant(self, site: Site, tally: Tally) -> None:
        """Plants one defect, counts what came of it, and takes it back."""
        file = self.copy / site.place.file
        healthy = file.read_text(encoding="utf-8")
        file.write_text(site.text, encoding="utf-8")
        try:
            found = [finding for finding in self.findings() if finding.rule == site.operation.rule]
            self._judge(site, found, tally)
        finally:
            file.write_text(healthy, encoding="utf-8")

    def _judge(self, site: Site, found: Sequence[Finding], tally: Tally) -> None:
        if site.decoy:
            tally.decoys += 1
            tally.wrong.extend(f"{site}, a decoy: {shown(finding)}" for finding in found[:1])
            return
        words = f"{site}: " + "; ".join(dict.fromkeys(map(shown, found)))
        if not found:
            tally.missed.append(words)
        elif any(finding.location.line is not None and not self._is_right(site, finding) for finding in found):
            tally.wrong.append(f"{words}; expected {sorted(site.expected)}")
        elif any(finding.location.line is None for finding in found):
            tally.by_file.append(words)
        else:
            tally.exact += 1

    def _is_right(self, site: Site, finding: Finding) -> bool:
        if finding.location.precision is not (Precision.PARENT if site.operation.missing else Precision.EXACT):
            return False
        place = _place(finding.location)
        if place in site.expected:
            return True
        # A map of the values that a template prints under a key of its own: that key is the parent, the map decides.
        if site.operation.wrong is None and place is not None and place.file != "values.yaml":
            keys = {_content({parent.file: self._lines(parent.file)}, parent) for parent in site.expected}
            decides = {_place(related.location) for related in finding.related}
            return site.expected <= decides and _content({place.file: self._lines(place.file)}, place).startswith(
                tuple(keys)
            )
        return False

    def _lines(self, file: str) -> list[str]:
        return (self.copy / file).read_text(encoding="utf-8").split("\n")


def _place(location: Location) -> Place | None:
    return None if location.file is None or location.line is None else Place(location.file, location.line)


def shown(finding: Finding) -> str:
    """A finding with its places, for messages."""
    location = finding.location
    related = ", ".join(f"{one.location.file}:{one.location.line} {one.message}" for one in finding.related)
    thing = f"{finding.object.kind} {finding.object.name} {finding.object.field}" if finding.object else "-"
    return f"{location.file}:{location.line} ({location.precision}) {thing} [{related}]"
