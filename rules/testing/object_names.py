"""What `helm lint` says of the names of objects, and what it doesn't: it only warns of them, and sees no List."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import HelmMessage, LazyPattern, Manifest, Status, Subject, Violation

from ..object_names import name_fault

_CONFLICT = LazyPattern(r'object name does not conform to Kubernetes naming requirements: "([^"]*)"')
_LINTED = "test-release"


def bad_names(subject: Subject) -> Iterator[Violation]:
    """The objects whose names the API server refuses, those in a List among them."""
    for rendering in subject.renderings:
        for manifest in rendering.manifests:
            if (fault := name_fault(manifest)) is not None:
                message = f'the API server rejects the {manifest.kind} name "{manifest.name}"; {fault.advice}'
                yield Violation(message, manifest.view.get("metadata", "name"))


def is_about_name(message: HelmMessage) -> bool:
    """Whether a message of helm lint is about an object's name."""
    return _CONFLICT.match(message.text) is not None


def is_false_name(message: HelmMessage, subject: Subject) -> bool:
    """Whether helm lint complains of a name that is right, or that :func:`bad_names` tells: a List has no name, an
    object with generateName none either."""
    found = _CONFLICT.match(message.text)
    if found is None:
        return False
    defaults = subject.defaults
    if defaults is None or defaults.rendering is None or defaults.status is not Status.RENDERED:
        return False
    own = [one for one in defaults.rendering.manifests if one.template == message.file]
    if found[1]:  # lint has a release name of its own
        return any(found[1].replace(_LINTED, defaults.rendering.release_name) == one.name for one in own)
    return not any(_is_nameless(one) for one in own)


def _is_nameless(manifest: Manifest) -> bool:
    """Whether an object that stands by itself has no name, and asks for none."""
    return not manifest.view.path and not manifest.name and not manifest.view.get("metadata", "generateName").exists
