"""Whether every value is documented."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

from helm_constitution.api import (
    MUST,
    TEMPLATES,
    Applicability,
    Edit,
    Fix,
    Group,
    LazyPattern,
    NamedTuple,
    NotApplicable,
    Parameter,
    Path,
    Subject,
    Tally,
    ValueKey,
    Violation,
    forbid,
    require,
    rule,
)

from .statements import BEST_PRACTICES
from .usage import FOR_EDITORS

_SETTINGS = r"(?:values?|parameters?|keys?|settings?|options?|configuration|variables?(?: declarations?)?)\b"
_WORDS = r"(?:comment(?:s|ed)?|documentation|documented|described|descriptions?)\b"
_EVERY = r"\b(?:every|each|all)\b"
_NO_TABLE = r"^(?!.*\breadme\b(?!.*\bcomments?\b)).*"
"""Not a statement on what a README has to contain."""
_EITHER = (
    r"\breadme\b\W*(?:and\W*)?or\b.{0,40}\b(?:comments?\b|values\.yaml)"
    r"|\b(?:comments?|values\.yaml)\W*(?:and\W*)?or\b.{0,40}\breadme\b"
)
"""Documented either in the README or in comments."""

# Ends of names of Kubernetes API fields (podSecurityContext, extraVolumes) that charts pass through unchanged: the name
# tells users where the rest is documented.
_KUBERNETES = (
    *("resources", "limits", "requests"),
    *("affinity", "toleration", "tolerations", "selector", "topologyspreadconstraints"),
    *("securitycontext", "capabilities", "seccompprofile", "apparmorprofile", "selinuxoptions"),
    *("probe", "httpget", "tcpsocket", "lifecycle", "lifecyclehooks"),
    *("annotations", "labels", "env", "envfrom", "envvars", "environment", "valuefrom"),
    *("volume", "volumes", "volumemount", "volumemounts", "emptydir", "persistentvolumeclaim"),
    *("volumeclaimtemplate", "volumeclaimtemplates", "persistentvolumeclaimretentionpolicy"),
    *("containers", "sidecars", "hostaliases", "dnsconfig", "sessionaffinityconfig"),
    *("strategy", "rollingupdate", "behavior"),
    *("relabelings", "headers", "tlsconfig", "basicauth", "authorization", "oauth2"),
)
_SWITCHES = frozenset({"enabled", "enable", "create", "install"})
_SWITCHED = frozenset(
    {
        *("enable", "enables", "enabled", "enabling", "true", "whether"),
        *("create", "creates", "created", "creating", "deploy", "deploys", "deployed"),
    }
)
_SENTENCE = 3
"""The least number of words of a description; fewer are a title."""
_WORD = LazyPattern(r"[\w-]+")
_PART = LazyPattern(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_REFERENCE = frozenset({"name", "key", "optional", "namespace"})
"""A secret's or config map's key, as Kubernetes' SecretKeySelector names it."""
SET_SIZE = 4
"""The least number of equal entries that make a map a set of like things, which one comment explains."""


class Unit(NamedTuple):
    """A value that needs one comment: a leaf, or a map that is passed on as a whole."""

    key: ValueKey
    documented: bool
    whole: bool


def units(keys: Sequence[ValueKey], is_whole: Callable[[Path], bool], dependencies: frozenset[str]) -> Iterator[Unit]:
    """The values that need a comment, in the file's order.

    Args:
        keys: the keys of the values file.
        is_whole: whether the templates pass the map at a path on without reading its keys.
        dependencies: the top-level keys with a dependency's values.
    """
    children: dict[Path, list[ValueKey]] = {}
    for key in keys:
        children.setdefault(key.path[:-1], []).append(key)
    # How many keys are below each one, and how many of them have comments.
    inside, commented = defaultdict[Path, int](int), defaultdict[Path, int](int)
    for key in reversed(keys):
        above = key.path[:-1]
        inside[above] += inside[key.path] + 1
        commented[above] += commented[key.path] + (key.comment is not None)

    def walk(key: ValueKey, parent: ValueKey | None, before: ValueKey | None) -> Iterator[Unit]:
        below = children.get(key.path, ())
        if key.hidden:
            return
        if not below:
            documented = key.comment is not None or _is_explained_nearby(key, parent, before, children)
            yield Unit(key, documented, whole=False)
            return
        if _stands_for_all(key, below, dependencies):
            documented = (
                key.comment is not None
                or commented[key.path] > 0
                or _is_explained_nearby(key, parent, before, children)
            )
            yield Unit(key, documented, whole=True)
        elif is_whole(key.path) and (key.comment is not None or 2 * commented[key.path] < inside[key.path]):
            yield Unit(key, key.comment is not None, whole=True)
        else:
            # A comment on a map whose only key is a map again is about the inner one.
            passes_on = key.comment is None and len(children[key.path[:-1]]) == 1
            for child, last in zip(below, (None, *below), strict=False):
                yield from walk(child, parent if passes_on else key, last)

    top = children.get((), ())
    for key, before in zip(top, (None, *top), strict=False):
        yield from walk(key, None, before)


