"""Updates and test deployments: what needs objects that exist, made in a namespace of the program's own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.server import NAMESPACE, Server
from tests.cluster.support import check
from tests.support import write

OLD: Mapping[str, str] = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "values.yaml": "# The role.\nrole: view\n",
    "templates/deployment.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {{ .Release.Name }}-web
        spec:
          replicas: 0
          selector:
            matchLabels:
              app: web
              version: {{ .Chart.Version | quote }}
          template:
            metadata:
              labels:
                app: web
                version: {{ .Chart.Version | quote }}
            spec:
              containers:
                - name: web
                  image: web:1.2.3
        """,
    "templates/config.yaml": """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: {{ .Release.Name }}-web
        immutable: true
        data:
          version: {{ .Chart.Version | quote }}
        """,
    "templates/binding.yaml": """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata:
          name: {{ .Release.Name }}-web
        roleRef:
          apiGroup: rbac.authorization.k8s.io
          kind: ClusterRole
          name: {{ .Values.role }}
        subjects:
          - kind: ServiceAccount
            name: default
            namespace: {{ .Release.Namespace }}
        """,
}
NEW: Mapping[str, str] = {
    **OLD,
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.1.0\n",
    "values.yaml": "# The role.\nrole: edit\n",
}
REFUSED = [
    ("templates/binding.yaml", "cannot change roleRef"),
    ("templates/config.yaml", "field is immutable when `immutable` is set"),
    ("templates/deployment.yaml", "field is immutable"),
]

QUIET: Mapping[str, str] = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "web/values.yaml": "# The greeting.\ngreeting: hello\n",
    "web/templates/config.yaml": """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: {{ .Release.Name }}-web
        data:
          greeting: {{ .Values.greeting }}
        """,
}
BUSY = {
    **QUIET,
    "web/templates/deployment.yaml": OLD["templates/deployment.yaml"].replace("replicas: 0", "replicas: 1"),
}


def both(folder: Path) -> Path:
    """The two releases, side by side."""
    write(folder / "old", OLD)
    write(folder / "web", NEW)
    return folder


def own_namespaces(server: Server) -> dict[str, Any]:
    """The namespaces that the program has made, by name. Nobody finalizes them here: no controller runs."""
    found: Any = server.request(
        "GET", "/api/v1/namespaces?labelSelector=app.kubernetes.io/managed-by%3Dhelm-constitution"
    )
    return {one["metadata"]["name"]: one for one in found["items"]}


def removed(server: Server, before: Mapping[str, Any]) -> list[bool]:
    """Of each namespace that was made since, whether it is to go."""
    return [
        "deletionTimestamp" in one["metadata"] for name, one in own_namespaces(server).items() if name not in before
    ]


def test_an_update_of_what_is_not_there_is_unchecked(api_server: Server, tmp_path: Path) -> None:
    before = own_namespaces(api_server)
    checked = check(api_server, both(tmp_path), "web", "--baseline", "old", "--cluster-upgrade")
    assert checked.findings() == []
    assert "update of Deployment release-name-web: it is not in the cluster; name the installed" in checked.unchecked()
    assert own_namespaces(api_server) == before


def test_the_server_names_immutable_fields_where_writes_are_allowed(api_server: Server, tmp_path: Path) -> None:
    before = own_namespaces(api_server)
    options = ("--baseline", "old", "--cluster-upgrade", "--cluster-allow-writes")
    checked = check(api_server, both(tmp_path), "web", *options)
    assert checked.status == 1
    found = sorted((file, line) for file, line, _ in checked.findings())
    assert found == [("templates/binding.yaml", 5), ("templates/config.yaml", 6), ("templates/deployment.yaml", 7)]
    assert removed(api_server, before) == [True]
    for kind in ("api/v1", "apis/apps/v1"):
        names = {"api/v1": "configmaps", "apis/apps/v1": "deployments"}
        assert api_server.request("GET", f"/{kind}/namespaces/{NAMESPACE}/{names[kind]}")["items"] == []


