"""Entries of Chart.yaml's dependencies that helm ignores without a message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    Chart,
    Dependency,
    Json,
    Severity,
    Subject,
    Violation,
    forbid,
    parse_constraint,
    parse_version,
    require,
    rule,
)

from .statements import BEST_PRACTICES


@rule(
    "helm/condition-unknown",
    default=MUST,
    enforces=(
        require(r"\bconditions?\b.{0,60}\b(?:exist|values?\.yaml|default)"),
        forbid(r"\b(?:unknown|undefined|missing) conditions?\b"),
    ),
    umbrella=BEST_PRACTICES,
)
def condition_unknown(subject: Subject) -> Iterator[Violation]:
    """Dependency condition or tag refers to a value that does not exist.

    Why: helm installs the dependency without a warning: the flag that should disable it has no effect.
    Bad:
        # Chart.yaml; values.yaml has cache.enabled
        dependencies:
          - name: redis
            alias: cache
            condition: cache.enable
    Good:
        dependencies:
          - name: redis
            alias: cache
            condition: cache.enabled
    Fix: Use the flag's name in values.yaml, and set its default there to true or false. If values.yaml has no flag with
        a similar name, the finding is a warning at most: users can still set it. Conditions with a default in the
        dependency's own values.yaml are not reported, nor are several conditions of which one has a default. Tags are
        flags below `tags`; they apply if no condition does.
    Source: Helm documentation, Charts: Tags and Condition fields in dependencies
    """
    chart = subject.chart
    data = chart.values.data if chart.values is not None else {}
    for dependency in chart.dependencies:
        found = [(path, value) for path in dependency.conditions if (value := _flag(chart, data, path)) is not None]
        if not found:  # only then helm evaluates tags
            yield from _missing(chart, data, dependency)
        elif not isinstance(found[0][1], bool):
            path, place = found[0][0], dependency.view.get("condition")
            at = chart.values.document.view.get(*path) if chart.values is not None else place
            yield Violation(
                f'condition {".".join(path)} is not a boolean, so helm always installs dependency "{dependency.key}";'
                " set it to true or false without quotes",
                at=at if at.exists else place,
            )


def _missing(chart: Chart, data: dict[str, Json], dependency: Dependency) -> Iterator[Violation]:
    """A dependency that neither a condition nor a tag controls: no flag of its entry exists."""
    tags = tuple(("tags", tag) for tag in dependency.tags)
    if any(isinstance(_value(data, path), bool) for path in tags):
        return
    paths = dependency.conditions or tags
    near = next((near for path in paths if (near := _near(data, path))), None)
    if not paths or (paths is not tags and near is None and dependency.name not in chart.subcharts):
        return  # the dependency's own values.yaml may have a default
    fix = f"use {near}" if near else "set it to true or false in values.yaml"
    yield Violation(
        f'value {".".join(paths[0])} does not exist, so helm installs dependency "{dependency.key}" by default; {fix}',
        at=dependency.view.get("tags" if paths is tags else "condition"),
        at_most=None if near else Severity.WARNING,
    )


def _flag(chart: Chart, data: dict[str, Json], path: tuple[str, ...]) -> Json:
    """The value that helm uses: the chart's, else the dependency's own default; None where there is none."""
    own = _value(data, path)
    if own is not None:
        return own
    inner = chart.dependency_at(path[0])
    return _value(inner.values.data, path[1:]) if inner is not None and inner.values is not None else None


def _value(data: Json, path: tuple[str, ...]) -> Json:
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return data


def _near(data: dict[str, Json], path: tuple[str, ...]) -> str | None:
    """A flag beside the missing one that may be meant: ``cache.enabled`` for ``cache.enable``."""
    import difflib

    parent = _value(data, path[:-1])
    flags = [key for key, value in parent.items() if isinstance(value, bool)] if isinstance(parent, dict) else []
    close = difflib.get_close_matches(path[-1], flags, 1, 0.75)
    return ".".join((*path[:-1], close[0])) if close else None


@rule(
    "helm/dependency-mismatched",
    default=MUST,
    enforces=(
        require(r"\bdependenc(?:y|ies)\b(?:[^,;()]|\([^()]*\)){0,60}\b(?:match|agree|same version|have a version)"),
        forbid(r"\bdependenc(?:y|ies)\b.{0,40}\b(?:without (?:a )?version|mismatch)"),
    ),
    umbrella=BEST_PRACTICES,
)
def dependency_mismatched(subject: Subject) -> Iterator[Violation]:
    """Dependency version is missing or does not match the chart in charts/.

    Why: helm matches an entry with a chart by name and version. Without a match it installs the chart, but ignores the
        entry's alias, condition, tags and import-values without a warning.
    Bad:
        dependencies:
          - name: db          # charts/db has version 1.4.0
            condition: db.enabled
    Good:
        dependencies:
          - name: db
            version: 1.x.x
            condition: db.enabled
    Fix: Set the version to one or to a range that the chart in charts/ satisfies (`helm dependency list` shows both);
        for a dependency from a repository, run `helm dependency update`.
    Source: Helm documentation, Charts: Chart Dependencies
    """
    names = Counter(dependency.name for dependency in subject.chart.dependencies)
    for dependency in subject.chart.dependencies:
        inner = subject.chart.subcharts.get(dependency.name)
        if inner is None or names[dependency.name] > 1:
            continue
        version, constraint = parse_version(inner.version, strict=False), parse_constraint(dependency.version)
        lost = _lost(dependency.alias, dependency.condition, dependency.tags, dependency.import_values)
        if not lost or (dependency.version.strip() and (version is None or constraint is None)):
            continue
        if not dependency.version.strip():
            problem = "has no version"
        elif version is not None and constraint is not None and not constraint.accepts(version, prereleases=True):
            problem = f"requires version {dependency.version}, but charts/ contains {inner.version}"
        else:
            continue
        yield Violation(
            f'dependency "{dependency.name}" {problem}, so helm ignores its {lost};'
            f" set a version or range that {inner.version} satisfies",
            at=dependency.view.get("version"),
        )


def _lost(alias: str, condition: str, tags: tuple[str, ...], import_values: tuple[object, ...]) -> str:
    named = {"alias": alias, "condition": condition, "tags": tags, "import-values": import_values}
    return " and ".join(name for name, given in named.items() if given)