def _is_explained_nearby(
    key: ValueKey, parent: ValueKey | None, before: ValueKey | None, children: Mapping[Path, Sequence[ValueKey]]
) -> bool:
    """Whether another key's comment is about this one too.

    The comment of the map around it, if this is the only key, the comment names it, or it enables what a comment of
    several words describes; the comment of the key on the line above, if it names this one (``dnsPolicy and
    dnsConfig``).
    """
    name = str(key.path[-1])
    if parent is not None and parent.comment is not None:
        if len(children[key.path[:-1]]) == 1:
            return True
        words = frozenset(_WORD.findall(parent.comment.text.lower()))
        if name.lower() in words or (name in _SWITCHES and (words & _SWITCHED or len(words) >= _SENTENCE)):
            return True
    if before is None or before.comment is None or before.span.end_line != key.span.line - 1:
        return False
    words_before = _WORD.findall(before.comment.text)
    if name in words_before and not name.islower():
        return True
    # A plain word is a key's name if it is next to the other key's name: `labels and annotations`.
    pair = {name, str(before.path[-1])}
    listed = [word for word in words_before if word not in ("and", "or", "an", "the", "any")]
    if any({one, other} == pair for one, other in pairwise(listed)):
        return True
    # `External/Internal traffic policy` above externalTrafficPolicy is about internalTrafficPolicy, too.
    parts = _PART.findall(name)
    return len(parts) >= 3 and {part.lower() for part in parts} <= {word.lower() for word in words_before}


def _stands_for_all(key: ValueKey, below: Sequence[ValueKey], dependencies: frozenset[str]) -> bool:
    """Whether one comment anywhere in a map explains all of it."""
    if len(key.path) == 1 and key.path[0] in dependencies:
        return True
    if str(key.path[-1]).lower().endswith(_KUBERNETES):
        return True
    if all(child.span.line == key.span.line for child in below):
        return True
    if len(below) > 1 and all(child.is_leaf and child.path[-1] in _REFERENCE for child in below):
        return True
    return (
        len(below) >= SET_SIZE
        and all(child.is_leaf and child.comment is None for child in below)
        and all(child.value == below[0].value for child in below)
    )


