"""Kinds that make pods: where each holds its pods' spec and metadata."""

from __future__ import annotations

import pytest

from helm_constitution.kubernetes.manifests import Manifest, Workload
from helm_constitution.text.yaml_document import dotted
from tests.rules.support import rendering

SPEC = "{containers: [{name: main, image: 'acme/main:1.0.0'}, {name: theirs}]}"
TEMPLATE = f"{{metadata: {{labels: {{app: web}}}}, spec: {SPEC}}}"


def manifest(api_version: str, kind: str, body: str) -> Manifest:
    (only,) = rendering(f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: web}}\n{body}\n").manifests
    return only


def workload(api_version: str, kind: str, body: str) -> Workload:
    (only,) = manifest(api_version, kind, body).workloads
    return only


@pytest.mark.parametrize(
    ("api_version", "kind", "body", "replicated", "ends"),
    [
        ("apps/v1", "Deployment", f"spec: {{template: {TEMPLATE}}}", True, False),
        ("extensions/v1beta1", "Deployment", f"spec: {{template: {TEMPLATE}}}", True, False),
        ("apps/v1", "StatefulSet", f"spec: {{template: {TEMPLATE}}}", True, False),
        ("apps/v1", "DaemonSet", f"spec: {{template: {TEMPLATE}}}", False, False),
        ("apps/v1", "ReplicaSet", f"spec: {{template: {TEMPLATE}}}", True, False),
        ("v1", "ReplicationController", f"spec: {{template: {TEMPLATE}}}", True, False),
        ("v1", "PodTemplate", f"template: {TEMPLATE}", False, False),
        ("batch/v1", "Job", f"spec: {{template: {TEMPLATE}}}", False, True),
        ("batch/v1", "CronJob", f"spec: {{jobTemplate: {{spec: {{template: {TEMPLATE}}}}}}}", False, True),
        ("argoproj.io/v1alpha1", "Rollout", f"spec: {{template: {TEMPLATE}}}", True, False),
        ("apps.openshift.io/v1", "DeploymentConfig", f"spec: {{template: {TEMPLATE}}}", True, False),
        ("keda.sh/v1alpha1", "ScaledJob", f"spec: {{jobTargetRef: {{template: {TEMPLATE}}}}}", False, True),
        ("serving.knative.dev/v1", "Service", f"spec: {{template: {TEMPLATE}}}", False, False),
        ("apps.kruise.io/v1alpha1", "CloneSet", f"spec: {{template: {TEMPLATE}}}", True, False),
        ("apps.kruise.io/v1beta1", "StatefulSet", f"spec: {{template: {TEMPLATE}}}", True, False),
        ("apps.kruise.io/v1alpha1", "BroadcastJob", f"spec: {{template: {TEMPLATE}}}", False, True),
        (
            "apps.kruise.io/v1alpha1",
            "AdvancedCronJob",
            f"spec: {{template: {{jobTemplate: {{spec: {{template: {TEMPLATE}}}}}}}}}",
            False,
            True,
        ),
        (
            "apps.kruise.io/v1alpha1",
            "UnitedDeployment",
            f"spec: {{template: {{statefulSetTemplate: {{spec: {{template: {TEMPLATE}}}}}}}}}",
            False,
            False,
        ),
    ],
)
def test_kinds_with_a_pod_template(api_version: str, kind: str, body: str, replicated: bool, ends: bool) -> None:
    made = workload(api_version, kind, body)
    assert [container.name for container in made.pod.containers] == ["main", "theirs"]
    assert made.pod_labels == {"app": "web"}
    assert (made.is_replicated, made.runs_to_completion, made.pod.merged) == (replicated, ends, False)


@pytest.mark.parametrize(
    ("kind", "label", "name"),
    [
        ("Prometheus", "prometheus", "prometheus"),
        ("PrometheusAgent", "prometheus", "prometheus-agent"),
        ("Alertmanager", "alertmanager", "alertmanager"),
        ("ThanosRuler", "thanos-ruler", "thanos-ruler"),
    ],
)
def test_the_prometheus_operators_kinds(kind: str, label: str, name: str) -> None:
    body = f"spec: {{podMetadata: {{labels: {{team: web}}}}, {SPEC[1:]}"
    made = workload("monitoring.coreos.com/v1", kind, body)
    # The container without an image changes one that the operator makes.
    assert [container.name for container in made.pod.containers] == ["main"]
    assert made.pod_labels == {
        label: "web",
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/instance": "web",
        "app.kubernetes.io/managed-by": "prometheus-operator",
        "operator.prometheus.io/name": "web",
        "team": "web",
    }
    assert made.pod_metadata.path == ("spec", "podMetadata")
    assert not made.runs_to_completion


def test_an_unknown_kind_with_a_pod_template_where_kubernetes_has_it() -> None:
    made = workload("acme.test/v1", "Fleet", f"spec: {{template: {TEMPLATE}}}")
    assert [container.name for container in made.pod.containers] == ["main"]
    assert made.runs_to_completion, "whether its pods go on running isn't known"


