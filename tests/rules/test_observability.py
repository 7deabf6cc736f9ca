"""Rules of the module observability."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_constitution.kubernetes.quantities import quantity
from helm_constitution.lint.rule import Rule
from helm_constitution.rules.observability import MODULE
from helm_constitution.rules.observability import probes as p
from helm_constitution.rules.observability import resources as r
from tests.rules.support import fields, judge

HTTP_PROBE = "httpGet: {path: /healthz, port: 8080}"


def deployment(*container_lines: str, kind: str = "Deployment", pod: tuple[str, ...] = ()) -> str:
    """A workload with one container that has these lines."""
    lines = [
        "apiVersion: apps/v1",
        f"kind: {kind}",
        "metadata: {name: web}",
        "spec:",
        "  template:",
        "    spec:",
        *(f"      {line}" for line in pod),
        "      containers:",
        "        - name: web",
        *(f"          {line}" for line in container_lines),
    ]
    return "\n".join(lines) + "\n"


PROBE_RULES = [
    (p.no_liveness_probe, "livenessProbe", "liveness"),
    (p.no_readiness_probe, "readinessProbe", "readiness"),
    (p.no_startup_probe, "startupProbe", "startup"),
]


@pytest.mark.parametrize(("rule", "field", "words"), PROBE_RULES)
def test_a_missing_probe_is_found_at_its_field(rule: Rule, field: str, words: str) -> None:
    text = deployment("image: acme/web:1")
    assert judge(rule, text) == [f'container "web" has no {words} probe; add {field} with a handler like httpGet']
    assert fields(rule, text) == [f"spec.template.spec.containers[0].{field}"]


@pytest.mark.parametrize(("rule", "field", "words"), PROBE_RULES)
@pytest.mark.parametrize(
    "image", ["registry.k8s.io/pause:3.10", "acme/mirrored-pause:3", "pause-amd64", "pause@sha256:a"]
)
def test_a_container_that_only_waits_has_nothing_to_ask(rule: Rule, field: str, words: str, image: str) -> None:
    assert judge(rule, deployment(f"image: {image}")) == []
    assert judge(rule, deployment("image: acme/pauser:1")) == [
        f'container "web" has no {words} probe; add {field} with a handler like httpGet'
    ]


@pytest.mark.parametrize(("rule", "field", "words"), PROBE_RULES)
def test_a_probe_without_an_action_does_nothing(rule: Rule, field: str, words: str) -> None:
    assert judge(rule, deployment(f"{field}: {{periodSeconds: 5}}")) == [
        f'container "web" has a {words} probe without a handler; add {field} with a handler like httpGet'
    ]


@pytest.mark.parametrize("action", [HTTP_PROBE, "tcpSocket: {port: 1}", "grpc: {port: 1}", "exec: {command: [x]}"])
@pytest.mark.parametrize(("rule", "field", "words"), PROBE_RULES)
def test_every_action_makes_a_probe(rule: Rule, field: str, words: str, action: str) -> None:
    assert judge(rule, deployment(f"{field}: {{{action}}}")) == []


@pytest.mark.parametrize(
    "text",
    [
        deployment("image: a", kind="Job"),
        deployment("image: a", kind="Job", pod=("restartPolicy: Never",)),
        "kind: CronJob\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{name: a}]}}}}}",
        "kind: Pod\nmetadata: {annotations: {helm.sh/hook: pre-install}}\nspec: {containers: [{name: a}]}",
        "kind: Pod\nspec: {restartPolicy: OnFailure, containers: [{name: a}]}",
        "kind: Pod\nspec: {initContainers: [{name: a}], ephemeralContainers: [{name: b}]}",
    ],
)
def test_what_ends_by_itself_needs_no_probes(text: str) -> None:
    for rule, _, _ in PROBE_RULES:
        assert judge(rule, text) == []


def test_a_native_sidecar_goes_on_running_and_needs_probes() -> None:
    text = "kind: Pod\nspec: {initContainers: [{name: proxy, restartPolicy: Always}]}"
    assert fields(p.no_liveness_probe, text) == ["spec.initContainers[0].livenessProbe"]


@pytest.mark.parametrize(
    ("liveness", "readiness", "found"),
    [
        (HTTP_PROBE, HTTP_PROBE, True),
        (HTTP_PROBE + ", initialDelaySeconds: 30", HTTP_PROBE, True),
        (HTTP_PROBE + ", failureThreshold: 3, periodSeconds: 10", HTTP_PROBE, True),
        (HTTP_PROBE + ", failureThreshold: 6", HTTP_PROBE, False),
        (HTTP_PROBE + ", periodSeconds: 30", HTTP_PROBE + ", periodSeconds: 10", False),
        (HTTP_PROBE, "httpGet: {path: /ready, port: 8080}", False),
        (HTTP_PROBE, "tcpSocket: {port: 8080}", False),
        ("exec: {command: [true]}", "exec: {command: [true]}", True),
    ],
)
def test_identical_probes(liveness: str, readiness: str, found: bool) -> None:
    text = deployment(f"livenessProbe: {{{liveness}}}", f"readinessProbe: {{{readiness}}}")
    assert bool(judge(p.identical_probes, text)) is found


@pytest.mark.parametrize(
    ("ports", "port", "expected"),
    [
        ("[{name: http, containerPort: 8080}]", "http", None),
        ("[{name: http, containerPort: 8080}]", "8080", None),
        (
            "[{name: http, containerPort: 8080}]",
            "web",
            'readinessProbe uses port web, which container "web" does not declare; add the port or use a declared one',
        ),
        (
            "[{name: http, containerPort: 8080}]",
            "9090",
            'readinessProbe uses port 9090, which container "web" does not declare; add the port or use a declared one',
        ),
        (
            "[{containerPort: 8080}]",
            "http",
            'readinessProbe uses port http, which container "web" does not declare; add the port or use a declared one',
        ),
        ("[]", "9090", None),
        (
            "[]",
            "http",
            'readinessProbe uses port http, which container "web" does not declare; add the port or use a declared one',
        ),
        (
            "[]",
            "'8080'",
            "readinessProbe sets port '8080' as a string, which Kubernetes reads as a name; remove the quotes",
        ),
    ],
)
def test_probe_port(ports: str, port: str, expected: str | None) -> None:
    text = deployment(f"ports: {ports}", f"readinessProbe: {{httpGet: {{path: /, port: {port}}}}}")
    assert judge(p.probe_port_unknown, text) == ([expected] if expected else [])


def test_probe_port_of_another_container_does_not_count() -> None:
    text = """
