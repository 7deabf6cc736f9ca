"""The README of a chart, as helm shows it, and its parts."""

from __future__ import annotations

from helm_constitution.api import (
    Markdown,
    NotApplicable,
    Subject,
    Unchecked,
    read_markdown,
)

NAMES = ("readme.md", "readme.txt", "readme")  # what helm itself shows, in this order (pkg/action/show.go)


def readme_of(subject: Subject) -> tuple[str, str] | None:
    """The README's name and text, as ``helm show readme`` would choose it; None where there is none."""
    files = subject.chart.files
    by_name = {name.lower(): name for name in files if "/" not in name}
    for wanted in NAMES:
        name = by_name.get(wanted)
        if name is not None:
            return name, files[name]
    return None


def parsed(subject: Subject, text: str) -> Markdown:
    """The parts of a text of the chart's; several rules read the same."""
    return subject.derived_from(text, read_markdown)


def require_readme(subject: Subject) -> tuple[str, Markdown]:
    """The README's name and parts. Raises Unchecked where there is none to judge."""
    for name in subject.chart.undecodable:
        if name.lower() in NAMES:
            raise Unchecked(f"{name} is not UTF-8 text")
    found = readme_of(subject)
    if found is None or not found[1].strip():
        raise NotApplicable("there is no README to check")
    name, text = found
    return name, parsed(subject, text)
