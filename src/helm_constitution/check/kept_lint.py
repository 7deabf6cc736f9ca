"""Remembers what ``helm lint`` said about a chart, by the content of the chart's files and of the values it was given.

After a change of the constitution, the configuration or a waiver, helm doesn't lint the chart again. Only answers that
can't quote a value are kept: no message at all, or messages about Chart.yaml, which is all that most charts get.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.helm.protocol import Answered, HelmMessage, LintOutput, MessageLevel, Pending

if TYPE_CHECKING:
    from helm_constitution.check.private_folder import PrivateFolder

_QUOTABLE = "Chart.yaml"


class LintPlace(NamedTuple):
    """Where helm's answer about one chart is kept."""

    folder: PrivateFolder
    name: str

    def lint(self, start: Callable[[], Pending[LintOutput]]) -> Pending[LintOutput]:
        """The answer that is kept, or else the one that helm is asked for now, which is kept when it is there.

        Args:
            start: asks helm.
        """
        known = self._load()
        return Answered(known) if known is not None else _Asked(start(), self)

    def _load(self) -> LintOutput | None:
        content = self.folder.read(self.name)
        if content is None:
            return None
        try:
            return LintOutput(tuple(_message(*one) for one in json.loads(content)))
        except (ValueError, TypeError, RecursionError):
            return None

    def store(self, output: LintOutput) -> None:
        """Keeps an answer; where that fails nothing is lost but time."""
        kept = [(one.level, one.text, one.line, one.column) for one in output.messages]
        if output.failed or tuple(_message(*one) for one in kept) != output.messages:
            return
        try:
            self.folder.write(self.name, json.dumps(kept).encode())
        except OSError:
            return


def _message(level: int, text: str, line: int | None, column: int | None) -> HelmMessage:
    """A message about Chart.yaml. Raises ValueError, TypeError where it can't be one."""
    if not isinstance(text, str) or not all(isinstance(place, int | None) for place in (line, column)):
        raise TypeError("no message of helm lint")
    return HelmMessage(MessageLevel(level), text, file=_QUOTABLE, line=line, column=column)


class _Asked:
    def __init__(self, pending: Pending[LintOutput], place: LintPlace) -> None:
        self._pending = pending
        self._place = place

    def result(self) -> LintOutput:
        """Waits for helm, and keeps the answer."""
        output = self._pending.result()
        self._place.store(output)
        return output

    def done(self) -> bool:
        """Whether helm has ended."""
        return self._pending.done()
