"""Probes in templates and values, logs, metrics, monitors, silent failures."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from helm_constitution.api import NotApplicable
from helm_constitution.lint.rule import Rule, Violation
from helm_constitution.rules.observability import logging, probe_settings
from helm_constitution.rules.observability import monitoring as m
from tests.rules.support import chart_subject, fields, found, judge, rendering

DEPLOYMENT = """
kind: Deployment
metadata: {name: web}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, ports: [{name: http}]}]}}}
"""
JOB = "kind: Job\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: web}]}}}\n"


def rendered(rule: Rule, text: str, files: Mapping[str, str]) -> list[str]:
    """The messages of a rule that looks at the chart's files and at what they render."""
    subject = chart_subject(rule, files, renderings=[rendering(text)])
    return [outcome.message for outcome in rule.check(subject) if isinstance(outcome, Violation)]


# --- probes ---------------------------------------------------------------------------------------------------------


def template(*lines: str) -> dict[str, str]:
    head = ["kind: Deployment", "spec:", "  containers:", "    - name: web"]
    return {"templates/deployment.yaml": "\n".join(head + [f"      {line}" for line in lines]) + "\n"}


@pytest.mark.parametrize(
    ("lines", "fixed"),
    [
        (["livenessProbe:", "  httpGet:", "    path: /healthz", "    port: http"], True),
        (
            [
                "livenessProbe:",
                "  httpGet:",
                "    path: /",
                "    port: {{ .Values.port }}",
                "resources: {{ .Values.r }}",
            ],
            True,
        ),
        (
            ["{{- if .Values.probes }}", "livenessProbe:", "  httpGet:", "    path: /", "{{- end }}", "tty: {{ .x }}"],
            True,
        ),
        (["livenessProbe:", "  exec:", "    command: [a]", "", "  periodSeconds: 5"], True),
        (["livenessProbe:", "  {{- toYaml .Values.livenessProbe | nindent 8 }}"], False),
        (["livenessProbe: {{- toYaml .Values.livenessProbe | nindent 8 }}"], False),
        (["livenessProbe:", "{{ toYaml .Values.livenessProbe | indent 8 }}"], False),
        (["livenessProbe:", "  httpGet:", "    path: {{ .Values.path }}", "    port: http"], False),
        (["livenessProbe:", "  httpGet: {path: /}", "  periodSeconds: {{ .Values.period }}"], False),
        (["{{- with .Values.livenessProbe }}", "livenessProbe:", "  {{- toYaml . | nindent 8 }}", "{{- end }}"], False),
        (["# livenessProbe:", "#   httpGet: {path: /}", "tty: true"], False),
        (["args: [--livenessProbe:]"], False),
    ],
)
def test_probe_fixed(lines: list[str], fixed: bool) -> None:
    messages = found(probe_settings.probe_fixed, template(*lines))
    line = 5 + next(index for index, text in enumerate(lines) if "livenessProbe:" in text)
    message = "liveness probe is hard-coded in the template; print it with toYaml from values.yaml"
    assert messages == ([f"templates/deployment.yaml:{line} {message}"] if fixed else [])


def test_schemas_of_custom_resources_hold_no_probes() -> None:
    text = (
        "kind: CustomResourceDefinition\nproperties:\n  livenessProbe:\n    properties:\n      exec: {type: object}\n"
    )
    assert found(probe_settings.probe_fixed, {"templates/crd.yaml": text}) == []


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("livenessProbe:\n  periodSeconds: 5\n", ["livenessProbe"]),
        ("web:\n  probes:\n    liveness:\n      periodSeconds: 5\n", ["web.probes.liveness"]),
        ("# -- Liveness probe, GET /healthz\nlivenessProbe:\n  periodSeconds: 5\n", []),
        ("livenessProbe:\n  httpGet:\n    # -- Endpoint that answers 200\n    path: /healthz\n", []),
        ("liveness: true\n", []),
        ("other: 1\n", []),
    ],
)
def test_probe_undocumented(text: str, keys: list[str]) -> None:
    messages = found(probe_settings.probe_undocumented, {"values.yaml": text})
    assert [message.split()[1] for message in messages] == keys


