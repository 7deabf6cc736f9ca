"""What the API calls a kind of object: its resource, and whether it lives in a namespace."""

from __future__ import annotations

CLUSTER_SCOPED = frozenset(
    {
        "APIService",
        "CSIDriver",
        "CSINode",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "ClusterTrustBundle",
        "CustomResourceDefinition",
        "DeviceClass",
        "DeviceTaintRule",
        "FlowSchema",
        "IPAddress",
        "IngressClass",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "ResourceSlice",
        "RuntimeClass",
        "ServiceCIDR",
        "StorageClass",
        "StorageVersion",
        "StorageVersionMigration",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
        "VolumeAttributesClass",
    }
)
"""The kinds of Kubernetes' own that no namespace holds (``kubectl api-resources --namespaced=false``, 1.37)."""


def is_built_in(group: str) -> bool:
    """Whether a group is one of Kubernetes' own.

    >>> is_built_in("apps"), is_built_in("rbac.authorization.k8s.io"), is_built_in("gateway.networking.k8s.io")
    (True, True, False)
    """
    return "." not in group or group in _GROUPS


_GROUPS = frozenset(
    f"{name}.k8s.io"
    for name in (
        "admissionregistration",
        "apiextensions",
        "apiregistration",
        "authentication",
        "authorization",
        "rbac.authorization",
        "certificates",
        "coordination",
        "discovery",
        "events",
        "flowcontrol.apiserver",
        "internal.apiserver",
        "networking",
        "node",
        "resource",
        "scheduling",
        "storage",
        "storagemigration",
    )
)


def is_cluster_scoped(group: str, kind: str) -> bool:
    """Whether no namespace holds objects of a kind. Of others than Kubernetes' own the name tells, by custom.

    >>> is_cluster_scoped("", "Namespace"), is_cluster_scoped("cert-manager.io", "ClusterIssuer")
    (True, True)
    >>> is_cluster_scoped("postgresql.cnpg.io", "Cluster"), is_cluster_scoped("acme.io", "Clustered")
    (False, False)
    """
    if is_built_in(group):
        return kind in CLUSTER_SCOPED
    return kind.startswith("Cluster") and kind[7:8].isupper()


def resource_of(kind: str) -> str:
    """The resource of a kind, as Kubernetes guesses it (``meta.UnsafeGuessKindToResource``).

    >>> [resource_of(kind) for kind in ("Pod", "NetworkPolicy", "Ingress", "Endpoints", "Gateway")]
    ['pods', 'networkpolicies', 'ingresses', 'endpoints', 'gateways']
    """
    name = kind.lower()
    if name == "endpoints":
        return name
    if name.endswith("s"):
        return f"{name}es"
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    return f"{name}s"
