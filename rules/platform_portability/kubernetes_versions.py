"""Which Kubernetes versions Chart.yaml says the chart is for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.api import (
    SHOULD,
    Constraint,
    NotApplicable,
    Subject,
    Version,
    Violation,
    parse_constraint,
    require,
    rule,
)

_STANDARD_KUBERNETES = r"\b(?:standard|vanilla|upstream|conformant|any|every) kubernetes\b(?! labels?| resource)"


@rule(
    "portability/no-kube-version",
    default=SHOULD,
    enforces=require(
        r"\bkubeVersion\b|\b(?:supported|minimum|minimal|required)\b.{0,20}\bkubernetes\b.{0,20}\bversions?\b"
        r"|\bkubernetes versions?\b.{0,40}\b(?:support|state|declare|document)"
    ),
    umbrella=_STANDARD_KUBERNETES,
)
def no_kube_version(subject: Subject) -> Iterator[Violation]:
    """Chart.yaml doesn't say which Kubernetes versions the chart supports.

    Why: On a cluster that is too old the installation stops half-way at the first API that is missing; with kubeVersion
        helm refuses before it creates anything.
    Bad:
        apiVersion: v2
        name: web
    Good:
        apiVersion: v2
        name: web
        kubeVersion: ">=1.27.0-0"
    Fix: Set kubeVersion to the oldest version that has every API the templates use; `-0` lets in vendors' versions.
    Source: Helm documentation, The kubeVersion field; chart-verifier has-kubeversion
    """
    if subject.chart.is_library:
        raise NotApplicable("a library chart is not installed by itself")
    kube_version = subject.chart.metadata.view.get("kubeVersion")
    if not kube_version:
        yield Violation(
            'Chart.yaml has no kubeVersion; write the oldest that is supported, ">=1.27.0-0"', at=kube_version
        )


@rule(
    "portability/kube-version-blocks-vendors",
    default=SHOULD,
    enforces=require(r"\b(?:EKS|GKE|AKS|managed|vendors?'?s?) .{0,40}\bversions?\b"),
    umbrella=_STANDARD_KUBERNETES + r"|\bkubeVersion\b",
)
def kube_version_blocks_vendors(subject: Subject) -> Iterator[Violation]:
    """kubeVersion turns away clusters whose version has a vendor's suffix.

    Why: Older Helm takes the suffix of v1.25.3-gke.1 or v1.29.1-eks-a5df82a for a pre-release, which `>=1.25.0` leaves
        out: the chart can't be installed there, though the cluster is new enough.
    Bad:
        kubeVersion: ">=1.25.0"
    Good:
        kubeVersion: ">=1.25.0-0"
    Fix: Write `-0` behind each version of the range.
    Source: Helm documentation, The kubeVersion field; Masterminds/semver, Working With Prerelease Versions
    """
    kube_version = subject.chart.metadata.view.get("kubeVersion")
    text = kube_version.string()
    constraint = parse_constraint(text) if text else None
    if text is None or constraint is None:
        return  # no range, or one that helm itself refuses
    blocked = _blocked(constraint)
    if blocked is not None:
        yield Violation(
            f"older Helm (3.17 for one; 3.22, 4.1 and 4.3 don't) takes v{blocked} for a pre-release, "
            f"which {text} leaves out; {_advice(text)}",
            at=kube_version,
        )


def _blocked(constraint: Constraint) -> Version | None:
    """The first release of Kubernetes that is accepted as upstream names it, but not as a vendor does."""
    if constraint.names_prereleases:
        return None
    for minor in range(60):
        for patch in range(20):
            vendor = Version(1, minor, patch, "gke.1")
            if constraint.accepts(Version(1, minor, patch)) and not constraint.accepts(vendor):
                return vendor
    return None


def _advice(text: str) -> str:
    if re.fullmatch(r"(?:(?:>=|<|\^|~)?\s*v?\d+\.\d+(?:\.\d+)?(?:-\d+)?[\s,|]*)+", text):
        numbers = re.sub(r"v?(\d+\.\d+)(\.\d+)?(?:-\d+)?", lambda found: f"{found[1]}{found[2] or '.0'}-0", text)
        repaired = parse_constraint(numbers)
        if repaired is not None and _blocked(repaired) is None:
            return f'write "{numbers}"'
    return "write -0 behind each version of the range"
