"""Fields that are strings in the Kubernetes API, and that templates tend to fill with numbers and booleans."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import Manifest, View


def text_fields(manifest: Manifest) -> Iterator[tuple[View, str]]:
    """The string fields of an object, each with a name for messages."""
    for key, view in manifest.get("metadata", "annotations").entries():
        yield view, f"annotation {key}"
    if not manifest.group and manifest.kind in ("ConfigMap", "Secret"):
        for field in ("data", "stringData"):
            for key, view in manifest.get(field).entries():
                yield view, f"{field}.{key}"
    for workload in manifest.workloads:
        if workload.made_by.metadata is None and manifest.kind != "Pod":
            for key, view in workload.pod_metadata.get("annotations").entries():
                yield view, f"annotation {key}"
        for key, view in workload.pod.get("nodeSelector").entries():
            yield view, f"nodeSelector.{key}"
        for container in workload.pod.all_containers:
            for variable in container.field("env").items():
                yield variable.get("value"), f"environment variable {variable.get('name').data}"
            for field in ("command", "args"):
                for item in container.field(field).items():
                    yield item, f"item of {field}"