def test_an_installed_release_is_updated_as_a_dry_run(api_server: Server, tmp_path: Path, helm4: Path) -> None:
    both(tmp_path)
    api_server.add("/api/v1/namespaces", {"metadata": {"name": "installed"}})
    environment = {**os.environ, "KUBECONFIG": str(api_server.kubeconfig)}
    common = ["--kube-context", "admin", "--namespace", "installed"]
    subprocess.run([helm4, "install", "shop", "old", *common], cwd=tmp_path, env=environment, check=True)
    deployment = "/apis/apps/v1/namespaces/installed/deployments/shop-web"
    kept: Any = api_server.request("GET", deployment)
    options = ("--baseline", "old", "--cluster-upgrade", "--cluster-release", "shop")
    checked = check(api_server, tmp_path, "web", *options, "--cluster-namespace", "installed")
    found = sorted({(file, message) for file, _, message in checked.findings()})
    assert [file for file, _ in found] == [file for file, _ in REFUSED]
    assert all(words in message for (_, message), (_, words) in zip(found, REFUSED, strict=True)), found
    by_program = [address for verb, address in api_server.audited("installed") if verb in ("patch", "create", "delete")]
    assert len([address for address in by_program if "fieldValidation=Strict" in address]) > 3
    assert [address for address in by_program if "helm-constitution" in address and "dryRun=All" not in address] == []
    now: Any = api_server.request("GET", deployment)
    assert now["metadata"]["resourceVersion"] == kept["metadata"]["resourceVersion"]


@pytest.mark.parametrize("which", [3, 4])
def test_a_test_deployment_that_goes_well(
    api_server: Server, tmp_path: Path, which: int, request: pytest.FixtureRequest
) -> None:
    helm: Path = request.getfixturevalue(f"helm{which}")
    before = own_namespaces(api_server)
    write(tmp_path, QUIET)
    old = {name.replace("web/", "old/"): text for name, text in QUIET.items()}
    write(tmp_path, {**old, "old/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.9.0\n"})
    options = ("--baseline", "old", "--cluster-install", "--cluster-allow-writes", "--timeout", "20")
    checked = check(api_server, tmp_path, "web", *options, helm=helm)
    assert checked.findings("testing/failed-deployment") == []
    statements = [one for principle in checked.chart["principles"] for one in principle["statements"]]
    (verdict,) = [one["verdict"] for one in statements if "testing/failed-deployment" in one["rules"]]
    assert verdict == "pass"
    assert removed(api_server, before) == [True]


@pytest.mark.parametrize("which", [3, 4])
def test_a_deployment_that_never_gets_ready_is_found(
    api_server: Server, tmp_path: Path, which: int, request: pytest.FixtureRequest
) -> None:
    helm: Path = request.getfixturevalue(f"helm{which}")
    before = own_namespaces(api_server)
    options = ("--cluster-install", "--cluster-allow-writes", "--timeout", "5")
    checked = check(api_server, write(tmp_path, BUSY), "web", *options, helm=helm)
    assert checked.status == 1, checked.errors
    ((file, _, message),) = checked.findings("testing/failed-deployment")
    assert file == "Chart.yaml"
    assert message.startswith("helm install --wait fails: ")
    assert removed(api_server, before) == [True]


def test_an_upgrade_that_fails_is_found(api_server: Server, tmp_path: Path, helm4: Path) -> None:
    both(tmp_path)
    for release in ("old", "web"):  # whose pods get ready nowhere here
        (tmp_path / release / "templates" / "deployment.yaml").unlink()
    options = ("--baseline", "old", "--cluster-install", "--cluster-allow-writes", "--timeout", "20")
    checked = check(api_server, tmp_path, "web", *options, helm=helm4)
    messages = [message for _, _, message in checked.findings("testing/failed-deployment")]
    assert [message for message in messages if message.startswith("helm upgrade --wait from 1.0.0 fails: ")], messages


def test_an_interrupted_test_deployment_removes_its_namespace(api_server: Server, tmp_path: Path, helm4: Path) -> None:
    before = own_namespaces(api_server)
    write(tmp_path, BUSY)
    environment = {**os.environ, "KUBECONFIG": str(api_server.kubeconfig), "HELM_BIN": str(helm4)}
    command = [sys.executable, "-m", "helm_constitution", "check", "web", "--engine", "cli", "--no-cache"]
    command += ["--cluster", "admin", "--cluster-namespace", NAMESPACE, "--cluster-install", "--cluster-allow-writes"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 60
    while own_namespaces(api_server).keys() == before.keys() and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 130, output + errors
    assert removed(api_server, before) == [True]
