"""values.yaml of two releases: what went, was renamed, has another type, must now be given, has another default.

A value counts as a part of the interface only where templates read it: what nobody read is missed by nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from helm_constitution.compare.changes import Change, Step
from helm_constitution.lazy import LazyPattern
from helm_constitution.model import Base
from helm_constitution.records import NamedTuple
from helm_constitution.yamltree import Json, Span, View, dotted, value_at

if TYPE_CHECKING:
    from helm_constitution.api import TextPlace
    from helm_constitution.subject import Facts

Path = tuple[str, ...]

_DEPRECATED = "deprecat"
_WORDS = LazyPattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_REQUIRED = LazyPattern(
    r"""\brequired\s+(?:"(?:[^"\\]|\\.)*"|`[^`]*`)\s+\(?\$?\.Values((?:\.\w+)+)"""
    r"""|\$?\.Values((?:\.\w+)+)\s*\|\s*required\s"""
)
_LAYOUT = LazyPattern(r"\s+|\|\s*(?:n?indent \d+|quote|squote)|-(?=\}\})|(?<=\{\{)-|[\"']")
_PAIRS = LazyPattern(r"range\$\w+,\$\w+:=")
_KEY_BEFORE = LazyPattern(r"^(?:- )?[\w./-]+:")
_OF_THE_APPLICATION = frozenset({"tag", "version", "appversion", "digest", "sha", "sha256", "imagetag"})
"""Keys that say which release of the application runs: that they move is what releases are for."""
_FLAGS = frozenset({"enabled", "create"})
_LIKE_ENOUGH = 3.0
_ALIKE = 0.5
"""The share of words that the paths of two values must have in common where no template line reads both alike."""
_SHARED_KEYS = 0.6
"""The share of a map's keys that must be found again under another name for the map to count as renamed."""


class _Difference(NamedTuple):
    """Where two trees of values part: keys that only one has, and values that differ."""

    removed: list[Path]
    added: list[Path]
    changed: list[Path]


def compare_values(old: Facts, new: Facts) -> Iterator[Change]:
    """Every change of the values, in the order of the old file, then of the new one."""
    yield from _Comparison(_Side(old), _Side(new)).changes()


class _Side:
    """One release's values, and who reads them."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.chart = facts.chart
        values = facts.chart.values
        self.data: dict[str, Json] = values.data if values is not None else {}
        self.dependencies = {dependency.key for dependency in facts.chart.dependencies}

    def reads(self, path: Path) -> bool:
        return self.facts.uses.is_read(path)

    def get(self, path: Path) -> Json:
        return value_at(self.data, path)

    def has(self, path: Path) -> bool:
        data: Json = self.data
        for step in path:
            if not isinstance(data, dict) or step not in data:
                return False
            data = data[step]
        return True

    def place(self, path: Path) -> View | None:
        """Where a value stands, or its nearest parent."""
        values = self.chart.values
        return values.document.view.get(*path) if values is not None else None

    def is_deprecated(self, path: Path) -> bool:
        """Whether a comment of the value, or of a map that it is in, says that it is deprecated."""
        values = self.chart.values
        for length in range(1, len(path) + 1):
            key = values.by_path.get(path[:length]) if values is not None else None
            if key is not None and key.comment is not None and _DEPRECATED in key.comment.text.lower():
                return True
        return False

    @cached_property
    def _lines(self) -> dict[Path, set[str]]:
        lines: dict[Path, set[str]] = {}
        for read in self.facts.uses.reads:
            span = read.span
            text = read.template.text.split("\n")[span.line - 1]
            lines.setdefault(read.path, set()).add(text)
        return lines

    def lines(self, path: Path) -> set[str]:
        """The template lines that read a value or a part of it, without what doesn't matter to its meaning."""
        found = (lines for read, lines in self._lines.items() if read[: len(path)] == path)
        return {_LAYOUT.sub("", line) for lines in found for line in lines}

    def only_notes_read(self, path: Path) -> bool:
        """Whether nothing but NOTES.txt reads a value: it changes what users are told, not what they get."""
        # What reads a map above it may read it as well.
        files = {
            read.file
            for read in self.facts.uses.reads
            if read.path[: len(path)] == path
            or (read.path == path[: len(read.path)] and self.facts.uses.is_whole(path))
        }
        return files == {"templates/NOTES.txt"}

    def asks(self, path: Path) -> bool:
        """Whether a template reads a value by its own name."""
        return path in self._lines

    def printed_as(self, path: Path) -> set[str]:
        """The template lines that print a value under a key of their own, with the value's name left out."""
        blanked = set()
        for line in self._lines.get(path, ()):
            names = [".Values." + ".".join(path)]
            if len(_words(path[-1:])) > 1:
                names.append(f".{path[-1]}")  # below `with`; `.name` or `.tag` alone may be anything's
            name = next((name for name in names if name in line), None)
            if name is not None and _KEY_BEFORE.match(line.strip()):
                blanked.add(_LAYOUT.sub("", line.replace(name, "\0")))
        return blanked

    @cached_property
    def required(self) -> Mapping[Path, TextPlace]:
        """The values that templates ask for by ``required``, with the place."""
        from helm_constitution.api import TextPlace

        found: dict[Path, TextPlace] = {}
        for template in self.facts.templates:
            if "required" not in template.text:
                continue
            for match in _REQUIRED.finditer(template.text):
                path = tuple((match[1] or match[2])[1:].split("."))
                span: Span = template.span_between(match.start(), match.end())
                found.setdefault(path, TextPlace(template.path, span, _base_of(self)))
        return found


