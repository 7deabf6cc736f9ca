"""What values.yaml's text says otherwise than it looks."""

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
    """A map in a values file has a key twice.

    Why: helm keeps the last one and says nothing; what was written at the first is lost.
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
    Fix: put what stands below both into one.
        `fix` takes out the first one, which helm doesn't see.
    Source: YAML 1.2, 3.2.1.3 (keys are unique); Kubernetes' strict decoding; chart-testing's yamllint key-duplicates
    """
    if subject.chart.values is None:
        raise NotApplicable("the chart has no values.yaml")
    for document in scenario_documents(subject):
        for key in document.duplicates:
            name = dotted(key.path)
            message = f"{name} stands twice; helm keeps this one and drops the first, in line {key.first.line}"
            first = Related(TextPlace(document.file, key.first), "the first one, which is lost")
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
    """The templates read values, and the chart has no values.yaml.

    Why: values.yaml is where users look for what they can set, and where the defaults stand.
    Bad:
        Chart.yaml
        templates/deployment.yaml      ({{ .Values.image.tag }})
    Good:
        Chart.yaml
        templates/deployment.yaml
        values.yaml
    Fix: add values.yaml with a default and a comment for each value that the templates read.
    Source: helm lint (validateValuesFileExistence); chart-verifier contains-values
    """
    chart = subject.chart
    if chart.values is not None or chart.is_library:
        return
    for file in sorted(chart.files):
        if file.startswith("templates/") and ".Values" in chart.files[file]:
            yield Violation("no values.yaml, though templates read values", TextPlace(file))
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
    """A key of the chart's own has a hyphen, a dot or a leading capital.

    Why: templates can read `.Values.log-level` only through `index`, and `--set` takes a dot for a level.
    Bad:
        log-level: info
        Replicas: 3
    Good:
        logLevel: info
        replicas: 3
    Fix: write it in camelCase, beginning with a small letter; read the old name as well for one release. Names of
        dependencies and keys of maps that templates pass on whole (annotations, settings of the application) are free.
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
        # Only a name that a template spells out is the chart's own, and not one of a map that is passed on whole.
        if uses.is_whole(path[:-1]) or path[:-1] in uses.reached:
            continue
        if any(read.path[: len(path)] == path for read in uses.reads):
            yield Violation(f"{key.name} has {fault}", values.document.view.get(*key.path))


def _style_fault(name: str) -> str | None:
    """What a name has that camelCase hasn't, and what to call it."""
    fault = (
        "a dot" if "." in name else "a hyphen" if "-" in name else "a leading capital" if name[:1].isupper() else None
    )
    if fault is None:
        return None
    words = [word for word in re.split(r"[-.]+", name) if word]
    if not words or (words[0][:2].isupper() and not words[0].isupper()):
        return f"{fault}; write it in camelCase"
    head = words[0].lower() if words[0].isupper() else words[0][:1].lower() + words[0][1:]
    return f"{fault}; call it {head}{''.join(word[:1].upper() + word[1:] for word in words[1:])}"


_BOOLEANS = frozenset(
    {*("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), *("n", "N", "no", "No", "NO", "off", "Off", "OFF")}
)
_FIRST = frozenset("yYnNoO0123456789+-")
"""What such scalars begin with."""
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
    """An unquoted value reads otherwise than it looks.

    Why: YAML 1.1, which helm reads, takes `no` for false, `0123` for 83 and `1.10` for 1.1.
    Bad:
        country: NO
        tag: 1.10
    Good:
        country: "NO"
        tag: "1.10"
    Fix: quote it if it is text; else write what helm reads (`true`, `83`, `1000`). Permission bits may stay octal.
        `fix` writes true or false, and quotes a number where that changes nothing that is rendered.
    Source: Helm chart best practices, Values ("Make types clear"); chart-testing's yamllint truthy
    """
    if subject.chart.values is None:
        raise NotApplicable("the chart has no values.yaml")
    for document in scenario_documents(subject):
        for path, text in document.plain_scalars(_FIRST):
            name = next((step for step in reversed(path) if isinstance(step, str)), "")
            if (reading := _reading(text, name)) is not None:
                view = document.view.get(*path)
                yield Violation(f"{dotted(path)}: {text} {reading}", view, fix=_quoted(view.data, text))


def _quoted(data: Json, text: str) -> SetField:
    """What helm makes of true and false is written out; a number that looks like another text gets quotes."""
    if isinstance(data, bool):
        return SetField(data, Applicability.SAFE)
    return SetField(text, Applicability.SAFE)


def _reading(text: str, name: str) -> str | None:
    """What a plain scalar is read as, where that isn't what it looks like."""
    if text in _BOOLEANS:
        value = str(resolve_plain(text)).lower()
        return f"reads as {value}; write {value}, or quote it"
    if len(text) < 2 or not text[-1].isdigit():
        return None
    if (_OCTAL.fullmatch(text) and not _MODE.search(name)) or _EXPONENT.fullmatch(text):
        data = resolve_plain(text)
        return f"reads as the number {data}; quote it, or write {data}" if not isinstance(data, str) else None
    if _TRAILING_ZERO.fullmatch(text) and _VERSION.search(name):
        return f"reads as the number {resolve_plain(text)}; quote it"
    return None


def _without_first(document: YamlDocument, first: Span, name: str) -> Fix | None:
    """The lines of an entry that a later one replaces; None where something else stands in them."""
    lines = document.text.removeprefix("\ufeff").split("\n")
    if lines[first.line - 1][: first.column - 1].strip():
        return None
    last = first.line
    for number in range(first.line, len(lines)):
        line = lines[number].rstrip("\r")
        indent = len(line) - len(line.lstrip(" "))
        if not line.strip() or indent < first.column - (0 if not line.lstrip().startswith("- ") else 1):
            break
        last = number + 1
    return Fix(f"take out the first {name}", (Edit(document.file, first.line, 1, last + 1, 1, ""),), Applicability.SAFE)
