"""Values that both releases read and that no longer set the same fields, found by filling them in both.

Only empty values whose template lines changed are tried: what the defaults fill is compared as objects are, and two
renderings of each release show for all of them together whether any value moved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from helm_constitution.chart.values import merged_values
from helm_constitution.compare.changes import Change, Step
from helm_constitution.compare.effects import Field, Filling, Trial, bare, differing, fields_of, shown_field
from helm_constitution.compare.release import Path, Release, at_path, names_of, nested
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.render.placeholders import Placeholder, placeholders_of
from helm_constitution.text.yaml_document import dotted
from helm_constitution.text.yaml_scalars import Json

if TYPE_CHECKING:
    from helm_constitution.kubernetes.manifests import Rendering

    Render = Callable[[dict[str, Json]], Rendering | None]

MOST_FILLS = 16
"""The limit of what is filled one by one; values beyond it are not compared."""
_NEAR = 3
"""The lines around a changed one that may decide where a value is printed."""
_TEXT_MAPS = ("annotations", "labels")
_FLAG = "placeholder.example.com/flag"


class _Fill(NamedTuple):
    """A value to fill, and the flags around it."""

    path: Path
    content: Json
    flags: dict[str, Json]
    is_sure: bool
    """Whether every release has to accept this content."""

    @property
    def values(self) -> dict[str, Json]:
        return merged_values(self.flags, at_path(self.path, self.content))


def moved_values(old: Release, new: Release, filling: Filling, known: Sequence[Change]) -> Iterator[Change]:
    """The empty values that set other fields than before, nothing, or fields with an unquoted number or boolean.

    Args:
        old: the earlier release.
        new: this release.
        filling: renders both with these values filled.
        known: the changes of values that are reported already.
    """
    fills = list(_fills(old, new, filling, known))
    trial = _once(filling.trial)
    if not fills or not _may_differ(fills, trial):
        return
    told: set[Path] = set()
    for fill in fills[:MOST_FILLS]:
        for change in _moved(fill, old, new, trial) if fill.path not in told else ():
            told.add(fill.path)
            yield change


def _once(trial: Trial) -> Trial:
    """Renders equal values once: most fills have the same flags around them, or none."""

    def remembering(render: Render) -> Render:
        known: dict[str, Rendering | None] = {}

        def rendered(values: dict[str, Json]) -> Rendering | None:
            key = repr(values)
            if key not in known:
                known[key] = render(values)
            return known[key]

        return rendered

    return Trial(*map(remembering, trial))


def _fills(old: Release, new: Release, filling: Filling, known: Sequence[Change]) -> Iterator[_Fill]:
    changed = _Changed(old, new)
    told = [change.names[0] for change in known if change.names and change.step is Step.MAJOR]
    for one in placeholders_of(old.analysed, filling.request):
        name = dotted(one.path)
        if (
            not one.overrides
            and new.reads(one.path)
            and not new.get(one.path)
            and changed.reads(one.path)
            and not any(f"{name}.".startswith(f"{other}.") or f"{other}.".startswith(f"{name}.") for other in told)
        ):
            yield from _fills_of(one)


def _fills_of(placeholder: Placeholder) -> Iterator[_Fill]:
    """A placeholder unchanged and, if its values become texts, with a value that has to be quoted for that.

    They are apart because a template that forgets to indent prints only maps with a single key well.
    """
    flags: dict[str, Json] = {}
    for flag in placeholder.enclosing:
        flags = merged_values(flags, at_path(flag, True))
    content = placeholder.choices[0] if placeholder.expected is None else placeholder.expected
    yield _Fill(placeholder.path, content, flags, placeholder.expected is not None or isinstance(content, str))
    if isinstance(content, dict) and placeholder.path[-1].lower().endswith(_TEXT_MAPS):
        yield _Fill(placeholder.path, {_FLAG: True}, flags, is_sure=False)


class _Changed:
    """The lines of the earlier release's templates that changed, and those near them."""

    def __init__(self, old: Release, new: Release) -> None:
        self._old = old
        self._new = new
        self._lines: dict[str, frozenset[int]] = {}

    def reads(self, path: Path) -> bool:
        """Whether a changed line, or one near it, reads a value or a part of it."""
        return any(
            read.path[: len(path)] == path and read.span.line in self._of(read.file, read.template.text)
            for read in self._old.analysed.uses.reads
        )

    def _of(self, file: str, text: str) -> frozenset[int]:
        if file not in self._lines:
            after = self._new.chart.files.get(file, "")
            self._lines[file] = frozenset(_changed_lines(text, after)) if text != after else frozenset()
        return self._lines[file]


