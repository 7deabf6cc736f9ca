"""What is said of the objects of two releases."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

import pytest

from helm_constitution.compare.objects import Pair, compare_objects
from helm_constitution.kubernetes.manifests import Rendering
from tests.rules.support import rendering


def changes(old: str, new: str, again: str | None = None) -> list[str]:
    twin: Mapping[str, Rendering] = {} if again is None else {"defaults": rendering(again)}
    pair = Pair("defaults", rendering(old), rendering(new))
    return [f"{change.step.name} {change.what}" for change in compare_objects([pair], twin)]


def thing(kind: str, name: str = "web", body: str = "", api: str = "v1", annotations: str = "") -> str:
    notes = f"  annotations: {{{annotations}}}\n" if annotations else ""
    return f"---\napiVersion: {api}\nkind: {kind}\nmetadata:\n  name: {name}\n{notes}{body}"


def service(*ports: str, kind: str = "ClusterIP", name: str = "web") -> str:
    return thing(
        "Service", name, f"spec:\n  type: {kind}\n  ports:\n" + "".join(f"    - {{{port}}}\n" for port in ports)
    )


def test_nothing_changed() -> None:
    assert changes(service("port: 80"), service("port: 80")) == []


@pytest.mark.parametrize(
    ("kind", "loss"),
    [
        ("PersistentVolumeClaim", "its data is lost"),
        ("CustomResourceDefinition", "all objects of its kind are deleted with it"),
        ("Secret", "its readers no longer find it"),
    ],
)
def test_what_somebody_depends_on_is_missed(kind: str, loss: str) -> None:
    assert changes(thing(kind, body="data: {a: Yg==}\n"), "") == [f"MAJOR {kind} web was removed: {loss}"]


def test_a_secret_without_keys_is_missed_by_nobody() -> None:
    assert changes(thing("Secret", body="type: Opaque\ndata: {}\n"), "") == []
    for filled in (
        thing("Secret", body="type: kubernetes.io/service-account-token\n"),
        thing("Secret", annotations="replicator/from: acme"),
    ):
        assert changes(filled, "") == ["MAJOR Secret web was removed: its readers no longer find it"]


@pytest.mark.parametrize("kind", ["ConfigMap", "Role", "PodDisruptionBudget", "HorizontalPodAutoscaler"])
def test_what_is_the_charts_own_business_is_not(kind: str) -> None:
    assert changes(thing(kind), "") == []


def test_what_is_kept_and_what_is_a_hook_is_not_removed() -> None:
    assert changes(thing("Secret", annotations="helm.sh/resource-policy: keep"), "") == []
    assert changes(thing("Job", annotations="helm.sh/hook: pre-upgrade"), "") == []


def test_a_claim_with_a_number_in_its_name_is_missed_all_the_same() -> None:
    pair = Pair("defaults", rendering(thing("PersistentVolumeClaim", "web-1")), rendering(""))
    assert len(list(compare_objects([pair], {}, numbered=True))) == 1


@pytest.mark.parametrize(("name", "count"), [("web-1", 0), ("web-2-init", 0), ("web", 1), ("web-10", 1), ("web-v1", 1)])
def test_a_job_with_the_revision_in_its_name_is_another_each_time(name: str, count: int) -> None:
    old, new = (thing("Job", name, f"spec: {{template: {{a: {part}}}}}\n") for part in "bc")
    pair = Pair("defaults", rendering(old), rendering(new))
    assert len(list(compare_objects([pair], {}, numbered=True))) == count
    assert len(list(compare_objects([pair], {}))) == 1


def test_a_job_that_is_deleted_when_it_is_done_may_change() -> None:
    old, new = (thing("Job", body=f"spec: {{ttlSecondsAfterFinished: 60, template: {{a: {part}}}}}\n") for part in "bc")
    assert changes(old, new) == []


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("name: http, port: 80", "name: web, port: 80", True),
        ("name: http, port: 80", "port: 80", False),  # a Service of one port needs no name
        ("port: 80", "name: web, port: 80", False),
        ("name: http, port: 80", "name: http, port: 81", False),
        ("name: dns, port: 53, protocol: UDP", "name: tcp, port: 53", False),
    ],
)
def test_a_port_that_others_ask_for_by_name(before: str, after: str, found: bool) -> None:
    said = "MAJOR port 80 of Service web was renamed from http to web: references to the old name break"
    assert (said in changes(service(before), service(after))) is found


def test_an_object_that_leaves_its_group() -> None:
    old, new = (thing("IngressRoute", api=f"{group}/v1") for group in ("acme.test", "web.acme.test"))
    (change,) = changes(old, new)
    assert change.startswith(
        "MAJOR IngressRoute web moved from API group acme.test to web.acme.test: the old object is deleted"
    )
    own = [thing("Ingress", api=api) for api in ("extensions/v1beta1", "networking.k8s.io/v1")]
    assert changes(*own) == []
    assert changes(old, thing("IngressRoute", api="acme.test/v2")) == []


def test_a_port_that_no_pod_listens_on_is_missed_by_nobody() -> None:
    def service_of(*ports: str) -> str:
        return thing("Service", body=f"spec: {{selector: {{app: web}}, ports: [{', '.join(ports)}]}}\n")

    pods = "template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, ports: [{name: http}]}]}}"
    workload = thing("Deployment", api="apps/v1", body=f"spec: {{{pods}}}\n")
    http, query = "{name: http, port: 80, targetPort: http}", "{name: query, port: 90, targetPort: query}"
    assert changes(service_of(http, query) + workload, service_of(http) + workload) == []
    gone = "MAJOR port 90 of Service web was removed: clients of the old port no longer reach it"
    assert changes(service_of(http, query), service_of(http)) == [gone]  # pods from elsewhere may have it
    listening = workload.replace("{name: http}", "{name: http}, {name: query}")
    assert changes(service_of(http, query) + listening, service_of(http) + listening) == [gone]


def test_a_service_without_pods_is_missed_by_nobody() -> None:
    labels = "{app.kubernetes.io/instance: release-name, part: gateway}"
    alone = thing("Service", body=f"spec: {{selector: {labels}}}\n")
    spec = f"template: {{metadata: {{labels: {labels}}}, spec: {{containers: []}}}}"
    workload = thing("Deployment", api="apps/v1", body=f"spec: {{{spec}}}\n")
    gone = "MAJOR Service web was removed: clients that use its name no longer reach it"
    assert changes(alone, "") == []
    assert changes(alone + workload, workload) == [gone]
    cluster = thing("Cluster", api="acme.test/v1")
    assert changes(alone + cluster, cluster) == [gone]  # its operator may make such pods
    assert changes(alone.replace("app.kubernetes.io/instance", "app"), "") == [gone]


def test_nobody_upgrades_what_kubernetes_refused() -> None:
    mounts = "containers: [{name: web, volumeMounts: [{name: data}]}]"
    claims = "volumeClaimTemplates: [{metadata: {name: data}}]"
    old = thing("StatefulSet", api="apps/v1", body=f"spec: {{template: {{spec: {{{mounts}}}}}}}\n")
    new = thing("StatefulSet", api="apps/v1", body=f"spec: {{template: {{spec: {{{mounts}}}}}, {claims}}}\n")
    assert changes(old, new) == []
    assert changes(old.replace("volumeMounts: [{name: data}]", "tty: true"), new) == [
        "MAJOR volume claim template data of StatefulSet web changed, and it is immutable: the upgrade will fail"
    ]


def test_a_new_object_is_something_new() -> None:
    assert changes("", thing("ConfigMap")) == ["MINOR ConfigMap web is new"]


def test_another_api_version_is_the_same_object() -> None:
    assert changes(thing("Ingress", api="extensions/v1beta1"), thing("Ingress", api="networking.k8s.io/v1")) == []


def test_a_deployment_becomes_a_statefulset() -> None:
    old, new = thing("Deployment", api="apps/v1"), thing("StatefulSet", api="apps/v1")
    assert changes(old, new) == [
        "MAJOR Deployment web becomes a StatefulSet: the old object is deleted and a new one created"
    ]


def test_a_namespace_of_its_own() -> None:
    old = thing("Service", body="spec: {}\n")
    new = old.replace("  name: web\n", "  name: web\n  namespace: other\n")
    (change,) = changes(old, new)
    assert change.startswith(
        "MAJOR Service web moved to namespace other: the old object is deleted, and clients that use its name"
    )


def test_ports() -> None:
    old = service("name: http, port: 80", "name: metrics, port: 9090")
    assert changes(old, service("name: http, port: 80", "name: more, port: 1", "name: metrics, port: 9090")) == []
    assert changes(old, service("name: http, port: 80", "name: metrics, port: 9091")) == [
        "MAJOR port 9090 of Service web changed to 9091: clients of the old port no longer reach it"
    ]
    assert changes(old, service("name: http, port: 80")) == [
        "MAJOR port 9090 of Service web was removed: clients of the old port no longer reach it"
    ]


def test_reach_from_outside() -> None:
    old = service("port: 80", kind="LoadBalancer")
    assert changes(old, service("port: 80", kind="NodePort")) == []
    assert changes(old, service("port: 80")) == [
        "MAJOR Service web changed its type from LoadBalancer to ClusterIP: it is no longer reachable from outside"
    ]


@pytest.mark.parametrize(
    ("kind", "old", "new", "field"),
    [
        ("StatefulSet", "spec: {serviceName: a}", "spec: {serviceName: b}", "spec.serviceName"),
        ("Job", "spec: {template: {a: b}}", "spec: {template: {a: c}}", "spec.template"),
        ("RoleBinding", "roleRef: {name: a}", "roleRef: {name: b}", "roleRef"),
        ("StorageClass", "provisioner: a", "provisioner: b", "provisioner"),
        ("Service", "spec: {clusterIP: None}", "spec: {type: ClusterIP}", "spec.clusterIP"),
        ("ConfigMap", "immutable: true\ndata: {a: b}", "immutable: true\ndata: {a: c}", "data"),
    ],
)
def test_fields_that_the_api_refuses_to_change(kind: str, old: str, new: str, field: str) -> None:
    (change,) = changes(thing(kind, body=f"{old}\n"), thing(kind, body=f"{new}\n"))
    assert change.startswith(f"MAJOR {field} of ")
    assert change.endswith("and it is immutable: the upgrade will fail")


def test_what_the_api_sets_by_itself_is_no_change() -> None:
    old = thing("StatefulSet", body="spec: {replicas: 1}\n")
    assert changes(old, thing("StatefulSet", body="spec: {podManagementPolicy: OrderedReady}\n")) == []
    assert changes(thing("Secret"), thing("Secret", body="type: Opaque\n")) == []
    assert changes(thing("Service"), thing("Service", body='spec: {clusterIP: ""}\n')) == []


def test_claims_may_grow() -> None:
    def claim(size: str) -> str:
        return thing("PersistentVolumeClaim", body=f"spec: {{resources: {{requests: {{storage: {size}}}}}}}\n")

    assert changes(claim("1Gi"), claim("2Gi")) == []
    assert changes(claim("2Gi"), claim("1Gi")) == [
        "MAJOR PersistentVolumeClaim web shrinks from 2Gi to 1Gi, and claims can only grow: the upgrade will fail"
    ]


def test_versions_of_a_definition() -> None:
    def definition(*versions: str) -> str:
        listed = ", ".join(f"{{name: {version}, served: true}}" for version in versions)
        return thing("CustomResourceDefinition", "a.acme.test", f"spec: {{versions: [{listed}]}}\n")

    assert changes(definition("v1"), definition("v1", "v2")) == []
    assert changes(definition("v1beta1", "v1"), definition("v1")) == [
        "MAJOR CustomResourceDefinition a.acme.test no longer serves v1beta1: objects of that version can't be read"
    ]


def test_keys_of_a_secret() -> None:
    old = thing("Secret", body="stringData: {a: x, b: y}\n")
    assert changes(old, thing("Secret", body="data: {a: eA==}\nstringData: {b: z}\n")) == []
    assert changes(old, thing("Secret", body="stringData: {a: x}\n")) == [
        "MAJOR key b of Secret web was removed: its readers no longer find it"
    ]


def test_what_differs_with_every_rendering_is_no_change() -> None:
    def job(suffix: str, password: str) -> str:
        secret = thing("Secret", body=f"immutable: true\nstringData: {{password: {password}}}\n")
        return secret + thing("Deployment", f"web-{suffix}", "spec: {}\n")

    assert changes(job("x1", "a"), job("x2", "b")) != []
    assert changes(job("x1", "a"), job("x2", "b"), again=job("x3", "c")) == []


def test_a_change_of_several_scenarios_is_told_once() -> None:
    old, new = rendering(service("port: 80")), rendering(service("port: 81"))
    pairs = [Pair("defaults", old, new), Pair("ci/a-values.yaml", old, new)]
    (change,) = compare_objects(pairs, {})
    assert change.scenario == "defaults"


POD = """spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          env:
            - name: PASSWORD
              valueFrom: {secretKeyRef: {name: NAME, key: KEY}}
