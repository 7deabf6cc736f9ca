"""The actions that an editor offers at a finding: its fix, a waiver, the rule's page; and all safe fixes at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.fixes import Applicability, Fix
from helm_constitution.core.model import Finding
from helm_constitution.core.unsaved import content_of, is_there
from helm_constitution.policy.find import find_configuration
from helm_constitution.policy.new_waiver import chart_key_of, configuration_beside, with_waiver
from helm_constitution.report.pages import rule_address
from helm_constitution.server.edits import of_fix, of_texts
from helm_constitution.server.notes import Note
from helm_constitution.server.protocol import Texts, diagnostic
from helm_constitution.server.tasks import FixTask

if TYPE_CHECKING:
    from helm_constitution.server.connection import ConstitutionServer

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
    only = [str(getattr(kind, "value", kind)) for kind in params.context.only or ()]
    for chart, state in server.session.charts.items():
        if not server.session.is_current(chart):
            continue
        notes = [note for note in state.notes if note.place.path == path and note.finding is not None]
        if not only or types.CodeActionKind.QuickFix.value in only:
            for note in notes:
                if _overlap(texts.range_of(note.place), params.range):
                    found += _of_note(server, texts, chart, note)
        if _is_wanted(FIX_ALL, only) and any(_is_safe(note.finding) for note in state.notes):
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
    if chart is None or chart not in server.session.charts:
        return action
    texts = server.session.texts()
    fixed = await server.link.ask(FixTask(chart, texts))
    if isinstance(fixed, dict) and texts == server.session.texts():
        files = {str(chart.joinpath(*file.split("/"))): text for file, text in fixed.items()}
        action.edit = of_texts(files, server.texts())
    return action


def _of_note(server: ConstitutionServer, texts: Texts, chart: Path, note: Note) -> Iterator[types.CodeAction]:
    finding = note.finding
    assert finding is not None
    shown = [diagnostic(note, texts)]
    fix = finding.fix
    if fix is not None and (edit := _edit_of(server, texts, chart, fix)) is not None:
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


def _edit_of(server: ConstitutionServer, texts: Texts, chart: Path, fix: Fix) -> types.WorkspaceEdit | None:
    workspace = server.client_capabilities.workspace
    edits = workspace.workspace_edit if workspace is not None else None
    able = set(edits.resource_operations or ()) if edits is not None and edits.document_changes else set()
    operations = {types.ResourceOperationKind.Create, types.ResourceOperationKind.Rename}
    return of_fix(fix, chart, texts, with_files=operations <= able)


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
    return of_texts({str(file): after}, server.texts())


def _is_safe(finding: Finding | None) -> bool:
    return finding is not None and finding.fix is not None and finding.fix.applicability is Applicability.SAFE


def _is_wanted(kind: str, only: list[str]) -> bool:
    return not only or any(kind == one or kind.startswith(f"{one}.") for one in only)


def _overlap(one: types.Range, other: types.Range) -> bool:
    return one.start.line <= other.end.line and other.start.line <= one.end.line
