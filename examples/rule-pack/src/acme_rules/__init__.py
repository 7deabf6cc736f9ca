"""Acme's own rules: who answers for a workload, and where images come from."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    SHOULD,
    Container,
    Parameter,
    RuleModule,
    Subject,
    Violation,
    Workload,
    forbid,
    require,
    rule,
)

from ._labels import OWNER


@rule(
    "acme/no-owner",
    scope=Workload,
    default=MUST,
    enforces=require(r"\bowner\b"),
    evidence="workloads name their owner",
)
def no_owner(workload: Workload, subject: Subject) -> Iterator[Violation]:
    """A workload doesn't say which team owns it.

    Why: Whoever is on call looks for the team by this label.
    Bad:
        metadata:
          name: web
    Good:
        metadata:
          name: web
          labels:
            acme.test/owner: shop
    Fix: Set the label acme.test/owner to the team's name.
    Source: Acme's handbook, chapter "On call".
    """
    owner = workload.manifest.view.get("metadata", "labels", OWNER)
    if not owner.string():
        yield Violation(f"has no label {OWNER}; set it to the name of the team", at=owner)


@rule(
    "acme/foreign-registry",
    scope=Container,
    default=SHOULD,
    enforces=forbid(r"registr(?:y|ies)"),
    parameters={"registry": Parameter("registry.acme.test", "where Acme's images are kept")},
)
def foreign_registry(container: Container, subject: Subject) -> Iterator[Violation]:
    """An image comes from somebody else's registry.

    Why: Images of others are gone one day, and nobody has scanned them.
    Bad:
        image: docker.io/library/nginx:1.27
    Good:
        image: registry.acme.test/mirror/nginx:1.27
    Fix: Mirror the image, and name the mirror.
    Source: Acme's handbook, chapter "Images".
    """
    registry = subject.text("registry")
    if container.image and not container.image.startswith(f"{registry}/"):
        yield Violation(f"the image comes from elsewhere than {registry}; mirror it", at=container.field("image"))


MODULE = RuleModule(key="acme", title="Acme", aliases=(r"\bacme\b",), rules=(no_owner, foreign_registry))
