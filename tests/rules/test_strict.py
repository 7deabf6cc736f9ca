"""The parameter ``strict``: what a rule leaves out by default, and reports where a team asks for all of it."""

from __future__ import annotations

import pytest

from helm_constitution.lint import registry

from .support import judge, judge_in

RULES = {rule.id: rule for rule in registry.rules()}

POD = """
apiVersion: v1
kind: Pod
metadata: {name: web, annotations: {helm.sh/hook: pre-install}, labels: {app: web}}
spec:
  restartPolicy: Never
  containers: [{name: web, image: acme/web:1.0.0}]
"""

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "acme/web:1.0.0"}]
"""

DAEMON_SET = DEPLOYMENT.replace("Deployment", "DaemonSet")

JOB = """
apiVersion: batch/v1
kind: Job
metadata: {name: once, annotations: {helm.sh/hook: post-install}}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: once, image: acme/once:1.0.0}]
"""

POLICY = """
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress: [{ports: [{port: 80}]}]
"""

CLAIM = DEPLOYMENT.replace(
    "      containers:", "      volumes: [{name: data, persistentVolumeClaim: {claimName: web}}]\n      containers:"
)
RECREATE = CLAIM.replace("spec:\n  selector", "spec:\n  strategy: {type: Recreate}\n  selector")
SPREAD = DEPLOYMENT.replace(
    "      containers:",
    "      topologySpreadConstraints: [{topologyKey: zone, maxSkew: 1, whenUnsatisfiable: DoNotSchedule,"
    " labelSelector: {matchLabels: {app: web}}}]\n      containers:",
).replace("spec:\n  selector", "spec:\n  replicas: 3\n  selector")
SELECTED = DEPLOYMENT.replace("      containers:", "      nodeSelector: {kubernetes.io/os: linux}\n      containers:")
BOUND = """
apiVersion: v1
kind: ServiceAccount
metadata: {name: web}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: web}
subjects: [{kind: ServiceAccount, name: web}]
---""" + DEPLOYMENT.replace("      containers:", "      serviceAccountName: web\n      containers:")


def container(fields: str) -> str:
    return DEPLOYMENT.replace('image: "acme/web:1.0.0"', f'image: "acme/web:1.0.0", {fields}')


SECRET_ROLE = """
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: web}
rules:
  - {apiGroups: [""], resources: [secrets], resourceNames: [web-tls], verbs: [get]}
  - {apiGroups: [""], resources: [secrets], verbs: [create]}
"""

ELSEWHERE = """
apiVersion: v1
kind: Service
metadata: {name: etcd, namespace: kube-system}
spec: {selector: {component: etcd}}
"""

MONITOR = """
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: kubelet}
spec:
  namespaceSelector: {matchNames: [kube-system]}
  selector: {matchLabels: {k8s-app: kubelet}}
