"""``check --cluster``: what the API server alone knows, at the template line or the value; what can't be asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.charts import PLANTED, WELL
from tests.cluster.server import ADMIN_TOKEN, GUEST_TOKEN, NAMESPACE, Server
from tests.cluster.support import check, run
from tests.support import write

CUSTOM = """
    apiVersion: example.org/v1
    kind: Widget
    metadata:
      name: {{ .Release.Name }}-widget
    """

DEFECTS = [
    ("templates/budget.yaml", 5, "spec: "),
    ("templates/certificate.yaml", 8, "data[tls.key] (a hook: pre-install): Required value"),
    ("templates/claim.yaml", 7, 'spec.resources[storage]: Invalid value: "0": must be greater than zero'),
    ("templates/config.yaml", 6, 'data[a/key]: Invalid value: "a/key": a valid config key must consist of'),
    ("templates/deployment.yaml", 13, 'spec.template.spec.containers[0].name: Invalid value: "Web": a lowercase'),
    (
        "templates/deployment.yaml",
        16,
        'spec.template.spec.containers[0].resources.requests: Invalid value: "2Gi": must be less than or equal to',
    ),
    (
        "templates/deployment.yaml",
        20,
        'spec.template.spec.containers[name="Web"].volumeMounts: duplicate entries for key [mountPath="/data"]',
    ),
    (
        "templates/deployment.yaml",
        24,
        'spec.template.spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/data": must be unique',
    ),
    (
        "templates/policy.yaml",
        12,
        'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "192.168.0.0/16": must be a strict subset of `cidr`',
    ),
    ("templates/role.yaml", 8, "rules[0].verbs: Required value: verbs must contain at least one value"),
    ("values.yaml", 3, "spec.ports[0].port: Invalid value: 80800: must be between 1 and 65535, inclusive"),
    ("values.yaml", 5, 'spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61'),
    ("values.yaml", 7, "spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`"),
    ("values.yaml", 9, 'spec.rules[0].host: Invalid value: "*.*.example.org": a wildcard DNS-1123 subdomain'),
]
"""What the server says of PLANTED: file, line, the field and the begin of the message."""


def test_defects_that_the_server_alone_knows_are_found_at_their_lines(api_server: Server, tmp_path: Path) -> None:
    checked = check(api_server, write(tmp_path, PLANTED), "web", "--select", "testing/rejected-by-cluster")
    assert checked.status == 1, checked.errors
    found = sorted(checked.findings())
    assert [(file, line) for file, line, _ in found] == [(file, line) for file, line, _ in DEFECTS]
    for (_, _, message), (_, _, words) in zip(found, DEFECTS, strict=True):
        assert message.startswith(f"the API server rejects {words}")


def test_a_chart_that_the_server_accepts_passes_and_leaves_nothing(api_server: Server, tmp_path: Path) -> None:
    checked = check(api_server, write(tmp_path, WELL), "web")
    assert checked.findings() == []
    principles = {one["key"]: one for one in checked.chart["principles"]}
    verdicts = {
        rule: statement["verdict"] for statement in principles["testing"]["statements"] for rule in statement["rules"]
    }
    assert verdicts["testing/rejected-by-cluster"] == "pass"
    assert verdicts["testing/failed-deployment"] == "unchecked"
    for path in (f"/api/v1/namespaces/{NAMESPACE}/configmaps", f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs"):
        assert api_server.request("GET", path)["items"] == []


def test_equal_objects_are_sent_once_and_as_a_dry_run(api_server: Server, tmp_path: Path) -> None:
    api_server.add("/api/v1/namespaces", {"metadata": {"name": "audited"}})
    scenarios = {f"web/ci/{name}-values.yaml": "greeting: hello\n" for name in ("one", "two")}
    other = {"web/ci/other-values.yaml": "greeting: hi\n"}
    chart = write(tmp_path, {**WELL, **scenarios, **other})
    checked = check(api_server, chart, "web", "--no-cache", "--cluster-namespace", "audited")
    assert len(checked.chart["scenarios"]) == 4
    sent = [(verb, address) for verb, address in api_server.audited("audited") if verb != "get"]
    assert [(verb, address.partition("?")[0].rpartition("/")[2]) for verb, address in sent] == [
        ("patch", "release-name-web"),
        ("create", "jobs"),
        ("patch", "release-name-web"),
    ]
    assert all("dryRun=All" in address and "fieldValidation=Strict" in address for _, address in sent)


def test_what_the_user_may_not_do_is_unchecked(api_server: Server, tmp_path: Path) -> None:
    checked = check(api_server, write(tmp_path, WELL), "web", context="guest")
    assert checked.findings() == []
    reason = checked.unchecked()
    assert 'not allowed there: User "guest" cannot patch resource "configmaps"' in reason
    assert checked.chart["problems"] == []


def test_kinds_that_the_cluster_does_not_serve_are_unchecked(api_server: Server, tmp_path: Path) -> None:
    checked = check(api_server, write(tmp_path, {**WELL, "web/templates/widget.yaml": CUSTOM}), "web")
    assert checked.findings() == []
    assert checked.unchecked().startswith("the cluster does not serve example.org/v1 Widget (")


def test_a_webhook_that_fails_leaves_its_objects_unchecked(api_server: Server, tmp_path: Path) -> None:
    hook = {
        "metadata": {"name": "unreachable"},
        "webhooks": [
            {
                "name": "unreachable.example.org",
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "clientConfig": {"url": "https://127.0.0.1:9/"},
                "rules": [
                    {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["limitranges"]}
                ],
            }
        ],
    }
    kind = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    limit = """
        apiVersion: v1
        kind: LimitRange
        metadata:
          name: {{ .Release.Name }}-limits
        spec:
          limits:
            - type: Container
        """
    api_server.add(kind, hook)
    try:
        checked = check(api_server, write(tmp_path, {**WELL, "web/templates/limits.yaml": limit}), "web")
    finally:
        api_server.request("DELETE", f"{kind}/unreachable")
    assert checked.findings() == []
    assert "LimitRange release-name-limits" in checked.unchecked()
    assert "failed calling webhook" in checked.unchecked()


def test_the_cluster_tells_version_and_apis_for_the_rendering(api_server: Server, tmp_path: Path, helm4: Path) -> None:
    probe = """
        {{- if not (.Capabilities.APIVersions.Has "apps/v1/Deployment") }}{{ fail "no Deployments" }}{{ end }}
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: probe
        data:
          the version: {{ .Capabilities.KubeVersion.Version }}
        """
    chart = write(tmp_path, {**WELL, "web/templates/probe.yaml": probe})
    checked = check(api_server, chart, "web", "--kube-version", "cluster", helm=helm4)
    assert checked.report is not None
    assert checked.report["engine"]["kube"].startswith("v1.36.")
    assert [file for file, _, _ in checked.findings()] == ["templates/probe.yaml"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--cluster-namespace", "checked"), "--cluster-namespace requires --cluster"),
        (("--cluster-allow-writes",), "--cluster-allow-writes requires --cluster"),
        (("--kube-version", "cluster"), "--kube-version cluster requires --cluster, the context whose version to use"),
        (("--cluster", ""), "--cluster must name a context of the kubeconfig"),
        (("--cluster", "admin"), "--cluster requires --cluster-namespace, an existing namespace"),
        (
            ("--cluster", "admin", "--cluster-namespace", "nowhere"),
            "the cluster admin has no namespace nowhere; create it, or name another with --cluster-namespace",
        ),
        (
            ("--cluster", "admin", "--cluster-namespace", "checked", "--cluster-upgrade"),
            "--cluster-upgrade requires --baseline, the release to upgrade from",
        ),
        (
            ("--cluster", "admin", "--cluster-namespace", "checked", "--cluster-install"),
            "--cluster-install creates objects in the cluster: it requires --cluster-allow-writes",
        ),
    ],
)
def test_what_is_missing_is_said_in_one_line(
    api_server: Server, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    checked = run(api_server, write(tmp_path, WELL), "web", *arguments)
    assert (checked.status, checked.output) == (2, "")
    assert checked.errors == f"helm-constitution: error: {message}\n"


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ("absent", "there is no context absent in this kubeconfig"),
        ("stranger", "does not accept the credentials of this context"),
        ("anonymous", 'User "system:anonymous" cannot get'),
        ("nobody", "does not answer: Connection refused"),
    ],
)
def test_a_cluster_that_can_not_be_asked_is_one_line(
    api_server: Server, tmp_path: Path, context: str, message: str
) -> None:
    checked = check(api_server, write(tmp_path, WELL), "web", context=context)
    assert (checked.status, checked.output) == (2, "")
    assert checked.errors.count("\n") == 1
    assert message in checked.errors
    assert "planted" not in checked.errors


def test_no_credentials_are_shown_or_kept(api_server: Server, tmp_path: Path) -> None:
    checked = check(api_server, write(tmp_path, {**PLANTED}), "web", "--debug", "--output", "html=report.html")
    assert checked.status == 1
    texts = [checked.output, checked.errors]
    texts += [file.read_text("utf-8", "replace") for file in tmp_path.rglob("*") if file.is_file()]
    assert not [text for text in texts if ADMIN_TOKEN in text or GUEST_TOKEN in text]


@pytest.mark.parametrize(
    ("kubeconfig", "message"),
    [
        ("clusters: [\n", "not a valid kubeconfig"),
        ("just text\n", "the context admin can't be used"),
        (None, "the context admin can't be used"),
    ],
)
def test_a_kubeconfig_that_can_not_be_read_is_one_line(
    api_server: Server, tmp_path: Path, kubeconfig: str | None, message: str
) -> None:
    write(tmp_path, WELL)
    file = tmp_path / "kubeconfig"
    if kubeconfig is not None:
        file.write_text(kubeconfig, "utf-8")
    checked = check(api_server._replace(kubeconfig=file), tmp_path, "web")
    assert (checked.status, checked.output) == (2, "")
    assert checked.errors.count("\n") == 1
    assert message in checked.errors
