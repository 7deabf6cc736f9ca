"""Secrets of two releases: which pods read them, and what provides their content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helm_constitution.kubernetes.manifests import Identity, Manifest, Rendering
    from helm_constitution.text.yaml_scalars import Json


class SecretReaders:
    """Which Secrets, and which of their keys, the pods of a release read, in all scenarios together.

    Args:
        renderings: the release's.
        optional: the templates of Secrets that users may make themselves.
    """

    def __init__(self, renderings: Iterable[Rendering], optional: frozenset[str] = frozenset()) -> None:
        self._optional = optional
        self._asked: set[tuple[str, str, str]] = set()
        self._read: set[tuple[str, str]] = set()
        self._brought: set[tuple[str, str]] = set()
        for rendering in renderings:
            asked = {
                (workload.manifest.effective_namespace, name, key)
                for workload in rendering.workloads
                if not workload.manifest.hooks
                for name, key in _secrets(workload.pod.view.data)
            }
            made = {(one.effective_namespace, one.name) for one in rendering.of_kind("Secret")}
            self._asked |= asked
            self._read |= {one[:2] for one in asked}
            self._brought |= {one[:2] for one in asked} - made

    def brought(self, secret: Manifest) -> bool:
        """Whether users may provide a Secret of that name: a flag allows it, or pods read one that is not rendered."""
        return secret.template in self._optional or (secret.effective_namespace, secret.name) in self._brought

    def read(self, secret: Manifest, key: str = "") -> bool:
        """Whether pods read a Secret; of one key, whether they do so by its name."""
        place = (secret.effective_namespace, secret.name)
        return (*place, key) in self._asked if key else place in self._read


def is_private(secret: Manifest, old: SecretReaders, new: SecretReaders, key: str = "") -> bool:
    """Whether only the chart's own pods read a Secret, or a key of it, and they no longer do.

    Its content comes from the user's values: nobody else has to read it there.
    """
    if secret.kind != "Secret" or not old.read(secret) or old.brought(secret):
        return False
    return not new.read(secret, key)


def _secrets(data: Json) -> Iterator[tuple[str, str]]:
    """Names of Secrets in a pod's spec, each with the key that is read; "" if all are."""
    if isinstance(data, list):
        for item in data:
            yield from _secrets(item)
    elif isinstance(data, dict):
        for field, value in data.items():
            name: Json = None
            key: Json = None
            if field == "secretName":
                name, key = value, ""
            elif field in ("secretRef", "secretKeyRef", "secret") and isinstance(value, dict):
                name, key = value.get("name", value.get("secretName")), value.get("key", "")
            else:
                yield from _secrets(value)
            if isinstance(name, str) and isinstance(key, str):
                yield name, key


def made_secrets(old: Mapping[Identity, Manifest], twin: Mapping[Identity, Manifest]) -> frozenset[tuple[object, ...]]:
    """The Secrets with a random value, which users can read nowhere else; not those with it in a file."""
    return frozenset(
        identity
        for identity, manifest in old.items()
        if manifest.kind == "Secret"
        and (other := twin.get(identity)) is not None
        and any(
            view.data != other.get(part, key).data and not _is_file(view.data, encoded=part == "data")
            for part in ("data", "stringData")
            for key, view in manifest.get(part).entries()
        )
    )


def _is_file(content: Json, *, encoded: bool) -> bool:
    """Whether the content of a Secret's key has several lines."""
    if not isinstance(content, str):
        return False
    if encoded:
        import base64

        try:
            return b"\n" in base64.b64decode(content).strip()
        except ValueError:
            return False
    return "\n" in content.strip()


def holds_nothing(manifest: Manifest) -> bool:
    """Whether an object is a Secret without any key, which nothing else fills."""
    return (
        manifest.kind == "Secret"
        and manifest.get("type").data in (None, "", "Opaque")
        and not manifest.annotations
        and not any(manifest.get(part).data for part in ("data", "stringData"))
    )
