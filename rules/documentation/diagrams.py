"""A picture of how the parts of a chart work together."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.api import (
    OFF,
    RESULTS,
    LazyPattern,
    Markdown,
    Parameter,
    Subject,
    TextPlace,
    Violation,
    not_rendered,
    require,
    rule,
)

from .readme_file import require_readme

_LANGUAGES = frozenset({"mermaid", "plantuml", "puml", "dot", "graphviz", "d2", "ditaa", "nomnoml", "svgbob"})
_IMAGE = LazyPattern(r"!\[[^\[\]]*\]\(\s*<?([^)\s>]+)|<img\b[^<>]*\bsrc\s*=\s*[\"']?([^\"'\s>]+)", re.IGNORECASE)
_BADGE = LazyPattern(r"shields\.io|badge|/workflows/|codecov|goreportcard|artifacthub|logo|icon|banner", re.IGNORECASE)
_DRAWN = LazyPattern(r"[─│┌┐└┘├┤╭╮╰╯═║▼▲►◄]|\+-{3,}\+|-{2,}>")
_LINK = LazyPattern(r"\]\([^()]*(?:architecture|diagram|overview)[^()]*\)", re.IGNORECASE)


@rule(
    "docs/no-diagram",
    default=OFF,
    needs={RESULTS},
    enforces=require(r"\bdiagrams?\b"),
    parameters={"workloads": Parameter(3, "a sentence can explain one or two workloads")},
)
def no_diagram(subject: Subject) -> Iterator[Violation]:
    """README of a chart with many workloads has no diagram.

    Why: Operators have to know which component talks to which before the first of them fails.
    Bad:
        # web
        Installs a server, a worker, a scheduler and a cache.
    Good:
        ```mermaid
        graph LR
          server --> cache
          scheduler --> worker --> cache
        ```
    Fix: Draw the workloads and their connections, as an image, in mermaid or in plain characters; or link to a diagram.
        Badges and logos are not diagrams. Off by default, because only the chart's authors know whether it is complex;
        the parameter is the number of workloads with default values from which a diagram is required.
    Source: Artifact Hub and helm-docs conventions; GitHub renders mermaid in Markdown
    """
    name, readme = require_readme(subject)
    defaults = subject.defaults
    if defaults is None or defaults.rendering is None:
        raise not_rendered(subject)
    count = sum(
        workload.manifest.dependency is None and not workload.manifest.is_test and not workload.runs_to_completion
        for workload in defaults.rendering.workloads
    )
    if count >= subject.number("workloads") and not _shows(readme):
        message = f"chart runs {count} workloads, but the README has no diagram; draw how they work together"
        yield Violation(message, TextPlace(name))


def _shows(readme: Markdown) -> bool:
    if any(block.language.lower() in _LANGUAGES for block in readme.code):
        return True
    if any(sum(_DRAWN.search(line) is not None for line in block.lines) >= 2 for block in readme.code):
        return True
    for line in readme.prose:
        if _LINK.search(line):
            return True
        if ("![" in line or "<img" in line.lower()) and any(
            not _BADGE.search(inline or html) for inline, html in _IMAGE.findall(line)
        ):
            return True
    return False
