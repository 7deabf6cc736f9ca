"""An object as the API server passes it to admission: decoded, with Kubernetes' defaults, without dropped fields.

The defaults are those of ``k8s.io/kubernetes/pkg/apis/*/v1/defaults.go``, as far as charts leave them out; what is
dropped follows the ``omitempty`` of ``k8s.io/api``. Objects of custom kinds stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from helm_constitution.kubernetes.quantities import canonical_quantity
from helm_constitution.kubernetes.resources import is_built_in, is_cluster_scoped
from helm_constitution.text.yaml_scalars import Json

Map: TypeAlias = "dict[str, Json]"

_JOB_NAMES = ("batch.kubernetes.io/job-name", "job-name")
"""Labels of the pods of a job."""
_EMPTY_MAPS = frozenset(
    {"annotations", "binaryData", "data", "labels", "limits", "matchLabels", "nodeSelector", "overhead", "requests"}
)
_NO_FALSE = frozenset(
    {"hostIPC", "hostNetwork", "hostPID", "paused", "publishNotReadyAddresses", "readOnly", "stdin", "stdinOnce", "tty"}
)
_NO_TEXT = frozenset(
    {
        "clusterIP",
        "externalName",
        "hostname",
        "image",
        "loadBalancerIP",
        "namespace",
        "nodeName",
        "priorityClassName",
        "schedulerName",
        "serviceAccountName",
        "subPath",
        "subdomain",
        "value",
        "workingDir",
    }
)
_NO_ZERO = frozenset({"hostPort", "initialDelaySeconds", "minReadySeconds", "nodePort"})
_QUANTITIES = frozenset({"capacity", "hard", "limits", "overhead", "requests", "sizeLimit"})


def admitted(data: Json, group: str, kind: str, namespace: str) -> Map:
    """A copy of an object as admission sees it.

    Args:
        data: the object as rendered.
        group: its API group.
        kind: its kind.
        namespace: its namespace, if it is namespaced.
    """
    is_own = is_built_in(group)
    made = _copied(data, is_own)
    assert isinstance(made, dict)
    if not is_cluster_scoped(group, kind):
        _map(made, "metadata")["namespace"] = namespace
    if is_own and (fill := _KINDS.get(kind)) is not None:
        fill(made)
    return made


def _copied(data: Json, is_own: bool) -> Json:
    """The data as Go reads it from JSON; for Kubernetes' own kinds as Go writes it again."""
    if isinstance(data, dict):
        parts = {key: _copied(value, is_own) for key, value in data.items()}
        if not is_own:
            return parts
        for key in _QUANTITIES & parts.keys():
            parts[key] = _quantities(parts[key])
        return {key: value for key, value in parts.items() if not _is_dropped(key, value)}
    if isinstance(data, list):
        return [_copied(value, is_own) for value in data]
    return int(data) if isinstance(data, float) and data.is_integer() and abs(data) < 1e15 else data


def _quantities(data: Json) -> Json:
    """Resources in Kubernetes' own form: ``0.5`` is ``500m``."""
    if isinstance(data, dict):
        return {key: _quantities(value) for key, value in data.items()}
    is_text = isinstance(data, str | int | float) and not isinstance(data, bool)
    return (canonical_quantity(str(data)) or data) if is_text else data


def _is_dropped(key: str, value: Json) -> bool:
    if value is None:
        return True
    if isinstance(value, list):
        return not value and key != "containers"
    if isinstance(value, dict):
        return not value and key in _EMPTY_MAPS
    if isinstance(value, bool):
        return not value and key in _NO_FALSE
    return (value == "" and key in _NO_TEXT) or (value == 0 and key in _NO_ZERO)


def _map(parent: Map, key: str) -> Map:
    """A map in another one, created if it is missing; the object may contain anything there."""
    found = parent.setdefault(key, {})
    return found if isinstance(found, dict) else {}


def _maps(parent: Map, *keys: str) -> Iterator[Map]:
    """The maps of lists in a map."""
    for key in keys:
        found = parent.get(key)
        if isinstance(found, list):
            yield from (item for item in found if isinstance(item, dict))


def _default(target: Map, defaults: Mapping[str, Json]) -> None:
    for key, value in defaults.items():
        target.setdefault(key, value)


def _inner(target: Map, key: str) -> Map | None:
    found = target.get(key)
    return found if isinstance(found, dict) else None


