"""Where to fix violations: the template line and the values that set it, in the chart or in its baseline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol, TypeAlias

from helm_constitution.core.model import Base, Location, Precision, RelatedLocation
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.locate.candidates import Asked
from helm_constitution.locate.in_block import line_in_block
from helm_constitution.locate.resolve import at_baseline, key_column
from helm_constitution.locate.value_origins import ValueOrigins
from helm_constitution.render.results import RenderedObjects
from helm_constitution.text.yaml_document import RenderedLine, View, YamlDocument

if TYPE_CHECKING:
    from contextlib import ExitStack

    from helm_constitution.helm.protocol import HelmEngine
    from helm_constitution.kubernetes.manifests import Manifest
    from helm_constitution.lint.needs import CheckedChart
    from helm_constitution.lint.rule import Violation
    from helm_constitution.lint.run import RuleRun
    from helm_constitution.locate.marked_render import MarkedRender
    from helm_constitution.locate.proved_values import Proved
    from helm_constitution.locate.source_map import SourceMap, SourceMaps
    from helm_constitution.templates import TemplateFile
    from helm_constitution.templates.analysis import AnalysedChart, Vendored
    from helm_constitution.text.place import Place


_Made: TypeAlias = "tuple[tuple[str, str, str], tuple[TemplateFile, ...]]"
KnownMaps: TypeAlias = "dict[_Made, SourceMap | None]"
"""Source maps of documents, by what documents that render alike have in common and the templates that make them; None
for a document whose lines can't be told."""


class Placed(NamedTuple):
    """Where to fix a violation, other places to look at, and the values that set the field (as dotted paths).

    With ``is_value`` the location is that of the one value that sets the field.
    """

    location: Location
    decided: tuple[RelatedLocation, ...] = ()
    paths: tuple[str, ...] = ()
    is_value: bool = False


class ReleaseOrigins:
    """Places violations in a chart and in its baseline, each by its own templates and values."""

    def __init__(self, checked: CheckedChart, objects: RenderedObjects, sources: SourceMaps) -> None:
        assert checked.rendered is not None
        self._analysed = checked.analysed
        self._line_of = checked.line_of
        self._own = ValueOrigins(checked.rendered, objects, sources)
        old = checked.comparison.old if checked.comparison is not None else None
        self._earlier = ValueOrigins(old, objects, sources) if old is not None else self._own

    def place(self, place: Place | None) -> Location:
        """The location of a place."""
        return self._real(self._of(place).place(place))

    def in_file(self, violation: Violation) -> Placed:
        """A place for a violation without looking for it: its file."""
        at = violation.at
        if not isinstance(at, View | RenderedLine):
            return Placed(self.place(at))
        document = at.document
        return Placed(self._real(Location(document.base, document.file, precision=Precision.FILE)))

    def _real(self, location: Location) -> Location:
        """The location with the path that a dependency's file has, not the one by its alias."""
        if location.file is None or location.base is not Base.CHART or not location.file.startswith("charts/"):
            return location
        return location._replace(file=self._analysed.real_path(location.file))

    def _of(self, place: Place | None) -> ValueOrigins:
        return self._earlier if at_baseline(place) else self._own

    def placed(self, violation: Violation, manifest: Manifest | None) -> Placed:
        """Where to fix a violation.

        If a rendered field is an unchanged value, the value is the place to edit and the template line the one to look
        at; otherwise the reverse. In a text of several lines it is the line with the wrong part.
        """
        return self._in_block(violation, self._placed(violation, manifest))

    def asked(self, violation: Violation, manifest: Manifest | None, placed: Placed) -> Asked | None:
        """What rendering with other values may prove about a violation's field; None if its line shows enough."""
        view = violation.at
        if manifest is None or not isinstance(view, View) or not view.document.rendered or at_baseline(view):
            return None
        is_template = placed.is_value and "{{" in (self._line_of(placed.location) or "")
        if (len(placed.paths) == 1 and not is_template) or violation.of_key:
            return None
        file = view.document.file
        dependency = self._analysed.vendored(file)
        if file.startswith("charts/") and (dependency is None or not self._may_be_given(view, dependency[0])):
            return None
        at = self._own.place(view)
        if view.exists and at.line is not None and "{{" not in (self._line_of(self._real(at)) or "{{"):
            return None  # the template's own text
        printed = () if at.file is None or at.line is None else self._own.on_line(at.file, at.line, view.document)
        under = dependency[0].values if dependency is not None else ()
        return Asked(view, at, manifest.scenario, tuple(one.path for one in printed), under, violation.part)

    def _may_be_given(self, view: View, dependency: Vendored) -> bool:
        """Whether the author controls a dependency's field: it is the author's own, or the chart sets values for it."""
        return dependency.is_own or (view.exists and _may_be_of_the_chart(view.document.file, self._analysed))

    def with_proof(self, violation: Violation, placed: Placed, proved: Proved) -> Placed:
        """The same with the value that sets the field, if rendering proved it."""
        view = violation.at
        if not isinstance(view, View) or (origin := proved.get((view.document, view.path))) is None:
            return placed
        template = self.place(view)
        if not origin.alone:
            is_there = origin.location.precision is Precision.EXACT
            message = f"set by `{origin.path}`" if is_there else f"set by `{origin.path}` (missing here)"
            return placed._replace(decided=(RelatedLocation(origin.location, message),), paths=(origin.path,))
        if violation.secrets and self._is_a_dummy(origin.location, template, view):
            return placed
        related = (RelatedLocation(template, "rendered at"),)
        return self._in_block(violation, Placed(origin.location, related, (origin.path,), True))

    def _in_block(self, violation: Violation, placed: Placed) -> Placed:
        part = violation.part or next(iter(violation.secrets), None)
        if part is None:
            return placed
        at = placed.location
        return placed._replace(location=line_in_block(at, part, lambda number: self._line_of(at._replace(line=number))))

    def _placed(self, violation: Violation, manifest: Manifest | None) -> Placed:
        origins = self._of(violation.at)
        location = self._real(origins.place(violation.at))
        view = violation.at
        if not isinstance(view, View) or not view.document.rendered or manifest is None:
            return Placed(location)
        if violation.of_key and violation.part is not None:
            location = origins.line_that_prints(view, location, manifest.scenario, violation.part)
        found = origins.of(view, location, manifest.scenario, violation.part)
        if violation.of_key and location.line is not None:
            found = [one._replace(alone=False) for one in found]
        if len(found) == 1 and found[0].alone:
            if violation.secrets and self._is_a_dummy(found[0].location, location, view):
                return Placed(location, (RelatedLocation(found[0].location, f"set by `{found[0].path}`"),))
            return Placed(found[0].location, (RelatedLocation(location, "rendered at"),), (found[0].path,), True)
        # In the order of the file: what was found first depends on the run.
        found.sort(key=lambda one: (one.location.file or "", one.location.line or 0, one.path))
        decided = tuple(RelatedLocation(one.location, f"set by `{one.path}`") for one in found)
        return Placed(location, decided, tuple(one.path for one in found))

    def _is_a_dummy(self, value: Location, template: Location, view: View) -> bool:
        """Whether a secret comes only from the chart's own tests, and the template would print any other one."""
        line, key = self._line_of(template), view.path[-1] if view.path else None
        is_key_there = isinstance(key, str) and line is not None and key_column(line, key) is not None
        return is_key_there and value.base is Base.CHART and (value.file or "").startswith("ci/")


