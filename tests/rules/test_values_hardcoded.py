"""values/hardcoded beyond its cases."""

from __future__ import annotations

import pytest

from helm_constitution.lint import registry

from .support import chart_subject, judge_in, rendering

HARDCODED = next(rule for rule in registry.rules() if rule.id == "values/hardcoded")


def claim(line: str) -> str:
    return f"kind: PersistentVolumeClaim\nspec:\n  {line}\n"


@pytest.mark.parametrize(
    ("template", "fixed"),
    [
        (claim("storageClassName: gp3"), True),
        (claim("storageClassName: 'gp3'"), True),
        (claim("storageClassName: {{ .Values.storageClass }}"), False),
        (claim("storageClassName: gp3 # the application needs it"), False),
        (claim("# the application needs it\n  storageClassName: gp3"), False),
        (claim("{{- /* the application needs it */}}\n  storageClassName: gp3"), False),
        (claim("{{- if .Values.a }}\n  storageClassName: gp3\n  {{- else }}\n  x: 1\n  {{- end }}"), False),
        (claim("{{- if .Values.a }}\n  storageClassName: gp3\n  {{- end }}"), True),
        (claim("{{- toYaml .Values.claim | nindent 2 }}"), False),
        (claim('{{- include "web.claim" . | nindent 2 }}'), True),
        (claim("otherStorageClassName: gp3"), False),
    ],
)
def test_a_line_without_an_action_makes_the_field(template: str, fixed: bool) -> None:
    files = {
        "templates/x.yaml": template,
        "templates/_a.tpl": '{{ define "web.claim" }}\nstorageClassName: gp3\n{{ end }}',
    }
    messages = judge_in(HARDCODED, claim("storageClassName: gp3"), files)
    expected = (
        "spec.storageClassName is hardcoded to gp3, but each cluster has its own; read it from .Values.storageClass"
    )
    assert messages == ([expected] if fixed else [])


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("kind: Deployment\nspec:\n  replicas: 3\n", True),
        ("kind: Deployment\nspec:\n  replicas: 1\n", False),
        ("kind: Service\nspec:\n  type: NodePort\n", True),
        ("kind: Service\nspec:\n  type: ClusterIP\n", False),
        ("kind: Ingress\nspec:\n  rules:\n  - host: web.acme.io\n", True),
        ("kind: Ingress\nspec:\n  rules:\n  - host: ''\n", False),
        ("kind: Pod\nspec:\n  containers:\n  - image: acme/web:1.0.0\n", True),
        ("kind: Pod\nspec:\n  containers:\n  - image: acme/web:1.0.0\n    imagePullPolicy: Always\n", True),
        ("kind: Pod\nspec:\n  imagePullSecrets:\n  - name: regcred\n", True),
        ("kind: Pod\nspec:\n  nodeSelector:\n    disktype: ssd\n", True),
        ("kind: Pod\nspec:\n  nodeSelector:\n    kubernetes.io/os: linux\n", False),
        ("kind: HorizontalPodAutoscaler\nspec:\n  minReplicas: 2\n", True),
        ("kind: HorizontalPodAutoscaler\nspec:\n  maxReplicas: 20\n", True),
        ("kind: Service\nspec:\n  ports:\n  - port: 80\n    nodePort: 30080\n", True),
        ("kind: Service\nspec:\n  ports:\n  - port: 80\n", False),
        ("kind: Service\nspec:\n  loadBalancerIP: 192.0.2.1\n", True),
        ("kind: Pod\nspec:\n  securityContext:\n    runAsUser: 0\n", False),
        ("kind: Pod\nspec:\n  securityContext:\n    runAsUser: 1000\n", True),
    ],
)
def test_fields_that_users_customise(text: str, fixed: bool) -> None:
    assert (judge_in(HARDCODED, text, {"templates/x.yaml": text}) != []) is fixed


def test_another_line_of_the_key_may_have_made_a_common_text() -> None:
    text = "kind: Deployment\nspec:\n  replicas: 3\n"
    template = f"{text}---\nkind: Deployment\nspec:\n  replicas: {{{{ .Values.replicas }}}}\n"
    assert judge_in(HARDCODED, text, {"templates/x.yaml": template}) == []


@pytest.mark.parametrize(("name", "fixed"), [("web", True), ('"{{ .Chart.Name }}"', True), ("reloader", False)])
def test_a_line_below_another_containers_name_is_another_containers(name: str, fixed: bool) -> None:
    context = "    securityContext:\n      runAsUser: 1000\n"
    text = f"kind: Pod\nspec:\n  containers:\n  - name: web\n    env:\n    - name: A\n{context}"
    other = f"  {{{{- if .Values.a }}}}\n  - name: {name}\n    env:\n    - name: A\n{context}  {{{{- end }}}}\n"
    template = f"kind: Pod\nspec:\n  containers:\n  - name: web\n    {{{{- toYaml .Values.web }}}}\n{other}"
    assert (judge_in(HARDCODED, text, {"templates/x.yaml": template}) != []) is fixed


@pytest.mark.parametrize(
    ("first", "image", "fixed"),
    [("web", "acme/web:1.0.0", True), ("web", "acme/web:2.0.0", False), ("sidecar", "acme/sidecar:1.0.0", True)],
)
def test_a_field_that_another_scenario_renders_otherwise_is_decided_by_a_value(
    first: str, image: str, fixed: bool
) -> None:
    text = "kind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - name: {}\n    image: {}\n"
    template = text.format("web", "acme/web:1.0.0")
    renderings = [rendering(template), rendering(text.format(first, image), scenario="ci/other-values.yaml")]
    subject = chart_subject(HARDCODED, {"templates/x.yaml": template}, renderings=renderings)
    (manifest,) = renderings[0].manifests
    assert (list(HARDCODED.check(manifest, subject)) != []) is fixed
