"""Which values set rendered fields, proved by rendering the chart with other values.

If the template line doesn't plainly print a value, the candidates for the field are set to something else of their
type, those of all fields at once, each to a unique value; the one that then appears in the field sets it. A flag has
only one other value: two renders, each with other flags switched, show which of several it is. If helm rejects the
values, the most likely ones of each field are tried alone. Nothing unproved is reported.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from helm_constitution.core.deadline import time_left
from helm_constitution.core.errors import YamlSyntaxError
from helm_constitution.core.model import Location
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.helm.set_values import Values, apply, merge
from helm_constitution.kubernetes.documents import template_path
from helm_constitution.locate.candidates import Asked, Candidate, Candidates, text_of
from helm_constitution.locate.resolve import locate
from helm_constitution.locate.value_origins import ValueOrigin
from helm_constitution.render.scenarios import set_json
from helm_constitution.text.yaml import load_documents
from helm_constitution.text.yaml_document import Path, View, YamlDocument, dotted, value_at
from helm_constitution.text.yaml_edits import nested

if TYPE_CHECKING:
    from helm_constitution.helm.protocol import HelmEngine, Pending, RenderOutput, SetArgument
    from helm_constitution.render.results import RenderedChart, ScenarioResult
    from helm_constitution.text.yaml_scalars import Json

Proved: TypeAlias = Mapping[tuple[YamlDocument, Path], ValueOrigin]
"""The value that decides a field, by the field's document and path."""

Proofs: TypeAlias = "dict[tuple[object, ...], Candidate | None]"
"""The value that was proved to set a field, by what lasts of the field while one writes; None if none was."""

MOST_SCENARIOS = 3
"""Scenarios rendered with other values, those with the most fields first; each costs a render, two at most."""
ENOUGH = 2.0
"""Seconds of the check's processor time that must be left."""
_FIRST_MARK = 31001
_FLAG_CODES = (0b01, 0b10, 0b11)
"""In which of two renders a flag is switched: as many flags can be told apart."""


class Proving:
    """Renders with other values, to prove which values set fields; it starts on creation.

    Args:
        asked: the fields.
        rendered: the chart.
        engine: renders; it holds the chart.
        known: proofs of an earlier check, which hold.

    Attributes:
        asked: the fields.
        proofs: the result, for the next check.
    """

    def __init__(
        self, asked: Sequence[Asked], rendered: RenderedChart, engine: HelmEngine, known: Proofs | None = None
    ) -> None:
        self.asked = asked
        self.proofs: Proofs = {}
        self._engine = engine
        self._trials = _trials(asked, rendered, known or {})
        self._started = self._start(1)

    def result(self) -> Proved:
        """Waits for helm. Returns the values that set fields, as far as rendering proves it."""
        self._take(1, self._started)
        self._take(2, self._start(2))
        proved: dict[tuple[YamlDocument, Path], ValueOrigin] = {}
        for trial in self._trials:
            for one, candidate in trial.proofs():
                self.proofs[_lasting(one)] = candidate
                origin = trial.origin(candidate, one.field) if candidate is not None else None
                if origin is not None:
                    proved[one.field.document, one.field.path] = origin
        return proved

    def _start(self, number: int) -> list[tuple[_Trial, Pending[RenderOutput]]]:
        return [(trial, trial.start(self._engine, number)) for trial in self._trials if trial.needs(number)]

    def _take(self, number: int, started: Iterable[tuple[_Trial, Pending[RenderOutput]]]) -> None:
        for trial, pending in started:
            trial.take(number, pending.result())


def _trials(asked: Iterable[Asked], rendered: RenderedChart, known: Proofs) -> list[_Trial]:
    """The scenarios to render with other values; none if the check has little time left."""
    left = time_left()
    if left is not None and left < ENOUGH:
        return []
    by_scenario: dict[str, list[Asked]] = {}
    for one in asked:
        by_scenario.setdefault(one.scenario, []).append(one)
    trials = []
    for name, some in by_scenario.items():
        result = rendered.result_of(name)
        if result is not None and result.rendering is not None and not result.scenario.filled:
            trials.append(_Trial(some, result, rendered, known))
    return sorted(trials, key=lambda trial: -len(trial.fields))[:MOST_SCENARIOS]