class KeptMaps(Protocol):
    """The source maps of earlier checks, which hold, and new ones to keep. Documents are those of the chart itself."""

    def find(self, documents: Mapping[YamlDocument, str]) -> dict[YamlDocument, SourceMap]:
        """The source maps that are known of documents, which are given with the scenarios that render them."""

    def add(self, document: YamlDocument, scenario: str, found: SourceMap) -> None:
        """Takes a new source map."""


class Placing:
    """The running search for the template lines of the documents in which rules found something.

    Args:
        checked: the chart, once helm has rendered.
        engine: renders with marks.
        stack: removes the rendered copies when it closes.
        subcharts: find the lines of dependencies' templates too.
        on: whether to find lines at all.
        known: source maps to use unchanged.
        kept: source maps of earlier checks, if they are kept.
    """

    def __init__(
        self,
        checked: CheckedChart,
        engine: HelmEngine,
        stack: ExitStack,
        *,
        subcharts: bool = False,
        on: bool = True,
        known: KnownMaps | None = None,
        kept: KeptMaps | None = None,
    ) -> None:
        assert checked.rendered is not None
        results = list(checked.rendered.results)
        if checked.comparison is not None:
            results.extend(checked.comparison.all_results)
        self.objects = RenderedObjects(results)
        self._checked = checked
        self._engine = engine
        self._stack = stack
        self._subcharts = subcharts
        self._on = on
        self._kept = kept
        self._is_kept = False  # source maps of open documents come from an earlier check
        self._before = known or {}
        self._before_by_file: dict[tuple[str, str, tuple[TemplateFile, ...]], list[_Made]] = {}
        for key in self._before:
            self._before_by_file.setdefault((*key[0][:2], key[1]), []).append(key)
        self._begun: dict[tuple[str, str, str], YamlDocument] = {}
        self._earlier: dict[tuple[str, str, str], _Made] = {}
        self._helpers = tuple(template for template in checked.analysed.templates if template.defines)
        self.known: KnownMaps = {}
        """The source maps of all documents that were looked for."""
        self.cut: str | None = None
        """That there was no time to look for all lines."""
        self._renders: list[MarkedRender] = []
        self._open: list[YamlDocument] = []
        self._found: dict[tuple[str, str, str], SourceMap] = {}

    def begin(self, runs: Iterable[RuleRun]) -> None:
        """Starts on those documents that are not being located yet; does nothing if nothing was found in any."""
        if not self._on:
            return
        found = documents_to_locate(runs, None if self._subcharts else self._checked.analysed)
        documents = [document for document in found if document.alike not in self._begun]
        self._begun.update((document.alike, document) for document in documents)
        self._open.extend(documents)
        earlier = {document.alike: self._earlier_than(document) for document in documents}
        self._earlier.update((alike, one) for alike, one in earlier.items() if one is not None)
        self._mark(self._without_kept([document for document in documents if document.alike not in self._earlier]))

    def done(self) -> bool:
        """Whether helm has rendered with marks."""
        return all(render.done() for render in self._renders)

    def source_maps(self) -> SourceMaps:
        """Waits for helm. Returns the source map of each document for which it is certain.

        The next call adds those of documents that are begun after this one.
        """
        self._found.update(self._rendered())
        for document in self._open:
            known = self._before[self._earlier[document.alike]] if document.alike in self._earlier else None
            if known is not None:
                self._found[document.alike] = known
            if document.alike in self._found or self.cut is None:
                self.known[self._made_from(document)] = self._found.get(document.alike)
        self._open.clear()
        self._is_kept = False
        return self._found

    def _without_kept(self, documents: list[YamlDocument]) -> list[YamlDocument]:
        """The documents whose source maps are not kept; the others have theirs."""
        if self._kept is None:
            return documents
        scenarios = {document: self.objects.scenario_of(document) for document in documents}
        found = self._kept.find({one: scenario for one, scenario in scenarios.items() if scenario is not None})
        self._found.update((document.alike, source_map) for document, source_map in found.items())
        self._is_kept = self._is_kept or bool(found)
        return [document for document in documents if document not in found]

    def _mark(self, documents: Iterable[YamlDocument]) -> None:
        """Starts to render with marks for documents."""
        sides = [(self._checked.rendered, [one for one in documents if one.base is not Base.BASELINE])]
        if self._checked.comparison is not None:
            sides.append((self._checked.comparison.old, [one for one in documents if one.base is Base.BASELINE]))
        for rendered, some in sides:
            if some and rendered is not None:
                from helm_constitution.locate.marked_render import MarkedRender

                render = MarkedRender(some, rendered, self.objects, self._engine)
                self._renders.append(self._stack.enter_context(render))

    def _rendered(self) -> dict[tuple[str, str, str], SourceMap]:
        """Waits for helm; the source maps of the open documents, without those that are kept."""
        found: dict[tuple[str, str, str], SourceMap] = {}
        is_rejected = False
        for render in self._renders:
            found.update(render.run())
            self.cut = self.cut or render.cut
            is_rejected = is_rejected or bool(render.rejected)
        self._renders.clear()
        if is_rejected and self._is_kept:
            # A named template that is left unmarked for one document is so for all: all are looked for.
            self._is_kept = False
            self._mark(self._open)
            return self._rendered()
        if self._kept is not None and not is_rejected:
            for document in self._open:
                scenario = self.objects.scenario_of(document)
                if document.alike in found and scenario is not None:
                    self._kept.add(document, scenario, found[document.alike])
        return found

    def _earlier_than(self, document: YamlDocument) -> _Made | None:
        """The document of which a source map is known that holds for this one too: the same, or the same but for what
        stands behind some keys. Random passwords differ in each rendering, and a value that is edited prints another
        text; to render twice more for their lines takes as long as all else."""
        if not self._before:
            return None
        key = self._made_from(document)
        if key in self._before:
            return key
        alike = self._before_by_file.get((*key[0][:2], key[1]), ())
        return next((one for one in alike if _have_same_keys(one[0][2], document.text)), None)

    def _made_from(self, document: YamlDocument) -> _Made:
        """What identifies a document's source map, except values that choose between lines of the same output."""
        own = (one for one in self._checked.analysed.templates if one.path == document.file)
        return document.alike, (*own, *self._helpers)


