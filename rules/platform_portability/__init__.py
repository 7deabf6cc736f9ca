"""IV. Platform Portability: a chart that works on every Kubernetes, and takes platforms as overlays."""

from __future__ import annotations

from helm_constitution.api import RuleModule

from .kubernetes_versions import kube_version_blocks_vendors, no_kube_version
from .objects import fixed_namespace, host_port, platform_object

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
    ),
)
