"""Values printed where Kubernetes requires strings: large integers, and unquoted values."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    RESULTS,
    TEMPLATES,
    LazyPattern,
    Manifest,
    PipeField,
    Related,
    Severity,
    Subject,
    TextPlace,
    Violation,
    forbid,
    require,
    rule,
)

from ..text_fields import text_fields

_EXPONENT = LazyPattern(r"(?<![\w.+-])[1-9](?:\.\d+)?e\+(?:0[6-9]|1\d)(?![\w.])")
_MEASURED = LazyPattern(r"(?:[bB]ytes|[mM]illis|Ms|[mM]icros|[nN]anos|[mM]illiseconds|[mM]icroseconds)\Z")
_CONVERTED = LazyPattern(r"\b(?:int|int64|toYaml|toJson|mustToJson|toRawJson|toPrettyJson|printf|humanize|len|tpl)\b")


@rule(
    "values/large-integer",
    default=MUST,
    needs={RESULTS, TEMPLATES},
    enforces=(
        require(r"\b(?:integers?|numbers?)\b.{0,60}\b(?:int64|as (?:they are )?written|digits)\b"),
        forbid(r"\b(?:scientific|exponent(?:ial)?) notation\b"),
    ),
)
def large_integer(subject: Subject) -> Iterator[Violation]:
    """Large integer is printed in scientific notation.

    Why: Helm reads numbers in values files as floats and prints those of a million and more as 1.048576e+06. In a
        string (an argument, a ConfigMap, an environment variable) the program then fails to read its setting, or reads
        1.
    Bad:
        - --max-upload={{ .Values.maxUploadBytes }}             # --max-upload=1.048576e+06
    Good:
        - --max-upload={{ .Values.maxUploadBytes | int64 }}     # --max-upload=1048576
    Fix: Pipe the number through int64 (`int64 | quote`), or print it with toJson. The finding is a warning if the
        default is smaller and the value's name suggests that users set larger ones (bytes, milliseconds).
        `fix --unsafe` pipes it through int64.
    Source: Helm issues 1707 and 3001
    """
    told: set[str] = set()
    for rendering in subject.renderings:
        for manifest in rendering.manifests:
            if manifest.dependency is None and "e+" in manifest.view.document.text and not manifest.is_left_out:
                for violation in _exponents(manifest, subject):
                    told.add(violation.part or "")
                    yield violation
    yield from _latent(subject)


def _exponents(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    for view in manifest.view.walk():
        text = view.string()
        if text is None or "e+" not in text:
            continue
        for found in dict.fromkeys(_EXPONENT.findall(text)):
            if any(found in written for written in subject.chart.files.values()):
                continue  # it is written so in a file
            message = f"number {float(found):.0f} is printed as {found}; pipe it through int64"
            yield Violation(message, at=view, part=found, of_key=True, fix=PipeField("int64"))


def _latent(subject: Subject) -> Iterator[Violation]:
    """Numbers of bytes or time that are printed into a string, with a default that is small enough to be safe."""
    values = subject.chart.values
    if values is None:
        return
    told: set[tuple[str, ...]] = set()
    for printed in subject.uses.printed:
        path = printed.path
        if path in told or not path or not _MEASURED.search(path[-1]) or printed.template.path.startswith("charts/"):
            continue
        view = values.document.view.get(*path)
        number = view.integer()
        source = printed.template.source(printed.action)
        if number is None or not 0 < number < 1_000_000 or path[-1] not in source or _CONVERTED.search(source):
            continue
        start, text = printed.action.start, printed.template.text
        in_text = "quote" in source or (start > 0 and text[start - 1] not in " \t\n")
        if in_text:
            told.add(path)
            place = TextPlace(printed.template.path, printed.template.span(printed.action))
            yield Violation(
                f"value {'.'.join(path)} is printed as 1e+06 if a user sets a million; pipe it through int64 here",
                at=place,
                related=(Related(view, "the value"),),
                at_most=Severity.WARNING,
            )


@rule(
    "values/unquoted-text",
    scope=Manifest,
    tests=True,
    default=MUST,
    enforces=(
        require(
            r"\b(?:strings?|text|annotations?|environment variables?|env)\b.{0,60}\bquot(?:e[ds]?|ing)\b"
            r"|\bquot(?:e[ds]?|ing)\b.{0,40}\b(?:strings?|text|values)\b"
        ),
        forbid(r"\bunquoted (?:strings?|text|values)\b"),
    ),
    evidence="objects have strings where Kubernetes requires strings",
)
def unquoted_text(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Number or boolean is set where Kubernetes requires a string.

    Why: The API server rejects the whole object: "cannot unmarshal bool into Go struct field EnvVar.value of type
        string". helm template and helm lint do not report it.
    Bad:
        - name: DEBUG
          value: {{ .Values.debug }}
    Good:
        - name: DEBUG
          value: {{ .Values.debug | quote }}
    Fix: Pipe the value through quote. The rule checks annotations, environment variables, commands and arguments, node
        selectors, the data of ConfigMaps and the data and stringData of Secrets; portability/label-value checks labels.
        `fix --unsafe` quotes it.
    Source: Kubernetes API reference: ObjectMeta, EnvVar, Container, ConfigMap, Secret
    """
    for view, what in text_fields(manifest):
        data = view.data
        if data is None or isinstance(data, str):
            continue
        if isinstance(data, dict | list):
            kind = "a map" if isinstance(data, dict) else "a list"
            message = f"{what} is {kind}, but Kubernetes requires a string; pipe it through `toJson | quote`"
            yield Violation(message, at=view)
            continue
        written = view.document.scalar_text(view.path)
        kind = "boolean" if isinstance(data, bool) else "number"
        shown = str(data).lower() if written is None else written
        message = f"{what} is the {kind} {shown}, but Kubernetes requires a string; pipe it through quote"
        yield Violation(message, at=view, fix=PipeField("quote"))