@rule(
    "values/undocumented",
    default=MUST,
    needs={TEMPLATES},
    enforces=(
        require(rf"{_EVERY}.*\b{_SETTINGS}.*\b{_WORDS}.*(?P<readme>{_EITHER})"),
        require(rf"{_NO_TABLE}{_EVERY}.*\b{_SETTINGS}.*\b{_WORDS}"),
        require(rf"{_NO_TABLE}\b{_WORDS}.*{_EVERY}.*\b{_SETTINGS}"),
        require(
            rf"\bdocument(?:ing|s)? (?:(?!in\b|how\b|that\b|what\b)\w+[ -]){{0,3}}{_SETTINGS}"
            r"(?!.*\breadme\b)(?![^.;]*\b(?:configuration|environments?|purpose)\b)"
        ),
        require(
            rf"\bdocument(?:ing|s)? (?:(?!in\b|how\b|that\b|what\b)\w+[ -]){{0,3}}{_SETTINGS}.*"
            r"(?P<readme_2>\breadme\b\W*(?:and\W*)?or\b.{0,40}\b(?:comments?\b|values\.yaml)"
            r"|\b(?:comments?|values\.yaml)\W*(?:and\W*)?or\b.{0,40}\breadme\b)"
        ),
        require(rf"\bdocument\w* {_EVERY}.*\b{_SETTINGS}(?!.*\breadme\b)"),
        require(r"\b(?:documentation|comments?) in the values file\b|\bvalues\b.*\binline comments?\b"),
        forbid(rf"\bundocumented {_SETTINGS}"),
    ),
    umbrella=BEST_PRACTICES,
    parameters={"readme": Parameter("counts", "many charts document their values there; empty: only comments count")},
)
def undocumented(subject: Subject) -> Iterator[Violation | Tally]:
    """Value is undocumented.

    Why: values.yaml is what users read first; to understand an undocumented value they have to read templates.
    Bad:
        replicaCount: 3
    Good:
        # -- Number of pods while autoscaling is off
        replicaCount: 3
    Fix: Write a comment above the key (`# text`, helm-docs `# -- text`, Bitnami `## @param path text`, a `@schema`
        block) or behind it on the same line, or add a row to a table in the README. Fields of the Kubernetes API, maps
        that templates pass on whole and the values of a dependency need one comment for all. Commented-out YAML,
        section banners and licence headers are not documentation.
        `fix` copies the description from values.schema.json if there is one.
    Source: Helm chart best practices, Values ("Document values.yaml"); helm-docs --documentation-strict-mode
    """
    values = subject.chart.values
    if values is None or not values.keys():
        raise NotApplicable("the chart has no values")
    dependencies = frozenset(dependency.key for dependency in subject.chart.dependencies)
    uses = subject.uses

    def is_whole(path: Path) -> bool:
        # A map whose keys some template reads one by one is the chart's own, even if it is passed on whole elsewhere
        # (for example to a checksum).
        steps = tuple(str(step) for step in path)
        return steps in uses.reached or (not uses.is_taken_apart(steps) and uses.is_whole(steps))

    in_readme = _in_readme(subject) if subject.text("readme") else frozenset()
    good = total = 0
    for unit in units(values.keys(), is_whole, dependencies):
        if unit.key.path in FOR_EDITORS:
            continue
        total += 1
        key = unit.key
        if unit.documented or (in_readme and _has_row(key.name, in_readme)):
            good += 1
            continue
        what = f"{key.name} and the keys below it have" if unit.whole else f"{key.name} has"
        example = " (a commented-out example is not a description)" if key.has_example else ""
        missing = "no comment and no row in the README" if in_readme else "no comment"
        yield Violation(
            f"{what} {missing}; describe it in a comment above the key{example}",
            values.document.view.get(*key.path),
            group=_group(key, missing),
            fix=_from_schema(key, subject),
        )
    yield Tally(good, total, "values documented")


def _group(key: ValueKey, missing: str) -> Group:
    """The other values of the same map."""
    above = ".".join(str(step) for step in key.path[:-1])
    where = f"values of {above}" if above else "values"
    message = f"{{count}} {where} have {missing}; describe each in a comment above the key: {{items}}"
    return Group(("undocumented", above), message, str(key.path[-1]))


def _from_schema(key: ValueKey, subject: Subject) -> Fix | None:
    """The schema's description as the comment."""
    part: object = subject.chart.schema
    for step in key.path:
        properties = part.get("properties") if isinstance(part, dict) else None
        part = properties.get(step) if isinstance(properties, dict) else None
    words = part.get("description") if isinstance(part, dict) else None
    values = subject.chart.values
    if not isinstance(words, str) or not words.strip() or values is None:
        return None
    line = values.document.lines[key.span.line - 1]
    if line[: key.span.column - 1].strip():
        return None  # on the line of another key
    mark = "# -- " if "# -- " in values.text else "# "
    text = f"{line[: key.span.column - 1]}{mark}{' '.join(words.split())}\n"
    edit = Edit(values.path, key.span.line, 1, key.span.line, 1, text)
    return Fix("copy the comment from the schema", (edit,), Applicability.SAFE)


def _has_row(name: str, in_readme: frozenset[str]) -> bool:
    """Whether a key, or one above it, is in a table of the README."""
    steps = name.split(".")
    return any(".".join(steps[:length]) in in_readme for length in range(1, len(steps) + 1))


def _in_readme(subject: Subject) -> frozenset[str]:
    """The first column of the README's tables."""
    files = subject.chart.files
    text = next((files[name] for name in sorted(files) if name.lower() == "readme.md"), "")
    rows = (line.strip() for line in text.splitlines() if line.lstrip().startswith("|"))
    return frozenset(row.split("|")[1].strip(" `*") for row in rows)
