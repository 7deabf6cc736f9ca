"""A badge: the gate's answer as a small picture (SVG), for a README."""

from __future__ import annotations

import html

from helm_constitution.core.model import Gate, Severity
from helm_constitution.report.model import RunReport

_COLOURS = {Gate.PASS: "#1a6e33", Gate.FAIL: "#b42318", Gate.ERROR: "#6b3fa0"}
_LETTER = 6.6
_NAME = "constitution"


def render(run: RunReport) -> str:
    """The badge: ``constitution | pass``, or how many errors there are."""
    words = _words(run)
    left, right = round(len(_NAME) * _LETTER + 14), round(len(words) * _LETTER + 14)
    width, shape = left + right, f"h{right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{right - 3}z"
    told = html.escape(f"{_NAME}: {words}")
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{told}">',
            f"<title>{told}</title>",
            f'<rect width="{width}" height="20" rx="3" fill="#3d4450"/>',
            f'<path d="M{left} 0{shape}" fill="{_COLOURS[run.gate]}"/>',
            '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">',
            f'<text x="{left / 2}" y="14">{_NAME}</text>',
            f'<text x="{left + right / 2}" y="14">{words}</text>',
            "</g>",
            "</svg>",
            "",
        ]
    )


def _words(run: RunReport) -> str:
    """The answer in a word, with the number of errors where that is why it fails."""
    if run.gate is not Gate.FAIL:
        return run.gate.value
    errors = sum(
        finding.active and finding.severity is Severity.ERROR for chart in run.charts for finding in chart.findings
    )
    return f"{errors} error{'' if errors == 1 else 's'}" if errors else run.gate.value
