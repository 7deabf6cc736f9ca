"""Rules that check what a statement or the configuration names: registries, annotations, amounts, types, versions."""

from __future__ import annotations

import pytest

from helm_constitution.api import Violation
from helm_constitution.rules.helm_best_practices.annotations import missing_annotation
from helm_constitution.rules.observability.amounts import oversized_resources
from helm_constitution.rules.platform_portability.assumptions import exposed_service
from helm_constitution.rules.platform_portability.kubernetes_versions import no_kube_version
from helm_constitution.rules.security.registries import foreign_registry
from tests.rules.support import chart_subject, judge, judge_in


def pod(container: str) -> str:
    return f"""apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec: {{template: {{spec: {{containers: [{{name: web, {container}}}]}}}}}}
"""


@pytest.mark.parametrize(
    ("image", "registries", "is_bad"),
    [
        ("registry.acme.test/web:1.0.0", "registry.acme.test", False),
        ("registry.acme.test:5000/web", "registry.acme.test:5000", False),
        ("ghcr.io/acme/web@sha256:0f", "quay.io and ghcr.io/acme", False),
        ("ghcr.io/acme-other/web:1", "ghcr.io/acme", True),
        ("nginx:1.27", "registry.acme.test", True),
        ("nginx:1.27", "Docker Hub", False),
        ("acme/web:1", "docker.io/acme", False),
        ("acme/web:1", "", False),
    ],
)
def test_an_image_from_another_registry(image: str, registries: str, is_bad: bool) -> None:
    assert bool(judge(foreign_registry, pod(f"image: '{image}'"), {"registries": registries})) is is_bad


def test_a_registry_that_is_refused() -> None:
    (message,) = judge(foreign_registry, pod("image: nginx:1.27"), {"refused": "Docker Hub"})
    assert "image nginx:1.27 is from docker.io, which is not allowed; use a mirror" in message
    assert judge(foreign_registry, pod("image: quay.io/acme/web:1"), {"refused": "Docker Hub"}) == []


def test_an_annotation_that_is_missing() -> None:
    asked: dict[str, int | str] = {"annotations": "acme.test/contact and acme.test/tier"}
    (message,) = judge_in(missing_annotation, pod("image: a/b:1"), parameters=asked)
    assert "lacks the annotations acme.test/contact, acme.test/tier; add the annotations to the template" in message
    assert judge_in(missing_annotation, pod("image: a/b:1"), parameters={**asked, "kind": "Ingress"}) == []
    assert judge_in(missing_annotation, pod("image: a/b:1")) == []
    carried = "apiVersion: v1\nkind: Service\nmetadata: {name: w, annotations: {acme.test/contact: web}}\n"
    wanted: dict[str, int | str] = {"annotations": "acme.test/contact", "kind": "Service"}
    assert judge_in(missing_annotation, carried, parameters=wanted) == []


@pytest.mark.parametrize(
    ("parameter", "bound", "is_bad"),
    [
        ("memory_limit", "512Mi", True),
        ("memory_limit", "1 GiB", False),
        ("memory_limit", "2Gi", False),
        ("cpu_limit", "500m", True),
        ("cpu_limit", "2 cores", False),
        ("cpu_request", "50m", True),
        ("memory_request", "64Mi", False),
        ("memory_request", "", False),
    ],
)
def test_more_than_is_allowed(parameter: str, bound: str, is_bad: bool) -> None:
    resources = "{requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 1, memory: 1Gi}}"
    assert bool(judge(oversized_resources, pod(f"image: a/b:1, resources: {resources}"), {parameter: bound})) is is_bad


@pytest.mark.parametrize(
    ("kind", "allowed", "is_bad"),
    [
        ("LoadBalancer", "ClusterIP", True),
        ("LoadBalancer", "ClusterIP or LoadBalancer", False),
        ("NodePort", "ClusterIP or LoadBalancer", True),
        ("NodePort", "nodeport", False),
    ],
)
def test_the_types_of_services_that_are_allowed(kind: str, allowed: str, is_bad: bool) -> None:
    text = f"apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{type: {kind}}}\n"
    assert bool(judge(exposed_service, text, {"allowed": allowed})) is is_bad


@pytest.mark.parametrize(
    ("written", "parameters", "message"),
    [
        (">=1.25.0-0", {"floor": "1.27"}, 'kubeVersion allows versions before 1.27; set it to ">=1.27.0-0"'),
        (">=1.27.0-0", {"floor": "1.27"}, None),
        (">=1.30.0-0", {"supported": "1.28"}, "kubeVersion excludes Kubernetes 1.28; widen the range"),
        (">=1.25.0-0", {"supported": "1.28"}, None),
        (">=1.25.0-0", {}, None),
    ],
)
def test_the_kubernetes_versions_that_are_asked_for(
    written: str, parameters: dict[str, int | str], message: str | None
) -> None:
    chart = f"apiVersion: v2\nname: web\nversion: 0.1.0\nkubeVersion: '{written}'\n"
    subject = chart_subject(no_kube_version, {"Chart.yaml": chart}, parameters)
    found = [outcome.message for outcome in no_kube_version.check(subject) if isinstance(outcome, Violation)]
    assert found == ([message] if message else [])
