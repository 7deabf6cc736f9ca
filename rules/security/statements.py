"""Patterns of statements that several security rules enforce."""

from __future__ import annotations

from helm_constitution.api import require

SECURE_DEFAULTS = (
    r"security[- ]sensitive defaults?|secure (?:by )?defaults?|secure[- ]by[- ]default"
    r"|defaults? (?:must|should|shall|are|is|be)\b.{0,30}\bsecure\b"
)
"""Umbrella of every security rule: "Security-sensitive defaults MUST be secure"."""

LEAST_PRIVILEGE = (
    SECURE_DEFAULTS + r"|^(?!.*\b(?:rbac|roles?|service ?accounts?|IAM)\b).*\bleast[- ]privileges?\b"
    r"|\b(?:restrictive|restricted|hardened|minimal) (?:pod |container )?security ?contexts?"
    r"|\bsecurity ?contexts?\b.{0,40}\b(?:restrictive|hardened|minimal)\b"
)
"""Umbrella of the rules about what a pod may do: "Security contexts MUST follow the least-privilege principle"."""

ACCESS = (
    SECURE_DEFAULTS + r"|^(?!.*\b(?:security ?contexts?|IAM)\b).*\bleast[- ]privileges?\b"
    r"|\b(?:minimal|minimum|only the) (?:rbac |required |necessary )*(?:privileges|permissions|rights|access)\b"
)
"""Umbrella of the rules about what a service account may do: "RBAC rules MUST follow least privilege"."""

_STANDARDS = r"\bpod[- ]security[- ](?:standards?|admission|profiles?|policy|policies)|\bPSS\b"

BASELINE = require(_STANDARDS + r"|\bbaseline (?:pod security )?(?:profile|policy|level|standard)")
"""Statements that require the Pod Security Standards, whichever profile."""

RESTRICTED = require(
    rf"^(?!(?!.*\brestricted\b).*\bbaseline\b).*(?:{_STANDARDS})"
    r"|\brestricted (?:pod security )?(?:profile|policy|level|standard)"
)
"""Statements that require the restricted profile; one that names only the baseline profile does not."""

NON_ROOT = require(
    r"\bnon-?root\b|\brootless containers?\b|\brunAsNonRoot\b|\b(?:unprivileged|dedicated|regular) user\b"
    r"|\bnon-?zero (?:runAsUser|uids?|user ?ids?)\b"
)
"""Statements that ask for another user than root."""
