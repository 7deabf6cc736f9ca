"""Values that are empty by default and lead into a branch: how a full check fills them, and what it then checks.

A placeholder comes from the schema, from a commented-out example at the key, from the keys that templates read of it,
from the Kubernetes field of that name, from its own name. Findings must not be about a placeholder: with one, only the
objects and parts of objects that templates render by themselves, and only with this value, are checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from helm_constitution.chart.schema import placeholder_of_schema, schema_of, text_named
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.render.scenarios import WORD, Scenario, ScenarioKind, SetValue, set_json
from helm_constitution.render.toggles import FreeValues
from helm_constitution.render.value_examples import ValueExamples, first_item
from helm_constitution.templates.abstract import ANYTHING
from helm_constitution.text.yaml_document import dotted, value_at
from helm_constitution.text.yaml_scalars import Json, ValuesPath

if TYPE_CHECKING:
    from helm_constitution.helm.protocol import RenderRequest
    from helm_constitution.templates.analysis import AnalysedChart

MOST_CHOICES_TRIED = 3
"""The most placeholders that are tried for one value."""

_NAMED = 2
"""The most values in a scenario's name."""
_DEEPEST = 4

_FLAGS = frozenset({"enabled", "enable", "create", "disabled"})
"""A missing value with such a name is a flag."""


OVERRIDES = LazyPattern(r"override", re.IGNORECASE)
"""Values that override what the chart computes itself: names, selectors, versions."""

_METADATA: Json = {"placeholder.example.com/placeholder": WORD}
_CONTAINER: Json = [{"name": WORD, "image": "placeholder.example.com/placeholder:1.0.0"}]
_BY_FIELD: tuple[tuple[str, Json], ...] = (
    (r"annotations\Z", _METADATA),
    (r"labels\Z", _METADATA),
    (r"nodeselector\Z", {"kubernetes.io/os": "linux"}),
    (r"tolerations\Z", [{"key": WORD, "operator": "Exists", "effect": "NoSchedule"}]),
    (
        r"topologyspreadconstraints\Z",
        [{"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway"}],
    ),
    (
        r"affinity\Z",
        {
            "nodeAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {
                        "weight": 1,
                        "preference": {
                            "matchExpressions": [{"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}]
                        },
                    }
                ]
            }
        },
    ),
    (r"pullsecrets\Z", [{"name": WORD}]),
    (r"envfrom\w*\Z", [{"secretRef": {"name": WORD}}]),
    (r"env(?:s|vars?)?\Z", [{"name": "PLACEHOLDER", "value": WORD}]),
    (r"volumemounts\Z", [{"name": WORD, "mountPath": "/placeholder"}]),
    (r"volumes\Z", [{"name": WORD, "emptyDir": {}}]),
    (r"resources\Z", {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}}),
    (r"securitycontext\Z", {"runAsNonRoot": True}),
    (r"(?:containers|sidecars?)\Z", _CONTAINER),
    (r"(?:args|command)\Z", [WORD]),
    (r"hostaliases\Z", [{"ip": "10.0.0.10", "hostnames": ["placeholder.example.com"]}]),
    (r"dnsconfig\Z", {"nameservers": ["10.0.0.10"]}),
    (r"dnspolicy\Z", "ClusterFirst"),
    (r"(?:strategy|updatestrategy|strategytype)\Z", {"type": "RollingUpdate"}),
    (r"probe\Z", {"tcpSocket": {"port": 8080}}),
    (r"lifecycle(?:hooks)?\Z", {"preStop": {"exec": {"command": [WORD]}}}),
    (r"sourceranges\Z", ["10.0.0.0/16"]),
    (r"externalips\Z", ["10.0.0.10"]),
    (r"relabel(?:ings|configs)\Z", [{"action": "labeldrop", "regex": WORD}]),
    (r"tls\Z", [{"secretName": WORD, "hosts": ["placeholder.example.com"]}]),
    (r"(?:interval|timeout|duration)\Z", "30s"),
    (r"(?:seconds|minavailable|maxunavailable|historylimit|uid|gid)\Z", 1),
    (r"rules\Z", [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]),
    (r"ports\Z", [{"name": WORD, "port": 8080, "containerPort": 8080, "targetPort": 8080, "protocol": "TCP"}]),
    (
        r"(?:extra|additional)?(?:objects|manifests|resources|deploy)\Z",
        [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": WORD}, "data": {WORD: WORD}}],
    ),
)
"""The usual content of a name, in Kubernetes or nearly every chart."""


