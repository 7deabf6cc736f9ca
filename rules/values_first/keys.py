"""Keys and scalars of values files that are not read as they look."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    TEMPLATES,
    Applicability,
    Edit,
    Fix,
    Json,
    LazyPattern,
    NotApplicable,
    Related,
    SetField,
    Span,
    Subject,
    TextPlace,
    Violation,
    YamlDocument,
    dotted,
    forbid,
    require,
    resolve_plain,
    rule,
)

from ..values_files import scenario_documents
from .statements import BEST_PRACTICES


@rule(
    "values/duplicate-key",
    default=MUST,
    enforces=(
        forbid(r"\bkeys?\b.*\btwice\b|\bduplicated? keys?\b|\bkeys?\b.*\bduplicat"),
        require(r"\bkeys?\b.*\bunique\b|\bunique keys?\b"),
    ),
)
def duplicate_key(subject: Subject) -> Iterator[Violation]:
    """Key is defined twice in a values file.

    Why: Helm keeps the last definition without a warning; the first one is lost.
    Bad:
        image:
          tag: 1.2.3
        service:
          port: 80
        image:
          pullPolicy: Always
    Good:
        image:
          tag: 1.2.3
          pullPolicy: Always
        service:
          port: 80
    Fix: Merge both into one.
        `fix` removes the first one, which helm ignores.
    Source: YAML 1.2, 3.2.1.3 (keys are unique); Kubernetes' strict decoding; chart-testing's yamllint key-duplicates
    """
    if subject.chart.values is None:
        raise NotApplicable("the chart has no values.yaml")
    for document in scenario_documents(subject):
        for key in document.duplicates:
            name = dotted(key.path)
            message = f"key {name} is defined twice, and helm ignores the one on line {key.first.line}; merge them"
            first = Related(TextPlace(document.file, key.first), "the first definition, which helm ignores")
            fix = _without_first(document, key.first, name)
            yield Violation(message, TextPlace(document.file, key.second), (first,), fix=fix)


@rule(
    "values/missing-file",
    default=MUST,
    enforces=(
        require(r"\bexposed\b.*\b(?:via|through|in)\b.*\bvalues\b"),
        require(r"\b(?:has|have|ships?|provides?|contains?|includes?)\b.{0,30}`?values\.yaml\b"),
    ),
    umbrella=BEST_PRACTICES,
)
def missing_file(subject: Subject) -> Iterator[Violation]:
    """Chart has no values.yaml.

    Why: Users look in values.yaml for what they can set and for the defaults.
    Bad:
        Chart.yaml
        templates/deployment.yaml      ({{ .Values.image.tag }})
    Good:
        Chart.yaml
        templates/deployment.yaml
        values.yaml
    Fix: Add values.yaml with a default and a comment for each value that the templates read.
    Source: helm lint (validateValuesFileExistence); chart-verifier contains-values
    """
    chart = subject.chart
    if chart.values is not None or chart.is_library:
        return
    for file in sorted(chart.files):
        if file.startswith("templates/") and ".Values" in chart.files[file]:
            message = "templates read values, but the chart has no values.yaml; add it with a default for each value"
            yield Violation(message, TextPlace(file))
            return


@rule(
    "values/key-style",
    default=MUST,
    needs={TEMPLATES},
    enforces=(
        require(r"\bcamel[- ]?case\b|\bvalues?(?:\.yaml)?\b[^.]*\bkeys?\b[^.]*\b(?:lower[- ]?case|naming|named)\b"),
        forbid(r"\bkeys?\b[^.]*\b(?:hyphens?|dash(?:es)?|dots?|capitals?|upper[- ]?case)\b"),
    ),
    umbrella=BEST_PRACTICES,
)
def key_style(subject: Subject) -> Iterator[Violation]:
    """Key is not in camelCase.

    Why: Templates can read `.Values.log-level` only through `index`, and `--set` splits keys at dots.
    Bad:
        log-level: info
        Replicas: 3
    Good:
        logLevel: info
        replicas: 3
    Fix: Rename it in camelCase, with a lower-case first letter; read the old name too for one release. Names of
        dependencies and keys of maps that templates pass on whole (annotations, settings of the application) are not
        checked.
    Source: Helm chart best practices, Values, Naming Conventions
    """
    values = subject.chart.values
    if values is None or not values.keys():
        raise NotApplicable("the chart has no values")
    uses = subject.uses
    dependencies = {dependency.key for dependency in subject.chart.dependencies} | set(subject.chart.subcharts)
    for key in values.keys():  # noqa: SIM118 - not a mapping
        path = tuple(str(step) for step in key.path)
        fault = _style_fault(path[-1])
        if fault is None or path[0] in dependencies:
            continue
        # A name is the chart's own if a template reads it by name and no template passes its map on whole.
        if uses.is_whole(path[:-1]) or path[:-1] in uses.reached:
            continue
        if any(read.path[: len(path)] == path for read in uses.reads):
            yield Violation(f"key {key.name} has {fault}", values.document.view.get(*key.path))


def _style_fault(name: str) -> str | None:
    """How a name violates camelCase, and what to rename it to."""
    fault = (
        "a dot" if "." in name else "a hyphen" if "-" in name else "a leading capital" if name[:1].isupper() else None
    )
    if fault is None:
        return None
    words = [word for word in re.split(r"[-.]+", name) if word]
    if not words or (words[0][:2].isupper() and not words[0].isupper()):
        return f"{fault}; rename it in camelCase"
    head = words[0].lower() if words[0].isupper() else words[0][:1].lower() + words[0][1:]
    return f"{fault}; rename it to {head}{''.join(word[:1].upper() + word[1:] for word in words[1:])}"


_BOOLEANS = frozenset(
    {*("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), *("n", "N", "no", "No", "NO", "off", "Off", "OFF")}
)
_FIRST = frozenset("yYnNoO0123456789+-")
"""First characters of ambiguous scalars."""
_OCTAL = LazyPattern(r"[-+]?0[0-9_]+")
_EXPONENT = LazyPattern(r"[-+]?[0-9]+[eE][-+]?[0-9]+")
_TRAILING_ZERO = LazyPattern(r"[0-9]+\.[0-9]*0")
_VERSION = LazyPattern(r"(?:^|[a-z_-])(?:version|tag|release|revision)$", re.IGNORECASE)
_MODE = LazyPattern(r"mode$|umask$|permissions?$", re.IGNORECASE)


@rule(
    "values/ambiguous-scalar",
    default=MUST,
    enforces=(
        forbid(r"\bambiguous (?:values?|scalars?|types?)\b|\bunquoted (?:strings?|text|versions?|yes)\b"),
        require(r"\b(?:strings?|text|versions?)\b.*\bquoted?\b|\bquote (?:all |every )?strings?\b"),
    ),
    umbrella=BEST_PRACTICES,
)
def ambiguous_scalar(subject: Subject) -> Iterator[Violation]:
    """Unquoted value is not read as it looks.

    Why: Helm reads YAML 1.1, in which `no` is false, `0123` is 83 and `1.10` is 1.1.
    Bad:
        country: NO
        tag: 1.10
    Good:
        country: "NO"
        tag: "1.10"
    Fix: Quote it if it is a string; else write what helm reads (`true`, `83`, `1000`). Permission bits may stay octal.
        `fix` writes true or false, and quotes a number if that does not change the rendered output.
    Source: Helm chart best practices, Values ("Make types clear"); chart-testing's yamllint truthy
    """
    if subject.chart.values is None:
        raise NotApplicable("the chart has no values.yaml")
    for document in scenario_documents(subject):
        for path, text in document.plain_scalars(_FIRST):
            name = next((step for step in reversed(path) if isinstance(step, str)), "")
            if (reading := _reading(text, name)) is not None:
                view = document.view.get(*path)
                yield Violation(f"{text} in {dotted(path)} {reading}", view, fix=_quoted(view.data, text))


def _quoted(data: Json, text: str) -> SetField:
    """Writes a boolean out as helm reads it; quotes a number that looks like another text."""
    if isinstance(data, bool):
        return SetField(data, Applicability.SAFE)
    return SetField(text, Applicability.SAFE)


def _reading(text: str, name: str) -> str | None:
    """How a plain scalar is read, if that is not what it looks like."""
    if text in _BOOLEANS:
        value = str(resolve_plain(text)).lower()
        return f"is read as {value}; write {value}, or quote it"
    if len(text) < 2 or not text[-1].isdigit():
        return None
    if (_OCTAL.fullmatch(text) and not _MODE.search(name)) or _EXPONENT.fullmatch(text):
        data = resolve_plain(text)
        return f"is read as the number {data}; quote it, or write {data}" if not isinstance(data, str) else None
    if _TRAILING_ZERO.fullmatch(text) and _VERSION.search(name):
        return f"is read as the number {resolve_plain(text)}; quote it"
    return None


def _without_first(document: YamlDocument, first: Span, name: str) -> Fix | None:
    """Removes the lines of an entry that a later one replaces; None if they contain something else."""
    lines = document.lines
    if lines[first.line - 1][: first.column - 1].strip():
        return None
    last = first.line
    for number in range(first.line, len(lines)):
        line = lines[number]
        indent = len(line) - len(line.lstrip(" "))
        if not line.strip() or indent < first.column - (0 if not line.lstrip().startswith("- ") else 1):
            break
        last = number + 1
    return Fix(f"remove the first {name}", (Edit(document.file, first.line, 1, last + 1, 1, ""),), Applicability.SAFE)
