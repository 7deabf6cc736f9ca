"""A cluster that is slow or goes away: one line, exit status 2, and what the other rules found."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.cluster.charts import PLANTED, WELL
from tests.cluster.server import Server
from tests.cluster.support import check
from tests.support import write


class Line:
    """A line to a server that is cut after so many pieces of what clients say; never, where ``most`` is None.

    Args:
        port: of the server on this machine.
        most: how many pieces go through.
    """

    def __init__(self, port: int, most: int | None) -> None:
        self._port = port
        self._most = most
        self.pieces = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Nobody gets through any more."""
        for one in (self._listener, *self._open):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
            finally:
                one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._port))
            self._open += [client, server]
            threading.Thread(target=self._pass, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, False), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, counts: bool) -> None:
        try:
            while piece := source.recv(65_536):
                self.pieces += counts
                if self._most is not None and self.pieces > self._most:
                    self.cut()
                    return
                target.sendall(piece)
        except OSError:
            return


@contextmanager
def behind(server: Server, folder: Path, most: int | None) -> Iterator[tuple[Server, Line]]:
    """The server as it is reached through a line."""
    line = Line(int(server.address.rpartition(":")[2]), most)
    config = json.loads(server.kubeconfig.read_text("utf-8"))
    config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{line.port}"
    file = folder / "kubeconfig"
    file.write_text(json.dumps(config), "utf-8")
    try:
        yield server._replace(kubeconfig=file), line
    finally:
        line.cut()


def test_a_server_that_vanishes_is_one_problem_beside_what_was_found(api_server: Server, tmp_path: Path) -> None:
    write(tmp_path, PLANTED)
    with behind(api_server, tmp_path, None) as (reached, line):
        assert check(reached, tmp_path, "web", "--no-cache").status == 1
        pieces = line.pieces
    with behind(api_server, tmp_path, pieces * 3 // 4) as (reached, line):
        checked = check(reached, tmp_path, "web", "--no-cache")
    assert checked.status == 2
    (problem,) = checked.chart["problems"]
    assert problem["message"].startswith(f"the cluster admin (https://127.0.0.1:{line.port}) does not answer: ")
    assert "planted" not in checked.output
    assert checked.chart["findings"], "what the other rules found"


class Page(BaseHTTPRequestHandler):
    """A web server of another kind."""

    def do_GET(self) -> None:
        """A page for any address."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>hello</html>")

    def log_message(self, format: str, *args: object) -> None:
        """Writes nothing."""


def test_what_is_no_api_server_is_one_line(api_server: Server, tmp_path: Path) -> None:
    write(tmp_path, WELL)
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        config = json.loads(api_server.kubeconfig.read_text("utf-8"))
        config["clusters"][0]["cluster"] = {"server": f"http://127.0.0.1:{server.server_port}"}
        file = tmp_path / "kubeconfig"
        file.write_text(json.dumps(config), "utf-8")
        checked = check(api_server._replace(kubeconfig=file), tmp_path, "web")
        server.shutdown()
    assert (checked.status, checked.output) == (2, "")
    assert checked.errors.count("\n") == 1
    assert "does not respond like an API server" in checked.errors


def test_a_server_that_never_answers_ends_with_the_time_limit(api_server: Server, tmp_path: Path) -> None:
    write(tmp_path, WELL)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config = json.loads(api_server.kubeconfig.read_text("utf-8"))
        port = int(silent.getsockname()[1])
        config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{port}"
        file = tmp_path / "kubeconfig"
        file.write_text(json.dumps(config), "utf-8")
        checked = check(api_server._replace(kubeconfig=file), tmp_path, "web", "--timeout", "2")
    assert (checked.status, checked.output) == (2, "")
    assert checked.errors == (
        f"helm-constitution: error: the cluster admin (https://127.0.0.1:{port}) does not answer: no answer in time\n"
    )