KUBERNETES = LazyPattern(
    r"(?:annotations|labels|node_?selector|tolerations|affinity|topology_?spread_?constraints|pull_?secrets"
    r"|volume_?mounts|volumes|resources|security_?context|host_?aliases)\Z",
    re.IGNORECASE,
)
"""Names for which every chart expects the content that Kubernetes defines."""


class Placeholder(NamedTuple):
    """A value to be filled: its path, its possible placeholders, the enclosing flags that must be on.

    ``expected`` is one of the choices that its schema or its name allows, so that a chart must accept it.
    """

    path: ValuesPath
    choices: tuple[Json, ...]
    enclosing: tuple[ValuesPath, ...] = ()
    expected: Json = None

    @property
    def overrides(self) -> bool:
        """Whether it overrides something that the chart computes itself."""
        return OVERRIDES.search(self.path[-1]) is not None


def filled(fills: Sequence[tuple[Placeholder, int]], base: Scenario) -> Scenario:
    """A scenario that fills some values on top of another, each with one of its choices."""
    values = tuple(SetValue(fill.path, fill.choices[number]) for fill, number in fills)
    request = base.request
    arguments = (*(set_json(one.path, one.value) for one in values), *request.set_arguments)
    names = [dotted(one.path) for one in values[:_NAMED]]
    more = f" and {len(values) - _NAMED} more" if len(values) > _NAMED else ""
    around = f"{base.name} with " if base.kind is ScenarioKind.TOGGLED else ""
    name = f"{around}{', '.join(names)}{more} filled"
    return Scenario(name, request._replace(set_arguments=arguments), ScenarioKind.FILLED, filled=values)


def placeholders_of(analysed: AnalysedChart, request: RenderRequest) -> list[Placeholder]:
    """The values that conditions of templates test and that are empty or missing by default.

    Excluded are values that the user set, values of a dependency, and flags and enums, which are toggled instead.
    """
    free = FreeValues(analysed, request)
    defaults = free.defaults
    examples = ValueExamples(analysed)
    below: dict[ValuesPath, set[ValuesPath]] = {}
    uses = analysed.uses
    paths = {read.path for read in uses.reads} | {printed.path for printed in uses.printed}
    for path in paths | uses.tested:
        for length in range(1, len(path)):
            below.setdefault(path[:length], set()).add(path[length:])
    found = []
    for path in sorted(uses.tested):
        if not path or ANYTHING in path or not free.is_free(path):
            continue
        default = value_at(defaults, path)
        parent = value_at(defaults, path[:-1]) if len(path) > 1 else defaults
        if default or isinstance(default, bool | int) or not isinstance(parent, dict) or free.choices(path):
            continue
        if path[-1] in _FLAGS:
            continue
        choices = _choices(path, default, analysed, examples, below.get(path, set()))
        if choices:
            expected = next((one for one in _allowed(path, analysed) if one in choices), None)
            found.append(Placeholder(path, choices, free.enclosing(path), expected))
    # A filled map contains the values that would be filled below it.
    paths_filled = {fill.path for fill in found}
    return [
        fill for fill in found if not any(fill.path[:length] in paths_filled for length in range(1, len(fill.path)))
    ]


