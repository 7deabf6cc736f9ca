"""Objects that are right although one rendering of them looks wrong."""

from __future__ import annotations

import pytest

from helm_constitution.core.model import Severity
from helm_constitution.lint.rule import Rule
from helm_constitution.rules.backward_compatibility import selectors
from helm_constitution.rules.helm_best_practices import references
from helm_constitution.rules.security import host_access, privileges, profiles
from tests.rules.support import chart_of, checked, judge, judge_in, rendering, results_of, subject_of, things

RECREATE = """
kind: Deployment
apiVersion: apps/v1
metadata: {name: web}
spec:
  strategy: {type: Recreate}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web:1}]}
---
kind: Service
apiVersion: v1
metadata: {name: web}
spec: {selector: {app: web}}
"""


@pytest.mark.parametrize(
    "volume",
    [
        "{{ if .Values.claimName }}persistentVolumeClaim: {claimName: {{ .Values.claimName }}}{{ end }}",
        "{{- if .Values.persistence.enabled }}\npersistentVolumeClaim:\n  claimName: data\n{{- end }}",
        "{{ with .Values.folder }}hostPath: {path: {{ . }}}{{ end }}",
        "{{ if .Values.onNode }}hostPort: 80{{ end }}",
    ],
)
def test_recreate_has_a_reason_with_other_values(volume: str) -> None:
    assert judge_in(selectors.update_strategy, RECREATE, {"templates/x.yaml": f"kind: Deployment\n{volume}"}) == []


def test_recreate_without_a_reason() -> None:
    found = judge_in(selectors.update_strategy, RECREATE, {"templates/x.yaml": "kind: Deployment\nemptyDir: {}"})
    assert found == ["Recreate stops all pods before new ones start; set spec.strategy.type to RollingUpdate"]


SERVICES = """
kind: Deployment
apiVersion: apps/v1
metadata: {name: web}
spec: {template: {metadata: {labels: {app: web, component: server}}, spec: {containers: [{name: web}]}}}
---
kind: Service
apiVersion: v1
metadata: {name: web-worker}
spec: {selector: {app: web, component: worker}}
"""
WORKER = "{{ if .Values.apiKey }}\nkind: Deployment\nmetadata: {labels: {component: worker}}\n{{ end }}"
OTHER = "{{ if .Values.apiKey }}\nkind: Deployment\nmetadata: {labels: {component: queue}}\n{{ end }}"
ROLE = """
---
kind: Role
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: web}
rules: [{apiGroups: [""], resources: [pods], verbs: [get, create]}]
"""


@pytest.mark.parametrize(
    ("files", "objects"),
    [
        ({"templates/worker.yaml": WORKER}, SERVICES),
        ({"templates/worker.yaml": WORKER.replace("Deployment", "StatefulSet")}, SERVICES),
        ({"templates/x.yaml": "", "templates/jobs.yaml": WORKER.replace("Deployment", "CronJob")}, SERVICES),
        ({"templates/x.yaml": ""}, SERVICES + ROLE),
        ({"templates/x.yaml": ""}, SERVICES + ROLE.replace("pods", "statefulsets").replace("create", "'*'")),
    ],
)
def test_pods_of_a_service_that_other_values_or_a_controller_make(files: dict[str, str], objects: str) -> None:
    assert judge_in(references.dangling_service, objects, files) == []


def test_a_service_whose_pods_all_need_other_values() -> None:
    name = '{{ template "web.fullname" . }}'
    template = (
        f'{{{{ if ne .Values.eula "FALSE" }}}}\nkind: Deployment\nmetadata: {{labels: {{app: {name}}}}}\n{{{{ end }}}}'
    )
    text = "kind: Service\napiVersion: v1\nmetadata: {name: web}\nspec: {selector: {app: release-name-web}}\n"
    assert judge_in(references.dangling_service, text, {"templates/deployment.yaml": template}) == []
    assert len(judge_in(references.dangling_service, text, {"templates/x.yaml": ""})) == 1


@pytest.mark.parametrize("files", [{}, {"templates/queue.yaml": OTHER}])
def test_a_service_without_pods(files: dict[str, str]) -> None:
    found = judge_in(references.dangling_service, SERVICES, files)
    assert len(found) == 1
    assert "has component=server" in found[0]


PRIVILEGED = """
kind: Pod
apiVersion: v1
metadata: {name: web}
spec: {containers: [{name: web, securityContext: {privileged: true, allowPrivilegeEscalation: true}}]}
"""


@pytest.mark.parametrize("rule", [profiles.no_seccomp, privileges.capabilities, privileges.privilege_escalation])
def test_what_privileged_makes_moot(rule: Rule) -> None:
    objects = rendering(PRIVILEGED)
    known = checked(chart_of({}), results_of([objects]), severities={"security/privileged": Severity.ERROR})
    container = objects.workloads[0].pod.all_containers[0]
    assert list(rule.check(container, subject_of(rule, known))) == []
    assert judge(rule, PRIVILEGED) != []  # where nothing else speaks of it
    weaker = {"security/privileged": Severity.WARNING, rule.id: Severity.ERROR}
    known = checked(chart_of({}), results_of([objects]), severities=weaker)
    assert list(rule.check(container, subject_of(rule, known))) != []


@pytest.mark.parametrize(
    ("rule", "teller", "spec"),
    [
        (privileges.low_user_id, "security/root-user", "securityContext: {runAsUser: 0}, containers: [{name: web}]"),
        (host_access.volume_type, "security/host-path", "volumes: [{name: a, hostPath: {path: /a}}]"),
    ],
)
def test_what_is_left_to_another_rule(rule: Rule, teller: str, spec: str) -> None:
    text = f"kind: Pod\napiVersion: v1\nmetadata: {{name: web}}\nspec: {{{spec}}}\n"
    assert len(judge(rule, text)) == 1  # where that rule doesn't run
    objects = rendering(text)
    for severity, found in ((Severity.ERROR, 0), (Severity.WARNING, 1)):
        severities = {teller: severity, rule.id: Severity.ERROR}
        known = subject_of(rule, checked(chart_of({}), results_of([objects]), severities=severities))
        assert sum(len(list(rule.check(thing, known))) for thing in things(rule, objects)) == found
