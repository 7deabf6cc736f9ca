"""A real API server with its etcd, on free ports of this machine, gone with whoever started it."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from scripts.build_cluster import find_binaries

ADMIN_TOKEN = "planted-admin-token-4711"
"""The token of the user who may do everything. No report may show it."""
GUEST_TOKEN = "planted-guest-token-0815"
"""The token of a user without any rights."""
NAMESPACE = "checked"
"""A namespace that exists."""
_READY_SECONDS = 120
_AUDIT = "audit.log"
_AUDITED = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}
_GUARDED = '"$@" & child=$!; read -r _; kill -9 $child; wait $child 2>/dev/null'
"""Runs a program until standard input ends, as it does with the process that holds its other end, even if that is
killed."""


class Child(NamedTuple):
    """A program that runs."""

    guard: subprocess.Popen[bytes]

    def end(self) -> None:
        """Ends it, if it still runs."""
        if self.guard.stdin is not None and not self.guard.stdin.closed:
            self.guard.stdin.close()
        self.guard.wait()


class Server(NamedTuple):
    """A running API server.

    ``kubeconfig`` has the contexts ``admin``, ``guest`` (no rights), ``stranger`` (a token that is not accepted),
    ``anonymous`` (none) and ``nobody`` (an address where nobody listens), and no current one.
    """

    address: str
    kubeconfig: Path
    certificate: Path
    process: Child

    def request(self, method: str, path: str, body: object = None, token: str = ADMIN_TOKEN) -> dict[str, object]:
        """Asks the server. Raises urllib.error.HTTPError."""
        content = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.address}{path}", content, headers, method=method)
        with urllib.request.urlopen(request, context=_trusting(self.certificate), timeout=30) as answer:
            found: dict[str, object] = json.loads(answer.read())
            return found

    def audited(self, namespace: str) -> list[tuple[str, str]]:
        """The verb and the address of each request so far for what is in a namespace, those of the tests left out."""
        lines = (self.kubeconfig.parent / _AUDIT).read_text("utf-8").splitlines()
        events = [json.loads(line) for line in lines]
        return [
            (event["verb"], event["requestURI"])
            for event in events
            if event.get("objectRef", {}).get("namespace") == namespace
            and not event.get("userAgent", "").startswith("Python-urllib")
        ]

    def add(self, path: str, body: object) -> None:
        """Makes an object, if it isn't there."""
        try:
            self.request("POST", path, body)
        except urllib.error.HTTPError as error:
            if error.code != 409:
                raise


@contextmanager
def running_server(folder: Path) -> Iterator[Server]:
    """Starts a server whose files lie in an empty folder, waits until it is ready, and ends it.

    Raises:
        ClusterMissing: nothing has been built.
    """
    binaries = find_binaries()
    with ExitStack() as stack:
        etcd, peers, port = _free_ports(3)
        store = f"http://127.0.0.1:{etcd}"
        started(
            stack,
            folder,
            binaries / "etcd",
            f"--data-dir={folder / 'etcd'}",
            f"--listen-client-urls={store}",
            f"--advertise-client-urls={store}",
            f"--listen-peer-urls=http://127.0.0.1:{peers}",
            "--unsafe-no-fsync",
            "--logger=zap",
        )
        policy = folder / "audit-policy.json"
        policy.write_text(json.dumps(_AUDITED), encoding="utf-8")
        key, tokens = folder / "accounts.key", folder / "tokens.csv"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        tokens.write_text(f'{ADMIN_TOKEN},admin,1,"system:masters"\n{GUEST_TOKEN},guest,2\n', encoding="utf-8")
        process = started(
            stack,
            folder,
            binaries / "kube-apiserver",
            f"--etcd-servers={store}",
            f"--secure-port={port}",
            "--bind-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            f"--cert-dir={folder / 'certificates'}",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            f"--token-auth-file={tokens}",
            "--authorization-mode=RBAC",
            "--disable-admission-plugins=ServiceAccount",
            "--allow-privileged=true",
            f"--audit-policy-file={policy}",
            f"--audit-log-path={folder / _AUDIT}",
        )
        address, certificate = f"https://127.0.0.1:{port}", folder / "certificates" / "apiserver.crt"
        server = Server(address, _kubeconfig(folder, address, certificate), certificate, process)
        _wait(server, folder)
        for name in (NAMESPACE, "default"):
            server.add("/api/v1/namespaces", {"metadata": {"name": name}})
        yield server


def _wait(server: Server, folder: Path) -> None:
    until = time.monotonic() + _READY_SECONDS
    while time.monotonic() < until:
        try:
            request = urllib.request.Request(f"{server.address}/readyz")
            request.add_header("Authorization", f"Bearer {ADMIN_TOKEN}")
            with urllib.request.urlopen(request, context=_trusting(server.certificate), timeout=5):
                return
        except (OSError, ssl.SSLError):
            time.sleep(0.2)
    log = (folder / "kube-apiserver.log").read_text(encoding="utf-8", errors="replace")
    raise RuntimeError(f"the API server is not ready:\n{log[-3000:]}")


def _trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


def started(stack: ExitStack, folder: Path, binary: Path, *arguments: str) -> Child:
    """Starts a program that ends with the stack, and with this process."""
    log = stack.enter_context((folder / f"{binary.name}.log").open("wb"))
    # Of a session of its own: Ctrl-C reaches pytest alone, and what ends with it is ended by the pipe.
    command = ["sh", "-c", _GUARDED, "sh", str(binary), *arguments]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=folder, start_new_session=True
    )
    child = Child(process)
    stack.callback(child.end)
    return child


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on; all are taken at once, so that they differ."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def _kubeconfig(folder: Path, address: str, certificate: Path) -> Path:
    users = {"admin": ADMIN_TOKEN, "guest": GUEST_TOKEN, "stranger": "planted-stranger-token-1234"}
    (nobody,) = _free_ports(1)
    clusters = {
        "tested": {"server": address, "certificate-authority": str(certificate)},
        "nowhere": {"server": f"https://guest:planted-password@127.0.0.1:{nobody}"},
    }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster} for name, cluster in clusters.items()],
        "users": [
            *({"name": name, "user": {"token": token}} for name, token in users.items()),
            {"name": "unknown", "user": {}},
        ],
        "contexts": [
            *({"name": name, "context": {"cluster": "tested", "user": name}} for name in users),
            {"name": "anonymous", "context": {"cluster": "tested", "user": "unknown"}},
            {"name": "nobody", "context": {"cluster": "nowhere", "user": "admin"}},
        ],
    }
    file = folder / "kubeconfig"
    file.write_text(json.dumps(config), encoding="utf-8")
    return file
