"""Objects of a release as a whole: duplicates, labels with the version, sizes."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator, Sequence

from helm_constitution.api import (
    MUST,
    RESULTS,
    TEMPLATES,
    Edit,
    Fix,
    LazyPattern,
    Manifest,
    Parameter,
    Related,
    Rendering,
    Span,
    Subject,
    TextPlace,
    Urgency,
    Violation,
    forbid,
    replaced,
    require,
    rule,
)

from .ignore_fix import ignored
from .statements import BEST_PRACTICES, CONSISTENT


@rule(
    "helm/duplicate-object",
    scope=Rendering,
    default=MUST,
    enforces=(
        require(r"\b(?:objects?|resources?|manifests?)\b.{0,40}\b(?:once|unique within)\b"),
        forbid(r"\b(?:duplicated? (?:objects?|resources?|manifests?)|(?:objects?|resources?)\b.{0,30}\btwice)\b"),
    ),
    umbrella=CONSISTENT,
    urgency=Urgency.BROKEN,
)
def duplicate_object(rendering: Rendering, subject: Subject) -> Iterator[Violation]:
    """Release renders the same object twice.

    Why: The installation fails ("already exists"), or one object overwrites the other, and an upgrade may delete the
        remaining one.
    Bad:
        # templates/service.yaml and templates/metrics.yaml both
        kind: Service
        metadata:
          name: {{ include "web.fullname" . }}
    Good:
        kind: Service
        metadata:
          name: {{ include "web.fullname" . }}-metrics
    Fix: Rename one of them, or make their conditions exclude each other. Hooks may repeat an object of other hooks,
        because helm deletes hooks in between.
    Source: Helm issues 3208 and 9303; Kubernetes documentation, Object Names and IDs
    """
    seen: dict[tuple[str, ...], Manifest] = {}
    for manifest in rendering.manifests:
        name = manifest.get("metadata", "name")
        if not name.string() or not manifest.kind or manifest.hooks or manifest.is_left_out:
            continue
        key = (_family(manifest), manifest.kind, manifest.effective_namespace, manifest.name)
        earlier = seen.setdefault(key, manifest)
        if earlier is not manifest:
            yield Violation(
                f"{manifest.kind} {manifest.name} is rendered twice ({earlier.template} renders it too);"
                " rename or remove one of them",
                at=name,
                related=(Related(earlier.get("metadata", "name"), "first rendered"),),
            )


def _family(manifest: Manifest) -> str:
    """The API group, where old and new built-in groups of a kind count as one."""
    return "" if "." not in manifest.group else manifest.group


_REPLACED = LazyPattern(r"""\b(?:replace|regexReplaceAll|regexReplaceAllLiteral|semver)\b""")
_VERSION_LABEL = LazyPattern(
    r"""^[ \t]*["']?(?:helm\.sh/chart|chart)["']?:[ \t]*("?\{\{[^\n]*\.Chart\.Version\b[^\n]*)$""", re.MULTILINE
)
_PRINTED = LazyPattern(r"""\{\{-?\s*((?:printf\b[^|{}\n]*)?\.Chart\.Version)(?=[\s|}])""")
_DEFINE = LazyPattern(r"""\{\{-?\s*define "(?P<name>[^"\n]*)"\s*-?\}\}(.*?)\{\{-?\s*end\b""", re.DOTALL)
_LABEL_DEFINE = LazyPattern(r"""helm\.sh/chart["']?:[ \t]*["']?\{\{-?\s*(?:include|template) "([^"\n]*)\"""")
_CHART_DEFINES = (".chart", "chartref")
"""The usual names of the named template for this label."""


@rule(
    "helm/label-plus",
    default=MUST,
    needs={TEMPLATES},
    enforces=require(r"\b(?:chart )?labels?\b.{0,60}\b(?:build metadata|plus signs?)\b"),
    umbrella=BEST_PRACTICES,
    urgency=Urgency.BROKEN,
)
def label_plus(subject: Subject) -> Iterator[Violation]:
    """Label contains the chart version with its plus sign.

    Why: A version may have build metadata (1.2.0+3f2a), which Flux and many pipelines add. A label can't contain a plus
        sign, and Kubernetes rejects every object of that release.
    Bad:
        helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
    Good:
        helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
    Fix: Pipe the version through `replace "+" "_"`.
        `fix --unsafe` does so where an action prints the version by itself.
    Source: Helm chart best practices, Labels and Annotations; Flux documentation, HelmChart: reconcileStrategy
    """
    templates = [template for template in subject.templates if ".Chart.Version" in template.text]
    of_label = {name for template in subject.templates for name in _LABEL_DEFINE.findall(template.text)}
    found = [
        (template, match.start(group), match[group], match.end(group))
        for template in templates
        for pattern, group in ((_DEFINE, 2), (_VERSION_LABEL, 1))
        for match in pattern.finditer(template.text)
        if group == 1 or match["name"] in of_label or match["name"].endswith(_CHART_DEFINES)
    ]
    places = [
        TextPlace(template.path, template.span_between(start, end))
        for template, start, text, end in found
        if ".Chart.Version" in text and not _REPLACED.search(text)
    ]
    if places:
        count = f" (in {len(places)} places)" if len(places) > 1 else ""
        yield Violation(
            f'label is invalid for chart versions with a plus sign{count}; pipe the version through replace "+" "_"',
            at=places[0],
            related=tuple(Related(place, "also here") for place in places[1:4]),
            fix=_replacing(subject, places),
        )


