"""What one check of a chart read, for the next check of the same chart: equal texts are read once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helm_constitution.chart.values import ValuesFile
    from helm_constitution.render.conclude import Known
    from helm_constitution.render.results import RenderedChart
    from helm_constitution.templates import TemplateFile


class Memory:
    """Holds what the last check of one chart read, by its text. Whoever checks a chart again and again keeps one.

    Attributes:
        values: values.yaml.
        templates: the chart's own templates, by path and text.
        documents: rendered documents, by template and text.
    """

    def __init__(self) -> None:
        self.values: ValuesFile | None = None
        self.templates: dict[tuple[str, str], TemplateFile] = {}
        self.documents: Known = {}

    def keep(self, rendered: RenderedChart) -> None:
        """Keeps what a check read, and drops what it did not need any more."""
        self.values = rendered.chart.values
        self.templates = {(one.path, one.text): one for one in rendered.analysed.templates}
        texts = {document.text for result in rendered.results for document in result.documents}
        self.documents = {key: read for key, read in self.documents.items() if key[1] in texts}