"""

MADE_BY_JOB = container('envFrom: [{secretRef: {name: release-name-made}}], args: ["--make", release-name-made]')

PATIENT = container("""
        livenessProbe: {httpGet: {path: /ok, port: 80}, failureThreshold: 9},
        readinessProbe: {httpGet: {path: /ok, port: 80}}""")

CASES = [
    ("helm/single-replica", CLAIM, ["Deployment runs one pod by default; set replicas to 2 or more"]),
    (
        "helm/no-anti-affinity",
        DEPLOYMENT,
        ["all pods of the Deployment may run on one node; set affinity.podAntiAffinity"],
    ),
    ("helm/no-anti-affinity", SPREAD, ["all pods of the Deployment may run on one node; set affinity.podAntiAffinity"]),
    (
        "helm/no-topology-spread",
        DEPLOYMENT,
        ["all pods of the Deployment may run in one zone; set topologySpreadConstraints"],
    ),
    (
        "helm/no-topology-spread",
        DAEMON_SET,
        ["all pods of the DaemonSet may run in one zone; set topologySpreadConstraints"],
    ),
    ("helm/no-topology-spread", JOB, []),
    ("helm/restart-policy", DEPLOYMENT, ["Deployment does not set restartPolicy; set it to Always"]),
    (
        "helm/restart-policy",
        POD,
        ["Pod is not restarted after a failure (restartPolicy Never); set restartPolicy: OnFailure"],
    ),
    ("helm/restart-policy", JOB, ["Job replaces the whole pod after a failure (restartPolicy Never); set OnFailure"]),
    (
        "helm/job-no-ttl",
        JOB,
        ["Job is never deleted after it finishes; set ttlSecondsAfterFinished, for example 86400"],
    ),
    ("compat/update-strategy", DEPLOYMENT, ["Deployment does not set spec.strategy.type; set it to RollingUpdate"]),
    (
        "compat/update-strategy",
        DAEMON_SET,
        ["DaemonSet does not set spec.updateStrategy.type; set it to RollingUpdate"],
    ),
    (
        "compat/update-strategy",
        RECREATE,
        ["Recreate stops all pods before new ones start; set spec.strategy.type to RollingUpdate"],
    ),
    (
        "security/no-network-policy",
        POD,
        [
            (
                "no NetworkPolicy selects the pods, so every pod in the cluster can reach them;"
                " add a NetworkPolicy whose podSelector matches their labels"
            )
        ],
    ),
    (
        "security/no-network-policy",
        DEPLOYMENT + POLICY,
        ["no NetworkPolicy restricts outgoing traffic of the pods; add Egress to policyTypes, with its rules"],
    ),
    ("security/no-network-policy", DEPLOYMENT + POLICY + "  policyTypes: [Ingress, Egress]\n", []),
    (
        "security/token-mounted",
        BOUND,
        ['pod mounts the token of service account "web" by default; set automountServiceAccountToken: false'],
    ),
    ("security/pull-policy", container("imagePullPolicy: Always"), []),
    (
        "security/pull-policy",
        DEPLOYMENT.replace("acme/web:1.0.0", f"acme/web@sha256:{'0' * 64}"),
        ["imagePullPolicy is not set; set it to Always"],
    ),
    (
        "security/low-user-id",
        DEPLOYMENT,
        [
            'container "web" does not set runAsUser; set it to 10000 or more',
            'container "web" does not set runAsGroup; set it to 10000 or more',
        ],
    ),
    ("security/low-user-id", container("securityContext: {runAsUser: 10001, runAsGroup: 10001}"), []),
    (
        "security/reads-secrets",
        SECRET_ROLE,
        [
            "role can get Secret web-tls; mount Secrets instead",
            "role can create every Secret; mount Secrets instead",
        ],
    ),
    (
        "security/secret-in-env",
        container("env: [{name: JWT_SECRET, value: my_jwt_secret}, {name: LOG, value: debug}]"),
        ["environment variable JWT_SECRET is a plain-text credential; read it from a Secret with secretKeyRef"],
    ),
    (
        "portability/node-affinity",
        SELECTED,
        ["pod does not restrict the nodes that it runs on; set affinity.nodeAffinity"],
    ),
    (
        "observability/no-liveness-probe",
        JOB,
        ['container "once" has no liveness probe; add livenessProbe with a handler like httpGet'],
    ),
    (
        "observability/no-readiness-probe",
        POD,
        ['container "web" has no readiness probe; add readinessProbe with a handler like httpGet'],
    ),
    (
        "observability/identical-probes",
        PATIENT,
        [
            (
                'liveness and readiness probe of container "web" call the same endpoint;'
                " use a different endpoint for the liveness probe"
            )
        ],
    ),
    (
        "observability/probe-port-unknown",
        container("livenessProbe: {tcpSocket: {port: 80}}"),
        ['livenessProbe uses port 80, which container "web" does not declare; add the port or use a declared one'],
    ),
    (
        "observability/dangling-monitor",
        MONITOR,
        [("ServiceMonitor selects no Service of the chart; use the labels of a Service in its selector")],
    ),
    (
        "helm/dangling-service",
        ELSEWHERE,
        [
            (
                "Service selects no pods: no pod of the chart has the labels component=etcd;"
                " render the selector and the labels with one named template"
            )
        ],
    ),
    (
        "helm/dangling-secret-ref",
        MADE_BY_JOB,
        [
            (
                'pod needs Secret "release-name-made", which the chart does not render;'
                " render it, or require its name as a value"
            )
        ],
    ),
]


@pytest.mark.parametrize(("rule", "text", "expected"), CASES)
def test_what_only_a_strict_rule_reports(rule: str, text: str, expected: list[str]) -> None:
    assert judge(RULES[rule], text) == []
    assert judge(RULES[rule], text, {"strict": 1}) == expected


def test_every_strict_parameter_is_tried_and_off() -> None:
    strict = {rule.id: rule.parameters["strict"] for rule in RULES.values() if "strict" in rule.parameters}
    assert {parameter.default for parameter in strict.values()} == {0}
    tried = {rule for rule, _, expected in CASES if expected}
    assert sorted(set(strict) - tried) == ["helm/dangling-config-ref", "observability/no-startup-probe"]
    assert strict["helm/dangling-config-ref"] == strict["helm/dangling-secret-ref"]
    assert strict["observability/no-startup-probe"] == strict["observability/no-liveness-probe"]


def test_a_budget_is_asked_for_from_the_number_of_pods_on_that_a_team_names() -> None:
    rule = RULES["helm/no-disruption-budget"]
    assert judge_in(rule, DEPLOYMENT) == []
    assert judge_in(rule, DEPLOYMENT, parameters={"minimum": 1}) == [
        "Deployment has one pod and no PodDisruptionBudget; add one that selects the pods, with maxUnavailable: 1"
    ]


def test_ndots_of_a_team() -> None:
    text = DEPLOYMENT.replace(
        "      containers:", '      dnsConfig: {options: [{name: ndots, value: "1"}]}\n      containers:'
    )
    assert judge(RULES["portability/dns-options"], text) == []
    assert judge(RULES["portability/dns-options"], text, {"ndots": "2"}) == ['ndots is 1; set it to "2"']


def test_several_labels_of_an_owner() -> None:
    text = DEPLOYMENT.replace("{name: web}\nspec", "{name: web, annotations: {owner: shop}}\nspec")
    assert judge(RULES["observability/no-owner-label"], text) == []
    assert judge(RULES["observability/no-owner-label"], text, {"label": "owner, email"}) == [
        'Deployment has no label or annotation "email"; add the label'
    ]
