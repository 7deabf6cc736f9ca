"""Remembers what ``helm lint`` said about a chart, by the content of the chart's files and of the values it was given.

After a change of the constitution, the configuration or a waiver, helm doesn't lint the chart again; after a change of
a template without named templates, it lints a copy of the chart without the others of that kind. Only answers that
can't quote a value are kept: no message at all, or messages about Chart.yaml, which is all that most charts get.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, TypeAlias

from helm_constitution.check.contents import actions_in, is_alone
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Status
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.helm.protocol import Answered, HelmMessage, LintOutput, MessageLevel, Pending

if TYPE_CHECKING:
    from helm_constitution.check.private_folder import PrivateFolder
    from helm_constitution.render.results import RenderedChart

_QUOTABLE = "Chart.yaml"

_SETTING = LazyPattern(
    r"(?<![\w.])(?:(?:un)?set|(?:m|mustM)erge(?:Overwrite)?)(?!\s*\(\s*(?:dict|deepCopy)\b)[\s(]+[$.(]"
)
"""Functions that change the map that is given to them."""

StartLint: TypeAlias = Callable[[Collection[str]], Pending[LintOutput]]
"""Asks helm to lint the chart without some of its templates, by their paths."""


class KeptLint(NamedTuple):
    """An answer that is kept.

    ``chart`` is a digest of everything that helm was given, ``clean`` are digests of templates about which it had
    nothing to say, each with what it renders.
    """

    chart: str
    output: LintOutput
    clean: frozenset[str]


class LintPlace(NamedTuple):
    """Where helm's answer about one chart is kept, and the digest of everything that it depends on.

    The name of the file depends on the same, except templates without named templates.
    """

    folder: PrivateFolder
    name: str
    digest: str

    def load(self) -> KeptLint | None:
        """The answer that is kept, if it is there and whole."""
        content = self.folder.read(self.name)
        if content is None:
            return None
        try:
            digest, messages, clean = json.loads(content)
            return KeptLint(str(digest), LintOutput(tuple(_message(*one) for one in messages)), frozenset(clean))
        except (ValueError, TypeError, RecursionError):
            return None

    def store(self, output: LintOutput, clean: Collection[str]) -> None:
        """Keeps an answer; where that fails nothing is lost but time."""
        kept = [(one.level, one.text, one.line, one.column) for one in output.messages]
        if not is_of_metadata(output) or tuple(_message(*one) for one in kept) != output.messages:
            return
        try:
            self.folder.write(self.name, json.dumps((self.digest, kept, sorted(clean))).encode())
        except OSError:
            return


class Linting:
    """``helm lint`` of a chart: known, under way, or to begin once it is known what the templates render.

    A template without named templates that has the same text and renders the same as when helm had nothing to say about
    it isn't linted again, unless it may change values or helm rejects the chart without it.

    Args:
        start: asks helm.
        place: where answers are kept; None where they aren't.
    """

    def __init__(self, start: StartLint, place: LintPlace | None = None) -> None:
        self._start = start
        self._place = place
        self._texts: dict[str, str] = {}
        self._left_out: list[str] = []
        kept = place.load() if place is not None else None
        self._is_kept = kept is not None and place is not None and kept.chart == place.digest
        self._clean: frozenset[str] = kept.clean if kept is not None else frozenset()
        self._pending: Pending[LintOutput] | None = None
        if kept is not None and self._is_kept:
            self._pending = Answered(kept.output)
        elif not self._clean:
            self._pending = start(())

    def take_rendered(self, rendered: RenderedChart) -> None:
        """Starts ``helm lint`` if it waited for what the chart renders with the same values."""
        if self._place is None or self._is_kept:
            return
        self._texts = dict(_templates(rendered, self._place.folder))
        if self._pending is None:
            self._left_out = [path for path, digest in self._texts.items() if digest in self._clean]
            self._pending = self._start(self._left_out)

    def result(self) -> LintOutput:
        """Waits for helm."""
        pending = self._pending or self._start(())
        output = pending.result()
        if self._left_out and not is_of_metadata(output) and not output.exceeds_limit:
            output = self._start(()).result()
        return output

    def store(self, output: LintOutput) -> None:
        """Keeps the result, for a chart that is still as it was when the place was made."""
        if self._place is not None and not self._is_kept:
            self._place.store(output, self._texts.values())


def is_of_metadata(output: LintOutput) -> bool:
    """Whether helm linted a chart to the end and had nothing to say but about Chart.yaml."""
    return not output.failed and all(message.file == _QUOTABLE for message in output.messages)


def _templates(rendered: RenderedChart, folder: PrivateFolder) -> Iterator[tuple[str, str]]:
    """The templates that may be left out, each with a digest of its text and of what it renders."""
    chart, first = rendered.analysed.chart, next(iter(rendered.results), None)
    if first is None or first.status is not Status.RENDERED:
        return
    texts: dict[str, list[str]] = {}
    for document in first.documents:
        texts.setdefault(document.source, []).append(document.text)
    for path, text in chart.files.items():
        if path.startswith("templates/") and is_alone(os.fsencode(path), text.encode()) and not _may_set_values(text):
            content = "\0".join((path, text, *texts.get(f"{chart.name}/{path}", ())))
            yield path, folder.digest(content.encode("utf-8", "surrogatepass"))


def _may_set_values(text: str) -> bool:
    """Whether a template may change values for those that are rendered later: a copy without it would differ."""
    actions = actions_in(text)
    return ("set" in actions or "erge" in actions) and _SETTING.search(actions) is not None


def _message(level: int, text: str, line: int | None, column: int | None) -> HelmMessage:
    """A message about Chart.yaml. Raises ValueError, TypeError where it can't be one."""
    if not isinstance(text, str) or not all(isinstance(place, int | None) for place in (line, column)):
        raise TypeError("no message of helm lint")
    return HelmMessage(MessageLevel(level), text, file=_QUOTABLE, line=line, column=column)
