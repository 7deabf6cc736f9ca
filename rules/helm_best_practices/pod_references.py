"""The objects that pods need to start (ConfigMaps, Secrets and their keys, volumes), and their role bindings."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from helm_constitution.api import (
    MUST,
    Chart,
    Manifest,
    NamedTuple,
    Parameter,
    Rendering,
    Subject,
    Urgency,
    View,
    Violation,
    Workload,
    require,
    rule,
    walk,
)

from . import pod_sources
from .statements import CONSISTENT
from .targets import is_the_charts_own

# Kubernetes or the platform creates these in every namespace.
_GIVEN = frozenset({"kube-root-ca.crt", "openshift-service-ca.crt", "istio-ca-root-cert"})


class _Reference(NamedTuple):
    """A pod's reference to a ConfigMap, Secret or PersistentVolumeClaim, and to its keys."""

    kind: str
    name: View
    keys: tuple[View, ...] = ()


def _environment(workload: Workload) -> Iterator[_Reference]:
    for container in workload.pod.all_containers:
        for kind, reference in pod_sources.of_variables(container):
            yield _Reference(kind, reference.get("name"), (reference.get("key"),))
        for kind, reference in pod_sources.of_whole_environment(container):
            yield _Reference(kind, reference.get("name"))


def _pull_secrets(workload: Workload) -> Iterator[_Reference]:
    for entry in workload.pod.get("imagePullSecrets").items():
        yield _Reference("Secret", entry.get("name"))


def _volumes(workload: Workload) -> Iterator[_Reference]:
    for volume in workload.pod.get("volumes").items():
        for kind, reference in pod_sources.of_volumes([volume]):
            yield _Reference(kind, reference.get("secretName" if kind == "Secret" else "name"), _items(reference))
        for kind, reference in pod_sources.of_volumes(volume.get("projected", "sources").items()):
            yield _Reference(kind, reference.get("name"), _items(reference))
        claim = volume.get("persistentVolumeClaim", "claimName")
        if claim.exists:
            yield _Reference("PersistentVolumeClaim", claim)


def _items(reference: View) -> tuple[View, ...]:
    return tuple(item.get("key") for item in reference.get("items").items())


class _Provided:
    """The objects that exist, or will exist, besides the rendered ones."""

    def __init__(self, rendering: Rendering, subject: Subject) -> None:
        self._subject = subject
        self.rendering = rendering
        self._existing = subject.derived(_named_existing)

    def lacks(self, reference: _Reference, workload: Workload, *, strict: bool = False) -> bool:
        """Whether an object that a pod needs isn't rendered, and (unless ``strict``) nothing in the rendering seems to
        create it."""
        name = reference.name.string()
        if not name or name in _GIVEN or not (strict or is_the_charts_own(name, self.rendering)):
            return False
        if self.rendering.find(reference.kind, name, workload.manifest.effective_namespace) is not None:
            return False
        return strict or (name not in self._existing and name not in self._mentioned)

    @cached_property
    def _mentioned(self) -> str:
        """Every text of custom resources and of containers' settings: a Certificate's secret, a Job's arguments."""
        return "\n".join(self._subject.derived_from(manifest, _mentioned) for manifest in self.rendering.manifests)


def _mentioned(manifest: Manifest) -> str:
    texts: list[str] = []
    if manifest.workloads:
        for container in (each for one in manifest.workloads for each in one.pod.all_containers):
            for field in ("command", "args", "env"):
                texts += _texts(container.field(field), skip="valueFrom")
        texts += _claims(manifest)
    elif manifest.kind in ("ConfigMap", "Secret"):
        texts += _texts(manifest.get("data")) + _texts(manifest.get("stringData"))
    elif "." in manifest.group and not manifest.group.endswith(".k8s.io"):
        texts += _texts(manifest.view)
    return "\n".join(texts)


def _named_existing(chart: Chart) -> frozenset[str]:
    """The names of existing objects in the values (``existingSecret``)."""
    data = chart.values.data if chart.values is not None else {}
    return frozenset(
        value for path, value in walk(data) if path and isinstance(value, str) and "existing" in str(path[-1]).lower()
    )


def _claims(manifest: Manifest) -> Iterator[str]:
    """The names of the claims that a StatefulSet creates, without the pod's number."""
    for claim in manifest.get("spec", "volumeClaimTemplates").items():
        yield f"{claim.get('metadata', 'name').string()}-{manifest.name}-"


def _texts(view: View, skip: str = "") -> list[str]:
    return [
        text
        for part in view.walk()
        if (text := part.string()) is not None and (not skip or skip not in part.path[len(view.path) :])
    ]


_MADE_LATER = {
    "strict": Parameter(0, "Jobs, operators and users may create the object; 1 requires the chart to render it")
}


