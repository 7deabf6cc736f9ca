"""How the same object is recognised in two releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helm_constitution.core.named_tuples import NamedTuple

if TYPE_CHECKING:
    from helm_constitution.compare.changes import Change
    from helm_constitution.kubernetes.manifests import Manifest


class Found(NamedTuple):
    """A change with its key, the object's identity first: what differs between two renderings of one release is random.
    ``private``: it breaks somebody only if the object's content is made by the chart. ``by_name``: it is a key of a
    Secret that pods read by its name, and so users' own Secrets have it too."""

    key: tuple[object, ...]
    change: Change
    private: bool = False
    by_name: bool = False


def names_of(manifest: Manifest) -> tuple[str, ...]:
    return tuple(dict.fromkeys((manifest.name, manifest.name.removeprefix("release-name-"), manifest.kind)))
