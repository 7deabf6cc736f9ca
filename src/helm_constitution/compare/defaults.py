"""Defaults whose change breaks whoever never set them; what any other changed default does is for users to judge.

What breaks is what takes something away that the last release gave: a feature, a program or its interface, a shell, a
password, a connection, the place of an object. A default that only does the same in another measure is none of these.
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
    leaves,
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
"""Flags that leave the certificate of the other side unverified."""
_ITEM_NAMES = ("name", "job_name", "port")
_SHELLLESS = LazyPattern(r"(?:^|[-_./])(distroless|scratch|chiseled|chainguard|static)(?=$|[-_./])")
"""Names of images that hold a program and nothing beside it."""


def breaking_defaults(old: Release, new: Release, path: Path) -> Iterator[Change]:
    """What breaks with another default.

    Args:
        old: the earlier release.
        new: this one.
        path: a value that both releases read, and whose default differs, or that only one of them names.
    """
    for leaf in leaves(path, old.get(path)):
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
        f"{feature or 'the chart'} is off by default, it was on: what it did is gone",
        f"set {dotted(path)} to true where you need it",
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
    became = "another one" if isinstance(after, str) and after else "gone"
    return Change(
        "compat/password-changed",
        Step.MAJOR,
        f"the default password {dotted(path)} is {became}: whoever logs in with the earlier one no longer can",
        f"set {dotted(path)} to a password of your own",
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
    where, there = before or "the release's namespace", after or "the release's namespace"
    return Change(
        "compat/object-renamed",
        Step.MAJOR,
        f"the objects that {dotted(path)} places move from {where} to {there}: those in {where} are deleted",
        f"set {dotted(path)} to {shown(before, path)} to leave them where they are"
        if before
        else f"set {dotted(path)} to the release's namespace to leave them where they are",
        old.place(path),
        new.place(path),
        nested(path, before),
        nested(path, after),
        names_of(path),
    )


def _unverified(path: Path, value: Json) -> Iterator[Path]:
    """The flags in a default that leave certificates unverified; items of lists go by their name."""
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
    where = dotted(path) if flag == path else f"{dotted(path)} ({dotted(flag[len(path) :])})"
    return Change(
        "compat/connection-refused",
        Step.MAJOR,
        f"certificates are verified by default that weren't: {where} was true; who can't show a good one is refused",
        f"have them signed by an authority that is known there, or set {flag[-1]} where you can't",
        old.place(path),
        new.place(path),
        None,
        None,
        (*names_of(path), flag[-1]),
    )


# --- images ---


def image_changes(old: Release, new: Release) -> Iterator[Change]:
    """Images that are gone, another program, another MAJOR version or without a shell, and names in other parts."""
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
    """Images of dependencies that have no default any more: an empty one takes the dependency's own away."""
    both = old.dependencies & new.dependencies
    for key in leaves((), new.data):
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
            f"value {dotted(key)} must now be given: its default {default} is gone",
            f"set {dotted(key)}",
            old.place(key),
            new.place(key),
            nested(key, default),
            nested(key, "…"),
            names_of(key),
        )


def _repositories(side: Release) -> Iterator[tuple[Path, str]]:
    for path in leaves((), side.data):
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
            f"value {dotted(key)} held the registry too, which is now {dotted(registry)}",
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
        f"the image of {dotted(key)} is another program: {other}, it was {value}",
        f"look at what you set for it, or set {dotted(key)} to {value}",
        old.place(key),
        new.place(key),
        nested(key, value),
        nested(key, other),
        (*names_of(key), program(value), program(other), other),
    )


def _another_tag(old: Release, new: Release, key: Path) -> Iterator[Change]:
    """What another tag of the same image, beside its repository, takes away."""
    tag = (*key[:-1], "tag")
    before, after = old.text(tag), new.text(tag)
    name = program(str(new.get(key)))
    if (
        _is_major_step(old, new, before, after)
        and words((name,)) & words((new.chart.name,))  # a cache that comes along is nobody's interface
        and not _only_helps(old, str(old.get(key)))
    ):
        yield Change(
            "compat/application-major",
            Step.MAJOR,
            f"{name} goes from {before} to {after} ({dotted(tag)}), a MAJOR version of its own",
            f"read the notes on upgrading of {name}, or set {dotted(tag)} to {before}",
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
            f"the image of {dotted(key[:-1])} is the {variant[1]} one, without a shell: {second}, it was {first}",
            "look at what you run in it (exec probes, hooks, scripts), and copy the new image where you keep copies",
            old.place(tag),
            new.place(tag),
            nested(tag, before),
            nested(tag, after),
            (*names_of(tag), variant[1]),
        )


def _is_major_step(old: Release, new: Release, before: str, after: str) -> bool:
    """Whether a tag goes up a MAJOR version, and not together with appVersion, of which is told already."""
    earlier, later = (parse_version(text, strict=False) for text in (before, after))
    if earlier is None or later is None or not is_major_step(earlier, later):
        return False
    first, second = (
        parse_version((side.chart.metadata.scalar_text(("appVersion",)) or "").strip(), strict=False)
        for side in (old, new)
    )
    return first is None or second is None or (first.major, second.major) != (earlier.major, later.major)


def _only_helps(side: Release, repository: str) -> bool:
    """Whether an image runs in init containers and hooks alone: what prepares a release has no users."""
    helps = False
    for result in side.rendered.results:
        for workload in result.rendering.workloads if result.rendering is not None else ():
            for container in workload.pod.all_containers:
                if repository in container.image:
                    if not container.is_init and not workload.manifest.hooks:
                        return False
                    helps = True
    return helps
