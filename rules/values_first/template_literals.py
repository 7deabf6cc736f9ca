"""The lines of templates that set a key to a literal, whatever the values."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

from helm_constitution.api import (
    Content,
    Control,
    Define,
    Identifier,
    LazyPattern,
    NamedTuple,
    String,
    TemplateFile,
)


class _Region(NamedTuple):
    """A part of a template that renders a part of an object: the file's own text, or a named template's."""

    template: TemplateFile
    contents: Sequence[Content]
    start: int
    end: int


_CALL = LazyPattern(r"(?:include|template)\s+[\"`]([^\"`]+)[\"`]")


class RenderingLines:
    """The parts of a chart's templates that render each file, and the lines there that set keys."""

    def __init__(self, templates: tuple[TemplateFile, ...]) -> None:
        self._by_path = {file.path: file for file in templates if file.tree is not None}
        self._named = {name: (file, define) for file in templates for name, define in file.defines.items()}
        self._regions: dict[str, list[_Region]] = {}
        self._literals: dict[tuple[str, str], Literals] = {}

    def literals(self, path: str, key: str) -> Literals:
        """The lines of a key in the template with this path."""
        if (path, key) not in self._literals:
            if path not in self._regions:
                self._regions[path] = _regions(self._by_path.get(path), self._named)
            self._literals[path, key] = _literals(self._regions[path], key)
        return self._literals[path, key]


def _regions(template: TemplateFile | None, named: Mapping[str, tuple[TemplateFile, Define]]) -> list[_Region]:
    """The template and all named templates that it calls, directly or not."""
    if template is None:
        return []
    regions = [_Region(template, template.tree or (), 0, len(template.text))]
    called: set[str] = set()
    for region in regions:
        text = region.template.text
        for call in _CALL.finditer(text, region.start, region.end):
            name = call[1]
            if name in named and name not in called:
                called.add(name)
                if _is_fallback(text, call.start()) or _is_chosen(region.contents, call.start()):
                    continue
                file, define = named[name]
                regions.append(_Region(file, define.body, define.start, define.end))
    return regions


_WORD = LazyPattern(r"\w+")
_FALLING_BACK = frozenset(
    (
        *("fromYaml", "fromJson", "default", "coalesce", "ternary"),
        *("merge", "mergeOverwrite", "mustMerge", "mustMergeOverwrite"),
    )
)


def _is_fallback(text: str, call: int) -> bool:
    """Whether the output of a named template is only the fallback of a value, or merged with it: `merge .Values.pod
    (include "web.defaults" . | fromYaml)`."""
    start = text.rfind("{{", 0, call)
    end = text.find("}}", call)
    words = set(_WORD.findall(text[start:end])) if 0 <= start < end else set()
    return not words.isdisjoint(_FALLING_BACK)


class Literals(NamedTuple):
    """The lines of a template, and of the named templates that it calls, that set a key."""

    reads_a_value: bool
    """Whether one of them has an action."""
    settled: Mapping[str, Mapping[str | None, bool]]
    """The other lines by value and container: whether a comment or a condition explains one of them. The container is
    None if the text names none above the line."""


def _literals(regions: Sequence[_Region], key: str) -> Literals:
    """The lines of a key in these parts."""
    reads_a_value = False
    settled: dict[str, dict[str | None, bool]] = {}
    for region in regions:
        text = region.template.text
        place = text.find(f"{key}:", region.start, region.end)
        while place >= 0:
            start = text.rfind("\n", 0, place) + 1
            end = text.find("\n", place)
            end = len(text) if end < 0 else end
            before, line = text[start:place], text[place + len(key) + 1 : end]
            if not before.strip(" \t-\"'"):
                value, mark, _ = line.partition(" #")
                if "{{" in line:
                    reads_a_value = True
                else:
                    above = text[text.rfind("\n", 0, max(start - 1, 0)) + 1 : max(start - 1, 0)].strip()
                    explained = bool(mark) or above.startswith("#") or above.endswith(("*/}}", "*/ -}}"))
                    lines = settled.setdefault(value.strip().strip("\"'"), {})
                    container = _container_of(text, start)
                    is_settled = lines.get(container, False) or explained or _is_chosen(region.contents, place)
                    lines[container] = is_settled
            place = text.find(f"{key}:", end, region.end)
    return Literals(reads_a_value, settled)


def _container_of(text: str, start: int) -> str | None:
    """The name of the container that a line belongs to; None if the text does not show it."""
    item: list[str] = []
    indentation: int | None = None
    end = text.find("\n", start)
    for line in _lines_back(text, end if end >= 0 else len(text)):
        bare = line.lstrip()
        depth = len(line) - len(bare)
        if indentation is None:
            indentation = depth
        if not bare or bare.startswith(("{{", "#")):
            continue
        item.append(line)
        if depth < indentation:
            indentation = depth
            if bare.startswith("- "):
                keys = [one.strip().removeprefix("- ") for one in item if _key_depth(one) == depth + 2]
                names = [one.partition(":")[2].strip(" \"'") for one in keys if one.startswith("name:")]
                return names[0] if names and "{{" not in names[0] else None
        if not indentation:
            break  # nothing is left of the margin
    return None


def _lines_back(text: str, end: int) -> Iterator[str]:
    """The lines up to an offset, the last one first."""
    while end >= 0:
        start = text.rfind("\n", 0, end) + 1
        yield text[start:end]
        end = start - 1


def _key_depth(line: str) -> int:
    """The column at which a line's key begins, also for the first key of a list item."""
    return len(line) - len(line.lstrip(" -"))


def _is_chosen(contents: Sequence[Content], place: int) -> bool:
    """Whether a value chooses the line: a control with several branches, or one that tests a value's absence,
    contains it."""
    index = bisect_right(contents, place, key=lambda node: node.start) - 1
    node = contents[index] if index >= 0 and place < contents[index].end else None
    if isinstance(node, Control):
        return (
            len(node.branches) > 1
            or _asks_for_absence(node)
            or any(_is_chosen(branch.body, place) for branch in node.branches)
        )
    return isinstance(node, Define) and _is_chosen(node.body, place)


def _asks_for_absence(control: Control) -> bool:
    """Whether a condition begins with `not` or `empty`, or compares with an empty text: `if not .Values.image`."""
    pipeline = control.branches[0].pipeline
    if pipeline is None or not pipeline.commands:
        return False
    function, *arguments = pipeline.commands[0].args
    if not isinstance(function, Identifier):
        return False
    empty = any(isinstance(argument, String) and not argument.value for argument in arguments)
    return function.name in ("not", "empty") or (function.name == "eq" and empty)
