"""What belongs to one security context, and is edited in one go."""

from __future__ import annotations

from helm_constitution.api import Group, Json


def hardening(item: str, **settings: Json) -> Group:
    """The group of all that a container's security context lacks.

    Args:
        item: what one finding asks for, ``runAsNonRoot: true``.
        settings: the same as fields of the container's securityContext; none where it is to be set elsewhere.
    """
    paste = {"securityContext": settings} if settings else None
    message = "its security context lets it do more than it should; set {items}"
    return Group(("hardening",), message, item, paste, by_object=True)
