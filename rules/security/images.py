"""Which image a container runs."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    MAY,
    MUST,
    OFF,
    Container,
    LazyPattern,
    NamedTuple,
    Parameter,
    SetField,
    Subject,
    Violation,
    forbid,
    require,
    rule,
)

from .statements import SECURE_DEFAULTS


class ImageReference(NamedTuple):
    """The parts of an image reference; missing parts are empty."""

    repository: str
    tag: str
    digest: str


def image_reference(image: str) -> ImageReference:
    """Splits an image reference into its parts.

    >>> image_reference("registry:5000/acme/web")
    ImageReference(repository='registry:5000/acme/web', tag='', digest='')
    >>> image_reference("acme/web:1.4.2@sha256:0f1e")
    ImageReference(repository='acme/web', tag='1.4.2', digest='sha256:0f1e')
    """
    name, _, digest = image.strip().partition("@")
    folder, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    return ImageReference(folder + slash + last, tag, digest)


_MOVING = LazyPattern(
    r"(?i)latest(?:[-.].*)?|.*-latest"
    r"|(?:main|master|trunk|head|edge|nightly|canary|dev|devel|develop|development|snapshot|stable|unstable|mainline"
    r"|rolling)(?:-[a-z]+)*"
)
"""Names of branches and channels, alone or of one variant (`stable-alpine`). `main-3f2a9c1` is one build."""


@rule(
    "security/latest-tag",
    scope=Container,
    default=MUST,
    enforces=(
        require(
            r"\bimages?\b.{0,60}\btag(?:s|ged)?\b.{0,30}\b(?:semantic|sem-?ver)|"
            r"\bimages?\b.{0,60}(?<![-\w])(?:pinned|fixed|specific|explicit|immutable|exact|versioned)\b"
            r"|\b(?:immutable|pinned|explicit|versioned|commit[- ]SHA|SHA) tags?\b"
            r"|\bpin to (?:an? )?(?:\w+ ){0,3}(?:digest|tag)\b"
            r"|\bimages?\b.{0,20}\b(?:stable|exact|fixed) versions?\b"
            r"|\bpin(?:ned|ning)?\b.{0,20}\bimages?\b|\bpin(?:ned)? (?:exact|specific|explicit) versions?\W*$"
            r"|\b(?:pin|pinned|specific|explicit|immutable|exact|fixed)\b.{0,30}\b(?:image|container)\b.{0,20}\b(?:tags?|versions?|images?)\b"
        ),
        forbid(
            r"\buntagged\b|\blatest\b(?! (?:kubernetes|helm|release|documentation))"
            r"|\b(?:floating|mutable|moving) (?:image )?tags?\b"
        ),
    ),
    umbrella=SECURE_DEFAULTS,
    evidence="containers run a pinned version",
    tests=True,
)
def latest_tag(container: Container, subject: Subject) -> Iterator[Violation]:
    """Image is not pinned to a version.

    Why: Two pods of one release may run different programs, a rollback restores nothing, and nobody can tell which
        version was running yesterday.
    Bad:
        image: acme/web:latest
    Good:
        image: acme/web:1.4.2
    Fix: Default the tag to the chart's appVersion, and let a value override it.
    Source: Kubernetes documentation, Images; kube-linter latest-tag; kube-score container-image-tag; polaris
        tagNotSpecified
    """
    if not container.image:
        return
    reference = image_reference(container.image)
    if reference.digest:
        return
    if not reference.tag:
        yield Violation(
            f"image {container.image} has no tag and runs the latest version; set a version as its tag",
            at=container.field("image"),
        )
    elif _MOVING.fullmatch(reference.tag):
        yield Violation(
            f"image {container.image} uses the moving tag {reference.tag}; set a version as its tag",
            at=container.field("image"),
            part=reference.tag,
        )


@rule(
    "security/no-digest",
    scope=Container,
    default=OFF,
    enforces=require(
        r"\b(?:use|prefer|require|pin\w*)\b.{0,40}\bdigests?\b|\bimages?\b.{0,60}\bdigests?\b|\bdigests?\b.{0,40}\bimages?\b|\bsha-?256\b.{0,40}\bimages?\b"
    ),
    tests=True,
)
def no_digest(container: Container, subject: Subject) -> Iterator[Violation]:
    """Image is not pinned to a digest.

    Why: A tag can be pushed again with different content; a digest can't.
    Bad:
        image: acme/web:1.4.2
    Good:
        image: acme/web:1.4.2@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    Fix: Add image.digest to values.yaml, with the digest of the default tag, and append it to the image.
    Source: Kubernetes documentation, Images; CIS Kubernetes Benchmark
    """
    if container.image and not image_reference(container.image).digest:
        yield Violation(
            f"image {container.image} is not pinned to a digest; add @sha256:…", at=container.field("image")
        )


@rule(
    "security/pull-policy",
    scope=Container,
    default=MAY,
    enforces=(
        require(r"\b(?:image ?)?pull ?policy\b.{0,40}\balways\b|\balways pull\w*\b"),
        forbid(r"\bIfNotPresent\b|\bpull ?policy\b.{0,20}\bnever\b"),
    ),
    umbrella=SECURE_DEFAULTS,
    tests=True,
    parameters={
        "strict": Parameter(
            0, "a digest always names the same image, and latest is pulled by default; 1 requires an explicit Always"
        )
    },
)
def pull_policy(container: Container, subject: Subject) -> Iterator[Violation]:
    """Container may run a cached image.

    Why: With IfNotPresent, some nodes keep the old image of a tag that was pushed again, and a pod may run a private
        image that another pod pulled without having its credentials.
    Bad:
        imagePullPolicy: IfNotPresent
    Good:
        imagePullPolicy: Always
    Fix: Default image.pullPolicy to Always, or pin the image to a digest: a cached copy is then always the right one.
        `fix --unsafe` sets Always.
    Source: Kubernetes documentation, Images, AlwaysPullImages; kube-score container-image-pull-policy; polaris
        pullPolicyNotAlways
    """
    if not container.image:
        return
    reference = image_reference(container.image)
    policy = container.field("imagePullPolicy")
    # Without a policy Kubernetes uses Always for latest, IfNotPresent for everything else.
    actual = policy.string() or ("Always" if reference.tag in ("", "latest") else "IfNotPresent")
    strict = bool(subject.number("strict"))
    if strict and policy.string() != "Always":
        is_written = f"is {policy.string()}" if policy.string() else "is not set"
        yield Violation(f"imagePullPolicy {is_written}; set it to Always", at=policy, fix=SetField("Always"))
    elif actual != "Always" and not reference.digest:
        said = "is" if policy.string() else "defaults to"
        yield Violation(
            f"imagePullPolicy {said} {actual}; set it to Always, or pin the image to a digest",
            at=policy,
            fix=SetField("Always"),
        )
