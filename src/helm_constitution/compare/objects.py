"""The rendered objects of two releases, matched by identity: what an upgrade refuses, replaces or takes away.

Sources: the validation of updates in Kubernetes' own API (pkg/apis/*/validation), and what `helm upgrade` does with
objects that a release no longer has: it deletes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from helm_constitution.compare.changes import Change, Step
from helm_constitution.compare.identity import Found, names_of
from helm_constitution.compare.readers import MONITORS, dropped_metrics, unset_settings
from helm_constitution.compare.secrets import SecretReaders, holds_nothing, is_private, made_secrets
from helm_constitution.compare.services import has_no_pods, service_changes
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.records import NamedTuple
from helm_constitution.kubernetes.manifests import LabelSelector
from helm_constitution.kubernetes.quantities import quantity
from helm_constitution.kubernetes.versions import is_own_group
from helm_constitution.text.yaml_document import Path, View, dotted
from helm_constitution.text.yaml_scalars import Json

if TYPE_CHECKING:
    from helm_constitution.kubernetes.manifests import Identity, Manifest, Rendering


class Pair(NamedTuple):
    """One scenario, rendered with both releases and the same values.

    ``passed_over`` are templates whose objects don't count: rendered as at the first installation, those that are there
    for nothing else.
    """

    scenario: str
    old: Rendering
    new: Rendering
    passed_over: frozenset[str] = frozenset()


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
"""Fields that the API refuses to change."""
_DEFAULTS: Mapping[Path, Json] = {
    ("spec", "podManagementPolicy"): "OrderedReady",
    ("spec", "completionMode"): "NonIndexed",
    ("spec", "volumeMode"): "Filesystem",
    ("type",): "Opaque",
    ("reclaimPolicy",): "Delete",
    ("volumeBindingMode",): "Immediate",
    ("preemptionPolicy",): "PreemptLowerPriority",
}
"""What the API sets where a field is missing."""
_MISSED = {
    "Deployment": "its pods are stopped",
    "StatefulSet": "its pods are stopped, and their volume claims are left behind",
    "DaemonSet": "its pods are stopped",
    "CronJob": "it no longer runs",
    "Service": "whoever reaches it by its name no longer does",
    "Ingress": "it is no longer reachable from outside",
    "HTTPRoute": "it is no longer reachable from outside",
    "Gateway": "it is no longer reachable from outside",
    "IngressClass": "Ingresses that name it are served no longer",
    "StorageClass": "claims that name it wait for ever",
    "PriorityClass": "pods that name it are refused",
    "PersistentVolumeClaim": "its data is lost",
    "Secret": "whoever reads it no longer finds it",
    "CustomResourceDefinition": "all objects of its kind are deleted with it",
    "Namespace": "everything in it is deleted",
    "ServiceMonitor": "its metrics are no longer collected",
    "PodMonitor": "its metrics are no longer collected",
}
"""Kinds whose objects somebody outside of the chart depends on, and what happens when one is gone."""
_HARMLESS_TO_RENAME = frozenset({"Ingress", "HTTPRoute", "CronJob", "ServiceMonitor", "PodMonitor"})
"""Kinds that nobody calls by their name."""
_WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
_NUMBER = LazyPattern(r"(?:^|[-.])[12](?:[-.]|$)")
"""The revision that charts are rendered as, in an object's name."""


def compare_objects(
    pairs: Iterable[Pair],
    again: Mapping[str, Rendering],
    *,
    notes_on_secrets: bool = False,
    existing_secrets: bool = False,
    numbered: bool = False,
    optional: frozenset[str] = frozenset(),
) -> Iterator[Change]:
    """Every change of the objects, each once, with the first scenario that shows it.

    Args:
        pairs: the scenarios that both releases rendered.
        again: the older release's rendering once more, by scenario; asked for only where something differs.
        notes_on_secrets: whether the older release tells its users to read Secrets.
        existing_secrets: whether it takes Secrets of its users' own, which hold the same keys as those that it makes.
        numbered: whether templates ask for the release's revision: a Job with it in its name is another after each
            upgrade.
        optional: the templates of Secrets that users may make themselves, by the same names.
    """
    told: set[tuple[object, ...]] = set()
    pairs = list(pairs)
    readers = SecretReaders((pair.old for pair in pairs), optional)
    for pair in pairs:
        found = [one for one in _changes(pair, pair.new, readers) if one.key not in told]
        if numbered:
            found = [one for one in found if one.key[0] != "Job" or not _NUMBER.search(str(one.key[2]))]
        if not found:
            continue
        twin = again.get(pair.scenario)
        random = {one.key for one in _changes(pair, twin, readers)} if twin is not None else set()
        made = made_secrets(_by_identity(pair.old, pair), _by_identity(twin, pair)) if twin is not None else frozenset()
        for one in found:
            told.add(one.key)
            is_read = notes_on_secrets or (one.by_name and existing_secrets) or one.key[:3] in made
            if one.key not in random and (is_read or not one.private):
                yield one.change._replace(scenario=pair.scenario)


