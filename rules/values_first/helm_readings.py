"""Values that helm reads differently from what the author meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from helm_constitution.api import (
    MUST,
    RESULTS,
    TEMPLATES,
    Base,
    Chart,
    Fix,
    Json,
    Path,
    Severity,
    Span,
    Subject,
    TextPlace,
    View,
    Violation,
    YamlDocument,
    dotted,
    forbid,
    quoted,
    replaced,
    require,
    resolve_plain,
    rule,
)

from ..values_files import scenario_documents
from .statements import BEST_PRACTICES

if TYPE_CHECKING:
    from yaml.nodes import ScalarNode


@rule(
    "values/null-for-dependency",
    default=MUST,
    enforces=(
        require(r"\b(?:dependenc(?:y|ies)|sub-?charts?)\b.{0,60}\bdefaults?\b.{0,60}\b(?:Helm 3|Helm 4|both)\b"),
        forbid(r"\bnull\b.{0,60}\b(?:dependenc(?:y|ies)|sub-?charts?)\b"),
    ),
)
def null_for_dependency(subject: Subject) -> Iterator[Violation]:
    """Null does not remove a dependency's default in Helm 4.

    Why: Helm 3 removes the dependency's default, Helm 4 keeps it: the same chart renders different objects.
    Bad:
        redis:
          livenessProbe: null
    Good:
        redis:
          livenessProbe:
            enabled: false
    Fix: Set the value with which the dependency disables the setting, or one that replaces it.
    Source: Helm issues 9027 and 12480; tried with Helm 3.17 and 4.3
    """
    chart = subject.chart
    if chart.values is None:
        return
    for dependency in chart.dependencies:
        inner = chart.dependency_at(dependency.key)
        if inner is not None:
            yield from _nulls(chart.values.document.view.get(dependency.key), inner)


def _nulls(view: View, inner: Chart, above: tuple[str, ...] = ()) -> Iterator[Violation]:
    """The nulls of the chart's values for which the dependency has a default."""
    for key, part in view.entries():
        path = (*above, key)
        default = inner.values.document.view.get(*path).data if inner.values is not None else None
        if part.data is None and default:
            yield Violation(
                f"null removes a default of {inner.name} in Helm 3 and keeps it in Helm 4;"
                f" set {dotted(part.path)} to a value",
                at=part,
            )
        elif part.is_map:
            yield from _nulls(part, inner, path)
            if not above and (below := inner.dependency_at(key)) is not None:
                yield from _nulls(part, below)


@rule(
    "values/boolean-key",
    default=MUST,
    enforces=forbid(r"\bkeys?\b.{0,40}\b(?:booleans?|yes|true)\b|\bboolean keys?\b"),
    umbrella=BEST_PRACTICES,
)
def boolean_key(subject: Subject) -> Iterator[Violation]:
    """Key is read as a boolean.

    Why: Helm reads `y`, `on`, `yes` and `no` without quotes as true and false, also as keys: templates find no key of
        that name, and of two (`y` and `yes`) one is lost.
    Bad:
        axes:
          x: 1
          y: 2
    Good:
        axes:
          x: 1
          "y": 2
    Fix: Quote the key.
        `fix --unsafe` quotes it.
    Source: YAML 1.1, Boolean Language-Independent Type; Kubernetes reads YAML 1.1
    """
    for document in scenario_documents(subject):
        for key, path in subject.derived_from(document, _boolean_keys):
            span = Span(
                key.start_mark.line + 1, key.start_mark.column + 1, key.end_mark.line + 1, key.end_mark.column + 1
            )
            value = str(resolve_plain(key.value)).lower()
            name = dotted((*path, key.value))
            yield Violation(
                f"helm reads the key {name} as {value}; quote {key.value}",
                at=(place := TextPlace(document.file, span)),
                fix=Fix("quote the key", (replaced(place, quoted(key.value)),)),
            )


def _boolean_keys(document: YamlDocument) -> tuple[tuple[ScalarNode, Path], ...]:
    import yaml

    found: list[tuple[ScalarNode, Path]] = []
    pending: list[tuple[object, Path]] = [(document.root, ())]
    seen: set[int] = set()
    while pending:
        node, path = pending.pop()
        if id(node) in seen:
            continue  # an alias of a known anchor
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            pending.extend((item, (*path, index)) for index, item in enumerate(node.value))
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    continue
                if key.tag == "?" and isinstance(resolve_plain(key.value), bool):
                    found.append((key, path))
                pending.append((value, (*path, key.value)))
    return tuple(found)


@rule(
    "values/unknown-key",
    default=MUST,
    needs={RESULTS, TEMPLATES},
    enforces=(
        require(r"\b(?:ci|test|scenario|example)\b.{0,40}\bvalues\b.{0,60}\b(?:exist|known|values\.yaml)"),
        forbid(r"\bunknown (?:values?|keys?)\b"),
    ),
)
def unknown_key(subject: Subject) -> Iterator[Violation]:
    """Values file of a scenario sets an unknown key.

    Why: Helm ignores the key without a warning: the scenario appears to test the setting, and does not.
    Bad:
        # ci/full-values.yaml; values.yaml has ingress.enabled
        ingress:
          enable: true
    Good:
        ingress:
          enabled: true
    Fix: Use a key of values.yaml. Keys that a template reads anyway, keys of dependencies, `global`, and keys below an
        empty map of values.yaml are not reported. In files from outside the chart (`-f`) the finding is a warning: they
        may be meant for other charts too.
    Source: Helm documentation, Values Files; helm-docs and chart-testing do not check the keys of files in ci/
    """
    chart = subject.chart
    if chart.values is None or chart.is_library:
        return
    free = {"global", "tags", *(dependency.key for dependency in chart.dependencies), *chart.subcharts}
    for document in subject.values_files:
        is_ours = document.base is not Base.ABSOLUTE
        if is_ours and document.file.startswith("platforms/"):
            continue  # portability/overlay-unknown-key
        for key, view in document.view.entries():
            if key not in free:
                yield from _unknown(view, chart.values.data, subject, None if is_ours else Severity.WARNING)


def _unknown(view: View, base: dict[str, Json], subject: Subject, at_most: Severity | None) -> Iterator[Violation]:
    key = str(view.path[-1])
    if key in base:
        below = base[key]
        if isinstance(below, dict) and below and not subject.uses.is_whole(tuple(map(str, view.path))):
            for _, child in view.entries():
                yield from _unknown(child, below, subject, at_most)
    elif (
        not subject.uses.is_read(tuple(map(str, view.path)))
        and f".Values.{dotted(view.path)}" not in view.document.text
    ):
        import difflib

        near = difflib.get_close_matches(key, base, 1, 0.75)
        parent = f"{dotted(view.path[:-1])}." if len(view.path) > 1 else ""
        advice = f"did you mean {parent}{near[0]}?" if near else "use a key of values.yaml"
        message = f"key {dotted(view.path)} is neither in values.yaml nor read by a template; {advice}"
        yield Violation(message, at=view, at_most=at_most)
