"""A temporary namespace: the program creates and removes it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from helm_constitution.cluster.answers import Refused
from helm_constitution.core.errors import ClusterError
from helm_constitution.text.yaml_scalars import Json

if TYPE_CHECKING:
    from helm_constitution.cluster.connection import Connection

_LABELS = {"app.kubernetes.io/managed-by": "helm-constitution"}
"""By which a namespace is found whose program was killed."""


@contextmanager
def own_namespace(connection: Connection) -> Iterator[str]:
    """A new namespace; it is removed afterwards however the body ends, even by a signal.

    Raises:
        ClusterError: it can't be created or removed.
    """
    name = f"helm-constitution-{os.urandom(5).hex()}"
    namespaces = connection.resource("v1", "Namespace")
    body: dict[str, Json] = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": dict(_LABELS)},
    }
    try:
        try:
            connection.create(namespaces, body, None)
        except Refused as refused:
            raise ClusterError(f"{connection.called} does not allow creating a namespace: {refused.message}") from None
        yield name
    finally:
        # Whether it was made before a signal came is not known; deleting what isn't there does no harm.
        try:
            connection.delete(namespaces, name, None)
        except Refused as refused:
            raise ClusterError(f"{connection.called} did not remove the namespace {name}: {refused.message}") from None
