"""Images, service accounts, roles, networks and switches of the module security."""

from __future__ import annotations

import pytest

from helm_constitution.rules.security import access as a
from helm_constitution.rules.security import images as i
from helm_constitution.rules.security import network as n
from helm_constitution.rules.security import roles
from helm_constitution.rules.security import settings as s
from tests.rules.support import chart_subject, fields, found, judge, rendering


def image(reference: str, *more: str) -> str:
    return "\n".join(
        ["kind: Pod", "spec:", "  containers:", f"    - image: {reference}", *(f"      {x}" for x in more)]
    )


# --- images ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("web", ("web", "", "")),
        ("acme/web:1.4.2", ("acme/web", "1.4.2", "")),
        ("registry.internal:5000/acme/web", ("registry.internal:5000/acme/web", "", "")),
        ("registry.internal:5000/acme/web:1", ("registry.internal:5000/acme/web", "1", "")),
        ("web@sha256:0f", ("web", "", "sha256:0f")),
        ("registry:5000/web:1@sha256:0f", ("registry:5000/web", "1", "sha256:0f")),
    ],
)
def test_image_reference(reference: str, parts: tuple[str, str, str]) -> None:
    assert i.image_reference(reference) == parts


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("acme/web", "image acme/web has no tag and runs the latest version; set a version as its tag"),
        (
            "registry:5000/web",
            "image registry:5000/web has no tag and runs the latest version; set a version as its tag",
        ),
        ("acme/web:latest", "image acme/web:latest uses the moving tag latest; set a version as its tag"),
        ("acme/web:main", "image acme/web:main uses the moving tag main; set a version as its tag"),
        (
            "acme/web:LATEST-alpine",
            "image acme/web:LATEST-alpine uses the moving tag LATEST-alpine; set a version as its tag",
        ),
        (
            "r:5000/web:stable-slim",
            "image r:5000/web:stable-slim uses the moving tag stable-slim; set a version as its tag",
        ),
        ("acme/web:main-3f2a9c1", None),
        ("acme/web:stable-1.27", None),
        ("acme/web:1.27-alpine", None),
        ("acme/web:1.4.2", None),
        ("acme/web@sha256:0f", None),
        ("acme/web:latest@sha256:0f", None),
        ("''", None),
    ],
)
def test_latest_tag(reference: str, message: str | None) -> None:
    assert judge(i.latest_tag, image(reference)) == ([message] if message else [])


def test_no_digest() -> None:
    assert fields(i.no_digest, image("acme/web:1")) == ["spec.containers[0].image"]
    assert judge(i.no_digest, image("acme/web:1@sha256:0f")) == []


@pytest.mark.parametrize(
    ("reference", "policy", "message"),
    [
        ("web:1", "IfNotPresent", "imagePullPolicy is IfNotPresent; set it to Always, or pin the image to a digest"),
        ("web:1", "Never", "imagePullPolicy is Never; set it to Always, or pin the image to a digest"),
        ("web:1", "", "imagePullPolicy defaults to IfNotPresent; set it to Always, or pin the image to a digest"),
        ("web:1", "Always", None),
        ("web:latest", "", None),
        ("web", "", None),
        ("web@sha256:0f", "IfNotPresent", None),
    ],
)
def test_pull_policy(reference: str, policy: str, message: str | None) -> None:
    text = image(reference, *([f"imagePullPolicy: {policy}"] if policy else []))
    assert judge(i.pull_policy, text) == ([message] if message else [])


# --- service accounts -----------------------------------------------------------------------------------------------


def workload(account: str = "", mount: str = "", namespace: str = "") -> str:
    lines = ["---", "apiVersion: apps/v1", "kind: Deployment", "metadata:", "  name: web"]
    lines += [f"  namespace: {namespace}"] if namespace else []
    lines += ["spec:", "  template:", "    spec:", "      containers: [{name: web}]"]
    lines += [f"      serviceAccountName: {account}"] if account else []
    lines += [f"      automountServiceAccountToken: {mount}"] if mount else []
    return "\n".join(lines) + "\n"


