"""Changed defaults that break users who never set them; any other changed default is only reported as such.

A default breaks users if it takes away something that the last release gave: a feature, a program or its interface, a
shell, a password, a connection, the namespace of an object. A default that only changes a quantity does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.compare.changes import Change, Step, is_major_step
from helm_constitution.compare.release import (
    FLAGS,
    Path,
    Release,
    is_one_program,
    leaf_paths,
    names_of,
    nested,
    program,
    shown,
    words,
)
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.text.semver import parse_version
from helm_constitution.text.yaml_document import dotted
from helm_constitution.text.yaml_scalars import Json

_ADMINISTRATORS = frozenset({"admin", "administrator", "root", "superuser"})
_PASSWORDS = frozenset({"password", "passwd", "pas"})  # `pass`, as `words` has it
_PLACES = LazyPattern(r"^  namespace:")
"""The namespace of an object, in its metadata."""
_INSECURE = LazyPattern(
    r"(?:tls|ssl|server)?_?(?:insecure|insecure_?skip_?(?:tls_?)?verify|skip_?(?:tls_?|ssl_?|cert\w*?_?)?verif\w+)",
    re.IGNORECASE,
)
"""Flags that turn off certificate verification."""
_ITEM_NAMES = ("name", "job_name", "port")
_SHELLLESS = LazyPattern(r"(?:^|[-_./])(distroless|scratch|chiseled|chainguard|static)(?=$|[-_./])")
"""Names of images that contain a program and no shell."""


def breaking_defaults(old: Release, new: Release, path: Path) -> Iterator[Change]:
    """The breaking changes of a default.

    Args:
        old: the earlier release.
        new: this one.
        path: a value that both releases read and whose default differs, or that only one of them has.
    """
    for leaf in leaf_paths(path, old.get(path)):
        before, after = old.get(leaf), new.get(leaf)
        if leaf[-1] in FLAGS and before is True and after is False:
            if not old.decides_nothing(leaf):
                yield _switched_off(old, new, leaf)
        elif isinstance(before, str) and before and before != after and _is_password(leaf):
            yield _password(old, new, leaf)
        elif (before or None) != (after or None) and _is_place(old, new, leaf):
            yield _moved(old, new, leaf)
        elif verified := sorted(set(_unverified(leaf, before)) - set(_unverified(leaf, after))):
            yield _verified(old, new, leaf, verified[0])


def _switched_off(old: Release, new: Release, path: Path) -> Change:
    feature = dotted(path[:-1])
    return Change(
        "compat/feature-off",
        Step.MAJOR,
        f"{feature or 'the chart'} is now disabled by default",
        f"set {dotted(path)} to true if you need it",
        old.place(path),
        new.place(path),
        nested(path, True),
        nested(path, True),
        (*names_of(path), *names_of(path[:-1])) if path[:-1] else names_of(path),
    )


def _is_password(path: Path) -> bool:
    return bool(words(path[-1:]) & _PASSWORDS) and bool(words(path) & _ADMINISTRATORS)


def _password(old: Release, new: Release, path: Path) -> Change:
    after = new.get(path)
    became = "changed" if isinstance(after, str) and after else "removed"
    return Change(
        "compat/password-changed",
        Step.MAJOR,
        f"default password {dotted(path)} was {became}: logins with the old password fail",
        f"set {dotted(path)} to your own password",
        old.place(path),
        new.place(path),
        nested(path, "…"),
        nested(path, "…"),
        names_of(path),
    )


def _is_place(old: Release, new: Release, path: Path) -> bool:
    """Whether a value is the namespace of objects, on both sides."""
    values = (old.get(path), new.get(path))
    return all(value is None or isinstance(value, str) for value in values) and all(
        any(_PLACES.search(line) for line in side.written(path)) for side in (old, new)
    )


def _moved(old: Release, new: Release, path: Path) -> Change:
    before, after = old.get(path), new.get(path)
    where, there = before or "the release namespace", after or "the release namespace"
    return Change(
        "compat/object-renamed",
        Step.MAJOR,
        f"{dotted(path)} moves objects from {where} to {there}: those in {where} are deleted",
        f"set {dotted(path)} to {shown(before, path) if before else 'the release namespace'} to leave them in place",
        old.place(path),
        new.place(path),
        nested(path, before),
        nested(path, after),
        names_of(path),
    )


def _unverified(path: Path, value: Json) -> Iterator[Path]:
    """The flags in a default that turn off certificate verification; list items are identified by name."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _unverified((*path, key), part)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            names = (part.get(key) for key in _ITEM_NAMES) if isinstance(part, dict) else ()
            name = next((name for name in names if isinstance(name, str)), str(index))
            yield from _unverified((*path, name), part)
    elif value is True and path and _INSECURE.fullmatch(path[-1]):
        yield path


def _verified(old: Release, new: Release, path: Path, flag: Path) -> Change:
    where = dotted(path) if flag == path else f"{dotted(flag[len(path) :])} of {dotted(path)}"
    return Change(
        "compat/connection-refused",
        Step.MAJOR,
        f"certificates are now verified by default ({where} was true): servers without a valid one are rejected",
        f"use certificates from a trusted authority, or set {flag[-1]} to true",
        old.place(path),
        new.place(path),
        None,
        None,
        (*names_of(path), flag[-1]),
    )


# --- images ---


_OF_THE_APPLICATION = frozenset({"tag", "version", "appversion", "digest", "sha", "sha256", "imagetag"})
"""Keys that set the release of the application: they are expected to move."""
_IMAGE = LazyPattern(r"(?P<repository>[a-z0-9._-]+(?::\d+)?(?:/[a-z0-9._-]+)*):[\w.-]+(?:@sha256:\w+)?")


