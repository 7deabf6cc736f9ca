"""Runs the set-up for Neovim in a real Neovim without a display: a picture for the documentation.

``python -m scripts.neovim_session`` needs Neovim and tmux on PATH. An editor of the demo chart's values gets a key that
no template reads, which is not saved; what the terminal then shows is drawn.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts.document_site import DOCS, ROOT
from scripts.picture import COLUMNS, drawing

PICTURE = DOCS / "pictures" / "neovim.svg"
LINES = 30
SECONDS = 60
"""A limit for what hangs."""
OPTIONS = "set laststatus=0 noshowmode noruler number signcolumn=yes shortmess+=F"


class Terminal:
    """A tmux of its own with Neovim in it.

    Args:
        folder: for its files; the chart is in ``demo``.
    """

    def __init__(self, folder: Path) -> None:
        self._tmux = ["tmux", "-S", str(folder / "tmux")]
        configuration = folder / "config" / "nvim"
        (configuration / "plugin").mkdir(parents=True)
        shutil.copy(ROOT / "editors" / "neovim" / "helm_constitution.lua", configuration / "plugin")
        (configuration / "init.vim").write_text(f"{OPTIONS}\n", "utf-8")
        shutil.copytree(ROOT / "testdata" / "charts" / "demo", folder / "demo")
        (folder / ".git").mkdir()
        own = {
            **os.environ,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_STATE_HOME": str(folder / "state"),
        }
        size = ["-x", str(COLUMNS), "-y", str(LINES)]
        program = ["nvim", str(folder / "demo" / "values.yaml")]
        subprocess.run([*self._tmux, "-f", os.devnull, "new-session", "-d", *size, *program], check=True, env=own)

    def type(self, *keys: str) -> None:
        """Types texts and keys, by tmux's names."""
        subprocess.run([*self._tmux, "send-keys", *keys], check=True)

    def screen(self, *options: str) -> str:
        """What it shows now."""
        command = [*self._tmux, "capture-pane", "-p", *options]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def until(self, text: str) -> None:
        """Waits until a text is shown.

        Raises:
            TimeoutError: it is not.
        """
        end = time.monotonic() + SECONDS
        while text not in self.screen():
            if time.monotonic() > end:
                raise TimeoutError(f"{text!r} is not shown:\n{self.screen()}")
            time.sleep(0.1)

    def end(self) -> None:
        """Ends it."""
        subprocess.run([*self._tmux, "kill-server"], check=True)


def main() -> None:
    """Draws the picture."""
    with tempfile.TemporaryDirectory() as scratch:
        terminal = Terminal(Path(scratch))
        try:
            terminal.until("credential")
            terminal.type(":set paste", "Enter", "G", "o# Typed and not saved.", "Enter", "typed: 1", "Escape")
            terminal.until("value typed is never used")
            PICTURE.write_text(drawing(terminal.screen("-e"), "Findings in Neovim"), "utf-8", newline="\n")
        finally:
            terminal.end()


if __name__ == "__main__":
    main()
