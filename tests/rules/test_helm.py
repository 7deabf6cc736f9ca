"""Rules of the module helm."""

from __future__ import annotations

import pytest

from helm_constitution.core.model import Severity
from helm_constitution.lint import registry
from helm_constitution.lint.rule import Rule, Violation
from helm_constitution.rules.helm_best_practices import chart_yaml as c
from helm_constitution.rules.helm_best_practices import references as r
from helm_constitution.rules.helm_best_practices.helpers import missing_helper, no_notes
from helm_constitution.rules.helm_best_practices.labels import missing_label, missing_version_label
from tests.rules.support import chart_subject, fields, found, judge, judge_in

CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"


def config_map(labels: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n  labels: {labels}\n"


FOUR = (
    "{app.kubernetes.io/name: web, app.kubernetes.io/instance: a, "
    "app.kubernetes.io/managed-by: Helm, helm.sh/chart: web-1}"
)


def test_all_missing_labels_are_named_at_once() -> None:
    assert judge_in(missing_label, config_map("{helm.sh/chart: web-1, app: web}")) == [
        (
            "ConfigMap lacks the standard labels app.kubernetes.io/name, app.kubernetes.io/instance,"
            " app.kubernetes.io/managed-by; include the chart's labels template"
        )
    ]


def test_an_empty_label_is_missing() -> None:
    labels = FOUR.replace("helm.sh/chart: web-1", 'helm.sh/chart: ""')
    assert judge_in(missing_label, config_map(labels)) == [
        "ConfigMap lacks the standard label helm.sh/chart; include the chart's labels template"
    ]


def test_an_object_with_the_four_labels() -> None:
    assert judge_in(missing_label, config_map(FOUR)) == []


def test_labels_of_a_number_are_labels() -> None:
    # The API server rejects them, but they are not missing.
    assert judge_in(missing_label, config_map(FOUR.replace("instance: a", "instance: 7"))) == []


@pytest.mark.parametrize(
    ("template", "is_the_users"),
    [
        ("{{- range .Values.extraObjects }}\n---\n{{ toYaml . }}\n{{- end }}\n", True),
        ('{{ range .Values.extra }}{{ include "common.tplvalues.render" (dict "value" .) }}{{ end }}', True),
        ('{{ include "web.render" . }}{{ define "web.render" }}{{ toYaml .Values.extra }}{{ end }}', True),
        ('{{ include "web.config" . }}{{ define "web.config" }}\nkind: ConfigMap\n{{ end }}', False),
        ('{{ include "common.configmap" . }}', False),
        ("kind: ConfigMap\n", False),
        ("{{ range .Values.names }}\n- kind: ConfigMap\n{{ end }}", False),
    ],
)
def test_an_object_that_values_give_whole_is_its_users(template: str, is_the_users: bool) -> None:
    files = {"Chart.yaml": CHART, "templates/x.yaml": template}
    assert (judge_in(missing_label, config_map("{}"), files) == []) is is_the_users


def test_the_version_label() -> None:
    files = {"Chart.yaml": CHART + 'appVersion: "2.0"\n'}
    message = "ConfigMap lacks the label app.kubernetes.io/version; set it to .Chart.AppVersion"
    assert judge_in(missing_version_label, config_map(FOUR), files) == [message]
    assert judge_in(missing_version_label, config_map("{app.kubernetes.io/version: v2}"), files) == []


def test_no_version_label_where_there_is_no_app_version() -> None:
    assert judge_in(missing_version_label, config_map(FOUR), {"Chart.yaml": CHART}) == []


DEPLOYMENT = "kind: Deployment\nspec: {}\n"


def defines(*names: str) -> str:
    return "".join(f'{{{{- define "{name}" -}}}}x{{{{- end }}}}\n' for name in names)


@pytest.mark.parametrize(
    "names",
    [
        ("web.name", "web.fullname", "web.labels", "web.selectorLabels"),
        ("web.names.name", "web.names.fullname", "web.labels.standard", "web.labels.matchLabels"),
        ("name", "fullname", "labels", "matchLabels"),
        ("web.chartName", "web.full-name", "web.metaLabels", "web.labels.selector"),
    ],
)
def test_helpers_by_the_names_that_charts_give_them(names: tuple[str, ...]) -> None:
    files = {"templates/_helpers.tpl": defines(*names), "templates/deployment.yaml": DEPLOYMENT}
    assert found(missing_helper, files) == []


def test_missing_helpers_are_one_finding() -> None:
    files = {
        "templates/_lib.tpl": defines("web.name", "web.fullname", "web.labels"),
        "templates/deployment.yaml": DEPLOYMENT + "---\nkind: ServiceAccount\n",
    }
    assert found(missing_helper, files) == [
        (
            "templates/_lib.tpl:None chart has no named templates for the selector labels"
            " and the service account's name;"
            ' define "web.selectorLabels" and "web.serviceAccountName" in templates/_helpers.tpl'
        )
    ]


def test_selector_labels_are_needed_only_where_something_selects() -> None:
    files = {
        "templates/_helpers.tpl": defines("web.name", "web.fullname", "web.labels"),
        "templates/config.yaml": "kind: ConfigMap\n",
    }
    assert found(missing_helper, files) == []


def test_a_fullname_is_no_name() -> None:
    files = {
        "templates/_helpers.tpl": defines("web.fullname", "web.labels", "web.selectorLabels"),
        "templates/deployment.yaml": DEPLOYMENT,
    }
    assert [line.partition(";")[0] for line in found(missing_helper, files)] == [
        "templates/_helpers.tpl:None chart has no named template for the chart's name"
    ]


def test_the_charts_name_whatever_its_template_is_called() -> None:
    label = '{{- define "web.appLabel" -}}\n{{ .Values.nameOverride | default .Chart.Name }}\n{{- end }}\n'
    helpers = defines("web.fullname", "web.labels", "web.selectorLabels")
    files = {"templates/_helpers.tpl": helpers + label, "templates/deployment.yaml": DEPLOYMENT}
    assert found(missing_helper, files) == []
    full = label.replace("}}\n{{- end", "}}-{{ .Release.Name }}\n{{- end")
    assert found(missing_helper, {**files, "templates/_helpers.tpl": helpers + full}) != []


def test_notes() -> None:
    assert found(no_notes, {"templates/NOTES.txt": "Open {{ .Values.url }}"}) == []
    assert found(no_notes, {"templates/NOTES.txt": "\n"}) == [
        "templates/NOTES.txt:None templates/NOTES.txt is empty; explain how to reach the application"
    ]
    assert found(no_notes, {"templates/notes.txt": "Hello"}) == [
        "Chart.yaml:None chart has no templates/NOTES.txt; add one that explains how to reach the application"
    ]


def in_chart_yaml(rule: Rule, *lines: str) -> list[str]:
    return found(rule, {"Chart.yaml": CHART + "".join(f"{line}\n" for line in lines)})


@pytest.mark.parametrize(
    ("rule", "good"),
    [
        (c.chart_no_description, "description: A web server"),
        (c.chart_no_home, "home: https://acme.test"),
        (c.chart_no_sources, "sources: [https://acme.test]"),
        (c.chart_no_keywords, "keywords: [web]"),
        (c.chart_no_maintainers, "maintainers: [{name: me, email: me@acme.test}]"),
        (c.chart_no_type, "type: library"),
    ],
)
def test_what_chart_yaml_tells(rule: Rule, good: str) -> None:
    key = good.partition(":")[0]
    assert in_chart_yaml(rule, good) == []
    (missing,) = in_chart_yaml(rule)
    assert missing.startswith(f"Chart.yaml:1 Chart.yaml has no {key}")
    (empty,) = in_chart_yaml(rule, f"{key}:")
    assert empty.startswith(f"Chart.yaml:4 Chart.yaml has no {key}")


def test_a_description_that_nobody_wrote() -> None:
    (message,) = in_chart_yaml(c.chart_no_description, "description: A Helm chart for Kubernetes.")
    assert message.startswith("Chart.yaml:4 description is the default text of `helm create`")


def test_each_maintainer_without_an_address() -> None:
    lines = (
        "maintainers:",
        "  - name: ann",
        "    email: ann@acme.test",
        "  - name: bob",
        "  - url: https://acme.test",
        "  - name: eve",
        "    url: https://acme.test/eve",
    )
    assert in_chart_yaml(c.chart_no_maintainers, *lines) == [
        "Chart.yaml:7 maintainer bob has no e-mail address and no URL; add email or url"
    ]


@pytest.mark.parametrize(
    ("written", "is_bad"),
    [
        *(("1.9-rc", True), ("20240101-abc", True), ("2024-10", True)),
        *(("1.9.1", False), ("1.9.1-rc.1", False), ('"1.9"', False), ("v1.9", False)),
    ],
)
def test_quotes_of_the_app_version(written: str, is_bad: bool) -> None:
    assert bool(in_chart_yaml(c.chart_app_version_unquoted, f"appVersion: {written}")) is is_bad


def test_a_number_as_app_version_is_helm_lints_to_say() -> None:
    assert in_chart_yaml(c.chart_app_version_unquoted, "appVersion: 1.10") == []


def test_the_api_version_of_helm_2() -> None:
    (message,) = found(c.chart_api_version, {"Chart.yaml": "apiVersion: v1\nname: web\nversion: 1.0.0\n"})
    assert message == "Chart.yaml:1 Chart.yaml uses apiVersion v1 of Helm 2; set apiVersion: v2"
    files = {"Chart.yaml": "apiVersion: v1\nname: web\nversion: 1.0.0\n", "requirements.yaml": "dependencies: []\n"}
    (message,) = found(c.chart_api_version, files)
    assert message.endswith("; set apiVersion: v2 and move the entries of requirements.yaml to dependencies")


def workload(labels: str, *, name: str = "web", kind: str = "Deployment") -> str:
    return f"""---
apiVersion: apps/v1
kind: {kind}
metadata: {{name: {name}}}
spec: {{template: {{metadata: {{labels: {labels}}}, spec: {{containers: [{{name: web}}]}}}}}}
"""


def service(spec: str, *, name: str = "web", metadata: str = "") -> str:
    return f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}{metadata}}}\nspec: {spec}\n"