def is_new_release(old: Release, new: Release, path: Path) -> bool:
    """Whether a default only moves on with the application: a tag or version, or an image of the same repository."""
    if path[-1].lower() in _OF_THE_APPLICATION:
        return True
    before, after = (_IMAGE.fullmatch(str(side.get(path) or "")) for side in (old, new))
    if before is None or after is None or "image" not in path[-1].lower():
        return False  # `host:8080` reads like an image
    return before["repository"] == after["repository"]


def image_changes(old: Release, new: Release) -> Iterator[Change]:
    """Images that were removed or replaced, moved to another MAJOR version, or lost their shell or registry."""
    yield from _emptied(old, new)
    for key, value in _repositories(old):
        other = new.get(key)
        if not isinstance(other, str) or not other:
            continue
        if other != value and key[0] not in old.dependencies and (change := _replaced(old, new, key, value, other)):
            yield change
        elif is_one_program(program(value), program(other)):
            yield from _another_tag(old, new, key)


def _emptied(old: Release, new: Release) -> Iterator[Change]:
    """Images of dependencies that no longer have a default: an empty one overrides the dependency's own."""
    both = old.dependencies & new.dependencies
    for key in leaf_paths((), new.data):
        is_image = key[-1:] == ("repository",) and "".join(key[-2:-1]).lower().endswith("image")
        if not is_image or new.get(key) != "" or key[0] not in both:
            continue
        before = old.get(key)
        default = new.dependency_default(key) if before is None else before
        if not default:
            continue
        yield Change(
            "compat/value-newly-required",
            Step.MAJOR,
            f"value {dotted(key)} is now required: its default {default} was removed",
            f"set {dotted(key)}",
            old.place(key),
            new.place(key),
            nested(key, default),
            nested(key, "…"),
            names_of(key),
        )


def _repositories(side: Release) -> Iterator[tuple[Path, str]]:
    for path in leaf_paths((), side.data):
        value = side.get(path)
        if path[-1:] == ("repository",) and isinstance(value, str) and value and side.reads(path):
            yield path, value


def _replaced(old: Release, new: Release, key: Path, value: str, other: str) -> Change | None:
    registry = (*key[:-1], "registry")
    host = new.get(registry)
    if isinstance(host, str) and host and not old.has(registry) and not other.startswith(host):
        return Change(
            "compat/value-retyped",
            Step.MAJOR,
            f"value {dotted(key)} no longer contains the registry, which is now {dotted(registry)}",
            f"split your {dotted(key)} into {dotted(registry)} and {dotted(key)}",
            old.place(key),
            new.place(key),
            nested(key, value),
            nested(key[:-1], {"registry": host, key[-1]: other}),
            (*names_of(key), dotted(registry)),
        )
    if is_one_program(program(value), program(other)):
        return None
    return Change(
        "compat/image-replaced",
        Step.MAJOR,
        f"image {dotted(key)} is now another program: {other} instead of {value}",
        f"check the settings that you pass to it, or set {dotted(key)} to {value}",
        old.place(key),
        new.place(key),
        nested(key, value),
        nested(key, other),
        (*names_of(key), program(value), program(other), other),
    )


def _another_tag(old: Release, new: Release, key: Path) -> Iterator[Change]:
    """What a new tag of the same image takes away."""
    tag = (*key[:-1], "tag")
    before, after = old.text(tag), new.text(tag)
    name = program(str(new.get(key)))
    if (
        _is_major_step(old, new, before, after)
        and words((name,)) & words((new.chart.name,))  # a bundled cache is not part of the interface
        and not _only_helps(old, str(old.get(key)))
    ):
        yield Change(
            "compat/application-major",
            Step.MAJOR,
            f"{name} moves from {before} to {after} ({dotted(tag)}), a new MAJOR version",
            f"read the upgrade notes of {name}, or set {dotted(tag)} to {before}",
            old.place(tag),
            new.place(tag),
            nested(tag, before),
            nested(tag, after),
            (*names_of(tag), after, after.removeprefix("v"), name),
        )
    first, second = (f"{side.get(key)}:{text}" for side, text in ((old, before), (new, after)))
    variant = _SHELLLESS.search(second)
    if variant is not None and not _SHELLLESS.search(first):
        yield Change(
            "compat/image-replaced",
            Step.MAJOR,
            f"{dotted(key[:-1])} is now a {variant[1]} image without a shell: {second} instead of {first}",
            "check what you run in it (exec probes, hooks, scripts), and mirror the new image if you keep copies",
            old.place(tag),
            new.place(tag),
            nested(tag, before),
            nested(tag, after),
            (*names_of(tag), variant[1]),
        )


def _is_major_step(old: Release, new: Release, before: str, after: str) -> bool:
    """Whether a tag moves up a MAJOR version without appVersion, whose change is reported by itself."""
    earlier, later = (parse_version(text, strict=False) for text in (before, after))
    if earlier is None or later is None or not is_major_step(earlier, later):
        return False
    first, second = (
        parse_version((side.chart.metadata.scalar_text(("appVersion",)) or "").strip(), strict=False)
        for side in (old, new)
    )
    return first is None or second is None or (first.major, second.major) != (earlier.major, later.major)


def _only_helps(side: Release, repository: str) -> bool:
    """Whether an image only runs in init containers and hooks, which have no users."""
    helps = False
    for result in side.rendered.results:
        for workload in result.rendering.workloads if result.rendering is not None else ():
            for container in workload.pod.all_containers:
                if repository in container.image:
                    if not container.is_init and not workload.manifest.hooks:
                        return False
                    helps = True
    return helps
