"""The rendered objects of two releases, matched by identity: objects on which an upgrade fails, and those that it
replaces or removes.

Sources: the validation of updates in Kubernetes' own API (pkg/apis/*/validation), and what `helm upgrade` does with
objects that a release no longer has: it deletes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from helm_constitution.compare.changes import Change, Step
from helm_constitution.compare.identity import Found, names_of
from helm_constitution.compare.object_changes import _left_its_group, object_changes
from helm_constitution.compare.readers import unset_settings
from helm_constitution.compare.secrets import SecretReaders, holds_nothing, is_private, made_secrets
from helm_constitution.compare.services import has_no_pods
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.kubernetes.selectors import LabelSelector

if TYPE_CHECKING:
    from helm_constitution.kubernetes.manifests import Identity, Manifest, Rendering


class Pair(NamedTuple):
    """One scenario, rendered with both releases and the same values.

    ``passed_over`` are templates whose objects are not compared: those for the first installation only.
    """

    scenario: str
    old: Rendering
    new: Rendering
    passed_over: frozenset[str] = frozenset()


_MISSED = {
    "Deployment": "its pods are stopped",
    "StatefulSet": "its pods are stopped, and their volume claims are left behind",
    "DaemonSet": "its pods are stopped",
    "CronJob": "it no longer runs",
    "Service": "clients that use its name no longer reach it",
    "Ingress": "it is no longer reachable from outside",
    "HTTPRoute": "it is no longer reachable from outside",
    "Gateway": "it is no longer reachable from outside",
    "IngressClass": "Ingresses that reference it are no longer served",
    "StorageClass": "claims that reference it stay pending",
    "PriorityClass": "pods that reference it are rejected",
    "PersistentVolumeClaim": "its data is lost",
    "Secret": "its readers no longer find it",
    "CustomResourceDefinition": "all objects of its kind are deleted with it",
    "Namespace": "everything in it is deleted",
    "ServiceMonitor": "its metrics are no longer collected",
    "PodMonitor": "its metrics are no longer collected",
}
"""Kinds on which clients outside of the chart depend, and the consequence of removing an object."""
_HARMLESS_TO_RENAME = frozenset({"Ingress", "HTTPRoute", "CronJob", "ServiceMonitor", "PodMonitor"})
"""Kinds that clients do not address by name."""
_WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
_NUMBER = LazyPattern(r"(?:^|[-.])[12](?:[-.]|$)")
"""The revision with which charts are rendered, in an object's name."""


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
        again: the older release rendered once more, by scenario; used only if something differs.
        notes_on_secrets: whether the notes of the older release tell users to read Secrets.
        existing_secrets: whether it accepts existing Secrets, with the same keys as those that it renders.
        numbered: whether templates read the release's revision: a Job with it in its name is a new one after each
            upgrade.
        optional: the templates of Secrets that users may create themselves, by the same names.
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
    fresh = [_Traits.of(manifest) for identity, manifest in theirs.items() if identity not in mine]
    for identity, manifest in mine.items():
        other = theirs.get(identity)
        if other is not None and _left_its_group(manifest, other):
            # Kinds of two groups may have one name, as the Services of Kubernetes and Knative.
            same = (one for one in new.manifests if one.identity == identity)
            other = next((one for one in same if one.api_version == manifest.api_version), other)
        if other is not None and manifest.view.data != other.view.data:
            for one in object_changes(manifest, other, old):
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
    for manifest in (one.manifest for one in fresh):
        if manifest.kind == "NetworkPolicy" and _isolates(manifest, old):
            what = f"{manifest} is new: the pods that it selects only accept the traffic that it allows"
            advice = "allow the traffic that your cluster needs before the upgrade"
            change = Change("compat/traffic-refused", Step.MAJOR, what, advice)
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
    """Whether a network policy selects pods that existed before and that no policy selected."""
    selector = LabelSelector(policy.get("spec", "podSelector"))
    others = [LabelSelector(one.get("spec", "podSelector")) for one in old.of_kind("NetworkPolicy")]
    return any(
        selector.matches(workload.pod_labels) and not any(other.matches(workload.pod_labels) for other in others)
        for workload in old.workloads
        if not workload.manifest.hooks
    )


