"""One editor's session: open files, charts, and what was last shown for each."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from helm_constitution.core.errors import unforeseen
from helm_constitution.core.model import DEFAULTS
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.repository import BULKY_FOLDERS
from helm_constitution.core.unsaved import NO_TEXTS, Unsaved
from helm_constitution.report.model import ChartReport, FileCoverage
from helm_constitution.server.answers import Answer
from helm_constitution.server.charts import chart_of, charts_below, is_chart, ruled_folder
from helm_constitution.server.link import Link
from helm_constitution.server.notes import CRASH, Note, each_once, notes_of
from helm_constitution.server.schedule import Schedule, Wanted
from helm_constitution.server.tasks import CheckTask, ForgetTask
from helm_constitution.server.worker import Failure


class Document(NamedTuple):
    """An open file: the editor's name for it, its version and its text."""

    uri: str
    version: int
    text: str


class ChartState(NamedTuple):
    """What is known about a chart: the notes of its last check, its report, its policy files.

    ``texts`` are those that were checked; ``constitution`` is its path, None for the built-in one. ``coverage`` is the
    last measurement for each template, by its path in the chart, with the measured text.
    """

    notes: tuple[Note, ...] = ()
    report: ChartReport | None = None
    policy_files: tuple[str, ...] = ()
    constitution: str | None = None
    texts: Unsaved = NO_TEXTS
    coverage: Mapping[str, tuple[FileCoverage, str | None]] = MappingProxyType({})


class Editor(Protocol):
    """What a session sends to its editor."""

    def show(self, path: str, notes: list[Note]) -> None:
        """Shows the notes of a file in place of the previous ones."""
        ...

    def say(self, message: str) -> None:
        """Shows a message that belongs to no file."""
        ...


