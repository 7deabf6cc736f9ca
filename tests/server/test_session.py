"""A session's own faults are shown."""

from __future__ import annotations

import asyncio
from pathlib import Path

from helm_constitution.check.options import CheckOptions
from helm_constitution.helm.protocol import Limits
from helm_constitution.server.answers import Answer, Fault
from helm_constitution.server.link import Link
from helm_constitution.server.notes import Note
from helm_constitution.server.session import Document, Session
from helm_constitution.server.tasks import CheckTask, Task
from helm_constitution.server.worker import Setup
from tests.support import WEB, write


class Shown:
    """An editor that keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.notes: dict[str, list[Note]] = {}

    def show(self, path: str, notes: list[Note]) -> None:
        """Keeps the notes of a file."""
        self.notes[path] = notes

    def say(self, message: str) -> None:
        """Keeps a message."""
        self.said.append(message)


class Faulty(Link):
    """A link whose answers fail."""

    def __init__(self) -> None:
        super().__init__(Setup("embedded", Limits(), CheckOptions()), 1.0)
        self.asked = 0

    async def ask(self, task: Task) -> object:
        """Fails."""
        self.asked += 1
        raise RuntimeError("on purpose")


class Slow(Link):
    """A link that keeps the charts that were asked for."""

    def __init__(self) -> None:
        super().__init__(Setup("embedded", Limits(), CheckOptions()), 1.0)
        self.checked: list[Path] = []

    async def ask(self, task: Task) -> object:
        """Finds a fault in Chart.yaml at once; no answer comes for a chart called ``slow``."""
        if not isinstance(task, CheckTask):
            return None
        self.checked.append(task.chart)
        if task.chart.name == "slow":
            await asyncio.Event().wait()
        return Answer(None, Fault("on purpose", str(task.chart / "Chart.yaml"), 1))


def test_an_open_file_of_a_chart_inside_another_waits_for_its_own_check(tmp_path: Path) -> None:
    write(tmp_path, WEB)
    write(tmp_path, {f"web/slow/{name.removeprefix('web/')}": text for name, text in WEB.items() if "/" in name})
    outer, inner = (str(tmp_path / "web" / name) for name in ("values.yaml", "slow/values.yaml"))

    async def session() -> tuple[Shown, Slow]:
        shown, link = Shown(), Slow()
        session = Session(link, shown, "quick")
        session.add_folder(tmp_path)
        session.opened(inner, Document("inner", 1, ""))
        session.opened(outer, Document("outer", 1, ""))
        running = asyncio.ensure_future(session.schedule.run())
        async with asyncio.timeout(60):
            while tmp_path / "web" / "slow" not in link.checked:
                await asyncio.sleep(0.01)
        running.cancel()
        return shown, link

    shown, link = asyncio.run(session())
    assert link.checked[0] == tmp_path / "web"
    assert outer in shown.notes
    assert inner not in shown.notes


def test_a_text_in_a_chart_inside_another_concerns_both(tmp_path: Path) -> None:
    write(tmp_path, WEB)
    write(tmp_path, {f"web/inner/{name.removeprefix('web/')}": text for name, text in WEB.items() if "/" in name})
    path = str(tmp_path / "web" / "inner" / "values.yaml")

    async def session() -> Slow:
        link = Slow()
        session = Session(link, Shown(), "quick")
        session.add_folder(tmp_path)
        session.opened(path, Document("inner", 1, ""))
        running = asyncio.ensure_future(session.schedule.run())
        async with asyncio.timeout(60):
            for number in (0, 1):
                while not session.schedule.is_idle:
                    await asyncio.sleep(0.01)
                if number == 0:
                    link.checked.clear()
                    session.changed(path, Document("inner", 2, "a: 1\n"))
        running.cancel()
        return link

    assert set(asyncio.run(session()).checked) == {tmp_path / "web", tmp_path / "web" / "inner"}


def test_a_fault_of_the_server_is_told_and_the_next_chart_is_checked(tmp_path: Path) -> None:
    write(tmp_path, WEB)
    write(tmp_path, {f"api/{name.removeprefix('web/')}": text for name, text in WEB.items() if "/" in name})

    async def session() -> tuple[Shown, Faulty]:
        shown, link = Shown(), Faulty()
        session = Session(link, shown, "quick")
        session.add_folder(tmp_path)
        running = asyncio.ensure_future(session.schedule.run())
        async with asyncio.timeout(60):
            while not session.schedule.is_idle:
                await asyncio.sleep(0.01)
        running.cancel()
        return shown, link

    shown, link = asyncio.run(session())
    assert shown.said == [f"{name}: internal error: RuntimeError: on purpose" for name in ("api", "web")]
    assert link.asked == 2
    assert shown.notes == {}
