"""What an editor shows on request: hovers, definitions, references, lenses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from helm_constitution.core.model import Status
from helm_constitution.report.markdown_text import block, prose
from helm_constitution.report.model import ChartReport, FileCoverage
from helm_constitution.report.pages import pages_of, rule_address
from helm_constitution.report.words import clean
from helm_constitution.server.notes import Place
from helm_constitution.server.protocol import Texts
from helm_constitution.server.tasks import Insight, LookTask
from helm_constitution.text.rule_page import sections_of, title_of

if TYPE_CHECKING:
    from helm_constitution.server.connection import ConstitutionServer


async def hover(server: ConstitutionServer, params: types.HoverParams) -> types.Hover | None:
    """The pages of the rules that found something on the line, and what is known about the value or template there."""
    path = server.path_of(params.text_document.uri)
    if path is None:
        return None
    texts = server.texts()
    line, _ = texts.positions(path).from_editor(params.position.line, params.position.character)
    parts = list(_pages(server, texts, path, params.position.line))
    parts += _statements(server, path, line)
    insight = await _ask(server, path, params.position, wants_hover=True)
    if insight is not None and insight.hover:
        parts.insert(0, insight.hover)
    if not parts:
        return None
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(parts)))


async def definitions(server: ConstitutionServer, params: types.DefinitionParams) -> list[types.Location]:
    """The definitions of the thing at a place: the value's key, its schema, the named template."""
    path = server.path_of(params.text_document.uri)
    insight = await _ask(server, path, params.position) if path is not None else None
    return _locations(server, insight.definitions) if insight is not None else []


async def references(server: ConstitutionServer, params: types.ReferenceParams) -> list[types.Location]:
    """The places where the thing at a place is read or called; its definitions too, if requested."""
    path = server.path_of(params.text_document.uri)
    insight = await _ask(server, path, params.position) if path is not None else None
    if insight is None:
        return []
    places = [*(insight.definitions if params.context.include_declaration else ()), *insight.references]
    return _locations(server, places)


def _locations(server: ConstitutionServer, places: Iterable[Place]) -> list[types.Location]:
    texts = server.texts()
    return [texts.location_of(place) for place in dict.fromkeys(places)]


def lenses(server: ConstitutionServer, params: types.CodeLensParams) -> list[types.CodeLens]:
    """Above a template: the scenarios of the last check, their results, and how many branches they render; above a
    branch or a named template that none of them renders: that."""
    path = server.path_of(params.text_document.uri)
    chart = server.session.chart_of(path) if path is not None else None
    state = server.session.charts.get(chart) if chart is not None else None
    if path is None or chart is None or state is None or state.report is None:
        return []
    if Path(path).relative_to(chart).parts[0] != "templates":
        return []
    found = [(1, title) for title in _lens_titles(state.report)]
    coverage, text = state.coverage.get(Path(path).relative_to(chart).as_posix(), (None, None))
    document = server.session.documents.get(path)
    if coverage is not None and document is not None and document.text == text:
        found += _not_entered(coverage)
    return [_lens(line, title) for line, title in found]


def _lens(line: int, title: str) -> types.CodeLens:
    place = types.Position(line - 1, 0)
    return types.CodeLens(types.Range(place, place), types.Command(title, ""))


def _not_entered(coverage: FileCoverage) -> Iterator[tuple[int, str]]:
    """Lines of a template, each with what no scenario enters there."""
    branches = coverage.branches
    if branches:
        entered = sum(branch.entered for branch in branches)
        yield 1, f"{entered} of {len(branches)} branches rendered"
    for line in dict.fromkeys(branch.line for branch in branches if branch.evaluated and not branch.entered):
        yield line, "no scenario renders this branch"
    for function in coverage.functions:
        if not function.entered:
            yield function.line, "no scenario calls this named template"


def _lens_titles(report: ChartReport) -> Iterator[str]:
    rendered = [one.name for one in report.scenarios if one.status is Status.RENDERED]
    yield clean(f"rendered with {', '.join(rendered)}") if rendered else "no scenario renders"
    for one in report.scenarios:
        if one.status is not Status.RENDERED:
            yield clean(f"{one.name}: {one.status.value}")


def _pages(server: ConstitutionServer, texts: Texts, path: str, line: int) -> Iterator[str]:
    """The pages of the rules with a finding on a line."""
    for state in server.session.charts.values():
        rules = {
            note.code: None
            for note in state.notes
            if note.finding is not None
            and note.place.path == path
            and (found := texts.range_of(note.place)).start.line <= line <= found.end.line
        }
        if rules and state.report is not None:
            pages = pages_of([state.report])
            yield from (_page(rule, pages[rule]) for rule in rules if rule in pages)


def _page(rule: str, doc: str) -> str:
    lines = [f"**{rule}**: {prose(title_of(doc))}"]
    for name, text in sections_of(doc).items():
        if name in ("Bad", "Good"):
            lines.append(f"*{name}:*\n{block(text.splitlines())}")
        else:
            lines.append(f"*{name}:* {prose(text, len(text))}")
    address = rule_address(rule)
    return "\n\n".join([*lines, *([f"[The rule's page]({address})"] if address is not None else [])])


def _statements(server: ConstitutionServer, path: str, line: int) -> Iterator[str]:
    """The rules behind the statement that begins on a line of a constitution, or in the lines above it."""
    for state in server.session.charts.values():
        if state.constitution != path or state.report is None:
            continue
        statements = [one for principle in state.report.principles for one in principle.statements]
        above = [one for one in statements if one.statement.line <= line]
        if not above:
            continue
        nearest = max(above, key=lambda one: one.statement.line)
        text = server.texts().positions(path).lines
        if any(not row.strip() for row in text[nearest.statement.line - 1 : line]):
            continue  # a paragraph of its own
        pages = pages_of([state.report])
        rules = [f"- `{rule}`: {prose(title_of(pages[rule]))}" for rule in nearest.rules if rule in pages]
        verdict = f"**{nearest.statement.keyword}**: {nearest.verdict.label}"
        reason = f" ({prose(nearest.reason)})" if nearest.reason else ""
        yield "\n".join([verdict + reason, "", *(rules or ["No rule checks this statement."])])
        return


async def _ask(
    server: ConstitutionServer, path: str, position: types.Position, *, wants_hover: bool = False
) -> Insight | None:
    chart = server.session.chart_of(path)
    if chart is None:
        return None
    line, column = server.texts().positions(path).from_editor(position.line, position.character)
    file = Path(path).relative_to(chart).as_posix()
    answer = await server.link.ask(LookTask(chart, file, line, column, wants_hover))
    return answer if isinstance(answer, Insight) else None