def _changes(pair: Pair, new: Rendering, readers: SecretReaders) -> Iterator[Found]:
    """What differs between the older release's rendering and another one of the same scenario."""
    old = pair.old
    mine, theirs = _by_identity(old, pair), _by_identity(new, pair)
    now = SecretReaders([new])
    gone = [manifest for identity, manifest in mine.items() if identity not in theirs]
    fresh = [manifest for identity, manifest in theirs.items() if identity not in mine]
    for identity, manifest in mine.items():
        other = theirs.get(identity)
        if other is not None and _left_its_group(manifest, other):
            # Kinds of two groups may have one name, as the Services of Kubernetes and Knative.
            same = (one for one in new.manifests if one.identity == identity)
            other = next((one for one in same if one.api_version == manifest.api_version), other)
        if other is not None and manifest.view.data != other.view.data:
            for one in _changed(manifest, other, old):
                if one.key[3:4] == ("key",):
                    key = str(one.key[-1])
                    private = is_private(manifest, readers, now, key)
                    yield one._replace(private=private, by_name=readers.read(manifest, key))
                else:
                    yield one
    yield from unset_settings(old, new, mine, theirs)
    for manifest in gone:
        if (manifest.kind == "Service" and has_no_pods(manifest, old)) or holds_nothing(manifest):
            continue
        for one in _gone(manifest, fresh, readers):
            yield one._replace(private=is_private(manifest, readers, now))
    for manifest in fresh:
        if manifest.kind == "NetworkPolicy" and _isolates(manifest, old):
            what = f"{manifest} is new: pods that it selects are reached only as it says"
            change = Change(
                "compat/traffic-refused", Step.MAJOR, what, "allow what your cluster needs before the upgrade"
            )
            yield Found(
                (*manifest.identity, "isolates"),
                change._replace(new=manifest.get("spec", "podSelector"), names=(*names_of(manifest), "networkPolicy")),
            )
        yield Found(
            (*manifest.identity, "new"),
            Change(
                "", Step.MINOR, f"{manifest} is new", new=manifest.get("metadata", "name"), names=names_of(manifest)
            ),
        )


def _isolates(policy: Manifest, old: Rendering) -> bool:
    """Whether a network policy selects pods that were there before, and that no policy selected."""
    selector = LabelSelector(policy.get("spec", "podSelector"))
    others = [LabelSelector(one.get("spec", "podSelector")) for one in old.of_kind("NetworkPolicy")]
    return any(
        selector.matches(workload.pod_labels) and not any(other.matches(workload.pod_labels) for other in others)
        for workload in old.workloads
        if not workload.manifest.hooks
    )


def _by_identity(rendering: Rendering, pair: Pair) -> dict[Identity, Manifest]:
    """The objects that a release consists of. Hooks are made anew each time, and belong to no release."""
    return {
        manifest.identity: manifest
        for manifest in rendering.manifests
        if manifest.kind and manifest.name and not manifest.hooks and manifest.template not in pair.passed_over
    }


# --- objects that are no longer there under their name ---


def _gone(manifest: Manifest, fresh: list[Manifest], readers: SecretReaders) -> Iterator[Found]:
    """What becomes of an object that the new release doesn't have; one that took its place is taken from ``fresh``."""
    successor = _successor(manifest, fresh)
    if successor is not None:
        fresh.remove(successor)
        if manifest.kind == "Secret" and readers.read(successor) and not readers.read(manifest):
            return  # it has the name now by which the pods looked for it in vain
    loss = _MISSED.get(manifest.kind)
    if loss is None or manifest.annotations.get("helm.sh/resource-policy") == "keep":
        return
    at = manifest.get("metadata", "name")
    key = (*manifest.identity, "gone")
    if successor is None:
        what = f"{manifest} is removed: {loss}"
        advice = f"keep {_save(manifest)} before the upgrade, where it is needed"
        yield Found(key, Change("compat/object-removed", Step.MAJOR, what, advice, at, None, names=names_of(manifest)))
    elif successor.kind != manifest.kind:
        what = f"{manifest} becomes a {successor.kind}: the one is deleted, the other made anew"
        change = Change("compat/object-removed", Step.MAJOR, what, "expect an interruption", at, successor.get("kind"))
        yield Found(key, change._replace(names=names_of(manifest)))
    elif manifest.kind not in _HARMLESS_TO_RENAME:
        moved = successor.name == manifest.name
        where = f"moves to namespace {successor.effective_namespace}" if moved else f"is renamed to {successor.name}"
        what = f"{manifest} {where}: the old one is deleted; {loss}"
        place = successor.get("metadata", "namespace" if moved else "name")
        change = Change("compat/object-renamed", Step.MAJOR, what, _after_renaming(manifest, successor), at, place)
        yield Found(key, change._replace(names=(*names_of(manifest), successor.name)))


