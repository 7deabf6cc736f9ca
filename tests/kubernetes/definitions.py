"""A good CustomResourceDefinition, and changes that each make the API server refuse it; ``tests/cluster`` asks it."""

from __future__ import annotations

import textwrap
from typing import NamedTuple

GOOD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: queues.acme.example.com
spec:
  group: acme.example.com
  names: {plural: queues, kind: Queue, singular: queue, shortNames: [q]}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      subresources:
        status: {}
        scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}
      additionalPrinterColumns:
        - {name: Size, type: integer, jsonPath: .spec.size}
      schema:
        openAPIV3Schema:
          type: object
          properties:
            metadata: {type: object, properties: {name: {type: string, maxLength: 20}}}
            spec:
              type: object
              required: [size]
              properties:
                size: {type: integer, minimum: 1}
                port: {x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}
                labels: {type: object, additionalProperties: {type: string}}
                tags: {type: array, x-kubernetes-list-type: set, items: {type: string}}
                rules:
                  type: array
                  x-kubernetes-list-type: map
                  x-kubernetes-list-map-keys: [name]
                  items: {type: object, required: [name], properties: {name: {type: string}}}
                pod: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}
              oneOf: [{required: [port]}, {properties: {size: {maximum: 5}}}]
  conversion: {strategy: None}
