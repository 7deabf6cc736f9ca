"""Changes in an object that both releases render, as far as they matter to the API or to users."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from helm_constitution.compare.changes import Change, Step
from helm_constitution.compare.identity import Found, names_of
from helm_constitution.compare.readers import MONITORS, dropped_metrics
from helm_constitution.compare.services import service_changes
from helm_constitution.kubernetes.quantities import quantity
from helm_constitution.kubernetes.versions import is_own_group
from helm_constitution.text.yaml_document import Path, View, dotted
from helm_constitution.text.yaml_scalars import Json

if TYPE_CHECKING:
    from helm_constitution.kubernetes.manifests import Manifest, Rendering


_SELECTOR: Path = ("spec", "selector")


_IMMUTABLE: Mapping[str, tuple[Path, ...]] = {
    "Deployment": (_SELECTOR,),
    "DaemonSet": (_SELECTOR,),
    "ReplicaSet": (_SELECTOR,),
    "StatefulSet": (_SELECTOR, ("spec", "serviceName"), ("spec", "podManagementPolicy")),
    "Job": (_SELECTOR, ("spec", "template"), ("spec", "completionMode")),
    "PersistentVolumeClaim": tuple(
        ("spec", name)
        for name in ("accessModes", "storageClassName", "volumeName", "volumeMode", "dataSource", "selector")
    ),
    "StorageClass": (("provisioner",), ("parameters",), ("reclaimPolicy",), ("volumeBindingMode",)),
    "Service": (("spec", "clusterIP"),),
    "Secret": (("type",),),
    "RoleBinding": (("roleRef",),),
    "ClusterRoleBinding": (("roleRef",),),
    "PriorityClass": (("value",), ("preemptionPolicy",)),
    "IngressClass": (("spec", "controller"),),
    "CustomResourceDefinition": (("spec", "scope"),),
}
"""Immutable fields."""


_DEFAULTS: Mapping[Path, Json] = {
    ("spec", "podManagementPolicy"): "OrderedReady",
    ("spec", "completionMode"): "NonIndexed",
    ("spec", "volumeMode"): "Filesystem",
    ("type",): "Opaque",
    ("reclaimPolicy",): "Delete",
    ("volumeBindingMode",): "Immediate",
    ("preemptionPolicy",): "PreemptLowerPriority",
}
"""The API's defaults of missing fields."""


def object_changes(old: Manifest, new: Manifest, rendering: Rendering) -> Iterator[Found]:
    # Kubernetes rejected such an object, so no release runs that would have to be upgraded.
    never_ran = any(True for workload in old.workloads for _ in workload.unknown_mounts)
    if _left_its_group(old, new):
        yield _moved_group(old, new)
        return
    if old.kind == "Job" and old.get("spec", "ttlSecondsAfterFinished").data is not None:
        return  # it is deleted long before the upgrade, which creates a new one
    for path in _IMMUTABLE.get(old.kind, ()) if not never_ran else ():
        before, after = _effective(old, path), _effective(new, path)
        if before != after:
            yield _immutable(old, new, path)
    if old.kind == "StatefulSet" and not never_ran:
        yield from _claim_templates(old, new)
    elif old.kind == "Service":
        yield from service_changes(old, new, rendering)
    elif old.kind == "PersistentVolumeClaim":
        yield from _claim(old, new)
    elif old.kind in MONITORS:
        yield from dropped_metrics(old, new)
    elif old.kind == "CustomResourceDefinition":
        yield from _definition(old, new)
    if old.kind in ("Secret", "ConfigMap"):
        yield from _data(old, new)


def _left_its_group(old: Manifest, new: Manifest) -> bool:
    """Whether a custom resource moved to another group: to the API that is another kind."""
    return not is_own_group(old.api_version) and old.api_version.split("/")[0] != new.api_version.split("/")[0]


def _moved_group(old: Manifest, new: Manifest) -> Found:
    before, after = (one.api_version.split("/")[0] for one in (old, new))
    what = f"{old} moved from API group {before} to {after}: the old object is deleted"
    advice = f"install the custom resource definitions of {after} before the upgrade"
    change = Change("compat/object-removed", Step.MAJOR, what, advice, old.get("apiVersion"), new.get("apiVersion"))
    return Found((*old.identity, "group"), change._replace(names=(*names_of(old), before, after)))


def _effective(manifest: Manifest, path: Path) -> Json:
    """A field's value as the API sees it: an empty field is missing, and a missing field has its default."""
    data = _pruned(manifest.get(*path).data)
    if data is None and path == _SELECTOR and manifest.kind != "Job":
        # The beta versions of the API derived a missing selector from the pod labels.
        labels = _pruned(manifest.get("spec", "template", "metadata", "labels").data)
        return {"matchLabels": labels} if labels is not None else None
    return _DEFAULTS.get(path) if data is None else data


def _pruned(data: Json) -> Json:
    if isinstance(data, dict):
        kept: dict[str, Json] = {key: part for key, value in data.items() if (part := _pruned(value)) is not None}
        return kept or None
    if isinstance(data, list):
        return [_pruned(value) for value in data] or None
    return None if data == "" else data