# --- logs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        "logLevel: info\n",
        "log:\n  level: info\n",
        "server:\n  logging:\n    format: json\n",
        "LOG_LEVEL: info\n",
        "logs:\n  json: true\n",
        "verbosity: 2\n",
        "extraArgs: []\n",
        "extraEnv: []\n",
        "env: {}\n",
        "config: {}\n",
    ],
)
def test_logs_that_values_set(values: str) -> None:
    assert rendered(logging.fixed_logging, DEPLOYMENT, {"values.yaml": values}) == []


@pytest.mark.parametrize("values", ["replicaCount: 1\n", "login:\n  level: 1\n", "catalog:\n  format: x\n", ""])
def test_fixed_logging(values: str) -> None:
    message = "log level and format cannot be set by values; add log.level and log.format to values.yaml"
    assert rendered(logging.fixed_logging, DEPLOYMENT, {"values.yaml": values}) == [message]
    assert rendered(logging.fixed_logging, DEPLOYMENT, {}) == [message]
    assert rendered(logging.fixed_logging, JOB, {"values.yaml": values}) == []


# --- metrics --------------------------------------------------------------------------------------------------------


def test_no_metrics() -> None:
    message = (
        "chart has no ServiceMonitor, PodMonitor or prometheus.io/scrape annotation;"
        " add a ServiceMonitor behind a flag, or the annotation"
    )
    assert rendered(m.no_metrics, DEPLOYMENT, {"values.yaml": "a: 1\n"}) == [message]
    assert rendered(m.no_metrics, JOB, {}) == []


@pytest.mark.parametrize(
    ("text", "files"),
    [
        (DEPLOYMENT + "---\nkind: PodMonitor\nmetadata: {name: a}\n", {}),
        (DEPLOYMENT + "---\nkind: Service\nmetadata: {name: a, annotations: {prometheus.io/scrape: 'true'}}\n", {}),
        (DEPLOYMENT, {"templates/monitor.yaml": "{{ if .Values.a }}\nkind: ServiceMonitor\n{{ end }}\n"}),
        (DEPLOYMENT, {"values.yaml": "podAnnotations:\n  prometheus.io/scrape: 'true'\n"}),
        (DEPLOYMENT.replace("labels:", "annotations: {prometheus.io/scrape: 'true'}, labels:"), {}),
    ],
)
def test_metrics_that_prometheus_finds(text: str, files: dict[str, str]) -> None:
    assert rendered(m.no_metrics, text, files) == []


SERVICE = "---\nkind: Service\nmetadata: {name: web, labels: {app: web}}\nspec: {ports: [{name: http, port: 80}]}\n"
MONITOR = "---\nkind: ServiceMonitor\nmetadata: {name: web}\nspec: {%s}\n"


@pytest.mark.parametrize(
    ("spec", "messages"),
    [
        ("selector: {matchLabels: {app: web}}, endpoints: [{port: http}]", []),
        ("selector: {}, endpoints: [{targetPort: 8080}]", []),
        (
            "selector: {matchLabels: {app: other}}",
            [("ServiceMonitor selects no Service of the chart; use the labels of a Service in its selector")],
        ),
        (
            "selector: {matchLabels: {app: web}}, endpoints: [{port: metrics}]",
            ['ServiceMonitor selects no Service with a port named "metrics"; use one of their ports: http'],
        ),
        ("selector: {matchLabels: {app: other}}, namespaceSelector: {any: true}", []),
        ("selector: {matchLabels: {app: other}}, namespaceSelector: {matchNames: [kube-system]}", []),
        ("selector: {matchExpressions: [{key: app, operator: Exists}]}", []),
        (
            "selector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}",
            [("ServiceMonitor selects no Service of the chart; use the labels of a Service in its selector")],
        ),
    ],
)
def test_dangling_monitor(spec: str, messages: list[str]) -> None:
    assert judge(m.dangling_monitor, SERVICE + MONITOR % spec) == messages


def test_a_pod_monitor_selects_pods() -> None:
    text = (
        DEPLOYMENT
        + MONITOR.replace("Service", "Pod") % "selector: {matchLabels: {app: web}}, podMetricsEndpoints: [{port: %s}]"
    )
    assert fields(m.dangling_monitor, text % "http") == []
    assert fields(m.dangling_monitor, text % "metrics") == ["spec.podMetricsEndpoints[0].port"]


# --- failures -------------------------------------------------------------------------------------------------------

