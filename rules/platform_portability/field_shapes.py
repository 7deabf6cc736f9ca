"""Fields of Kubernetes' own kinds whose value has another shape than the API gives them."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from typing import NamedTuple

from helm_constitution.api import MUST, TEMPLATES, Manifest, Subject, View, Violation, require, rule

from .objects import STANDARD_KUBERNETES


class _Shape(NamedTuple):
    """What a field must be, in words; whether a view is; how to get there."""

    words: str
    fits: Callable[[View], bool]
    fix: str


_TEXT = _Shape("text", lambda view: view.string() is not None, "quote it")
_NUMBER = _Shape("a whole number", lambda view: view.integer() is not None, "render a number without quotes")
_FLAG = _Shape("true or false", lambda view: view.boolean() is not None, "render it without quotes")
_PORT = _Shape(
    "a whole number or text",
    lambda view: view.integer() is not None or view.string() is not None,
    "render one number or one text",
)
_LIST = _Shape("a list", lambda view: view.is_list, "render a list")
_MAP = _Shape("a map", lambda view: view.is_map, "render a map")

_SHAPES: Mapping[str, _Shape] = {
    "text": _TEXT,
    "printed": _TEXT,  # which values/unquoted-text has too
    "number": _NUMBER,
    "flag": _FLAG,
    "port": _PORT,
    "list": _LIST,
    "map": _MAP,
}

_Fields = Mapping[str, str]
"""The fields of a shape, with spaces between them; ``*`` stands for every item of a list or every value of a map."""

_OBJECT: _Fields = {
    "map": "metadata metadata.labels metadata.annotations",
    "text": "metadata.name metadata.generateName metadata.namespace",
}

_SECURITY: _Fields = {
    "map": "capabilities seccompProfile seLinuxOptions windowsOptions",
    "list": "capabilities.add capabilities.drop supplementalGroups sysctls",
    "flag": "privileged allowPrivilegeEscalation readOnlyRootFilesystem runAsNonRoot",
    "number": "runAsUser runAsGroup fsGroup",
    "text": "capabilities.add.* capabilities.drop.* seccompProfile.type procMount sysctls.*.name",
}

_CONTAINER: _Fields = {
    "text": "name image imagePullPolicy workingDir ports.*.name ports.*.protocol env.*.name"
    " volumeMounts.*.name volumeMounts.*.mountPath volumeMounts.*.subPath",
    "printed": "command.* args.* env.*.value",
    "list": "command args ports env envFrom volumeMounts volumeDevices",
    "map": "resources resources.limits resources.requests securityContext livenessProbe readinessProbe startupProbe"
    " lifecycle env.*.valueFrom",
    "number": "ports.*.containerPort ports.*.hostPort",
    "flag": "volumeMounts.*.readOnly",
}

_POD: _Fields = {
    "text": "serviceAccountName restartPolicy priorityClassName dnsPolicy schedulerName runtimeClassName"
    " volumes.*.name imagePullSecrets.*.name",
    "printed": "nodeSelector.*",
    "list": "containers initContainers volumes imagePullSecrets tolerations topologySpreadConstraints hostAliases",
    "map": "nodeSelector affinity securityContext containers.* initContainers.*",
    "flag": "hostNetwork hostPID hostIPC automountServiceAccountToken shareProcessNamespace enableServiceLinks",
    "number": "terminationGracePeriodSeconds activeDeadlineSeconds",
}

_WORKLOAD: _Fields = {"map": "spec.selector spec.selector.matchLabels", "number": "spec.replicas"}
_ROLE: _Fields = {
    "list": "rules rules.*.verbs rules.*.resources rules.*.apiGroups rules.*.resourceNames",
    "text": "rules.*.verbs.* rules.*.resources.* rules.*.apiGroups.* rules.*.resourceNames.*",
}
_BINDING: _Fields = {
    "map": "roleRef subjects.*",
    "list": "subjects",
    "text": "roleRef.kind roleRef.name subjects.*.kind subjects.*.name subjects.*.namespace",
}

_KINDS: Mapping[tuple[str, str], _Fields] = {
    ("apps", "Deployment"): _WORKLOAD,
    ("apps", "StatefulSet"): {**_WORKLOAD, "text": "spec.serviceName", "list": "spec.volumeClaimTemplates"},
    ("apps", "DaemonSet"): _WORKLOAD,
    ("batch", "CronJob"): {"text": "spec.schedule spec.concurrencyPolicy", "flag": "spec.suspend"},
    ("batch", "Job"): {"number": "spec.backoffLimit spec.ttlSecondsAfterFinished"},
    ("", "Service"): {
        "text": "spec.type spec.clusterIP spec.selector.* spec.ports.*.name spec.ports.*.protocol",
        "list": "spec.ports spec.loadBalancerSourceRanges spec.externalIPs",
        "map": "spec.selector spec.ports.*",
        "number": "spec.ports.*.port spec.ports.*.nodePort",
        "port": "spec.ports.*.targetPort",
    },
    ("networking.k8s.io", "Ingress"): {
        "list": "spec.rules spec.tls spec.rules.*.http.paths spec.tls.*.hosts",
        "text": "spec.ingressClassName spec.rules.*.host spec.tls.*.secretName spec.tls.*.hosts.*",
        "map": "spec.rules.*.http",
    },
    ("networking.k8s.io", "NetworkPolicy"): {
        "map": "spec.podSelector",
        "list": "spec.policyTypes spec.ingress spec.egress",
        "text": "spec.policyTypes.*",
    },
    ("policy", "PodDisruptionBudget"): {"port": "spec.minAvailable spec.maxUnavailable", "map": "spec.selector"},
    ("autoscaling", "HorizontalPodAutoscaler"): {
        "number": "spec.minReplicas spec.maxReplicas",
        "map": "spec.scaleTargetRef",
        "text": "spec.scaleTargetRef.kind spec.scaleTargetRef.name",
        "list": "spec.metrics",
    },
    ("rbac.authorization.k8s.io", "Role"): _ROLE,
    ("rbac.authorization.k8s.io", "ClusterRole"): _ROLE,
    ("rbac.authorization.k8s.io", "RoleBinding"): _BINDING,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _BINDING,
    ("", "ConfigMap"): {"map": "data binaryData", "printed": "data.*"},
    ("", "Secret"): {"map": "data stringData", "text": "type", "printed": "data.* stringData.*"},
    ("", "ServiceAccount"): {"flag": "automountServiceAccountToken", "list": "imagePullSecrets"},
    ("", "PersistentVolumeClaim"): {"list": "spec.accessModes", "text": "spec.accessModes.* spec.storageClassName"},
}

_CORE = frozenset({"", "apps", "batch"})
"""Where the pods of a kind have the shape that Kubernetes gives them; an operator may have its own."""


@rule(
    "portability/bad-field",
    scope=Manifest,
    default=MUST,
    needs={TEMPLATES},
    enforces=require(r"\bfields? (?:must )?(?:have|has|keep) (?:the|their) (?:right |expected )?(?:shape|type)s?\b"),
    umbrella=STANDARD_KUBERNETES + r"|\bvalid (?:kubernetes )?(?:manifests|resources|objects)\b",
    evidence="objects' fields have the types of the API",
    tests=True,
)
def bad_field(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """A field has a value of the wrong type.

    Why: helm renders any YAML; the API server rejects the whole object, and the release stops half installed.
    Bad:
        env:
          - name: PORT
            value: {{ .Values.port }}
    Good:
        env:
          - name: PORT
            value: {{ .Values.port | quote }}
    Fix: Quote what must be text, don't quote numbers and flags, and render lists and maps with `toYaml`.
    Source: Kubernetes API reference, the types of the fields; Helm documentation, "Quote Strings, Don't Quote Integers"
    """
    told = {"printed"} if subject.severity_of("values/unquoted-text") is not None else set()
    faults = list(_faults(manifest, told))
    if faults and not subject.given_by_values(manifest):
        for shape, view in faults:
            message = f"{_name(view)} must be {shape.words}, and is {_kind_of(view)}; {shape.fix}"
            yield Violation(message, at=view)


def _faults(manifest: Manifest, told: Container[str]) -> Iterator[tuple[_Shape, View]]:
    """The parts of an object that have another shape, without the fields of which another rule tells."""
    for view, fields in _described(manifest):
        for name, paths in fields.items():
            if name not in told:
                yield from _wrong(view, _SHAPES[name], paths)


def _described(manifest: Manifest) -> Iterator[tuple[View, _Fields]]:
    """The parts of an object, each with what is known of its fields."""
    yield manifest.view, _OBJECT
    yield manifest.view, _KINDS.get((manifest.group, manifest.kind), {})
    if manifest.group not in _CORE:
        return
    for workload in manifest.workloads:
        pod = workload.pod
        yield pod.view, _POD
        yield pod.security_context, _SECURITY
        for container in pod.all_containers:
            yield container.view, _CONTAINER
            yield container.security_context, _SECURITY


def _wrong(view: View, shape: _Shape, paths: str) -> Iterator[tuple[_Shape, View]]:
    """The parts of a map that have another shape; what is missing or null has any."""
    for path in paths.split():
        for part in _parts(view, path.split(".")):
            if part.data is not None and not shape.fits(part):
                yield shape, part


def _parts(view: View, steps: list[str]) -> Iterator[View]:
    for index, step in enumerate(steps):
        if step == "*":
            parts = view.items() if view.is_list else (part for _, part in view.entries())
            for part in parts:
                yield from _parts(part, steps[index + 1 :])
            return
        view = view.get(step)
    yield view


def _name(view: View) -> str:
    """A field by its last key, an item of a list with its place in it."""
    last = view.path[-1]
    return last if isinstance(last, str) else f"{view.path[-2]}[{last}]"


def _kind_of(view: View) -> str:
    if view.is_map:
        return "a map"
    if view.is_list:
        return "a list"
    if view.string() is not None:
        return "text"
    return "true or false" if view.boolean() is not None else "a number"