def _lasting(asked: Asked) -> tuple[object, ...]:
    """What lasts of a field while one writes: where its object comes from, the object's name, the path in it."""
    document = asked.field.document
    name = str(document.view.get("metadata", "name").data)
    return asked.scenario, document.file, str(document.view.get("kind").data), name, asked.field.path, asked.part


class _Layer(NamedTuple):
    """A values file: of the chart, or a dependency's own, whose values belong below a key of the chart's."""

    document: YamlDocument
    under: Path = ()
    folder: str = ""

    def view(self, path: Path) -> View | None:
        """The file's part at a path of the chart's values."""
        return self.document.view.get(*path[len(self.under) :]) if path[: len(self.under)] == self.under else None

    def locate(self, view: View) -> Location:
        """The location of a part of the file."""
        location = locate(view)
        return location._replace(file=f"{self.folder}{location.file}") if self.folder else location


class _Field(NamedTuple):
    """A field with its candidates, and the index and number of its document among those of its template."""

    asked: Asked
    candidates: Sequence[Candidate]
    place: int
    of: int


class _Change(NamedTuple):
    """The new value, and the renders in which it is set (a bit for each)."""

    value: Json
    code: int

    @property
    def is_flag(self) -> bool:
        """Whether it has only one other value, which doesn't identify it."""
        return isinstance(self.value, bool) or self.value == [{}]