def _base_of(side: _Side) -> Base:
    return side.chart.metadata.base


class _Comparison:
    def __init__(self, old: _Side, new: _Side) -> None:
        self.old = old
        self.new = new

    def changes(self) -> Iterator[Change]:
        found = _Difference([], [], [])
        _differ(self.old.data, self.new.data, (), found)
        removed = [gone for path in found.removed for gone in self._gone(path)]
        added = [path for path in found.added if not self.old.reads(path) and self.new.reads(path)]
        added = [path for path in added if path[0] not in self.new.dependencies]
        renamed = _renames(self.old, self.new, removed, added)
        for path in removed:
            yield from self._removed(path, renamed)
        defaults: list[Path] = []
        for path in found.changed:
            if self.old.reads(path) and self.new.reads(path):
                if self._is_retyped(path):
                    yield self._retyped(path)
                else:
                    defaults.append(path)
        yield from self._newly_required()
        yield from self._newly_switched(found.added)
        yield from self._images()
        targets = set(renamed.values())
        for path in added:
            if not any(path[: len(target)] == target or target[: len(path)] == path for target in targets):
                yield Change(
                    "",
                    Step.MINOR,
                    f"value {dotted(path)} is new",
                    new=self.new.place(path),
                    new_values=_nested(path, self.new.get(path)),
                    names=_names(path),
                )
        # A list that most likely has another name now is no default that was dropped.
        dropped = [path for path in found.removed if self.old.reads(path) and self.new.reads(path)]
        moved = _moved_lists(self.old, self.new, dropped, added)
        for path, target in moved.items():
            yield self._renamed(path, target)
        defaults.extend(path for path in dropped if path not in moved and not any(_is_in(one, path) for one in removed))
        defaults.extend(path for path in found.added if self.old.reads(path) and self.new.reads(path))
        for path in dict.fromkeys(defaults):
            if path[-1].lower() not in _OF_THE_APPLICATION:
                yield self._default(path)

    def _gone(self, path: Path) -> Iterator[Path]:
        """What of a value that values.yaml no longer has did something, and no longer does: itself, or parts of it."""
        if path[0] in self.old.dependencies and path[0] in self.new.dependencies:
            return  # what a dependency's own values are isn't known from here
        if not self.old.reads(path) or self.old.only_notes_read(path):
            return
        value = self.old.get(path)
        if not self.new.reads(path) or self._is_flag_dropped(path):
            yield path
        elif isinstance(value, dict) and not self.new.facts.uses.is_whole(path):
            for key in value:
                yield from self._gone((*path, key))

    def _is_flag_dropped(self, path: Path) -> bool:
        """Whether a flag that templates asked for is now at most printed with the rest of its map."""
        return (
            path[-1] in _FLAGS
            and isinstance(self.old.get(path), bool)
            and any("if" in line for line in self.old.lines(path))
            and not self.new.asks(path)
        )

    def _newly_switched(self, added: list[Path]) -> Iterator[Change]:
        """Flags that are off by default, and without which settings of the last release do nothing any more."""
        for path in added:
            above = path[:-1]
            if (
                path[-1] in _FLAGS
                and self.new.get(path) is False
                and isinstance(self.old.get(above), dict)
                and above[0] not in self.old.dependencies
                and self.old.reads(above)
                and not self.old.asks(path)
                and any("if" in line for line in self.new.lines(path))
            ):
                yield Change(
                    "compat/value-newly-required",
                    Step.MAJOR,
                    f"{dotted(above)} does nothing any more unless {dotted(path)} is true",
                    f"set {dotted(path)} to true where you set {dotted(above)}",
                    self.old.place(above),
                    self.new.place(path),
                    None,
                    _nested(path, True),
                    _names(path),
                )

    def _images(self) -> Iterator[Change]:
        """Images that are another program, and names of images that are now given in two parts."""
        for key, value in self._repositories(self.old.data, ()):
            other = self.new.get(key)
            if key[0] in self.old.dependencies or not isinstance(other, str) or other == value or not other:
                continue
            registry = (*key[:-1], "registry")
            host = self.new.get(registry)
            if isinstance(host, str) and host and not self.old.has(registry) and not other.startswith(host):
                yield Change(
                    "compat/value-retyped",
                    Step.MAJOR,
                    f"value {dotted(key)} held the registry too, which is now {dotted(registry)}",
                    f"split your {dotted(key)} into {dotted(registry)} and {dotted(key)}",
                    self.old.place(key),
                    self.new.place(key),
                    _nested(key, value),
                    _nested(key[:-1], {"registry": host, key[-1]: other}),
                    (*_names(key), dotted(registry)),
                )
            elif not _is_one_program(_program(value), _program(other)):
                yield Change(
                    "compat/image-replaced",
                    Step.MAJOR,
                    f"the image of {dotted(key)} is another program: {other}, it was {value}",
                    f"look at what you set for it, or set {dotted(key)} to {value}",
                    self.old.place(key),
                    self.new.place(key),
                    _nested(key, value),
                    _nested(key, other),
                    (*_names(key), _program(value), _program(other), other),
                )

    def _repositories(self, data: Mapping[str, Json], path: Path) -> Iterator[tuple[Path, str]]:
        for key, value in data.items():
            if isinstance(value, dict):
                yield from self._repositories(value, (*path, key))
            elif key == "repository" and isinstance(value, str) and value and self.old.reads((*path, key)):
                yield (*path, key), value

    def _removed(self, path: Path, renamed: Mapping[Path, Path]) -> Iterator[Change]:
        """The change of a value that went: one for the whole, or one for each part that has another new name."""
        value = self.old.get(path)
        target = renamed.get(path)
        parts = [leaf for leaf in _leaves(path, value) if leaf in renamed] if target is None else []
        for leaf in parts:
            yield self._renamed(leaf, renamed[leaf])
        if target is not None:
            yield self._renamed(path, target)
        elif not parts or len(parts) < len(list(_leaves(path, value))):
            announced = self.old.is_deprecated(path)
            what = f"value {dotted(path)} is removed"
            if isinstance(value, dict) and value:
                what += f" with all below it ({_some(list(value))})" if not parts else ", partly"
            what += ", as its deprecation announced" if announced else ""
            yield Change(
                "compat/value-removed",
                Step.MAJOR,
                what,
                f"take {dotted(path)} out of your values; nothing reads it any more",
                self.old.place(path),
                self.new.place(path),
                _nested(path, value),
                {},
                _names(path),
                announced,
            )

    def _renamed(self, path: Path, target: Path) -> Change:
        value = self.old.get(path)
        return Change(
            "compat/value-renamed",
            Step.MAJOR,
            f"value {dotted(path)} is removed; {dotted(target)} has most likely taken its place",
            f"set {dotted(target)} instead of {dotted(path)}",
            self.old.place(path),
            self.new.place(target),
            _nested(path, value),
            _nested(target, value if _kind(value) == _kind(self.new.get(target)) else self.new.get(target)),
            _names(path),
            self.old.is_deprecated(path),
        )

    def _is_retyped(self, path: Path) -> bool:
        """Whether a value of the old type no longer does what it did."""
        before, after = self.old.get(path), self.new.get(path)
        if path[0] in self.old.dependencies:
            return False
        if before is None and after == {}:
            # Nothing tells the type but its use: keys and values are gone over where it was printed as a list.
            old, new = self.old.lines(path), self.new.lines(path)
            return any(_PAIRS.search(line) for line in new) and any("toYaml" in line for line in old - new)
        if isinstance(before, dict) and before and after in (None, []):
            # Of keys that had names, a list is gone over now.
            named = [key for key in before if self.old.asks((*path, key))]
            return (
                bool(named)
                and any("range" in line for line in self.new.lines(path))
                and not any(self.new.asks((*path, key)) for key in named)
            )
        if isinstance(before, list) and isinstance(after, list) and before and after:
            before, after = before[0], after[0]  # a list's type is that of its items
        kinds = {_kind(before), _kind(after)}
        if len(kinds) < 2 or kinds <= {"text", "number"} or None in kinds:
            return False
        if before == "" or after == "" or (kinds == {"flag", "text"} and str(after).lower() in ("true", "false")):
            return False  # an empty text says nothing of the type
        old, new = self.old.lines(path), self.new.lines(path)
        if not old or not new or old <= new:
            return False  # the templates take it as they did
        return not all("toYaml" in line and "range" not in line for line in old | new)

    def _retyped(self, path: Path) -> Change:
        before, after = self.old.get(path), self.new.get(path)
        if isinstance(before, list) and isinstance(after, list):
            first, second = f"list of {_kind(before[0])}s", f"list of {_kind(after[0])}s"
        else:
            first, second = _kind(before) or "list", _kind(after) or "list"
        return Change(
            "compat/value-retyped",
            Step.MAJOR,
            f"value {dotted(path)} was a {first} and is a {second}",
            f"write {dotted(path)} as a {second}",
            self.old.place(path),
            self.new.place(path),
            _nested(path, before),
            _nested(path, after),
            _names(path),
        )

    def _newly_required(self) -> Iterator[Change]:
        for path, place in self.new.required.items():
            value = self.new.get(path)
            if path in self.old.required or value not in (None, "") or not self.old.reads(path):
                continue
            yield Change(
                "compat/value-newly-required",
                Step.MAJOR,
                f"value {dotted(path)} must now be given",
                f"set {dotted(path)}",
                self.old.place(path),
                place,
                None,
                _nested(path, "…"),
                _names(path),
            )

    def _default(self, path: Path) -> Change:
        before, after = self.old.get(path), self.new.get(path)
        return Change(
            "compat/default-changed",
            Step.PATCH,
            f"the default of {dotted(path)} changes from {shown(before)} to {shown(after)}",
            f"set {dotted(path)} to {shown(before)} where the old default is wanted",
            self.old.place(path),
            self.new.place(path),
            _nested(path, before),
            _nested(path, after),
            _names(path),
        )


