"""Rules of the module helm on what pods and bindings refer to, and on what takes in pods."""

from __future__ import annotations

import pytest

from helm_constitution.lint.rule import Rule
from helm_constitution.rules.helm_best_practices import pod_references as p
from helm_constitution.rules.helm_best_practices import selections as s
from helm_constitution.rules.helm_best_practices.targets import SelectorIndex
from tests.rules.support import fields, judge, judge_in, rendering

NAME = "release-name-web"  # what the chart itself makes of the release's name


def pod(container: str = "", spec: str = "", *, labels: str = "{app: web}", kind: str = "Deployment") -> str:
    return f"""---
apiVersion: apps/v1
kind: {kind}
metadata: {{name: {NAME}}}
spec: {{template: {{metadata: {{labels: {labels}}}, spec: {{containers: [{{name: web{container}}}]{spec}}}}}}}
"""


def thing(kind: str, body: str = "", *, api: str = "v1", name: str = NAME) -> str:
    return f"---\napiVersion: {api}\nkind: {kind}\nmetadata: {{name: {name}}}\n{body}\n"


def variable(kind: str, name: str, key: str = "a", more: str = "") -> str:
    return f", env: [{{name: A, valueFrom: {{{kind}KeyRef: {{name: {name}, key: {key}{more}}}}}}}]"


CONFIG = thing("ConfigMap", "data: {a: b}")


@pytest.mark.parametrize(
    ("rule", "container"),
    [
        (p.dangling_config_ref, variable("configMap", NAME)),
        (p.dangling_config_ref, f", envFrom: [{{configMapRef: {{name: {NAME}}}}}]"),
        (p.dangling_secret_ref, variable("secret", NAME)),
        (p.dangling_secret_ref, f", envFrom: [{{secretRef: {{name: {NAME}}}}}]"),
    ],
)
def test_an_environment_needs_its_source(rule: Rule, container: str) -> None:
    kind = "ConfigMap" if rule is p.dangling_config_ref else "Secret"
    assert judge(rule, pod(container)) == [
        f'pod needs {kind} "{NAME}", which the chart does not render; render it, or require its name as a value'
    ]
    assert judge(rule, pod(container) + thing(kind)) == []
    assert judge(rule, pod(container) + thing(kind).replace("{name:", "{namespace: other, name:")) != []


def test_one_finding_for_all_variables_of_one_source() -> None:
    first = f"{{name: A, valueFrom: {{secretKeyRef: {{name: {NAME}, key: a}}}}}}"
    second = f"{{name: B, valueFrom: {{secretKeyRef: {{name: {NAME}, key: b}}}}}}"
    assert len(judge(p.dangling_secret_ref, pod(f", env: [{first}, {second}]"))) == 1


def test_what_is_optional_or_everywhere() -> None:
    assert judge(p.dangling_config_ref, pod(variable("configMap", NAME, more=", optional: true"))) == []
    assert judge(p.dangling_config_ref, pod(variable("configMap", "kube-root-ca.crt"))) == []


def test_a_name_that_a_scenarios_values_give() -> None:
    text = pod(variable("secret", "made-by-hand"))
    assert judge_in(p.dangling_secret_ref, text, scenario="ci/existing-values.yaml") == []
    assert len(judge_in(p.dangling_secret_ref, text)) == 1
    assert len(judge_in(p.dangling_secret_ref, pod(variable("secret", NAME)), scenario="ci/existing-values.yaml")) == 1


@pytest.mark.parametrize(
    "maker",
    [
        thing("Certificate", f"spec: {{secretName: {NAME}}}", api="cert-manager.io/v1", name="tls"),
        thing("ExternalSecret", f"spec: {{target: {{name: {NAME}}}}}", api="external-secrets.io/v1", name="x"),
        thing("SealedSecret", api="bitnami.com/v1alpha1"),
        pod(f", args: [--secret-name={NAME}]", kind="Job"),
        pod(f", env: [{{name: SECRET, value: {NAME}}}]", kind="Job"),
        thing("ConfigMap", f"data: {{script: kubectl create secret generic {NAME}}}", name="script"),
    ],
)
def test_secrets_that_something_else_makes(maker: str) -> None:
    assert judge(p.dangling_secret_ref, pod(variable("secret", NAME)) + maker) == []


