"""Which Kubernetes versions Chart.yaml says the chart is for."""

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
        "floor": Parameter("", "any is better than none; else the version below which helm must refuse to install"),
        "supported": Parameter("", "as the chart says; else a version on which it must be installable"),
    },
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
        Where a parameter names a version, the range must begin there (`floor`) or let it in (`supported`).
    Source: Helm documentation, The kubeVersion field; chart-verifier has-kubeversion
    """
    if subject.chart.is_library:
        raise NotApplicable("a library chart is not installed by itself")
    kube_version = subject.chart.metadata.view.get("kubeVersion")
    if not kube_version:
        example = subject.text("floor") or subject.text("supported") or "1.27"
        yield Violation(
            f'Chart.yaml has no kubeVersion; write the oldest that is supported, ">={example}.0-0"', at=kube_version
        )
        return
    constraint = parse_constraint(kube_version.string() or "")
    if constraint is None:
        return  # helm itself refuses it
    floor, supported = (_minor(subject.text(name)) for name in ("floor", "supported"))
    if floor is not None and any(constraint.accepts(Version(1, minor, 0)) for minor in range(floor)):
        yield Violation(f'kubeVersion lets in versions before 1.{floor}; write ">=1.{floor}.0-0"', at=kube_version)
    if supported is not None and not any(constraint.accepts(Version(1, supported, patch)) for patch in (0, 99)):
        yield Violation(f"kubeVersion leaves out Kubernetes 1.{supported}; widen it", at=kube_version)


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
    """kubeVersion turns away clusters whose version has a vendor's suffix.

    Why: Older Helm takes the suffix of v1.25.3-gke.1 or v1.29.1-eks-a5df82a for a pre-release, which `>=1.25.0` leaves
        out: the chart can't be installed there, though the cluster is new enough.
    Bad:
        kubeVersion: ">=1.25.0"
    Good:
        kubeVersion: ">=1.25.0-0"
    Fix: Write `-0` behind each version of the range.
        `fix` writes -0 behind the versions of a simple range.
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
            fix=SetField(repaired, Applicability.SAFE) if (repaired := _repaired(text)) is not None else None,
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
    repaired = _repaired(text)
    return f'write "{repaired}"' if repaired is not None else "write -0 behind each version of the range"


def _repaired(text: str) -> str | None:
    """The range with -0 behind each version; None where that isn't enough."""
    if re.fullmatch(r"(?:(?:>=|<|\^|~)?\s*v?\d+\.\d+(?:\.\d+)?(?:-\d+)?[\s,|]*)+", text):
        numbers = re.sub(r"v?(\d+\.\d+)(\.\d+)?(?:-\d+)?", lambda found: f"{found[1]}{found[2] or '.0'}-0", text)
        repaired = parse_constraint(numbers)
        if repaired is not None and _blocked(repaired) is None:
            return numbers
    return None