def _differ(old: Json, new: Json, path: Path, found: _Difference) -> None:
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in old.items():
            if key not in new:
                found.removed.append((*path, key))
            else:
                _differ(value, new[key], (*path, key), found)
        found.added.extend((*path, key) for key in new if key not in old)
    elif old != new or type(old) is not type(new):
        found.changed.append(path)


def _leaves(path: Path, value: Json) -> Iterator[Path]:
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from _leaves((*path, key), part)
    else:
        yield path


def _maps(path: Path, value: Json) -> Iterator[Path]:
    """A map, and those in it."""
    if isinstance(value, dict) and value:
        yield path
        for key, part in value.items():
            yield from _maps((*path, key), part)


def _renames(old: _Side, new: _Side, removed: list[Path], added: list[Path]) -> dict[Path, Path]:
    """The new path of each removed value (a whole map, or a leaf) that is likely to live on elsewhere."""
    found: dict[Path, Path] = {}
    taken: set[Path] = set()
    for path in removed:
        target = _same_shape(old, new, path, [other for other in added if other not in taken])
        if target is not None:
            found[path] = target
            taken.add(target)
    by_word: dict[str, list[Path]] = {}
    for path in added:
        if path not in taken:
            for leaf in _leaves(path, new.get(path)):
                for word in _words(leaf):
                    by_word.setdefault(word, []).append(leaf)
    scores: list[tuple[float, Path, Path]] = []
    for path in removed:
        if path in found:
            continue
        for leaf in _leaves(path, old.get(path)):
            for other in dict.fromkeys(other for word in sorted(_words(leaf)) for other in by_word.get(word, ())):
                if (leaf != path or _alike(leaf, other) < _ALIKE) and not old.printed_as(leaf) & new.printed_as(other):
                    continue  # the names of a map's keys and their defaults say little by themselves
                score = _likeness(old, new, leaf, other)
                if score >= _LIKE_ENOUGH:
                    scores.append((score, leaf, other))
    for _, path, target in sorted(scores, key=lambda one: -one[0]):
        if path not in found and target not in taken:
            found[path] = target
            taken.add(target)
    return found


