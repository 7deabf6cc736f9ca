"""One release's values and their readers, and how the comparison's messages describe values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from helm_constitution.compare.metadata import accepted_minors
from helm_constitution.compare.printing import NOTES, Printing
from helm_constitution.core.confidential import withheld
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.templates.nodes import Range
from helm_constitution.text.place import TextPlace
from helm_constitution.text.words import cut_apart
from helm_constitution.text.yaml_document import Span, View, dotted, leaves, value_at
from helm_constitution.text.yaml_scalars import Json

if TYPE_CHECKING:
    from helm_constitution.render.results import RenderedChart
    from helm_constitution.templates import TemplateFile
    from helm_constitution.templates.uses import ValueRead
    from helm_constitution.text.place import TextPlace

Path = tuple[str, ...]

FLAGS = frozenset({"enabled", "create"})
"""Keys that switch what the map around them is for."""

_DEPRECATED = "deprecat"
_WORDS = LazyPattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_REQUIRED = LazyPattern(
    r"""\brequired\s+(?:"(?:[^"\\]|\\.)*"|`[^`]*`)\s+\(?\$?\.Values((?:\.\w+)+)"""
    r"""|\$?\.Values((?:\.\w+)+)\s*\|\s*required\s"""
)
_PLAIN = LazyPattern(r"and(?:\s+\$?[.\w]+)+|\$?[.\w]+")
"""A condition on nothing but values that must be true."""
_TEST = LazyPattern(r"""helm\.sh/hook["']?:\s*["']?test\b""")
_POLICIES = LazyPattern(r"(?m)^kind: PodSecurityPolicy|^\s*(?:resources: *)?[-\[]? *[\"']?podsecuritypolicies")
"""A PodSecurityPolicy, or a rule of a role about them."""
_LAST_POLICIES = 24
"""The last minor version of Kubernetes 1 that has PodSecurityPolicies."""
_LAYOUT = LazyPattern(r"\s+|\|\s*(?:n?indent \d+|quote|squote)|-(?=\}\})|(?<=\{\{)-|[\"']")
_KEY_LINE = LazyPattern(r"^( *)(#+ ?)?([A-Za-z_][\w-]*):(?:\s|$)")
_NAMED = LazyPattern(r"[`|]\s*(?:\.Values\.)?([A-Za-z][\w-]*(?:\.[\w-]+)*)(?=\s*[`|])")
"""A name in a code span or a cell of a table."""
_KEY_BEFORE = LazyPattern(r"^(?:- )?[\w./-]+:")


class Required(NamedTuple):
    """A place that requires a value by ``required``, and the values that must be true for it to be reached."""

    place: TextPlace
    enters: frozenset[Path]


