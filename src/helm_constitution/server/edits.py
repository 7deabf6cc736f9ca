"""Changes of files as the Language Server Protocol has them."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from lsprotocol import types

from helm_constitution.core.fixes import Applicability, Fix
from helm_constitution.server.positions import Positions
from helm_constitution.server.protocol import Texts, to_range
from helm_constitution.text.edits import EditError, merged


def of_fix(fix: Fix, chart: Path, texts: Texts) -> types.WorkspaceEdit | None:
    """The edits of a fix; None for one that a person has to apply, that renames files, or makes one.

    Args:
        fix: of a finding.
        chart: the chart's folder.
        texts: turns places into an editor's.
    """
    if fix.applicability is Applicability.DISPLAY or fix.moves or not fix.edits:
        return None
    files: dict[str, list[types.TextEdit]] = {}
    for file in dict.fromkeys(edit.file for edit in fix.edits):
        path = str(chart.joinpath(*file.split("/")))
        if not os.path.isfile(path):
            return None
        try:
            edits = merged(edit for edit in fix.edits if edit.file == file)
        except EditError:
            return None
        positions = texts.positions(path)
        for edit in edits:
            start = positions.point(edit.line, edit.column)
            end = positions.point(edit.end_line, edit.end_column)
            stretch = types.Range(types.Position(*start), types.Position(*end))
            files.setdefault(texts.uri(path), []).append(types.TextEdit(stretch, edit.text))
    return types.WorkspaceEdit(changes=files)


def of_texts(new: Mapping[str, str], texts: Texts) -> types.WorkspaceEdit:
    """The edits that give files new texts, by their absolute paths; lines that stay are left alone."""
    changes: list[types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile] = []
    for path, text in new.items():
        uri = texts.uri(path)
        if not os.path.isfile(path):
            changes.append(types.CreateFile(uri=uri, options=types.CreateFileOptions(ignore_if_exists=True)))
        document = types.OptionalVersionedTextDocumentIdentifier(uri)
        changes.append(types.TextDocumentEdit(document, list(_lines(texts.positions(path), text))))
    return types.WorkspaceEdit(document_changes=changes)


def _lines(old: Positions, text: str) -> Iterator[types.TextEdit]:
    before, after = old.text.splitlines(keepends=True), text.splitlines(keepends=True)
    starts = _offsets(before)
    for kind, first, last, begin, end in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            stretch = old.between(starts[first], starts[last])
            yield types.TextEdit(to_range(stretch), "".join(after[begin:end]))


def _offsets(lines: Iterable[str]) -> list[int]:
    found = [0]
    for line in lines:
        found.append(found[-1] + len(line))
    return found
