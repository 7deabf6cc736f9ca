"""Asks an API server whether the baseline's objects can be updated to the chart's.

A dry run keeps nothing, so an update needs an existing object: one of an installed release or, if writes are allowed,
one that is created in a temporary namespace. What is sent is the difference of the two renderings as a JSON merge patch
(RFC 7386), as Helm sends the difference of two releases; always as a dry run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from helm_constitution.cluster.answers import Answer, Refused
from helm_constitution.cluster.dry_run import answer, body_of, resource_of
from helm_constitution.cluster.namespace import own_namespace
from helm_constitution.text.yaml_scalars import Json

if TYPE_CHECKING:
    from helm_constitution.cluster.connection import Connection
    from helm_constitution.cluster.target import ClusterTarget
    from helm_constitution.compare.comparison import Comparison
    from helm_constitution.kubernetes.manifests import Manifest


def updates(
    connection: Connection, target: ClusterTarget, comparison: Comparison | None
) -> Iterator[tuple[Manifest, Answer]]:
    """The objects that both releases render and that differ, each with the server's answer about its update.

    Raises:
        ClusterError: the server no longer answers.
    """
    if comparison is None:
        return
    with ExitStack() as stack:
        own: str | None = None
        for old, new in _pairs(comparison):
            found = resource_of(connection, new)
            if isinstance(found, Answer):
                yield new, found
                continue
            if target.allows_writes and found.namespaced and own is None:
                own = stack.enter_context(own_namespace(connection))
            place = (own or target.namespace) if found.namespaced else None
            yield new, _updated(connection, found, old, new, place, is_own=place is not None and place == own)


def _pairs(comparison: Comparison) -> Iterator[tuple[Manifest, Manifest]]:
    """The pairs of differing objects in a scenario with equal values in both releases. Without hooks: Helm recreates
    them."""
    for result in comparison.new.results:
        name = result.scenario.name
        earlier = comparison.old.result_of(name)
        if result.rendering is None or earlier is None or earlier.rendering is None or name in comparison.moved:
            continue
        for new in result.rendering.manifests:
            old = earlier.rendering.find(new.kind, new.name, new.effective_namespace)
            if old is None or new.hooks or old.hooks or comparison.new.is_repeated(new):
                continue
            if old.api_version == new.api_version and old.view.data != new.view.data:
                yield old, new


def _updated(
    connection: Connection, resource: Any, old: Manifest, new: Manifest, place: str | None, *, is_own: bool
) -> Answer:
    before, after = body_of(old, place), body_of(new, place)
    patch = merge_patch(before, after)
    try:
        if is_own:
            try:
                connection.create(resource, before, place)
            except Refused as refused:
                reason = f"{old} of the baseline can't be created in a separate namespace: {refused.message}"
                return Answer(unchecked=reason, is_update=True)
        elif not connection.exists(resource, new.name, place):
            if place is None:
                way_out = "cluster-scoped objects are never created"
            else:
                way_out = "name the installed release (--cluster-release), or allow writes (--cluster-allow-writes)"
            return Answer(unchecked=f"update of {new}: it is not in the cluster; {way_out}", is_update=True)
        return answer(lambda: connection.patch(resource, new.name, place, patch), new, after, is_update=True)
    except Refused as refused:
        return Answer(unchecked=f"update of {new}: {refused.message}", is_update=True)
    finally:
        if is_own:
            connection.delete(resource, new.name, place)


def merge_patch(old: Mapping[str, Json], new: Mapping[str, Json]) -> dict[str, Json]:
    """The patch that turns one object into another (RFC 7386): whole lists, null for removed fields."""
    patch: dict[str, Json] = dict.fromkeys(key for key in old if key not in new)
    for key, value in new.items():
        before = old.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            if inner := merge_patch(before, value):
                patch[key] = inner
        elif key not in old or before != value:
            patch[key] = value
    return patch
