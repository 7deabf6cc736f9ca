"""What all readers of helm's messages share: the chart that a message is about, and the plain message."""

from __future__ import annotations

import os
import re

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.helm.protocol import FailureKind, HelmMessage, MessageLevel

CHART_FILE = "Chart.yaml"
VALUES_FILE = "values.yaml"
SCHEMA_FILE = "values.schema.json"

_NAME = LazyPattern(r"^name:[ \t]*[\"']?([^\"'\s#]+)", re.MULTILINE)

_LONGEST = 2000
"""Characters of a message. Helm quotes whole templates, and every turn of an endless recursion."""


class Speaker(NamedTuple):
    """The chart that helm's messages are about: its folder as the user gave it, its name in Chart.yaml."""

    folder: str
    name: str

    @classmethod
    def of(cls, folder: str) -> Speaker:
        """The chart in a folder; its name is empty if unknown."""
        try:
            with open(os.path.join(folder, CHART_FILE), encoding="utf-8", errors="replace") as file:
                match = _NAME.search(file.read())
        except OSError:
            return cls(folder, "")
        return cls(folder, match[1] if match else "")


def plain(text: str, file: str | None, kind: FailureKind = FailureKind.OTHER, line: int | None = None) -> HelmMessage:
    """An error in helm's words, shortened if very long."""
    return HelmMessage(MessageLevel.ERROR, shortened(text), kind, file=file, line=line)


def shortened(text: str) -> str:
    """A text; a very long one is cut, with its length."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} … ({len(text)} characters)"


def in_chart(source: str) -> str | None:
    """A template as helm names it, ``web/templates/a.yaml``, by its path in the chart. ``gotpl`` is a text that ``tpl``
    renders, not a file."""
    return source.partition("/")[2] or None
