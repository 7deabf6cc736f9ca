"""A session's own faults are shown."""

from __future__ import annotations

import asyncio
from pathlib import Path

from helm_constitution.check.options import CheckOptions
from helm_constitution.helm.protocol import Limits
from helm_constitution.server.link import Link
from helm_constitution.server.notes import Note
from helm_constitution.server.session import Session
from helm_constitution.server.tasks import Task
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