def test_a_service_selects_the_pods_of_any_workload() -> None:
    text = workload("{app: web}") + workload("{app: api, tier: back}", name="api") + service("{selector: {app: api}}")
    assert judge(r.dangling_service, text) == []


def test_a_service_that_selects_nothing_names_what_comes_closest() -> None:
    text = workload("{app: web, tier: front}") + service("{selector: {app: web, tier: back, zone: a}}")
    assert judge(r.dangling_service, text) == [
        (
            "Service selects no pods: no pod of the chart has the labels app=web, tier=back, zone=a"
            " (Deployment web has tier=front and has no zone);"
            " render the selector and the labels with one named template"
        )
    ]
    assert fields(r.dangling_service, text) == ["spec.selector"]


@pytest.mark.parametrize(
    "spec",
    [
        "{}",
        "{selector: {}}",
        "{selector: null}",
        "{type: ExternalName, externalName: acme.test, selector: {app: other}}",
        "{selector: {app: web, statefulset.kubernetes.io/pod-name: web-0}}",
        "{selector: {app: web, vault-active: 'true'}}",
    ],
)
def test_services_that_need_no_pods_of_the_chart(spec: str) -> None:
    assert judge(r.dangling_service, workload("{app: web}") + service(spec)) == []


def test_pods_of_an_operator_are_not_in_a_rendering() -> None:
    operated = "---\napiVersion: kafka.strimzi.io/v1\nkind: Kafka\nmetadata: {name: queue}\n"
    assert judge(r.dangling_service, service("{selector: {strimzi.io/name: queue}}") + operated) == []


