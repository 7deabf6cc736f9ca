"""What mutations put in: values of wrong shapes, template actions, texts, and Kubernetes objects to spoil."""

from __future__ import annotations

ODD_VALUES = (
    "null",
    "~",
    '""',
    "[]",
    "{}",
    "true",
    "0",
    "-1",
    "1.5",
    "1e400",
    ".nan",
    "-.inf",
    "0o17",
    "0x1F",
    "1:30",
    "2024-01-01",
    "'='",
    "<<",
    "!!binary aGk=",
    "!!set {a, b}",
    "!!float 1",
    "!!python/object:os.system x",
    "&a [*a]",
    "*nowhere",
    "[[], [[]], {}]",
    "{a: {b: {c: {d: {}}}}}",
    "[1, a, null, true]",
    "{? [a, b] : c}",
    "{1: a, true: b, null: c}",
    "'{{ .Values.x }}'",
    "{{ .Release.Name }}",
    '"{{ include \\"nowhere\\" . }}"',
    '"\\u202e\\u0007\\ud83d\\ude00"',
    "'::error::x'",
    "'<b>&amp;</b>'",
    "'@team #1 [a](http://b)'",
    "9" * 400,
    "'" + "a" * 70000 + "'",
    "[" * 60 + "]" * 60,
    "|\n      text\n    more",
    ">-\n  folded",
    "'unclosed",
    "a: b: c",
    "\ttab",
    "- x",
    "# nothing",
    "postgres://user:secretpassword@host/db",
    "''",
    "é\u2028ü",
)
"""YAML of every shape, valid or not."""

ODD_JSON: tuple[object, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    10**30,
    "",
    " ",
    "x",
    "a\nb",
    "{{x}}",
    "5",
    "é\u202e",
    "x" * 300,
    [],
    [None],
    [[]],
    [{}],
    ["a", 1, None],
    {},
    {"": ""},
    {"a": None},
    {"a": [1]},
    {"matchNames": [{}]},
    {"name": []},
    {"$ref": "#"},
)
"""Values that no field of an object is ready for."""

ACTIONS = (
    "{{ .Values.nowhere.at.all }}",
    "{{ required `give x` .Values.x }}",
    '{{ fail "no" }}',
    "{{ if }}",
    "{{ end }}",
    "{{ else }}",
    "{{ range $i, $v := .Values }}{{ $i }}: {{ $v }}{{ end }}",
    "{{ with .Values }}{{ . }}{{ end }}",
    "{{ include (printf `%s` .Chart.Name) . }}",
    '{{ include "self" . }}{{ define "self" }}{{ include "self" . }}{{ end }}',
    "{{ tpl (toYaml .Values) . }}",
    "{{ .Files.Get `README.md` }}",
    "{{ .Files.Glob `**` | toYaml }}",
    "{{ lookup `v1` `Secret` `` `` }}",
    "{{ .Capabilities.APIVersions.Has `a/v1` }}",
    "{{ semverCompare `>=x` .Chart.Version }}",
    "{{ regexMatch `(a+)+$` `aaaaaaaaaaaaaaaaaaaa!` }}",
    "{{ index .Values 3 }}",
    "{{ $x := dict }}{{ range until 30 }}{{ $x = dict `a` $x `b` $x }}{{ end }}{{ $x | len }}",
    "{{ range until 200000 }}x{{ end }}",
    "{{- /* a comment",
    "{{ `raw",
    "{{ toYaml .Values | nindent 400 }}",
    "{{ $ }}",
    "{{ template `nowhere` }}",
    "{{ break }}",
    "{{ .Values.a | default dict | merge .Values.b }}",
    "{{ randAlphaNum 5 }}",
    "{{ 1 | div 0 }}",
    '{{ fromYaml "a: [" }}',
    "{{" * 50,
    "}}",
    "\x00",
    "---\n---\n",
    "---\nkind: List\napiVersion: v1\nitems: [1, [], {}, null]\n",
    "{{ define `a` }}{{ define `b` }}{{ end }}{{ end }}",
    "{{ .Values.list | first }}",
    "{{ if and (eq 1 `1`) .Values.a }}x: y{{ end }}",
    "# helm-constitution: ignore\n# constitution: waive security/privileged because x\n",
)
"""Template text of every sort, valid or not."""

