"""values.schema.json and the values that it rejects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from helm_constitution.api import (
    DEFAULTS,
    MUST,
    RESULTS,
    SHOULD,
    Applicability,
    BrokenSchema,
    Edit,
    FailureKind,
    Fix,
    Json,
    NotApplicable,
    Path,
    RemoteReference,
    ScenarioResult,
    SchemaValidator,
    Status,
    Subject,
    TextPlace,
    Unchecked,
    ValuesFile,
    Violation,
    YamlDocument,
    by_names,
    dotted,
    forbid,
    merged_values,
    references,
    require,
    rule,
    whole_schema,
    withheld,
    withheld_in,
)

from ..values_files import document_of, scenario_documents

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

SCHEMA = "values.schema.json"


@rule(
    "values/no-schema",
    default=SHOULD,
    needs={RESULTS},
    enforces=(
        require(
            r"values\.schema\.json|\bvalues\.ya?ml\b.{0,40}\bschema\b"
            r"|\ba schema validates\b|\bschema\b[^.]*\bvalues?\b|\bvalues?\b[^.]*\bschema\b"
        ),
        forbid(r"\b(?:skip|omit|leave out|without)\b.{0,20}\bschema\b"),
        require(
            r"\btype[- ]safe(?:ty)?\b|\bvalidated by type\b|\btypes? of (?:every|each|all) (?:values?|parameters?)\b"
        ),
    ),
)
def no_schema(subject: Subject) -> Iterator[Violation]:
    """Chart has no values.schema.json.

    Why: Without it helm accepts any value; a number passed as a string only fails in the cluster.
    Bad:
        Chart.yaml
        values.yaml
    Good:
        Chart.yaml
        values.schema.json
        values.yaml
    Fix: Write a JSON schema with the type of every value, or generate one from values.yaml (with helm-schema or
        helm-values-schema-json) and keep it up to date.
        `fix` writes one with the types of the defaults, which accepts the files in ci/ too.
    Source: Helm documentation, Charts, Schema Files; chart-verifier contains-values-schema
    """
    values = subject.chart.values
    if values is None or not values.data:
        raise NotApplicable("the chart has no values")
    if subject.chart.schema is None:
        yield Violation(
            f"chart has no {SCHEMA}: helm accepts any value of any type; add a schema with the type of each value",
            TextPlace(values.path),
            fix=_new_schema(subject),
        )


@rule(
    "values/schema-mismatch",
    default=MUST,
    needs={RESULTS},
    enforces=(
        require(r"\bvalues?\b[^.]*\b(?:satisf|conform|compl|valid|match)\w*\b[^.]*\bschema\b"),
        require(
            r"^(?!(?!.*\bvalues?\b).*\b(?:yaml|kubernetes|k8s|manifests?|CRDs?|openapi)\b)"
            r".*\bschema\b[^.]*\b(?:validat|check|enforce)\w*|\btype[- ]safe(?:ty)? validation\b|\bvalidated by type\b"
        ),
        forbid(r"\bvalues?\b[^.]*\b(?:violat|contradict)\w*\b[^.]*\bschema\b"),
    ),
)
def schema_mismatch(subject: Subject) -> Iterator[Violation]:
    """Value does not match values.schema.json.

    Why: Helm refuses to install, upgrade, lint and render with these values.
    Bad:
        # values.schema.json: "replicaCount": {"type": "integer"}
        replicaCount: "3"
    Good:
        replicaCount: 3
    Fix: Write a value that the schema accepts, or correct the schema. A property that the schema requires and only
        users can set is not reported.
    Source: Helm documentation, Charts, Schema Files; helm lint, helm template
    """
    chart = subject.chart
    if chart.schema is None:
        raise NotApplicable(f"the chart has no {SCHEMA}")
    left_out = references(chart.files[SCHEMA].encode())
    validator: SchemaValidator | None = None
    told: set[str] = set()
    for name, result in _to_judge(subject, bool(left_out)):
        document = _values_of(subject, name)
        if document is None:
            continue
        if validator is None:
            validator = SchemaValidator(chart.schema, remote=bool(left_out))
        try:
            values = _merged(subject, document)
            errors = validator.errors(values)
        except RemoteReference as reference:
            left_out = [*left_out, str(reference)]
            continue
        except BrokenSchema as fault:
            yield Violation(f"{SCHEMA} is not a valid JSON schema: {fault}", TextPlace(SCHEMA))
            return
        needs_input = result is not None and result.status is Status.NEEDS_INPUT
        for path, message in (one for error in errors for one in _explained(error, values, needs_input)):
            if message not in told:  # the defaults' fault shows in every scenario
                told.add(message)
                yield Violation(message, document.view.get(*path))
    if validator is not None and left_out and not told:
        raise Unchecked(f"{SCHEMA} references {', '.join(left_out)}, and remote schemas are never fetched")


def _to_judge(subject: Subject, skipped: bool) -> Iterator[tuple[str, ScenarioResult | None]]:
    """The scenarios whose values helm did not validate successfully.

    Helm validates before it renders: a scenario that rendered, or failed in a template, has valid values. ``skipped``:
    helm was told to skip the schema, because it would fetch a part of it.
    """
    results = subject.results
    if not results:
        yield DEFAULTS, None
    for result in results:
        kinds = {error.kind for error in result.errors}
        checked = result.status is Status.RENDERED or bool(kinds & _BEHIND_THE_CHECK)
        if skipped or not checked or result.scenario.request.skip_schema:
            yield result.scenario.name, result


_BEHIND_THE_CHECK = frozenset({FailureKind.TEMPLATE, FailureKind.REQUIRED, FailureKind.YAML})


def _values_of(subject: Subject, name: str) -> YamlDocument | None:
    """The values file of a scenario; None if it is not a file of the chart."""
    if name == DEFAULTS:
        return subject.chart.values.document if subject.chart.values is not None else None
    return subject.derived(document_of, name)


def _merged(subject: Subject, document: YamlDocument) -> dict[str, Json]:
    """The values that helm validates: a scenario's file over the defaults, whose nulls stay."""
    values = subject.chart.values
    defaults: Mapping[str, Json] = values.data if values is not None else {}
    if (values is not None and document is values.document) or not isinstance(document.data, dict):
        return dict(defaults)
    return merged_values(defaults, document.data)


