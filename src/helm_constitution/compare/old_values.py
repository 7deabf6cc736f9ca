"""A user's values for the earlier release, given to the new one: keys that it ignores, rejects or misreads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from helm_constitution.chart.schema_validator import BrokenSchema, SchemaValidator
from helm_constitution.chart.values import merged_values
from helm_constitution.compare.effects import lost_effects
from helm_constitution.core.confidential import by_names, withheld_in
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.text.yaml_document import Path, dotted, leaves
from helm_constitution.text.yaml_scalars import Json

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

    from helm_constitution.chart.model import Chart
    from helm_constitution.compare.changes import Change
    from helm_constitution.compare.effects import Trial
    from helm_constitution.render.results import RenderedChart
    from helm_constitution.text.yaml_document import View, YamlDocument


class Lost(NamedTuple):
    """A key of the user's file that no longer does what it did; ``change`` is its cause, if known."""

    at: View
    """The key in the user's file."""
    message: str
    """What happens to it now."""
    change: Change | None


class Compared(Protocol):
    """The parts of a comparison that matter to a user's values."""

    @property
    def old(self) -> RenderedChart:
        """The earlier release."""
        ...

    @property
    def new(self) -> RenderedChart:
        """This release."""
        ...

    @property
    def old_values(self) -> YamlDocument | None:
        """A user's values for the earlier release."""
        ...

    @property
    def trial(self) -> Trial | None:
        """Renders both releases with parts of these."""
        ...

    @property
    def changes(self) -> tuple[Change, ...]:
        """What changed."""
        ...


def lost_values(comparison: Compared) -> Iterator[Lost]:
    """Every key of the user's file that the new chart ignores, rejects or interprets differently."""
    document = comparison.old_values
    assert document is not None
    told: set[Path] = set()
    for lost in (*_refused(comparison), *_ignored(comparison), *_retyped(comparison), *_without_effect(comparison)):
        path = lost.at.path
        if not any(path[:length] in told for length in range(1, len(path) + 1)) and path not in told:
            told.add(path)
            yield lost


def _ignored(comparison: Compared) -> Iterator[Lost]:
    old, new = comparison.old, comparison.new
    both = {dependency.key for dependency in old.chart.dependencies} & {
        dependency.key for dependency in new.chart.dependencies
    }
    document = comparison.old_values
    assert document is not None
    for path, _ in leaves(document.data):
        if not path or path[0] in both or not old.analysed.uses.is_read(path) or new.analysed.uses.is_read(path):
            continue
        change = _behind(comparison, path, "compat/value-renamed", "compat/value-removed", "compat/dependency-changed")
        advice = f"; {change.advice}" if change is not None and change.rule == "compat/value-renamed" else ""
        view = document.view.get(*path)
        yield Lost(view, f"{dotted(path)} is now ignored: no template reads it any more{advice}", change)


def _without_effect(comparison: Compared) -> Iterator[Lost]:
    """Keys that templates still read, but with no effect or another one."""
    document, defaults = comparison.old_values, comparison.new.chart.values
    if document is None or comparison.trial is None or not isinstance(document.data, dict):
        return
    values = defaults.data if defaults is not None else {}
    for effect in lost_effects(document.data, values, comparison.trial):
        name = dotted(effect.path)
        if effect.after is None:
            message = f"{name} is now ignored: it used to set {effect.before} and no longer sets anything"
        else:
            message = f"{name} has another effect now: it used to set {effect.before} and now sets {effect.after}"
        yield Lost(document.view.get(*effect.path), message, None)


def _behind(comparison: Compared, path: tuple[str, ...], *rules: str) -> Change | None:
    """The change that removed a value: that of its own path, else of one above it."""
    for length in range(len(path), 0, -1):
        name = dotted(path[:length])
        for change in comparison.changes:
            if change.rule in rules and name in change.names:
                return change
    return None


def _retyped(comparison: Compared) -> Iterator[Lost]:
    document = comparison.old_values
    assert document is not None
    for change in comparison.changes:
        if change.rule != "compat/value-retyped" or not change.old_values or not change.new_values:
            continue
        path: tuple[str, ...] = ()
        before: Json = dict(change.old_values)
        after: Json = dict(change.new_values)
        view = document.view
        while isinstance(before, dict) and len(before) == 1 and dotted(path) != change.names[0]:
            key = next(iter(before))
            path, before = (*path, key), before[key]
            after = after.get(key) if isinstance(after, dict) else None
            view = view.get(key)
        if not view.exists or view.data is None:
            continue
        # If both sides are strings, another value now holds a part of it.
        if type(view.data) is not type(after) or type(before) is type(after):
            yield Lost(view, f"{dotted(path)} has to change: {change.what}; {change.advice}", change)


def _refused(comparison: Compared) -> Iterator[Lost]:
    """Values that the new schema rejects and the old one, if there was one, did not."""
    document = comparison.old_values
    new, old = comparison.new.chart, comparison.old.chart
    if document is None or new.schema is None or not isinstance(document.data, dict):
        return
    known = {_key(error) for error in _errors(old, document.data)}
    for error in _errors(new, document.data):
        path = tuple(error.absolute_path)
        if _key(error) in known:
            continue
        if error.validator == "additionalProperties":
            here = document.view.get(*path)
            known_keys = error.schema.get("properties") or {} if isinstance(error.schema, Mapping) else {}
            for key, part in here.entries():
                if repr(key) in error.message and key not in known_keys:
                    yield Lost(part, f"{dotted((*path, key))} is now rejected: the schema does not allow it", None)
        else:
            view = document.view.get(*path)
            words = withheld_in(error.message, error.instance, by_names(path, document.data))
            yield Lost(view, f"{dotted(path) or 'the file'} is now rejected by the schema: {words}", None)


def _errors(chart: Chart, values: dict[str, Json]) -> list[ValidationError]:
    if chart.schema is None:
        return []
    merged = merged_values(chart.values.data if chart.values is not None else {}, values)
    try:
        return SchemaValidator(chart.schema).errors(merged)
    except BrokenSchema:
        return []  # values/schema-mismatch reports it


def _key(error: ValidationError) -> tuple[object, ...]:
    return (*error.absolute_path, error.validator)
