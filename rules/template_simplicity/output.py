"""What templates make: text that is YAML, and that says what was meant."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from helm_constitution.api import (
    LINT,
    MUST,
    RESULTS,
    Container,
    FailureKind,
    LazyPattern,
    Manifest,
    Related,
    RenderedLine,
    Span,
    Subject,
    TextPlace,
    Urgency,
    View,
    Violation,
    dotted,
    forbid,
    not_rendered,
    require,
    rule,
)

_VALID = (
    r"\bvalid yaml\b|\byaml\b.{0,30}\b(?:valid(?:ity)?|well[- ]formed)\b|\bvalidate (?:the |all )?yaml\b"
    r"|^(?!.*\bvalues\b).*\byaml\b.{0,30}\bparses\b"
)


@rule(
    "templates/invalid-yaml",
    default=MUST,
    needs={RESULTS},
    enforces=(
        require(_VALID),
        require(
            r"\b(?:pass|run|validated|checked|tested|verified|succeed)\w*\b.*\bhelm template"
            r"|\bhelm template\b.*\b(?:render|pass|succeed|errors|validat)"
            r"|\brender\w*\b.{0,30}\bhelm template\b|\brenders? (?:without|with no)(?: an?)? errors?"
        ),
        forbid(r"\b(?:invalid|malformed|broken) yaml\b"),
    ),
    urgency=Urgency.BROKEN,
)
def invalid_yaml(subject: Subject) -> Iterator[Violation]:
    """Template renders invalid YAML.

    Why: Helm fails at the first invalid document and names only that one; nothing can be installed with these values.
    Bad:
        labels:
        {{ toYaml .Values.labels }}              (the second line loses its indentation)
    Good:
        labels:
          {{- toYaml .Values.labels | nindent 2 }}
    Fix: Correct the indentation or the quoting in the named template; `helm template . --debug` shows the rendered
        text. If this rule is an error, testing/render-error does not repeat it.
    Source: helm lint (validateYamlContent); helm template
    """
    if not subject.results:
        raise not_rendered(subject)
    found: dict[tuple[str | None, str], list[str]] = {}
    places: dict[tuple[str | None, str], RenderedLine | None] = {}
    for result in subject.results:
        for error in result.errors:
            if error.kind is FailureKind.YAML:
                text = " ".join(error.text.split()).rstrip(".")
                if error.rendered_line is not None and "line " not in text:
                    text += f" (line {error.rendered_line} of the rendered text)"
                found.setdefault((error.file, text), []).append(result.scenario.name)
                places.setdefault((error.file, text), subject.rendered_line(error))
    if not found and not subject.rendered:
        raise not_rendered(subject)
    default = subject.results[0].scenario.name
    for (file, text), scenarios in found.items():
        where = "" if default in scenarios else f" with {', '.join(scenarios)}"
        place = places[file, text] or (TextPlace(file) if file is not None else None)
        yield Violation(f"{text}{where}", place)


@rule(
    "templates/duplicate-key",
    scope=Manifest,
    default=MUST,
    tests=True,
    enforces=(
        require(_VALID),
        require(r"^(?!.*\bvalues\b).*\bkeys?\b.{0,20}\bunique\b"),
        forbid(r"^(?!.*\bvalues\b).*\b(?:duplicated?|repeated) (?:yaml |map )?keys?\b"),
    ),
)
def duplicate_key(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Rendered object has a duplicate key.

    Why: Helm keeps the last one without a warning, and the first one is lost; kubectl, Kustomize and Argo CD reject the
        document or keep another one.
    Bad:
        labels:
          app.kubernetes.io/name: {{ include "web.name" . }}
          {{- toYaml .Values.labels | nindent 2 }}         (labels has app.kubernetes.io/name, too)
    Good:
        labels:
          {{- $own := dict "app.kubernetes.io/name" (include "web.name" .) }}
          {{- toYaml (merge $own .Values.labels) | nindent 2 }}
    Fix: Set the key once; if values may contain it too, merge the maps before printing them.
    Source: YAML 1.2, 3.2.1.3 (keys are unique); sigs.k8s.io/yaml, UnmarshalStrict
    """
    document = manifest.view.document
    for duplicate in document.duplicates:
        path = duplicate.path
        length = len(manifest.view.path)
        if path[:length] == manifest.view.path:
            shown = dotted(path[length:])
            message = f"key {shown} is rendered twice, and strict parsers reject the object; render it once"
            first = Related(RenderedLine(document, duplicate.first.line), "the first one")
            yield Violation(message, at=document.view.get(*path), related=(first,), of_key=True)


