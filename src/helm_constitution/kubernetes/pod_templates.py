"""How each kind of object makes pods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.text.yaml_document import Path, View

_TEMPLATE: Path = ("spec", "template", "spec")


class PodTemplate(NamedTuple):
    """How a kind of object makes pods.

    ``specs`` are the paths of its pod specs, with ``*`` for every part of a list or map; each existing one creates
    pods. ``metadata`` is where the pods' metadata stands, None where that is beside the spec. ``replicated`` kinds keep
    several equal pods, ``ends`` says that the pods end by themselves, or may. The spec of a ``merged`` kind is an
    operator's own: a container there that has no image, or the name of one of ``own``, is merged into one that the
    operator makes. ``labels`` are those that the operator adds to the pods, with ``{name}`` for the object's name.
    """

    specs: tuple[Path, ...] = (_TEMPLATE,)
    metadata: Path | None = None
    replicated: bool = False
    ends: bool = False
    merged: bool = False
    own: frozenset[str] = frozenset()
    labels: tuple[tuple[str, str], ...] = ()


_REPLICATED = PodTemplate(replicated=True)


_KUBERNETES: Mapping[str, PodTemplate] = {
    "Pod": PodTemplate((("spec",),)),
    "PodTemplate": PodTemplate((("template", "spec"),)),
    "Deployment": _REPLICATED,
    "StatefulSet": _REPLICATED,
    "ReplicaSet": _REPLICATED,
    "ReplicationController": _REPLICATED,
    "DaemonSet": PodTemplate(),
    "Job": PodTemplate(ends=True),
    "CronJob": PodTemplate((("spec", "jobTemplate", *_TEMPLATE),), ends=True),
}
"""Kubernetes' own kinds, whatever their group's name was over time."""


def _prometheus_operator(name: str, label: str) -> PodTemplate:
    labels = (
        (label, "{name}"),
        ("app.kubernetes.io/name", name),
        ("app.kubernetes.io/instance", "{name}"),
        ("app.kubernetes.io/managed-by", "prometheus-operator"),
        ("operator.prometheus.io/name", "{name}"),
    )
    own = frozenset({name.removesuffix("-agent"), "config-reloader", "init-config-reloader", "thanos-sidecar"})
    return PodTemplate((("spec",),), ("spec", "podMetadata"), merged=True, own=own, labels=labels)


def _elastic(container: str, *specs: Path) -> PodTemplate:
    return PodTemplate(specs or (("spec", "podTemplate", "spec"),), merged=True, own=frozenset({container}))


_KNATIVE = PodTemplate()


_CUSTOM: Mapping[tuple[str, str], PodTemplate] = {
    ("apps.openshift.io", "DeploymentConfig"): _REPLICATED,
    ("argoproj.io", "Rollout"): _REPLICATED,
    ("batch.volcano.sh", "Job"): PodTemplate((("spec", "tasks", "*", "template", "spec"),), ends=True),
    ("elasticsearch.k8s.elastic.co", "Elasticsearch"): _elastic(
        "elasticsearch", ("spec", "nodeSets", "*", "podTemplate", "spec")
    ),
    ("kibana.k8s.elastic.co", "Kibana"): _elastic("kibana"),
    ("logstash.k8s.elastic.co", "Logstash"): _elastic("logstash"),
    ("jobset.x-k8s.io", "JobSet"): PodTemplate((("spec", "replicatedJobs", "*", "template", *_TEMPLATE),), ends=True),
    ("keda.sh", "ScaledJob"): PodTemplate((("spec", "jobTargetRef", "template", "spec"),), ends=True),
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"): PodTemplate(
        (
            ("spec", "leaderWorkerTemplate", "leaderTemplate", "spec"),
            ("spec", "leaderWorkerTemplate", "workerTemplate", "spec"),
        )
    ),
    ("monitoring.coreos.com", "Alertmanager"): _prometheus_operator("alertmanager", "alertmanager"),
    ("monitoring.coreos.com", "Prometheus"): _prometheus_operator("prometheus", "prometheus"),
    ("monitoring.coreos.com", "PrometheusAgent"): _prometheus_operator("prometheus-agent", "prometheus"),
    ("monitoring.coreos.com", "ThanosRuler"): _prometheus_operator("thanos-ruler", "thanos-ruler"),
    ("serving.knative.dev", "Service"): _KNATIVE,
    ("serving.knative.dev", "Configuration"): _KNATIVE,
    ("serving.knative.dev", "Revision"): PodTemplate((("spec",),)),
    ("apps.kruise.io", "CloneSet"): _REPLICATED,
    ("apps.kruise.io", "StatefulSet"): _REPLICATED,
    ("apps.kruise.io", "DaemonSet"): PodTemplate(),
    ("apps.kruise.io", "BroadcastJob"): PodTemplate(ends=True),
    ("apps.kruise.io", "AdvancedCronJob"): PodTemplate(
        (
            ("spec", "template", "jobTemplate", *_TEMPLATE),
            ("spec", "template", "broadcastJobTemplate", *_TEMPLATE),
        ),
        ends=True,
    ),
    ("apps.kruise.io", "UnitedDeployment"): PodTemplate(
        tuple(
            ("spec", "template", kind, *_TEMPLATE)
            for kind in (
                "deploymentTemplate",
                "statefulSetTemplate",
                "advancedStatefulSetTemplate",
                "cloneSetTemplate",
            )
        )
    ),
}
"""Custom kinds whose pods are known, by group and kind."""


UNKNOWN = PodTemplate((), ends=True, merged=True)
"""Any other custom resource: whatever pod templates it holds, see :func:`pod_specs_in`."""


_NO_PODS = frozenset(
    {
        "apiextensions.crossplane.io",
        "constraints.gatekeeper.sh",
        "kyverno.io",
        "mutations.gatekeeper.sh",
        "policies.kyverno.io",
        "templates.gatekeeper.sh",
    }
)
"""Groups whose resources hold patterns of other objects: what looks like a pod template there makes no pods."""


_KUBERNETES_GROUPS = frozenset({"", "apps", "batch", "extensions"})


def pod_template_of(group: str, kind: str) -> PodTemplate | None:
    """How a kind of object creates pods; None for a built-in kind that creates none."""
    if group in _KUBERNETES_GROUPS:
        return _KUBERNETES.get(kind)
    known = _CUSTOM.get((group, kind))
    if known is not None or group.endswith(".k8s.io") or group in ("autoscaling", "policy"):
        return known
    return None if group in _NO_PODS else UNKNOWN


def parts_at(view: View, path: Path) -> Iterator[View]:
    """The parts of an object that match a path."""
    for index, step in enumerate(path):
        if step == "*":
            parts = view.items() if view.is_list else (part for _, part in view.entries())
            for part in parts:
                yield from parts_at(part, path[index + 1 :])
            return
        view = view.get(step)
    if view.is_map:
        yield view


def pod_specs_in(view: View) -> Iterator[View]:
    """The pod specs in a custom resource, each with a list of containers of which one has an image: its own ``spec``,
    that of a Pod or of what is called a template in it, or what is called a pod's spec or template."""
    if "containers" in view.document.text and isinstance(view.data, dict):
        for key, part in view.data.items():
            if key not in ("metadata", "status"):
                for path in _pod_paths(part, (key,), is_pod=key == "spec"):
                    yield view.get(*path)


def _pod_paths(data: Any, path: Path, *, is_pod: bool = False) -> Iterator[Path]:
    if isinstance(data, list):
        for index, part in enumerate(data):
            yield from _pod_paths(part, (*path, index))
    elif isinstance(data, dict):
        if (is_pod or _is_pod_spec(path)) and _has_image(data.get("containers")):
            yield path
        for key, part in data.items():
            yield from _pod_paths(part, (*path, key), is_pod=key == "spec" and data.get("kind") == "Pod")


def _is_pod_spec(path: Path) -> bool:
    name = path[-1]
    if name == "spec":
        name = next((step for step in reversed(path[:-1]) if isinstance(step, str)), "")
        return name.lower().endswith("template")
    return isinstance(name, str) and name.lower() in ("podspec", "podtemplate", "podtemplatespec")


def _has_image(containers: Any) -> bool:
    return isinstance(containers, list) and any(
        isinstance(container, dict) and isinstance(container.get("image"), str) for container in containers
    )
