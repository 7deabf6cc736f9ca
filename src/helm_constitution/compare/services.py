"""Services of two releases: their ports and names, and whether pods are behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from helm_constitution.compare.changes import Change, Step
from helm_constitution.compare.identity import Found, names_of
from helm_constitution.kubernetes.versions import is_own_group

if TYPE_CHECKING:
    from helm_constitution.kubernetes.manifests import Manifest, Rendering
    from helm_constitution.text.yaml_document import View
    from helm_constitution.text.yaml_scalars import Json

_EXPOSED = frozenset({"LoadBalancer", "NodePort"})


def service_changes(old: Manifest, new: Manifest, rendering: Rendering) -> Iterator[Found]:
    """The ways to reach a Service that no longer work.

    Args:
        old: the Service as it was.
        new: as it is.
        rendering: the older release's, with its pods.
    """
    kind, other_kind = old.get("spec", "type"), new.get("spec", "type")
    if kind.data in _EXPOSED and other_kind.data != kind.data and other_kind.data not in _EXPOSED:
        other = other_kind.data or "ClusterIP"
        what = f"{old} changed its type from {kind.data} to {other}: it is no longer reachable from outside"
        change = Change(
            "compat/object-removed",
            Step.MAJOR,
            what,
            f"set its type to {kind.data}",
            kind,
            other_kind,
            names=names_of(old),
        )
        yield Found((*old.identity, "type"), change)
    theirs = list(new.get("spec", "ports").items())
    for port in old.get("spec", "ports").items():
        if not _leads_nowhere(old, port, rendering):
            yield from _port(old, port, theirs, new.get("spec", "ports"))


def _port(service: Manifest, port: View, theirs: Sequence[View], ports: View) -> Iterator[Found]:
    """The change of a Service port's number or name, which clients use, if it was changed or removed.

    Args:
        service: the Service as it was.
        port: its port.
        theirs: the ports that it has now.
        ports: the field that lists them.
    """
    number, name = port.get("port"), port.get("name")
    same_name = next((one for one in theirs if one.get("name").data == name.data), None)
    same = next((one for one in theirs if _numbered(one) == _numbered(port)), None)
    if same is None:
        place = same_name.get("port") if same_name is not None else ports
        became = f"changed to {place.data}" if same_name is not None else "was removed"
        what = f"port {number.data} of {service} {became}: clients of the old port no longer reach it"
        advice = f"point clients to port {place.data}" if same_name is not None else "point clients to another port"
        at = number
    elif name.data and same_name is None and same.get("name").data:
        place, at = same.get("name"), name
        what = f"port {number.data} of {service} was renamed from {name.data} to {place.data}: references to the old "
        what += "name break"
        advice = f"use {place.data} instead of {name.data} in your own monitors and routes"
    else:
        return
    change = Change("compat/object-renamed", Step.MAJOR, what, advice, at, place)
    yield Found(
        (*service.identity, "port", str(number.data)),
        change._replace(names=(*names_of(service), str(name.data))),
    )


def _numbered(port: View) -> tuple[Json, Json]:
    return port.get("protocol").data or "TCP", port.get("port").data


def has_no_pods(service: Manifest, rendering: Rendering) -> bool:
    """Whether a Service selects pods of its own release that neither exist nor can be created by a custom resource."""
    selector = service.get("spec", "selector").data
    return (
        isinstance(selector, dict)
        and "app.kubernetes.io/instance" in selector
        and all(is_own_group(manifest.api_version) for manifest in rendering.manifests)
        and not any(
            all(workload.pod_labels.get(key) == value for key, value in selector.items())
            for workload in rendering.workloads
        )
    )


def _leads_nowhere(service: Manifest, port: View, rendering: Rendering) -> bool:
    """Whether a Service's port targets a name that no port of the selected pods has."""
    target, selector = port.get("targetPort").data, service.get("spec", "selector").data
    if not isinstance(target, str) or target.isdigit() or not isinstance(selector, dict) or not selector:
        return False
    pods = [
        workload.pod
        for workload in rendering.workloads
        if all(workload.pod_labels.get(key) == str(value) for key, value in selector.items())
    ]
    return bool(pods) and not any(
        pod.merged or any(item.get("name").data == target for item in container.field("ports").items())
        for pod in pods
        for container in pod.all_containers
    )