def _have_same_keys(one: str, other: str) -> bool:
    """Whether two texts have the same lines, except for what follows a key."""
    lines, others = one.split("\n"), other.split("\n")
    return len(lines) == len(others) and all(
        line == another or ((found := line.partition(": "))[1] and another.startswith(f"{found[0]}: "))
        for line, another in zip(lines, others, strict=True)
    )


def documents_to_locate(runs: Iterable[RuleRun], analysed: AnalysedChart | None = None) -> list[YamlDocument]:
    """The rendered documents that contain the place of a violation, each once.

    Of equal documents of several scenarios, only the first. Given the chart, those of dependencies that
    aren't the author's own are left out, unless the chart sets values for them, which may be to blame.
    """
    found: dict[tuple[str, str, str], YamlDocument] = {}
    for document in _rendered_documents(runs):
        if analysed is None or not document.file.startswith("charts/") or _may_be_of_the_chart(document.file, analysed):
            found.setdefault(document.alike, document)
    return list(found.values())


def _may_be_of_the_chart(file: str, analysed: AnalysedChart) -> bool:
    found = analysed.vendored(file)
    if found is None:
        return False
    values = analysed.chart.values
    return found[0].is_own or (values is not None and bool(values.document.view.get(*found[0].values).data))


def _rendered_documents(runs: Iterable[RuleRun]) -> Iterator[YamlDocument]:
    """The rendered document of each place that a violation names."""
    for run in runs:
        for violation, _ in run.violations:
            for place in (violation.at, *(related.at for related in violation.related)):
                if isinstance(place, View | RenderedLine) and place.document.rendered:
                    yield place.document