def _pod_spec(spec: Map) -> None:
    _default(
        spec,
        {
            "restartPolicy": "Always",
            "dnsPolicy": "ClusterFirst",
            "schedulerName": "default-scheduler",
            "terminationGracePeriodSeconds": 30,
            "securityContext": {},
        },
    )
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if account:
        _default(spec, {"serviceAccountName": account, "serviceAccount": account})
    for container in _maps(spec, "containers", "initContainers", "ephemeralContainers"):
        _container(container)
    for volume in _maps(spec, "volumes"):
        _volume(volume)


def _container(container: Map) -> None:
    _default(
        container,
        {
            "imagePullPolicy": "Always" if _is_latest(str(container.get("image", ""))) else "IfNotPresent",
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
            "resources": {},
        },
    )
    for port in _maps(container, "ports"):
        _default(port, {"protocol": "TCP"})
    for variable in _maps(container, "env"):
        field = _inner(_inner(variable, "valueFrom") or {}, "fieldRef")
        if field is not None:
            _default(field, {"apiVersion": "v1"})
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if (probe := _inner(container, name)) is not None:
            _default(probe, {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3})
            _http_get(probe)
    lifecycle = _inner(container, "lifecycle") or {}
    for name in ("postStart", "preStop"):
        _http_get(_inner(lifecycle, name) or {})


def _http_get(handler: Map) -> None:
    if (request := _inner(handler, "httpGet")) is not None:
        _default(request, {"path": "/", "scheme": "HTTP"})
    if (request := _inner(handler, "grpc")) is not None:
        _default(request, {"service": ""})


def _is_latest(image: str) -> bool:
    name = image.rpartition("/")[2]
    return "@" not in name and name.partition(":")[2] in ("", "latest")


def _volume(volume: Map) -> None:
    if len(volume) == 1 and "name" in volume:
        volume["emptyDir"] = {}
    for name in ("secret", "configMap", "downwardAPI", "projected"):
        if (source := _inner(volume, name)) is not None:
            _default(source, {"defaultMode": 0o644})
    if (source := _inner(volume, "hostPath")) is not None:
        _default(source, {"type": ""})
    for source in _maps(_inner(volume, "projected") or {}, "sources"):
        if (token := _inner(source, "serviceAccountToken")) is not None:
            _default(token, {"expirationSeconds": 3600})


def _template(spec: Map) -> None:
    template = _map(spec, "template")
    _map(template, "metadata")
    _pod_spec(_map(template, "spec"))


def _pod(data: Map) -> None:
    spec = _map(data, "spec")
    _pod_spec(spec)
    _default(spec, {"enableServiceLinks": True})
    _default(spec, {"serviceAccountName": "default", "serviceAccount": "default"})
    for container in _maps(spec, "containers", "initContainers"):
        for port in _maps(container, "ports") if spec.get("hostNetwork") is True else ():
            _default(port, {"hostPort": port.get("containerPort")})
        resources = _map(container, "resources")
        if limits := _inner(resources, "limits"):
            _default(_map(resources, "requests"), limits)