TEXTS = (
    "",
    "\ufeff",
    "\r",
    "\x00",
    "\udcff",
    "# " * 400,
    "| a | b |\n|---|\n| c |",
    "```\nunclosed",
    "<!-- unclosed",
    "<a " * 300,
    "[a](" * 300,
    "`" * 301,
    "***" * 200,
    "> " * 300,
    "![x](data:image/png;base64," + "A" * 3000 + ")",
    "| Key | Default |\n|-----|---------|\n| a[9999999999999999] | x |\n| `a.b\\|c` | `{}` |",
    "Containers MUST NOT run as root. <!-- rules: security/root-user -->",
    "Values MUST NOT nest deeper than 99999999999999999999 levels.",
    "<!-- rules: nowhere/at-all -->",
    "## Security\n## Security\n",
    "MUST",
    "- **MUST**:",
    "\u2028::error::x\u2028",
    "- - - - [ ] **x**: y",
    "---\na: [\n---\n",
    "{}",
    "[]",
    "x" * 20000,
)
"""Lines of Markdown and other text."""

_POD: dict[str, object] = {
    "serviceAccountName": "a",
    "automountServiceAccountToken": True,
    "hostNetwork": True,
    "securityContext": {
        "runAsNonRoot": True,
        "runAsUser": 1,
        "fsGroup": 1,
        "seccompProfile": {"type": "RuntimeDefault"},
    },
    "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "x"}]}},
    "topologySpreadConstraints": [
        {"maxSkew": 1, "topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "a"}}}
    ],
    "volumes": [
        {"name": "a", "hostPath": {"path": "/"}},
        {"name": "b", "secret": {"secretName": "s", "items": [{"key": "k", "path": "p"}]}},
        {"name": "c", "projected": {"sources": [{"configMap": {"name": "a"}}]}},
    ],
    "initContainers": [{"name": "i", "image": "busybox"}],
    "containers": [
        {
            "name": "web",
            "image": "registry.example.org/web:1.2@sha256:" + "a" * 64,
            "imagePullPolicy": "Always",
            "command": ["sh", "-c", "run"],
            "args": ["--password=secret"],
            "ports": [{"name": "http", "containerPort": 80, "hostPort": 80, "protocol": "TCP"}],
            "env": [
                {"name": "A", "value": "b"},
                {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
                {"name": "C", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            ],
            "envFrom": [{"configMapRef": {"name": "a"}}],
            "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": 2, "memory": "2Gi"}},
            "livenessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 1},
            "readinessProbe": {"tcpSocket": {"port": 80}},
            "securityContext": {
                "privileged": True,
                "capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]},
                "readOnlyRootFilesystem": True,
            },
            "volumeMounts": [{"name": "a", "mountPath": "/a", "subPath": "x"}],
            "lifecycle": {"preStop": {"exec": {"command": ["sleep", "1"]}}},
        }
    ],
}
_TEMPLATE: dict[str, object] = {"metadata": {"labels": {"app": "a"}, "annotations": {"a": "b"}}, "spec": _POD}
_SELECTOR: dict[str, object] = {
    "matchLabels": {"app": "a"},
    "matchExpressions": [{"key": "x", "operator": "In", "values": ["a"]}],
}
_PEER: dict[str, object] = {
    "podSelector": _SELECTOR,
    "namespaceSelector": {},
    "ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]},
}

OBJECTS: tuple[tuple[str, str, dict[str, object]], ...] = (
    (
        "apps/v1",
        "Deployment",
        {"spec": {"replicas": 2, "selector": _SELECTOR, "strategy": {"type": "Recreate"}, "template": _TEMPLATE}},
    ),
    (
        "apps/v1",
        "StatefulSet",
        {
            "spec": {
                "serviceName": "a",
                "selector": _SELECTOR,
                "template": _TEMPLATE,
                "volumeClaimTemplates": [{"metadata": {"name": "d"}}],
            }
        },
    ),
    (
        "batch/v1",
        "CronJob",
        {"spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {"backoffLimit": 1, "template": _TEMPLATE}}}},
    ),
    ("batch/v1", "Job", {"spec": {"template": _TEMPLATE}}),
    ("v1", "Pod", {"spec": _POD}),
    (
        "v1",
        "Service",
        {
            "spec": {
                "type": "LoadBalancer",
                "selector": {"app": "a"},
                "ports": [{"name": "http", "port": 80, "targetPort": "http", "nodePort": 30000}],
            }
        },
    ),
    ("v1", "ConfigMap", {"data": {"a": "password: hunter2", "b": "{}"}, "binaryData": {"c": "aGk="}}),
    ("v1", "Secret", {"type": "Opaque", "data": {"password": "aGVsbG8="}, "stringData": {"token": "abcdef0123456789"}}),
    ("v1", "ServiceAccount", {"automountServiceAccountToken": True, "secrets": [{"name": "a"}]}),
    (
        "v1",
        "PersistentVolumeClaim",
        {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}},
    ),
    ("v1", "List", {"items": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}}]}),
    (
        "rbac.authorization.k8s.io/v1",
        "ClusterRole",
        {
            "rules": [{"apiGroups": ["*"], "resources": ["secrets"], "verbs": ["*"], "resourceNames": ["a"]}],
            "aggregationRule": {"clusterRoleSelectors": [_SELECTOR]},
        },
    ),
    (
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        {"roleRef": {"kind": "ClusterRole", "name": "admin"}, "subjects": [{"kind": "ServiceAccount", "name": "a"}]},
    ),
    (
        "networking.k8s.io/v1",
        "NetworkPolicy",
        {
            "spec": {
                "podSelector": _SELECTOR,
                "policyTypes": ["Ingress"],
                "ingress": [{"from": [_PEER], "ports": [{"port": 80}]}],
                "egress": [{"to": [_PEER]}],
            }
        },
    ),
    (
        "networking.k8s.io/v1",
        "Ingress",
        {
            "spec": {
                "tls": [{"hosts": ["a"], "secretName": "b"}],
                "rules": [
                    {
                        "host": "a",
                        "http": {
                            "paths": [
                                {
                                    "path": "/",
                                    "pathType": "Prefix",
                                    "backend": {"service": {"name": "a", "port": {"name": "http"}}},
                                }
                            ]
                        },
                    }
                ],
            }
        },
    ),
    ("policy/v1", "PodDisruptionBudget", {"spec": {"selector": _SELECTOR, "minAvailable": "100%"}}),
    (
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        {
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"},
                "minReplicas": 1,
                "maxReplicas": 3,
                "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization"}}}],
            }
        },
    ),
    (
        "monitoring.coreos.com/v1",
        "ServiceMonitor",
        {
            "spec": {
                "selector": _SELECTOR,
                "namespaceSelector": {"matchNames": ["a"]},
                "endpoints": [{"port": "http", "path": "/metrics", "interval": "30s"}],
            }
        },
    ),
    (
        "monitoring.coreos.com/v1",
        "PrometheusRule",
        {
            "spec": {
                "groups": [
                    {
                        "name": "a",
                        "rules": [
                            {
                                "alert": "A",
                                "expr": "up == 0",
                                "for": "5m",
                                "labels": {"severity": "page"},
                                "annotations": {"summary": "x"},
                            }
                        ],
                    }
                ]
            }
        },
    ),
    (
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        {
            "spec": {
                "group": "a.example.org",
                "names": {"kind": "A", "plural": "as"},
                "scope": "Namespaced",
                "versions": [
                    {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
                ],
            }
        },
    ),
    (
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
        {
            "webhooks": [
                {
                    "name": "a.b.c",
                    "failurePolicy": "Fail",
                    "clientConfig": {"service": {"name": "a", "namespace": "b"}},
                    "rules": [{"operations": ["*"]}],
                }
            ]
        },
    ),
    ("serving.knative.dev/v1", "Service", {"spec": {"template": _TEMPLATE}}),
    ("argoproj.io/v1alpha1", "Rollout", {"spec": {"selector": _SELECTOR, "template": _TEMPLATE}}),
    ("extensions/v1beta1", "Ingress", {"spec": {"backend": {"serviceName": "a", "servicePort": 80}}}),
)
"""apiVersion, kind and the rest of an object of which each part may be spoilt."""

SCHEMAS = (
    "[]",
    "5",
    '"x"',
    "null",
    "{",
    '{"$ref": "#"}',
    '{"$id": 5}',
    '{"$schema": 5, "$ref": []}',
    '{"type": ["object", 5]}',
    '{"properties": []}',
    '{"properties": {"a": 5, "b": {"$ref": "#/definitions/b"}}, "definitions": {"b": {"$ref": "#/properties/b"}}}',
    '{"properties": {"a": {"pattern": "^(a+)+$"}}, "required": "a"}',
    '{"properties": {"a": {"minLength": 200000000, "enum": [], "type": "string"}}}',
    '{"additionalProperties": {"allOf": 5, "anyOf": [], "not": null}}',
    '{"properties": {"a": {"maximum": 1e400, "minimum": ' + "9" * 5000 + "}}}",
    '{"$ref": "https://schemas.example.org/x.json"}',
    '{"$ref": "../../../../etc/passwd"}',
    '{"properties": {"a": {"pattern": "("}}}',
    '{"$defs": {"a": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}',
    '{"items": {"type": "string"}, "properties": {"a": {"default": {}, "deprecated": "yes"}}}',
    "{" + '"a": {' * 200 + "}" * 200 + "}",
)
"""values.schema.json of every shape."""
