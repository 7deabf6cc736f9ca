"""The language server on standard input and output: which message of an editor does what."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer

from helm_constitution import __version__
from helm_constitution.server.link import Link
from helm_constitution.server.notes import Note
from helm_constitution.server.positions import Encoding, Positions
from helm_constitution.server.protocol import SOURCE, Texts, diagnostic
from helm_constitution.server.session import Document, Session
from helm_constitution.server.worker import Setup

_SILENCE = 8
"""So many times the limit of one helm run a check may take."""

_WATCHED = "**/*.{yaml,yml,tpl,txt,json,md,tgz}"
"""Files whose changes on the disk are looked at."""


class ConstitutionServer(LanguageServer):
    """Speaks with one editor.

    Args:
        setup: what checks are made with.
    """

    def __init__(self, setup: Setup) -> None:
        # Whole texts: where a line ends is then no question between the editor's counting and pygls's.
        super().__init__(SOURCE, __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self.link = Link(setup, _SILENCE * setup.limits.seconds)
        self.session = Session(self.link, self, setup.options.scenarios)
        self.texts = Texts(self._positions, self._uri)
        self._checking: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Begins to check the charts of the workspace."""
        self._checking = asyncio.ensure_future(self.session.schedule.run())

    def end(self) -> None:
        """Ends all checks, and the process that makes them."""
        if self._checking is not None:
            self._checking.cancel()
            self._checking = None
        self.link.close()

    def show(self, path: str, notes: list[Note]) -> None:
        """Publishes the diagnostics of a file."""
        document = self.session.documents.get(path)
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(
                uri=self._uri(path),
                diagnostics=[diagnostic(note, self.texts) for note in notes],
                version=document.version if document is not None else None,
            )
        )

    def say(self, message: str) -> None:
        """Shows a message, and logs it."""
        self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"{SOURCE}: {message}"))

    def path_of(self, uri: str) -> str | None:
        """The path of a file; None for what is no file (``untitled:``)."""
        if not uri.startswith("file:"):
            return None
        path = uris.to_fs_path(uri)
        return os.path.abspath(path) if path else None

    def _uri(self, path: str) -> str:
        document = self.session.documents.get(path)
        return document.uri if document is not None else uris.from_fs_path(path) or ""

    def _positions(self, path: str) -> Positions:
        return Positions(self._text(path), self._encoding)

    def _text(self, path: str) -> str:
        document = self.session.documents.get(path)
        if document is not None:
            return document.text
        try:
            return Path(path).read_bytes().decode("utf-8-sig", "replace")
        except OSError:
            return ""

    @property
    def _encoding(self) -> Encoding:
        chosen = self.server_capabilities.position_encoding
        return {"utf-8": "utf-8", "utf-32": "utf-32"}.get(str(getattr(chosen, "value", chosen)), "utf-16")  # type: ignore[return-value]


def make_server(setup: Setup) -> ConstitutionServer:
    """A server that has not begun yet."""
    server = ConstitutionServer(setup)

    @server.feature(types.INITIALIZED)
    def initialized(_: types.InitializedParams) -> None:
        server.begin()
        _watch_files(server)
        _add_folders(
            server, [folder.uri for folder in server.workspace.folders.values()] or [server.workspace.root_uri]
        )

    @server.feature(types.SHUTDOWN)
    def shutdown(*_: object) -> None:
        server.end()

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def folders_changed(params: types.DidChangeWorkspaceFoldersParams) -> None:
        for folder in params.event.removed:
            if (path := server.path_of(folder.uri)) is not None:
                server.session.remove_folder(Path(path))
        _add_folders(server, [folder.uri for folder in params.event.added])

    _follow_documents(server)
    return server


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
                server.session.saved(path)


def _add_folders(server: ConstitutionServer, folders: Sequence[str | None]) -> None:
    for uri in folders:
        path = server.path_of(uri) if uri is not None else None
        if path is not None:
            server.session.add_folder(Path(path))


def _watch_files(server: ConstitutionServer) -> None:
    """Asks the editor to tell of files that others change, as far as it can."""
    workspace = server.client_capabilities.workspace
    watching = workspace.did_change_watched_files if workspace is not None else None
    if watching is None or not watching.dynamic_registration:
        return
    options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(_WATCHED)])
    registration = types.Registration("watched-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
    server.client_register_capability(types.RegistrationParams([registration]))


def serve(setup: Setup) -> None:
    """Serves the editor on standard input and output until it closes them."""
    with _streams() as (requests, answers):
        server = make_server(setup)
        try:
            server.start_io(requests, answers)
        finally:
            server.end()


@contextlib.contextmanager
def _streams() -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """The editor's streams, out of reach of everything else: what prints goes to standard error, in a child too."""
    sys.stdout.flush()
    requests, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    with os.fdopen(requests, "rb") as incoming, os.fdopen(answers, "wb") as outgoing:
        yield incoming, outgoing
