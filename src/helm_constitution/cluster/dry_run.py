"""One object and one request: what is sent, and what an error means for the object."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from helm_constitution.cluster.answers import Answer, Refused
from helm_constitution.cluster.refusals import refusals_of
from helm_constitution.text.yaml_scalars import Json

if TYPE_CHECKING:
    from helm_constitution.cluster.connection import Connection
    from helm_constitution.kubernetes.manifests import Manifest

_FOREIGN = ("does not support dry run", "failed calling webhook")
"""What a server says where one of its webhooks could not be asked."""


def resource_of(connection: Connection, manifest: Manifest) -> Any:
    """The server's resource of an object's kind; if it serves none, the Answer."""
    if not isinstance(manifest.view.data, dict) or not manifest.api_version or not manifest.kind:
        return Answer(unchecked=f"an object of {manifest.template} has no apiVersion or kind")
    try:
        found = connection.resource(manifest.api_version, manifest.kind)
    except Refused as refused:
        return Answer(unchecked=f"{manifest.api_version} {manifest.kind}: {refused.message}")
    if found is None:
        return Answer(unchecked=f"the cluster does not serve {manifest.api_version} {manifest.kind}")
    return found


def body_of(manifest: Manifest, namespace: str | None) -> dict[str, Json]:
    """An object as it is sent: into a namespace, or as rendered if it belongs to none."""
    data = manifest.view.data
    assert isinstance(data, dict)
    if manifest.listed_kind:
        data = {"apiVersion": manifest.api_version, "kind": manifest.kind, **data}
    metadata = data.get("metadata")
    if namespace is None or not isinstance(metadata, dict):
        return data
    return {**data, "metadata": {**metadata, "namespace": namespace}}


def applied(connection: Connection, resource: Any, manifest: Manifest, namespace: str | None) -> Answer:
    """The server's answer about the creation of an object."""
    body = body_of(manifest, namespace)
    first = answer(lambda: connection.apply(resource, body, namespace), manifest, body)
    if not first.refusals:
        return first
    # What exists is applied over, and then the server compares the two: it is asked of a new object instead.
    is_new = not _exists(connection, resource, manifest.name, namespace)
    typed = [refusal for refusal in first.refusals if refusal.is_typed]
    if is_new and not typed:
        return first
    if not is_new and manifest.group in _NAMED_BY_CONTENT:
        return Answer(unchecked=f"{manifest} exists in the cluster, and can't be created under another name")
    # A field of a wrong name or type keeps the server from looking at the others: they are asked for without it.
    renamed = _renamed(body)
    again = answer(
        lambda: connection.try_to_create(resource, renamed, namespace, is_strict=not typed), manifest, renamed
    )
    known = {refusal.path for refusal in typed}
    more = (one for one in again.refusals if one.path not in known and not one.is_typed)
    return Answer((*typed, *more), again.unchecked)


def _exists(connection: Connection, resource: Any, name: str, namespace: str | None) -> bool:
    """Whether an object exists, as far as the user may read it."""
    try:
        return bool(name) and connection.exists(resource, name, namespace)
    except Refused:
        return False


_NAMED_BY_CONTENT = frozenset({"apiextensions.k8s.io", "apiregistration.k8s.io"})
"""API groups whose objects are named after what they define."""


def _renamed(body: dict[str, Json]) -> dict[str, Json]:
    """The same object under a name that the server generates."""
    metadata = body.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        return body
    kept = {key: value for key, value in metadata.items() if key != "name"}
    return {**body, "metadata": {**kept, "generateName": f"{metadata['name']}-"}}


def answer(send: Callable[[], None], manifest: Manifest, body: Json, *, is_update: bool = False) -> Answer:
    """The server's answer to a request for an object."""
    try:
        send()
    except Refused as refused:
        reason = _unchecked(refused, manifest)
        if reason is not None:
            return Answer(unchecked=reason, is_update=is_update)
        return Answer(refusals_of(refused.status, body), is_update=is_update)
    return Answer(is_update=is_update)


def _unchecked(refused: Refused, manifest: Manifest) -> str | None:
    """Why an error doesn't show anything about the object; None if it does."""
    code, message = refused.code, refused.message
    if code == 403 and "User " in message and " cannot " in message:
        return f"not allowed there: {message.partition('is forbidden: ')[2] or message}"  # the same for each of a kind
    is_of_others = code in (403, 404, 409, 429) or code > 500 or any(words in message for words in _FOREIGN)
    if is_of_others or (code == 500 and "typed patch object" not in message):
        return f"{manifest}: {message}"
    return None
