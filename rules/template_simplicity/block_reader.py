"""Reads the lines of templates that may stand twice."""

from __future__ import annotations

import re
import sys

from helm_constitution.api import LazyPattern, NamedTuple, TemplateFile


class Taken(NamedTuple):
    """What a line's text says, wherever it stands.

    ``shape`` is what is left of it without the ``names`` in it; None where the line doesn't count. ``weight`` is 1 for
    a line that says something of its own, 0 for what every object needs.
    """

    indentation: int
    is_control: bool
    shape: str | None
    names: tuple[str, ...] = ()
    weight: int = 0
    is_action: bool = False


class Lines:
    """All lines that count, part by part: equal lines have one and the same ``taken``.

    ``numbers`` are theirs in the file, from 1; ``owners`` the indexes of their files, ``ends`` the index behind the
    last line of each file, and ``texts`` the lines of each file.
    """

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.shapes: list[str] = []
        self.weights: list[int] = []
        self.numbers: list[int] = []
        self.owners: list[int] = []
        self.ends: list[int] = []
        self.texts: list[list[str]] = []


_LONG = 20


_VAGUE = frozenset({"value", "type", "key", "path", "port", "host", "action", "interval"})


def _counts(template: TemplateFile) -> bool:
    """Whether a file's copies are told: not those of generated definitions and of notes."""
    return (
        template.tree is not None
        and not template.path.endswith("NOTES.txt")
        and "\nkind: CustomResourceDefinition" not in template.text
        and "{{" in template.text
    )


_HEADER = frozenset(
    {"apiVersion", "kind", "metadata", "name", "namespace", "labels", "annotations", "spec", "selector", "matchLabels"}
    | {"template", "data", "stringData", "rules", "subjects", "roleRef", "apiGroup", "apiGroups", "resources", "verbs"}
)
"""Keys that objects have in common whatever they are for."""


_NAMES = LazyPattern(r"([.$]\w[\w.]*|\"[^\"]*\")")


_WORD = LazyPattern(r"\w+")


_INDENT = LazyPattern(r"(n?indent) \d+")


_NOTHING = LazyPattern(r"\{\{-?\s*(?:end|else)\s*-?\}\}")


_COMMENT = LazyPattern(r"\{\{-?\s*/\*.*?\*/\s*-?\}\}", re.DOTALL)


class FileLines:
    """The lines of one template that count, once a :class:`BlockReader` has read them: one reader takes lines apart
    that several templates have, and in an editor those of templates that did not change are there already."""

    def __init__(self, template: TemplateFile) -> None:
        self.template = template
        self.is_read = False
        self.taken: list[Taken] = []
        self.shapes: list[str] = []
        self.weights: list[int] = []
        self.numbers: list[int] = []
        self.texts = template.text.split("\n")


_METADATA = "metadata:~"
"""The shape of ``metadata:``."""


class BlockReader:
    """Reads the lines of templates; equal texts are taken apart once."""

    def __init__(self) -> None:
        self.lines = Lines()
        self._known: dict[str, Taken] = {}

    def add(self, file: FileLines) -> None:
        """Adds the lines of a template that count, without comments, ends and blank lines."""
        if not file.is_read:
            self._read_file(file)
        lines = self.lines
        lines.taken.extend(file.taken)
        lines.shapes.extend(file.shapes)
        lines.weights.extend(file.weights)
        lines.numbers.extend(file.numbers)
        lines.owners.extend([len(lines.ends)] * len(file.shapes))
        lines.ends.append(len(lines.shapes))
        lines.texts.append(file.texts)

    def _read_file(self, file: FileLines) -> None:
        text, uncommented = file.template.text, file.texts
        if "/*" in text:
            uncommented = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text).split("\n")
        known = self._known
        all_taken, shapes, weights, numbers = file.taken, file.shapes, file.weights, file.numbers
        metadata = -1  # the indentation of the `metadata:` that a line stands below
        for number, line in enumerate(uncommented, 1):
            taken = known.get(line)
            if taken is None:
                taken = known[line] = self._read(line)
            indentation, is_control, shape, names, weight, _ = taken
            if metadata >= 0 and indentation <= metadata and not is_control:
                metadata = -1
            if shape is not None:
                all_taken.append(taken)
                shapes.append(shape)
                weights.append(0 if metadata >= 0 else weight)
                numbers.append(number)
                if shape == _METADATA and names == ("",):
                    metadata = indentation
        file.is_read = True

    def _read(self, line: str) -> Taken:
        text = line.strip()
        indentation = len(line) - len(line.lstrip())
        starts_action = text[:2] == "{{"
        if not text or text[0] == "#" or text == "---" or (starts_action and _NOTHING.fullmatch(text)):
            return Taken(indentation, starts_action or not text, None)
        key, colon, rest = text.partition(":")
        if not colon or "{{" in key:
            key, rest = "", text
        names: list[str] = []
        is_action = "{{" in rest
        if is_action:
            if len(rest) <= LONGEST:
                rest = self._without_names(rest, names)
        elif key:
            names.append(rest.strip())
            rest = "~"
        is_plain = (
            (key[2:] if key[:2] == "- " else key) in _HEADER
            or (not key and not is_action and text[:2] == "- ")
            or (is_action and rest.startswith(_INCLUDES))
            or (starts_action and "$" in text and _SETS.match(text) is not None)
        )
        shape = sys.intern(f"{key}:{rest}")
        return Taken(indentation, starts_action, shape, tuple(names), int(not is_plain), is_action)

    @staticmethod
    def _without_names(text: str, names: list[str]) -> str:
        """What is left of an action without the names in it, which are put into the list."""
        pieces = _NAMES.split(text)
        for index in range(1, len(pieces), 2):
            piece = pieces[index]
            if piece[0] == '"':
                words = _WORD.findall(piece)
                pieces[index] = _WORD.sub("~", piece)
            else:
                words = [word for word in piece[1:].split(".") if word]
                pieces[index] = f"{piece[0]}~{len(words)}"
            names.extend(words)
        text = "".join(pieces)
        return _INDENT.sub(r"\1", text) if "indent " in text else text


LONGEST = 200
"""Characters of a line whose names are looked for; longer ones are queries and the like, equal or not."""


_INCLUDES = ("{{- include ", "{{ include ", "{{- define ", "{{ define ", "{{define ", "{{-define ")
"""Beginnings of lines that call a named template, as they should, or begin one."""


_SETS = LazyPattern(r"\{\{-? *\$\w+ *:?= ")
"""Lines that set a variable: what a named template sets, its caller doesn't see."""