def service_account(name: str, mount: str = "", namespace: str = "") -> str:
    lines = ["---", "apiVersion: v1", "kind: ServiceAccount", "metadata:", f"  name: {name}"]
    lines += [f"  namespace: {namespace}"] if namespace else []
    return "\n".join(lines + ([f"automountServiceAccountToken: {mount}"] if mount else [])) + "\n"


def binding(
    account: str, role: str = "web", kind: str = "RoleBinding", role_kind: str = "Role", namespace: str = ""
) -> str:
    where = f", namespace: {namespace}" if namespace else ""
    return f"""---
apiVersion: rbac.authorization.k8s.io/v1
kind: {kind}
metadata: {{name: web}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {role_kind}, name: {role}}}
subjects: [{{kind: ServiceAccount, name: {account}{where}}}]
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (workload(), True),
        (workload("web") + service_account("web"), True),
        (workload("web", "true") + service_account("web", "false"), True),
        (workload("web") + service_account("web", "false"), False),
        (workload("web", "false") + service_account("web"), False),
        (workload("web") + service_account("web") + binding("web"), False),
        (
            workload("web") + service_account("web") + binding("web", kind="ClusterRoleBinding", namespace="default"),
            False,
        ),
        (workload("web") + service_account("web") + binding("web", namespace="other"), True),
        (workload("web") + service_account("web") + binding("other"), True),
        # An account that the chart doesn't make is the user's, with the user's bindings.
        (workload("theirs"), False),
    ],
)
def test_token_mounted(text: str, found: bool) -> None:
    place = ["spec.template.spec.automountServiceAccountToken"]
    assert fields(a.token_mounted, text) == (place if found else [])


def test_default_service_account() -> None:
    assert fields(a.default_service_account, workload()) == ["spec.template.spec.serviceAccountName"]
    assert judge(a.default_service_account, workload("default")) != []
    assert judge(a.default_service_account, workload("web")) == []
    # Without a token it is nobody.
    assert judge(a.default_service_account, workload(mount="false")) == []
    assert judge(a.default_service_account, workload() + service_account("default", "false")) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (workload("web"), True),
        (workload("web") + service_account("web"), False),
        (workload("web") + service_account("web", namespace="other"), True),
        (workload("web", namespace="other") + service_account("web", namespace="other"), False),
        (workload("default"), False),
        (workload(), False),
    ],
)
def test_missing_service_account(text: str, found: bool) -> None:
    message = (
        'pod runs as service account "web", which the chart does not create;'
        ' create the ServiceAccount, or fall back to "default"'
    )
    assert judge(a.missing_service_account, text) == ([message] if found else [])


@pytest.mark.parametrize(("account", "found"), [("theirs", False), ("release-name-web", True)])
def test_a_scenario_s_values_may_name_an_account_of_the_user_s(account: str, found: bool) -> None:
    objects = rendering(workload(account), scenario="ci/existing-values.yaml")
    subject = chart_subject(a.missing_service_account, {})
    assert bool(list(a.missing_service_account.check(objects, subject))) is found


# --- roles ----------------------------------------------------------------------------------------------------------


def role(rules: str, kind: str = "Role", labels: str = "{}") -> str:
    return f"""---
