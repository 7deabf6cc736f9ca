"""What the API server has against a CustomResourceDefinition of ``apiextensions.k8s.io/v1``.

Source: ``pkg/apis/apiextensions/validation/validation.go`` of k8s.io/apiextensions-apiserver.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from helm_constitution.kubernetes.names import LONGEST_LABEL, OLD_DNS_LABEL
from helm_constitution.kubernetes.schema_faults import SchemaFault
from helm_constitution.kubernetes.structural_schemas import structural_faults
from helm_constitution.text.yaml_document import Path
from helm_constitution.text.yaml_scalars import Json

_COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")
_APPROVAL = "api-approved.kubernetes.io"
_REVIEWS = ("v1", "v1beta1")


def definition_faults(definition: Json) -> Iterator[SchemaFault]:
    """Every fault of a definition, by its path from the definition's top."""
    top = definition if isinstance(definition, dict) else {}
    spec = _map(top, "spec")
    if not spec:
        yield SchemaFault((), "the definition has no spec", "add it")
        return
    yield from _name_faults(top, spec)
    if spec.get("scope") not in ("Cluster", "Namespaced"):
        yield SchemaFault(("spec", "scope"), "scope must be Cluster or Namespaced", "set it")
    if spec.get("preserveUnknownFields") is True:
        problem = "preserveUnknownFields must be false in apiextensions.k8s.io/v1"
        fix = "use x-kubernetes-preserve-unknown-fields in the schema"
        yield SchemaFault(("spec", "preserveUnknownFields"), problem, fix)
    yield from _version_faults(spec)
    yield from _conversion_faults(_map(spec, "conversion"))