@pytest.mark.parametrize(
    ("api_version", "kind", "body", "places"),
    [
        (
            "ray.io/v1",
            "RayCluster",
            f"spec: {{headGroupSpec: {{template: {TEMPLATE}}}, workerGroupSpecs: [{{template: {TEMPLATE}}}]}}",
            ["spec.headGroupSpec.template.spec", "spec.workerGroupSpecs[0].template.spec"],
        ),
        (
            "kubeflow.org/v1",
            "PyTorchJob",
            f"spec: {{pytorchReplicaSpecs: {{Master: {{template: {TEMPLATE}}}, Worker: {{template: {TEMPLATE}}}}}}}",
            ["spec.pytorchReplicaSpecs.Master.template.spec", "spec.pytorchReplicaSpecs.Worker.template.spec"],
        ),
        (
            "leaderworkerset.x-k8s.io/v1",
            "LeaderWorkerSet",
            f"spec: {{leaderWorkerTemplate: {{leaderTemplate: {TEMPLATE}, workerTemplate: {TEMPLATE}}}}}",
            ["spec.leaderWorkerTemplate.leaderTemplate.spec", "spec.leaderWorkerTemplate.workerTemplate.spec"],
        ),
        (
            "jobset.x-k8s.io/v1alpha2",
            "JobSet",
            f"spec: {{replicatedJobs: [{{template: {{spec: {{template: {TEMPLATE}}}}}}}, {{name: none}}]}}",
            ["spec.replicatedJobs[0].template.spec.template.spec"],
        ),
        (
            "batch.volcano.sh/v1alpha1",
            "Job",
            f"spec: {{tasks: [{{template: {TEMPLATE}}}, {{template: {TEMPLATE}}}]}}",
            ["spec.tasks[0].template.spec", "spec.tasks[1].template.spec"],
        ),
        (
            "acme.test/v1",
            "Fleet",
            f"spec: {{podSpec: {SPEC}, deep: [{{sidecarTemplate: {TEMPLATE}}}]}}",
            ["spec.podSpec", "spec.deep[0].sidecarTemplate.spec"],
        ),
    ],
)
def test_several_pod_templates_in_one_object(api_version: str, kind: str, body: str, places: list[str]) -> None:
    made = manifest(api_version, kind, body).workloads
    assert [dotted(one.pod.view.path) for one in made] == places
    assert all(one.pod.workload is one for one in made)
    assert {one.pod_labels.get("app") for one in made if one.pod.view.path[-1] == "spec"} == {"web"}


@pytest.mark.parametrize(
    ("api_version", "kind", "own"),
    [
        ("monitoring.coreos.com/v1", "Prometheus", ["prometheus", "config-reloader", "thanos-sidecar"]),
        ("monitoring.coreos.com/v1", "PrometheusAgent", ["prometheus", "config-reloader"]),
        ("monitoring.coreos.com/v1", "Alertmanager", ["alertmanager", "config-reloader"]),
        ("monitoring.coreos.com/v1", "ThanosRuler", ["thanos-ruler", "config-reloader"]),
        ("kibana.k8s.elastic.co/v1", "Kibana", ["kibana"]),
    ],
)
def test_what_changes_an_operators_own_container_is_no_container(api_version: str, kind: str, own: list[str]) -> None:
    patches = ", ".join(f"{{name: {name}, image: 'acme/{name}:1.0.0'}}" for name in own)
    spec = f"{{containers: [{patches}, {{name: proxy, image: 'acme/proxy:1.0.0'}}, {{name: theirs}}]}}"
    body = f"spec: {{podTemplate: {{spec: {spec}}}}}" if "elastic" in api_version else f"spec: {spec}"
    made = workload(api_version, kind, body)
    assert [container.name for container in made.pod.all_containers] == ["proxy"]


@pytest.mark.parametrize(
    ("api_version", "kind", "body"),
    [
        ("acme.test/v1", "Fleet", "spec: {template: {spec: {containers: [{name: theirs}]}}}"),
        ("acme.test/v1", "Fleet", "spec: {template: {spec: {steps: []}}}"),
        ("acme.test/v1", "Fleet", f"spec: {{defaults: {{spec: {SPEC}}}}}"),
        ("argoproj.io/v1alpha1", "Workflow", "spec: {templates: [{containerSet: {containers: [{image: web}]}}]}"),
        ("kyverno.io/v1", "ClusterPolicy", f"spec: {{rules: [{{validate: {{pattern: {{template: {TEMPLATE}}}}}}}]}}"),
        ("argoproj.io/v1alpha1", "Rollout", "spec: {workloadRef: {name: web}}"),
        ("v1", "Service", f"spec: {{template: {TEMPLATE}}}"),
        ("networking.k8s.io/v1", "Ingress", f"spec: {{template: {TEMPLATE}}}"),
        ("autoscaling/v2", "HorizontalPodAutoscaler", f"spec: {{template: {TEMPLATE}}}"),
        ("apps/v1", "Deployment", "spec: {}"),
    ],
)
def test_what_makes_no_pods(api_version: str, kind: str, body: str) -> None:
    assert manifest(api_version, kind, body).workloads == ()