def _dangling(rendering: Rendering, kind: str, subject: Subject) -> Iterator[Violation]:
    """References to ConfigMaps or Secrets that nothing creates, in the environment or to pull images, each name once
    per workload."""
    provided = _Provided(rendering, subject)
    for workload in rendering.workloads:
        reported: set[str] = set()
        for reference in (*_environment(workload), *_pull_secrets(workload)):
            name = reference.name.string() or ""
            if reference.kind != kind or name in reported or workload.manifest.is_left_out:
                continue
            if provided.lacks(reference, workload, strict=bool(subject.number("strict"))):
                reported.add(name)
                yield Violation(
                    f'pod needs {kind} "{name}", which the chart does not render;'
                    " render it, or require its name as a value",
                    at=reference.name,
                )


@rule(
    "helm/dangling-config-ref",
    scope=Rendering,
    default=MUST,
    enforces=require(r"\bconfig ?maps?\b.{0,60}\b(?:exist|resolve|rendered)"),
    umbrella=CONSISTENT,
    parameters=_MADE_LATER,
    urgency=Urgency.BROKEN,
)
def dangling_config_ref(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Environment refers to a ConfigMap that the chart does not render.

    Why: The container never starts: CreateContainerConfigError.
    Bad:
        envFrom:
          - configMapRef:
              name: {{ include "web.fullname" . }}-env      # the ConfigMap is called …-config
    Good:
        envFrom:
          - configMapRef:
              name: {{ include "web.fullname" . }}-config
    Fix: Use the same named template for the reference and the ConfigMap's name, or set optional: true. A ConfigMap that
        is named only in the values of a scenario is not reported.
    Source: Kubernetes documentation, Configure a Pod to Use a ConfigMap; kube-linter env-value-from
    """
    yield from _dangling(rendering, "ConfigMap", subject)


@rule(
    "helm/dangling-secret-ref",
    scope=Rendering,
    default=MUST,
    enforces=require(r"\b(?:kubernetes )?secrets?\b.{0,40}(?<!only )\b(?:exist|resolve)\b"),
    umbrella=CONSISTENT,
    parameters=_MADE_LATER,
    urgency=Urgency.BROKEN,
)
def dangling_secret_ref(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Pod refers to a Secret that nothing creates.

    Why: The container never starts: CreateContainerConfigError if the Secret is for the environment, ImagePullBackOff
        if it is for pulling images.
    Bad:
        env:
          - name: PASSWORD
            valueFrom:
              secretKeyRef:
                name: {{ include "web.fullname" . }}-auth     # and no Secret of that name
                key: password
    Good:
        env:
          - name: PASSWORD
            valueFrom:
              secretKeyRef:
                name: {{ required "auth.existingSecret names the Secret" .Values.auth.existingSecret }}
                key: password
    Fix: Render the Secret, require its name as a value, or set optional: true.
    Source: Kubernetes documentation, Secrets; kube-linter env-value-from
    """
    yield from _dangling(rendering, "Secret", subject)


@rule(
    "helm/env-value-from",
    scope=Rendering,
    default=MUST,
    enforces=require(r"\bkeys?\b.{0,40}\b(?:config ?maps?|secrets?)\b.{0,40}\bexist"),
    umbrella=CONSISTENT,
    urgency=Urgency.BROKEN,
)
def env_value_from(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Reference to a key that the ConfigMap or Secret does not have.

    Why: The container never starts: "couldn't find key … in ConfigMap".
    Bad:
        valueFrom:
          configMapKeyRef:
            name: web
            key: log_level       # the ConfigMap has logLevel
    Good:
        valueFrom:
          configMapKeyRef:
            name: web
            key: logLevel
    Fix: Use a key of the ConfigMap or Secret that the chart renders, or set optional: true.
    Source: Kubernetes documentation, Define Container Environment Variables Using ConfigMap Data; kube-linter
        env-value-from
    """
    for workload in rendering.workloads:
        if workload.manifest.is_left_out:
            continue
        for reference in (*_environment(workload), *_volumes(workload)):
            name = reference.name.string() or ""
            source = rendering.find(reference.kind, name, workload.manifest.effective_namespace)
            present = _keys(source) if source is not None else None
            for key in reference.keys:
                if present and key.string() is not None and key.scalar() not in present:
                    yield Violation(
                        f'{reference.kind} "{name}" has no key {key.data};'
                        f" use one of its keys: {', '.join(sorted(present))}",
                        at=key,
                    )


def _keys(source: Manifest) -> set[str]:
    """The keys of a ConfigMap or Secret; empty where something else fills it in later."""
    return {key for field in ("data", "binaryData", "stringData") for key, _ in source.get(field).entries()}


@rule(
    "helm/dangling-volume",
    scope=Rendering,
    default=MUST,
    enforces=require(r"\bvolumes?\b.{0,60}\b(?:exist|resolve|declared|defined)"),
    umbrella=CONSISTENT,
    urgency=Urgency.BROKEN,
)
def dangling_volume(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Volume is not defined, or its source does not exist.

    Why: Kubernetes rejects a pod that mounts an undefined volume. If a volume's ConfigMap, Secret or claim doesn't
        exist, the pod waits forever (ContainerCreating).
    Bad:
        volumeMounts:
          - name: data
            mountPath: /data
        volumes: []
    Good:
        volumeMounts:
          - name: data
            mountPath: /data
        volumes:
          - name: data
            emptyDir: {}
    Fix: Render the volume and its mount under the same condition, and build both names with one named template.
    Source: Kubernetes documentation, Volumes
    """
    provided = _Provided(rendering, subject)
    for workload in rendering.workloads:
        if workload.manifest.is_left_out:
            continue
        for name in workload.unknown_mounts:
            message = f'volume "{name.data}" is mounted but not defined; add it to the volumes of the pod'
            yield Violation(message, at=name)
        for reference in _volumes(workload):
            if provided.lacks(reference, workload):
                message = (
                    f'volume needs {reference.kind} "{reference.name.data}", which the chart does not render;'
                    " render it, or require its name as a value"
                )
                yield Violation(message, at=reference.name)


_BINDINGS = ("RoleBinding", "ClusterRoleBinding")


@rule(
    "helm/dangling-service-account",
    scope=Rendering,
    default=MUST,
    enforces=require(r"\b(?:role ?)?bindings?\b.{0,40}\b(?:subjects?|service ?accounts?)\b.{0,30}\bexist"),
    umbrella=CONSISTENT,
    urgency=Urgency.BROKEN,
)
def dangling_service_account(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Role is bound to a service account that the chart does not create.

    Why: The pods run as another account, and the API server denies their requests; anyone who later creates an account
        with that name gets the permissions.
    Bad:
        subjects:
          - kind: ServiceAccount
            name: {{ include "web.fullname" . }}      # the account is called …-server
    Good:
        subjects:
          - kind: ServiceAccount
            name: {{ include "web.serviceAccountName" . }}
            namespace: {{ .Release.Namespace }}
    Fix: Use the named template of the service account's name, and render the binding only together with the account.
    Source: Kubernetes documentation, Using RBAC Authorization: Referring to subjects
    """
    for binding in rendering.of_kind(*_BINDINGS):
        for entry in binding.get("subjects").items():
            name = entry.get("name").string()
            namespace = entry.get("namespace").string() or binding.effective_namespace
            # An account with another name or namespace is not the chart's: a monitoring system's, for example.
            if (
                not name
                or rendering.release_name not in name
                or namespace != rendering.namespace
                or binding.is_left_out
            ):
                continue
            if entry.get("kind").data == "ServiceAccount" and rendering.find("ServiceAccount", name, namespace) is None:
                yield Violation(
                    f'binding refers to service account "{name}", which the chart does not create;'
                    " create it, or bind the account of the pods",
                    at=entry.get("name"),
                )


@rule(
    "helm/dangling-role-binding",
    scope=Rendering,
    default=MUST,
    enforces=require(r"\b(?:role ?)?bindings?\b.{0,40}\broles?\b.{0,30}\b(?:exist|rendered)"),
    umbrella=CONSISTENT,
)
def dangling_role_binding(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Binding refers to a role that the chart does not render.

    Why: Kubernetes accepts the binding, but it grants nothing: the API server denies the requests of the pods.
    Bad:
        roleRef:
          kind: ClusterRole
          name: {{ include "web.fullname" . }}      # the chart renders a Role
    Good:
        roleRef:
          kind: Role
          name: {{ include "web.fullname" . }}
    Fix: Use the role's own kind and name in roleRef, and render both under one condition.
    Source: Kubernetes documentation, Using RBAC Authorization: RoleBinding and ClusterRoleBinding
    """
    for binding in rendering.of_kind(*_BINDINGS):
        kind, name = binding.get("roleRef", "kind").string(), binding.get("roleRef", "name").string()
        # A role without the release name in its own belongs to the cluster: view, system:auth-delegator, …
        if not kind or not name or rendering.release_name not in name or binding.is_left_out:
            continue
        if not any(
            role.name == name and (kind == "ClusterRole" or role.effective_namespace == binding.effective_namespace)
            for role in rendering.of_kind(kind)
        ):
            yield Violation(
                f'binding refers to {kind} "{name}", which the chart does not render;'
                " use the kind and name of the role",
                at=binding.get("roleRef", "name"),
            )
