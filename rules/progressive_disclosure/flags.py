"""Feature flags: boolean, and recognisable as what they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from helm_constitution.api import (
    MUST,
    LazyPattern,
    NotApplicable,
    Path,
    SetField,
    Subject,
    Tally,
    View,
    Violation,
    dotted,
    require,
    rule,
    walk,
)

_FLAG = LazyPattern(r"(?:enabled?|disabled?|create|is[A-Z]\w*(?:ed|able)|\w+(?:Enabled|Disabled))\Z")
_CERTAIN = frozenset({"enabled", "enable", "disabled", "disable", "create"})
_WORDS = frozenset(
    {
        "",
        "true",
        "false",
        "yes",
        "no",
        "on",
        "off",
        "y",
        "n",
        "t",
        "f",
        "1",
        "0",
        "enabled",
        "disabled",
        "enable",
        "disable",
    }
)
# What stands below these keys is another program's: its own configuration, or text for Kubernetes' maps of strings.
_FOREIGN = LazyPattern(
    r"configs?|configuration|configmap|settings|ini|envs?|annotations|labels|selector|data|properties|params|parameters|args"
    r"|options|secrets|rules|spec|manifests|objects|schema",
    re.IGNORECASE,
)
_WORD = LazyPattern(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


@lru_cache(maxsize=8192)
def is_foreign(step: str) -> bool:
    """Whether what stands below a key of this name is not the chart's own: a program's configuration, labels …"""
    if "." in step or "/" in step:
        return True
    return any(_FOREIGN.fullmatch(word) for word in _WORD.findall(step))


def _is_flag(path: Path, dependencies: frozenset[str]) -> bool:
    """Whether a value is a feature flag of this chart, by its name and its place."""
    name = path[-1]
    if not isinstance(name, str) or not _FLAG.match(name):
        return False
    above = path[:-1]
    if any(isinstance(step, int) or is_foreign(step) for step in above):
        return False
    # A dependency decides the form of its own values; what switches it on is read by helm and must be a boolean.
    return not above or above[0] not in dependencies or (len(above) == 1 and name == "enabled")


@rule(
    "disclosure/flag-not-boolean",
    default=MUST,
    enforces=(
        require(r"\bflags?\b.*\bbool|bool\w*\b.*\b(flags?|`?enabled`?)|feature flags?\b"),
        require(r"(optional|advanced) features\b.*\b(flags?|toggles?|switch)"),
    ),
)
def flag_not_boolean(subject: Subject) -> Iterator[Violation | Tally]:
    """Feature flag is not a boolean.

    Why: A quoted "false" is a string, and every string but the empty one is true in a template: the feature is enabled.
    Bad:
        autoscaling:
          enabled: "false"
    Good:
        autoscaling:
          enabled: false
    Fix: Write true or false without quotes; conditions of dependencies and `if` misread anything else.
        `fix --unsafe` writes the intended boolean.
    Source: Helm best practices, Values ("Make types clear"); Helm documentation, Charts, dependency conditions
    """
    values = subject.chart.values
    if values is None:
        raise NotApplicable("there is no values.yaml")
    dependencies = frozenset(dependency.key for dependency in subject.chart.dependencies)
    good = total = 0
    for path, data in walk(values.data):
        if isinstance(data, dict | list) or not _is_flag(path, dependencies):
            continue
        total += 1
        if isinstance(data, bool):
            good += 1
            continue
        view = values.document.view.get(*path)
        certain = path[-1] in _CERTAIN
        if isinstance(data, str):
            if data.strip().lower() not in _WORDS or (not data and not certain):
                good += 1  # "auto", "if-possible": more than on and off, so no flag
                continue
            message = (
                f'is the string "{data}", which is true in a template; write {_meant(data)} without quotes'
                if data
                else "is an empty string; write true or false"
            )
        elif data is None:
            if not certain or _is_documented_default(view, subject):
                good += 1
                continue
            message = "has no value; write true or false"
        else:
            message = f"is the number {data}; write true or false"
        meant = _meant(data) == "true" if isinstance(data, str) else bool(data)
        yield Violation(f"flag {dotted(path)} {message}", view, fix=SetField(meant))
    yield Tally(good, total, "flags are boolean")


def _is_documented_default(view: View, subject: Subject) -> bool:
    """Whether null is a default of its own ("on where a token is given"): the comment or the schema says so.

    So is a commented `enabled` at the top, which charts that depend on this one set and this one doesn't read.
    """
    assert subject.chart.values is not None
    key = subject.chart.values.by_path.get(view.path)
    if key is not None and key.comment is not None and (key.comment.default or view.path == ("enabled",)):
        return True
    schema: object = subject.chart.schema
    for step in view.path:
        properties = schema.get("properties") if isinstance(schema, dict) else None
        schema = properties.get(step) if isinstance(properties, dict) else None
    types = schema.get("type") if isinstance(schema, dict) else None
    return isinstance(types, list) and "null" in types


def _meant(text: str) -> str:
    return "true" if text.strip().lower() in ("true", "yes", "on", "y", "t", "1", "enabled", "enable") else "false"