@pytest.mark.parametrize(
    ("kind", "body", "places"),
    [
        ("Sidecars", f"spec: {SPEC}", ["spec"]),
        ("Fleet", f"spec: {{podTemplate: {SPEC}}}", ["spec.podTemplate"]),
        ("FleetTemplate", f"template: {TEMPLATE}", ["template.spec"]),
        ("Bundle", f"spec: {{objects: [{{kind: Pod, spec: {SPEC}}}]}}", ["spec.objects[0].spec"]),
        ("Bundle", f"objects: [{{kind: Job, spec: {{template: {TEMPLATE}}}}}]", ["objects[0].spec.template.spec"]),
    ],
)
def test_pods_of_unknown_kinds_without_a_template_as_kubernetes_has_it(kind: str, body: str, places: list[str]) -> None:
    assert [dotted(one.pod.view.path) for one in manifest("acme.test/v1", kind, body).workloads] == places


def test_a_pod_is_its_own_template() -> None:
    made = workload("v1", "Pod", f"spec: {SPEC}")
    assert made.pod_metadata.get("name").data == "web"
    assert not made.runs_to_completion


def test_objects_are_found_by_kind_name_and_namespace() -> None:
    objects = rendering(
        "kind: Secret\nmetadata: {name: a}\n---\nkind: Secret\nmetadata: {name: a, namespace: other}\n"
        "---\nkind: Secret\nmetadata: {name: a}\ntype: second\n"
    )
    first, other, _ = objects.manifests
    assert objects.find("Secret", "a", "default") is first
    assert objects.find("Secret", "a", "other") is other
    assert objects.find("ConfigMap", "a", "default") is None
    assert list(objects.of_kind("Secret")) == list(objects.manifests)
    assert list(objects.of_kind("Secret", "ConfigMap")) == list(objects.manifests)
    assert list(objects.of_kind("Pod")) == []


POD = "{apiVersion: v1, kind: Pod, metadata: {name: a}}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"apiVersion: v1\nkind: List\nitems: [{POD}]\n", ["v1 Pod a"]),
        (f"apiVersion: v1\nkind: List\nspec: {{}}\nitems: [{POD}]\n", ["v1 Pod a"]),
        (f"apiVersion: v1\nkind: Bundle\nitems: [{POD}]\n", ["v1 Pod a"]),
        (f"apiVersion: v1\nkind: List\nitems: [{{apiVersion: v1, kind: List, items: [{POD}]}}]\n", ["v1 Pod a"]),
        ("apiVersion: v1\nkind: PodList\nitems: [{metadata: {name: a}}]\n", ["v1 Pod a"]),
        ("apiVersion: apps/v1\nkind: DeploymentList\nitems: [{metadata: {name: a}}]\n", ["apps/v1 Deployment a"]),
        ("apiVersion: v1\nkind: PodList\nitems: [{apiVersion: v1, metadata: {name: a}}]\n", ["v1  a"]),
        ("apiVersion: v1\nkind: List\nitems: [null, 5]\n", []),
        ("apiVersion: v1\nkind: Bundle\nitems: {a: 1}\n", ["v1 Bundle "]),
    ],
)
def test_the_elements_of_a_list_as_a_client_of_kubernetes_finds_them(text: str, found: list[str]) -> None:
    assert [f"{one.api_version} {one.kind} {one.name}" for one in rendering(text).manifests] == found


@pytest.mark.parametrize(
    ("hook", "is_test", "is_left_out"),
    [
        ("test", True, True),
        ("Test, test-success", True, True),
        ("pre-install,test", True, False),
        ("pre-install", False, False),
    ],
)
def test_a_test_that_is_also_another_hook_is_checked_like_that(hook: str, is_test: bool, is_left_out: bool) -> None:
    annotated = f"metadata: {{annotations: {{helm.sh/hook: '{hook}'}}}}"
    (found,) = rendering(f"apiVersion: v1\nkind: Pod\n{annotated}\n").manifests
    assert (found.is_test, found.is_left_out) == (is_test, is_left_out)


def test_an_element_of_a_list_is_no_hook_unless_the_list_is_one() -> None:
    annotated = "metadata: {annotations: {helm.sh/hook: test}}"
    element = f"items: [{{apiVersion: v1, kind: Pod, {annotated}}}]"
    (one,) = rendering(f"apiVersion: v1\nkind: List\n{element}\n").manifests
    assert one.hooks == ()
    (one,) = rendering(f"apiVersion: v1\nkind: List\n{annotated}\nitems: [{POD}]\n").manifests
    assert one.hooks == ("test",)


@pytest.mark.parametrize(
    ("file", "dependency"),
    [
        ("templates/a.yaml", None),
        ("templates/charts/b/templates/a.yaml", None),
        ("charts/db/templates/a.yaml", "db"),
        ("charts/db/charts/inner/templates/charts/a.yaml", "db/charts/inner"),
        ("charts/templates/templates/a.yaml", "templates"),
        ("charts/charts/templates/a.yaml", "charts"),
    ],
)
def test_the_dependency_of_a_template(file: str, dependency: str | None) -> None:
    (one,) = rendering("kind: Secret\n", file=file).manifests
    assert one.dependency == dependency
