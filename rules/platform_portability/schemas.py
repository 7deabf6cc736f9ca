"""Objects compared with the schemas of their kinds."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    RESULTS,
    TEMPLATES,
    Manifest,
    Subject,
    Unchecked,
    Violation,
    require,
    rule,
)

from .objects import STANDARD_KUBERNETES


@rule(
    "portability/bad-schema",
    scope=Manifest,
    default=MUST,
    needs={TEMPLATES, RESULTS},
    enforces=(
        require(r"\bfields? (?:must )?(?:have|has|keep) (?:the|their) (?:right |expected )?(?:shape|type)s?\b"),
        require(
            r"\b(?:valid|validate|conform|checked?)\w*\b.{0,60}\b(?:kubernetes|API|openapi|CRD)s?\b.{0,20}\bschemas?\b"
            r"|\bschemas? validation\b.{0,40}\bmanifests?\b"
            r"|\byaml\b.{0,40}\bschemas? validation\b|\bkubeconform\b|\bkubeval\b"
        ),
    ),
    umbrella=STANDARD_KUBERNETES + r"|\bvalid (?:kubernetes )?(?:manifests|resources|objects)\b",
    evidence="objects match the schemas of their kinds",
    tests=True,
    told_by=("values/unquoted-text", "portability/label-value"),
)
def bad_schema(manifest: Manifest, subject: Subject) -> Iterator[Violation | Unchecked]:
    """Object does not match the schema of its kind.

    Why: Helm renders any YAML. The API server rejects values of the wrong type and missing fields, and drops or rejects
        unknown fields: the installation stops half-way, or the setting has no effect.
    Bad:
        env:
          - name: PORT
            value: {{ .Values.port }}
    Good:
        env:
          - name: PORT
            value: {{ .Values.port | quote }}
    Fix: Follow the message: use the API's field names, quote strings, don't quote numbers and booleans, render lists
        and maps with `toYaml`. The rule knows the schemas of Kubernetes, of definitions in the chart, and of common
        operators; objects of other kinds are unchecked.
    Source: Kubernetes' OpenAPI definitions; CustomResourceDefinitions; kubeconform -strict
    """
    faults = subject.schema_faults(manifest)
    if faults is None:
        if manifest.api_version and manifest.kind:
            yield Unchecked(f"no schema available for {manifest.api_version} {manifest.kind}")
    elif faults and not subject.given_by_values(manifest):
        for fault in faults:
            yield Violation(f"{fault.problem}; {fault.fix}", at=manifest.get(*fault.path), of_key=fault.is_of_key)