class Release:
    """One release's values, and their readers."""

    def __init__(self, rendered: RenderedChart) -> None:
        self.rendered = rendered
        self.analysed = rendered.analysed
        self.chart = rendered.chart
        values = self.chart.values
        self.data: dict[str, Json] = values.data if values is not None else {}
        self.dependencies = {dependency.key for dependency in self.chart.dependencies}

    @cached_property
    def printing(self) -> Printing:
        return Printing(self.analysed.uses)

    def reads(self, path: Path) -> bool:
        return self.analysed.uses.is_read(path)

    def names(self, path: Path) -> bool:
        """Whether templates name a value, or use a whole map with it, rather than computed keys; or whether it is a
        dependency's."""
        uses = self.analysed.uses
        if () not in uses.reached or path[0] in self.dependencies:
            return True
        return uses.is_whole(path) or any(read[: len(path)] == path for read in uses.paths)

    def replaces(self, key: str, earlier: Release) -> bool:
        """Whether the dependency below a key was replaced by another chart."""
        names, before = ({one.key: one.name for one in side.chart.dependencies} for side in (self, earlier))
        return key in names and names[key] != before.get(key, names[key])

    def get(self, path: Path) -> Json:
        return value_at(self.data, path)

    def has(self, path: Path) -> bool:
        return _has(self.data, path)

    def dependency_has(self, path: Path) -> bool | None:
        """Whether a dependency has a value, in values.yaml or in templates; None if that is unknown.

        It is unknown if the dependency is missing, and for values that a condition, the dependency's own dependencies
        or all charts read.
        """
        chart, below = self.chart.dependency_at(path[0]), path[1:]
        if chart is None or not below or below[0] in ("global", *chart.subcharts) or path in self._conditions:
            return None
        data: Json = chart.values.data if chart.values is not None else {}
        if _has(data, below):
            return True
        texts = (text for file, text in chart.files.items() if file.startswith("templates/"))
        return any(dotted(below) in text for text in texts)

    def dependency_default(self, path: Path) -> Json:
        """The default of a value in a dependency's own values.yaml; None without one, or without the dependency."""
        chart = self.chart.dependency_at(path[0])
        return value_at(chart.values.data, path[1:]) if chart is not None and chart.values is not None else None

    def text(self, path: Path) -> str:
        """A value as written; empty for maps, lists and missing values."""
        values = self.chart.values
        return (values.document.scalar_text(path) if values is not None else None) or ""

    def place(self, path: Path) -> View | None:
        """The place of a value, or of its nearest existing parent."""
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
        for read in self.analysed.uses.reads:
            span = read.span
            text = read.template.text.split("\n")[span.line - 1]
            lines.setdefault(read.path, set()).add(text)
        return lines

    def lines(self, path: Path) -> set[str]:
        """The template lines that read a value or a part of it, without what doesn't affect their meaning."""
        found = (lines for read, lines in self._lines.items() if read[: len(path)] == path)
        return {_LAYOUT.sub("", line) for lines in found for line in lines}

    def decides_nothing(self, path: Path) -> bool:
        """Whether a value that is read changes nothing that runs:

        only NOTES.txt and tests read it, or pod security policies that no supported cluster has.
        """
        if path in self._conditions:
            return False
        # A read of a map above it may read it as well.
        reads = [
            read
            for read in self.analysed.uses.reads
            if read.path[: len(path)] == path
            or (read.path == path[: len(read.path)] and self.analysed.uses.is_whole(path))
        ]
        return bool(reads) and not any(self._makes_what_runs(read) for read in reads)

    @cached_property
    def _conditions(self) -> frozenset[Path]:
        """The values in the conditions of Chart.yaml's dependencies."""
        return frozenset(path for dependency in self.chart.dependencies for path in dependency.conditions)

    def _makes_what_runs(self, read: ValueRead) -> bool:
        """Whether a place that reads a value is in an object of the cluster, other than a test."""
        template = read.template
        if template.path == NOTES or template.path.startswith("templates/tests/"):
            return False
        start = template.text.rfind("\n---", 0, read.node.start)
        end = template.text.find("\n---", read.node.start)
        document = template.text[max(start, 0) : end if end >= 0 else None]
        return not (_TEST.search(document) or (_is_of_policies(document) and not self._has_policies))

    @cached_property
    def _has_policies(self) -> bool:
        """Whether a cluster that kubeVersion accepts has PodSecurityPolicies."""
        minors = accepted_minors(self.chart.metadata.view.get("kubeVersion"))
        return minors is None or any(minor <= _LAST_POLICIES for minor in minors)

    def named_templates(self, path: Path) -> set[str]:
        """The named templates that alone read a value or a part of it; none if something else does too."""
        found: set[str] = set()
        for read in self.analysed.uses.reads:
            if read.path[: len(path)] == path:
                around = [
                    name
                    for name, define in read.template.defines.items()
                    if define.start <= read.node.start < define.end
                ]
                if not around:
                    return set()
                found.update(around)
        return found

    def written(self, path: Path) -> set[str]:
        """The template lines that read just this value, unchanged."""
        return self._lines.get(path, set())

    def asks(self, path: Path) -> bool:
        """Whether a template reads a value by its own name."""
        return path in self._lines

    def printed_as(self, path: Path) -> set[str]:
        """The template lines that print a value under a key of their own, with the value's name left out."""
        blanked = set()
        for line in self._lines.get(path, ()):
            names = [".Values." + ".".join(path)]
            if len(words(path[-1:])) > 1:
                names.append(f".{path[-1]}")  # below `with`; `.name` or `.tag` alone may be anything's
            name = next((name for name in names if name in line), None)
            if name is not None and _KEY_BEFORE.match(line.strip()):
                blanked.add(_LAYOUT.sub("", line.replace(name, "\0")))
        return blanked

    def enters(self, template: TemplateFile, offset: int) -> Iterator[Path]:
        """The values that must all be true for a place in a template to be reached, as far as that is certain.

        Only single values in an ``if`` or ``with`` around it, or an ``and`` of values: negated, compared and computed
        ones are left out.
        """
        for control, _ in template.controls:
            if isinstance(control, Range) or not control.start <= offset < control.end:
                continue
            branch = [branch for branch in control.branches if branch.start <= offset][-1]
            if branch.pipeline is None or not _PLAIN.fullmatch(template.source(branch.pipeline)):
                continue
            for read in self.analysed.uses.reads:
                if read.template is template and branch.start <= read.node.start < branch.end:
                    yield read.path

    @cached_property
    def shown_only(self) -> tuple[Path, ...]:
        """The values that templates read and that are only documented.

        values.yaml has them commented out (`# nodePort: 30080`), or the README names them.
        """
        asked = {read.path: None for read in self.analysed.uses.reads if not read.file.startswith("charts/")}
        shown = {*self._commented_out, *self._in_readme}
        return tuple(path for path in asked if path in shown and not self.has(path))

    @cached_property
    def _in_readme(self) -> frozenset[Path]:
        """The values that the README names."""
        readme = next((text for name, text in self.chart.files.items() if name.lower() == "readme.md"), "")
        return frozenset(tuple(match[1].split(".")) for match in _NAMED.finditer(readme))

    @cached_property
    def _commented_out(self) -> tuple[Path, ...]:
        """The keys in comments of values.yaml, below the key that they are indented under."""
        found: dict[Path, None] = {}
        above: list[tuple[int, str]] = []
        for line in (self.chart.files.get("values.yaml") or "").split("\n"):
            match = _KEY_LINE.match(line)
            if match is None:
                continue
            indent, hash_, key = len(match[1]), match[2], match[3]
            if hash_:
                found[(*(name for depth, name in above if depth < indent), key)] = None
                continue
            while above and above[-1][0] >= indent:
                above.pop()
            above.append((indent, key))
        return tuple(found)

    @cached_property
    def required(self) -> Mapping[Path, list[Required]]:
        """The values that templates require by ``required``, with the places."""
        found: dict[Path, list[Required]] = {}
        for template in self.analysed.templates:
            if "required" not in template.text:
                continue
            for match in _REQUIRED.finditer(template.text):
                path = tuple((match[1] or match[2])[1:].split("."))
                span: Span = template.span_between(match.start(), match.end())
                place = TextPlace(template.path, span, self.chart.metadata.base)
                found.setdefault(path, []).append(Required(place, frozenset(self.enters(template, match.start()))))
        return found


