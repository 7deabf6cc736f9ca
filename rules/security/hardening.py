"""The settings of one security context, which one edit fixes together."""

from __future__ import annotations

from helm_constitution.api import Container, Group, Json, Subject


def is_told(subject: Subject, teller: str, rule: str) -> bool:
    """Whether one rule reports in this check what another one leaves to it, as severely as that one would."""
    told = subject.severity_of(teller)
    return told is not None and told >= (subject.severity_of(rule) or told)


def hardening(container: Container, item: str, **settings: Json) -> Group:
    """The group of all settings that a container's security context lacks.

    Args:
        container: the container that the finding is about.
        item: the setting that one finding requires, ``runAsNonRoot: true``.
        settings: the same as fields of the container's securityContext; none where it belongs elsewhere.
    """
    paste = {"securityContext": settings} if settings else None
    message = f'security context of container "{container.name}" is too permissive; set {{items}}'
    return Group(("hardening",), message, item, paste, by_object=True)
