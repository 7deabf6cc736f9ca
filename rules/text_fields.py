"""Fields of objects that are text to Kubernetes, and that templates fill with numbers and booleans."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import Manifest, View


def text_fields(manifest: Manifest) -> Iterator[tuple[View, str]]:
    """The parts of an object that are text to Kubernetes, each with what it is called."""
    for key, view in manifest.get("metadata", "annotations").entries():
        yield view, f"the annotation {key}"
    if not manifest.group and manifest.kind in ("ConfigMap", "Secret"):
        for field in ("data", "stringData"):
            for key, view in manifest.get(field).entries():
                yield view, f"{field}.{key}"
    for workload in manifest.workloads:
        if workload.made_by.metadata is None and manifest.kind != "Pod":
            for key, view in workload.pod_metadata.get("annotations").entries():
                yield view, f"the annotation {key}"
        for key, view in workload.pod.get("nodeSelector").entries():
            yield view, f"nodeSelector.{key}"
        for container in workload.pod.all_containers:
            for variable in container.field("env").items():
                yield variable.get("value"), f"the variable {variable.get('name').data}"
            for field in ("command", "args"):
                for item in container.field(field).items():
                    yield item, f"an item of {field}"
