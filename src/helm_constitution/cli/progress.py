"""A progress bar on the terminal."""

from __future__ import annotations

import os
import sys
import time

import click


class Progress:
    """A bar on the terminal for what takes longer than a second; nothing where no person looks at it."""

    WIDTH = 30

    def __init__(self) -> None:
        # pre-commit gives its hooks a terminal, and shows their output when they are done.
        self._on = sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("PRE_COMMIT")
        self._begin = time.monotonic()
        self._shown = False

    def show(self, done: int, total: int) -> None:
        """Scenarios that are done, of those that are known so far."""
        self._show(done, total, f"{done} of {total} scenarios")

    def show_charts(self, done: int, total: int, path: str) -> None:
        """Charts that are done, of all, and the path of the last one."""
        name = "".join(letter for letter in os.path.basename(path) if letter.isprintable())
        self._show(done, total, f"{done}/{total} {name[:40]}")

    def _show(self, done: int, total: int, words: str) -> None:
        if self._on and time.monotonic() - self._begin > 1:
            self._shown = True
            filled = self.WIDTH * done // max(total, 1)
            bar = "#" * filled + "-" * (self.WIDTH - filled)
            click.echo(f"\r[{bar}] {words}\x1b[K", nl=False, err=True)

    def clear(self) -> None:
        """Takes the bar away before anything else is printed."""
        if self._shown:
            self._shown = False
            click.echo("\r\x1b[K", nl=False, err=True)
