"""CustomResourceDefinitions: where a chart stores them, and whether helm can install them."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    LINT,
    MUST,
    RESULTS,
    SHOULD,
    TEMPLATES,
    Manifest,
    NotCompiled,
    Outcome,
    Path,
    Span,
    Subject,
    TextPlace,
    Unchecked,
    View,
    Violation,
    YamlDocument,
    YamlSyntaxError,
    definition_faults,
    forbid,
    load_documents,
    require,
    rule,
    validation_faults,
)

from .objects import STANDARD_KUBERNETES


@rule(
    "portability/crd-in-templates",
    scope=Manifest,
    default=SHOULD,
    needs={TEMPLATES},
    enforces=(
        require(
            r"^(?!\W*CRDs? in crds/).*\b(?:CRDs?|custom ?resource ?definitions?)\b.{0,60}"
            r"\b(?:crds/|separate(?:ly)?|apart|independent(?:ly)?|own chart)"
        ),
        forbid(r"\b(?:CRDs?|custom ?resource ?definitions?)\b.{0,40}\btemplates\b"),
    ),
    umbrella=r"\bhelm\b.{0,40}\bbest[- ]practices?|chart_best_practices",
)
def crd_in_templates(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """CustomResourceDefinition is rendered by a template.

    Why: Uninstalling the release, or disabling the definitions, deletes them, and with them every object of these kinds
        in the cluster, including those of other releases; and the installation needs cluster-wide permissions.
    Bad:
        templates/crd.yaml
    Good:
        crds/crontabs.yaml
    Fix: Move the definitions to crds/, which helm installs once and never deletes, or to a chart of their own, which
        renders nothing else; if templates are needed, add the annotation helm.sh/resource-policy: keep.
    Source: Helm chart best practices, Custom Resource Definitions; chart-verifier not-contains-crds
    """
    kept = manifest.annotations.get("helm.sh/resource-policy") == "keep"
    if manifest.kind != "CustomResourceDefinition" or manifest.group != "apiextensions.k8s.io" or kept:
        return
    if all(each.kind == manifest.kind for rendering in subject.renderings for each in rendering.manifests):
        return  # the definitions have a chart of their own
    # A chart that keeps them by default may have a scenario that cleans up after a test.
    keeps = any("helm.sh/resource-policy" in template.text for template in subject.templates)
    if not subject.stands_in_defaults(manifest) and (manifest.scenario == "defaults" or not keeps):
        yield Violation(
            "CustomResourceDefinition and all its objects are deleted with the release; move it to crds/, or add the"
            " annotation helm.sh/resource-policy: keep",
            at=manifest.view,
        )


@rule(
    "portability/bad-crd",
    default=MUST,
    needs={LINT, RESULTS},
    enforces=require(
        r"\b(?:CRDs?|custom ?resource ?definitions?)\b.{0,40}\bvalid\b|\bvalid (?:CRDs?|custom ?resource ?def)"
    ),
    umbrella=STANDARD_KUBERNETES,
)
def bad_crd(subject: Subject) -> Iterator[Outcome]:
    """CustomResourceDefinition is not valid.

    Why: helm sends the files in crds/ to the cluster unchanged, before everything else: it doesn't render templates
        there, and the installation fails if the API server rejects one: because of an API version that was removed, a
        schema that is not structural, an expression in x-kubernetes-validations that does not compile, or versions of
        which none or two are stored.
    Bad:
        apiVersion: apiextensions.k8s.io/v1beta1
        kind: CustomResourceDefinition
    Good:
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
    Fix: Keep only definitions of apiextensions.k8s.io/v1 in crds/, without template actions; give each part of a schema
        a type, and store exactly one version.
    Source: Helm documentation, Custom Resource Definitions; helm lint (validateCrdsDir, validateCrdAPIVersion,
        validateCrdKind); Kubernetes documentation, Specifying a structural schema
    """
    # Helm 4's lint also reads these files, and reports invalid YAML and other kinds.
    said = {message.file for message in subject.lint if message.file is not None}
    for path, text in sorted(subject.chart.files.items()):
        if not path.startswith("crds/") or not path.endswith((".yaml", ".yml", ".json")):
            continue
        try:
            documents = load_documents(text, path)
        except YamlSyntaxError as error:
            if path not in said:
                line, column = error.line or 1, error.column or 1
                advice = (
                    "remove the template actions, which helm does not render there" if "{{" in text else "correct it"
                )
                span = Span(line, column, line, column + 1) if error.line else None
                message = f"file in crds/ is not valid YAML: {error.message}; {advice}"
                yield Violation(message, at=TextPlace(path, span))
            continue
        for document in documents:
            yield from _document(document, path in said)
    told: set[tuple[str, Path, str]] = set()
    for rendering in subject.renderings:
        for manifest in rendering.of_kind("CustomResourceDefinition"):
            key = manifest.template, manifest.view.path, manifest.view.document.text
            if manifest.api_version == _SERVED and key not in told:
                told.add(key)
                yield from _faults(manifest.view)


_SERVED = "apiextensions.k8s.io/v1"


def _faults(definition: View) -> Iterator[Outcome]:
    for fault in definition_faults(definition.data):
        yield Violation(f"{fault.problem}; {fault.fix}", at=definition.get(*fault.path))
    for found in validation_faults(definition.data) if "x-kubernetes-validations" in definition.document.text else ():
        if isinstance(found, NotCompiled):
            name = definition.get("metadata", "name").string() or "?"
            yield Unchecked(f"the expressions in {name} are not compiled: {found.reason}")
        else:
            yield Violation(f"{found.problem}; {found.fix}", at=definition.get(*found.path))


def _document(document: YamlDocument, said: bool) -> Iterator[Outcome]:
    kind, api = document.view.get("kind"), document.view.get("apiVersion")
    if kind.data != "CustomResourceDefinition":
        if not said:
            named = f"a {kind.data}" if kind.string() else "no object"
            yield Violation(f"file in crds/ contains {named}; move everything but definitions to templates/", at=kind)
        return
    for place in (
        document.view.get("metadata"),
        document.view.get("spec", "group"),
        document.view.get("spec", "names"),
    ):
        for part in place.walk():
            if "{{" in (part.string() or "") and "description" not in part.path:
                yield Violation(
                    "file in crds/ contains a template action, which helm does not render there;"
                    " replace it with its text, or move the file to templates/",
                    at=part,
                )
                return
    if api.data != _SERVED:
        yield Violation(f"Kubernetes no longer serves {api.data}; use {_SERVED}", at=api)
    else:
        yield from _faults(document.view)
