"""values.yaml as its authors write it: every key with its place and the comment that documents it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from helm_constitution.model import Base
from helm_constitution.yamltree import Json, YamlDocument, load_document


@dataclass(eq=False)
class ValuesFile:
    """A values file. ``path`` is relative to ``base``; the text is parsed when first asked for."""

    path: str
    text: str
    base: Base = Base.CHART

    @cached_property
    def document(self) -> YamlDocument:
        """The parsed file; data is None where it is empty. Raises YamlSyntaxError with line and column."""
        return load_document(self.text, self.path, base=self.base)

    @property
    def data(self) -> dict[str, Json]:
        """The values; empty where the file is empty or holds no map."""
        return self.document.data if isinstance(self.document.data, dict) else {}
