"""Debt: the findings that a chart had when it was adopted. They stay in the reports, dated, and fail nothing.

They are known by their fingerprints, which survive moved lines. The file is written by ``accept`` alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.core.errors import ConfigurationError, YamlSyntaxError
from helm_constitution.core.model import Finding
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.unsaved import NO_TEXTS, Unsaved, content_of

if TYPE_CHECKING:
    from helm_constitution.text.yaml_document import View

VERSION = 1

_HEAD = """\
# The findings that were accepted when these charts were adopted: they are shown as debt and fail nothing.
# `helm-constitution accept` adds what is found now, `helm-constitution accept --prune` removes what was fixed.
"""


class DebtEntry(NamedTuple):
    """One accepted finding. ``since`` is an ISO date; all behind it tells a reader, and ``prune``, what it was."""

    fingerprint: str
    since: str
    rule: str
    file: str | None
    object: str | None
    message: str
    scenarios: tuple[str, ...]

    @classmethod
    def of(cls, finding: Finding, today: str) -> DebtEntry:
        """The entry of a finding that is accepted today."""
        thing = finding.object
        name = f"{thing.kind}/{thing.name}" if thing is not None else None
        return cls(
            finding.fingerprint, today, finding.rule, finding.location.file, name, finding.message, finding.scenarios
        )


Ledger = Mapping[str, Sequence[DebtEntry]]
"""The entries by the chart's path from the file's folder."""


def chart_key(file: Path, chart: Path) -> str:
    """What a debt file calls a chart: its path from the file's folder, with forward slashes."""
    return os.path.relpath(os.path.realpath(chart), os.path.realpath(file.parent)).replace(os.sep, "/")


def read_debt(file: Path, unsaved: Unsaved = NO_TEXTS) -> Ledger:
    """Reads a debt file.

    Raises:
        ConfigurationError: with file and line, where it isn't what ``accept`` writes.
    """
    from helm_constitution.text.yaml import load_document

    try:
        document = load_document(content_of(file, unsaved).decode(), str(file))
    except OSError as error:
        raise ConfigurationError(f"can't be read: {error.strerror}", file=str(file)) from None
    except UnicodeDecodeError:
        raise _not_ours(file, None) from None
    except YamlSyntaxError as error:
        raise _not_ours(file, error.line) from None
    view = document.view

    def line(part: View) -> int | None:
        span = document.key_span(part.path)
        return span.line if span else None

    if view.get("version").data != VERSION or not view.get("charts").is_map:
        raise _not_ours(file, 1)
    ledger: dict[str, list[DebtEntry]] = {}
    for chart, entries in view.get("charts").entries():
        if not entries.is_list:
            raise _not_ours(file, line(entries))
        ledger[chart] = []
        for part in entries.items():
            texts = {key: part.get(key).string() for key in ("fingerprint", "since", "rule", "message")}
            if None in texts.values():
                raise _not_ours(file, line(part))
            ledger[chart].append(
                DebtEntry(
                    fingerprint=str(texts["fingerprint"]),
                    since=str(texts["since"]),
                    rule=str(texts["rule"]),
                    file=part.get("file").string(),
                    object=part.get("object").string(),
                    message=str(texts["message"]),
                    scenarios=tuple(str(name.data) for name in part.get("scenarios").items()),
                )
            )
    return ledger


def _not_ours(file: Path, line: int | None) -> ConfigurationError:
    message = "must be a file that `helm-constitution accept` wrote; restore it, or replace it with `accept --force`"
    return ConfigurationError(message, file=str(file), line=line)


def debt_text(ledger: Ledger) -> str:
    """A debt file's text: sorted, so that it changes only where the debt does."""
    lines = [_HEAD + f"version: {VERSION}", "charts:" if any(ledger.values()) else "charts: {}"]
    for chart in sorted(chart for chart in ledger if ledger[chart]):
        lines.append(f"  {_quoted(chart)}:")
        for entry in sorted(ledger[chart], key=_order):
            lines.extend(_entry_lines(entry))
    return "\n".join(lines) + "\n"


def _order(entry: DebtEntry) -> tuple[object, ...]:
    """What entries are sorted by: the rule, the file, then the rest; what an entry lacks comes first."""
    rest = (entry.fingerprint, entry.since, entry.file, entry.object, entry.message)
    return entry.rule, entry.file or "", [(text is not None, text or "") for text in rest], entry.scenarios


def _entry_lines(entry: DebtEntry) -> Iterator[str]:
    yield f"    - rule: {_quoted(entry.rule)}"
    if entry.file is not None:
        yield f"      file: {_quoted(entry.file)}"
    if entry.object is not None:
        yield f"      object: {_quoted(entry.object)}"
    yield f"      message: {_quoted(entry.message)}"
    if entry.scenarios:
        yield f"      scenarios: [{', '.join(map(_quoted, entry.scenarios))}]"
    yield f"      since: {entry.since}"
    yield f"      fingerprint: {_quoted(entry.fingerprint)}"


def _quoted(text: str) -> str:
    """A text in YAML's double quotes, whatever is in it, on one line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in escaped) + '"'