"""


class Change(NamedTuple):
    """A change of the good definition, and what is wrong then: the path, and a part of the problem."""

    old: str
    new: str
    path: str
    problem: str


_SCHEMA = "spec.versions.0.schema.openAPIV3Schema"
_SPEC = f"{_SCHEMA}.properties.spec"
_CLIENT = "clientConfig: {service: {name: a, namespace: b}}"
_WEBHOOK = f"{{strategy: Webhook, webhook: {{conversionReviewVersions: [v1], {_CLIENT}}}}}"

CHANGES = (
    Change("name: queues.acme", "name: queue.acme", "metadata.name", "the plural, a dot and the group"),
    Change("group: acme.example.com", "group: acme", "spec.group", "a domain with a dot"),
    Change("group: acme.example.com", "group: acme.k8s.io", "metadata", "needs the annotation api-approved"),
    Change("scope: Namespaced", "scope: Namespace", "spec.scope", "Cluster or Namespaced"),
    Change("plural: queues", "plural: Queues", "spec.names.plural", "lower-case letters"),
    Change("shortNames: [q]", "shortNames: [Q]", "spec.names.shortNames.0", "lower-case letters"),
    Change("kind: Queue,", "kind: Queue, listKind: Queue,", "spec.names.listKind", "must differ from kind"),
    Change("storage: true", "storage: false", "spec.versions", "0 of 1 have it"),
    Change("- name: v1\n", "- name: V1\n", "spec.versions.0.name", "must be like v1"),
    Change(".spec.replicas", ".status.replicas", "spec.versions.0.subresources.scale.specReplicasPath", "begins with"),
    Change(
        "type: integer, jsonPath", "type: int, jsonPath", "spec.versions.0.additionalPrinterColumns.0", "must be one"
    ),
    Change("jsonPath: .spec", "jsonPath: spec", "spec.versions.0.additionalPrinterColumns.0", "begins with a dot"),
    Change(
        "served: true", "served: true\n      deprecationWarning: old", "spec.versions.0.deprecationWarning", "needs"
    ),
    Change("size: {type: integer, minimum: 1}", "size: {minimum: 1}", f"{_SPEC}.properties.size", "type is missing"),
    Change("size: {type: integer,", "size: {type: int,", f"{_SPEC}.properties.size.type", "type must be one of"),
    Change("size: {type: integer,", "size: {type: 'null',", f"{_SPEC}.properties.size.type", "type can't be null"),
    Change(
        "openAPIV3Schema:\n          type: object", "openAPIV3Schema:\n          type: array", f"{_SCHEMA}.type", "root"
    ),
    Change(
        "items: {type: string}}",
        "uniqueItems: true, items: {type: string}}",
        f"{_SPEC}.properties.tags.uniqueItems",
        "",
    ),
    Change(", items: {type: string}}", "}", f"{_SPEC}.properties.tags", "items is missing"),
    Change(
        "set, items: {type: string}", "set, items: {type: object}", f"{_SPEC}.properties.tags.items", "must be atomic"
    ),
    Change(
        "list-type: set", "list-type: unique", f"{_SPEC}.properties.tags.x-kubernetes-list-type", "atomic, map or set"
    ),
    Change("keys: [name]", "keys: [id]", f"{_SPEC}.properties.rules.x-kubernetes-list-map-keys", "not a property"),
    Change(
        "object, required: [name], prop", "object, prop", f"{_SPEC}.properties.rules.items.properties.name", "default"
    ),
    Change("list-map-keys: [name]", "list-map-keys: []", f"{_SPEC}.properties.rules", "list-map-keys is missing"),
    Change(
        "labels: {type: object,",
        "labels: {type: object, properties: {a: {type: string}},",
        f"{_SPEC}.properties.labels.additionalProperties",
        "exclude",
    ),
    Change(
        "port: {x-kub",
        "port: {x-kubernetes-preserve-unknown-fields: true, x-kub",
        f"{_SPEC}.properties.port.x-kubernetes-preserve-unknown-fields",
        "excludes",
    ),
    Change("pod: {type: object, ", "pod: {", f"{_SPEC}.properties.pod", "type is missing"),
    Change(
        "size: {maximum", "size: {type: integer, maximum", f"{_SPEC}.oneOf.1.properties.size.type", "not allowed below"
    ),
    Change(
        "          properties:\n            meta",
        "          anyOf: [{properties: {status: {required: [a]}}}]\n          properties:\n            meta",
        f"{_SCHEMA}.anyOf.0.properties.status",
        "outside of",
    ),
    Change(
        "size: {maximum", "size: {default: 3, maximum", f"{_SPEC}.oneOf.1.properties.size.default", "not allowed below"
    ),
    Change(
        "name: {type: string, maxLength: 20}",
        "labels: {type: object}",
        f"{_SCHEMA}.properties.metadata.properties",
        "name and",
    ),
    Change(
        "labels: {type: object,",
        "labels: {$ref: '#/definitions/a', type: object,",
        f"{_SPEC}.properties.labels.$ref",
        "not supported",
    ),
    Change(
        "labels: {type: object,",
        "labels: {x-kubernetes-map-type: set, type: object,",
        f"{_SPEC}.properties.labels.x-kubernetes-map-type",
        "atomic or",
    ),
    Change(
        "          properties:\n            meta",
        "          additionalProperties: {type: string}\n          properties:\n            meta",
        f"{_SCHEMA}.additionalProperties",
        "exclude",
    ),
    Change("{strategy: None}", "{strategy: Never}", "spec.conversion.strategy", "None or Webhook"),
    Change("{strategy: None}", "{strategy: Webhook}", "spec.conversion", "needs webhook.clientConfig"),
    Change("{strategy: None}", _WEBHOOK.replace("[v1]", "[v2]"), "spec.conversion.webhook", "must hold v1"),
    Change(
        "{strategy: None}", _WEBHOOK.replace("name: a, ", ""), "spec.conversion.webhook.clientConfig.service", "no name"
    ),
    Change("{strategy: None}", _WEBHOOK.replace("Webhook", "None", 1), "spec.conversion.webhook", "needs strategy"),
    Change(
        "scope: Namespaced",
        "scope: Namespaced\n  preserveUnknownFields: true",
        "spec.preserveUnknownFields",
        "must be false",
    ),
)


def changed(change: Change) -> str:
    """The definition with a change."""
    assert GOOD.count(change.old) == 1, change.old
    return textwrap.dedent(GOOD.replace(change.old, change.new))
