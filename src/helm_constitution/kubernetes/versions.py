"""Which Kubernetes versions there are, and which of its API versions each serves."""

from __future__ import annotations

NEWEST = 37
"""The minor version of the newest Kubernetes release that is known here (1.37, August 2026)."""

OLDEST_SUPPORTED = 35
"""The oldest minor version that upstream still fixes (three minor versions, each for about 14 months)."""

_SERVED_SINCE = {
    "v1": 0,
    "admissionregistration.k8s.io/v1": 16,
    "apiextensions.k8s.io/v1": 16,
    "apiregistration.k8s.io/v1": 10,
    "apps/v1": 9,
    "authentication.k8s.io/v1": 6,
    "authorization.k8s.io/v1": 6,
    "autoscaling/v1": 2,
    "autoscaling/v2": 23,
    "batch/v1": 2,
    "certificates.k8s.io/v1": 19,
    "coordination.k8s.io/v1": 14,
    "discovery.k8s.io/v1": 21,
    "events.k8s.io/v1": 19,
    "flowcontrol.apiserver.k8s.io/v1": 29,
    "networking.k8s.io/v1": 8,
    "node.k8s.io/v1": 20,
    "policy/v1": 21,
    "rbac.authorization.k8s.io/v1": 8,
    "resource.k8s.io/v1": 34,
    "scheduling.k8s.io/v1": 14,
    "storage.k8s.io/v1": 6,
}
"""The stable API versions, and the minor version that first served each (Kubernetes documentation, release notes)."""

_OWN_GROUPS = frozenset(
    {"extensions", "settings.k8s.io", "storagemigration.k8s.io", "internal.apiserver.k8s.io"}
    | {version.partition("/")[0] for version in _SERVED_SINCE}
)


def api_versions(minor: int) -> tuple[str, ...]:
    """The stable API versions that Kubernetes 1.``minor`` serves."""
    return tuple(version for version, since in _SERVED_SINCE.items() if since <= minor)


def is_own_group(api_version: str) -> bool:
    """Whether an API version (``policy/v1``, ``policy/v1/PodDisruptionBudget``) is Kubernetes' own."""
    return api_version.partition("/")[0] in _OWN_GROUPS or "/" not in api_version
