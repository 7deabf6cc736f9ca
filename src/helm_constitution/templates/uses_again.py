"""Who reads which value after an edit of one template, while one types: the other templates are not walked again."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from helm_constitution.templates.interpreter import Interpreter
from helm_constitution.templates.uses import ValueUses, uses_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helm_constitution.chart.model import Chart
    from helm_constitution.templates import Parse, TemplateFile


def edited_template(before: Sequence[TemplateFile], now: Sequence[TemplateFile]) -> TemplateFile | None:
    """The only template that differs, now; None if there is none, or others depend on it."""
    if len(before) != len(now):
        return None
    changed = [(old, new) for old, new in zip(before, now, strict=True) if old is not new]
    if len(changed) != 1:
        return None
    old, new = changed[0]
    return new if old.path == new.path and not old.defines and not new.defines else None


class OtherTemplates:
    """The walk through all templates of a chart but one.

    With the one walked last, the order of what is found is another, and so is what a limit of the walk leaves out: good
    enough for a draft.
    """

    def __init__(self, chart: Chart, others: tuple[TemplateFile, ...], parse: Parse) -> None:
        self._others = others
        self._walk = Interpreter(chart, others, parse)
        self._walk.walk_chart_yaml()
        self._walk.walk(others)

    def are_others(self, chart: Chart, others: Sequence[TemplateFile]) -> bool:
        """Whether these templates of a chart are the same ones, and read the same."""
        return list(self._others) == list(others) and self._walk.would_repeat(chart)

    def uses_with(self, chart: Chart, template: TemplateFile) -> ValueUses:
        """Every read of ``.Values``, with one more template."""
        walk = self._copied()
        walk.chart = chart
        walk.defaults = chart.values.data if chart.values is not None else {}
        walk.templates = tuple(sorted((*self._others, template), key=lambda one: one.path))
        walk.walk([template])
        walk.walk_uncalled()
        return uses_of(walk)

    def _copied(self) -> Interpreter:
        """The walk as it stands, to go on with."""
        old = self._walk
        new = copy.copy(old)
        vars(new).pop("has_file_texts", None)
        for name in ("used", "whole", "reached", "provided", "tested", "called", "file_paths"):
            setattr(new, name, set(getattr(old, name)))
        new.reads, new.arguments, new.parsed = dict(old.reads), dict(old.arguments), dict(old.parsed)
        new.known_defaults, new.active, new.guards_used = dict(old.known_defaults), set(), set()
        new.printed = {action: (template, dict(found)) for action, (template, found) in old.printed.items()}
        new.printed_defines = {one: (template, dict(found)) for one, (template, found) in old.printed_defines.items()}
        new.compared = {path: dict(texts) for path, texts in old.compared.items()}
        new.done = {call: list(walked) for call, walked in old.done.items()}
        new.scopes = [dict(scope) for scope in old.scopes]
        new.named = old.named.copied()
        return new
