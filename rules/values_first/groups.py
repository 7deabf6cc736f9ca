"""How values are grouped: under a common key, and so that each can be set by itself."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    OFF,
    SHOULD,
    TEMPLATES,
    LazyPattern,
    NotApplicable,
    Parameter,
    Path,
    Related,
    Subject,
    ValueKey,
    ValuesFile,
    Violation,
    dotted,
    require,
    rule,
)

_SETTINGS = r"(?:values?|settings?|keys?|parameters?|configuration)\b"

_PARTS = frozenset(
    {
        # of a server or a client on the network
        *("host", "hosts", "hostname", "port", "path", "url", "uri", "scheme", "protocol", "timeout", "tls"),
        *("address", "domain", "database", "db", "user", "username", "password", "existingSecret"),
        *("secret", "secretName", "secretKey", "token"),
        # of an object
        *("enabled", "create", "name", "namespace", "annotations", "labels", "type", "class", "className"),
        *("replicas", "minReplicas", "maxReplicas", "schedule"),
        # of an image, of storage
        *("image", "repository", "registry", "tag", "digest", "pullPolicy"),
        *("size", "storageClass", "storageClassName", "accessMode", "accessModes", "mountPath", "existingClaim"),
    }
)
"""Usual names of the keys of a group: a prefix that three of them share is the group's name."""
_LABELS = frozenset({"annotations", "labels"})
_QUALIFIERS = frozenset(
    {
        *("additional", "base", "common", "custom", "default", "existing", "extra", "external", "global", "internal"),
        *("max", "min", "new", "old", "override", "primary", "secondary", "use", "pod", "container", "application"),
    }
)
"""First words that qualify a name and do not name a group of settings."""
_CAPITAL = LazyPattern(r"(?<=[a-z0-9])(?=[A-Z])")


@rule(
    "values/flat-group",
    default=SHOULD,
    needs={TEMPLATES},
    enforces=(
        require(
            rf"^(?!.*\bflat\b).*\b{_SETTINGS}"
            r".{0,60}\b(?:group\w*|nest\w*|hierarch\w*|structured)\b"
        ),
        require(
            r"^(?!.*\b(?:flat|scope)\b|.*\bnested value\b).*"
            rf"\b(?:group\w*|nest\w*|hierarch\w*|structured?)\b.{{0,60}}\b{_SETTINGS}"
        ),
        require(
            r"^(?!.*\b(?:flat|scope)\b).*\bnested (?:structures?|keys|maps|values|objects)\b"
            r"|\bvalues\.yaml\b.{0,30}\bgroup\w*\b"
        ),
    ),
    parameters={"siblings": Parameter(3, "two names may share a prefix by chance, as podLabels and podAnnotations")},
)
def flat_group(subject: Subject) -> Iterator[Violation]:
    """Related values share a name prefix instead of a common key.

    Why: Grouped values are found together, documented once, passed to a named template as one map, and switched by one
        `enabled`.
    Bad:
        databaseHost: db
        databasePort: 5432
        databaseUser: web
    Good:
        database:
          host: db
          port: 5432
          user: web
    Fix: Turn the common prefix into a map, and read the old names too for one release. Only usual names of parts are
        checked (host, port, path, enabled, type, tag), not settings of another program, of a dependency or of a map
        that templates pass on whole.
    Source: Helm chart best practices, Values ("Flat or Nested Values"); helm create's own values.yaml
    """
    values = subject.chart.values
    if values is None or not values.keys():
        raise NotApplicable("the chart has no values")
    least = subject.number("siblings")
    dependencies = {dependency.key for dependency in subject.chart.dependencies} | set(subject.chart.subcharts)
    for above, prefix, members in subject.derived_from(values, _all_groups, frozenset(dependencies), least):
        if not all(_is_own(key, subject) for key in members):
            continue
        names = [str(key.path[-1]) for key in members]
        message = (
            f"values {', '.join(names[:-1])} and {names[-1]} share a prefix; group them in a map: "
            f"{dotted((*above, prefix))} with {', '.join(_suffix(name, prefix) for name in names)}"
        )
        first, *others = (values.document.view.get(*key.path) for key in members)
        yield Violation(message, first, tuple(Related(other, "in the same group") for other in others[:3]))


