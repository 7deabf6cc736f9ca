"""Rules of the module compat."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_constitution.kubernetes import versions as kubernetes
from helm_constitution.lint.rule import Violation
from helm_constitution.rules.backward_compatibility import api_versions, selectors, versions
from helm_constitution.rules.backward_compatibility import deprecations as deprecations_module
from helm_constitution.text.semver import parse_version
from tests.rules.support import chart_subject, fields, found, judge, judge_in, rendering


@pytest.mark.parametrize("version", ["1.2.3", "0.1.0", "1.2.3-rc.1", "1.2.3+build.5"])
def test_semantic_versions(version: str) -> None:
    assert found(versions.bad_version, {"Chart.yaml": f"name: web\nversion: {version}\n"}) == []


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ('"1.2"', 'version "1.2" is not a semantic version; set version to 1.2.0'),
        ("1.20", 'version "1.20" is not a semantic version; set version to 1.20.0'),
        ("3", 'version "3" is not a semantic version; set version to 3.0.0'),
        ("v1.2.3", 'version "v1.2.3" is not a semantic version; set version to 1.2.3'),
        ("01.2.3", 'version "01.2.3" is not a semantic version; set version to 1.2.3'),
        ("1.2.3.4", 'version "1.2.3.4" is not a semantic version; set version to MAJOR.MINOR.PATCH'),
        (
            "{{ version }}".replace("{", "[").replace("}", "]"),
            "Chart.yaml has no version; set version to MAJOR.MINOR.PATCH",
        ),
        ("", "Chart.yaml has no version; set version to MAJOR.MINOR.PATCH"),
    ],
)
def test_other_versions(written: str, message: str) -> None:
    chart = f"name: web\nversion: {written}\n"
    assert found(versions.bad_version, {"Chart.yaml": chart}) == [f"Chart.yaml:2 {message}"]


def test_no_version_at_all() -> None:
    expected = ["Chart.yaml:1 Chart.yaml has no version; set version to MAJOR.MINOR.PATCH"]
    assert found(versions.bad_version, {"Chart.yaml": "name: web\n"}) == expected


@given(st.text(max_size=20))
def test_a_version_is_accepted_where_semver_does(text: str) -> None:
    quoted = "".join(character for character in text if character.isprintable() and character not in "\\\"'")
    accepted = found(versions.bad_version, {"Chart.yaml": f'name: web\nversion: "{quoted}"\n'}) == []
    assert accepted is (parse_version(quoted) is not None)


def old_budget(kube_version: str | None, template: str = "") -> list[str]:
    chart = "name: web\nversion: 1.0.0\n" + (f'kubeVersion: "{kube_version}"\n' if kube_version else "")
    text = "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: web}\n"
    return judge_in(versions.removed_api, text, {"Chart.yaml": chart, "templates/x.yaml": template})


REMOVED = ["Kubernetes 1.25 no longer serves PodDisruptionBudget of policy/v1beta1; use policy/v1"]
DEPRECATED = ["PodDisruptionBudget of policy/v1beta1 is deprecated since Kubernetes 1.21; use policy/v1"]


@pytest.mark.parametrize(
    ("kube_version", "messages"),
    [
        (None, REMOVED),
        (">=1.19.0-0", REMOVED),
        ("^1.20", REMOVED),
        ("1.20 - 1.30", REMOVED),
        ("<1.22.0-0 || >=1.30", REMOVED),
        ("no constraint", REMOVED),
        # 1.19 and 1.20 don't serve the replacement yet: until 1.24 the old one is the one that works everywhere.
        (">=1.19.0-0 <1.25.0-0", []),
        (">=1.21.0-0, <1.25.0-0", DEPRECATED),
        ("1.24.x", DEPRECATED),
        ("<1.21", []),
    ],
)
def test_an_old_api_by_the_versions_that_the_chart_allows(kube_version: str | None, messages: list[str]) -> None:
    assert old_budget(kube_version) == messages


def test_an_api_version_that_the_cluster_is_asked_for() -> None:
    assert old_budget(None, "apiVersion: {{ .Capabilities.APIVersions.Has `policy/v1` }}\n") == []


def test_an_api_version_that_a_helper_asks_the_cluster_for() -> None:
    text = "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: web}\n"
    helper = '{{ define "api" }}{{ if .Capabilities.KubeVersion }}policy/v1{{ else }}policy/v1beta1{{ end }}{{ end }}'
    files = {"templates/x.yaml": 'apiVersion: {{ include "api" . }}\n', "templates/_helpers.tpl": helper}
    assert judge_in(versions.removed_api, text, files) == []


def test_apis_of_extensions_and_without_replacement() -> None:
    certificate = "apiVersion: cert-manager.io/v1alpha2\nkind: Certificate\nmetadata: {name: web}\n"
    policy = "---\napiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: web}\n"
    assert judge_in(versions.removed_api, certificate + policy) == [
        "Certificate of cert-manager.io/v1alpha2 was removed in cert-manager 1.6; use cert-manager.io/v1",
        (
            "Kubernetes 1.25 no longer serves PodSecurityPolicy of policy/v1beta1; remove the "
            "object: there is no replacement"
        ),
    ]


@pytest.mark.parametrize(
    ("constraint", "first", "last"),
    [
        (None, kubernetes.OLDEST_SUPPORTED, kubernetes.NEWEST),
        (">=1.19.0-0", 19, kubernetes.NEWEST),
        (">=1.25.3", 25, kubernetes.NEWEST),
        ("~1.25", 25, 25),
        ("<1.22", 0, 21),
        (">=1.99", kubernetes.OLDEST_SUPPORTED, kubernetes.NEWEST),
    ],
)
def test_the_minor_versions_that_a_chart_supports(constraint: str | None, first: int, last: int) -> None:
    minors = versions.allowed_minors(constraint)
    assert (minors[0], minors[-1]) == (first, last)


def test_the_table_of_old_apis_is_sound() -> None:
    for (api, _), old in api_versions.OLD_APIS.items():
        assert old.deprecated is not None or old.removed is not None, api
        if old.deprecated is not None and old.removed is not None:
            assert old.deprecated <= old.removed, api
        assert old.removed is None or old.component or old.removed <= kubernetes.NEWEST, api
        assert (old.replacement, "v1") not in {(key[0], "v1") for key in api_versions.OLD_APIS}, api


CHART = 'name: web\nversion: 1.2.0\nappVersion: "v2.8.1"\n'


def unstable(text: str, template: str = "", helpers: str = "") -> list[str]:
    files = {"Chart.yaml": CHART, "templates/x.yaml": template, "templates/_helpers.tpl": helpers}
    subject = chart_subject(selectors.unstable_selector, files, renderings=[rendering(text)])
    return [problem.message for problem in selectors.unstable_selector.check(subject) if isinstance(problem, Violation)]


def deployment(selector: str, *, kind: str = "Deployment", labels: str = "{}") -> str:
    return f"""apiVersion: apps/v1