apiVersion: rbac.authorization.k8s.io/v1
kind: {kind}
metadata: {{name: web, labels: {labels}}}
rules: [{rules}]
"""


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (
            "{resources: ['*'], verbs: ['*']}",
            "role allows every verb on every resource; list the resources that the pods use",
        ),
        (
            "{resources: ['*'], verbs: [get, list]}",
            "role allows get, list on every resource; list the resources that the pods use",
        ),
        (
            "{apiGroups: ['', metrics.k8s.io], resources: ['*'], verbs: [get]}",
            "role allows get on every resource of the core API, metrics.k8s.io; list the resources that the pods use",
        ),
        ("{resources: [pods], verbs: ['*']}", "role allows every verb on pods; list the verbs"),
        ("{resources: [a, b, c, d], verbs: ['*']}", "role allows every verb on a, b, c and 1 more; list the verbs"),
        ("{nonResourceURLs: [/metrics], verbs: ['*']}", "role allows every verb on /metrics; list the verbs"),
        ("{nonResourceURLs: ['*'], verbs: [get]}", "role allows get on every URL of the API server; list the URLs"),
        ("{nonResourceURLs: [/healthz/*], verbs: [get]}", None),
        ("{resources: ['*/scale'], verbs: [get]}", None),
        ("{resources: [pods], verbs: [get]}", None),
    ],
)
def test_wildcard_role(rules: str, message: str | None) -> None:
    assert judge(roles.wildcard_role, role(rules)) == ([message] if message else [])


def test_roles_that_are_only_offered_are_not_the_chart_s() -> None:
    rules = "{resources: ['*'], verbs: ['*']}"
    offered = role(rules, "ClusterRole", "{rbac.authorization.k8s.io/aggregate-to-admin: 'true'}")
    assert judge(roles.wildcard_role, offered) == []
    bound = offered + binding("web", kind="ClusterRoleBinding", role_kind="ClusterRole")
    assert len(judge(roles.wildcard_role, bound)) == 1


def test_roles_of_other_api_groups_are_not_rbac() -> None:
    text = role("{resources: ['*'], verbs: ['*']}").replace("rbac.authorization.k8s.io/v1", "example.com/v1")
    assert judge(roles.wildcard_role, text) == []


@pytest.mark.parametrize(
    ("kind", "reach"), [("ClusterRoleBinding", "the whole cluster"), ("RoleBinding", "its namespace")]
)
def test_cluster_admin(kind: str, reach: str) -> None:
    text = binding("web", "cluster-admin", kind, "ClusterRole")
    assert judge(roles.cluster_admin, text) == [
        f"binding grants cluster-admin, all permissions in {reach}; define and bind a narrower role"
    ]
    assert judge(roles.cluster_admin, text.replace("cluster-admin", "cluster-administration")) == []


@pytest.mark.parametrize(
    ("rules", "bad"),
    [
        ("{resources: [secrets], verbs: [get]}", True),
        ("{resources: [configmaps, secrets], verbs: [create, watch]}", True),
        ("{resources: [secrets], verbs: ['*']}", True),
        ("{resources: [secrets], verbs: [create]}", False),
        ("{resources: [secrets], resourceNames: [web-tls], verbs: [get]}", False),
        ("{resources: [configmaps], verbs: [get]}", False),
        ("{apiGroups: [''], resources: ['*'], verbs: [list]}", True),
        ("{apiGroups: ['*'], resources: ['*'], verbs: ['*']}", True),
        ("{apiGroups: [apps], resources: ['*'], verbs: ['*']}", False),
        ("{apiGroups: [''], resources: ['*'], verbs: [create]}", False),
    ],
)
def test_reads_secrets(rules: str, bad: bool) -> None:
    assert bool(judge(roles.reads_secrets, role(rules))) is bad


@pytest.mark.parametrize(
    ("binding_kind", "where"),
    [(None, " in every namespace"), ("ClusterRoleBinding", " in every namespace"), ("RoleBinding", "")],
)
def test_a_role_reaches_as_far_as_its_binding(binding_kind: str | None, where: str) -> None:
    text = role("{resources: [secrets], verbs: [get]}", "ClusterRole")
    text += binding("web", kind=binding_kind, role_kind="ClusterRole") if binding_kind else ""
    instead = ", or bind the role with a RoleBinding" if where else ""
    assert judge(roles.reads_secrets, text) == [
        f"role can read every Secret{where}; list the needed Secrets in resourceNames{instead}"
    ]


@pytest.mark.parametrize(
    ("rules", "bad"),
    [
        ("{resources: [pods], verbs: [create]}", True),
        ("{resources: [jobs], verbs: ['*']}", True),
        ("{resources: [pods], verbs: [get, patch]}", False),
        ("{resources: [pods/eviction], verbs: [create]}", False),
        ("{resources: [services], verbs: [create]}", False),
        ("{apiGroups: [batch], resources: ['*'], verbs: [create]}", True),
        ("{apiGroups: [networking.k8s.io], resources: ['*'], verbs: [create]}", False),
    ],
)
def test_creates_pods(rules: str, bad: bool) -> None:
    assert bool(judge(roles.creates_pods, role(rules))) is bad


@pytest.mark.parametrize(
    ("rules", "bad"),
    [
        ("{resources: [pods/exec], verbs: [create]}", True),
        ("{resources: [pods, pods/attach], verbs: [get]}", True),
        ("{resources: [pods/log], verbs: [get]}", False),
        ("{resources: ['*/exec'], verbs: [create]}", True),
        ("{apiGroups: [''], resources: ['*'], verbs: ['*']}", True),
        ("{resources: ['*/scale'], verbs: [create]}", False),
        ("{resources: [pods/exec], verbs: [list]}", False),
    ],
)
def test_pod_exec(rules: str, bad: bool) -> None:
    assert bool(judge(roles.pod_exec, role(rules))) is bad


# --- networks -------------------------------------------------------------------------------------------------------

WEB = """---
kind: Deployment
metadata: {name: web%s}
spec: {template: {metadata: {labels: {app: web, tier: front}}, spec: {%s}}}
"""
POLICY = """---
apiVersion: %s/v1
kind: %s
metadata: {name: web}
spec: {%s}
"""


@pytest.mark.parametrize(
    ("policy", "isolated"),
    [
        ("", False),
        (POLICY % ("networking.k8s.io", "NetworkPolicy", "podSelector: {matchLabels: {app: web}}"), True),
        (POLICY % ("networking.k8s.io", "NetworkPolicy", "podSelector: {matchLabels: {app: other}}"), False),
        (POLICY % ("networking.k8s.io", "NetworkPolicy", "podSelector: {}"), True),
        (
            POLICY
            % (
                "networking.k8s.io",
                "NetworkPolicy",
                "podSelector: {matchExpressions: [{key: app, operator: In, values: [a, web]}]}",
            ),
            True,
        ),
        (
            POLICY
            % (
                "networking.k8s.io",
                "NetworkPolicy",
                "podSelector: {matchExpressions: [{key: tier, operator: DoesNotExist}]}",
            ),
            False,
        ),
        (POLICY % ("cilium.io", "CiliumNetworkPolicy", "endpointSelector: {matchLabels: {app: web}}"), True),
        (POLICY % ("projectcalico.org", "NetworkPolicy", "selector: app == 'web'"), True),
    ],
)
def test_no_network_policy(policy: str, isolated: bool) -> None:
    text = WEB % ("", "containers: [{name: web}]") + policy
    expected = [
        (
            "no NetworkPolicy selects the pods, so every pod in the cluster can reach them;"
            " add a NetworkPolicy whose podSelector matches their labels"
        )
    ]
    assert judge(n.no_network_policy, text) == ([] if isolated else expected)


@pytest.mark.parametrize(
    "text", [WEB % ("", "hostNetwork: true"), WEB % (", annotations: {helm.sh/hook: pre-install}", "containers: []")]
)
def test_no_policy_is_asked_of_hooks_and_pods_in_the_node_s_network(text: str) -> None:
    assert judge(n.no_network_policy, text) == []


def ingress(spec: str, annotations: str = "{}") -> str:
    return f"""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: web, annotations: {annotations}}}
