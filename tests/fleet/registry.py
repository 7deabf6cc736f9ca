"""Servers on this machine that hold packaged charts: a Helm repository, and an OCI registry that can be read."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.cncf.helm.config.v1+json"
_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"


class _Files(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


class _Registry(BaseHTTPRequestHandler):
    """Serves what :func:`registry` has laid out: content by path."""

    contents: dict[str, tuple[str, bytes]]

    def do_HEAD(self) -> None:
        """As GET, without the content."""
        self.do_GET()

    def do_GET(self) -> None:
        """The content of a path of the distribution API."""
        kind, content = self.contents.get(self.path.partition("?")[0], ("", b""))
        self.send_response(200 if kind else 404)
        if kind:
            self.send_header("Content-Type", kind)
            self.send_header("Docker-Content-Digest", f"sha256:{sha256(content).hexdigest()}")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def _serving(handler: object) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)  # type: ignore[arg-type]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def repository(folder: Path) -> Iterator[str]:
    """The address of a Helm repository, from a folder with packages and their index."""
    with _serving(partial(_Files, directory=str(folder))) as host:
        yield f"http://{host}"


@contextmanager
def registry(name: str, packages: dict[str, bytes]) -> Iterator[str]:
    """The ``oci://`` reference of a chart in a registry that holds its packages by version."""
    contents: dict[str, tuple[str, bytes]] = {"/v2/": ("application/json", b"{}")}

    def blob(content: bytes, kind: str) -> dict[str, object]:
        digest = f"sha256:{sha256(content).hexdigest()}"
        contents[f"/v2/charts/{name}/blobs/{digest}"] = ("application/octet-stream", content)
        return {"mediaType": kind, "digest": digest, "size": len(content)}

    for version, package in packages.items():
        config = json.dumps({"name": name, "version": version, "apiVersion": "v2"}).encode()
        parts = {"config": blob(config, _CONFIG), "layers": [blob(package, _LAYER)]}
        manifest = json.dumps({"schemaVersion": 2, "mediaType": _MANIFEST, **parts}).encode()
        for reference in (version, f"sha256:{sha256(manifest).hexdigest()}"):
            contents[f"/v2/charts/{name}/manifests/{reference}"] = (_MANIFEST, manifest)
    tags = {"name": f"charts/{name}", "tags": list(packages)}
    contents[f"/v2/charts/{name}/tags/list"] = ("application/json", json.dumps(tags).encode())
    with _serving(type("Registry", (_Registry,), {"contents": contents})) as host:
        yield f"oci://{host}/charts/{name}"
