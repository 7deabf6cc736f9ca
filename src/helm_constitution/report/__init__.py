"""The report formats: one file each, pure functions from chart reports to text."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helm_constitution.report.model import RunReport

FORMATS = {
    "text": "text",
    "concise": "concise",
    "json": "jsonreport",
    "sarif": "sarif",
    "junit": "junit",
    "github": "github",
    "gitlab": "gitlab",
    "markdown": "markdown",
    "html": "html",
    "badge": "badge",
}
"""Each format, as ``--format`` and ``--output`` name it, and the module here that makes it."""


def renderer(form: str) -> Callable[[RunReport], str]:
    """The function that makes a report of this format."""
    # By name: a run imports the formats that it is asked for, and no other.
    render: Callable[[RunReport], str] = importlib.import_module(f"{__name__}.{FORMATS[form]}").render
    return render
