"""The connection with one editor: publishes what the session finds, and converts places to the editor's units."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from lsprotocol import types
from pygls import uris
from pygls.exceptions import JsonRpcServerNotInitialized
from pygls.lsp.server import LanguageServer
from pygls.protocol.json_rpc import RPCMessage
from pygls.protocol.language_server import LanguageServerProtocol, lsp_method

from helm_constitution import __version__
from helm_constitution.server.link import Link
from helm_constitution.server.notes import Note
from helm_constitution.server.positions import Encoding, Positions
from helm_constitution.server.protocol import SOURCE, Texts, diagnostic
from helm_constitution.server.session import Session
from helm_constitution.server.worker import Setup

SILENCE = 8
"""So many times the limit of one helm run a check may take."""


class _Protocol(LanguageServerProtocol):
    """pygls's own, which keeps texts too, fails for a change of a file that was never opened and for all that comes
    before an editor has introduced itself."""

    _is_ready = False

    def handle_message(self, message: RPCMessage) -> None:
        """Handles a message; before ``initialize`` a request is an error, and a notification counts for nothing.

        Source: Language Server Protocol 3.17, "Initialize Request".
        """
        method, number = getattr(message, "method", None), getattr(message, "id", None)
        self._is_ready = self._is_ready or method == types.INITIALIZE
        if self._is_ready or method in (types.EXIT, None):
            super().handle_message(message)
        elif number is not None:
            self._send_response(number, None, JsonRpcServerNotInitialized().to_response_error())

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(
        self, params: types.DidChangeTextDocumentParams
    ) -> Iterator[tuple[Callable[..., object], tuple[object, ...], None]]:
        """Leaves the text to the session."""
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE], (params,), None


class ConstitutionServer(LanguageServer):
    """Talks to one editor.

    Args:
        setup: the settings of checks.
        stop_reading: ends the stream of the editor's messages.
    """

    def __init__(self, setup: Setup, stop_reading: Callable[[], None]) -> None:
        # Whole texts: where a line ends is then no question between the editor's counting and pygls's.
        kind = types.TextDocumentSyncKind.Full
        super().__init__(SOURCE, __version__, text_document_sync_kind=kind, protocol_cls=_Protocol)
        self.setup = setup
        self.link = Link(setup, SILENCE * setup.limits.seconds)
        self.session = Session(self.link, self, setup.options.scenarios)
        self.status = 0
        """The exit status: 1 for an editor that ends the server without ``shutdown``."""
        self._is_shut_down = False
        self._checking: asyncio.Task[None] | None = None
        self._stop_reading = stop_reading

    def shutdown(self) -> None:
        """Ends the connection. pygls waits for its thread that reads, which would wait for the editor."""
        self._stop_reading()
        super().shutdown()  # type: ignore[no-untyped-call]  # pygls has no annotation here

    def begin(self) -> None:
        """Begins to check the charts of the workspace."""
        self._checking = asyncio.ensure_future(self.session.schedule.run())

    def finish(self) -> None:
        """The editor asks for the end of all checks; it may then end the program."""
        self._is_shut_down = True
        self.end()

    def leave(self) -> None:
        """The editor ends the program."""
        self.status = 0 if self._is_shut_down else 1

    def end(self) -> None:
        """Ends all checks, and the process that makes them."""
        if self._checking is not None:
            self._checking.cancel()
            self._checking = None
        self.link.close()

    def show(self, path: str, notes: list[Note]) -> None:
        """Publishes the diagnostics of a file."""
        document = self.session.documents.get(path)
        texts = self.texts()
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(
                uri=self._uri(path),
                diagnostics=[diagnostic(note, texts) for note in notes],
                version=document.version if document is not None else None,
            )
        )

    def say(self, message: str) -> None:
        """Shows a message, and logs it."""
        self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"{SOURCE}: {message}"))

    def texts(self) -> Texts:
        """Converts places in the current texts."""
        return Texts(self._positions, self._uri)

    def path_of(self, uri: str) -> str | None:
        """The path of a file; None for anything but a file (``untitled:``)."""
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
