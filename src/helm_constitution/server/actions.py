"""The actions that an editor offers at a finding: its fix, a waiver, the rule's page; and all safe fixes at once."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.fixes import Applicability
from helm_constitution.core.model import Finding
from helm_constitution.core.unsaved import content_of, is_there
from helm_constitution.policy.find import find_configuration
from helm_constitution.policy.new_waiver import chart_key_of, configuration_beside, with_waiver
from helm_constitution.report.pages import rule_address
from helm_constitution.server.answers import FixedTexts
from helm_constitution.server.edits import of_fix, of_texts
from helm_constitution.server.notes import Note
from helm_constitution.server.protocol import Texts, diagnostic
from helm_constitution.server.tasks import FixTask

if TYPE_CHECKING:
    from helm_constitution.server.connection import ConstitutionServer
    from helm_constitution.server.session import ChartState

EXPLAIN = "helm-constitution.explain"
"""The command that opens a rule's page."""
FIX_ALL = "source.fixAll.helm-constitution"
"""The kind of the action that applies all safe fixes of a chart."""


def code_actions(server: ConstitutionServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    """The actions for a stretch of a file; none for text that has not been checked yet."""
    path = server.path_of(params.text_document.uri)
    if path is None:
        return []
    found: list[types.CodeAction] = []
    texts = server.texts()
    own = server.session.chart_of(path)
    only = [str(getattr(kind, "value", kind)) for kind in params.context.only or ()]
    for chart, state in server.session.charts.items():
        if not server.session.is_current(chart):
            continue
        notes = [note for note in state.notes if note.place.path == path and note.finding is not None]
        if not only or types.CodeActionKind.QuickFix.value in only:
            for note in notes:
                if _overlap(texts.range_of(note.place), params.range):
                    found += _of_note(server, texts, chart, note)
        if chart == own and _is_wanted(FIX_ALL, only) and any(_is_safe(note.finding) for note in state.notes):
            if not _changes_files(server) and not _rules_within_files(chart, state):
                continue
            found.append(
                types.CodeAction(
                    f"Apply all safe fixes of {chart.name} (helm-constitution)",
                    FIX_ALL,
                    data={"chart": str(chart)},
                )
            )
    return found


async def resolve(server: ConstitutionServer, action: types.CodeAction) -> types.CodeAction:
    """Computes the edit of an action that applies all safe fixes: each is tried and proved on a copy."""
    chart = Path(str(action.data["chart"])) if isinstance(action.data, dict) and "chart" in action.data else None
    state = server.session.charts.get(chart) if chart is not None else None
    if chart is None or state is None:
        return action
    with_files = _changes_files(server)
    texts = server.session.texts()
    fixed = await server.link.ask(FixTask(chart, texts, () if with_files else _rules_within_files(chart, state)))
    if isinstance(fixed, FixedTexts) and texts == server.session.texts():
        path_of = functools.partial(_path_of, chart)
        files = {path_of(file): text for file, text in fixed.texts.items()}
        moves = [(path_of(old), path_of(new)) for old, new in fixed.moves]
        action.edit = of_texts(files, server.texts(), moves, with_files=with_files)
    return action


def _rules_within_files(chart: Path, state: ChartState) -> tuple[str, ...]:
    """The rules whose safe fixes neither create nor rename a file."""
    rules: dict[str, bool] = {}
    for note in state.notes:
        if note.finding is not None and note.finding.fix is not None and _is_safe(note.finding):
            fix = note.finding.fix
            is_within = not fix.moves and all(os.path.isfile(_path_of(chart, edit.file)) for edit in fix.edits)
            rules[note.code] = rules.get(note.code, True) and is_within
    return tuple(rule for rule, is_within in rules.items() if is_within)


def _path_of(chart: Path, file: str) -> str:
    return str(chart.joinpath(*file.split("/")))


def _of_note(server: ConstitutionServer, texts: Texts, chart: Path, note: Note) -> Iterator[types.CodeAction]:
    finding = note.finding
    assert finding is not None
    shown = [diagnostic(note, texts)]
    fix = finding.fix
    if fix is not None and (edit := of_fix(fix, chart, texts, with_files=_changes_files(server))) is not None:
        is_safe = fix.applicability is Applicability.SAFE
        title = f"{fix.title[:1].upper()}{fix.title[1:]}"
        yield types.CodeAction(title, types.CodeActionKind.QuickFix, shown, is_safe, edit=edit)
    waiver = _waiver(server, chart, finding)
    if waiver is not None:
        title = f"Waive {finding.rule} here (fill in both reasons)"
        yield types.CodeAction(title, types.CodeActionKind.QuickFix, shown, edit=waiver)
    if rule_address(finding.rule) is not None:
        command = types.Command("Explain", EXPLAIN, arguments=[finding.rule])
        yield types.CodeAction(f"Explain {finding.rule}", types.CodeActionKind.QuickFix, shown, command=command)


def _changes_files(server: ConstitutionServer) -> bool:
    """Whether the editor creates and renames files."""
    workspace = server.client_capabilities.workspace
    edits = workspace.workspace_edit if workspace is not None else None
    able = set(edits.resource_operations or ()) if edits is not None and edits.document_changes else set()
    return {types.ResourceOperationKind.Create, types.ResourceOperationKind.Rename} <= able


def _waiver(server: ConstitutionServer, chart: Path, finding: Finding) -> types.WorkspaceEdit | None:
    """Writes a waiver with empty reasons, which is refused until somebody fills them in."""
    texts = server.session.texts()
    file = find_configuration(chart, server.setup.options.configuration, texts) or configuration_beside(chart)
    thing = finding.object
    keys = {
        "rule": finding.rule,
        "chart": chart_key_of(chart, file),
        "object": f"{thing.kind}/{thing.name}" if thing is not None else None,
        "container": thing.container if thing is not None else None,
        "file": finding.location.file if thing is None else None,
        "why_needed": "",
        "simpler_alternative_rejected_because": "",
    }
    try:
        before = content_of(file, texts).decode("utf-8", "replace") if is_there(file, texts) else ""
        after = with_waiver(before, file, {key: text for key, text in keys.items() if text is not None})
    except (ConfigurationError, OSError):
        return None  # what is wrong with the configuration is shown there
    return of_texts({str(file): after}, server.texts(), with_files=_changes_files(server))


def _is_safe(finding: Finding | None) -> bool:
    return finding is not None and finding.fix is not None and finding.fix.applicability is Applicability.SAFE


def _is_wanted(kind: str, only: list[str]) -> bool:
    return not only or any(kind == one or kind.startswith(f"{one}.") for one in only)


def _overlap(one: types.Range, other: types.Range) -> bool:
    return one.start.line <= other.end.line and other.start.line <= one.end.line