def test_a_service_monitor_runs_no_pods() -> None:
    monitor = "---\napiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: web}\n"
    assert len(judge(r.dangling_service, service("{selector: {app: web}}") + monitor)) == 1


def test_namespaces_keep_services_and_pods_apart() -> None:
    here = service("{selector: {app: web}}")
    there = workload("{app: web}").replace("{name: web}", "{name: web, namespace: other}")
    assert len(judge(r.dangling_service, here + there)) == 1


def test_a_service_before_somebody_elses_pods() -> None:
    text = workload("{app: web}") + service("{selector: {k8s-app: kube-dns}}", metadata=", namespace: kube-system")
    assert judge(r.dangling_service, text) == []


def test_a_custom_workload_runs_pods() -> None:
    text = workload("{app: web}", kind="CloneSet").replace("apps/v1", "apps.kruise.io/v1alpha1")
    assert judge(r.dangling_service, text + service("{selector: {app: web}}")) == []


def test_another_service_kind() -> None:
    knative = service("{selector: {app: web}}").replace("apiVersion: v1", "apiVersion: serving.knative.dev/v1")
    assert judge(r.dangling_service, knative) == []


def ingress(backend: str, *, api: str = "networking.k8s.io/v1") -> str:
    return f"""---
apiVersion: {api}
kind: Ingress
metadata: {{name: web}}
spec:
  rules:
    - http:
        paths:
          - path: /
            backend: {backend}
"""


WEB = service("{ports: [{name: http, port: 80}, {port: 443}]}")


@pytest.mark.parametrize(
    "backend",
    [
        "{service: {name: web, port: {name: http}}}",
        "{service: {name: web, port: {number: 443}}}",
        "{resource: {kind: Bucket, name: files}}",
        "{service: {name: ssl-redirect, port: {name: use-annotation}}}",
    ],
)
def test_backends_that_exist(backend: str) -> None:
    assert judge(r.dangling_ingress, WEB + ingress(backend)) == []


@pytest.mark.parametrize(
    ("backend", "message", "field"),
    [
        (
            "{service: {name: api, port: {number: 80}}}",
            (
                'Ingress refers to Service "api", which the chart does not render;'
                " use the named template of the Service's name"
            ),
            "name",
        ),
        (
            "{service: {name: web, port: {number: 8080}}}",
            'Ingress refers to port 8080 of Service "web", which does not exist; use one of its ports: 80 (http), 443',
            "port.number",
        ),
        (
            "{service: {name: web, port: {name: https}}}",
            'Ingress refers to port https of Service "web", which does not exist; use one of its ports: 80 (http), 443',
            "port.name",
        ),
    ],
)
def test_backends_that_do_not_exist(backend: str, message: str, field: str) -> None:
    text = WEB + ingress(backend)
    assert judge(r.dangling_ingress, text) == [message]
    assert fields(r.dangling_ingress, text) == [f"spec.rules[0].http.paths[0].backend.service.{field}"]


