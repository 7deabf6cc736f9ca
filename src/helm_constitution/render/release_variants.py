"""Other releases of the defaults: an upgrade, other Kubernetes versions, more API versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.helm.protocol import DEFAULT_KUBE_VERSION, RenderRequest
from helm_constitution.kubernetes.versions import NEWEST, OLDEST_SUPPORTED, api_versions, is_own_group
from helm_constitution.render.scenarios import Scenario, ScenarioKind
from helm_constitution.text.semver import Version, parse_constraint

if TYPE_CHECKING:
    from helm_constitution.templates.analysis import AnalysedChart


API_VERSIONS = "API versions"
"""The scenario in which the cluster has every API version that templates test."""


_VERSION_COMPARED = LazyPattern(r"semverCompare\s+[\"`]([^\"`]*)[\"`]")


_MINOR = LazyPattern(r"\b1\.(\d{1,2})\b")


_API_ASKED = LazyPattern(r"\.APIVersions\.Has\s+[\"`]([^\"`]+)[\"`]")


def release_scenarios(analysed: AnalysedChart, request: RenderRequest) -> list[Scenario]:
    """An upgrade, the other supported Kubernetes versions, and the versions that templates compare with."""
    found = [] if request.is_upgrade else [Scenario("upgrade", request._replace(is_upgrade=True), ScenarioKind.UPGRADE)]
    if request.kube_version is None:
        for minor in _minors(analysed):
            versions = tuple(dict.fromkeys((*api_versions(minor), *request.api_versions)))
            other = request._replace(kube_version=f"1.{minor}", api_versions=versions)
            # Objects for a version that upstream no longer supports are not checked.
            is_old = minor < OLDEST_SUPPORTED
            found.append(Scenario(f"kubernetes 1.{minor}", other, ScenarioKind.KUBERNETES, only_renders=is_old))
    asked = _apis_asked(analysed)
    if asked:
        versions = tuple(dict.fromkeys((*request.api_versions, *asked)))
        found.append(Scenario(API_VERSIONS, request._replace(api_versions=versions), ScenarioKind.KUBERNETES))
    return found


def _minors(analysed: AnalysedChart) -> list[int]:
    kube_version = analysed.chart.metadata.view.get("kubeVersion").string()
    constraint = parse_constraint(kube_version) if kube_version else None
    wanted = set(range(OLDEST_SUPPORTED, NEWEST + 1))
    for text in analysed.chart.files.values():
        if "semverCompare" in text:
            for compared in _VERSION_COMPARED.findall(text):
                wanted.update(int(minor) - 1 for minor in _MINOR.findall(compared) if 1 < int(minor) <= NEWEST)
    wanted.discard(int(DEFAULT_KUBE_VERSION.split(".")[1]))
    return [minor for minor in sorted(wanted) if constraint is None or constraint.accepts(Version(1, minor, 0))]


def _apis_asked(analysed: AnalysedChart) -> list[str]:
    """The API versions outside Kubernetes' own groups that templates test."""
    found = (
        version
        for path, text in sorted(analysed.chart.files.items())
        if path.startswith("templates/") and ".APIVersions" in text
        for version in _API_ASKED.findall(text)
    )
    return [version for version in dict.fromkeys(found) if not is_own_group(version)]