def _moved_lists(old: _Side, new: _Side, dropped: list[Path], added: list[Path]) -> dict[Path, Path]:
    """Lists that values.yaml no longer has, each with a new value of the same (telling) name."""
    found: dict[Path, Path] = {}
    for path in dropped:
        if isinstance(old.get(path), list) and old.get(path) and len(_words(path[-1:])) > 1:
            same = [other for other in added if _words(other[-1:]) == _words(path[-1:]) and new.get(other)]
            if len(same) == 1:
                found[path] = same[0]
    return found


def _is_in(path: Path, other: Path) -> bool:
    return path[: len(other)] == other


def _same_shape(old: _Side, new: _Side, path: Path, added: list[Path]) -> Path | None:
    """The new map, maybe inside of another new one, that has most of a removed map's keys, or is printed as it was."""
    mine = {leaf[len(path) :] for leaf in _leaves(path, old.get(path))}
    if not isinstance(old.get(path), dict) or not old.get(path):
        return None
    best: tuple[float, Path] | None = None
    for other in (inner for root in added for inner in _maps(root, new.get(root))):
        theirs = {leaf[len(other) :] for leaf in _leaves(other, new.get(other))}
        shared = mine & theirs
        share = len(shared) / len(mine)
        alike = _alike(path, other)
        is_same = len(mine) > 1 and (alike > 0.3 or (len(shared) >= 5 and share >= 0.8))
        if share >= _SHARED_KEYS and (is_same or (alike > 0.3 and old.printed_as(path) & new.printed_as(other))):
            best = max(best or (0.0, other), (share + alike, other))
    return best[1] if best else None


