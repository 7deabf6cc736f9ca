"""Asks an API server about a chart: a dry run of each object, then of its update, then a test deployment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from helm_constitution.cluster.answers import Answer, ClusterAnswers, Deployment
from helm_constitution.cluster.connect import connect
from helm_constitution.cluster.dry_run import applied, resource_of
from helm_constitution.core.errors import ClusterError

if TYPE_CHECKING:
    from helm_constitution.cluster.connection import Connection
    from helm_constitution.cluster.target import ClusterTarget
    from helm_constitution.compare.comparison import Comparison
    from helm_constitution.kubernetes.manifests import Manifest
    from helm_constitution.render.results import RenderedChart


def ask(target: ClusterTarget, rendered: RenderedChart, comparison: Comparison | None) -> ClusterAnswers:
    """The server's answers about the objects of every scenario, equal ones once.

    Args:
        target: the cluster, and what is requested besides the dry run.
        rendered: the chart.
        comparison: the chart and its baseline, if there is one.

    Raises:
        ClusterError: the server can't be asked at all, or the namespace doesn't exist.
    """
    connection = connect(target)
    created: dict[Manifest, Answer] = {}
    updated: dict[Manifest, Answer] = {}
    deployment: Deployment | None = None
    try:
        # One by one: answers from before the server was lost are kept.
        created.update(_created(connection, target.namespace, rendered))
        if target.upgrade:
            from helm_constitution.cluster.upgrade import updates

            updated.update(updates(connection, target, comparison))
        if target.install:
            from helm_constitution.cluster.install import deploy

            deployment = deploy(connection, target, rendered, comparison)
    except ClusterError as error:
        return ClusterAnswers(created, updated, deployment, gone=error)
    return ClusterAnswers(created, updated, deployment)


def _created(connection: Connection, namespace: str, rendered: RenderedChart) -> Iterator[tuple[Manifest, Answer]]:
    """Each object that rules see, and the server's answer about it."""
    known: dict[str, Answer] = {}
    for result in rendered.results:
        for manifest in result.rendering.manifests if result.rendering is not None else ():
            if rendered.is_repeated(manifest):
                continue
            key = json.dumps(manifest.view.data, sort_keys=True)
            if key not in known:
                known[key] = _dry_run(connection, manifest, namespace)
            yield manifest, known[key]


def _dry_run(connection: Connection, manifest: Manifest, namespace: str) -> Answer:
    """The server's answer about the creation of an object."""
    found = resource_of(connection, manifest)
    if isinstance(found, Answer):
        return found
    target = namespace if found.namespaced else None
    return applied(connection, found, manifest, target)