_DATA = ("data", "stringData", "binaryData")
_MOST = 1_048_576
_SAFE = 750_000
"""A chart with fewer bytes fits in the release's Secret, however badly it compresses."""


@rule(
    "helm/too-large",
    default=MUST,
    needs={RESULTS},
    enforces=(
        require(r"\b(?:releases?|config ?maps?|secrets?)\b.{0,60}\b(?:1 ?MiB|1 ?MB|small enough|size limit)"),
        forbid(r"\b(?:too large|oversized)\b"),
    ),
    umbrella=CONSISTENT,
    parameters={"bytes": Parameter(_MOST, "Kubernetes stores no more than 1 MiB in a ConfigMap or Secret")},
    urgency=Urgency.BROKEN,
)
def too_large(subject: Subject) -> Iterator[Violation]:
    """ConfigMap, Secret or release is too large for Kubernetes.

    Why: The API server rejects a ConfigMap or Secret of more than 1 MiB. helm also stores each release in a Secret (the
        chart's files and the rendered objects, compressed); the installation fails with "data: Too long".
    Bad:
        data:
          {{- (.Files.Glob "dashboards/*.json").AsConfig | nindent 2 }}      # 3 MiB
    Good:
        {{- range $path, $_ := .Files.Glob "dashboards/*.json" }}
        ---
        kind: ConfigMap
        {{- end }}
    Fix: Split the data into several objects; exclude files that the chart doesn't need in .helmignore.
        `fix` excludes large files that no template reads.
    Source: Kubernetes documentation, ConfigMaps and Secrets: size limit; Helm issue 8281
    """
    most = subject.number("bytes")
    for rendering in subject.renderings:
        for manifest in rendering.of_kind("ConfigMap", "Secret"):
            size = _size(manifest)
            if size > most and not manifest.group:
                field = next((part for name in _DATA if (part := manifest.get(name))), manifest.get("data"))
                yield Violation(
                    f"{manifest.kind} has {size:,} bytes, and Kubernetes stores at most {most:,}; split it",
                    at=field,
                )
    default = subject.defaults.rendering if subject.defaults is not None else None
    if default is not None and (stored := _stored(subject, default, most)) > most:
        yield Violation(
            f"release needs about {stored:,} bytes in its Secret, and Kubernetes stores at most {most:,};"
            " exclude files from the chart in .helmignore",
            at=subject.chart.metadata.view.get("name"),
            fix=ignored(subject, stored - most),
        )


def _size(manifest: Manifest) -> int:
    """The bytes of an object's data, as the API server counts them."""
    size = 0
    for field in _DATA:
        is_encoded = field == "binaryData" or (field == "data" and manifest.kind == "Secret")
        for key, view in manifest.get(field).entries():
            text = view.string() or ""
            size += len(key) + (len(text) * 3 // 4 if is_encoded else len(text.encode()))
    return size


def _stored(subject: Subject, rendering: Rendering, most: int) -> int:
    """About how many bytes helm's release record has: JSON, with files in base64, compressed, in base64 again."""
    # Not the dependencies' files: helm stores only the parent chart's.
    files = subject.chart.files.values()
    objects = {manifest.view.document.text for manifest in rendering.manifests}
    if sum(map(len, files)) + sum(map(len, objects)) < _SAFE:
        return 0
    # Helm compresses all together, at the highest level; what is small enough each by itself, at the lowest level, in a
    # fifth of the time, is smaller so.
    quick = sum(subject.derived_from(text, _compressed_file) for text in files)
    quick += sum(subject.derived_from(text, _compressed_object) for text in objects)
    if quick <= most:
        return quick
    packed = zlib.compressobj(9)
    parts = (*map(_in_release, files), *(text.encode() for text in sorted(objects)))
    size = sum(len(packed.compress(part)) for part in parts)
    return (size + len(packed.flush())) * 4 // 3


def _in_release(file: str) -> bytes:
    return base64.b64encode(file.encode())


def _compressed_file(text: str) -> int:
    return len(zlib.compress(_in_release(text), 1)) * 4 // 3


def _compressed_object(text: str) -> int:
    return len(zlib.compress(text.encode(), 1)) * 4 // 3


def _replacing(subject: Subject, places: Sequence[TextPlace]) -> Fix | None:
    """The version piped through ``replace`` in each action that prints it by itself."""
    texts = {template.path: template.text.split("\n") for template in subject.templates}
    edits: list[Edit] = []
    for place in places:
        assert place.span is not None
        for number in range(place.span.line, place.span.end_line + 1):
            line = texts[place.file][number - 1]
            for found in _PRINTED.finditer(line):
                span = Span(number, found.end(1) + 1, number, found.end(1) + 1)
                edits.append(replaced(TextPlace(place.file, span), ' | replace "+" "_"'))
    if len(edits) != len(places):
        return None
    return Fix('pipe the version through replace "+" "_"', tuple(edits))