_NIL = LazyPattern(r"%!(?:[a-zA-Z]\(|\((?:EXTRA|NOVERB|BAD))|<nil>", re.IGNORECASE)
_NIL_ALONE = LazyPattern(
    r"%![a-zA-Z]\((?:<nil>|[\w.\[\]{}*]+=|MISSING|BAD\w+)|%!\((?:EXTRA|NOVERB|BAD)|[:=][ \t]*\"?<nil>\"?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)


_MAP = LazyPattern(r"map\[[A-Za-z][\w./-]*:")


@rule(
    "templates/no-value",
    scope=Manifest,
    default=MUST,
    tests=True,
    enforces=(
        require(r"\bevery\b.{0,30}\bprinted value\b.{0,20}\bexists\b"),
        forbid(r"<nil>|<no value>|%!|\bprint\w*\b.{0,30}\b(?:nil|missing|undefined) values?\b"),
    ),
)
def no_value(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """Missing value or format error is printed into an object.

    Why: The object is valid but meaningless: a host `<nil>.example.com`, a port `%!d(string=80)`.
    Bad:
        host: {{ printf "%s.%s" .Values.name .Values.domain }}       (values.yaml has no domain)
    Good:
        host: {{ printf "%s.%s" .Values.name (required "set domain" .Values.domain) }}
    Fix: Give the value a default, or read it with `required`; print numbers with `%v` or `%d` of an `int`.
    Source: Go, package fmt (format errors); Helm replaces only a plain `<no value>`
    """
    if manifest.kind == "CustomResourceDefinition":
        return  # its descriptions are prose about Go
    text = manifest.view.document.text
    if _may_hold_nil(text) or "map[" in text:
        for view in manifest.view.walk():
            if found := _nil_in(view.string() or "") or _map_in(view.string() or ""):
                yield _printed(found, view)
    if manifest.kind == "Secret":
        for _, view in manifest.view.get("data").entries():
            if found := _nil_in(_decoded(view.string() or "")):
                yield _printed(found, view)


def _printed(found: str, view: View) -> Violation:
    what = f"rendered text contains `{found}`, which Go prints for a missing value or a wrong type"
    return Violation(f"{what}; set or convert the value", at=view)


def _map_in(text: str) -> str | None:
    """The beginning of a map that was printed without ``toYaml``, if a text is nothing else."""
    found = _MAP.match(text)
    return f"{found[0]}…" if found is not None and text.endswith("]") else None


def _may_hold_nil(text: str) -> bool:
    return "%!" in text or "nil>" in text or "NIL>" in text


def _nil_in(text: str) -> str | None:
    """The first trace of a value that couldn't be printed."""
    if not _may_hold_nil(text):
        return None
    found = (_NIL_ALONE if "\n" in text.strip() else _NIL).search(text)
    if found is None:
        return None
    end = text.find(")", found.end())
    whole = found[0] if found[0].endswith(">") or not 0 <= end - found.start() < 40 else text[found.start() : end + 1]
    return whole.strip(' \t:="')


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


_ILLEGAL_INDENT = LazyPattern(r'document starts with an illegal indent: "(.*)", which may')


@rule(
    "templates/top-indent",
    default=MUST,
    needs={LINT},
    enforces=(
        require(_VALID),
        require(r"\b(?:top[- ]level|start of (?:a|the|each|every) document)\b.{0,40}\bindent"),
        forbid(r"\bindent\w*\b.{0,40}\b(?:top[- ]level|first line|start of (?:a|the) document)\b"),
    ),
)
def top_indent(subject: Subject) -> Iterator[Violation]:
    """Rendered file begins with an indented line.

    Why: Helm strips the indentation of a document's first line and keeps that of the others: the document is then a
        different one, or invalid.
    Bad:
        {{- if .Values.enabled }}
          apiVersion: v1
          kind: Service
        {{- end }}
    Good:
        {{- if .Values.enabled }}
        apiVersion: v1
        kind: Service
        {{- end }}
    Fix: Begin objects in the first column, also inside of blocks. testing/lint-warning does not repeat it.
    Source: helm lint (validateTopIndentLevel)
    """
    for message in subject.lint:
        if found := _ILLEGAL_INDENT.search(message.text):
            yield Violation(
                "first rendered line is indented; begin objects in the first column",
                _place_of_line(subject, message.file, found[1]),
            )


def _place_of_line(subject: Subject, file: str | None, line: str) -> TextPlace | None:
    """Where a rendered line stands in its template; the file alone where that isn't certain."""
    if file is None:
        return None
    lines = subject.chart.files.get(file, "").split("\n")
    numbers = [number for number, text in enumerate(lines, 1) if text.rstrip() == line.rstrip()]
    if not numbers:
        return TextPlace(file)
    text = lines[numbers[0] - 1]
    return TextPlace(file, Span(numbers[0], 1, numbers[0], len(text) - len(text.lstrip()) + 1))


@rule(
    "templates/duplicate-env",
    scope=Container,
    default=MUST,
    tests=True,
    enforces=(
        require(r"\benv(?:ironment)? ?var(?:iable)?s?\b.{0,40}\b(?:once|unique|distinct)\b"),
        forbid(
            r"\b(?:duplicat\w*|repeat\w*|same)\b.{0,40}\benv(?:ironment)? ?var(?:iable)?s?\b"
            r"|\benv(?:ironment)? ?var(?:iable)?s?\b.{0,40}\b(?:twice|duplicate\w*|more than once)\b"
        ),
    ),
    evidence="containers set each environment variable once",
)
def duplicate_env(container: Container, subject: Subject) -> Iterator[Violation]:
    """Container sets an environment variable twice.

    Why: The last one wins in the cluster, but `kubectl apply` and Helm's three-way merge track only one: an upgrade
        that removes one of them may remove both.
    Bad:
        env:
          - name: LOG_LEVEL
            value: info
          {{- toYaml .Values.extraEnv | nindent 2 }}         (has LOG_LEVEL, too)
    Good:
        env:
          - name: LOG_LEVEL
            value: {{ .Values.log.level }}
    Fix: Set the variable in one place, from a value if users need to change it.
    Source: Kubernetes API, Container.env (merge key: name); kube-linter duplicate-env-var; kube-score
        environment-variable-key-duplication
    """
    seen: dict[str, int] = {}
    for index, entry in enumerate(container.view.get("env").items()):
        name = entry.get("name").string()
        if name is None:
            continue
        if name in seen:
            message = f"container sets variable {name} twice (also as item {seen[name] + 1} of env); set it once"
            yield Violation(message, at=entry.get("name"))
        seen[name] = index
