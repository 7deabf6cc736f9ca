"""Named templates that nothing calls."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from helm_constitution.api import (
    SHOULD,
    TEMPLATES,
    Applicability,
    Block,
    Chart,
    Comment,
    Define,
    Edit,
    Fix,
    LazyPattern,
    Subject,
    Tag,
    Tally,
    TemplateFile,
    TextPlace,
    Unchecked,
    Violation,
    forbid,
    require,
    rule,
)

_NAMED = r"\b(?:named|helper|partial|defined?) templates?\b|\bhelpers?\b|\bdefines?\b"
_ARGUMENT = r"\s+(\(+\s*printf\s+)?(?:\"([^\"\n]*)\"|`([^`]*)`)"
_INCLUDE = LazyPattern(rf"include{_ARGUMENT}")  # a literal beginning is found fast, which \b before it would prevent
_TEMPLATE = LazyPattern(rf"template{_ARGUMENT}")
_COMPUTED = LazyPattern(r"include\s+(?:[$.]|\((?!\s*printf\s+[\"`]|\s*print(?:f \S+)?\s+\$?\.Template\.BasePath\b))")
_DEFINE = LazyPattern(r"define\s+\"([^\"\n]*)\"")
_STANDARD = frozenset({"name", "fullname", "chart", "labels", "selectorlabels", "serviceaccountname"})
"""Last parts of the names of templates that every chart is expected to have (helm/missing-helper), called or not."""
_VERB = LazyPattern(r"%[-+# 0-9.]*[a-zA-Z]")


@rule(
    "templates/define-unused",
    default=SHOULD,
    needs={TEMPLATES},
    enforces=(
        require(rf"(?:{_NAMED}).{{0,40}}\b(?:used|included|called|referenced)\b"),
        forbid(rf"\bunused (?:{_NAMED})|\b(?:leave|keep)\b.{{0,30}}\bunused\b.{{0,30}}(?:{_NAMED})"),
    ),
    tag=Tag.UNUSED,
)
def define_unused(subject: Subject) -> Iterator[Violation | Tally]:
    """Named template is never used.

    Why: Readers look for its callers, and maintainers keep it working for nothing.
    Bad:
        {{- define "web.oldLabels" -}}…{{- end }}          (no include "web.oldLabels" anywhere)
    Good:
        {{- define "web.labels" -}}…{{- end }}
        labels: {{- include "web.labels" . | nindent 4 }}
    Fix: Delete it, or call it where its text was copied. Library charts are not checked, nor are the helpers that every
        chart should have (name, fullname, chart, labels, selectorLabels, serviceAccountName), templates that override a
        dependency's template of the same name (or may, if the dependency is not in charts/), and those that a computed
        name may call.
        `fix` deletes it with the comment above it.
    Source: Helm documentation, Named Templates; the same complaint as a compiler's about unused functions
    """
    chart = subject.chart
    defines = [
        (template, define)
        for template in subject.templates
        for define in template.defines.values()
        if not isinstance(define, Block)
    ]
    if chart.is_library or not defines:
        return
    if chart.is_ignored("templates/NOTES.txt"):
        raise Unchecked(".helmignore leaves out templates/NOTES.txt, which may call them")
    texts = [text for path, text in chart.files.items() if _may_call(path)]
    if any(_COMPUTED.search(text) for text in texts if "include" in text):
        return
    called, patterns = _calls(texts)
    unused = [
        (template, define)
        for template, define in defines
        if define.name not in called and define.name.rpartition(".")[2].lower() not in _STANDARD
    ]
    if unused:
        of_dependencies = list(_texts_of(chart.subcharts.values()))
        more, others = _calls(of_dependencies)
        called |= more
        patterns += others
        defined = {name for text in of_dependencies for name in _DEFINE.findall(text)}
        absent = {dependency.name for dependency in chart.dependencies}
        absent -= {subchart.name for subchart in chart.subcharts.values()}
        unused = [
            (template, define)
            for template, define in unused
            if define.name not in called
            and define.name not in defined
            and define.name.partition(".")[0] not in absent
            and not any(re.fullmatch(pattern, define.name) for pattern in patterns)
        ]
    for template, define in unused:
        message = f'named template "{define.name}" is never used; delete it, or include it where it is needed'
        place = TextPlace(template.path, template.span_between(define.start, define.head_end))
        yield Violation(message, place, fix=_without(template, define))
    yield Tally(len(defines) - len(unused), len(defines), "named templates used")


def _may_call(path: str) -> bool:
    """Whether helm may run a file's text as a template: `tpl` runs values and files as well."""
    return path.startswith("templates/") or not path.endswith((".md", ".lock", ".schema.json"))


def _texts_of(charts: Iterable[Chart]) -> Iterator[str]:
    for chart in charts:
        for path, text in chart.files.items():
            if path.startswith("templates/") or path == "values.yaml":
                yield text
        yield from _texts_of(chart.subcharts.values())


def _calls(texts: Sequence[str]) -> tuple[set[str], list[str]]:
    """The names that texts include, and patterns of those that `printf` makes."""
    names: set[str] = set()
    patterns: list[str] = []
    for text in texts:
        for call in (_INCLUDE, _TEMPLATE):
            for printed, quoted, raw in call.findall(text):
                name = quoted or raw
                if not printed:
                    names.add(name)
                else:
                    patterns.append(".*".join(re.escape(part) for part in _VERB.split(name)))
    return names, patterns


def _without(template: TemplateFile, define: Define) -> Fix | None:
    """The lines of a named template taken out, with the comment above it and one empty line."""
    text = template.text
    start, end = text.rfind("\n", 0, define.start) + 1, text.find("\n", define.end)
    end = len(text) if end < 0 else end + 1
    if text[start : define.start].strip() or text[define.end : end].strip():
        return None  # something else stands in its lines
    above = [node for node in template.tree or () if isinstance(node, Comment) and node.end <= define.start]
    if above and not text[above[-1].end : start].strip() and text[above[-1].end : start].count("\n") <= 1:
        begin = text.rfind("\n", 0, above[-1].start) + 1
        start = begin if not text[begin : above[-1].start].strip() else start
    if text[end : end + 1] == "\n" and (start == 0 or text[:start].endswith("\n\n")):
        end += 1
    first, last = template.position(start), template.position(end)
    return Fix(f"delete {define.name}", (Edit(template.path, *first, *last, ""),), Applicability.SAFE)
