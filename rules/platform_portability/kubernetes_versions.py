"""The Kubernetes versions that Chart.yaml declares."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.api import (
    SHOULD,
    Applicability,
    Constraint,
    NotApplicable,
    Parameter,
    SetField,
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
        r"\bkubeVersion\b(?:.{0,40}(?:>=|\bat least\b|\bminimum(?: of)?\b|\bfrom\b) ?v?(?P<floor>1\.\d+))?"
        r"|\b(?:support\w*|run on|work on|compatible with)\b.{0,20}\bkubernetes\b\D{0,14}(?P<supported>1\.\d+)"
        r"|\bkubernetes\b\D{0,14}(?P<supported_2>1\.\d+).{0,30}\bsupported\b|\b(?:supported|minimum|minimal|required)\b.{0,20}\bkubernetes\b.{0,20}\bversions?\b"
        r"|\bkubernetes versions?\b.{0,40}\b(?:support|state|declare|document)"
    ),
    umbrella=_STANDARD_KUBERNETES,
    parameters={
        "floor": Parameter("", "any range is accepted; set the version below which helm must refuse to install"),
        "supported": Parameter("", "the chart decides; set a version on which it must be installable"),
    },
)
def no_kube_version(subject: Subject) -> Iterator[Violation]:
    """Chart.yaml has no kubeVersion, or an unsuitable one.

    Why: On a cluster that is too old, the installation stops half-way at the first missing API; with kubeVersion, helm
        refuses before it creates anything.
    Bad:
        apiVersion: v2
        name: web
    Good:
        apiVersion: v2
        name: web
        kubeVersion: ">=1.27.0-0"
    Fix: Set kubeVersion to the oldest version that has every API of the templates; `-0` also matches vendors' versions.
        If a parameter is set, the range must begin at that version (`floor`) or include it (`supported`).
    Source: Helm documentation, The kubeVersion field; chart-verifier has-kubeversion
    """
    if subject.chart.is_library:
        raise NotApplicable("a library chart is not installed by itself")
    kube_version = subject.chart.metadata.view.get("kubeVersion")
    if not kube_version:
        example = subject.text("floor") or subject.text("supported") or "1.27"
        yield Violation(
            f'Chart.yaml has no kubeVersion; set it to the oldest supported version, ">={example}.0-0"', at=kube_version
        )
        return
    constraint = parse_constraint(kube_version.string() or "")
    if constraint is None:
        return  # helm itself rejects it
    floor, supported = (_minor(subject.text(name)) for name in ("floor", "supported"))
    if floor is not None and any(constraint.accepts(Version(1, minor, 0)) for minor in range(floor)):
        yield Violation(f'kubeVersion allows versions before 1.{floor}; set it to ">=1.{floor}.0-0"', at=kube_version)
    if supported is not None and not any(constraint.accepts(Version(1, supported, patch)) for patch in (0, 99)):
        yield Violation(f"kubeVersion excludes Kubernetes 1.{supported}; widen the range", at=kube_version)


def _minor(text: str) -> int | None:
    """The minor version of "1.27"; None where there is none."""
    minor = text.partition(".")[2]
    return int(minor) if minor.isdigit() else None


@rule(
    "portability/kube-version-blocks-vendors",
    default=SHOULD,
    enforces=require(r"\b(?:EKS|GKE|AKS|managed|vendors?'?s?) .{0,40}\bversions?\b"),
    umbrella=_STANDARD_KUBERNETES + r"|\bkubeVersion\b",
)
def kube_version_blocks_vendors(subject: Subject) -> Iterator[Violation]:
    """kubeVersion rejects clusters with a vendor version suffix.

    Why: Older Helm versions treat the suffix of v1.25.3-gke.1 or v1.29.1-eks-a5df82a as a pre-release, which `>=1.25.0`
        excludes: the chart can't be installed there, although the cluster is new enough.
    Bad:
        kubeVersion: ">=1.25.0"
    Good:
        kubeVersion: ">=1.25.0-0"
    Fix: Append `-0` to each version of the range.
        `fix` appends -0 to the versions of a simple range.
    Source: Helm documentation, The kubeVersion field; Masterminds/semver, Working With Prerelease Versions
    """
    kube_version = subject.chart.metadata.view.get("kubeVersion")
    text = kube_version.string()
    constraint = parse_constraint(text) if text else None
    if text is None or constraint is None:
        return  # no range, or one that helm itself rejects
    blocked = _blocked(constraint)
    if blocked is not None:
        yield Violation(
            f"kubeVersion {text} excludes v{blocked}, a pre-release for older Helm (3.17, not 3.22, 4.1 and 4.3);"
            f" {_advice(text)}",
            at=kube_version,
            fix=SetField(repaired, Applicability.SAFE) if (repaired := _repaired(text)) is not None else None,
        )


def _blocked(constraint: Constraint) -> Version | None:
    """The first Kubernetes release that is accepted with its upstream version, but not with a vendor's."""
    if constraint.names_prereleases:
        return None
    for minor in range(60):
        for patch in range(20):
            vendor = Version(1, minor, patch, "gke.1")
            if constraint.accepts(Version(1, minor, patch)) and not constraint.accepts(vendor):
                return vendor
    return None


def _advice(text: str) -> str:
    repaired = _repaired(text)
    return f'write "{repaired}"' if repaired is not None else "append -0 to each version of the range"


def _repaired(text: str) -> str | None:
    """The range with -0 appended to each version; None where that isn't enough."""
    if re.fullmatch(r"(?:(?:>=|<|\^|~)?\s*v?\d+\.\d+(?:\.\d+)?(?:-\d+)?[\s,|]*)+", text):
        numbers = re.sub(r"v?(\d+\.\d+)(\.\d+)?(?:-\d+)?", lambda found: f"{found[1]}{found[2] or '.0'}-0", text)
        repaired = parse_constraint(numbers)
        if repaired is not None and _blocked(repaired) is None:
            return numbers
    return None