def test_a_reference_is_no_maker() -> None:
    twice = pod(variable("secret", NAME)) + pod(variable("secret", NAME), kind="StatefulSet")
    assert len(judge(p.dangling_secret_ref, twice)) == 2


def test_keys() -> None:
    assert judge(p.env_value_from, pod(variable("configMap", NAME)) + CONFIG) == []
    text = pod(variable("configMap", NAME, "b")) + CONFIG
    assert judge(p.env_value_from, text) == [f'ConfigMap "{NAME}" has no key b; use one of its keys: a']
    assert fields(p.env_value_from, text) == ["spec.template.spec.containers[0].env[0].valueFrom.configMapKeyRef.key"]


def test_keys_that_are_filled_in_later() -> None:
    assert judge(p.env_value_from, pod(variable("secret", NAME)) + thing("Secret")) == []
    assert judge(p.env_value_from, pod(variable("secret", NAME)) + thing("Secret", "stringData: {a: b}")) == []


def test_items_of_a_volume() -> None:
    volume = f", volumes: [{{name: a, secret: {{secretName: {NAME}, items: [{{key: b, path: b}}]}}}}]"
    assert judge(p.env_value_from, pod(spec=volume) + thing("Secret", "data: {a: b}")) == [
        f'Secret "{NAME}" has no key b; use one of its keys: a'
    ]


def test_mounts_need_a_volume() -> None:
    mount = ", volumeMounts: [{name: data, mountPath: /data}]"
    assert judge(p.dangling_volume, pod(mount)) == [
        'volume "data" is mounted but not defined; add it to the volumes of the pod'
    ]
    assert judge(p.dangling_volume, pod(mount, ", volumes: [{name: data, emptyDir: {}}]")) == []
    claims = pod(mount, kind="StatefulSet").replace(
        "spec: {", "spec: {volumeClaimTemplates: [{metadata: {name: data}}], ", 1
    )
    assert judge(p.dangling_volume, claims) == []


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (f"configMap: {{name: {NAME}}}", "ConfigMap"),
        (f"secret: {{secretName: {NAME}}}", "Secret"),
        (f"projected: {{sources: [{{secret: {{name: {NAME}}}}}]}}", "Secret"),
        (f"persistentVolumeClaim: {{claimName: {NAME}}}", "PersistentVolumeClaim"),
    ],
)
def test_volumes_need_their_source(source: str, kind: str) -> None:
    text = pod(spec=f", volumes: [{{name: a, {source}}}]")
    assert judge(p.dangling_volume, text) == [
        f'volume needs {kind} "{NAME}", which the chart does not render; render it, or require its name as a value'
    ]
    assert judge(p.dangling_volume, text + thing(kind)) == []


def binding(role: str, subject: str) -> str:
    head = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a}\n"
    return f"{head}roleRef: {role}\nsubjects: [{subject}]\n"


VIEW = "{kind: ClusterRole, name: view}"


def test_a_binding_needs_its_account() -> None:
    text = binding(VIEW, f"{{kind: ServiceAccount, name: {NAME}}}")
    assert judge(p.dangling_service_account, text) == [
        (
            f'binding refers to service account "{NAME}", which the chart does not create;'
            " create it, or bind the account of the pods"
        )
    ]
    assert judge(p.dangling_service_account, text + thing("ServiceAccount")) == []


@pytest.mark.parametrize(
    "subject",
    [
        "{kind: ServiceAccount, name: prometheus, namespace: monitoring}",
        f"{{kind: ServiceAccount, name: {NAME}, namespace: monitoring}}",
        "{kind: ServiceAccount, name: workflows}",
        f"{{kind: Group, name: {NAME}}}",
    ],
)
def test_accounts_of_others(subject: str) -> None:
    assert judge(p.dangling_service_account, binding(VIEW, subject)) == []