def _immutable(old: Manifest, new: Manifest, path: Path) -> Found:
    before, after = _deepest_difference(old.get(*path), new.get(*path))
    what = f"{dotted(path)} of {old} changed, and it is immutable: the upgrade will fail"
    change = Change(
        "compat/immutable-changed",
        Step.MAJOR,
        what,
        _way_out(old),
        before,
        after,
        names=(*names_of(old), str(path[-1])),
    )
    return Found((*old.identity, path), change)


def _deepest_difference(old: View, new: View) -> tuple[View, View]:
    """The first part in which two fields differ: a label of a selector rather than the whole selector."""
    for key, part in old.entries():
        if new.is_map and _pruned(part.data) != _pruned(new.get(key).data):
            return _deepest_difference(part, new.get(key))
    if old.is_map:
        for key, part in new.entries():
            if not old.get(key).exists:
                return old, part
    return old, new


def _way_out(manifest: Manifest) -> str:
    kind = manifest.kind.lower()
    if manifest.kind in ("StatefulSet", "Deployment", "DaemonSet", "ReplicaSet"):
        return (
            f"delete it before the upgrade but keep its pods: `kubectl delete {kind} {manifest.name} --cascade=orphan`"
        )
    if manifest.kind == "PersistentVolumeClaim":
        return "save its data before the upgrade, and restore it to the new claim"
    return f"delete it before the upgrade: `kubectl delete {kind} {manifest.name}`"


def _claim_templates(old: Manifest, new: Manifest) -> Iterator[Found]:
    path: Path = ("spec", "volumeClaimTemplates")
    mine = {item.get("metadata", "name").string(): item for item in old.get(*path).items()}
    theirs = {item.get("metadata", "name").string(): item for item in new.get(*path).items()}
    for name in dict.fromkeys((*mine, *theirs)):
        before, after = mine.get(name), theirs.get(name)
        if before is None or after is None or _claim_data(before) != _claim_data(after):
            where, place = (
                before if before is not None else old.get(*path),
                after if after is not None else new.get(*path),
            )
            if before is not None and after is not None:
                where, place = _deepest_difference(before, after)
            what = f"volume claim template {name} of {old} changed, and it is immutable: the upgrade will fail"
            change = Change("compat/immutable-changed", Step.MAJOR, what, _way_out(old), where, place)
            yield Found(
                (*old.identity, path, name),
                change._replace(names=(*names_of(old), "volumeClaimTemplates", str(name))),
            )


def _claim_data(claim: View) -> tuple[Json, ...]:
    metadata = claim.get("metadata")
    spec = claim.get("spec").data
    spec = {"volumeMode": "Filesystem", **spec} if isinstance(spec, dict) else spec
    return tuple(map(_pruned, (metadata.get("labels").data, metadata.get("annotations").data, spec)))


def _claim(old: Manifest, new: Manifest) -> Iterator[Found]:
    view, other = (side.get("spec", "resources", "requests", "storage") for side in (old, new))
    before, after = quantity(view.data), quantity(other.data)
    if before is not None and after is not None and after < before:
        what = f"{old} shrinks from {view.data} to {other.data}, and claims can only grow: the upgrade will fail"
        change = Change("compat/immutable-changed", Step.MAJOR, what, _way_out(old), view, other, names=names_of(old))
        yield Found((*old.identity, "storage"), change)


def _definition(old: Manifest, new: Manifest) -> Iterator[Found]:
    served = {
        version.get("name").data
        for version in new.get("spec", "versions").items()
        if version.get("served").data is not False
    }
    for version in old.get("spec", "versions").items():
        name = version.get("name")
        if served and version.get("served").data is not False and name.data not in served:
            what = f"{old} no longer serves {name.data}: objects of that version can't be read"
            change = Change(
                "compat/object-removed",
                Step.MAJOR,
                what,
                "migrate the stored objects to a served version before the upgrade",
                name,
                new.get("spec", "versions"),
                names=(*names_of(old), str(name.data)),
            )
            yield Found((*old.identity, "version", str(name.data)), change)


def _data(old: Manifest, new: Manifest) -> Iterator[Found]:
    if old.get("immutable").data is True and new.get("immutable").data is True:
        for part in ("data", "stringData", "binaryData"):
            if _pruned(old.get(part).data) != _pruned(new.get(part).data):
                yield _immutable(old, new, (part,))
                return
    if old.kind != "Secret":
        return
    mine = {key: view for part in ("data", "stringData") for key, view in old.get(part).entries()}
    theirs = {key for part in ("data", "stringData") for key, _ in new.get(part).entries()}
    for key, view in mine.items():
        if key not in theirs:
            what = f"key {key} of {old} was removed: its readers no longer find it"
            change = Change("compat/object-removed", Step.MAJOR, what, "read another key", view, new.get("data"))
            yield Found((*old.identity, "key", key), change._replace(names=(*names_of(old), key)))