def _all_groups(
    values: ValuesFile, dependencies: frozenset[str], least: int
) -> tuple[tuple[Path, str, list[ValueKey]], ...]:
    """The groups among the chart's own values, each with the path of its map and its prefix."""
    maps: dict[Path, list[ValueKey]] = {}
    for key in values.keys():  # noqa: SIM118 - not a mapping
        if key.path[0] not in dependencies:
            maps.setdefault(key.path[:-1], []).append(key)
    return tuple((above, prefix, members) for above, keys in maps.items() for prefix, members in _groups(keys, least))


def _groups(keys: list[ValueKey], least: int) -> Iterator[tuple[str, list[ValueKey]]]:
    """The groups among the keys of one map, the largest first; each key belongs to one at most."""
    groups: dict[str, list[ValueKey]] = {}
    if len(keys) >= least:
        for key in keys:
            for prefix in _prefixes(str(key.path[-1])):
                groups.setdefault(prefix, []).append(key)
    names = {str(key.path[-1]) for key in keys}
    told: set[Path] = set()
    for prefix, candidates in sorted(groups.items(), key=lambda group: -len(group[1])):
        members = [key for key in candidates if key.path not in told]
        only_labels = all(_suffix(str(key.path[-1]), prefix) in _LABELS for key in members)
        if len(members) >= least and prefix not in names and not only_labels:
            told.update(key.path for key in members)
            yield prefix, members


def _prefixes(name: str) -> Iterator[str]:
    """The prefixes of a name that may be a group's name because the rest names a part of one."""
    for found in _CAPITAL.finditer(name):
        prefix = name[: found.start()]
        if prefix not in _QUALIFIERS and prefix[:1].islower() and _suffix(name, prefix) in _PARTS:
            yield prefix


def _suffix(name: str, prefix: str) -> str:
    rest = name[len(prefix) :]
    return rest.lower() if rest.isupper() else rest[:1].lower() + rest[1:]


def _is_own(key: ValueKey, subject: Subject) -> bool:
    """Whether a template reads the key by name, and none passes the map around it on whole."""
    path = tuple(str(step) for step in key.path)
    uses = subject.uses
    if uses.is_whole(path[:-1]) or path[:-1] in uses.reached:
        return False
    return path in uses.paths


_LISTS_OF_KUBERNETES = (
    *("env", "envs", "envvars", "envfrom", "environment", "volumes", "volumemounts", "ports", "containers"),
    *("sidecars", "initcontainers", "pullsecrets", "secrets", "options", "metrics", "headers", "volumeclaimtemplates"),
    *("hosts", "tolerations", "parentrefs", "subjects", "receivers", "rules", "groups", "capabilities"),
)
"""Ends of names of lists that Kubernetes, or the program that reads them, requires to be lists."""


@rule(
    "values/list-of-named",
    default=OFF,
    enforces=(
        require(r"\bmaps?\b.{0,40}\b(?:instead of|rather than|not|over)\b.{0,20}\b(?:lists?|arrays?)\b"),
        require(r"\b(?:easy|easily|possible)\b.{0,40}--set\b"),
    ),
)
def list_of_named(subject: Subject) -> Iterator[Violation]:
    """Named items are in a list instead of a map.

    Why: `--set` and a second values file can't change a single item: `--set servers[0].port=80` depends on the order,
        and a list in another values file replaces this one as a whole.
    Bad:
        servers:
          - name: foo
            port: 80
    Good:
        servers:
          foo:
            port: 80
    Fix: Turn the list into a map with the names as keys, and let the template range over `$name, $server`. Off by
        default: lists keep an order, and many have to be lists for Kubernetes or for the program that reads them, which
        only their authors know; lists with usual names (env, volumes, ports, containers) are not reported.
    Source: Helm chart best practices, Values ("Consider How Users Will Use Your Values")
    """
    values = subject.chart.values
    if values is None or not values.keys():
        raise NotApplicable("the chart has no values")
    dependencies = {dependency.key for dependency in subject.chart.dependencies} | set(subject.chart.subcharts)
    for key in values.keys():  # noqa: SIM118 - not a mapping
        if not isinstance(key.value, list) or not key.value or key.path[0] in dependencies:
            continue
        if str(key.path[-1]).lower().endswith(_LISTS_OF_KUBERNETES):
            continue
        things = [item for item in key.value if isinstance(item, dict) and isinstance(item.get("name"), str)]
        names = [str(thing["name"]) for thing in things]
        if len(things) == len(key.value) == len(set(names)) and any(len(thing) > 1 for thing in things):
            listed = ", ".join(names)
            message = f"value {key.name} is a list of named items; make it a map with the names as keys: {listed}"
            yield Violation(message, values.document.view.get(*key.path))