def _deployment(data: Map) -> None:
    spec = _map(data, "spec")
    _template(spec)
    _default(spec, {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600})
    strategy = _map(spec, "strategy")
    _default(strategy, {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        _default(_map(strategy, "rollingUpdate"), {"maxUnavailable": "25%", "maxSurge": "25%"})


def _replica_set(data: Map) -> None:
    spec = _map(data, "spec")
    _template(spec)
    _default(spec, {"replicas": 1})


def _stateful_set(data: Map) -> None:
    spec = _map(data, "spec")
    _template(spec)
    _default(spec, {"replicas": 1, "revisionHistoryLimit": 10, "podManagementPolicy": "OrderedReady"})
    _default(_map(spec, "persistentVolumeClaimRetentionPolicy"), {"whenDeleted": "Retain", "whenScaled": "Retain"})
    strategy = _map(spec, "updateStrategy")
    if "type" not in strategy or (strategy["type"] == "RollingUpdate" and "rollingUpdate" in strategy):
        _default(_map(strategy, "rollingUpdate"), {"partition": 0})
    _default(strategy, {"type": "RollingUpdate"})
    for claim in _maps(spec, "volumeClaimTemplates"):
        _claim(claim)
        _default(claim, {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "status": {"phase": "Pending"}})


def _daemon_set(data: Map) -> None:
    spec = _map(data, "spec")
    _template(spec)
    _default(spec, {"revisionHistoryLimit": 10})
    strategy = _map(spec, "updateStrategy")
    _default(strategy, {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        _default(_map(strategy, "rollingUpdate"), {"maxUnavailable": 1, "maxSurge": 0})
    annotations = _map(_map(data, "metadata"), "annotations")
    _default(annotations, {"deprecated.daemonset.template.generation": "1"})


def _job(data: Map) -> None:
    spec = _map(data, "spec")
    _template(spec)
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    replaced = "Failed" if "podFailurePolicy" in spec else "TerminatingOrFailed"
    _default(spec, {"parallelism": 1, "backoffLimit": 6, "completionMode": "NonIndexed", "suspend": False})
    _default(spec, {"podReplacementPolicy": replaced, "manualSelector": False})
    name = _map(data, "metadata").get("name")
    _default(_map(_map(_map(spec, "template"), "metadata"), "labels"), dict.fromkeys(_JOB_NAMES, name))


def _cron_job(data: Map) -> None:
    spec = _map(data, "spec")
    template = _map(spec, "jobTemplate")
    _map(template, "metadata")
    _template(_map(template, "spec"))
    _default(spec, {"concurrencyPolicy": "Allow", "suspend": False})
    _default(spec, {"successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1})


def _service(data: Map) -> None:
    spec = _map(data, "spec")
    _default(spec, {"sessionAffinity": "None", "type": "ClusterIP"})
    if spec["type"] != "ExternalName":
        _default(spec, {"internalTrafficPolicy": "Cluster"})
    if spec["type"] in ("NodePort", "LoadBalancer"):
        _default(spec, {"externalTrafficPolicy": "Cluster"})
    if spec["type"] == "LoadBalancer":
        _default(spec, {"allocateLoadBalancerNodePorts": True})
    for port in _maps(spec, "ports"):
        _default(port, {"protocol": "TCP", "targetPort": port.get("port")})


def _secret(data: Map) -> None:
    import base64

    _default(data, {"type": "Opaque"})
    texts = data.pop("stringData", None)
    if isinstance(texts, dict):
        encoded = {key: base64.b64encode(str(text).encode()).decode() for key, text in texts.items()}
        _map(data, "data").update(encoded)


def _claim(data: Map) -> None:
    _default(_map(data, "spec"), {"volumeMode": "Filesystem"})


def _network_policy(data: Map) -> None:
    spec = _map(data, "spec")
    _default(spec, {"policyTypes": ["Ingress", *(["Egress"] if spec.get("egress") else [])]})
    for rule in _maps(spec, "ingress", "egress"):
        for port in _maps(rule, "ports"):
            _default(port, {"protocol": "TCP"})


def _role_binding(data: Map) -> None:
    group = "rbac.authorization.k8s.io"
    _default(_map(data, "roleRef"), {"apiGroup": group})
    for subject in _maps(data, "subjects"):
        if subject.get("kind") in ("User", "Group"):
            _default(subject, {"apiGroup": group})


def _role(data: Map) -> None:
    _default(data, {"rules": None})


def _webhooks(data: Map) -> None:
    for webhook in _maps(data, "webhooks"):
        _default(webhook, {"failurePolicy": "Fail", "matchPolicy": "Equivalent", "timeoutSeconds": 10})
        _default(webhook, {"namespaceSelector": {}, "objectSelector": {}})
        if data.get("kind") == "MutatingWebhookConfiguration":
            _default(webhook, {"reinvocationPolicy": "Never"})
        if (service := _inner(_inner(webhook, "clientConfig") or {}, "service")) is not None:
            _default(service, {"port": 443})
        for rule in _maps(webhook, "rules"):
            _default(rule, {"scope": "*"})


def _definition(data: Map) -> None:
    _default(_map(data, "spec"), {"conversion": {"strategy": "None"}})


def _autoscaler(data: Map) -> None:
    _default(_map(data, "spec"), {"minReplicas": 1})


def _storage_class(data: Map) -> None:
    _default(data, {"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"})


_KINDS: Mapping[str, Callable[[Map], None]] = {
    "ClusterRole": _role,
    "ClusterRoleBinding": _role_binding,
    "CronJob": _cron_job,
    "CustomResourceDefinition": _definition,
    "DaemonSet": _daemon_set,
    "Deployment": _deployment,
    "HorizontalPodAutoscaler": _autoscaler,
    "Job": _job,
    "MutatingWebhookConfiguration": _webhooks,
    "NetworkPolicy": _network_policy,
    "PersistentVolumeClaim": _claim,
    "Pod": _pod,
    "ReplicaSet": _replica_set,
    "Role": _role,
    "RoleBinding": _role_binding,
    "Secret": _secret,
    "Service": _service,
    "StatefulSet": _stateful_set,
    "StorageClass": _storage_class,
    "ValidatingWebhookConfiguration": _webhooks,
}