def _changed_lines(before: str, after: str) -> Iterator[int]:
    for tag, start, end, _, _ in SequenceMatcher(None, before.split("\n"), after.split("\n"), False).get_opcodes():
        if tag != "equal":
            yield from range(start + 1 - _NEAR, end + 1 + _NEAR)


def _may_differ(fills: Iterable[_Fill], trial: Trial) -> bool:
    """Whether all values together set other fields than before; if a release doesn't render with them, they may."""
    flags: dict[str, Json] = {}
    values: dict[str, Json] = {}
    for fill in fills:
        flags = merged_values(flags, fill.flags)
        values = merged_values(values, fill.values)
    before, after = (_Effects.of(render(flags), render(values)) for render in trial)
    return before is None or after is None or before.apart(after) or after.apart(before)


def _moved(fill: _Fill, old: Release, new: Release, trial: Trial) -> Iterator[Change]:
    before = _Effects.of(trial.old(fill.flags), trial.old(fill.values))
    base = trial.new(fill.flags)
    if before is None or base is None or not before.fields:
        return
    name = dotted(fill.path)
    filled = trial.new(fill.values)
    after = _Effects.of(base, filled)
    was = shown_field(min(before.fields))
    if after is None:
        if fill.is_sure:
            what = f"value {name} used to set {was}, and templates no longer render when it is set"
            yield _change(fill, old, new, what, f"adapt {name} to the templates of this release")
    elif not after.fields:
        if fill.is_sure:
            what = f"value {name} used to set {was} and no longer sets anything"
            yield _change(fill, old, new, what, f"remove {name}, or set what this release reads instead")
    elif not before.paths & after.paths:
        what = f"value {name} used to set {was} and now sets {shown_field(min(after.fields))}"
        yield _change(fill, old, new, what, f"check that {name} still means what you want there")
    elif unquoted := before.unquoted(after):
        what = f"numbers and booleans in value {name} are no longer quoted, and {shown_field(unquoted)} must be text"
        yield _change(fill, old, new, what, f"quote the numbers and booleans in {name}")


class _Effects(NamedTuple):
    """The fields that a value sets in one release, and the objects with them."""

    fields: frozenset[Field]
    scalars: dict[Field, Json]

    @classmethod
    def of(cls, base: Rendering | None, filled: Rendering | None) -> _Effects | None:
        """What differs between two renderings; None if one failed."""
        if base is None or filled is None:
            return None
        scalars = fields_of(filled)
        changed = differing(fields_of(base), scalars)
        return cls(frozenset(field for field in changed if field in scalars), scalars)

    @property
    def paths(self) -> frozenset[Field]:
        """The fields without the objects and items that they are in."""
        return frozenset(bare(field) for field in self.fields)

    def apart(self, other: _Effects) -> bool:
        """Whether some of these fields are not among the others, or are texts only here."""
        return bool(self.paths - other.paths) or self.unquoted(other) is not None

    def unquoted(self, later: _Effects) -> Field | None:
        """The first text that is a number or a boolean in the later release."""
        both = (field for field in sorted(self.fields & later.fields) if isinstance(self.scalars[field], str))
        return next((field for field in both if isinstance(later.scalars[field], bool | int | float)), None)


def _change(fill: _Fill, old: Release, new: Release, what: str, advice: str) -> Change:
    at = new.place(fill.path)
    example = nested(fill.path, fill.content)
    names = names_of(fill.path)
    return Change("compat/value-retyped", Step.MAJOR, what, advice, old.place(fill.path), at, example, example, names)
