"""Changes of files in the form of the Language Server Protocol."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from lsprotocol import types

from helm_constitution.core.fixes import Applicability, Fix
from helm_constitution.server.positions import Positions
from helm_constitution.server.protocol import Texts, to_range
from helm_constitution.text.edits import BYTE_ORDER_MARK, EditError, apply_edits, line_end_of, merged

Change: TypeAlias = "types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile"


def of_fix(fix: Fix, chart: Path, texts: Texts, *, with_files: bool) -> types.WorkspaceEdit | None:
    """The edits of a fix; None for one that a person has to apply, or that the editor can't.

    Args:
        fix: of a finding.
        chart: the chart's folder.
        texts: converts places to an editor's.
        with_files: whether the editor creates and renames files.
    """
    if fix.applicability is Applicability.DISPLAY or not (fix.edits or fix.moves):
        return None

    def path_of(file: str) -> str:
        return str(chart.joinpath(*file.split("/")))

    files: dict[str, list[types.TextEdit]] = {}
    new: list[str] = []
    for file in dict.fromkeys(edit.file for edit in fix.edits):
        path = path_of(file)
        if not os.path.isfile(path):
            new.append(texts.uri(path))
        positions = texts.positions(path)
        try:
            edits = merged(edit for edit in fix.edits if edit.file == file)
            apply_edits(positions.text, edits)
        except EditError:
            return None
        ending = line_end_of(positions.text)
        for edit in edits:
            start = positions.point(edit.line, edit.column)
            end = positions.point(edit.end_line, edit.end_column)
            stretch = types.Range(types.Position(*start), types.Position(*end))
            files.setdefault(texts.uri(path), []).append(types.TextEdit(stretch, edit.text.replace("\n", ending)))
    if not new and not fix.moves:
        return types.WorkspaceEdit(changes=files)
    if not with_files or any(os.path.exists(path_of(name)) for _, name in fix.moves):
        return None
    changes: list[Change] = [types.CreateFile(uri=uri) for uri in new]
    changes += [_edited(uri, edits) for uri, edits in files.items()]
    # The edits name files as they are called before.
    changes += [
        types.RenameFile(old_uri=texts.uri(path_of(before)), new_uri=texts.uri(path_of(after)))
        for before, after in fix.moves
    ]
    return types.WorkspaceEdit(document_changes=changes)


def _edited(uri: str, edits: list[types.TextEdit]) -> types.TextDocumentEdit:
    return types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri), list(edits))


def of_texts(
    new: Mapping[str, str], texts: Texts, moves: Iterable[tuple[str, str]] = (), *, with_files: bool
) -> types.WorkspaceEdit | None:
    """The edits that rename files and give files new texts, where unchanged lines are left alone; None if the editor
    can't do it.

    Args:
        new: texts by absolute paths; a renamed file has its new one.
        texts: converts places to an editor's.
        moves: old and new absolute path of each renamed file, in order.
        with_files: whether the editor creates and renames files.
    """
    before: dict[str, str] = {}
    changes: list[Change] = []
    for old, renamed in moves:
        before[renamed] = before.pop(old, old)
        changes.append(types.RenameFile(old_uri=texts.uri(old), new_uri=texts.uri(renamed)))
    files: dict[str, list[types.TextEdit]] = {}
    for path, text in new.items():
        old, uri = before.get(path, path), texts.uri(path)
        if not os.path.isfile(old):
            changes.append(types.CreateFile(uri=uri, options=types.CreateFileOptions(ignore_if_exists=True)))
        positions = texts.positions(old)
        # The disk's byte order mark is none of the text that most editors have.
        is_marked = positions.text.startswith(BYTE_ORDER_MARK)
        if edits := list(_lines(positions, text if is_marked else text.removeprefix(BYTE_ORDER_MARK))):
            files[uri] = edits
    if not changes:
        return types.WorkspaceEdit(changes=files)
    changes += [_edited(uri, edits) for uri, edits in files.items()]
    return types.WorkspaceEdit(document_changes=changes) if with_files else None


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