"""


def with_secret(name: str = "web", key: str = "password", read: str = "", content: str = "x") -> str:
    """A Secret, and a Deployment that reads it, or another one."""
    secret = thing("Secret", name, f"stringData: {{{key}: {content}, other: y}}\n")
    return secret + thing("Deployment", body=POD.replace("NAME", read or name).replace("KEY", key), api="apps/v1")


def test_a_secret_of_the_charts_own_pods_may_have_another_name_or_key() -> None:
    assert changes(with_secret(), with_secret(name="web-login")) == []
    assert changes(with_secret(), with_secret(key="pass")) == []


def test_a_secret_that_pods_still_ask_for_is_missed() -> None:
    gone = with_secret().partition("---\napiVersion: apps/v1")
    assert changes(with_secret(), gone[1] + gone[2]) == ["MAJOR Secret web was removed: its readers no longer find it"]


def test_what_the_chart_makes_up_is_read_by_users() -> None:
    (renamed,) = changes(with_secret(), with_secret(name="web-login"), again=with_secret(content="z"))
    assert renamed.startswith("MAJOR Secret web was renamed to web-login")


@pytest.mark.parametrize("part", ["stringData", "data"])
def test_a_random_word_in_a_file_is_the_programs_own(part: str) -> None:
    def secret(name: str, word: str) -> str:
        text = f"cookie = {word}\nport = 80\n"
        content = base64.b64encode(text.encode()).decode() if part == "data" else text
        reads = f"spec: {{template: {{spec: {{volumes: [{{secret: {{secretName: {name}}}}}]}}}}}}\n"
        return thing("Secret", name, f"{part}: {json.dumps({'web.conf': content})}\n") + thing(
            "Deployment", body=reads, api="apps/v1"
        )

    assert changes(secret("web", "x"), secret("web-app", "y"), again=secret("web", "z")) == []


def test_a_secret_that_takes_the_name_by_which_pods_looked_for_it() -> None:
    wrong, right = with_secret(read="web-login"), with_secret(name="web-login")
    assert changes(wrong, right) == []
    assert len(changes(with_secret(read="other"), with_secret(name="web-login", read="other"))) == 1


def test_what_the_notes_tell_to_read_is_read_by_users() -> None:
    pair = Pair("defaults", rendering(with_secret()), rendering(with_secret(key="pass")))
    (change,) = compare_objects([pair], {}, notes_on_secrets=True)
    assert change.what == "key password of Secret web was removed: its readers no longer find it"


def test_keys_that_users_own_secrets_have_as_well() -> None:
    pair = Pair("defaults", rendering(with_secret()), rendering(with_secret(key="pass")))
    (change,) = compare_objects([pair], {}, existing_secrets=True)
    assert change.what == "key password of Secret web was removed: its readers no longer find it"
    renamed = Pair("defaults", rendering(with_secret()), rendering(with_secret(name="web-login")))
    assert list(compare_objects([renamed], {}, existing_secrets=True)) == []


def test_a_key_that_pods_read_with_all_others_has_no_name_that_users_must_know() -> None:
    body = "spec: {template: {spec: {containers: [{name: web, envFrom: [{secretRef: {name: web}}]}]}}}\n"
    pods = thing("Deployment", body=body, api="apps/v1")
    old, new = (thing("Secret", body=f"stringData: {{{keys}}}\n") + pods for keys in ("A: x, B: y", "A: x"))
    assert list(compare_objects([Pair("defaults", rendering(old), rendering(new))], {}, existing_secrets=True)) == []


def test_a_secret_is_the_pods_own_in_whatever_scenario_they_are_there() -> None:
    secret = thing("Secret", body="stringData: {password: x}\n")
    off = Pair("defaults", rendering(secret), rendering(""))
    on = Pair("web on", rendering(with_secret()), rendering(with_secret()))
    assert len(list(compare_objects([off], {}))) == 1
    assert list(compare_objects([off, on], {})) == []


def test_a_secret_that_users_may_bring_under_the_charts_name() -> None:
    secret, pods = with_secret().split("---\napiVersion: apps/v1")
    pods = "---\napiVersion: apps/v1" + pods
    made = Pair("defaults", rendering(secret + pods), rendering(with_secret(name="web-login")))
    brought = Pair("create off", rendering(pods), rendering(pods))
    assert list(compare_objects([made], {})) == []
    (change,) = compare_objects([made, brought], {})
    assert change.what.startswith("Secret web was renamed to web-login")


def test_a_secret_that_a_flag_is_for() -> None:
    made = Pair("defaults", rendering(with_secret()), rendering(with_secret(name="web-login")))
    (change,) = compare_objects([made], {}, optional=frozenset({"templates/x.yaml"}))
    assert change.what.startswith("Secret web was renamed to web-login")


def test_names_of_secrets_that_are_no_texts() -> None:
    pods = thing("Deployment", body=POD.replace("NAME", "[a]").replace("KEY", "{b: c}"), api="apps/v1")
    assert changes(with_secret() + pods, with_secret() + pods + thing("ConfigMap")) == ["MINOR ConfigMap web is new"]


def test_kinds_of_two_groups_with_one_name() -> None:
    own, other = service("port: 80"), thing("Service", api="serving.knative.dev/v1", body="spec: {a: b}\n")
    assert changes(own + other, other + own) == []
    assert changes(other, own)[0].startswith("MAJOR Service web moved from API group serving.knative.dev to v1")


def test_a_selector_that_the_api_made_of_the_labels() -> None:
    body = "spec:\n{}  template:\n    metadata: {{labels: {{app: web}}}}\n"
    old = thing("Deployment", body=body.format(""), api="apps/v1beta1")
    for label, count in (("app: web", 0), ("app: web, tier: front", 1)):
        new = thing("Deployment", body=body.format(f"  selector: {{matchLabels: {{{label}}}}}\n"), api="apps/v1")
        assert len(changes(old, new)) == count