kind: Pod
spec:
  hostNetwork: true
  containers:
    - name: web
      livenessProbe: {grpc: {port: 9000}, initialDelaySeconds: 1}
      ports: [{containerPort: 8080}]
    - name: proxy
      ports: [{name: admin, containerPort: 9000}]
"""
    assert fields(p.probe_port_unknown, text) == ["spec.containers[0].livenessProbe.grpc.port"]


@pytest.mark.parametrize(
    ("rule", "kind", "name"),
    [
        (r.no_cpu_request, "requests", "cpu"),
        (r.no_memory_request, "requests", "memory"),
        (r.no_cpu_limit, "limits", "cpu"),
        (r.no_memory_limit, "limits", "memory"),
    ],
)
def test_resources_are_asked_of_containers_and_pods(rule: Rule, kind: str, name: str) -> None:
    assert fields(rule, deployment("resources: {}")) == [f"spec.template.spec.containers[0].resources.{kind}.{name}"]
    assert fields(rule, deployment(f"resources: {{{kind}: {{{name}: 0}}}}")) != []
    assert fields(rule, deployment(f"resources: {{{kind}: {{{name}: 1}}}}")) == []
    assert fields(rule, deployment("image: a", pod=(f"resources: {{{kind}: {{{name}: 1}}}}",))) == []
    assert fields(rule, "kind: Pod\nspec: {ephemeralContainers: [{name: a}]}") == []
    assert fields(rule, "kind: Job\nspec: {template: {spec: {initContainers: [{name: a}]}}}") != []


def test_a_limit_is_also_the_request_but_not_the_other_way_round() -> None:
    assert judge(r.no_cpu_request, deployment("resources: {limits: {cpu: 1}}")) == []
    assert judge(r.no_cpu_limit, deployment("resources: {requests: {cpu: 1}}")) == [
        'container "web" has no CPU limit; set resources.limits.cpu'
    ]


@pytest.mark.parametrize(
    ("request_", "limit", "above"),
    [
        ("1", "500m", True),
        ("1Gi", "1G", True),
        ("700m", "0.7", False),
        ("0.1", "100m", False),
        ("1024Mi", "1Gi", False),
        ("1e3", "999", True),
        ("plenty", "1", False),
    ],
)
def test_request_above_limit(request_: str, limit: str, above: bool) -> None:
    text = deployment(f"resources: {{requests: {{cpu: '{request_}'}}, limits: {{cpu: '{limit}'}}}}")
    message = f"cpu request {request_} exceeds the limit {limit}; lower the request or raise the limit"
    assert judge(r.request_above_limit, text) == ([message] if above else [])


def test_requests_differ() -> None:
    text = "resources: {requests: {cpu: 100m, memory: 1Gi}, limits: {cpu: 1, memory: 1024Mi}}"
    assert judge(r.requests_differ, deployment(text)) == [
        "cpu request 100m differs from the limit 1; set both to the same amount"
    ]
    unlimited = "resources: {requests: {cpu: 100m}, limits: {memory: 1Gi}}"
    assert judge(r.requests_differ, deployment(unlimited)) == [
        "cpu request 100m has no limit; set resources.limits.cpu to the same amount"
    ]


@given(st.integers(0, 10**6), st.sampled_from(["", "m", "k", "M", "G", "Ki", "Mi", "Gi"]))
def test_quantities_keep_their_order(number: int, suffix: str) -> None:
    low, high = quantity(f"{number}{suffix}"), quantity(f"{number + 1}{suffix}")
    assert low is not None
    assert high is not None
    assert low < high


@given(st.text())
def test_any_text_is_a_quantity_or_none(text: str) -> None:
    assert quantity(text) is None or isinstance(quantity(text), float)


def demanded(statement: str, forbids: bool = False) -> set[str]:
    """The rules that a statement demands by name, umbrellas left out."""
    return {
        rule.id.partition("/")[2]
        for rule in MODULE.rules
        if any(matcher.forbids is forbids and matcher.search(statement) for matcher in rule.enforces)
    }


PROBES = {"no-liveness-probe", "no-readiness-probe", "no-startup-probe"}
RESOURCES = {"no-cpu-request", "no-memory-request", "no-cpu-limit", "no-memory-limit"}


@pytest.mark.parametrize(
    ("statement", "rules"),
    [
        ("Liveness, readiness, and startup probes with sensible defaults", PROBES),
        ("Every Deployment MUST define liveness and readiness probes.", PROBES - {"no-startup-probe"}),
        ("Containers MUST have health checks.", PROBES - {"no-startup-probe"}),
        ("Health check endpoints MUST be documented in values file comments.", set()),
        ("Resource limits and requests MUST have sensible defaults based on component requirements.", RESOURCES),
        ("All containers MUST declare CPU and memory requests and limits.", RESOURCES),
        ("Containers MUST set a memory limit.", {"no-memory-limit"}),
        ("Pods MUST request CPU and memory.", {"no-cpu-request", "no-memory-request"}),
        ("All pull requests MUST verify compliance with these principles.", set()),
        ("Pull requests that change Kubernetes resources MUST be reviewed.", set()),
        ("Production readiness MUST be reviewed.", set()),
        ("Rate limits MUST apply to API requests.", set()),
    ],
)
def test_statements(statement: str, rules: set[str]) -> None:
    assert demanded(statement) & (PROBES | RESOURCES) == rules
