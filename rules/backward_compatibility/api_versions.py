"""API versions that Kubernetes and widely used extensions no longer serve, or have announced the removal of.

Sources: Kubernetes documentation, Deprecated API Migration Guide; the release notes of cert-manager and Istio; checked
against the table of pluto (FairwindsOps/pluto, versions.yaml, April 2026).
"""

from __future__ import annotations

from collections.abc import Mapping

from helm_constitution.api import NamedTuple


class OldApi(NamedTuple):
    """An API version of a kind. Minor versions of Kubernetes 1; of the extension where ``component`` names one.

    ``deprecated`` is the first version that warns, ``removed`` the first that does not serve it; None if there is none
    yet. ``replacement`` is the API version to use instead, empty if there is none; ``replaced_since`` is the first
    version that serves it.
    """

    deprecated: int | None
    removed: int | None
    replacement: str
    replaced_since: int | None
    component: str = ""


def _table() -> dict[tuple[str, str], OldApi]:
    table: dict[tuple[str, str], OldApi] = {}

    def add(old: str, kinds: str, deprecated: int | None, removed: int | None, new: str, since: int | None) -> None:
        for kind in kinds.split():
            table[old, kind] = OldApi(deprecated, removed, new, since)

    add("extensions/v1beta1", "Deployment DaemonSet ReplicaSet", 9, 16, "apps/v1", 9)
    add("apps/v1beta1", "Deployment StatefulSet ReplicaSet ControllerRevision", 9, 16, "apps/v1", 9)
    add("apps/v1beta2", "Deployment StatefulSet DaemonSet ReplicaSet ControllerRevision", 9, 16, "apps/v1", 9)
    add("extensions/v1beta1", "NetworkPolicy", 9, 16, "networking.k8s.io/v1", 8)
    add("extensions/v1beta1", "PodSecurityPolicy", 10, 16, "", None)
    add("policy/v1beta1", "PodSecurityPolicy", 21, 25, "", None)
    add("scheduling.k8s.io/v1alpha1", "PriorityClass", 14, 17, "scheduling.k8s.io/v1", 14)
    add("settings.k8s.io/v1alpha1", "PodPreset", None, 20, "", None)

    add("extensions/v1beta1", "Ingress", 14, 22, "networking.k8s.io/v1", 19)
    add("networking.k8s.io/v1beta1", "Ingress IngressClass", 19, 22, "networking.k8s.io/v1", 19)
    add("scheduling.k8s.io/v1beta1", "PriorityClass", 14, 22, "scheduling.k8s.io/v1", 14)
    add("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", 16, 22, "apiextensions.k8s.io/v1", 16)
    add("apiregistration.k8s.io/v1beta1", "APIService", 19, 22, "apiregistration.k8s.io/v1", 10)
    webhooks = "MutatingWebhookConfiguration ValidatingWebhookConfiguration"
    add("admissionregistration.k8s.io/v1beta1", webhooks, 16, 22, "admissionregistration.k8s.io/v1", 16)
    roles = "ClusterRole ClusterRoleBinding Role RoleBinding"
    role_lists = "ClusterRoleList ClusterRoleBindingList RoleList RoleBindingList"
    for old in ("rbac.authorization.k8s.io/v1alpha1", "rbac.authorization.k8s.io/v1beta1"):
        add(old, f"{roles} {role_lists}", 17, 22, "rbac.authorization.k8s.io/v1", 8)
    reviews = "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview"
    add("authorization.k8s.io/v1beta1", reviews, 19, 22, "authorization.k8s.io/v1", 6)
    add("authentication.k8s.io/v1beta1", "TokenReview", 19, 22, "authentication.k8s.io/v1", 6)
    add("certificates.k8s.io/v1beta1", "CertificateSigningRequest", 19, 22, "certificates.k8s.io/v1", 19)
    add("coordination.k8s.io/v1beta1", "Lease", 19, 22, "coordination.k8s.io/v1", 14)
    add("storage.k8s.io/v1beta1", "CSIDriver CSINode StorageClass VolumeAttachment", 19, 22, "storage.k8s.io/v1", 18)

    add("audit.k8s.io/v1alpha1", "Event EventList Policy PolicyList", 21, 24, "audit.k8s.io/v1", 12)
    add("audit.k8s.io/v1beta1", "Event EventList Policy PolicyList", 21, 24, "audit.k8s.io/v1", 12)
    add("batch/v2alpha1", "CronJob CronJobList", 8, 21, "batch/v1", 21)
    add("batch/v1beta1", "CronJob CronJobList", 21, 25, "batch/v1", 21)
    add("discovery.k8s.io/v1beta1", "EndpointSlice EndpointSliceList", 21, 25, "discovery.k8s.io/v1", 21)
    add("events.k8s.io/v1beta1", "Event EventList", 19, 25, "events.k8s.io/v1", 19)
    add("node.k8s.io/v1beta1", "RuntimeClass", 22, 25, "node.k8s.io/v1", 20)
    add("policy/v1beta1", "PodDisruptionBudget PodDisruptionBudgetList", 21, 25, "policy/v1", 21)
    scalers = "HorizontalPodAutoscaler HorizontalPodAutoscalerList"
    add("autoscaling/v2beta1", scalers, 22, 25, "autoscaling/v2", 23)
    add("autoscaling/v2beta2", scalers, 23, 26, "autoscaling/v2", 23)
    add("storage.k8s.io/v1beta1", "CSIStorageCapacity", 24, 27, "storage.k8s.io/v1", 24)
    flow = "FlowControl FlowSchema PriorityLevelConfiguration"
    add("flowcontrol.apiserver.k8s.io/v1beta1", flow, 23, 26, "flowcontrol.apiserver.k8s.io/v1", 29)
    add("flowcontrol.apiserver.k8s.io/v1beta2", flow, 26, 29, "flowcontrol.apiserver.k8s.io/v1", 29)
    add("flowcontrol.apiserver.k8s.io/v1beta3", flow, 29, 32, "flowcontrol.apiserver.k8s.io/v1", 29)
    admission = "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding"
    add("admissionregistration.k8s.io/v1alpha1", admission, 28, 33, "admissionregistration.k8s.io/v1", 30)
    devices = "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice"
    add("resource.k8s.io/v1alpha2", f"{devices} ResourceClass", None, 31, "resource.k8s.io/v1", 34)
    add("resource.k8s.io/v1alpha3", devices, 32, 34, "resource.k8s.io/v1", 34)
    add("resource.k8s.io/v1beta1", devices, 33, 36, "resource.k8s.io/v1", 34)
    add("storage.k8s.io/v1alpha1", "VolumeAttributesClass", 31, 35, "storage.k8s.io/v1", 34)
    add("storage.k8s.io/v1beta1", "VolumeAttributesClass", 34, None, "storage.k8s.io/v1", 34)
    add("storagemigration.k8s.io/v1alpha1", "StorageVersionMigration", 35, 35, "storagemigration.k8s.io/v1beta1", 35)

    def extension(component: str, old: str, kinds: str, removed: int, new: str) -> None:
        for kind in kinds.split():
            table[old, kind] = OldApi(None, removed, new, None, component)

    issuers = "Certificate CertificateRequest ClusterIssuer Issuer"
    extension("cert-manager 0", "certmanager.k8s.io/v1alpha1", f"{issuers} Challenge Order", 11, "cert-manager.io/v1")
    for version in ("v1alpha2", "v1alpha3", "v1beta1"):
        extension("cert-manager 1", f"cert-manager.io/{version}", issuers, 6, "cert-manager.io/v1")
        extension("cert-manager 1", f"acme.cert-manager.io/{version}", "Challenge Order", 6, "acme.cert-manager.io/v1")
    access = "ClusterRbacConfig RbacConfig ServiceRole ServiceRoleBinding"
    extension("Istio 1", "rbac.istio.io/v1alpha1", access, 6, "security.istio.io/v1")
    extension("Istio 1", "authentication.istio.io/v1alpha1", "MeshPolicy Policy", 6, "security.istio.io/v1")
    return table


OLD_APIS: Mapping[tuple[str, str], OldApi] = _table()
"""(API version, kind) → when it was deprecated and removed."""
