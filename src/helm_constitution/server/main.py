"""The language server on standard input and output: the handlers of the editor's messages."""

from __future__ import annotations

import contextlib
import io
import os
import select
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from lsprotocol import types

from helm_constitution.core.signals import ended_by
from helm_constitution.report.pages import rule_address
from helm_constitution.server import actions, insight
from helm_constitution.server.connection import ConstitutionServer
from helm_constitution.server.session import Document
from helm_constitution.server.worker import Setup

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

_WATCHED = "**/*"
"""What the editor reports when another program changes it: templates read files of any name, and folders move."""


def make_server(setup: Setup, stop_reading: Callable[[], None]) -> ConstitutionServer:
    """A server that has not been started yet."""
    server = ConstitutionServer(setup, stop_reading)

    @server.feature(types.INITIALIZED)
    def initialized(_: types.InitializedParams) -> None:
        server.begin()
        _watch_files(server)
        _add_folders(
            server, [folder.uri for folder in server.workspace.folders.values()] or [server.workspace.root_uri]
        )

    @server.feature(types.SHUTDOWN)
    def shutdown(*_: object) -> None:
        server.finish()

    @server.feature(types.EXIT)
    def leave(*_: object) -> None:
        server.leave()

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def folders_changed(params: types.DidChangeWorkspaceFoldersParams) -> None:
        for folder in params.event.removed:
            if (path := server.path_of(folder.uri)) is not None:
                server.session.remove_folder(Path(path))
        _add_folders(server, [folder.uri for folder in params.event.added])

    _follow_documents(server)
    _answer_requests(server)
    return server


def _answer_requests(server: ConstitutionServer) -> None:
    kinds = [types.CodeActionKind.QuickFix, actions.FIX_ALL]

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(kinds, resolve_provider=True))
    def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        return actions.code_actions(server, params)

    @server.feature(types.CODE_ACTION_RESOLVE)
    async def resolve(action: types.CodeAction) -> types.CodeAction:
        return await actions.resolve(server, action)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        return await insight.hover(server, params)

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def definition(params: types.DefinitionParams) -> list[types.Location]:
        return await insight.definitions(server, params)

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    async def references(params: types.ReferenceParams) -> list[types.Location]:
        return await insight.references(server, params)

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS, types.CodeLensOptions(resolve_provider=False))
    def lenses(params: types.CodeLensParams) -> list[types.CodeLens]:
        return insight.lenses(server, params)

    @server.command(actions.EXPLAIN)
    def explain(rule: str) -> None:
        if (address := rule_address(rule)) is not None:
            server.window_show_document(types.ShowDocumentParams(address, external=True))


def _follow_documents(server: ConstitutionServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        if (path := server.path_of(document.uri)) is not None:
            server.session.opened(path, Document(document.uri, document.version, document.text))

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        document = params.text_document
        path = server.path_of(document.uri)
        if path is not None and params.content_changes:
            text = params.content_changes[-1].text
            server.session.changed(path, Document(document.uri, document.version, text))

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        if (path := server.path_of(params.text_document.uri)) is not None:
            server.session.saved(path)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(params: types.DidCloseTextDocumentParams) -> None:
        if (path := server.path_of(params.text_document.uri)) is not None:
            await server.session.closed(path)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def files_changed(params: types.DidChangeWatchedFilesParams) -> None:
        for change in params.changes:
            path = server.path_of(change.uri)
            if path is not None and path not in server.session.documents:
                server.session.changed_on_disk(path)


def _add_folders(server: ConstitutionServer, folders: Sequence[str | None]) -> None:
    for uri in folders:
        path = server.path_of(uri) if uri is not None else None
        if path is not None:
            server.session.add_folder(Path(path))


def _watch_files(server: ConstitutionServer) -> None:
    """Asks the editor to report files that other programs change, if it can."""
    workspace = server.client_capabilities.workspace
    watching = workspace.did_change_watched_files if workspace is not None else None
    if watching is None or not watching.dynamic_registration:
        return
    options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(_WATCHED)])
    registration = types.Registration("watched-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
    server.client_register_capability(types.RegistrationParams([registration]))


def serve(setup: Setup) -> int:
    """Serves the editor on standard input and output until it closes them, or a signal ends the program.

    Returns:
        The exit status.
    """
    # The process that checks is spawned in the workspace, where there may be a multiprocessing.py.
    os.environ["PYTHONSAFEPATH"] = "1"
    with _streams() as (requests, answers), ended_by(requests.stop):
        server = make_server(setup, requests.stop)
        try:
            server.start_io(io.BufferedReader(requests), answers)
        finally:
            server.end()
        return server.status


class _Requests(io.RawIOBase):
    """An editor's stream that a thread reads until it ends, or until another thread calls ``stop``.

    Args:
        stream: its descriptor.
    """

    def __init__(self, stream: int) -> None:
        self._stream = stream
        self._stopped, self._stop = os.pipe()

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """Reads what there is, as a raw stream does."""
        view = memoryview(buffer)
        if sys.platform != "win32":  # where only sockets can be waited for
            waiting, _, _ = select.select([self._stream, self._stopped], [], [])
            if self._stopped in waiting:
                return 0
        content = os.read(self._stream, len(view))
        view[: len(content)] = content
        return len(content)

    def stop(self) -> None:
        """Ends the stream: who is reading goes on as at its end."""
        os.write(self._stop, b"x")


@contextlib.contextmanager
def _streams() -> Iterator[tuple[_Requests, BinaryIO]]:
    """The editor's streams, protected from other output: printed text goes to standard error, in children too."""
    sys.stdout.flush()
    requests, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    with os.fdopen(answers, "wb") as outgoing:
        yield _Requests(requests), outgoing
