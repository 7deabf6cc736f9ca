"""Pods that keep running with an old configuration."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    SHOULD,
    LazyPattern,
    Manifest,
    Parameter,
    Rendering,
    SetField,
    Subject,
    View,
    Violation,
    Workload,
    forbid,
    require,
    rule,
)

from .statements import BEST_PRACTICES

_HASH = LazyPattern(r"[0-9a-f]{32,64}\Z")


@rule(
    "helm/no-checksum",
    scope=Rendering,
    default=SHOULD,
    enforces=(
        require(
            r"\bchecksums?\b|\b(?:config(?:uration)?|config ?maps?|secrets?)\b"
            r".{0,60}(?<!without )(?<!without pod )\b(?:restart|roll)"
        ),
        forbid(r"\bstale config(?:uration)?\b"),
    ),
    umbrella=BEST_PRACTICES,
    parameters={
        "reloaders": Parameter("reload", "annotations with this word configure an operator that restarts the pods")
    },
)
def no_checksum(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Pods are not restarted when their configuration changes.

    Why: Environment variables and files mounted with subPath are read once, when a pod starts: `helm upgrade` changes
        the ConfigMap and reports success, but the pods keep running with the old settings.
    Bad:
        envFrom:
          - configMapRef:
              name: {{ include "web.fullname" . }}
    Good:
        template:
          metadata:
            annotations:
              checksum/config: {{ include (print $.Template.BasePath "/configmap.yaml") . | sha256sum }}
    Fix: Add the checksum of the template as a pod annotation. Jobs, pods with the annotation of a reloader, and empty
        or immutable ConfigMaps and Secrets are not reported.
        `fix --unsafe` adds the annotation, unless the same file renders the workload and the ConfigMap or Secret.
    Source: Helm documentation, Chart Development Tips and Tricks: Automatically Roll Deployments
    """
    for workload in rendering.workloads:
        if not workload.is_replicated and workload.kind != "DaemonSet":
            continue
        if workload.manifest.is_left_out or workload.pod.merged or _rolls(workload, subject.text("reloaders")):
            continue
        for name, source in _read_once(workload, rendering):
            how = "checksum/config" if source.kind == "ConfigMap" else "checksum/secret"
            yield Violation(
                f"{workload.kind} does not restart when {source} changes;"
                f" add the template's checksum as a pod annotation ({how})",
                at=name,
                fix=_fix(workload, source, how),
            )
            break


def _fix(workload: Workload, source: Manifest, annotation: str) -> SetField | None:
    """The checksum of the file that renders the ConfigMap or Secret. A file can't contain its own checksum."""
    folder, _, path = source.template.partition("/")
    if folder != "templates" or source.template == workload.manifest.template:
        return None
    checksum = f'{{{{ include (print $.Template.BasePath "/{path}") $ | sha256sum }}}}'
    return SetField(checksum, raw=True, field=workload.pod_metadata.get("annotations", annotation))


def _rolls(workload: Workload, reloader: str) -> bool:
    for place in (workload.pod_metadata.get("annotations"), workload.manifest.get("metadata", "annotations")):
        for key, view in place.entries():
            if "checksum" in key or "sha" in key or "hash" in key or reloader in key or _HASH.search(str(view.data)):
                return True
    return any(_HASH.search(str(label)) for label in workload.pod_labels.values())


def _read_once(workload: Workload, rendering: Rendering) -> Iterator[tuple[View, Manifest]]:
    """The ConfigMaps and Secrets of the chart that a pod reads only when it starts."""
    for kind, name in _names(workload):
        text = name.string()
        source = rendering.find(kind, text, workload.manifest.effective_namespace) if text else None
        if source is None or source.hooks or source.get("immutable").data is True:
            continue
        if any(source.get(field) for field in ("data", "stringData", "binaryData")):
            yield name, source


def _names(workload: Workload) -> Iterator[tuple[str, View]]:
    volumes = {volume.get("name").string(): volume for volume in workload.pod.get("volumes").items()}
    for container in workload.pod.all_containers:
        for source in container.field("envFrom").items():
            yield "ConfigMap", source.get("configMapRef", "name")
            yield "Secret", source.get("secretRef", "name")
        for variable in container.field("env").items():
            yield "ConfigMap", variable.get("valueFrom", "configMapKeyRef", "name")
            yield "Secret", variable.get("valueFrom", "secretKeyRef", "name")
        for mount in container.field("volumeMounts").items():
            volume = volumes.get(mount.get("name").string())
            if volume is not None and (mount.get("subPath") or mount.get("subPathExpr")):
                yield "ConfigMap", volume.get("configMap", "name")
                yield "Secret", volume.get("secret", "secretName")