def test_the_old_form_of_backends() -> None:
    old = ingress("{serviceName: web, servicePort: 8080}", api="networking.k8s.io/v1beta1")
    assert judge(r.dangling_ingress, WEB + old) == [
        'Ingress refers to port 8080 of Service "web", which does not exist; use one of its ports: 80 (http), 443'
    ]


def test_the_default_backend_counts() -> None:
    text = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\n"
    text += "spec: {defaultBackend: {service: {name: gone, port: {number: 80}}}}\n"
    assert judge(r.dangling_ingress, text) == [
        (
            'Ingress refers to Service "gone", which the chart does not render;'
            " use the named template of the Service's name"
        )
    ]


def test_a_service_without_ports_takes_any() -> None:
    external = service("{type: ExternalName, externalName: acme.test}")
    assert judge(r.dangling_ingress, external + ingress("{service: {name: web, port: {number: 80}}}")) == []


def test_gateway_routes_may_lead_into_another_namespace() -> None:
    route = """---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec: {rules: [{backendRefs: [{name: web, port: 80}, {name: a, namespace: shop, port: 80}, {name: gone, port: 80}]}]}
"""
    assert judge(r.dangling_ingress, WEB + route) == [
        (
            'HTTPRoute refers to Service "gone", which the chart does not render;'
            " use the named template of the Service's name"
        )
    ]


def scaler(target: str, *, kind: str = "HorizontalPodAutoscaler", field: str = "scaleTargetRef") -> str:
    return f"---\napiVersion: autoscaling/v2\nkind: {kind}\nmetadata: {{name: web}}\nspec: {{{field}: {target}}}\n"


def test_a_scaler_needs_the_kind_and_the_name() -> None:
    text = workload("{app: web}")
    assert judge(r.dangling_hpa, text + scaler("{kind: Deployment, name: web}")) == []
    assert judge(r.dangling_hpa, text + scaler("{kind: StatefulSet, name: web}")) == [
        'autoscaler refers to StatefulSet "web", which the chart does not render; use the kind and name of the workload'
    ]
    assert judge(r.dangling_hpa, text + scaler("{kind: Deployment, name: api}")) == [
        'autoscaler refers to Deployment "api", which the chart does not render; use the kind and name of the workload'
    ]


def test_other_scalers() -> None:
    text = workload("{app: web}")
    assert judge(r.dangling_hpa, text + scaler("{name: web}", kind="ScaledObject")) == []
    vertical = scaler("{kind: Deployment, name: api}", kind="VerticalPodAutoscaler", field="targetRef")
    assert judge(r.dangling_hpa, text + vertical) == [
        'autoscaler refers to Deployment "api", which the chart does not render; use the kind and name of the workload'
    ]


ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  parentRefs: [{name: shared}, {name: release-name-web}, {name: release-name-web, namespace: infra}]
  rules:
    - backendRefs: [{name: release-name-web, port: 80}]
      filters: [{type: RequestMirror, requestMirror: {backendRef: {name: release-name-shadow, port: 80}}}]
---
apiVersion: v1
kind: Service
metadata: {name: release-name-web}
spec: {ports: [{port: 80}]}
"""


def test_a_route_hangs_on_a_gateway_of_the_chart_or_of_the_cluster() -> None:
    rule = next(rule for rule in registry.rules() if rule.id == "helm/dangling-ingress")
    assert judge(rule, ROUTE) == [
        (
            'HTTPRoute refers to Gateway "release-name-web", which the chart does not render;'
            " use the named template of the Gateway's name"
        ),
        (
            'HTTPRoute refers to Service "release-name-shadow", which the chart does not render;'
            " use the named template of the Service's name"
        ),
    ]
    gateway = "---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: release-name-web}\n"
    assert "Gateway" not in " ".join(judge(rule, ROUTE + gateway))


@pytest.mark.parametrize(("contact", "most"), [("", Severity.NOTE), ("e-mail", None)])
def test_a_maintainer_without_an_address_is_a_note_unless_a_statement_wants_one(
    contact: str, most: Severity | None
) -> None:
    files = {"Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\nmaintainers:\n  - name: ops\n"}
    rule = c.chart_no_maintainers
    told = list(rule.check(chart_subject(rule, files, {"contact": contact})))
    assert [one.at_most for one in told if isinstance(one, Violation)] == [most]