class Session:
    """Keeps track of open files, and has charts checked.

    Args:
        link: to the process that checks.
        editor: receives the findings.
        scenarios: for charts whose files are opened or saved; while the user types it is ``defaults``.
    """

    def __init__(self, link: Link, editor: Editor, scenarios: str) -> None:
        self._scenarios = scenarios
        self.documents: dict[str, Document] = {}
        self.charts: dict[Path, ChartState] = {}
        self.schedule = Schedule(self._check)
        self._link = link
        self._editor = editor
        self._shown: dict[str, tuple[int | None, list[Note]]] = {}
        self._said: set[str] = set()
        self._folders: list[Path] = []

    def add_folder(self, folder: Path) -> None:
        """Adds the charts of a workspace folder."""
        self._folders.append(folder)
        for chart in charts_below(folder):
            self._add(chart)

    def remove_folder(self, folder: Path) -> None:
        """Removes the charts of a workspace folder, except those with open files or in another folder."""
        self._folders = [one for one in self._folders if one != folder]
        for chart in [one for one in self.charts if one.is_relative_to(folder)]:
            if not self._is_open(chart) and not any(chart.is_relative_to(one) for one in self._folders):
                self._remove(chart)

    def opened(self, path: str, document: Document) -> None:
        """A file was opened."""
        self.documents[path] = document
        self._want(path, self._scenarios)

    def changed(self, path: str, document: Document) -> None:
        """The text of an open file changed; a file that was never opened is open from now on."""
        self.documents.pop(path, None)
        self.documents[path] = document
        self._want(path, DEFAULTS, is_typed=True)

    def saved(self, path: str) -> None:
        """A file was saved."""
        self._want(path, self._scenarios)

    def changed_on_disk(self, path: str) -> None:
        """A file or folder that is not open was created, changed or removed by another program."""
        if BULKY_FOLDERS.intersection(self._in_workspace(Path(path)).parts):
            return  # too often to check anything each time
        for chart in self._affected(Path(path)):
            # The files of a chart inside another one are that one's, until somebody opens them.
            if chart in self.charts or not self._is_inside_another(chart):
                self._want_chart(chart, self._scenarios)
        if os.path.isdir(path):
            for chart in charts_below(Path(path)):
                if self.chart_of(str(chart / "Chart.yaml")) == chart and not self._is_inside_another(chart):
                    self._add(chart)

    async def closed(self, path: str) -> None:
        """A file was closed: unsaved changes are lost."""
        self.documents.pop(path, None)
        for chart in self._affected(Path(path)):
            is_open = self._is_open(chart)
            if is_open or not self._is_inside_another(chart):
                self._want_chart(chart, self._scenarios)
            else:
                self._remove(chart)
            if not is_open:
                await self._link.ask(ForgetTask(chart))

    def texts(self) -> Unsaved:
        """The texts of open files."""
        return {path: document.text for path, document in self.documents.items()}

    def chart_of(self, path: str) -> Path | None:
        """The chart that a file belongs to."""
        return chart_of(Path(path), self.texts())

    def is_current(self, chart: Path) -> bool:
        """Whether the results for a chart match the current texts."""
        state = self.charts[chart]

        def of_chart(texts: Unsaved) -> Unsaved:
            rules = state.policy_files
            return {path: texts[path] for path in texts if path in rules or Path(path).is_relative_to(chart)}

        return of_chart(state.texts) == of_chart(self.texts())

    def _add(self, chart: Path) -> None:
        if chart not in self.charts:
            self._take(chart)
            self.schedule.want(chart, self._scenarios, is_urgent=False)

    def _take(self, chart: Path) -> None:
        """Keeps a chart from now on; those inside it are its own files, until somebody opens them."""
        if chart not in self.charts:
            self.charts[chart] = ChartState()
            for inner in [one for one in self.charts if chart in one.parents and not self._is_open(one)]:
                self._remove(inner)

    def _in_workspace(self, path: Path) -> Path:
        """A path from its folder of the workspace; as it is outside of them all."""
        folder = next((one for one in self._folders if path.is_relative_to(one)), None)
        return path.relative_to(folder) if folder is not None else path

    def _is_open(self, chart: Path) -> bool:
        return any(Path(path).is_relative_to(chart) for path in self.documents)

    def _want(self, path: str, scenarios: str, *, is_typed: bool = False) -> None:
        for chart in self._affected(Path(path)):
            self._want_chart(chart, scenarios, is_typed=is_typed)

    def _want_chart(self, chart: Path, scenarios: str, *, is_typed: bool = False) -> None:
        self._take(chart)
        self.schedule.want(chart, scenarios, is_typed=is_typed)

    def _is_inside_another(self, chart: Path) -> bool:
        """Whether a folder around a chart, in the workspace, is a chart as well."""
        texts = self.texts()
        around = (folder for folder in chart.parents if any(folder.is_relative_to(one) for one in self._folders))
        return any(is_chart(folder, texts) for folder in around)

    def _affected(self, file: Path) -> Iterable[Path]:
        """The charts that a file belongs to or applies to, and those that went with it; the last edited one comes
        last: it is checked first."""
        texts = self.texts()
        own = chart_of(file, texts)
        folder = ruled_folder(file)
        ruled = [
            chart
            for chart, state in self.charts.items()
            if str(file) in state.policy_files or (folder is not None and chart.is_relative_to(folder))
        ]
        ruled.sort(key=self._is_open)
        # A file of a chart inside another one is also a file of that: helm loads it.
        around = [chart for chart in self.charts if file.is_relative_to(chart)]
        gone = [chart for chart in self.charts if chart.is_relative_to(file) and not is_chart(chart, texts)]
        others = [one for one in (*gone, *around, *ruled) if one != own]
        return dict.fromkeys([*others, *([own] if own is not None else [])])

    async def _check(self, chart: Path, wanted: Wanted) -> None:
        try:
            await self._show_check(chart, wanted)
        except Exception as error:  # noqa: BLE001 - otherwise nobody learns that what is shown is outdated
            self._say(f"{chart.name}: {unforeseen(error)}")

    async def _show_check(self, chart: Path, wanted: Wanted) -> None:
        texts = self.texts()
        if not is_chart(chart, texts):
            self._remove(chart)
            for inner in charts_below(chart):
                self._add(inner)
            await self._link.ask(ForgetTask(chart))
            return
        answer = await self._link.ask(CheckTask(chart, wanted.scenarios, texts, wanted.is_draft))
        if isinstance(answer, Failure):
            self._say(f"{chart.name}: {answer.message}")
        elif isinstance(answer, Answer):
            notes = tuple(notes_of(answer, chart))
            state = ChartState(notes, answer.report, answer.policy_files, answer.constitution, texts)
            state = state._replace(coverage=self._coverage(chart, state))
            if answer.report is None:  # what rules it is not known by a fault in that
                state = state._replace(policy_files=self.charts.get(chart, state).policy_files)
            self._set(chart, state)
            if wanted.is_draft:
                self.schedule.settle(chart, wanted.scenarios)

    def _coverage(self, chart: Path, state: ChartState) -> Mapping[str, tuple[FileCoverage, str | None]]:
        """The coverage of templates: from this check, or from an earlier one."""
        measured = state.report.coverage if state.report is not None else None
        if measured is None:
            return self.charts.get(chart, state).coverage
        return {one.path: (one, state.texts.get(str(chart.joinpath(*one.path.split("/"))))) for one in measured}

    def _set(self, chart: Path, state: ChartState) -> None:
        crashes = [note.message for note in state.notes if note.code == CRASH]
        self._said.difference_update([one for one in self._said if one not in crashes])
        for message in crashes:
            self._say(message)
        before = self.charts.get(chart, ChartState())
        self.charts[chart] = state
        paths = {note.place.path for note in (*before.notes, *state.notes)}
        self._show(sorted(paths - self.documents.keys()))
        # No findings in an open file are a result too, but not for a chart inside this one; the file that is being
        # edited comes last.
        self._show(
            path
            for path in self.documents
            if path in paths or path in state.policy_files or self.chart_of(path) == chart
        )

    def _remove(self, chart: Path) -> None:
        self.schedule.drop(chart)
        state = self.charts.pop(chart, ChartState())
        self._show(note.place.path for note in state.notes)

    def _show(self, paths: Iterable[str]) -> None:
        """Shows the notes of all charts for files, unless they are already shown."""
        for path in dict.fromkeys(paths):
            every = (note for state in self.charts.values() for note in state.notes if note.place.path == path)
            notes = each_once(every)
            document = self.documents.get(path)
            version = document.version if document is not None else None
            if self._shown.get(path, (None, [])) != (version, notes):
                self._shown[path] = (version, notes)
                self._editor.show(path, notes)

    def _say(self, message: str) -> None:
        if message not in self._said:
            self._said.add(message)
            self._editor.say(message)
