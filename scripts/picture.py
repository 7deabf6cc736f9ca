"""Draws the picture in the README: what `make demo` prints, as a terminal shows it.

``python -m scripts.picture`` writes ``docs/pictures/report.svg`` from the real output. A test draws it again.
"""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from collections.abc import Iterator

from scripts.document_site import DOCS, ROOT

PICTURE = DOCS / "pictures" / "report.svg"
ARGUMENTS = (
    "--color=always",
    "check",
    "--engine=embedded",
    "--no-cache",
    "--constitution=built-in",
    "testdata/charts/demo",
)
LINES = 36
COLUMNS = 100
_WIDTH, _HEIGHT, _MARGIN = 8.4, 18, 14
_COLOURS = {"31": "#ff8a80", "32": "#7bd88f", "33": "#f2b84b", "34": "#7cc0ff", "35": "#cdb2ff", "36": "#7cc0ff"}
_CODES = re.compile(r"\x1b\[([\d;]*)m")
_LINKS = re.compile(r"\x1b\]8;[^\x1b]*\x1b\\")


def output() -> str:
    """What a terminal gets of the check of the demo chart."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "helm_constitution",
            "--color",
            "always",
            "check",
            "--engine",
            "embedded",
            "--no-cache",
            "--constitution",
            "built-in",
            "testdata/charts/demo",
        ],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": str(COLUMNS)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 1:
        raise RuntimeError(f"the demo ended with status {done.returncode} instead of 1: {done.stderr}")
    return done.stdout


def drawing(text: str, title: str = "The report of a chart with faults") -> str:
    """The first lines of a terminal's output as SVG."""
    lines = _LINKS.sub("", text).split("\n")[:LINES]
    width, height = round(COLUMNS * _WIDTH + 2 * _MARGIN), len(lines) * _HEIGHT + 2 * _MARGIN
    rows = [
        f'<text x="{_MARGIN}" y="{_MARGIN + number * _HEIGHT + 13}">{"".join(_spans(line))}</text>'
        for number, line in enumerate(lines)
        if line
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">',
            f"<title>{html.escape(title, quote=False)}</title>",
            (
                "<style>text { font: 14px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #e6e9ee;"
                " white-space: pre; }</style>"
            ),
            f'<rect width="{width}" height="{height}" rx="8" fill="#0f1318"/>',
            *rows,
            "</svg>",
            "",
        ]
    )


def _spans(line: str) -> Iterator[str]:
    """The pieces of a line, each with its colour and weight."""
    codes: set[str] = set()
    for number, piece in enumerate(_CODES.split(line)):
        if number % 2:
            codes = set() if piece in ("", "0") else codes | set(piece.split(";"))
        elif piece:
            colour = next((value for code, value in _COLOURS.items() if code in codes), None)
            fill = f' fill="{colour}"' if colour else ' fill="#a3adb8"' if "2" in codes else ""
            weight = ' font-weight="bold"' if "1" in codes else ""
            words = html.escape(piece, quote=False)
            yield f"<tspan{fill}{weight}>{words}</tspan>" if fill or weight else words


def main() -> None:
    """Writes the picture."""
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(drawing(output()), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