kind: {kind}
metadata: {{name: web}}
spec:
  selector: {selector}
  template: {{metadata: {{labels: {labels}}}, spec: {{containers: [{{name: web}}]}}}}
"""


@pytest.mark.parametrize(
    ("label", "key", "changing"),
    [
        ("helm.sh/chart: web-0", "helm.sh/chart", "the chart version"),
        ("app.kubernetes.io/version: x", "app.kubernetes.io/version", "the app version"),
        ("chart: web-1.2.0", "chart", "the chart version"),
        ("version: 1.2.0", "version", "the chart version"),
        ("version: v2.8.1", "version", "the app version"),
        ("config: 0cc175b9c0f1b6a831c399e269772661", "config", "a checksum"),
    ],
)
def test_selectors_that_change(label: str, key: str, changing: str) -> None:
    text = deployment(f"{{matchLabels: {{app: web, {label}}}}}")
    assert unstable(text) == [
        (
            f"selector contains {changing} ({key}), and selectors are immutable: the next upgrade will fail; "
            f"remove {key} from the selector"
        )
    ]


@pytest.mark.parametrize("label", ["version: v2", "chart: web", "track: stable", "release: web-11.2.0", "build: cafe"])
def test_selectors_that_stay(label: str) -> None:
    assert unstable(deployment(f"{{matchLabels: {{app: web, {label}}}}}")) == []


def test_a_service_loses_the_pods_that_run() -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {version: v2.8.1}}\n"
    assert unstable(text) == [
        (
            "Service selector contains the app version (version), and an upgrade stops it from "
            "matching the running pods; remove version from the Service selector"
        )
    ]


def test_volume_claim_templates() -> None:
    claim = "  volumeClaimTemplates:\n    - metadata: {name: data, labels: {helm.sh/chart: web-1.2.0, app: web}}\n"
    assert unstable(deployment("{matchLabels: {app: web}}", kind="StatefulSet") + claim) == [
        (
            "volume claim template contains the chart version (helm.sh/chart), and claim templates are immutable: "
            "the next upgrade will fail; remove helm.sh/chart from the volume claim template"
        )
    ]


@pytest.mark.parametrize(
    ("kind", "name", "is_bad"),
    [
        ("ConfigMap", "web-1.2.0", True),
        ("ConfigMap", "web-1-2-0", True),
        ("ConfigMap", "web-v2.8.1-config", True),
        ("ConfigMap", "web-1.2.01", False),
        ("ConfigMap", "web-11.2.0", False),
        ("Job", "web-1.2.0", False),
        ("Pod", "web-1.2.0", False),
    ],
)
def test_names_with_versions(kind: str, name: str, is_bad: bool) -> None:
    assert bool(unstable(f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}}}\n")) is is_bad


@pytest.mark.parametrize(
    ("template", "messages"),
    [
        (
            "kind: Secret\nmetadata:\n  name: web-{{ randAlphaNum 5 | lower }}\n",
            ["object name comes from randAlphaNum and changes with every upgrade; use a fixed value"],
        ),
        (
            "kind: Secret\nmetadata:\n  name: web-{{ .Release.Revision }}\n",
            ["object name comes from .Release.Revision and changes with every upgrade; use a fixed value"],
        ),
        (
            "kind: Deployment\nspec:\n  selector:\n    matchLabels:\n      at: {{ now | date `2006` }}\n",
            ["selector label at comes from now and changes with every upgrade; use a fixed value"],
        ),
        (
            'kind: Secret\nmetadata:\n  name: {{ include "web.random" . }}\n',
            ['object name comes from uuidv4 via "web.random" and changes with every upgrade; use a fixed value'],
        ),
        ("kind: Job\nmetadata:\n  name: web-{{ .Release.Revision }}\n", []),
        (
            "kind: Secret\nmetadata:\n  name: a{{ .Release.Revision }}\n  annotations:\n    helm.sh/hook: test\n",
            [],
        ),
        ('kind: Secret\nmetadata:\n  name: a-{{ randAlpha 5 }}\n  annotations:\n    "helm.sh/hook": pre-install\n', []),
        ("kind: Secret\nmetadata:\n  name: do-it-now\ndata:\n  password: {{ randAlphaNum 20 | b64enc }}\n", []),
    ],
)
def test_values_that_only_the_template_shows(template: str, messages: list[str]) -> None:
    assert unstable("{}", template, '{{ define "web.random" }}{{ uuidv4 }}{{ end }}') == messages


def test_a_selector_of_other_pods() -> None:
    text = deployment("{matchLabels: {app: web, tier: front}}", labels="{app: api}")
    assert judge(selectors.selector_mismatch, text) == [
        "selector requires app: web, but the pod labels have app: api; render both from one named template",
        "selector requires tier: front, but the pod labels do not have tier; render both from one named template",
    ]
    assert fields(selectors.selector_mismatch, text) == [
        "spec.selector.matchLabels.app",
        "spec.selector.matchLabels.tier",
    ]


@pytest.mark.parametrize(
    ("expression", "matches"),
    [
        ("{key: app, operator: In, values: [web, api]}", True),
        ("{key: app, operator: In, values: [api]}", False),
        ("{key: app, operator: NotIn, values: [web]}", False),
        ("{key: zone, operator: NotIn, values: [web]}", True),
        ("{key: app, operator: Exists}", True),
        ("{key: zone, operator: Exists}", False),
        ("{key: app, operator: DoesNotExist}", False),
        ("{key: zone, operator: DoesNotExist}", True),
    ],
)
def test_match_expressions(expression: str, matches: bool) -> None:
    text = deployment(f"{{matchExpressions: [{expression}]}}", labels="{app: web}")
    assert (judge(selectors.selector_mismatch, text) == []) is matches


def test_an_empty_selector_is_rejected() -> None:
    assert judge(selectors.selector_mismatch, deployment("{matchLabels: {}}", labels="{app: web}")) == [
        "selector is empty, and Kubernetes rejects it; set matchLabels to the pod labels"
    ]


def test_a_missing_selector_is_helm_lints_to_say() -> None:
    assert judge(selectors.selector_mismatch, deployment("null", labels="{app: web}")) == []


def strategy(
    lines: str, *, kind: str = "Deployment", field: str = "strategy", more: str = "", replicas: int = 3
) -> list[str]:
    text = f"""apiVersion: apps/v1
