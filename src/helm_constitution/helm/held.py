"""Charts whose files don't change for a while: an engine remembers results for one that long."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.core.errors import EngineError
from helm_constitution.core.scratch import kept_folder
from helm_constitution.helm.schemas import remote_schemas

if TYPE_CHECKING:
    from helm_constitution.helm.documents import TextMemory


class HeldChart:
    """A chart's folder; ``number`` is 0 for a chart that is not held, otherwise unique.

    ``before`` is the same folder when it was held last.
    """

    def __init__(self, folder: str, number: int, before: HeldChart | None = None) -> None:
        self.folder = folder
        self.number = number
        if before is not None and "texts" in before.__dict__:
            self.texts = before.texts  # what texts hold does not depend on the chart

    @cached_property
    def utf8_folder(self) -> str:
        """The folder by a path that is UTF-8, as the embedded library takes it: a link to a folder whose path is not.

        Raises:
            EngineError: there is no place for the link.
        """
        if _is_utf8(self.folder):
            return self.folder
        link = str(kept_folder() / "chart")
        if not _is_utf8(link):
            raise EngineError("the embedded engine needs a temporary folder whose path is UTF-8; set TMPDIR to one")
        os.symlink(self.folder, link)
        return link

    @cached_property
    def remote_schemas(self) -> tuple[str, ...]:
        """The references in the chart's schemas that helm would fetch."""
        return remote_schemas(self.folder)

    @cached_property
    def is_unsupported(self) -> bool:
        """Whether Chart.yaml has an apiVersion that Helm 4 rejects; Helm 3 renders such a chart."""
        from helm_constitution.core.errors import YamlSyntaxError
        from helm_constitution.text.yaml import load_document

        try:
            with open(os.path.join(self.folder, "Chart.yaml"), encoding="utf-8-sig") as file:
                version = load_document(file.read(), "Chart.yaml").view.get("apiVersion")
        except (OSError, UnicodeDecodeError, YamlSyntaxError):
            return False  # helm reports it itself
        return version.exists and version.data not in ("", None, "v1", "v2")

    @cached_property
    def texts(self) -> TextMemory:
        """The contents of the texts that the chart renders to."""
        from helm_constitution.helm.documents import TextMemory

        return TextMemory()


def _is_utf8(path: str) -> bool:
    return path.isascii() or path == path.encode("utf-8", "replace").decode()


class HeldCharts:
    """The charts that an engine's callers hold now."""

    def __init__(self) -> None:
        self._held: dict[str, HeldChart] = {}
        self._last: HeldChart | None = None
        self._holds = 0

    def of(self, chart: Path) -> HeldChart:
        """The held chart of a folder, or a new one for this call."""
        folder = os.path.abspath(chart)
        return self._held.get(folder) or HeldChart(folder, 0)

    @contextlib.contextmanager
    def hold(self, chart: Path) -> Iterator[None]:
        """Holds a chart inside the context; the outermost context ends it."""
        folder = os.path.abspath(chart)
        before = self._held.get(folder)
        if before is None:
            self._holds += 1
            last = self._last if self._last is not None and self._last.folder == folder else None
            self._held[folder] = HeldChart(folder, self._holds, last)
        try:
            yield
        finally:
            if before is None:
                self._last = self._held.pop(folder)