VALUES = "ingress:\n  enabled: false\n  host: ''\n  className: nginx\n  tls:\n    secretName:\nother: ''\n"
OBJECT = "apiVersion: networking.k8s.io/v1\nkind: Ingress\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{{- if and .Values.ingress.enabled .Values.ingress.host }}\n" + OBJECT + "{{- end }}\n", 1),
        ("{{- if and (.Values.ingress.enabled) (.Values.ingress.host) }}\n" + OBJECT + "{{- end }}\n", 1),
        ("{{- if .Values.ingress.enabled }}\n{{- if .Values.ingress.host }}\n" + OBJECT + "{{- end }}{{- end }}\n", 2),
        ("{{- if and .Values.ingress.enabled .Values.ingress.tls.secretName }}\n" + OBJECT + "{{- end }}\n", 1),
        ("{{- if .Values.ingress.enabled }}\n" + OBJECT + "{{- end }}\n", None),
        ("{{- if .Values.ingress.host }}\n" + OBJECT + "{{- end }}\n", None),
        ("{{- if and .Values.ingress.enabled .Values.other }}\n" + OBJECT + "{{- end }}\n", None),
        ("{{- if and .Values.ingress.enabled .Values.ingress.className }}\n" + OBJECT + "{{- end }}\n", None),
        ("{{- if and .Values.ingress.enabled (not .Values.ingress.host) }}\n" + OBJECT + "{{- end }}\n", None),
        ("{{- if or .Values.ingress.enabled .Values.ingress.host }}\n" + OBJECT + "{{- end }}\n", None),
        ("a:\n  {{- if and .Values.ingress.enabled .Values.ingress.host }}\n  host: x\n  {{- end }}\n", None),
        (
            "{{- if and .Values.ingress.enabled .Values.ingress.host }}\n"
            + OBJECT
            + '{{- else if .Values.ingress.enabled }}{{ fail "ingress.host is required" }}{{- end }}\n',
            None,
        ),
    ],
)
def test_silent_failure(text: str, line: int | None) -> None:
    messages = found(m.silent_failure, {"values.yaml": VALUES, "templates/ingress.yaml": text})
    assert [int(message.partition(":")[2].split()[0]) for message in messages] == ([line] if line else [])


def test_silent_failure_names_flag_and_value() -> None:
    text = "{{- if and .Values.ingress.enabled .Values.ingress.host }}\n" + OBJECT + "{{- end }}\n"
    [message] = found(m.silent_failure, {"values.yaml": VALUES, "templates/ingress.yaml": text})
    assert message.startswith(
        "templates/ingress.yaml:1 ingress.enabled silently renders nothing if ingress.host is empty"
    )


def test_no_owner_label_of_other_objects() -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"
    message = 'Service has no label or annotation "owner"; add the label'
    assert judge(m.no_owner_label, text, {"objects": "All"}) == [message]
    with pytest.raises(NotApplicable):
        judge(m.no_owner_label, text)


def test_no_owner_label() -> None:
    assert judge(m.no_owner_label, DEPLOYMENT) == ['Deployment has no label or annotation "owner"; add the label']
    assert judge(m.no_owner_label, DEPLOYMENT.replace("name: web}", "name: web, labels: {owner: a}}", 1)) == []
    assert (
        judge(m.no_owner_label, DEPLOYMENT.replace("name: web}", "name: web, labels: {team: a}}", 1), {"label": "team"})
        == []
    )


@pytest.mark.parametrize(
    ("rule", "forbids", "statement"),
    [
        (logging.fixed_logging, False, "Structured logging to stdout/stderr (configurable format: json or text)"),
        (m.no_metrics, False, "Prometheus metrics endpoints (if monitoring is enabled)"),
        (m.no_metrics, False, "Include annotations for common monitoring tools (e.g., Prometheus scraping)."),
        (
            probe_settings.probe_undocumented,
            False,
            "Health check endpoints MUST be documented in values file comments.",
        ),
        (probe_settings.probe_fixed, False, "Probes MUST be configurable."),
        (m.silent_failure, True, "Silently ignore configuration errors. Fail fast with clear messages."),
        (
            m.silent_failure,
            False,
            "Deployment failures MUST provide actionable error messages using `fail` or `required`.",
        ),
    ],
)
def test_statements(rule: Rule, forbids: bool, statement: str) -> None:
    assert any(matcher.forbids is forbids and matcher.search(statement) for matcher in rule.enforces)
