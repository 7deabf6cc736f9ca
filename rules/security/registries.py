"""Where images come from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.api import OFF, Container, LazyPattern, Parameter, Subject, Violation, forbid, require, rule

_HOST = (
    r"(?:(?!\S*\.(?:ya?ml|json|md|tpl|txt)\b)"
    r"(?:docker ?hub|localhost(?::\d+)?|(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?(?:/[\w./-]*\w)?))"
)
_HOSTS = rf"{_HOST}(?:(?:,? (?:and|or) |, ){_HOST})*"
_FROM = r"\b(?:from|in|hosted (?:on|in|at|by)|stored (?:in|on)|through|via)\b"
_NAME = LazyPattern(_HOST, re.IGNORECASE)
_DOCKER_HUB = "docker.io"


@rule(
    "security/foreign-registry",
    scope=Container,
    default=OFF,
    enforces=(
        require(rf"\bimages?\b.{{0,60}}{_FROM}.{{0,40}}?\s(?P<registries>{_HOSTS})"),
        require(rf"\b(?P<registries_2>{_HOSTS}) (?:is|are) the only\b.{{0,20}}\bregistr"),
        require(rf"\b(?:only|allowed|approved|trusted) registr(?:y|ies)\b.{{0,20}}?[\s:](?P<registries_3>{_HOSTS})"),
        forbid(rf"\bimages?\b.{{0,60}}{_FROM}.{{0,40}}?\s(?P<refused>{_HOSTS})"),
        forbid(rf"\b(?P<refused_2>{_HOSTS}) images?\b"),
    ),
    evidence="containers run images from the allowed registries",
    tests=True,
    parameters={
        "registries": Parameter("", "every team has its own; registries, or repository prefixes, separated by commas"),
        "refused": Parameter("", "registries that no image may come from, separated by commas"),
    },
)
def foreign_registry(container: Container, subject: Subject) -> Iterator[Violation]:
    """Image comes from a registry that is not allowed.

    Why: The image is neither scanned nor mirrored, and when its registry limits downloads the pod can't start.
    Bad:
        image: docker.io/acme/web:1.4.2
    Good:
        image: registry.acme.test/acme/web:1.4.2
    Fix: Mirror the image, and default image.registry or image.repository to the team's registry. The rule checks
        nothing until its parameter `registries` or `refused` is set.
    Source: Kubernetes documentation, Images; CIS Kubernetes Benchmark, Configure Image Provenance
    """
    if not container.image or "{{" in container.image:
        return
    name = _full_name(container.image)
    allowed, refused = (_prefixes(subject.text(kind)) for kind in ("registries", "refused"))
    if allowed and not any(_is_below(name, prefix) for prefix in allowed):
        yield Violation(
            f"image {container.image} is not from {' or '.join(allowed)}; mirror it there",
            at=container.field("image"),
        )
    elif (prefix := next((prefix for prefix in refused if _is_below(name, prefix)), None)) is not None:
        yield Violation(
            f"image {container.image} is from {prefix}, which is not allowed; use a mirror", at=container.field("image")
        )


def _full_name(image: str) -> str:
    """The image's name with its registry; Docker Hub by default.

    >>> _full_name("nginx:1.27"), _full_name("quay.io/acme/web")
    ('docker.io/library/nginx', 'quay.io/acme/web')
    """
    name = image.strip().partition("@")[0]
    first, slash, _ = name.partition("/")
    if not slash:
        name = f"{_DOCKER_HUB}/library/{name}"
    elif not ("." in first or ":" in first or first == "localhost"):
        name = f"{_DOCKER_HUB}/{name}"
    folder, slash, last = name.rpartition("/")
    return f"{folder}{slash}{last.partition(':')[0]}"


def _prefixes(text: str) -> tuple[str, ...]:
    names = (match.group().rstrip("/").lower() for match in _NAME.finditer(text))
    return tuple(_DOCKER_HUB if name.startswith("docker") and name.endswith("hub") else name for name in names)


def _is_below(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(f"{prefix}/")
