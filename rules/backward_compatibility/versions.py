"""The chart's version, and the API versions of its objects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from helm_constitution.api import (
    MUST,
    NEWEST,
    OLDEST_SUPPORTED,
    LazyPattern,
    Manifest,
    SetField,
    Subject,
    Tag,
    Urgency,
    Version,
    Violation,
    forbid,
    parse_constraint,
    parse_version,
    require,
    rule,
)

from .api_versions import OLD_APIS, OldApi

_VERSION_ALONE = LazyPattern(r"(?:[a-z0-9.-]+/)?v\d\w*")


@rule(
    "compat/bad-version",
    default=MUST,
    enforces=require(
        r"^(?!.*\b(?:bump|increment|breaking|images?|tags?|tagged)\b).*"
        r"(?:\bsemantic[- ]version|\bsem-?ver\b|\bMAJOR\.MINOR\.PATCH\b|\bchart version\b.*\bset in\b)"
    ),
)
def bad_version(subject: Subject) -> Iterator[Violation]:
    """Chart version is not a semantic version.

    Why: Helm sorts and selects charts by version; it rejects some that are not semantic and interprets others, `1.2` or
        `v1.2.3`, in its own way, which differs from that of other tools.
    Bad:
        version: "1.2"
    Good:
        version: 1.2.0
    Fix: Write MAJOR.MINOR.PATCH without a leading v and leading zeros; a pre-release follows a hyphen.
        `fix --unsafe` writes the version that helm reads.
    Source: Semantic Versioning 2.0.0; Helm documentation, Charts and Versioning
    """
    version = subject.chart.metadata.view.get("version")
    text = version.string()
    if text is not None and parse_version(text) is not None:
        return
    if text is None:
        written = subject.chart.metadata.scalar_text(("version",))
        if not written:
            yield Violation("Chart.yaml has no version; set version to MAJOR.MINOR.PATCH", at=version)
            return
        text = written
    loose = parse_version(text.strip(), strict=False)
    advice = f"set version to {loose if loose is not None else 'MAJOR.MINOR.PATCH'}"
    fix = SetField(str(loose)) if loose is not None else None
    yield Violation(f'version "{text}" is not a semantic version; {advice}', at=version, fix=fix)


@rule(
    "compat/removed-api",
    scope=Manifest,
    default=MUST,
    enforces=(
        require(
            r"^(?!.*\b(?:REST|HTTP|GraphQL|gRPC)\b).*(?:"
            r"\b(?:current|stable|supported|non-deprecated|GA|latest)\b.{0,20}\bAPI(?: ?Versions?|s)\b"
            r"|\bAPI ?versions?\b.{0,40}\b(?:current|stable|supported|served))"
        ),
        forbid(
            r"\b(?:deprecated|removed|beta|alpha|obsolete)\b.{0,40}\bAPI(?: ?versions?|s)?\b"
            r"|\bAPI(?: ?versions?|s)?\b.{0,60}\b(?:deprecated|removed|gone|no longer)\b"
            r"|\bremoved (?:items?|features?|kinds?)\b"
        ),
    ),
    umbrella=r"\bstandard kubernetes\b(?! label)",
    evidence="objects use API versions that Kubernetes serves",
    urgency=Urgency.UPGRADE,
    tag=Tag.DEPRECATED,
)
def removed_api(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """API version is deprecated or removed in a supported Kubernetes version.

    Why: On a cluster that no longer serves the API version the installation fails, and after a cluster upgrade helm
        can't even upgrade or uninstall the release.
    Bad:
        apiVersion: policy/v1beta1
        kind: PodDisruptionBudget
    Good:
        apiVersion: policy/v1
        kind: PodDisruptionBudget
    Fix: Use the replacement; if older clusters still need the old version, choose by .Capabilities, or raise
        kubeVersion in Chart.yaml.
        `fix --unsafe` writes the new version; fields that moved have to be moved by hand.
    Source: Kubernetes documentation, Deprecated API Migration Guide; pluto
    """
    old = OLD_APIS.get((manifest.api_version, manifest.kind))
    if old is None or _asks_the_cluster(manifest, subject):
        return
    advice = f"use {old.replacement}" if old.replacement else "remove the object: there is no replacement"
    at = manifest.get("apiVersion")
    fix = SetField(old.replacement) if _VERSION_ALONE.fullmatch(old.replacement or "") else None
    if old.component:
        product, _, major = old.component.rpartition(" ")
        message = f"{manifest.kind} of {manifest.api_version} was removed in {product} {major}.{old.removed}; {advice}"
        yield Violation(message, at=at)
        return
    kube_version = subject.chart.metadata.view.get("kubeVersion").string()
    allowed = allowed_minors(kube_version)
    if old.removed is not None and allowed[-1] >= old.removed:
        message = f"Kubernetes 1.{old.removed} no longer serves {manifest.kind} of {manifest.api_version}; {advice}"
        yield Violation(message, at=at, fix=fix)
    elif _can_be_replaced(old, allowed):
        yield Violation(
            f"{manifest.kind} of {manifest.api_version} is deprecated since Kubernetes 1.{old.deprecated}; {advice}",
            at=at,
            fix=fix,
        )


def _can_be_replaced(old: OldApi, allowed: Sequence[int]) -> bool:
    """Whether some supported version deprecates it and all of them serve its replacement."""
    if old.deprecated is None or not old.replacement or allowed[-1] < old.deprecated:
        return False
    return old.replaced_since is None or allowed[0] >= old.replaced_since


def allowed_minors(kube_version: str | None) -> Sequence[int]:
    """The minor versions of Kubernetes 1, ascending, that a chart supports; never empty.

    Those that its ``kubeVersion`` accepts in any patch release; without one (or with one that accepts no known version)
    those that upstream supports.
    """
    constraint = parse_constraint(kube_version) if kube_version else None
    if constraint is not None:
        found = [
            minor
            for minor in range(NEWEST + 1)
            if any(constraint.accepts(Version(1, minor, patch)) for patch in range(50))
        ]
        if found:
            return found
    return range(OLDEST_SUPPORTED, NEWEST + 1)


def _asks_the_cluster(manifest: Manifest, subject: Subject) -> bool:
    """Whether the chart chooses the API version by .Capabilities: the rendered one then says nothing about a cluster.

    `helm template` assumes every API version that Helm was built with, including those that no cluster serves any more.
    """
    text = subject.template_text(manifest)
    if text is not None and ".Capabilities" in text:
        return True
    chart = subject.chart_of(manifest)
    if chart is None:
        return False
    return any(
        ".Capabilities" in text and manifest.api_version in text
        for path, text in chart.files.items()
        if path.startswith("templates/")
    )