class _Trial:
    """One scenario rendered with other values, for those fields whose proof isn't known."""

    def __init__(self, asked: Sequence[Asked], result: ScenarioResult, rendered: RenderedChart, known: Proofs) -> None:
        self._rendered = rendered
        self._request = result.scenario.request
        self._layers = [_Layer(document) for document in rendered.values_of(result.scenario.name)]
        self._layers += _of_dependencies(asked, rendered)
        self._values = self._merged()
        self.known = [(one, known[key]) for one in asked if (key := _lasting(one)) in known]
        self._asked = [one for one in asked if _lasting(one) not in known]
        self.fields = self._fields(self._asked, result)
        self._changes = self._changed()
        self._outputs: dict[int, dict[str, list[str]] | None] = {}
        self._read: dict[tuple[int, str, int], View | None] = {}

    def _merged(self) -> Values:
        values: Values = {}
        for layer in reversed(self._layers):
            data = nested(layer.under, layer.document.view.data)
            values = merge(values, data) if isinstance(data, dict) else values
        if not self._request.set_arguments:
            return values
        try:
            return apply(((one.flag, one.value) for one in self._request.set_arguments), copy.deepcopy(values))
        except ValueError:
            return {}

    def _fields(self, asked: Sequence[Asked], result: ScenarioResult) -> list[_Field]:
        if not asked:
            return []
        candidates = Candidates(self._values, self._rendered.analysed.uses)
        texts: dict[str, list[str]] = {}
        for document in result.documents:
            texts.setdefault(template_path(document.source, self._rendered.chart.name), []).append(document.text)
        found = []
        for one in asked:
            text = one.field.document.text
            same = texts.get(one.field.document.file, [])
            likely = candidates.of(one) if text in same else []
            if likely:
                found.append(_Field(one, likely, same.index(text), len(same)))
        return found

    def _changed(self) -> dict[Path, _Change]:
        """The new value of each candidate: a flag is switched, anything else gets a unique mark."""
        changes: dict[Path, _Change] = {}
        for field in self.fields:
            used = {changes[one.whole].code for one in field.candidates if one.whole in changes}
            for candidate in field.candidates:
                path, old = candidate.whole, value_at(self._values, candidate.whole)
                if path in changes:
                    continue
                mark = str(_FIRST_MARK + len(changes))
                if isinstance(old, bool) or old == []:
                    # What an item must hold isn't known: an empty list is a flag, which gets one that is empty.
                    code = next((code for code in _FLAG_CODES if code not in used), 0)
                    used.add(code)
                    changes[path] = _Change([{}] if old == [] else not old, code)
                elif isinstance(old, int | float):
                    changes[path] = _Change(int(mark), 1)
                elif isinstance(old, dict) and old:
                    changes[path] = _Change({**old, f"k{mark}": mark}, 1)
                else:
                    changes[path] = _Change([mark] if isinstance(old, list) else mark, 1)
        # What holds another one that is set stays as it is.
        above = {path[:length] for path in changes for length in range(len(path))}
        return {path: change for path, change in changes.items() if path not in above}

    # --- rendering ---

    def needs(self, number: int) -> bool:
        """Whether a render may prove anything: the second if there are several flags, or if helm failed."""
        if number == 1 or 1 not in self._outputs:
            return number == 1 and bool(self.fields) and bool(self._arguments(1))
        if self._outputs[1] is None:
            return len(self._chosen(2)) < len(self._chosen(1)) and bool(self._arguments(2))
        return any(self._is_open(field) for field in self.fields)

    def _is_open(self, field: _Field) -> bool:
        """Whether flags that the first render left unchanged, or switched with others, may set a field."""
        changes = [self._changes[one.whole] for one in field.candidates if one.whole in self._changes]
        later = {change.code for change in changes if change.code & 2}
        return bool(later) and (0b11 in later or not any(self._decides(one, field) for one in field.candidates))

    def start(self, engine: HelmEngine, number: int) -> Pending[RenderOutput]:
        """Starts a render with the changed values; the user's options still take precedence."""
        arguments = (*self._arguments(number), *self._request.set_arguments)
        no_schema = self._request.skip_schema or self._rendered.chart.schema_document is not None
        request = self._request._replace(set_arguments=arguments, skip_schema=no_schema)
        return engine.render(self._rendered.chart.path, request)

    def take(self, number: int, output: RenderOutput) -> None:
        """Records what was rendered."""
        self._outputs[number] = None
        if output.ok:
            texts = self._outputs[number] = {}
            for one in output.documents:
                texts.setdefault(template_path(one.source, self._rendered.chart.name), []).append(one.text)

    def _chosen(self, number: int) -> frozenset[Path]:
        """The values set in a render: in the second, if helm rejected the first, only the most likely of each field."""
        if number == 2 and self._outputs.get(1) is None:
            likeliest = {field.candidates[0].whole for field in self.fields}
            return frozenset(path for path in likeliest if path in self._changes)
        return frozenset(path for path, change in self._changes.items() if change.code & number)

    def _arguments(self, number: int) -> list[SetArgument]:
        """The options that set the changed values; a list is set as a whole."""
        values: Json = copy.deepcopy(self._values)
        prefixes: dict[Path, None] = {}
        for path in sorted(self._chosen(number), key=repr):
            if _put(values, path, self._changes[path].value):
                end = next((index for index, step in enumerate(path) if isinstance(step, int)), len(path))
                prefixes[path[:end]] = None
        return [set_json(map(str, path), value_at(values, path)) for path in prefixes]

    # --- what it proves ---

    def proofs(self) -> Iterator[tuple[Asked, Candidate | None]]:
        """The fields, each with the candidate that alone explains it."""
        yield from self.known
        yield from ((one, None) for one in self._asked)
        for field in self.fields:
            fitting = [candidate for candidate in field.candidates if self._decides(candidate, field)]
            if len(fitting) == 1:
                yield field.asked, fitting[0]

    def _decides(self, candidate: Candidate, field: _Field) -> bool:
        """Whether a field got a candidate's new value in each render that set it, and is unchanged in the others."""
        path, old = candidate.whole, field.asked.field
        change = self._changes.get(path)
        is_seen = False
        for number, output in self._outputs.items():
            if change is None or output is None:
                continue
            new = self._field(number, output, field)
            if path in self._chosen(number):
                is_seen = True
                if new is None or not (_is_alike(new, change.value) or self._is_part(new, old, path)):
                    return False
            elif change.is_flag and (new is None or new.exists != old.exists or new.data != old.data):
                return False
        return is_seen

    def _is_part(self, new: View, old: View, path: Path) -> bool:
        """Whether a text changed only by the new value in it."""
        before, mark = text_of(value_at(self._values, path)), text_of(self._changes[path].value)
        text = text_of(old.data)
        if not before or not mark or not text or isinstance(self._changes[path].value, bool):
            return False
        return text.count(before) == 1 and text_of(new.data) == text.replace(before, mark)

    def _field(self, number: int, output: Mapping[str, Sequence[str]], field: _Field) -> View | None:
        """The value of a field in a render; None if its object isn't found."""
        old = field.asked.field
        key = (number, old.document.file, field.place)
        if key not in self._read:
            self._read[key] = _document(output.get(old.document.file, ()), field)
        root = self._read[key]
        return None if root is None else root.get(*old.path)

    def origin(self, candidate: Candidate, field: View) -> ValueOrigin | None:
        """A candidate's place: that in values.yaml if another file has the same value."""
        data = value_at(self._values, candidate.path)
        found = None
        for layer in self._layers:
            view = layer.view(candidate.path)
            if view is not None and view.exists and (view.data == data or (found is None and not field.exists)):
                found = layer.locate(view)
        if found is None and not field.exists and candidate.below:
            found = self._parent(candidate.path)
        return None if found is None else ValueOrigin(found, dotted(candidate.path), alone=field.exists)

    def _parent(self, path: Path) -> Location | None:
        """The nearest place in the chart's own files of a value that none of them has."""
        document = self._layers[-1].document if self._layers else None
        return locate(document.view.get(*path)) if document is not None and len(path) > 1 else None


