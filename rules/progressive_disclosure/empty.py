"""Empty defaults that land in fields which Kubernetes requires."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import MUST, TEMPLATES, Container, Manifest, PodSpec, Subject, View, Violation, require, rule

_REFERENCES = ("configMapKeyRef", "secretKeyRef")
_DIVIDERS = (":", "@", "/")


def _is_empty(view: View) -> bool:
    return view.data is None or view.data == ""


def _missing(view: View, *names: str) -> Iterator[View]:
    """The fields of a map that are empty; a map that isn't there lacks none."""
    if view.is_map:
        yield from (field for name in names if _is_empty(field := view.get(name)))


def _of_container(container: Container) -> Iterator[View]:
    view = container.view
    image = view.get("image")
    text = image.string() or ""
    if _is_empty(image) or text.startswith(_DIVIDERS) or text.endswith(_DIVIDERS) or "/:" in text:
        yield image
    yield from _missing(view, "name")
    for port in view.get("ports").items():
        yield from _missing(port, "containerPort")
    for variable in view.get("env").items():
        yield from _missing(variable, "name")
        for name in _REFERENCES:
            yield from _missing(variable.get("valueFrom", name), "name", "key")
    for source in view.get("envFrom").items():
        for name in ("configMapRef", "secretRef"):
            yield from _missing(source.get(name), "name")
    for mount in view.get("volumeMounts").items():
        yield from _missing(mount, "name", "mountPath")


def _of_pod(pod: PodSpec) -> Iterator[View]:
    for container in pod.all_containers:
        yield from _of_container(container)
    for volume in pod.get("volumes").items():
        yield from _missing(volume, "name")
        yield from _missing(volume.get("persistentVolumeClaim"), "claimName")
        yield from _missing(volume.get("configMap"), "name")
        yield from _missing(volume.get("secret"), "secretName")
        yield from _missing(volume.get("hostPath"), "path")
    for secret in pod.get("imagePullSecrets").items():
        yield from _missing(secret, "name")


def _of_object(manifest: Manifest) -> Iterator[View]:
    spec = manifest.get("spec")
    if _is_empty(manifest.get("metadata", "name")) and _is_empty(manifest.get("metadata", "generateName")):
        yield manifest.get("metadata", "name")
    match manifest.kind:
        case "Service":
            for port in spec.get("ports").items():
                yield from _missing(port, "port")
            if spec.get("type").string() == "ExternalName":
                yield from _missing(spec, "externalName")
        case "Ingress":
            for entry in spec.get("rules").items():
                for path in entry.get("http", "paths").items():
                    yield from _missing(path.get("backend", "service"), "name")
                    if manifest.api_version == "networking.k8s.io/v1":
                        yield from _missing(path, "pathType")
        case "CronJob":
            yield from _missing(spec, "schedule")
        case "HorizontalPodAutoscaler":
            yield from _missing(spec, "maxReplicas")
            yield from _missing(spec.get("scaleTargetRef"), "kind", "name")
        case "PersistentVolumeClaim":
            yield from _missing(spec.get("resources", "requests"), "storage")
        case "StatefulSet":
            for claim in spec.get("volumeClaimTemplates").items():
                yield from _missing(claim.get("spec", "resources", "requests"), "storage")
        case "StorageClass":
            yield from _missing(manifest.view, "provisioner")
        case "RoleBinding" | "ClusterRoleBinding":
            yield from _missing(manifest.get("roleRef"), "kind", "name")
            for subject in manifest.get("subjects").items():
                yield from _missing(subject, "kind", "name")


@rule(
    "disclosure/unguarded-empty",
    default=MUST,
    needs={TEMPLATES},
    scope=Manifest,
    enforces=(
        require(r"\bvalidate required values|required values\b.*\brequired function"),
        require(r"\bdefaults?\b.*\bworking (deployment|install)"),
    ),
    evidence="objects set the required names, images, ports and references",
    tests=True,
)
def unguarded_empty(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Required field is rendered empty.

    Why: Helm accepts it; the API server rejects the object, or a pod never starts, and no message names the missing
        value.
    Bad:
        image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"      (both are empty by default)
    Good:
        image: "{{ required "image.repository is required" .Values.image.repository }}:{{ .Values.image.tag }}"
    Fix: Give the value a default, or read it with `required` and a message that names it.
    Source: Kubernetes API reference, required fields; Helm documentation, "Using the 'required' function"
    """
    empty = list(_of_object(manifest))
    for workload in manifest.workloads:
        empty.extend(_of_pod(workload.pod))
    if empty and not subject.given_by_values(manifest):
        for view in empty:
            yield _problem(view)


def _problem(view: View) -> Violation:
    field = next(step for step in reversed(view.path) if isinstance(step, str))
    what = f'field {field} is "{view.data}"' if view.data else f"field {field} is empty"
    return Violation(f"{what}, but Kubernetes requires it; give the value a default or read it with required", view)
