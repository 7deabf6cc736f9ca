"""What a chart's files alone show: templates parsed, values traced, named templates found."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from helm_constitution.core.kept import Kept
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Base
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.records import record
from helm_constitution.core.secret_lines import lines_without_secrets
from helm_constitution.templates import parse_template, parse_templates
from helm_constitution.templates.uses import analyse
from helm_constitution.templates.uses_again import OtherTemplates, edited_template
from helm_constitution.text.yaml_document import walk

if TYPE_CHECKING:
    from helm_constitution.chart.model import Chart
    from helm_constitution.core.model import Location
    from helm_constitution.kubernetes.manifests import Manifest
    from helm_constitution.templates import TemplateFile
    from helm_constitution.templates.uses import ValueUses
    from helm_constitution.text.yaml_document import View

_T = TypeVar("_T")
_C = TypeVar("_C", bound=Hashable)
_P = ParamSpec("_P")

_KIND = LazyPattern(r"^[ \t]*(?:-[ \t]+)?[\"']?kind[\"']?[ \t]*:|\"kind\"", re.MULTILINE)
_SHORTEST = 3
"""A shorter text says nothing: it is a part of many others."""
_DEFINE = LazyPattern(r"""\{\{-?\s*define\s+["`]([^"`]+)["`]""")
_CALL = LazyPattern(r"""(?:include|template)\s+["`]([^"`]+)["`]""")

_RANDOM = LazyPattern(r"\{\{[^}]*\b(?:rand\w+|gen[A-Z]\w+|uuidv4|htpasswd|bcrypt|encryptAES|now)\b")
_RANDOM_WORDS = ("rand", "uuidv4", "htpasswd", "bcrypt", "encryptAES")
_GENERATES = LazyPattern(r"gen[A-Z]")
_NOW = LazyPattern(r"now\b")


class Vendored(NamedTuple):
    """A chart below ``charts/`` as one of its dependencies.

    ``chart`` is the chart as vendored, ``folder`` its path in the top chart (with the slash; of a package, the one that
    helm unpacks it to). ``values`` is the path of its values in the top chart's. ``is_own``: it is the author's own, a
    folder without a repository to fetch it from.
    """

    chart: Chart
    folder: str
    values: tuple[str, ...]
    is_own: bool


def calls_random(text: str) -> bool:
    """Whether a text calls functions that give something else each time."""
    # Few texts hold such a word at all: to look for it is a tenth of looking into each action.
    has_word = any(word in text for word in _RANDOM_WORDS) or _GENERATES.search(text) or _NOW.search(text)
    return bool(has_word) and _RANDOM.search(text) is not None


def _calls(text: str) -> frozenset[str]:
    """The named templates that a text calls."""
    return frozenset(_CALL.findall(text))


def _defines_in(text: str) -> tuple[tuple[str, bool, frozenset[str]], ...]:
    """The named templates of a file, whether each calls random functions by itself, and what it calls."""
    # From one define to the next: its own end is not searched for; only comments stand between two.
    parts = zip(*[iter(_DEFINE.split(text)[1:])] * 2, strict=True)
    return tuple((name, calls_random(body), _calls(body)) for name, body in parts)


class _Content:
    """A dependency by the texts of its files: equal ones are analysed once, though a check reads the chart anew."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self._files = tuple(_all_files(chart, ""))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Content) and self._files == other._files

    def __hash__(self) -> int:
        return hash(self._files)


def _all_files(chart: Chart, folder: str) -> Iterator[tuple[str, str]]:
    for path, text in chart.files.items():
        yield folder + path, text
    for name, subchart in chart.subcharts.items():
        yield from _all_files(subchart, f"{folder}charts/{name}/")


def _analysed(dependency: _Content, kept: Kept) -> AnalysedChart:
    return AnalysedChart(dependency.chart, kept)


class _LastUses:
    """What the last walk through a chart found: a single one, because it is large."""

    def __init__(self, chart: str) -> None:
        self.chart = chart
        self._templates: tuple[TemplateFile, ...] = ()
        self._uses: ValueUses | None = None
        self._is_draft = False
        self._others: OtherTemplates | None = None

    def of(self, analysed: AnalysedChart) -> ValueUses:
        """The reads of a chart, anew only if something that decides them has changed."""
        chart, templates, is_draft = analysed.chart, analysed.templates, analysed.is_draft
        is_enough = self._uses is not None and (is_draft or not self._is_draft)
        if self._uses is not None and is_enough and self._templates == templates and self._uses.hold_for(chart):
            return self._uses
        edited = edited_template(self._templates, templates) if is_draft else None
        self._templates, self._is_draft = templates, edited is not None
        if edited is None:
            self._uses = analyse(chart, templates, analysed.parsed)
            return self._uses
        others = tuple(one for one in templates if one is not edited)
        if self._others is None or not self._others.are_others(chart, others):
            self._others = OtherTemplates(chart, others, analysed.parsed)
        self._uses = self._others.uses_with(chart, edited)
        return self._uses


@record
class AnalysedChart:
    """A chart and the analysis of its files. Each part is computed on first use, and kept.

    ``kept`` are the results for single files, and for dependencies. ``is_draft``: while one types, see
    :class:`OtherTemplates`.
    """

    chart: Chart
    kept: Kept = field(default_factory=Kept, repr=False)
    is_draft: bool = False
    _derived: dict[tuple[object, ...], Any] = field(default_factory=dict)

    @property
    def base(self) -> Base:
        """What the chart's files are relative to: the chart that is checked, or its baseline."""
        return self.chart.metadata.base

    @cached_property
    def templates(self) -> tuple[TemplateFile, ...]:
        """The chart's own templates, parsed, in path order; a file with a syntax error keeps its error."""
        return parse_templates(self.chart, self.parsed)

    @cached_property
    def uses(self) -> ValueUses:
        """Every read of ``.Values`` in the chart's templates and those of its dependencies."""
        return self.kept.of(self.chart.shown, _LastUses).of(self)

    def parsed(self, path: str, text: str) -> TemplateFile:
        """A template of the chart or of a dependency, read once."""
        return self.kept.of(path, parse_template, text)

    @cached_property
    def define_texts(self) -> dict[str, str]:
        """The chart's named templates as written, by name."""
        return {
            name: template.source(define) for template in self.templates for name, define in template.defines.items()
        }

    @cached_property
    def random_files(self) -> frozenset[str]:
        """The files that call functions with random results."""
        files = self.chart.files.items()
        return frozenset(path for path, text in files if "{{" in text and self.kept.of(text, calls_random))

    def is_random(self, manifest: Manifest) -> bool:
        """Whether an object's template gives random output, by itself or through a named template."""
        known = self._random_templates
        if manifest.template not in known:
            text = self.template_text(manifest) or ""
            known[manifest.template] = self.kept.of(text, calls_random) or not self._random_defines.isdisjoint(
                self.kept.of(text, _calls)
            )
        return known[manifest.template]

    def random_texts(self, manifest: Manifest) -> frozenset[str]:
        """The texts of a random object that may change in each rendering: those not in its template."""
        text = self.template_text(manifest) or ""
        return frozenset(
            leaf
            for _, leaf in walk(manifest.view.data)
            if isinstance(leaf, str) and len(leaf) >= _SHORTEST and leaf not in text
        )

    def template_text(self, manifest: Manifest) -> str | None:
        """The text of the template that renders an object; None if unknown."""
        found = self.chart_of(manifest)
        return found[0].files.get(found[1]) if found else None

    @cached_property
    def _random_templates(self) -> dict[str, bool]:
        return {}

    @cached_property
    def _random_defines(self) -> frozenset[str]:
        """The named templates, including those of dependencies, with random output."""
        random: set[str] = set()
        calls: dict[str, set[str]] = {}
        charts = [self.chart]
        while charts:
            chart = charts.pop()
            charts.extend(chart.subcharts.values())
            for text in chart.files.values():
                for name, is_random, called in self.kept.of(text, _defines_in) if "define" in text else ():
                    calls.setdefault(name, set()).update(called)
                    if is_random:
                        random.add(name)
        while more := {name for name, called in calls.items() if name not in random and called & random}:
            random |= more
        return frozenset(random)

    def derived(self, make: Callable[Concatenate[Chart, _P], _T], *args: _P.args, **named: _P.kwargs) -> _T:
        """The result of ``make`` for the chart (and hashable arguments), computed once, kept with the chart."""
        key = (make, args, *named.items())
        if key not in self._derived:
            self._derived[key] = make(self.chart, *args, **named)
        found: _T = self._derived[key]
        return found

    def derived_from(
        self, content: _C, make: Callable[Concatenate[_C, _P], _T], *args: _P.args, **named: _P.kwargs
    ) -> _T:
        """The result of ``make`` for a text or a parsed file (and hashable arguments), computed once; see ``kept``."""
        return self.kept.of(content, make, *args, **named)

    def line_of(self, location: Location) -> str | None:
        """The source line that a location starts on; None without one, or outside this chart's text files."""
        if location.line is None or location.file is None or location.base != self.base:
            return None
        lines = self._lines.get(location.file)
        if lines is None:
            lines = self._lines[location.file] = (self._text_of(location.file) or "").splitlines()
        return lines[location.line - 1] if location.line <= len(lines) else None

    def shown_line(self, location: Location) -> str | None:
        """The same as a report may show it: without the secrets that keys above it name, and those of a Secret."""
        if location.line is None or (line := self.line_of(location)) is None or location.file is None:
            return None
        lines = self._shown.get(location.file)
        if lines is None:
            text = "\n".join(self._lines[location.file])
            lines = self._shown[location.file] = self.kept.of(text, lines_without_secrets)
        return lines[location.line - 1] if line else line

    def _text_of(self, file: str) -> str | None:
        found = self.vendored(file)
        return self.chart.files.get(file) if found is None else found[0].chart.files.get(found[1])

    @cached_property
    def _lines(self) -> dict[str, list[str]]:
        return {}

    @cached_property
    def _shown(self) -> dict[str, list[str]]:
        return {}

    def dependency_entry(self, dependency: str) -> View | None:
        """Where Chart.yaml declares a dependency (given by its path, ``dep/charts/inner`` by ``dep``)."""
        name = dependency.partition("/")[0]
        for entry in self.chart.dependencies:
            if name in (entry.key, entry.name):
                return entry.view
        return None

    def vendored(self, file: str) -> tuple[Vendored, str] | None:
        """The dependency that a rendered file belongs to (helm names it by its alias), and the file's path in it.

        None for the chart's own files, and for an unknown dependency.
        """
        if not file.startswith("charts/"):
            return None
        found = Vendored(self.chart, "", (), True)
        while file.startswith("charts/"):
            key, _, file = file.removeprefix("charts/").partition("/")
            entry = next((entry for entry in found.chart.dependencies if entry.key == key), None)
            name = key if entry is None else entry.name
            if name not in found.chart.subcharts:
                return None
            chart = found.chart.subcharts[name]
            is_folder = chart.path.is_dir()
            folder = f"{found.folder}charts/{chart.path.name if is_folder else name}/"
            is_own = found.is_own and is_folder and (entry is None or not entry.repository)
            found = Vendored(chart, folder, (*found.values, key), is_own)
        return found, file

    def real_path(self, file: str) -> str:
        """The path in the chart of a rendered file, which helm names by its dependency's alias."""
        found = self.vendored(file)
        return file if found is None else found[0].folder + found[1]

    def is_foreign(self, file: str) -> bool:
        """Whether a rendered file belongs to a dependency that isn't the author's own."""
        found = self.vendored(file)
        return file.startswith("charts/") and (found is None or not found[0].is_own)

    def analysed_dependency(self, dependency: Vendored) -> AnalysedChart:
        """The analysis of a dependency, made once."""
        known = self._analysed_dependencies
        if dependency.folder not in known:
            known[dependency.folder] = self.kept.of(_Content(dependency.chart), _analysed, self.kept)
        return known[dependency.folder]

    @cached_property
    def _analysed_dependencies(self) -> dict[str, AnalysedChart]:
        return {}

    def chart_of(self, manifest: Manifest) -> tuple[Chart, str] | None:
        """The chart that an object's template belongs to, and the template's path in it; None if unknown."""
        chart, path = self.chart, manifest.template
        while path.startswith("charts/"):
            key, _, path = path.removeprefix("charts/").partition("/")
            name = next((entry.name for entry in chart.dependencies if entry.key == key), key)
            if name not in chart.subcharts:
                return None
            chart = chart.subcharts[name]
        return chart, path

    def given_by_values(self, manifest: Manifest) -> bool:
        """Whether a whole object comes from the values (``extraObjects``): its template names no kind itself."""
        if manifest.dependency is not None:
            return False
        given = self._given.get(manifest.template)
        if given is None:
            text = self.chart.files.get(manifest.template, "kind:")
            given = self._given[manifest.template] = not self._names_kind(text, set())
        return given

    def _names_kind(self, text: str, seen: set[str]) -> bool:
        if _KIND.search(text):
            return True
        for name in _CALL.findall(text):
            if name in seen or name.endswith((".render", ".tplvalues.merge")):
                continue  # Bitnami's common.tplvalues.render prints its argument
            seen.add(name)
            define = self.define_texts.get(name)
            if define is None or self._names_kind(define, seen):
                return True
        return False

    @cached_property
    def _given(self) -> dict[str, bool]:
        return {}
