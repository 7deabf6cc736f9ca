"""The tutorial does what it says: each command is run, each edit is made."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

from click.testing import CliRunner

from helm_constitution.cli.main import cli

PAGE = Path(__file__).parent.parent.parent / "docs" / "tutorial.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EDIT = re.compile(r"# (\S+), instead of `(.*)`:\n(.*)", re.DOTALL)
_FILE = re.compile(r"<!-- (\S+) -->\n(.*)", re.DOTALL)


def steps() -> Iterator[tuple[str, str]]:
    """The page's blocks: language and text."""
    for found in _BLOCK.finditer(PAGE.read_text("utf-8")):
        yield found[1], found[2]


def test_the_chart_passes_in_the_end_after_three_checks(tmp_path: Path, helm4: Path) -> None:
    ended: list[tuple[int, str]] = []
    for language, text in steps():
        if language == "sh":
            ended += [one for one in (run(line, tmp_path, helm4) for line in text.splitlines()) if one is not None]
        elif (edit := _EDIT.fullmatch(text)) is not None:
            file = tmp_path / edit[1]
            before = file.read_text("utf-8")
            assert before.count(f"\n{edit[2]}\n") == 1, edit[2]
            file.write_text(before.replace(f"\n{edit[2]}\n", f"\n{edit[3]}"), "utf-8")
        else:
            written = _FILE.fullmatch(text)
            assert written is not None, text
            (tmp_path / written[1]).write_text(written[2], "utf-8")
    assert [(status, output.split()[0]) for status, output in ended] == [(1, "FAIL"), (1, "FAIL"), (0, "PASS")]
    assert ended[0][1].count("error") > ended[1][1].count("error") > 0


def run(line: str, folder: Path, helm: Path) -> tuple[int, str] | None:
    """Runs a command of the page; of a check the exit status and the report."""
    program, *arguments = shlex.split(line)
    if program == "helm":
        subprocess.run([helm, *arguments], cwd=folder, check=True, capture_output=True)
        return None
    assert program == "helm-constitution"
    arguments = [str(folder / one) if one == "web" else one for one in arguments]
    done = CliRunner().invoke(
        cli, [*arguments, "--no-cache", "--engine", "embedded", "--constitution", "built-in"], standalone_mode=False
    )
    return done.return_value, done.stdout