def _of_dependencies(asked: Iterable[Asked], rendered: RenderedChart) -> Iterator[_Layer]:
    """The values files of the author's own dependencies."""
    seen = set()
    for one in asked:
        found = rendered.analysed.vendored(one.field.document.file)
        if found is not None and found[0].is_own and found[0].values not in seen:
            dependency = found[0]
            seen.add(dependency.values)
            if dependency.chart.values is not None:
                yield _Layer(dependency.chart.values.document, dependency.values, dependency.folder)


def _put(values: Json, path: Path, value: Json) -> bool:
    """Sets a value in plain data; False where a list or text is in the way."""
    for step, below in zip(path, (*path[1:], None), strict=True):
        if isinstance(step, int):
            if not isinstance(values, list) or step >= len(values):
                return False
            if below is None:
                values[step] = value
            values = values[step]
        elif not isinstance(values, dict):
            return False
        elif below is None:
            values[step] = value
        else:
            if values.get(step) is None:
                values[step] = {}
            values = values[step]
    return True


def _document(texts: Sequence[str], field: _Field) -> View | None:
    """The document of a field among those that its template renders with other values, if their number is the same."""
    if len(texts) != field.of:
        return None
    before = field.asked.field.document
    if texts[field.place] == before.text:
        return before.view
    try:
        found = load_documents(texts[field.place], before.file, rendered=True)
    except YamlSyntaxError:
        return None
    kind = before.view.get("kind").data
    return found[0].view if len(found) == 1 and found[0].view.get("kind").data == kind else None


def _is_alike(new: View, value: Json) -> bool:
    """Whether a field equals a value, as a template prints it."""
    if value == [{}]:
        return new.exists
    if isinstance(value, dict | list):
        return new.data == value
    return new.exists and text_of(new.data) == text_of(value)
