"""Earlier JSON reports, for the trend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from helm_constitution.core.errors import ConfigurationError
from helm_constitution.report.model import EarlierRun

_WANTED = "must be a JSON report of helm-constitution (check --output json=FILE)"


def read_history(folder: Path) -> tuple[EarlierRun, ...]:
    """The reports of a folder in the order of their names, which are best dates (``2026-11-30.json``).

    Args:
        folder: holds the reports, and maybe other files that don't end in ``.json``.

    Raises:
        ConfigurationError: the folder isn't there, or one of the files is no report.
    """
    if not folder.is_dir():
        raise ConfigurationError("--history: no such folder", file=str(folder))
    return tuple(_earlier(file) for file in sorted(folder.glob("*.json")))


def _earlier(file: Path) -> EarlierRun:
    import json

    try:
        document = json.loads(file.read_text("utf-8"))
        if document["version"] != 1 or document["tool"]["name"] != "helm-constitution":
            raise ConfigurationError(f"{_WANTED}, version 1", file=str(file))
        found: dict[tuple[str, str], int] = {}
        for chart in document["charts"]:
            for principle in _homes(chart):
                key = (str(chart["name"]), str(principle))
                found[key] = found.get(key, 0) + 1
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"{_WANTED}: {error.msg}", file=str(file), line=error.lineno) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{_WANTED}: {error}", file=str(file)) from None
    except (AttributeError, KeyError, TypeError):
        raise ConfigurationError(_WANTED, file=str(file)) from None
    return EarlierRun(file.stem, found)


def _homes(chart: Any) -> list[str]:
    """The principle of each active finding: that of its first statement in the document."""
    known = {(one["key"], statement["line"]) for one in chart["principles"] for statement in one["statements"]}
    return [
        next(
            (one["principle"] for one in finding["statements"] if (one["principle"], one["line"]) in known), "selected"
        )
        for finding in chart["findings"]
        if finding["waived"] is None and finding["debt"] is None
    ]
