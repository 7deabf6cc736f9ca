"""Checks charts with the editor's unsaved texts, again and again; lives as long as the editor's session."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from helm_constitution.check.charts import placed
from helm_constitution.check.memory import Memory
from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.check.pipeline import Examined, examine
from helm_constitution.core.errors import ConstitutionError, YamlSyntaxError
from helm_constitution.core.fixes import Applicability
from helm_constitution.core.model import DEFAULTS, StillCounts, still_counts
from helm_constitution.core.unsaved import Unsaved
from helm_constitution.fix.session import fix_chart
from helm_constitution.helm.protocol import HelmEngine
from helm_constitution.server.answers import Answer, Fault, FixedTexts
from helm_constitution.server.lookup import Lookup
from helm_constitution.server.mirror import Mirror
from helm_constitution.text.edits import BYTE_ORDER_MARK

_MARK = BYTE_ORDER_MARK.encode()


class Checker:
    """Checks charts by one engine, which stays warm, and keeps the analysis of those that are being edited.

    Args:
        engine: lints and renders.
        options: the options of every check; the scenarios are chosen for each check.
    """

    def __init__(self, engine: HelmEngine, options: CheckOptions) -> None:
        self._engine = engine
        self._options = options
        self._mirrors: dict[Path, Mirror] = {}
        self._examined: dict[Path, Examined] = {}
        self._memories: dict[Path, Memory] = {}

    def check(
        self,
        chart: Path,
        scenarios: str,
        texts: Unsaved,
        still_counts: StillCounts = still_counts,
        *,
        is_draft: bool = False,
    ) -> Answer:
        """Checks a chart.

        Args:
            chart: its folder, an absolute path.
            scenarios: ``defaults``, ``quick`` or ``full``.
            texts: of open files, by their absolute paths; of other charts too.
            still_counts: called often; an exception from it ends the check.
            is_draft: a quick first answer, see :class:`CheckRequest`.
        """
        unsaved = {path: text for path, text in texts.items() if _differs(path, text)}
        is_open = any(Path(path).is_relative_to(chart) for path in texts)
        # Lenses show what the scenarios enter; while the user types there is no time to measure it.
        measures = is_open and scenarios != DEFAULTS
        options = self._options._replace(scenarios=scenarios, cache=False, coverage=measures or self._options.coverage)
        memory = self._memories.setdefault(chart, Memory()) if is_open else None
        self._examined.pop(chart, None)
        try:
            copy = self._copy(chart, unsaved)
            request = CheckRequest(
                chart,
                self._engine,
                options,
                progress=lambda done, total: still_counts(),
                copy=copy,
                unsaved=unsaved,
                memory=memory,
                is_draft=is_draft,
                still_counts=still_counts,
            )
            examined = examine(request)
        except ConstitutionError as error:
            return Answer(None, _fault(error, chart), unsaved=frozenset(unsaved))
        if is_open:
            self._examined[chart] = examined
        return _answer(examined, chart)._replace(unsaved=frozenset(unsaved))

    def lookup(self, chart: Path) -> Lookup | None:
        """Answers questions about an open chart; None if it was not checked, or could not be."""
        examined = self._examined.get(chart)
        return Lookup(examined, chart, self._engine) if examined is not None else None

    def fixed(self, chart: Path, texts: Unsaved, rules: Collection[str]) -> FixedTexts:
        """The files that safe fixes change and rename; nothing is written.

        Args:
            chart: its folder, an absolute path.
            texts: of open files, by their absolute paths.
            rules: those whose findings are fixed; all, if empty.

        Raises:
            ConstitutionError: the chart can't be checked.
        """
        unsaved = {path: text for path, text in texts.items() if _differs(path, text)}
        options = self._options._replace(cache=False)
        request = CheckRequest(chart, self._engine, options, copy=self._copy(chart, unsaved), unsaved=unsaved)
        fixed = fix_chart(request, {Applicability.SAFE}, rules)
        changed = {file: content.decode("utf-8") for file, content in fixed.files.items() if content is not None}
        return FixedTexts(changed, tuple(move for one in fixed.applied for move in one.fix.moves))

    def forget(self, chart: Path) -> None:
        """Drops the data of a chart without open files."""
        self._examined.pop(chart, None)
        self._memories.pop(chart, None)
        mirror = self._mirrors.pop(chart, None)
        if mirror is not None:
            mirror.close()

    def close(self) -> None:
        """Ends helm and removes every copy."""
        for chart in list(self._mirrors):
            self.forget(chart)
        self._engine.close()

    def _copy(self, chart: Path, unsaved: Unsaved) -> Path | None:
        """The folder to read in the chart's place; None if everything in it is saved."""
        inside = {
            Path(path).relative_to(chart).as_posix(): text
            for path, text in unsaved.items()
            if Path(path).is_relative_to(chart)
        }
        if not inside:
            return None
        if chart not in self._mirrors:
            self._mirrors[chart] = Mirror(chart)
        return self._mirrors[chart].update(inside)


def _differs(path: str, text: str) -> bool:
    try:
        saved = Path(path).read_bytes().removeprefix(_MARK)
        return saved != text.encode("utf-8", "surrogatepass").removeprefix(_MARK)
    except OSError:
        return True


def _fault(error: ConstitutionError, chart: Path) -> Fault:
    file = os.path.abspath(error.file) if error.file is not None else None
    column = error.column if isinstance(error, YamlSyntaxError) else None
    return Fault(error.message, None if file == str(chart) else file, error.line, column)


def _answer(examined: Examined, chart: Path) -> Answer:
    configuration, constitution = examined.policy.configuration, examined.policy.constitution
    file = None if constitution.builtin else os.path.abspath(constitution.shown)
    others = (os.path.abspath(one) for one in (configuration.file, configuration.plan) if one is not None)
    return Answer(placed(chart, examined.report), None, file, (*others, *([file] if file is not None else [])))