def _likeness(old: _Side, new: _Side, path: Path, other: Path) -> float:
    """How likely a removed value lives on under another path: by its use, its default, its name."""
    before, after = old.get(path), new.get(other)
    kinds = {_kind(value) for value in (before, after) if value not in ("", None)}
    if len(kinds) > 1 and kinds != {"text", "number"}:
        return 0.0
    score = 2.0 * _alike(path, other)
    if path[-1] == other[-1]:
        score += 1.0
    mine = _words(path[-1:])
    if len(mine) > 1 and mine == _words(other[-1:]):
        score += 1.5
    if before == after and before and before is not True:
        score += 1.5
    if score > 0 and old.printed_as(path) & new.printed_as(other):
        score += 3.0
    return score


def _alike(path: Path, other: Path) -> float:
    """The share of words that two paths have in common."""
    mine, theirs = _words(path), _words(other)
    return len(mine & theirs) / max(len(mine | theirs), 1)


def _program(repository: str) -> str:
    """The last part of an image's name: what it is, wherever it is kept."""
    return repository.rpartition("/")[2].lower().replace("_", "-")


def _is_one_program(name: str, other: str) -> bool:
    """Whether two images are likely the same under another name: one name holds the other, or they share a word."""
    return name in other or other in name or bool(set(name.split("-")) & set(other.split("-")))


@lru_cache(maxsize=4096)
def _words(path: Path) -> frozenset[str]:
    return frozenset(word.lower().removesuffix("s") for step in path for word in _WORDS.findall(step))


def _kind(value: Json) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, dict):
        return "map"
    if isinstance(value, list):
        return "list"
    return "text" if isinstance(value, str) else "number"


def _nested(path: Path, value: Json) -> dict[str, Json]:
    """Values as a user writes them: the value at its path."""
    result: Json = value
    for step in reversed(path):
        result = {step: result}
    assert isinstance(result, dict)
    return result


def _names(path: Path) -> tuple[str, ...]:
    """What a text may call a value: its path, or the end of it where that is telling."""
    return tuple(dict.fromkeys((dotted(path), ".".join(path[-2:]), path[-1] if len(path[-1]) > 5 else dotted(path))))


def shown(value: Json) -> str:
    """A value in a sentence, cut where it is long."""
    import json

    text = json.dumps(value, ensure_ascii=False) if value is not None else "nothing"
    return text if len(text) <= 40 else f"{text[:39]}…"


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def matches_word(name: str, text: str) -> bool:
    """Whether a text has a name as a word of its own."""
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text) is not None