def _save(manifest: Manifest) -> str:
    return "its data" if manifest.kind in ("PersistentVolumeClaim", "Secret") else "what it does"


def _after_renaming(old: Manifest, new: Manifest) -> str:
    if old.kind == "Service":
        return f"let clients call {new.name} instead of {old.name}"
    if old.kind in ("PersistentVolumeClaim", "StatefulSet"):
        return f"move the data of {old.name} to {new.name}"
    return f"expect {new.name} where {old.name} was"


def _successor(manifest: Manifest, fresh: list[Manifest]) -> Manifest | None:
    """The new object that most likely took the place of one that is gone."""
    scored = [(score, other) for other in fresh if (score := _alike(manifest, other)) >= 2]
    if not scored:
        return None
    best = max(score for score, _ in scored)
    winners = [other for score, other in scored if score == best]
    return winners[0] if len(winners) == 1 else None


def _alike(old: Manifest, new: Manifest) -> float:
    if old.kind != new.kind:
        return 4.0 if old.name == new.name and {old.kind, new.kind} <= _WORKLOADS else 0.0
    score = 2.0 if old.template == new.template else 0.0
    if old.name == new.name:
        score += 2.0
    mine, theirs = set(old.name.split("-")), set(new.name.split("-"))
    score += len(mine & theirs) / max(len(mine | theirs), 1)
    if old.get("spec").exists and old.get("spec").data == new.get("spec").data:
        score += 2.0
    return score


# --- objects that are there on both sides ---


def _changed(old: Manifest, new: Manifest, rendering: Rendering) -> Iterator[Found]:
    # Nobody runs what Kubernetes refused, so nobody has to bring it over an upgrade.
    never_ran = any(True for workload in old.workloads for _ in workload.unknown_mounts)
    if _left_its_group(old, new):
        yield _moved_group(old, new)
        return
    if old.kind == "Job" and old.get("spec", "ttlSecondsAfterFinished").data is not None:
        return  # it is long gone when the upgrade comes, and made anew
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
    """Whether an object of a custom kind is now of another group: to the API that is another kind."""
    return not is_own_group(old.api_version) and old.api_version.split("/")[0] != new.api_version.split("/")[0]


def _moved_group(old: Manifest, new: Manifest) -> Found:
    before, after = (one.api_version.split("/")[0] for one in (old, new))
    what = f"{old} is of {after} now, it was of {before}: the one is deleted, the other needs definitions of {after}"
    advice = f"see that the cluster has the definitions of {after} before the upgrade"
    change = Change("compat/object-removed", Step.MAJOR, what, advice, old.get("apiVersion"), new.get("apiVersion"))
    return Found((*old.identity, "group"), change._replace(names=(*names_of(old), before, after)))


def _effective(manifest: Manifest, path: Path) -> Json:
    """A field's value as the API sees it: what is empty is not there, and what is not there has its default."""
    data = _pruned(manifest.get(*path).data)
    if data is None and path == _SELECTOR and manifest.kind != "Job":
        # What the API's beta versions made of a workload without a selector.
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
    what = f"{dotted(path)} of {old} changes, which Kubernetes refuses: the upgrade fails"
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
    """The first part in which two fields differ: a label of a selector rather than the whole of it."""
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
            f"delete it before the upgrade and leave its pods: `kubectl delete {kind} {manifest.name} --cascade=orphan`"
        )
    if manifest.kind == "PersistentVolumeClaim":
        return "save its data, and bring them into the claim that is made anew"
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
            what = f"volume claim template {name} of {old} changes, which Kubernetes refuses: the upgrade fails"
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
        what = f"{old} shrinks from {view.data} to {other.data}, which Kubernetes refuses: the upgrade fails"
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
                "store the objects in a version that is served before the upgrade",
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
            what = f"key {key} of {old} is gone: whoever reads it no longer finds it"
            change = Change("compat/object-removed", Step.MAJOR, what, "read another key", view, new.get("data"))
            yield Found((*old.identity, "key", key), change._replace(names=(*names_of(old), key)))
