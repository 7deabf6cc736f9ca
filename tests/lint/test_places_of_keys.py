"""A fault of a key stands at the template's line, whatever value it has."""

from __future__ import annotations

from pathlib import Path

from helm_constitution.helm.protocol import HelmEngine
from tests.support import check_chart, write

CHART = {"Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n"}


def places(root: Path, engine: HelmEngine, rule: str) -> list[tuple[str | None, int | None, list[int | None]]]:
    found = (finding for finding in check_chart(root, engine).singles if finding.rule == rule)
    return [(one.location.file, one.location.line, [each.location.line for each in one.related]) for one in found]


def test_a_key_that_stands_twice(tmp_path: Path, engine: HelmEngine) -> None:
    template = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: "{{ .Release.Name }}"}
        data:
          mode: {{ .Values.mode }}
          other: x
          mode: {{ .Values.mode }}
        """
    write(tmp_path, {**CHART, "values.yaml": "mode: fast\n", "templates/c.yaml": template})
    ((file, line, related),) = places(tmp_path, engine, "templates/duplicate-key")
    assert (file, line) == ("templates/c.yaml", 7)
    assert 5 in related


def test_replicas_beside_an_autoscaler(tmp_path: Path, engine: HelmEngine) -> None:
    deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: {{ .Values.replicaCount }}
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: web, image: "web:1.2.3"}]}
        """
    scaler = """
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: web}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
          minReplicas: 2
          maxReplicas: 4
        """
    files = {"values.yaml": "replicaCount: 2\n", "templates/d.yaml": deployment, "templates/h.yaml": scaler}
    write(tmp_path, {**CHART, **files})
    ((file, line, related),) = places(tmp_path, engine, "helm/hpa-replicas-fixed")
    assert (file, line, related) == ("templates/d.yaml", 5, [1])


def test_a_strict_schema(tmp_path: Path, engine: HelmEngine) -> None:
    schema = """
        {
          "properties": {
            "image": {"type": "object", "additionalProperties": false, "properties": {}}
          },
          "additionalProperties": false
        }
        """
    write(tmp_path, {**CHART, "values.yaml": "image: {}\n", "values.schema.json": schema})
    ((file, line, _),) = places(tmp_path, engine, "values/schema-not-embeddable")
    assert (file, line) == ("values.schema.json", 5)


POD = """
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
        - name: web
          image: web:1.2.3
          ports:
            - containerPort: {{ .Values.service.port }}
              hostPort: {{ .Values.PORT }}
    """


def test_a_port_of_the_node_that_is_the_container_s(tmp_path: Path, engine: HelmEngine) -> None:
    values = "service:\n  port: 9558\n"
    write(tmp_path, {**CHART, "values.yaml": values, "templates/p.yaml": POD.replace("PORT", "service.port")})
    assert places(tmp_path, engine, "portability/host-port") == [("templates/p.yaml", 10, [2])]


def test_a_port_of_the_node_with_a_value_of_its_own(tmp_path: Path, engine: HelmEngine) -> None:
    values = "service:\n  port: 9558\nhostPort: 9100\n"
    write(tmp_path, {**CHART, "values.yaml": values, "templates/p.yaml": POD.replace("PORT", "hostPort")})
    assert places(tmp_path, engine, "portability/host-port") == [("values.yaml", 3, [10])]
