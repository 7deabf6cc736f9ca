"""Which chart is checked next: one at a time, the edited one first; a check is cancelled when newer text arrives."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from helm_constitution.core.named_tuples import NamedTuple

PAUSE = 0.12
"""Seconds without a further change before a check, while one types. The first change after a rest has no wait."""

SETTLE = 0.4
"""Seconds after the draft of a check, before the whole check."""

REST = 0.5
"""Seconds without a change after which one no longer types."""


class Wanted(NamedTuple):
    """A planned check: its scenarios, whether the user waits for it, the earliest time to start it.

    ``is_draft``: a quick first answer, which a whole check follows.
    """

    scenarios: str
    is_urgent: bool
    not_before: float = 0.0
    is_draft: bool = False


Check = Callable[[Path, Wanted], Awaitable[None]]


class Schedule:
    """Runs checks one after the other.

    Args:
        check: checks a chart; it is cancelled if the chart is requested again, or a more urgent one.
    """

    def __init__(self, check: Check) -> None:
        self._check = check
        self._wanted: dict[Path, Wanted] = {}
        self._running: tuple[Path, Wanted, asyncio.Task[None]] | None = None
        self._changed = asyncio.Event()
        self._last_change = 0.0

    def want(self, chart: Path, scenarios: str, *, is_urgent: bool = True, is_typed: bool = False) -> None:
        """Requests a check; the newest request for a chart counts, and a check that it makes obsolete is cancelled."""
        now = time.monotonic()
        pause = 0.0
        if is_typed:
            pause = PAUSE if now - self._last_change < REST else 0.0
            self._last_change = now
        before = self._wanted.pop(chart, None)
        urgent = is_urgent or (before is not None and before.is_urgent)
        self._wanted[chart] = Wanted(scenarios, urgent, now + pause, is_draft=is_typed)
        if self._running is not None:
            running, wanted, task = self._running
            if running == chart:
                task.cancel()
            elif is_urgent and not wanted.is_urgent:
                self._wanted.setdefault(running, wanted)
                task.cancel()
        self._changed.set()

    def settle(self, chart: Path, scenarios: str) -> None:
        """Requests the full check after a draft, unless the chart is already requested again."""
        if chart not in self._wanted:
            self._wanted[chart] = Wanted(scenarios, False, time.monotonic() + SETTLE)
            self._changed.set()

    def drop(self, chart: Path) -> None:
        """Forgets a removed chart."""
        self._wanted.pop(chart, None)
        if self._running is not None and self._running[0] == chart:
            self._running[2].cancel()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to check."""
        return not self._wanted and self._running is None

    async def run(self) -> None:
        """Runs the requested checks, until it is cancelled."""
        while True:
            chart = await self._next()
            wanted = self._wanted.pop(chart)
            task = asyncio.ensure_future(self._run(chart, wanted))
            self._running = (chart, wanted, task)
            try:
                await asyncio.wait([task])
            except asyncio.CancelledError:
                task.cancel()
                raise
            finally:
                self._running = None

    async def _run(self, chart: Path, wanted: Wanted) -> None:
        await self._check(chart, wanted)

    async def _next(self) -> Path:
        while True:
            self._changed.clear()
            now = time.monotonic()
            ready = [chart for chart, wanted in self._wanted.items() if wanted.not_before <= now]
            if ready:
                # The last one that the user waits for; else the first of those in the background.
                urgent = [chart for chart in ready if self._wanted[chart].is_urgent]
                return urgent[-1] if urgent else ready[0]
            times = [wanted.not_before for wanted in self._wanted.values()]
            try:
                await asyncio.wait_for(self._changed.wait(), min(times) - now if times else None)
            except TimeoutError:
                continue
