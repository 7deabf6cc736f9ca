"""Measures which branches of a chart's templates a rendering enters, without changing the output.

Helm doesn't report this. So a scenario is rendered from a copy of the chart in which every region begins with an action
that prints nothing: it records the region's number in the root that all templates of a rendering share (``$``), under a
key that no template reads. An additional template, the last that helm runs, prints the numbers in a document of its
own, which is removed again. The rest is the unchanged rendering.

A named template can record its region only if its argument is or contains the root: ``include "a" .``, ``include "a"
(dict "context" $)``. If that is not certain for every call, a missing record proves nothing, and helm is asked in
another way: a copy stops with ``fail`` at the beginning of each region in question. If it stops, that region was
entered; the scenario is rendered again without that stop, until it is completed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias

from helm_constitution.chart.edited_copy import edited_copy
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Status
from helm_constitution.helm.process import too_much_output
from helm_constitution.helm.protocol import (
    FailureKind,
    HelmEngine,
    Pending,
    RenderedText,
    RenderOutput,
    RenderRequest,
)
from helm_constitution.render.diff import is_changed
from helm_constitution.render.template_calls import TemplateCalls
from helm_constitution.templates.cheap_keys import cheap_sources
from helm_constitution.templates.interpreter import texts_with_actions
from helm_constitution.templates.nodes import (
    Define,
    Node,
)

if TYPE_CHECKING:
    from helm_constitution.chart.model import Chart
    from helm_constitution.render.regions import Region
    from helm_constitution.render.results import ScenarioResult
    from helm_constitution.templates.analysis import AnalysedChart

Edit: TypeAlias = Callable[[int, str, int], str]
"""What is inserted at a region's beginning: of its number, the template's text, the offset."""

TELLER = "templates/!qx7r.yaml"
"""Helm runs the templates of a chart last of all, in the reverse order of their names."""

_IS_ROOT = (
    'and (hasSuffix ".Values" (typeOf {0})) (hasKey {0} "Capabilities") (hasKey {0} "Subcharts") (hasKey {0} "Release")'
)
_TELLING = f"""\
{{{{- define "Qx7r" -}}}}
  {{{{- $data := index . 0 -}}}}
  {{{{- $key := index . 1 -}}}}
  {{{{- if {_IS_ROOT.format("$data")} -}}}}
    {{{{- $none := set $data $key true -}}}}
  {{{{- else if or (kindIs "map" $data) (kindIs "slice" $data) -}}}}
    {{{{- range $data -}}}}
      {{{{- if {_IS_ROOT.format(".")} -}}}}
        {{{{- $none := set . $key true -}}}}
      {{{{- end -}}}}
    {{{{- end -}}}}
  {{{{- end -}}}}
{{{{- end -}}}}
{{{{- define "Qx7r.told" -}}}}
  {{{{- range $key, $none := . -}}}}
    {{{{- if hasPrefix "Qx7r" $key }}}} {{{{ trimPrefix "Qx7r" $key }}}}{{{{ end -}}}}
  {{{{- end -}}}}
  {{{{- range .Subcharts -}}}}
    {{{{- template "Qx7r.told" . -}}}}
  {{{{- end -}}}}
{{{{- end -}}}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: qx7r
data:
  entered: "{{{{ template "Qx7r.told" . }}}}"
"""
_TOLD = LazyPattern(r'entered: "([ 0-9]*)"')
_STOP = LazyPattern(r"#@region:(\d+)@")
_COMPUTED = LazyPattern(r"\{\{[^}]*\binclude\s+(?!\(\s*print\w*\s+\S*BasePath\b)[^\"`\s]")
"""A call of a named template whose name is computed, and isn't a file's."""


class Instrumentation:
    """The copy of a chart that records what it enters; a context manager.

    Args:
        analysed: the chart.
        regions: all regions, in the order of their numbers.
        engine: renders.
    """

    def __init__(self, analysed: AnalysedChart, regions: Sequence[Region], engine: HelmEngine) -> None:
        self.regions = regions
        self.told: dict[RenderRequest, frozenset[int]] = {}
        self._analysed = analysed
        self._engine = engine
        self._stack = ExitStack()
        self._copy: Path | None = None
        self._is_cheap = True
        # Helm would run another template after the one that reports.
        names = [path for path in analysed.chart.files if path.startswith("templates/")]
        self._tells = bool(regions) and min(names, default="") > TELLER

    def __enter__(self) -> Instrumentation:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stack.close()

    def render(self, request: RenderRequest, *, is_trial: bool = False) -> Pending[RenderOutput]:
        """Starts a rendering that equals the chart's own, and records the regions that it enters.

        For a trial, the reason of a failure doesn't matter.
        """
        if not self._tells:
            return self._engine.render(self._analysed.chart.path, request)
        return _Visit(self, request, self._engine.render(self._folder(), request), is_trial)

    def plain(self, request: RenderRequest) -> RenderOutput:
        """The chart's own rendering."""
        return self._engine.render(self._analysed.chart.path, request).result()

    def compare(self, results: Iterable[ScenarioResult]) -> None:
        """Renders the same again from the copy. If the output differs, the copy is not used any more."""
        rendered = [result for result in results if result.status is Status.RENDERED]
        pending = [self.render(result.scenario.request) for result in rendered]
        for result, visit in zip(rendered, pending, strict=True):
            documents = visit.result().documents
            if is_changed(result.documents, documents, None):
                twin = self.plain(result.scenario.request).documents
                if is_changed(result.documents, documents, twin):
                    self.told.clear()
                    if self._is_cheap:  # a key as it is has more lines than a cheap one
                        self._is_cheap, self._copy = False, None
                        self.compare(rendered)
                    else:
                        self._tells = False
                    return

    def entered(self, requests: Sequence[RenderRequest]) -> set[int]:
        """The regions that any of these renderings enters; further renderings find unrecorded ones."""
        pending = [self.render(request) for request in requests if request not in self.told]
        for visit in pending:
            visit.result()
        found: set[int] = set()
        for request in requests:
            found.update(self.told.get(request, ()))
        _around(self.regions, found)
        left = set(range(len(self.regions))) - found
        self._ask(left, [request for request in requests if request not in self.told], found)
        told = [request for request in requests if request in self.told]
        if left := left - found:
            uncertain = self._uncertain(told)
            owners = {number: self._define_of(number) for number in left}
            doubtful = {number for number, owner in owners.items() if owner in uncertain}
            heads = [uncertain[owners[number]] for number in doubtful]
            callers = {
                number for number, region in enumerate(self.regions) if any(region.node in one for one in heads if one)
            }
            anywhere = None in heads
            self._ask(doubtful, [one for one in told if anywhere or callers & self.told[one]], found)
        _around(self.regions, found)
        return found

    def told_of(self, request: RenderRequest) -> set[int]:
        """The regions that one rendering certainly entered; there may be more."""
        found = set(self.told.get(request, ()))
        _around(self.regions, found)
        return found

    def _folder(self) -> Path:
        if self._copy is None:
            texts = _edited(self.regions, set(range(len(self.regions))), _note)
            if self._is_cheap:
                cheap = cheap_sources(self._analysed, texts)
                self._is_cheap = bool(cheap)
                texts.update(cheap)
            self._copy = self._stack.enter_context(edited_copy(self._analysed.chart, {**texts, TELLER: _TELLING}))
            self._stack.enter_context(self._engine.hold(self._copy))
        return self._copy

    # --- where a missing record means nothing ---

    def _uncertain(self, requests: Sequence[RenderRequest]) -> dict[str | None, frozenset[Node] | None]:
        """The named templates that a rendering may have entered without a record; None for regions outside of them.

        With the heads of the regions in one of which they would have been called, None where that isn't known.
        """
        calls = TemplateCalls(self._analysed.templates)
        texts = [*calls.texts, *self._elsewhere(requests, calls)]
        names: set[str | None] = {name for template in self._analysed.templates for name in template.defines}
        if calls.any_unseen or any(_COMPUTED.search(text) for text in texts):
            return dict.fromkeys({*names, None})
        found: dict[str | None, frozenset[Node] | None] = dict(calls.unseen.items())
        found.update((name, None) for name in names if name is not None and any(name in text for text in texts))
        return found

    def _define_of(self, number: int) -> str | None:
        at: int | None = number
        while at is not None:
            region = self.regions[at]
            if isinstance(region.node, Define):
                return region.node.name
            at = region.parent
        return None

    def _elsewhere(self, requests: Iterable[RenderRequest], calls: TemplateCalls) -> list[str]:
        """The other texts that may be rendered as templates: values, files, the templates of dependencies."""
        chart = self._analysed.chart
        texts = list(_texts_below(chart))
        if calls.makes_templates or any("tpl" in text for text in texts):
            texts.extend(texts_with_actions(chart.values.data if chart.values is not None else None))
            for file in dict.fromkeys(file for request in requests for file in request.values_files):
                try:
                    texts.append(file.read_text("utf-8"))
                except (OSError, UnicodeDecodeError):
                    continue  # helm has read it, with its own parser
            texts.extend(argument.value for request in requests for argument in request.set_arguments)
            if calls.reads_files:
                texts.extend(text for path, text in chart.files.items() if not path.startswith("templates/"))
        return [text for text in dict.fromkeys(texts) if "{{" in text and ("include" in text or "template" in text)]

    def _ask(self, asked: set[int], requests: Sequence[RenderRequest], entered: set[int]) -> None:
        """Finds the entered ones of these regions by copies that stop there, and adds them to ``entered``."""
        left = set(asked)
        # The defaults alone first: they enter most of what there is, and all others would stop at the same places.
        for some in (requests[:1], requests[1:]):
            pending = list(some)
            while pending and left:
                with (
                    edited_copy(self._analysed.chart, _edited(self.regions, left, _stop)) as copy,
                    self._engine.hold(copy),
                ):
                    renders = [self._engine.render(copy, request) for request in pending]
                    outputs = [render.result() for render in renders]
                stops = zip(pending, outputs, strict=True)
                stopped = [(request, found) for request, output in stops for found in _stops(output)]
                new = {found for _, found in stopped} & left
                if not new:
                    break
                _around(self.regions, new)
                entered |= new
                left -= new
                pending = list(dict.fromkeys(request for request, _ in stopped))


class _Visit:
    """A running rendering of the copy."""

    def __init__(
        self, visits: Instrumentation, request: RenderRequest, pending: Pending[RenderOutput], is_trial: bool
    ) -> None:
        self._visits = visits
        self._is_trial = is_trial
        self._request = request
        self._pending = pending
        self._output: RenderOutput | None = None

    def result(self) -> RenderOutput:
        """The output of the chart. If the copy fails, the chart itself is rendered for the error message."""
        if self._output is None:
            self._output = self._read(self._pending.result())
        return self._output

    def done(self) -> bool:
        """Whether helm has ended."""
        return self._pending.done()

    def _read(self, output: RenderOutput) -> RenderOutput:
        kept: list[RenderedText] = []
        told: list[str] = []
        for document in output.documents:
            if document.source.endswith(f"/{TELLER}"):
                told.extend(_TOLD.findall(document.text))
            else:
                kept.append(document)
        if not output.ok and (self._is_trial or _would_end_again(output)):
            return output
        if not output.ok or not told:
            return self._visits.plain(self._request)
        self._visits.told[self._request] = frozenset(int(number) for number in told[0].split())
        return output._replace(documents=tuple(kept))


def _would_end_again(output: RenderOutput) -> bool:
    """Whether the chart itself would exceed the same limit: of time or memory. The copy prints more than the chart."""
    error = output.errors[0]
    return error.kind is FailureKind.TIMEOUT and error.text != too_much_output()


def _around(regions: Sequence[Region], entered: set[int]) -> None:
    """The regions around an entered region are entered too."""
    for number in tuple(entered):
        parent = regions[number].parent
        while parent is not None:
            entered.add(parent)
            parent = regions[parent].parent


def _stops(output: RenderOutput) -> Iterator[int]:
    for error in output.errors:
        found = _STOP.search(error.text)
        if found is not None:
            yield int(found[1])
            return


# --- the copies -------------------------------------------------------------------------------------------------------


def _edited(regions: Sequence[Region], numbers: Collection[int], insertion: Edit) -> dict[str, str]:
    """The templates with something inserted at the beginning of these regions."""
    edits: dict[str, list[int]] = {}
    for number in sorted(numbers, key=lambda number: regions[number].start):
        edits.setdefault(regions[number].template.path, []).append(number)
    texts = {}
    for path, inside in edits.items():
        text = regions[inside[0]].template.text
        parts: list[str] = []
        at = 0
        for number in inside:
            start = regions[number].start
            parts.extend((text[at:start], insertion(number, text, start)))
            at = start
        texts[path] = "".join((*parts, text[at:]))
    return texts


def _note(number: int, text: str, start: int) -> str:
    """The action that records a region; it trims the white space that the action before it trims."""
    trims = text.startswith("-}}", start - 3)
    return f'{{{{ template "Qx7r" (list $ "Qx7r{number}") {"-" if trims else ""}}}}}'


def _stop(number: int, text: str, start: int) -> str:
    return f'{{{{ fail "#@region:{number}@" }}}}'


def _texts_below(chart: Chart) -> Iterator[str]:
    """The files of a chart's dependencies."""
    for subchart in chart.subcharts.values():
        yield from subchart.files.values()
        yield from _texts_below(subchart)


# --- who calls named templates with what ------------------------------------------------------------------------------
