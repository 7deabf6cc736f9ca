"""Which values a chart's templates read, and how.

An abstract interpretation of the templates: an expression stands for the set of things that it may be (a values path,
a root context, a dict or list that the template builds, a known text). It follows ``with``, ``range``, variables, named
templates with their actual arguments, ``index``, ``dig``, ``merge``, ``tpl`` and similar functions. Where a key is
computed at run time, everything that it may reach counts as read; where a value can't be followed, its whole counts as
read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.templates import parse_template
from helm_constitution.templates.interpreter import Interpreter
from helm_constitution.text.yaml_scalars import ValuesPath

if TYPE_CHECKING:
    from helm_constitution.chart.model import Chart
    from helm_constitution.templates import Parse, TemplateFile
    from helm_constitution.templates.nodes import Define, Node
    from helm_constitution.text.yaml_document import Span
    from helm_constitution.text.yaml_scalars import Json


class ValueRead(NamedTuple):
    """A place that reads a value.

    ``path`` is the path in the chart's values, without ``.Values``. ``optional``: here the last key may be missing (a
    condition, ``default``, an argument of ``dict``), though not its parents. ``guarded``: the whole path may be
    missing, because of a condition around it, ``hasKey``, ``dig``, ``required`` or similar, or because the analysis
    can't tell. ``template`` is the file (a dependency's begins with ``charts/``).
    """

    path: ValuesPath
    guarded: bool
    optional: bool
    template: TemplateFile
    node: Node
    """The expression that reads it."""

    @property
    def file(self) -> str:
        """The file, relative to the chart."""
        return self.template.path

    @property
    def span(self) -> Span:
        """Where in the file."""
        return self.template.span(self.node)


class Printed(NamedTuple):
    """A value that takes part in what an action prints.

    ``path`` is the value's; ANYTHING in it stands for a key or index that is known only at run time, such as the one in
    a ``range``. Of one ``action``, values with the same ``source`` (an expression) are alternatives: the arguments that
    its callers pass to a named template. ``template`` is the action's file.
    """

    path: ValuesPath
    template: TemplateFile
    action: Node
    source: Node | None


class PrintedDefine(NamedTuple):
    """A named template whose output an action prints: included, or parsed (``fromYaml``) and printed as data.

    ``template`` is the action's file, ``origin`` the named template's.
    """

    define: Define
    """The named template."""
    origin: TemplateFile
    template: TemplateFile
    action: Node
    """The action that prints it."""


class ValueUses:
    """Every read of ``.Values`` in a chart's templates."""

    def __init__(
        self,
        reads: tuple[ValueRead, ...],
        used: frozenset[ValuesPath],
        whole: frozenset[ValuesPath],
        reached: frozenset[ValuesPath],
        provided: frozenset[ValuesPath],
        interpreter: Interpreter,
    ) -> None:
        self._interpreter = interpreter
        self.reads = reads
        """In no particular order; one path may be read in many places."""
        self.whole = whole
        """The paths that are used with all that is below them: printed, ranged over, given to ``toYaml``."""
        self.reached = reached
        """The paths below which keys are computed at run time; ``()`` where any value may be read."""
        self.provided = provided
        """The paths that templates or dependencies set, or whose absence the chart itself reports."""
        self._known = used
        self._missing: tuple[Mapping[str, Json], tuple[tuple[ValueRead, ValuesPath], ...]] | None = None
        self._children: dict[ValuesPath, bool] = {}  # a path that is used: whether something below it is, too
        for path in used | whole | reached:
            self._children.setdefault(path, False)
            above = path
            while above and not self._children.get(above := above[:-1]):
                self._children[above] = True

    @property
    def is_complete(self) -> bool:
        """Whether the walk through the templates was completed; if not, any value may be read."""
        return self._interpreter.is_complete

    def hold_for(self, chart: Chart) -> bool:
        """Whether they are those of a chart with the same templates, too: other values rarely change who reads them."""
        return self._interpreter.would_repeat(chart)

    @cached_property
    def printed(self) -> tuple[Printed, ...]:
        """What the actions print, through ``with``, ``range``, variables and the arguments of named templates."""
        return tuple(
            Printed(path, template, action, source)
            for action, (template, sources) in self._interpreter.printed.items()
            for path, source in sources.items()
        )

    @cached_property
    def printed_on_lines(self) -> Mapping[tuple[str, int], Sequence[Printed]]:
        """The same by the template's path and each line of the action."""
        found: dict[tuple[str, int], list[Printed]] = {}
        for printed in self.printed:
            span = printed.template.span(printed.action)
            for line in range(span.line, span.end_line + 1):
                found.setdefault((printed.template.path, line), []).append(printed)
        return found

    @cached_property
    def printed_defines(self) -> tuple[PrintedDefine, ...]:
        """The named templates whose output the actions print, as text or as data."""
        entries = (entry for entries in self._interpreter.named.by_name.values() for entry in entries)
        origins = {define: template for template, define in entries}
        return tuple(
            PrintedDefine(define, origins[define], template, action)
            for action, (template, defines) in self._interpreter.printed_defines.items()
            for define in defines
        )

    @cached_property
    def tested(self) -> frozenset[ValuesPath]:
        """The paths that conditions test; ANYTHING stands for keys that are known only at run time."""
        return frozenset(self._interpreter.tested)

    @cached_property
    def compared(self) -> Mapping[ValuesPath, tuple[str, ...]]:
        """The texts that ``eq``, ``ne`` and ``has`` compare a value with, in the order of the walk."""
        return {path: tuple(texts) for path, texts in self._interpreter.compared.items()}

    @cached_property
    def uncalled(self) -> frozenset[Define]:
        """The named templates that nothing calls."""
        entries = (entry for entries in self._interpreter.named.by_name.values() for entry in entries)
        return frozenset(define for _, define in entries) - self._interpreter.called

    @cached_property
    def paths(self) -> frozenset[ValuesPath]:
        """The paths that templates spell out."""
        return frozenset(read.path for read in self.reads)

    def is_taken_apart(self, path: ValuesPath) -> bool:
        """Whether some key below a map is read by itself."""
        return self._children.get(path, False)

    def is_read(self, path: ValuesPath) -> bool:
        """Whether a value may be read: itself, as part of something above it, or something below it."""
        deepest: ValuesPath | None = None
        for length in range(len(path) + 1):
            part = path[:length]
            if part in self.whole or part in self.reached:
                return True
            if part not in self._children:
                break
            deepest = part
        if deepest == path:
            return True
        # A map that is only ever tested, never taken apart: its keys decide the test.
        return deepest is not None and not self._children[deepest]

    def is_whole(self, path: ValuesPath) -> bool:
        """Whether a value is used with everything below it, by itself or as part of something above it."""
        return any(path[:length] in self.whole for length in range(len(path) + 1))

    def missing(self, values: Mapping[str, Json]) -> tuple[tuple[ValueRead, ValuesPath], ...]:
        """The reads in the chart's own files whose path is missing in these values, with the missing path.

        Excluded are paths that are guarded, provided at run time or below a list or a text.
        """
        if self._missing is None or self._missing[0] is not values:
            self._missing = values, tuple(self._found_missing(values))
        return self._missing[1]

    def _found_missing(self, values: Mapping[str, Json]) -> Iterator[tuple[ValueRead, ValuesPath]]:
        for read in self.reads:
            if read.guarded or read.file.startswith("charts/"):
                continue
            path = read.path
            data: Json = values  # type: ignore[assignment]
            for index, key in enumerate(path):
                if data is None and index > 0 and not self._is_provided(path):
                    yield read, path[:index]  # a key with nothing but comments below it
                if not isinstance(data, dict):
                    break
                if key not in data:
                    is_last = index == len(path) - 1
                    if not (is_last and read.optional) and not self._is_provided(path):
                        yield read, path[: index + 1]
                    break
                data = data[key]

    def _is_provided(self, path: ValuesPath) -> bool:
        return any(path[:length] in self.provided for length in range(len(path) + 1))


def analyse(chart: Chart, templates: tuple[TemplateFile, ...], parse: Parse = parse_template) -> ValueUses:
    """Finds every read of ``.Values`` in these templates of the chart.

    Templates of dependencies are followed only where the chart calls their named templates. A dependency's own values
    (its key, ``global``) count as read by it. ``parse`` reads their templates.
    """
    interpreter = Interpreter(chart, templates, parse)
    interpreter.run()
    return uses_of(interpreter)


def uses_of(interpreter: Interpreter) -> ValueUses:
    """What a walk has found."""
    reads = tuple(
        ValueRead(path, bool(flags & Interpreter.GUARDED), bool(flags & Interpreter.OPTIONAL), template, node)
        for (node, path), (template, flags) in interpreter.reads.items()
    )
    return ValueUses(
        reads,
        frozenset(interpreter.used),
        frozenset(interpreter.whole),
        frozenset(interpreter.reached),
        frozenset(interpreter.provided),
        interpreter,
    )
