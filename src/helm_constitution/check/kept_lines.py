"""Remembers which template line made each line of a rendered document: after an edit most documents are as before.

The lines of a document depend on its template, on what all templates share and on the values; which of several branches
printed it, its text tells. Kept are digests, paths of templates and numbers of lines.
"""

from __future__ import annotations

import contextlib
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias, cast

from helm_constitution.check.contents import actions_in
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.locate.marked_render import marked_templates
from helm_constitution.locate.source_map import Origin, SourceMap, Templates

if TYPE_CHECKING:
    from helm_constitution.chart.model import Chart
    from helm_constitution.check.private_folder import PrivateFolder
    from helm_constitution.render.results import RenderedChart
    from helm_constitution.text.yaml_document import YamlDocument

_WITHOUT_LINES = LazyPattern(
    r"""include\s+\(\s*printf?\s+(?:"[^"]*"\s+)?[$.\w]*\.Template\.BasePath(?:\s+(?:"[^"]*"|[$.\w]+))?\s*\)"""
    r"""\s+[$.\w]+\s*\|\s*(?:sha\w+sum|fromYaml)\b""",
    re.ASCII,
)
"""A reading of another template that leaves none of its lines, and none of their marks."""

_Runs: TypeAlias = "tuple[list[str], list[list[int]]]"
"""Paths of templates, and for lines that follow each other: the number of the path (-1 for none), the first line of the
template, how many lines, and whether their marks stood before their output."""


class KeptLines:
    """The source maps of a chart's documents that are kept, and new ones to keep.

    Args:
        folder: where they are kept.
        name: that of the file, which depends on all that templates share.
        rendered: the chart.
    """

    def __init__(self, folder: PrivateFolder, name: str, rendered: RenderedChart) -> None:
        self._folder = folder
        self._name = name
        self._rendered = rendered
        self._before = _read(folder.read(name))
        self._now: dict[str, object] = {}
        self._values: dict[str, str] = {}
        self._digests: dict[tuple[str, str, str], str | None] = {}

    def find(self, documents: Mapping[YamlDocument, str]) -> dict[YamlDocument, SourceMap]:
        """The source maps that are known of documents, which are given with their scenarios.

        None of them where another document may show lines of theirs, for which they must be marked too.
        """
        found = {}
        for document, scenario in documents.items():
            source_map = self._known(document, scenario)
            if source_map is not None:
                found[document] = source_map
            elif self._digest(document, scenario) is None:
                return {}
        return found

    def _known(self, document: YamlDocument, scenario: str) -> SourceMap | None:
        digest = self._digest(document, scenario)
        known = self._before.get(digest) if digest is not None else None
        if digest is None or known is None:
            return None
        try:
            origins = _origins(known, self._lines, most=len(document.text) + 1)
        except (ValueError, TypeError, LookupError):
            return None
        self._now[digest] = known
        return SourceMap(origins, self._templates)

    def add(self, document: YamlDocument, scenario: str, found: SourceMap) -> None:
        """Takes a new source map."""
        digest = self._digest(document, scenario)
        files = {origin.file for origin in found.origins if origin is not None} - {document.file}
        if digest is not None and files <= self._naming:
            self._now[digest] = _runs(found.origins)

    def store(self) -> None:
        """Keeps what there is now, if that is something else; where that fails nothing is lost but time. The chart must
        still be as it was when the name was made."""
        if self._now != self._before:
            with contextlib.suppress(OSError):
                content = zlib.compress(json.dumps(self._now, separators=(",", ":")).encode(), 1)
                self._folder.write(self._name, content)

    def _digest(self, document: YamlDocument, scenario: str) -> str | None:
        """A digest of what the lines of a document depend on besides what all templates share; None where they depend
        on more, such as another template that it prints."""
        if document.alike not in self._digests:
            text = self._rendered.chart.files.get(document.file) if self._is_apart else None
            digest = None
            if text is not None and document.file.startswith("templates/") and not _reads_another(text):
                content = "\0".join((document.file, self._values_digest(scenario), text, document.text))
                digest = self._folder.digest(content.encode("utf-8", "surrogatepass"))
            self._digests[document.alike] = digest
        return self._digests[document.alike]

    def _values_digest(self, scenario: str) -> str:
        if scenario not in self._values:
            result = self._rendered.result_of(scenario)
            files = [(one.file, one.text) for one in self._rendered.values_of(scenario)]
            content = repr((result.scenario.request if result is not None else None, files))
            self._values[scenario] = self._folder.digest(content.encode("utf-8", "surrogatepass"))
        return self._values[scenario]

    @cached_property
    def _is_apart(self) -> bool:
        """Whether no named template prints a file of templates."""
        texts = _all_texts(self._rendered.chart)
        return not any(("define" in text or "block" in text) and _reads_another(text) for text in texts)

    @cached_property
    def _templates(self) -> Templates:
        """Those that may have made a document: its own one, and those with named templates."""
        analysed = self._rendered.analysed
        return Templates(tuple(marked_templates(analysed, {template.path for template in analysed.templates})))

    @cached_property
    def _naming(self) -> frozenset[str]:
        """The files with named templates."""
        return frozenset(template.path for template in self._templates.files if template.defines)

    @cached_property
    def _lines(self) -> dict[str, int]:
        """How many lines each template has."""
        return {template.path: template.text.count("\n") + 1 for template in self._templates.files}


def _read(content: bytes | None) -> dict[str, object]:
    """What is kept, by digests of documents, if it is there and whole."""
    try:
        known = json.loads(zlib.decompress(content)) if content is not None else {}
    except (zlib.error, ValueError, RecursionError):
        return {}
    return known if isinstance(known, dict) else {}


def _reads_another(text: str) -> bool:
    """Whether a template may print lines of another file of templates."""
    if "BasePath" not in text and "/templates/" not in text:
        return False
    actions = _WITHOUT_LINES.sub("", actions_in(text))
    return "BasePath" in actions or "/templates/" in actions


def _all_texts(chart: Chart) -> Iterator[str]:
    for path, text in chart.files.items():
        if path.startswith("templates/"):
            yield text
    for subchart in chart.subcharts.values():
        yield from _all_texts(subchart)


def _runs(origins: Sequence[Origin | None]) -> list[object]:
    files: dict[str, int] = {}
    runs: list[list[int]] = []
    for origin in origins:
        if origin is None:
            file, line, begins = -1, 0, 0
        else:
            file, line, begins = files.setdefault(origin.file, len(files)), origin.line, int(origin.begins)
        last = runs[-1] if runs else None
        if last is not None and last[0] == file and last[3] == begins and (file < 0 or last[1] + last[2] == line):
            last[2] += 1
        else:
            runs.append([file, line, 1, begins])
    return [list(files), runs]


def _origins(known: object, lines: dict[str, int], most: int) -> list[Origin | None]:
    """The origins of a document's lines. Raises ValueError, TypeError, LookupError where they can't be any.

    Args:
        known: what is kept of them.
        lines: how many lines each template has.
        most: how many lines there may be.
    """
    files, runs = cast("_Runs", known)
    origins: list[Origin | None] = []
    for file, line, count, begins in runs:
        if count < 1 or len(origins) + count > most or file < -1:
            raise ValueError("not the lines of this document")
        if file == -1:
            origins.extend([None] * count)
        elif 1 <= line <= lines[files[file]] - count + 1:
            origins.extend(Origin(files[file], number, bool(begins)) for number in range(line, line + count))
        else:
            raise ValueError("not the lines of this template")
    return origins
