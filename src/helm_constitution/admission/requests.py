"""Requests to the API server, as a rendering makes them, and what files tell about the cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from helm_constitution.admission.admitted import admitted
from helm_constitution.admission.evaluation import Request
from helm_constitution.admission.matching import CREATE, Target
from helm_constitution.admission.policies import Binding, Policy
from helm_constitution.cel.programs import Unevaluable
from helm_constitution.kubernetes.resources import is_cluster_scoped, resource_of
from helm_constitution.text.yaml_document import View, YamlDocument
from helm_constitution.text.yaml_scalars import Json

if TYPE_CHECKING:
    from helm_constitution.kubernetes.manifests import Manifest, Rendering, Workload


def request_of(manifest: Manifest, operation: str, namespaces: KnownNamespaces) -> Request:
    """The request that creates (or updates) a rendered object."""
    group, kind = manifest.group, manifest.kind
    namespace = "" if is_cluster_scoped(group, kind) else manifest.effective_namespace
    version = manifest.api_version.rpartition("/")[2]
    # A namespace's own request names it as its namespace.
    within = manifest.name if kind == "Namespace" and not group else namespace
    target = Target(group, version, kind, resource_of(kind), manifest.name, within, operation, manifest.labels)
    known = namespaces.object_of(namespace) if namespace else None
    data = admitted(manifest.view.data, group, kind, namespace)
    return Request(target, data, None, known, is_namespace_known=known is not None or kind == "Namespace")


_OWNERS = {"CronJob": ("batch/v1", "Job"), "Deployment": ("apps/v1", "ReplicaSet")}
"""What makes the pods of a kind, where that is not the object itself."""


def pod_request_of(workload: Workload, namespaces: KnownNamespaces) -> Request:
    """The request by which a controller creates a pod of a rendered workload: it has the workload's name."""
    manifest = workload.manifest
    api_version, kind = _OWNERS.get(manifest.kind, (manifest.api_version, manifest.kind))
    owner: dict[str, Json] = {"apiVersion": api_version, "kind": kind, "name": manifest.name, "controller": True}
    metadata = workload.pod_metadata.data
    pod: Json = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            **(metadata if isinstance(metadata, dict) else {}),
            "name": manifest.name,
            "ownerReferences": [owner],
        },
        "spec": workload.pod.view.data,
    }
    labels = {key: value for key, value in workload.pod_labels.items() if isinstance(value, str)}
    target = Target("", "v1", "Pod", "pods", manifest.name, manifest.effective_namespace, CREATE, labels)
    known = namespaces.object_of(manifest.effective_namespace)
    data = admitted(pod, "", "Pod", manifest.effective_namespace)
    return Request(target, data, None, known, is_namespace_known=known is not None)


def pod_field(workload: Workload, *steps: str | int) -> View:
    """A field of a pod in the workload that creates it."""
    if steps[:1] == ("metadata",):
        return workload.pod_metadata.get(*steps[1:])
    return workload.pod.view.get(*steps[1:])


class KnownNamespaces:
    """The namespaces that are known: those that the chart renders, and those in the policies' files."""

    def __init__(self, given: Sequence[Mapping[str, Json]], rendering: Rendering | None = None) -> None:
        self._given = given
        self._rendering = rendering

    def object_of(self, name: str) -> Mapping[str, Json] | None:
        """A namespace as an object; None if unknown."""
        for given in self._given:
            if given.get("kind") == "Namespace" and _named(given) == ("", name):
                return given
        for manifest in self._rendering.of_kind("Namespace") if self._rendering is not None else ():
            if manifest.name == name and isinstance(manifest.view.data, dict):
                return manifest.view.data
        return None

    def labels(self, name: str) -> Mapping[str, str] | None:
        """The labels of a namespace; None if unknown."""
        found = self.object_of(name)
        return None if found is None else _labels(found)


class GivenParameters:
    """The parameters that are given: objects in the policies' files."""

    def __init__(self, given: Sequence[Mapping[str, Json]]) -> None:
        self._given = given

    def of(self, policy: Policy, binding: Binding, namespace: str) -> Sequence[Mapping[str, Json] | None]:
        """The parameters of a binding for an object in a namespace.

        Raises:
            Unevaluable: no given file contains them, but a cluster may.
        """
        if policy.parameter_kind is None:
            return (None,)
        if binding.parameters is None:
            if not policy.bindings:
                raise Unevaluable("no given binding names its parameters")
            return (None,)
        wanted = binding.parameters
        within = wanted.namespace or namespace
        found = [given for given in self._of_kind(*policy.parameter_kind) if _is_in(given, within)]
        if wanted.name:
            found = [given for given in found if _named(given)[1] == wanted.name]
        elif wanted.selector is not None:
            selector = wanted.selector
            found = [given for given in found if selector.matches(_labels(given))]
        if not found:
            name = f" {wanted.name}" if wanted.name else ""
            raise Unevaluable(
                f"the parameters of {binding.name} ({policy.parameter_kind[1]}{name}) are not in the given files"
            )
        return found

    def _of_kind(self, api_version: str, kind: str) -> Iterator[Mapping[str, Json]]:
        return (given for given in self._given if (given.get("apiVersion"), given.get("kind")) == (api_version, kind))


def _view(data: Mapping[str, Json]) -> View:
    return View(YamlDocument(""), (), dict(data))


def _named(data: Mapping[str, Json]) -> tuple[str, str]:
    metadata = _view(data).get("metadata")
    return metadata.get("namespace").string() or "", metadata.get("name").string() or ""


def _is_in(data: Mapping[str, Json], namespace: str) -> bool:
    """Whether an object is, or may be, in a namespace: a file may leave the namespace to whoever applies it."""
    return _named(data)[0] in ("", namespace)


def _labels(data: Mapping[str, Json]) -> Mapping[str, str]:
    entries = _view(data).get("metadata", "labels").entries()
    return {key: text for key, part in entries if (text := part.string()) is not None}
