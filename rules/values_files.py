"""The values files that lie in a chart, each parsed once for all rules: ``subject.derived(document_of, name)``."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import Chart, Subject, YamlDocument, YamlSyntaxError, load_document


def document_of(chart: Chart, name: str) -> YamlDocument | None:
    """A values file of the chart, by its path; None if there is none, or it is not YAML: its scenario then has helm's
    helm's own message on that."""
    text = chart.files.get(name)
    if text is None:
        return None
    try:
        return load_document(text, name)
    except YamlSyntaxError:
        return None


def scenario_documents(subject: Subject) -> Iterator[YamlDocument]:
    """values.yaml, and the scenarios' files that belong to the chart."""
    if subject.chart.values is not None:
        yield subject.chart.values.document
    for file in sorted(subject.chart.files):
        if file.endswith((".yaml", ".yml")) and file.startswith(("ci/", "platforms/")):
            document = subject.derived(document_of, file)
            if document is not None:
                yield document