def _map(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def _maps(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = data.get(key)
    return [part if isinstance(part, dict) else {} for part in found] if isinstance(found, list) else []


def _name_faults(top: Mapping[str, Any], spec: Mapping[str, Any]) -> Iterator[SchemaFault]:
    group, names = spec.get("group"), _map(spec, "names")
    if not isinstance(group, str) or "." not in group:
        yield SchemaFault(("spec", "group"), "group must be a domain with a dot", "set it to a domain of yours")
        return
    for key in ("plural", "kind"):
        if not isinstance(names.get(key), str) or not names[key]:
            yield SchemaFault(("spec", "names"), f"names.{key} is missing", f"set {key}")
            return
    written: list[tuple[Path, Any]] = [
        (("plural",), names["plural"]),
        (("kind",), names["kind"].lower()),
        (("singular",), names.get("singular")),
    ]
    written.append((("listKind",), str(names.get("listKind") or "list").lower()))
    for key in ("shortNames", "categories"):
        listed = names.get(key)
        written.extend(((key, place), name) for place, name in enumerate(listed if isinstance(listed, list) else ()))
    for path, name in written:
        if name and (not isinstance(name, str) or not _is_label(name)):
            problem = f"{path[0]} must be lower-case letters, digits and dashes, and begin with a letter"
            yield SchemaFault(("spec", "names", *path), problem, "rename it")
    if names.get("listKind") == names["kind"]:
        yield SchemaFault(("spec", "names", "listKind"), "listKind must differ from kind", f"use {names['kind']}List")
    wanted, metadata = f"{names['plural']}.{group}", _map(top, "metadata")
    if metadata.get("name") != wanted:
        yield SchemaFault(("metadata", "name"), "the name must be the plural, a dot and the group", f"use {wanted}")
    if group.endswith((".k8s.io", ".kubernetes.io")) and not _map(metadata, "annotations").get(_APPROVAL):
        problem = f"a group of {group} needs the annotation {_APPROVAL}"
        yield SchemaFault(("metadata",), problem, "add it, or use a group of yours")


def _version_faults(spec: Mapping[str, Any]) -> Iterator[SchemaFault]:
    versions = _maps(spec, "versions")
    place: Path = ("spec", "versions")
    if not versions:
        yield SchemaFault(place, "the definition has no versions", "add one")
        return
    names = [version.get("name") for version in versions]
    for index, version in enumerate(versions):
        path = (*place, index)
        name = version.get("name")
        if not isinstance(name, str) or not _is_label(name):
            yield SchemaFault((*path, "name"), "a version's name must be like v1 or v1beta1", "rename it")
        elif name in names[:index]:
            yield SchemaFault((*path, "name"), f"version {name} is listed twice", "keep one of them")
        schema = _map(version, "schema").get("openAPIV3Schema")
        if not isinstance(schema, dict):
            yield SchemaFault(path, f"the version {name} has no schema.openAPIV3Schema", "add it")
        else:
            yield from structural_faults(schema, (*path, "schema", "openAPIV3Schema"))
        yield from _scale_faults(_map(_map(version, "subresources"), "scale"), (*path, "subresources", "scale"))
        yield from _column_faults(version, path)
        if "deprecationWarning" in version and version.get("deprecated") is not True:
            where = (*path, "deprecationWarning")
            yield SchemaFault(where, "deprecationWarning needs deprecated: true", "set it, or remove the warning")
    stored = [version for version in versions if version.get("storage") is True]
    if len(stored) != 1:
        problem = f"exactly one version must have storage: true, and {len(stored)} of {len(versions)} have it"
        yield SchemaFault(place, problem, "mark the one that is stored")


def _scale_faults(scale: Mapping[str, Any], path: Path) -> Iterator[SchemaFault]:
    if not scale:
        return
    for key, beginnings in (
        ("specReplicasPath", (".spec.",)),
        ("statusReplicasPath", (".status.",)),
        ("labelSelectorPath", (".spec.", ".status.")),
    ):
        value = scale.get(key)
        if value is None and key == "labelSelectorPath":
            continue
        if not isinstance(value, str) or not value.startswith(beginnings):
            where = path if value is None else (*path, key)
            yield SchemaFault(where, f"{key} must be a path that begins with {' or '.join(beginnings)}", "correct it")


def _column_faults(version: Mapping[str, Any], path: Path) -> Iterator[SchemaFault]:
    for index, column in enumerate(_maps(version, "additionalPrinterColumns")):
        where = (*path, "additionalPrinterColumns", index)
        if not column.get("name"):
            yield SchemaFault(where, "the column has no name", "set it")
        if column.get("type") not in _COLUMN_TYPES:
            yield SchemaFault(where, f"the column's type must be one of {', '.join(_COLUMN_TYPES)}", "set one of these")
        if not str(column.get("jsonPath") or "").startswith("."):
            yield SchemaFault(where, "the column's jsonPath must be a path that begins with a dot", "set it")


def _conversion_faults(conversion: Mapping[str, Any]) -> Iterator[SchemaFault]:
    place: Path = ("spec", "conversion")
    if not conversion:
        return
    webhook = _map(conversion, "webhook")
    if conversion.get("strategy") == "None":
        if webhook:
            yield SchemaFault((*place, "webhook"), "webhook needs strategy: Webhook", "set it, or remove the webhook")
        return
    if conversion.get("strategy") != "Webhook":
        yield SchemaFault((*place, "strategy"), "strategy must be None or Webhook", "set one of these")
        return
    client = _map(webhook, "clientConfig")
    if not client:
        yield SchemaFault(place, "strategy: Webhook needs webhook.clientConfig", "add it")
    elif ("url" in client) == ("service" in client):
        where = (*place, "webhook", "clientConfig")
        yield SchemaFault(where, "clientConfig must have either url or service", "keep one of them")
    elif service := _map(client, "service"):
        for key in ("name", "namespace"):
            if not service.get(key):
                where = (*place, "webhook", "clientConfig", "service")
                yield SchemaFault(where, f"the service of clientConfig has no {key}", f"set {key}")
    reviews = webhook.get("conversionReviewVersions")
    if not isinstance(reviews, list) or not any(version in _REVIEWS for version in reviews):
        where = (*place, "webhook")
        yield SchemaFault(where, "conversionReviewVersions must hold v1 or v1beta1", "add v1")


def _is_label(name: str) -> bool:
    return len(name) <= LONGEST_LABEL and OLD_DNS_LABEL.fullmatch(name) is not None