kind: {kind}
metadata: {{name: web}}
spec:
  replicas: {replicas}
  {field}: {lines}
  template: {{metadata: {{labels: {{app: web}}}}, spec: {{containers: [{{name: web}}]{more}}}}}
"""
    return judge(selectors.update_strategy, text)


RECREATE = ["Recreate stops all pods before new ones start; set spec.strategy.type to RollingUpdate"]


def test_strategies() -> None:
    assert strategy("{type: Recreate}") == RECREATE
    assert strategy("{type: RollingUpdate}") == []
    assert strategy("{}") == []
    assert strategy("{rollingUpdate: {maxUnavailable: 100%}}") == [
        "maxUnavailable: 100% stops all pods at once; set it to a lower share"
    ]
    assert strategy("{type: OnDelete}", kind="StatefulSet", field="updateStrategy") == [
        "OnDelete leaves the old pods running after an upgrade; set spec.updateStrategy.type to RollingUpdate"
    ]
    assert strategy("{rollingUpdate: {maxUnavailable: 100%}}", kind="DaemonSet", field="updateStrategy") == []


@pytest.mark.parametrize(
    "more",
    [
        ", volumes: [{name: data, persistentVolumeClaim: {claimName: web}}]",
        ", volumes: [{name: data, hostPath: {path: /data}}]",
        ", hostNetwork: true",
        ", initContainers: [{name: a, ports: [{containerPort: 80, hostPort: 80}]}]",
    ],
)
def test_pods_that_can_not_run_side_by_side(more: str) -> None:
    assert strategy("{type: Recreate}", more=more) == []


def test_one_pod_counts_where_a_service_leads_to_it() -> None:
    assert strategy("{type: Recreate}", replicas=1) == []
    text = deployment("{}", labels="{app: web}").replace("spec:\n", "spec:\n  strategy: {type: Recreate}\n")
    service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}}\n"
    assert judge(selectors.update_strategy, text) == []
    assert judge(selectors.update_strategy, text + service) == RECREATE


def deprecations(values: str, **templates: str) -> tuple[list[str], list[str]]:
    files = {"values.yaml": values, **{f"templates/{name.replace('_', '.')}": text for name, text in templates.items()}}
    return found(deprecations_module.unmarked_deprecation, files), found(deprecations_module.silent_deprecation, files)


FAIL = '{{- if .Values.port }}{{ fail "port is deprecated: set service.port" }}{{ end }}'
UNMARKED = [
    (
        "values.yaml:2 value port is deprecated in a template but not in its comment; "
        'add "Deprecated" and the replacement to the comment'
    )
]
SILENT = [
    "values.yaml:2 setting the deprecated value port causes no warning; call fail or print a warning in NOTES.txt"
]


def test_a_value_that_templates_and_comment_agree_on() -> None:
    assert deprecations("# Deprecated, use service.port\nport: 1\n", x_yaml=FAIL) == ([], [])


def test_a_comment_that_says_nothing() -> None:
    assert deprecations("# Port of the server\nport: 1\n", x_yaml=FAIL) == (UNMARKED, [])


def test_a_template_that_says_nothing() -> None:
    template = "port: {{ .Values.port }}\n"
    assert deprecations("# DEPRECATED: use service.port\nport: 1\n", x_yaml=template) == ([], SILENT)
    assert deprecations("# Deprecated and without use\nport: 1\n", x_yaml="") == ([], [])


@pytest.mark.parametrize(
    "template",
    [
        "{{ if .Values.port }}\nkind: CustomResourceDefinition\ndescription: the field port is deprecated\n{{ end }}",
        "{{ if .Values.port }}{{/* TODO: deprecate port */}}{{ end }}",
        "{{ if .Values.port }}{{ if .Values.other }}{{ fail `port is deprecated` }}{{ end }}{{ end }}",
    ],
)
def test_words_about_something_else(template: str) -> None:
    assert deprecations("# Port\nport: 1\n", x_yaml=template)[0] == []


def test_notes_warn_of_the_value_that_they_name() -> None:
    notes = "{{ if and .Values.service.port $.Values.port }}WARNING: port is deprecated{{ end }}"
    assert deprecations("# Port\nport: 1\n", NOTES_txt=notes) == (UNMARKED, [])
    assert deprecations("# Port\nport: 1\n", NOTES_txt=notes.replace("port is", "policies are")) == ([], [])


def test_a_group_that_is_deprecated_as_a_whole() -> None:
    values = "# Deprecated\nserver:\n  # Port\n  port: 1\n"
    template = '{{ if .Values.server.port }}{{ fail "server.port is deprecated" }}{{ end }}'
    assert deprecations(values, x_yaml=template) == ([], [])


@pytest.mark.parametrize(
    ("comment", "is_marked"),
    [
        ("Deprecated: use service.port", True),
        ("DEPRECATED Port", True),
        ("Port of the server. This value is deprecated", True),
        ("Port; deprecated in favor of service.port", True),
        ("Class name; the annotation used before is deprecated by Kubernetes", False),
        ("Warn of deprecated options", False),
    ],
)
def test_comments_that_speak_of_their_own_key(comment: str, is_marked: bool) -> None:
    assert bool(deprecations(f"# {comment}\nport: 1\n", x_yaml="{{ .Values.port }}")[1]) is is_marked