def test_a_binding_needs_its_role() -> None:
    text = binding(f"{{kind: ClusterRole, name: {NAME}}}", "{}")
    assert judge(p.dangling_role_binding, text) == [
        f'binding refers to ClusterRole "{NAME}", which the chart does not render; use the kind and name of the role'
    ]
    assert judge(p.dangling_role_binding, text + thing("Role")) != []
    assert judge(p.dangling_role_binding, text + thing("ClusterRole")) == []
    assert judge(p.dangling_role_binding, binding(VIEW, "{}")) == []


def budget(selector: str) -> str:
    return thing("PodDisruptionBudget", f"spec: {{selector: {selector}}}", api="policy/v1")


@pytest.mark.parametrize(
    ("selector", "is_dangling"),
    [
        ("{matchLabels: {app: web}}", False),
        ("{}", False),
        ("{matchLabels: {app: api}}", True),
        ("{matchExpressions: [{key: app, operator: In, values: [api, web]}]}", False),
        ("{matchExpressions: [{key: app, operator: NotIn, values: [web]}]}", True),
        ("{matchExpressions: [{key: zone, operator: Exists}]}", True),
        ("{matchExpressions: [{key: zone, operator: DoesNotExist}]}", False),
        ("{matchExpressions: [{key: pod-template-hash, operator: Exists}]}", False),
    ],
)
def test_budgets_take_in_pods(selector: str, is_dangling: bool) -> None:
    expected = (
        ["PodDisruptionBudget selects no pod of the chart; use labels of the pods in its selector"]
        if is_dangling
        else []
    )
    assert judge(s.dangling_pdb, pod() + budget(selector)) == expected


def policy(spec: str) -> str:
    return thing("NetworkPolicy", f"spec: {spec}", api="networking.k8s.io/v1")


def test_policies_take_in_pods() -> None:
    assert judge(s.dangling_network_policy, pod() + policy("{podSelector: {matchLabels: {app: web}}}")) == []
    assert judge(s.dangling_network_policy, policy("{podSelector: {}}")) == []
    text = pod() + policy("{podSelector: {matchLabels: {app: api}}}")
    assert judge(s.dangling_network_policy, text) == [
        "NetworkPolicy selects no pod of the chart; use labels of the pods in its podSelector"
    ]


@pytest.mark.parametrize(
    ("peer", "is_dangling"),
    [
        ("{podSelector: {matchLabels: {app: client}}}", False),
        ("{podSelector: {matchLabels: {app: web, release: release-name}}}", True),
        ("{podSelector: {matchLabels: {release: release-name}}, namespaceSelector: {}}", False),
        ("{ipBlock: {cidr: 10.0.0.0/8}}", False),
    ],
)
def test_peers_that_are_the_charts_own(peer: str, is_dangling: bool) -> None:
    text = pod() + policy(f"{{podSelector: {{}}, egress: [{{to: [{peer}]}}]}}")
    assert bool(judge_in(s.dangling_network_policy, text)) is is_dangling


def test_a_peer_may_be_what_other_values_switch_on() -> None:
    text = pod() + policy("{podSelector: {}, egress: [{to: [{podSelector: {matchLabels: {app: release-name}}}]}]}")
    assert judge_in(s.dangling_network_policy, text, {"templates/x.yaml": "kind: Deployment\n"}) != []
    switched = {"templates/proxy.yaml": "{{ if .Values.proxy }}\nkind: Deployment\n{{ end }}\n"}
    assert judge_in(s.dangling_network_policy, text, switched) == []


def test_a_policy_for_pods_that_the_charts_own_make() -> None:
    text = pod() + policy("{podSelector: {matchLabels: {app: job}}}")
    role = "rules: [{apiGroups: [''], resources: [services, pods], verbs: [get, create]}]"
    assert judge(s.dangling_network_policy, text + thing("Role", role, api="rbac.authorization.k8s.io/v1")) == []
    reader = role.replace(", create", "")
    assert judge(s.dangling_network_policy, text + thing("Role", reader, api="rbac.authorization.k8s.io/v1")) != []