spec: {{rules: [{{host: web.acme.org}}, {{host: api.acme.org}}]{spec}}}
"""


@pytest.mark.parametrize(
    ("spec", "messages"),
    [
        ("", ["Ingress serves its hosts without TLS; set spec.tls"]),
        (", tls: []", ["Ingress serves its hosts without TLS; set spec.tls"]),
        (
            ", tls: [{hosts: [web.acme.org], secretName: a}]",
            ["Ingress serves api.acme.org without TLS; add the host to spec.tls"],
        ),
        (", tls: [{hosts: [web.acme.org, api.acme.org], secretName: a}]", []),
        (", tls: [{hosts: ['*.acme.org'], secretName: a}]", []),
        (", tls: [{secretName: a}]", []),
    ],
)
def test_no_tls_of_an_ingress(spec: str, messages: list[str]) -> None:
    assert judge(n.no_tls, ingress(spec)) == messages


def test_tls_that_a_load_balancer_ends() -> None:
    assert judge(n.no_tls, ingress("", "{alb.ingress.kubernetes.io/certificate-arn: 'arn:x'}")) == []
    assert judge(n.no_tls, ingress("", "{alb.ingress.kubernetes.io/listen-ports: '[{\"HTTPS\": 443}]'}")) == []


@pytest.mark.parametrize(
    ("listeners", "found"),
    [
        ("{name: web, protocol: HTTP}", 1),
        ("{name: web, protocol: HTTPS}", 0),
        ("{name: redirect, protocol: HTTP}, {name: web, protocol: HTTPS}", 0),
        ("{name: a, protocol: HTTP, hostname: a.org}, {name: b, protocol: HTTPS, hostname: b.org}", 1),
        ("{name: db, protocol: TCP}", 0),
    ],
)
def test_no_tls_of_a_gateway(listeners: str, found: int) -> None:
    text = f"apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nspec: {{listeners: [{listeners}]}}"
    assert len(judge(n.no_tls, text)) == found


def test_no_tls_of_a_route() -> None:
    text = "apiVersion: route.openshift.io/v1\nkind: Route\nspec: {host: a}"
    assert judge(n.no_tls, text) == ["Route serves plain HTTP; set spec.tls"]
    assert judge(n.no_tls, text.replace("host: a", "tls: {termination: edge}")) == []


@pytest.mark.parametrize(
    ("text", "weak"),
    [
        ("tls:\n  minVersion: TLSv1.1\n", "TLSv1.1"),
        ("tlsMinVersion: '1.0'\n", "TLS 1.0"),
        ("tlsMinVersion: 1.1\n", "TLS 1.1"),
        ("tlsMinVersion: VersionTLS10\n", "VersionTLS10"),
        ("ssl-protocols: TLSv1 TLSv1.2\n", "TLSv1"),
        ("sslProtocols: SSLv3,TLSv1.2\n", "SSLv3"),
        ("config: |\n  ssl_protocols TLSv1.1 TLSv1.2;\n", "TLSv1.1"),
        ("tlsCipherSuites: TLS_RSA_WITH_RC4_128_SHA\n", "TLS_RSA_WITH_RC4_128_SHA"),
        ("ssl-ciphers: ECDHE-RSA-AES128-GCM-SHA256:DES-CBC3-SHA\n", "DES-CBC3-SHA"),
        ("tls:\n  minVersion: '1.0'\n", "TLS 1.0"),
        ("tls:\n  minVersion: 1.1\n", "TLS 1.1"),
        ("tls:\n  protocols:\n    - TLSv1\n", "TLSv1"),
        ("tls:\n  minVersion: 1.2\nimage:\n  version: 1.0\n", None),
        ("tlsMinVersion: '1.2'\n", None),
        ("ssl-protocols: TLSv1.2 TLSv1.3\n", None),
        ("sslProtocols: all -SSLv3 -TLSv1 -TLSv1.1\n", None),
        ("ssl-ciphers: HIGH:!aNULL:!MD5:!RC4\n", None),
        ("config: |\n  # ssl_protocols TLSv1.1;\n  ssl_protocols TLSv1.2;\n", None),
        ("appVersion: '1.0'\n", None),
        ("description: supports TLSv1.1 clients\n", None),
        ("tlsSecret: web-tls1\n", None),
    ],
)
def test_weak_tls_in_values(text: str, weak: str | None) -> None:
    messages = found(n.weak_tls, {"values.yaml": text})
    assert [message.partition("allows ")[2].partition(";")[0] for message in messages] == ([weak] if weak else [])


def test_ssh_port() -> None:
    text = "kind: Pod\nspec: {containers: [{name: a, ports: [{containerPort: 2222}, {containerPort: 22}]}]}"
    assert fields(n.ssh_port, text) == ["spec.containers[0].ports[1].containerPort"]


# --- switches -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("auth:\n  enabled: false\n", "enabled: false disables authentication"),
        ("a:\n  insecureSkipVerify: true\n", "insecureSkipVerify: true disables verification"),
        ("insecure_skip_verify: true\n", "insecure_skip_verify: true disables verification"),
        ("skipTlsVerify: true\n", "skipTlsVerify: true disables verification"),
        ("insecure: true\n", "insecure: true allows insecure connections"),
        ("disableAuth: true\n", "disableAuth: true disables authentication"),
        ("tls:\n  verify: false\n", "verify: false disables verification"),
        ("sslVerify: false\n", "sslVerify: false disables verification"),
        ("disableTls: true\n", "disableTls: true disables TLS"),
        ("sslmode: disable\n", "sslmode: disable disables TLS"),
        ("podSecurityContext:\n  enabled: false\n", None),  # and nothing else that could be off
        (
            "podSecurityContext:\n  enabled: false\n  fsGroup: 1\n",
            "enabled: false disables the pods' security context",
        ),
        ("auth: false\n", "auth: false disables authentication"),
        ("auth:\n  type: none\n", "type: none disables authentication"),
        ("authMode: None\n", "authMode: none disables authentication"),
        ("requireAuth: false\n", "requireAuth: false disables authentication"),
        ("insecureSkipVerify: 'true'\n", "insecureSkipVerify: true disables verification"),
        ("env:\n  - name: TLS_INSECURE\n    value: 'yes'\n", "TLS_INSECURE: yes allows insecure connections"),
        ("env:\n  NODE_TLS_REJECT_UNAUTHORIZED: '0'\n", "NODE_TLS_REJECT_UNAUTHORIZED: 0 disables verification"),
        (
            "args:\n  - --kubelet-insecure-tls\n",
            "--kubelet-insecure-tls allows insecure connections by default; remove it",
        ),
        ("auth:\n  anonymous:\n    enabled: true\n", "enabled: true allows anonymous access"),
        ("allowEmptyPassword: true\n", "allowEmptyPassword: true allows an empty password"),
        ("security:\n  enabled: false\n", "enabled: false disables security"),
        ("disableSecurity: true\n", "disableSecurity: true disables security"),
        ("sslMode: DISABLE\n", "sslMode: disable disables TLS"),
        ("db: postgres://web:hunter2@db/app?sslmode=disable\n", "sslmode=disable disables TLS"),
        ("list:\n  - insecure: true\n", "insecure: true allows insecure connections"),
        ("insecureSkipVerify: false\n", None),
        ("auth:\n  enabled: true\n", None),
        ("ingress:\n  enabled: false\n", None),
        ("sslmode: require\n", None),
        ("verify: false\n", None),
        ("disabled: true\n", None),
        ("allowInsecureImages: true\n", None),
        ("skipTests: true\n", None),
        ("auth: {}\n", None),
        ("auth:\n  type: basic\n  anonymous:\n    enabled: false\n", None),
        ("args:\n  - --insecure-port=0\n  - insecure words\n", None),
        ("log:\n  type: none\n", None),
        ("insecure: 'false'\nnetworkSecurity:\n  type: none\n", None),
    ],
)
def test_security_off(text: str, what: str | None) -> None:
    messages = [message.partition(" ")[2] for message in found(s.security_off, {"values.yaml": text})]
    assert [message.partition(" by default; set ")[0] for message in messages] == ([what] if what else [])
