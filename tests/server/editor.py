"""An editor for tests: speaks with the real server over its real streams."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import LanguageClient

PROGRAM = Path(sys.executable).parent / "helm-constitution"
"""The program as an editor starts it."""
SECONDS = 120
"""A limit for what hangs, not for what is slow."""


class Editor:
    """Opens, edits and saves files, and holds what the server published of them.

    Args:
        client: speaks with the server.
    """

    def __init__(self, client: LanguageClient) -> None:
        self.client = client
        self._versions: dict[str, int] = {}
        self._last = 0
        self.published: dict[str, types.PublishDiagnosticsParams] = {}

    async def open(self, file: Path, text: str | None = None, language: str = "yaml") -> list[types.Diagnostic]:
        """Opens a file, with this text or the disk's; gives its diagnostics."""
        self.show(file, file.read_bytes().decode() if text is None else text, language)
        return await self.diagnostics(file)

    def show(self, file: Path, text: str, language: str = "yaml") -> None:
        """Opens a file with this text. One that is opened again has a higher version than before."""
        uri = file.as_uri()
        self._last += 1
        self._versions[uri] = self._last
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, language, self._last, text))
        )

    def type(self, file: Path, text: str) -> None:
        """Gives an open file another text."""
        uri = file.as_uri()
        self._last += 1
        self._versions[uri] = self._last
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self._versions[uri], uri),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    async def edit(self, file: Path, text: str) -> list[types.Diagnostic]:
        """Gives an open file another text; gives the diagnostics of that."""
        self.type(file, text)
        return await self.diagnostics(file)

    async def save(self, file: Path, text: str) -> list[types.Diagnostic]:
        """Saves an open file with this text; gives its diagnostics."""
        file.write_bytes(text.encode())
        self.type(file, text)
        await self.diagnostics(file)
        self.saved(file)
        return await self.diagnostics(file)

    def saved(self, file: Path) -> None:
        """Tells that an open file was saved."""
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(file.as_uri())))

    def report(self, *changes: tuple[Path, types.FileChangeType]) -> None:
        """Reports what other programs did to files and folders."""
        events = [types.FileEvent(path.as_uri(), kind) for path, kind in changes]
        self.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(events))

    def close(self, file: Path) -> None:
        """Closes an open file."""
        uri = file.as_uri()
        del self._versions[uri]
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))

    async def diagnostics(self, file: Path) -> list[types.Diagnostic]:
        """What the server says of the newest text of an open file, once it has said so."""
        uri = file.as_uri()
        await self.until(lambda: self._version(uri) == self._versions.get(uri))
        return self.of(file)

    def of(self, file: Path) -> list[types.Diagnostic]:
        """What the server said last of a file."""
        published = self.published.get(file.as_uri())
        return list(published.diagnostics) if published is not None else []

    def codes(self, file: Path) -> list[str]:
        """The codes of a file's diagnostics, sorted."""
        return sorted(str(one.code) for one in self.of(file))

    def _version(self, uri: str) -> int | None:
        published = self.published.get(uri)
        return published.version if published is not None else None

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Waits until something is so."""
        async with asyncio.timeout(SECONDS):
            while not is_so():
                await asyncio.sleep(0.01)

    @property
    def status(self) -> int | None:
        """The server's exit status, None while it runs."""
        return self.client._server.returncode if self.client._server is not None else None

    @property
    def messages(self) -> list[str]:
        """What the server showed in a window."""
        return [message.message for message in self.client.messages]


@contextlib.asynccontextmanager
async def editor(
    *folders: Path,
    arguments: Sequence[str] = ("--engine", "embedded"),
    encodings: Sequence[str] = (),
    operations: Sequence[types.ResourceOperationKind] = (),
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[Editor]:
    """An editor with these folders as its workspace, and a server of its own. ``operations`` is what it can do with
    files; ``environment`` is added to its own."""
    client = LanguageClient(converter_factory=default_converter)
    shown = Editor(client)

    def published(params: types.PublishDiagnosticsParams) -> None:
        shown.published[params.uri] = params

    def message(params: types.ShowMessageParams) -> None:
        client.messages.append(params)

    client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(published)
    client.feature(types.WINDOW_SHOW_MESSAGE)(message)
    await client.start_io(str(PROGRAM), "server", *arguments, env={**os.environ, **(environment or {})})
    general = types.GeneralClientCapabilities(
        position_encodings=[types.PositionEncodingKind(one) for one in encodings] or None
    )
    await client.initialize_session(
        types.InitializeParams(
            capabilities=types.ClientCapabilities(
                general=general,
                workspace=types.WorkspaceClientCapabilities(
                    workspace_edit=types.WorkspaceEditClientCapabilities(True, list(operations))
                ),
            ),
            workspace_folders=[types.WorkspaceFolder(folder.as_uri(), folder.name) for folder in folders],
        )
    )
    try:
        yield shown
    finally:
        await client.shutdown_session()
        await client.stop()
