"""What programs read from a release's objects: the metrics of monitors, the settings in ConfigMaps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from helm_constitution.compare.changes import Change, Step
from helm_constitution.compare.identity import Found, names_of

if TYPE_CHECKING:
    from helm_constitution.kubernetes.manifests import Identity, Manifest, Rendering
    from helm_constitution.text.yaml_document import View

MONITORS = {"ServiceMonitor": "endpoints", "PodMonitor": "podMetricsEndpoints"}
"""Kinds that configure which metrics Prometheus collects, each with the field that lists its endpoints."""


def dropped_metrics(old: Manifest, new: Manifest) -> Iterator[Found]:
    """Rules of a monitor that drop metrics, if there was no such rule before."""
    field = MONITORS[old.kind]
    mine = {_endpoint(view): view for view in old.get("spec", field).items()}
    for view in new.get("spec", field).items():
        known = mine.get(_endpoint(view))
        if known is None:
            continue
        before, after = (
            {json.dumps(rule.data, sort_keys=True): rule for rule in one.get("metricRelabelings").items()}
            for one in (known, view)
        )
        fresh = [rule for text, rule in after.items() if text not in before and _drops(rule)]
        changed = [rule for text, rule in before.items() if text not in after and _drops(rule)]
        if len(fresh) > len(changed):  # else the existing rules were only reworded
            place = fresh[0]
            some = str(place.get("regex").data or ".*")
            what = f"{old} drops metrics that it collected before ({some[:60]}{'…' if len(some) > 60 else ''})"
            change = Change(
                "compat/metrics-dropped",
                Step.MAJOR,
                what,
                "check your dashboards and alerts for them, or set your own rules",
                known.get("metricRelabelings"),
                place,
                names=(*names_of(old), "metricRelabelings", "metrics"),
            )
            yield Found((*old.identity, "metrics", *_endpoint(view)), change)


def _endpoint(view: View) -> tuple[str, ...]:
    return tuple(str(view.get(name).data) for name in ("port", "targetPort", "path"))


def _drops(rule: View) -> bool:
    return str(rule.get("action").data or "").lower() in ("drop", "keep")


def unset_settings(
    old: Rendering,
    new: Rendering,
    mine: Mapping[Identity, Manifest],
    theirs: Mapping[Identity, Manifest],
) -> Iterator[Found]:
    """Removed keys of ConfigMaps that containers read on both sides: the program falls back to its own default."""
    gone: dict[Identity, list[str]] = {}
    for identity, key in _settings(old):
        before, after = mine.get(identity), theirs.get(identity)
        if (
            before is not None
            and after is not None
            and before.get("data", key).exists
            and not after.get("data", key).exists
        ):
            gone.setdefault(identity, []).append(key)
    asked = _settings(new) if gone else {}
    for identity, keys in gone.items():
        unset = [key for key in keys if (identity, key) in asked]
        if unset:
            first = unset[0]
            others = f" (and {len(unset) - 1} more)" if len(unset) > 1 else ""
            what = (
                f"key {first}{others} of {mine[identity]} was removed, but {asked[identity, first]} reads it: "
                "the program falls back to its own default"
            )
            change = Change(
                "compat/object-removed",
                Step.MAJOR,
                what,
                f"set the value that you rely on ({first} was {mine[identity].get('data', first).data!r})",
                mine[identity].get("data", first),
                theirs[identity].get("data"),
                names=(*names_of(mine[identity]), *unset),
            )
            yield Found((*identity, "unset", *unset), change)


def _settings(rendering: Rendering) -> dict[tuple[Identity, str], str]:
    """The keys of ConfigMaps that environment variables read, by the ConfigMap's identity, each with the container."""
    found: dict[tuple[Identity, str], str] = {}
    for workload in rendering.workloads:
        if workload.manifest.hooks:
            continue
        for container in workload.pod.all_containers:
            for variable in container.view.get("env").items():
                reference = variable.get("valueFrom", "configMapKeyRef")
                name, key = reference.get("name").string(), reference.get("key").string()
                if name and key:
                    identity = ("ConfigMap", workload.manifest.effective_namespace, name)
                    found.setdefault((identity, key), f"container {container.name}")
    return found
