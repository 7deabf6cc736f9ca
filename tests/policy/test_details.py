"""The details that a statement names: they become its rules' parameters."""

from __future__ import annotations

import pytest

from helm_constitution.lint import registry
from helm_constitution.policy.constitution import parse_constitution
from helm_constitution.policy.rule_selection import match

MODULES = registry.modules()


def settings(statement: str, rule: str) -> dict[str, int | str]:
    """The parameters that the rule gets from the statement, besides its defaults."""
    document = parse_constitution(f"# C\n\n## Rules\n\n{statement}\n", "c.md", MODULES)
    found = match(document, MODULES).rules
    (setting,) = [setting for known, setting in found.items() if known.id == rule and setting.statements]
    (known,) = [known for known in found if known.id == rule]
    return {name: value for name, value in setting.parameters.items() if value != known.parameters[name].default}


REGISTRY = "security/foreign-registry"
ANNOTATION = "helm/missing-annotation"
SIZE = "observability/oversized-resources"
SERVICE = "portability/exposed-service"
REPLICAS = "helm/single-replica"
VERSION = "portability/no-kube-version"


@pytest.mark.parametrize(
    ("statement", "rule", "expected"),
    [
        ("Images MUST be pulled from registry.acme.test only.", REGISTRY, {"registries": "registry.acme.test"}),
        (
            "All images MUST come from `ghcr.io/acme` or `quay.io/acme`.",
            REGISTRY,
            {"registries": "ghcr.io/acme or quay.io/acme"},
        ),
        ("Allowed registries: images MUST come from quay.io.", REGISTRY, {"registries": "quay.io"}),
        ("Images MUST NOT be pulled from Docker Hub.", REGISTRY, {"refused": "Docker Hub"}),
        ("Never use images from docker.io.", REGISTRY, {"refused": "docker.io"}),
        (
            "Every Ingress MUST carry the annotation `acme.test/contact`.",
            ANNOTATION,
            {"annotations": "acme.test/contact", "kind": "Ingress"},
        ),
        (
            "Deployments MUST have the annotations acme.test/contact and acme.test/tier.",
            ANNOTATION,
            {"annotations": "acme.test/contact and acme.test/tier", "kind": "Deployment"},
        ),
        (
            "Workloads MUST set an acme.test/contact annotation.",
            ANNOTATION,
            {"annotations": "acme.test/contact", "kind": "Workload"},
        ),
        ("Memory limits MUST NOT exceed 512Mi.", SIZE, {"memory_limit": "512Mi"}),
        ("CPU limits MUST be at most 2 cores.", SIZE, {"cpu_limit": "2 cores"}),
        ("CPU requests must not exceed 500m.", SIZE, {"cpu_request": "500m"}),
        ("Memory requests SHOULD stay below 1 GiB.", SIZE, {"memory_request": "1 GiB"}),
        ("Service types MUST be ClusterIP or LoadBalancer.", SERVICE, {"allowed": "ClusterIP or LoadBalancer"}),
        ("Only NodePort services are allowed.", SERVICE, {"allowed": "NodePort"}),
        ("Services MUST be of type ClusterIP.", SERVICE, {}),
        ("Deployments MUST run at least three replicas.", REPLICAS, {"minimum": 3}),
        ("Backends MUST have 4+ replicas in production.", REPLICAS, {"minimum": 4}),
        ("`replicaCount` MUST be at least 3.", REPLICAS, {"minimum": 3}),
        ("A minimum of 5 pods MUST run.", REPLICAS, {"minimum": 5}),
        ("Chart.yaml MUST set kubeVersion to >=1.29.", VERSION, {"floor": "1.29"}),
        ("kubeVersion MUST be at least 1.30.", VERSION, {"floor": "1.30"}),
        ("Charts MUST support Kubernetes 1.28 and later.", VERSION, {"supported": "1.28"}),
        ("Charts MUST support Kubernetes versions 1.28+.", VERSION, {"supported": "1.28"}),
        ("Chart.yaml MUST declare kubeVersion.", VERSION, {}),
    ],
)
def test_a_statement_sets_what_it_names(statement: str, rule: str, expected: dict[str, int | str]) -> None:
    assert settings(statement, rule) == expected


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("Images MUST be scanned.", REGISTRY),
        ("Images MUST come from an approved registry.", REGISTRY),
        ("Services MUST use ClusterIP for internal communication.", SERVICE),
        ("The API MUST support Kubernetes.", VERSION),
        ("Memory limits MUST be set.", SIZE),
        ("Annotations MUST be documented.", ANNOTATION),
        ("Responses MUST NOT exceed 512Mi.", SIZE),
    ],
)
def test_what_names_no_detail_is_left_to_others(statement: str, rule: str) -> None:
    document = parse_constitution(f"# C\n\n## Rules\n\nPods MUST run as non-root.\n\n{statement}\n", "c.md", MODULES)
    assert rule not in {known.id for known, setting in match(document, MODULES).rules.items() if setting.statements}


OWNER = "observability/no-owner-label"


def test_labels_of_several_statements_add_up() -> None:
    text = (
        "Workloads MUST have the label `acme.io/team`.\n"
        "- Workloads MUST carry the labels `acme.io/cost-center` and `acme.io/team`.\n"
    )
    assert settings(text, OWNER) == {"label": "acme.io/team, acme.io/cost-center"}


@pytest.mark.parametrize(
    ("statement", "objects"),
    [
        ("All resources MUST have the label `acme.io/team`.", "All"),
        ("Every Kubernetes object MUST carry the labels `acme.io/team` and `acme.io/tier`.", "Every"),
        ("All objects MUST have an owner label.", "All"),
        ("All workloads MUST have the label `acme.io/team`.", None),
        ("Labels of owners MUST be set on each workload (label: `acme.io/team`).", None),
    ],
)
def test_labels_of_all_objects_or_of_workloads(statement: str, objects: str | None) -> None:
    assert settings(f"{statement}\n", OWNER).get("objects") == objects


@pytest.mark.parametrize(
    ("second", "left"),
    [
        ("Production deployments MUST have at least 3 replicas.", "minimum 3 (helm/single-replica checks 2)"),
        ("Workloads SHOULD have the label `acme.io/tier`.", f"label acme.io/tier ({OWNER} checks acme.io/team)"),
        ("Deployments MUST run two replicas.", None),
        ("Workloads SHOULD have the label `acme.io/team`.", None),
    ],
)
def test_what_another_statement_sets_otherwise_is_left_open(second: str, left: str | None) -> None:
    text = (
        "# C\n\n## Rules\n\n- Deployments MUST have at least 2 replicas.\n"
        f"- Workloads MUST have the label `acme.io/team`.\n- {second}\n"
    )
    document = parse_constitution(text, "c.md", MODULES)
    found = match(document, MODULES)
    rests = [found.left_open(principle, statement) for principle, statement in document.statements]
    assert rests == [(), (), (left,) if left else ()]