def _explained(error: ValidationError, values: Mapping[str, Json], missing_is_fine: bool) -> Iterator[tuple[Path, str]]:
    path: Path = tuple(error.absolute_path)
    known_as = by_names(path, values)
    name = dotted(path)
    what = name or "the values"
    wanted: Any = error.validator_value
    found = _shown(withheld(error.instance, known_as))
    match error.validator:
        case "type":
            kinds = " or ".join(wanted) if isinstance(wanted, list) else str(wanted)
            yield path, f"{what} is {_typed(error.instance, found)}, but the schema requires {kinds}"
        case "required":
            if missing_is_fine:
                return
            # One error for each name; only the message names it.
            for key in wanted if isinstance(wanted, list) else ():
                if isinstance(error.instance, dict) and key not in error.instance and repr(key) in error.message:
                    yield (*path, key), f"{dotted((*path, key))} is missing, but the schema requires it"
        case "additionalProperties" | "unevaluatedProperties" if wanted is False and isinstance(error.instance, dict):
            schema = error.schema if isinstance(error.schema, dict) else {}
            for key in error.instance:
                if key not in schema.get("properties", {}) and repr(key) in error.message:
                    yield (*path, key), f"{dotted((*path, key))} is not allowed by the schema"
        case "enum":
            # Of a secret, the values that are allowed are secrets too.
            allowed = ", ".join(dict.fromkeys(_shown(withheld(value, known_as)) for value in wanted))
            yield path, f"{what} is {found}, but the schema allows only {allowed}"
        case "const":
            yield path, f"{what} is {found}, but the schema requires {_shown(withheld(wanted, known_as))}"
        case "pattern":
            yield path, f"{what} is {found}, but the schema requires a match of {wanted}"
        case "minLength" | "maxLength":
            bound = "at least" if error.validator == "minLength" else "at most"
            yield path, f"{what} is {found}, but the schema requires {bound} {_count(wanted, 'character')}"
        case "minItems" | "maxItems" | "minProperties" | "maxProperties" if isinstance(error.instance, list | dict):
            bound = "at least" if error.validator.startswith("min") else "at most"
            thing = "item" if isinstance(error.instance, list) else "key"
            has = _count(len(error.instance), thing)
            yield path, f"{what} has {has}, but the schema requires {bound} {_count(wanted, thing)}"
        case "uniqueItems":
            yield path, f"{what} has an item twice, but the schema requires unique items"
        case "not":
            yield path, f"{what} is {found}, which the schema forbids"
        case "minimum" | "exclusiveMinimum" | "maximum" | "exclusiveMaximum" | "multipleOf" | "format":
            yield path, f"{what} is {found}, but the schema requires {error.validator} {wanted}"
        case "anyOf" | "oneOf" if error.context:
            # Alternatives of another type explain least.
            fitting = [inner for inner in error.context if inner.validator != "type" or inner.path]
            if fitting:
                for inner_path, message in _explained(fitting[0], values, missing_is_fine):
                    yield inner_path, f"{message} (or another alternative of the schema)"
            else:
                kinds = " or ".join(dict.fromkeys(str(inner.validator_value) for inner in error.context))
                yield path, f"{what} is {_typed(error.instance, found)}, but the schema requires {kinds}"
        case "oneOf":
            yield path, f"{what} is {found}, which matches several alternatives of the schema instead of one"
        case _:
            message = withheld_in(error.message, error.instance, known_as)
            message = message if len(message) <= 200 else f"{message[:197]}…"
            yield path, f"{what} violates {error.validator} of the schema: {message}"


def _count(number: object, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _typed(value: object, shown: str) -> str:
    """A value in a sentence, with its type."""
    match value:
        case None:
            return shown
        case bool():
            return f"the boolean {shown}"
        case int() | float():
            return f"the number {shown}"
        case str():
            return f"the string {shown}"
        case list():
            return f"the list {shown}"
        case _:
            return f"the map {shown}"


def _shown(value: object) -> str:
    import json

    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


class _Values:
    """values.yaml and other values files, by their texts."""

    def __init__(self, values: ValuesFile, others: Sequence[YamlDocument]) -> None:
        self.values = values
        self.others = others
        self._texts = (values.text, *(document.text for document in others))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Values) and self._texts == other._texts

    def __hash__(self) -> int:
        return hash(self._texts)


def _written(values: _Values, name: str, texts: bool) -> str:
    others = [document.data if isinstance(document.data, dict) else {} for document in values.others]
    return whole_schema(name, values.values.data, others, texts=texts)


def _new_schema(subject: Subject) -> Fix:
    """A schema that accepts the defaults and the values files of scenarios, also those that .helmignore leaves out."""
    chart = subject.chart
    assert chart.values is not None
    documents = {document.file: document for document in (*scenario_documents(subject), *subject.values_files)}
    documents.pop(chart.values.path)  # it says nothing more
    texts = any("tpl" in text for name, text in chart.files.items() if name.startswith("templates/"))
    schema = subject.derived_from(_Values(chart.values, tuple(documents.values())), _written, chart.name, texts)
    return Fix(f"write {SCHEMA}", (Edit(SCHEMA, 1, 1, 1, 1, schema),), Applicability.SAFE)
