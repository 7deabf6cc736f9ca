"""Keeps secrets out of reports: only the first characters of a secret that a rule found are shown."""

from __future__ import annotations

import re
from collections.abc import Iterable

from helm_constitution.core.fixes import Fix
from helm_constitution.core.kept import Kept
from helm_constitution.core.model import Finding, Location
from helm_constitution.core.secret_lines import line_without_secrets, lines_without_secrets
from helm_constitution.core.secret_texts import without_secrets

_SHORTEST = 6
"""The shortest secret that is hidden in messages; a shorter one may be part of any word."""
_KEY = r"\s*(?:- )?[^:=]{1,100}[:=]\s*"


def masked(secret: str) -> str:
    """A secret as a report may show it: its first two or three characters."""
    return f"{secret[:3] if len(secret) > 7 else secret[:2]}…"


def would_hide(secret: str, text: str) -> bool:
    """Whether hiding the secret would change this part of a message."""
    return len(secret) >= _SHORTEST and secret in text


class Secrets:
    """The secrets that the rules of a run found, and their source lines.

    All are added before anything is hidden. ``kept`` are texts without what looks like a secret anyway.
    """

    def __init__(self, kept: Kept | None = None) -> None:
        self._kept = kept or Kept()
        self._of_line: dict[tuple[str | None, int | None], set[str]] = {}
        self._everywhere: set[str] = set()
        self._hidden: dict[tuple[object, ...], str] = {}  # lines without their secrets: one line may have many findings

    def add(self, location: Location, secrets: Iterable[str]) -> None:
        """Records secrets at a location; of one with several lines, each line."""
        lines = {line.strip() for secret in secrets for line in secret.splitlines() if line.strip()}
        self._of_line.setdefault((location.file, location.line), set()).update(lines)
        # "prom-operator" may be a password here, and a part of an object's name there.
        self._everywhere.update(line for line in lines if len(line) > 7 and any(map(str.isdigit, line)))

    def hide_in(self, file: str, text: str) -> str:
        """A whole file without secrets: those that rules found, and those that key names reveal."""
        lines = []
        for number, line in enumerate(lines_without_secrets(text), 1):
            own = self._of_line.get((file, number), set())
            lines.append(line_without_secrets(_without(_line_without(line, own) if own else line, self._everywhere)))
        return "\n".join(lines)

    def hide(self, finding: Finding) -> Finding:
        """The finding without secrets in its message and source line, whichever rule found it."""
        own = self._of_line.get((finding.location.file, finding.location.line), set())
        hidden = self._everywhere.union(secret for secret in own if len(secret) >= _SHORTEST)
        line = finding.source_line
        if line is not None:
            place = finding.location[:3]
            if place not in self._hidden:
                line = _line_without(line, own) if own else line
                self._hidden[place] = self._kept.of(_without(line, self._everywhere), line_without_secrets)
            line = self._hidden[place]
        message = self._plain(_without(finding.message, hidden))
        related = finding.related
        messages = [self._plain(_without(one.message, hidden)) for one in related]
        if any(one.message != plain for one, plain in zip(related, messages, strict=True)):
            related = tuple(one._replace(message=plain) for one, plain in zip(related, messages, strict=True))
        return finding._replace(message=message, source_line=line, related=related, fix=self._open(finding.fix, hidden))

    def _plain(self, text: str) -> str:
        return self._kept.of(text, without_secrets)  # many findings say the same

    def _open(self, fix: Fix | None, secrets: Iterable[str]) -> Fix | None:
        """A fix, unless it would repeat a secret."""
        texts = () if fix is None else (fix.title, *(edit.text for edit in fix.edits))
        return None if any(_without(text, secrets) != text or self._plain(text) != text for text in texts) else fix


def _without(text: str, secrets: Iterable[str]) -> str:
    for secret in sorted((secret for secret in secrets if secret in text), key=len, reverse=True):
        text = text.replace(secret, masked(secret))
    return text


def _line_without(line: str, secrets: set[str]) -> str:
    """A source line without these secrets, in whatever form they are written there (escaped, for example)."""
    key = re.match(_KEY, line)
    head = key.group() if key is not None else ""
    value = line[len(head) :]
    # "pass" is no secret in "password: pass", but the longer one may be written in both.
    without = _without(head, {secret for secret in secrets if len(secret) >= _SHORTEST}) + _without(value, secrets)
    return without if without != line else f"{head}…"