def _by_identity(rendering: Rendering, pair: Pair) -> dict[Identity, Manifest]:
    """The objects that a release consists of. Hooks are created anew each time and do not belong to it."""
    return {
        manifest.identity: manifest
        for manifest in rendering.manifests
        if manifest.kind and manifest.name and not manifest.hooks and manifest.template not in pair.passed_over
    }


# --- objects that no longer exist under their name ---


def _gone(manifest: Manifest, fresh: list[_Traits], readers: SecretReaders) -> Iterator[Found]:
    """The change of an object that the new release does not have; its successor is removed from ``fresh``."""
    found = _successor(manifest, fresh)
    successor = found.manifest if found is not None else None
    if found is not None:
        fresh.remove(found)
        if manifest.kind == "Secret" and readers.read(found.manifest) and not readers.read(manifest):
            return  # it now has the name under which the pods look for it
    loss = _MISSED.get(manifest.kind)
    if loss is None or manifest.annotations.get("helm.sh/resource-policy") == "keep":
        return
    at = manifest.get("metadata", "name")
    key = (*manifest.identity, "gone")
    if successor is None:
        what = f"{manifest} was removed: {loss}"
        advice = f"{_rescue(manifest)} before the upgrade if you need it"
        yield Found(key, Change("compat/object-removed", Step.MAJOR, what, advice, at, None, names=names_of(manifest)))
    elif successor.kind != manifest.kind:
        what = f"{manifest} becomes a {successor.kind}: the old object is deleted and a new one created"
        change = Change("compat/object-removed", Step.MAJOR, what, "expect an interruption", at, successor.get("kind"))
        yield Found(key, change._replace(names=names_of(manifest)))
    elif manifest.kind not in _HARMLESS_TO_RENAME:
        moved = successor.name == manifest.name
        where = f"moved to namespace {successor.effective_namespace}" if moved else f"was renamed to {successor.name}"
        what = f"{manifest} {where}: the old object is deleted, and {loss}"
        place = successor.get("metadata", "namespace" if moved else "name")
        change = Change("compat/object-renamed", Step.MAJOR, what, _after_renaming(manifest, successor), at, place)
        yield Found(key, change._replace(names=(*names_of(manifest), successor.name)))


def _rescue(manifest: Manifest) -> str:
    return "save its data" if manifest.kind in ("PersistentVolumeClaim", "Secret") else "install a replacement"


def _after_renaming(old: Manifest, new: Manifest) -> str:
    if old.kind == "Service":
        return f"point clients to {new.name} instead of {old.name}"
    if old.kind in ("PersistentVolumeClaim", "StatefulSet"):
        return f"move the data of {old.name} to {new.name}"
    return f"use {new.name} instead of {old.name}"


class _Traits(NamedTuple):
    """What an object is known by under another name; taken once, because each old one is compared with each new one."""

    manifest: Manifest
    kind: str
    name: str
    words: frozenset[str]
    template: str
    spec: object

    @classmethod
    def of(cls, manifest: Manifest) -> _Traits:
        spec = manifest.get("spec")
        words = frozenset(manifest.name.split("-"))
        data = spec.data if spec.exists else _NO_SPEC
        return cls(manifest, manifest.kind, manifest.name, words, manifest.template, data)


_NO_SPEC = object()


def _successor(manifest: Manifest, fresh: list[_Traits]) -> _Traits | None:
    """The new object that most likely replaced a removed one."""
    old = _Traits.of(manifest)
    scored = [(score, other) for other in fresh if (score := _alike(old, other)) >= 2]
    if not scored:
        return None
    best = max(score for score, _ in scored)
    winners = [other for score, other in scored if score == best]
    return winners[0] if len(winners) == 1 else None


def _alike(old: _Traits, new: _Traits) -> float:
    same_name = old.name == new.name
    if old.kind != new.kind:
        return 4.0 if same_name and {old.kind, new.kind} <= _WORKLOADS else 0.0
    score = 2.0 if old.template == new.template else 0.0
    if same_name:
        score += 2.0
    shared = len(old.words & new.words)
    score += shared / (len(old.words) + len(new.words) - shared)
    if old.spec is not _NO_SPEC and old.spec == new.spec:
        score += 2.0
    return score
