"""The only way to connect: the client is an optional extra."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helm_constitution.core.errors import ClusterError

if TYPE_CHECKING:
    from helm_constitution.cluster.connection import Connection
    from helm_constitution.cluster.target import ClusterTarget


def connect(target: ClusterTarget) -> Connection:
    """A connection to the API server that the user names, to the namespace that must exist there.

    Raises:
        ClusterError: the client is not installed, there is no such context, the server doesn't answer or doesn't accept
            the credentials, the namespace doesn't exist.
    """
    try:
        from helm_constitution.cluster.connection import Connection
    except ImportError as error:
        raise ClusterError(
            f'--cluster needs Python\'s kubernetes client ({error}): pip install "helm-constitution[cluster]"'
        ) from None
    connection = Connection(target)
    connection.require_namespace()
    return connection
