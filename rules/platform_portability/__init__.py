"""IV. Platform Portability: a chart that works on every Kubernetes, with platforms as overlays."""

from __future__ import annotations

from helm_constitution.api import RuleModule

from .assumptions import (
    cluster_domain,
    csi_object,
    dns_options,
    exposed_service,
    label_value,
    node_affinity,
    privileged_port,
    service_type,
)
from .custom_resources import bad_crd, crd_in_templates
from .kubernetes_versions import kube_version_blocks_vendors, no_kube_version
from .objects import fixed_namespace, host_port, platform_object
from .overlays import overlay_no_effect, overlay_unknown_key, platform_branch
from .schemas import bad_schema
from .services import service_without_selector
from .subjects import subject_namespace

MODULE = RuleModule(
    key="portability",
    title="Platform Portability",
    aliases=(
        r"\bportab(?:le|ility)\b",
        r"\b(?:multi|cross)[- ](?:platform|cloud)\b",
        r"\bplatforms?\b",
        r"\bextensibility\b",
    ),
    rules=(
        no_kube_version,
        kube_version_blocks_vendors,
        platform_object,
        host_port,
        fixed_namespace,
        cluster_domain,
        node_affinity,
        service_type,
        exposed_service,
        privileged_port,
        dns_options,
        csi_object,
        label_value,
        bad_schema,
        crd_in_templates,
        bad_crd,
        platform_branch,
        overlay_unknown_key,
        overlay_no_effect,
        service_without_selector,
        subject_namespace,
    ),
)