def _has(data: Json, path: Path) -> bool:
    """Whether a path exists."""
    for step in path:
        if not isinstance(data, dict) or step not in data:
            return False
        data = data[step]
    return True


def _is_of_policies(document: str) -> bool:
    """Whether an object is a PodSecurityPolicy, or only grants the right to use some."""
    return bool(_POLICIES.search(document)) and document.count("apiGroups:") <= 1


def leaf_paths(path: Path, value: Json) -> Iterator[Path]:
    """The paths of a value's leaves; its own if it is not a map."""
    return (leaf for leaf, _ in leaves(value, path))


def program(repository: str) -> str:
    """The last part of an image's name: the program, in whichever registry."""
    return repository.rpartition("/")[2].lower().replace("_", "-")


def is_one_program(name: str, other: str) -> bool:
    """Whether two images are likely the same under another name: one name contains the other, or they share a word."""
    return name in other or other in name or bool(set(name.split("-")) & set(other.split("-")))


def words(path: Path) -> frozenset[str]:
    """The words of a path's keys, in lower case and the singular."""
    return frozenset().union(*map(_words_of_key, path))


@lru_cache(maxsize=4096)
def _words_of_key(key: str) -> frozenset[str]:
    return frozenset(word.lower().removesuffix("s") for word in _WORDS.findall(key))


def kind_of(value: Json) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, dict):
        return "map"
    if isinstance(value, list):
        return "list"
    return "string" if isinstance(value, str) else "number"


def nested(path: Path, value: Json) -> dict[str, Json]:
    """The value at its path, as a values file has it, secrets withheld."""
    return at_path(path, withheld(value, path))


def at_path(path: Path, value: Json) -> dict[str, Json]:
    """The value at its path, as a values file has it; for helm, not for a report."""
    for step in reversed(path):
        value = {step: value}
    assert isinstance(value, dict)
    return value


def names_of(path: Path) -> tuple[str, ...]:
    """The names that a text may use for a value: its path, or the end of it if that is distinctive."""
    return tuple(dict.fromkeys((dotted(path), ".".join(path[-2:]), path[-1] if len(path[-1]) > 5 else dotted(path))))


def shown(value: Json, path: Path) -> str:
    """The value at a path for use in a sentence, shortened; a secret is withheld."""
    text = _whole(value, path)
    return text if len(text) <= 40 else f"{text[:39]}…"


def shown_apart(before: Json, after: Json, path: Path) -> tuple[str, str]:
    """Two values as :func:`shown`, shortened so that the difference stays visible."""
    return cut_apart(_whole(before, path), _whole(after, path), 40)


def _whole(value: Json, path: Path) -> str:
    import json

    value = withheld(value, path)
    return json.dumps(value, ensure_ascii=False) if value is not None else "nothing"


def some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