def _allowed(path: ValuesPath, analysed: AnalysedChart) -> Iterator[Json]:
    """The values that a user may certainly set: by the schema's examples or types, or by a Kubernetes name."""
    schema = schema_of(analysed.chart, path)
    if schema is not None:
        shown = schema.get("examples")
        yield from shown[:1] if isinstance(shown, list) else ()
        yield placeholder_of_schema(schema, path, analysed.chart.schema)
    if KUBERNETES.search(path[-1]):
        yield by_name(path[-1])


def _choices(
    path: ValuesPath, default: Json, analysed: AnalysedChart, examples: ValueExamples, below: set[ValuesPath]
) -> tuple[Json, ...]:
    """The placeholders of a value, the likeliest first."""
    made: list[Json] = []
    schema = schema_of(analysed.chart, path)
    if schema is not None:
        shown = schema.get("examples")
        made.extend(shown[:1] if isinstance(shown, list) else ())
    keyed = any(inner[0] == ANYTHING for inner in below)
    made.extend(first_item(value, keyed=keyed) for value in examples.of(path))
    by_field = by_name(path[-1])
    read = _of_reads(below, path[-1], 0)
    if isinstance(default, dict) and isinstance(read, list):
        read = {WORD: read[0]}
    kinds = schema.get("type") if schema is not None else None
    if isinstance(read, dict | list):
        made.append(_merged(by_field, read))
    if by_field is not None:
        made.append(by_field)
    if schema is not None:
        made.append(placeholder_of_schema(schema, path, analysed.chart.schema))
    if isinstance(default, list):
        made.append([WORD])
        made.append([{"name": WORD}])
    elif isinstance(default, dict):
        made.append({WORD: WORD})
    else:
        made.append(text_named(path[-1]))
        made.extend(([WORD], {WORD: WORD}) if default is None else ())
    kept: dict[str, Json] = {}
    for value in made:
        if value and _fits(value, default, kinds):
            kept.setdefault(repr(value), value)
    return tuple(kept.values())[:MOST_CHOICES_TRIED]


def _fits(value: Json, default: Json, kinds: object) -> bool:
    """Whether a placeholder has the type of the default, or of the schema."""
    if isinstance(default, list | dict):
        return isinstance(value, type(default))
    if isinstance(default, str):
        return not isinstance(value, list | dict)
    names = {str: "string", list: "array", dict: "object", bool: "boolean", int: "integer", float: "number"}
    allowed = kinds if isinstance(kinds, list) else [kinds] if isinstance(kinds, str) else []
    return not allowed or names.get(type(value)) in allowed or (isinstance(value, int) and "number" in allowed)


def by_name(name: str) -> Json:
    """What a value of this name usually holds, in Kubernetes or nearly every chart; None for other names."""
    lower = name.lower()
    return next((value for pattern, value in _BY_FIELD if re.search(pattern, lower)), None)


def _of_reads(below: Iterable[ValuesPath], name: str, depth: int) -> Json:
    """A value with the keys that templates read of it; None if they read none by name."""
    parts: dict[str, set[ValuesPath]] = {}
    for path in below:
        if path:
            parts.setdefault(path[0], set()).add(path[1:])
    if not parts or depth >= _DEEPEST:
        return None
    made: dict[str, Json] = {}
    for key, rest in parts.items():
        inner = _of_reads(rest, key if key != ANYTHING else name, depth + 1)
        made[key] = key in _FLAGS or (inner if inner is not None else by_name(key) or text_named(key))
    item = made.pop(ANYTHING, None)
    if item is None:
        return made
    # Named keys beside the unknown ones are a map's.
    return {**made, WORD: item} if made else [item if isinstance(item, dict | list) else _scalar_named(name)]


def _scalar_named(name: str) -> Json:
    field = by_name(name)
    return field[0] if isinstance(field, list) else text_named(name)


def _merged(field: Json, read: Json) -> Json:
    """The Kubernetes content, with the other keys that templates read."""
    if isinstance(field, dict) and isinstance(read, dict):
        return {**read, **field}
    if isinstance(field, list) and isinstance(read, list) and field and read:
        return [_merged(field[0], read[0])]
    return read if field is None or type(field) is not type(read) else field