def service(ports: str) -> str:
    return thing("Service", f"spec: {{selector: {{app: web}}, ports: {ports}}}")


def test_target_ports_by_name() -> None:
    text = pod(", ports: [{name: http, containerPort: 80}, {containerPort: 81}]")
    assert judge(s.target_port_unknown, text + service("[{port: 80, targetPort: http}]")) == []
    assert judge(s.target_port_unknown, text + service("[{port: 80, targetPort: 8080}, {port: 81}]")) == []
    assert judge(s.target_port_unknown, text + service("[{port: 80, targetPort: web}]")) == [
        'targetPort "web" does not exist in the selected pods; use one of their ports: http'
    ]
    assert judge(s.target_port_unknown, pod() + service("[{port: 80, targetPort: web}]")) == [
        'targetPort "web" does not exist in the selected pods; use one of their ports: none'
    ]


def test_ports_of_a_native_sidecar_count() -> None:
    sidecar = ", initContainers: [{name: proxy, restartPolicy: Always, ports: [{name: https, containerPort: 443}]}]"
    assert judge(s.target_port_unknown, pod(spec=sidecar) + service("[{port: 443, targetPort: https}]")) == []


@pytest.mark.parametrize(
    ("name", "is_valid"),
    [
        ("http", True),
        ("tcp-9100", True),
        ("8080-a", True),
        ("a" * 15, True),
        ("a" * 16, False),
        ("http_metrics", False),
        ("Http", False),
        ("9100x9100"[:4], False),
        ("a--b", False),
        ("-a", False),
        ("a-", False),
    ],
)
def test_names_of_ports(name: str, is_valid: bool) -> None:
    text = pod(f", ports: [{{name: '{name}', containerPort: 80}}]")
    assert (judge(s.target_port_unknown, text) == []) is is_valid


def test_a_name_given_twice() -> None:
    text = pod(", ports: [{name: http, containerPort: 80}, {name: http, containerPort: 81}]")
    assert judge(s.target_port_unknown, text) == ['container "web" has two ports named "http"; rename one of them']


def stateful_set(spec: str) -> str:
    return thing("StatefulSet", f"spec: {{{spec}}}", api="apps/v1")


def test_the_service_of_a_stateful_set() -> None:
    headless = thing("Service", "spec: {clusterIP: None}")
    assert judge(s.no_service_name, stateful_set("")) == [
        "StatefulSet has no serviceName; set it to the headless Service of its pods"
    ]
    assert judge(s.no_service_name, stateful_set(f"serviceName: {NAME}") + headless) == []
    assert judge(s.no_service_name, stateful_set(f"serviceName: {NAME}-x") + headless) == [
        f'StatefulSet refers to Service "{NAME}-x", which the chart does not render; render the Service'
    ]


def test_selectors_are_looked_up_by_label_with_the_same_outcome() -> None:
    policies = "".join(
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
        f"metadata: {{name: p{number}, namespace: {where}}}\n"
        f"spec: {{podSelector: {selector}}}\n"
        for number, (where, selector) in enumerate(
            [
                ("default", "{matchLabels: {app: web, tier: front}}"),
                ("default", "{matchLabels: {app: web}, matchExpressions: [{key: tier, operator: DoesNotExist}]}"),
                ("default", "{matchExpressions: [{key: app, operator: In, values: [web]}]}"),
                ("other", "{matchLabels: {app: web}}"),
                ("default", "{matchLabels: {controller-revision-hash: abc}}"),
                ("default", "{}"),
                ("default", "{matchLabels: {app: [web]}}"),
            ]
        )
    )
    objects = rendering(policies)
    index = SelectorIndex((policy, policy.get("spec", "podSelector")) for policy in objects.manifests)
    found = sorted(policy.name for policy in index.selecting({"app": "web", "tier": "front"}, "default"))
    assert found == ["p0", "p2", "p4", "p5"]
    assert sorted(policy.name for policy in index.selecting({"app": ["web"]}, None)) == ["p4", "p5", "p6"]
