"""The bundled schemas, those of definitions, and what an object's schema says against it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from helm_constitution.core.errors import ConfigurationError
from helm_constitution.kubernetes import schemas
from helm_constitution.kubernetes.schema_faults import schema_faults
from helm_constitution.kubernetes.schemas import (
    Bundle,
    Schema,
    SchemaFolder,
    bundled,
    kubernetes_versions,
    schemas_of_definition,
)
from helm_constitution.kubernetes.versions import NEWEST
from scripts.bundle_schemas import SOURCES
from tests.support import write

SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  ports: [{port: 80, name: http}]
"""


def told(text: str, minor: int = NEWEST) -> list[str]:
    """``path: problem; fix`` for each fault of an object, by the bundle."""
    data = yaml.safe_load(text)
    schema = bundled(data["apiVersion"], data["kind"], minor)
    assert schema is not None
    return lines(data, schema)


def lines(data: Any, schema: Schema) -> list[str]:
    return [f"{'.'.join(map(str, fault.path))}: {fault.problem}; {fault.fix}" for fault in schema_faults(data, schema)]


def test_thirteen_versions_are_bundled() -> None:
    assert kubernetes_versions() == tuple(range(25, 38))


@pytest.mark.parametrize("minor", [20, 25, 37, 50])
def test_before_and_after_the_bundled_versions_the_nearest_answers(minor: int) -> None:
    schema = bundled("apps/v1", "Deployment", minor)
    assert schema is not None
    assert schema.source == f"Kubernetes 1.{min(max(minor, 25), 37)}"


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        ("monitoring.coreos.com/v1", "ServiceMonitor"),
        ("cert-manager.io/v1", "Certificate"),
        ("gateway.networking.k8s.io/v1", "HTTPRoute"),
        ("keda.sh/v1alpha1", "ScaledObject"),
        ("argoproj.io/v1alpha1", "Rollout"),
        ("networking.istio.io/v1", "VirtualService"),
        ("traefik.io/v1alpha1", "IngressRoute"),
        ("external-secrets.io/v1", "ExternalSecret"),
        ("apiextensions.crossplane.io/v1", "Composition"),
        ("cilium.io/v2", "CiliumNetworkPolicy"),
        ("helm.toolkit.fluxcd.io/v2", "HelmRelease"),
        ("bitnami.com/v1alpha1", "SealedSecret"),
    ],
)
def test_usual_custom_resources_are_bundled(api_version: str, kind: str) -> None:
    schema = bundled(api_version, kind, NEWEST)
    assert schema is not None
    assert schema.is_custom
    data = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}, "spek": {}}
    assert any("has the unknown field spek; did you mean spec?" in line for line in lines(data, schema))


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [("example.com/v1", "Widget"), ("apps/v1", "Deploymnt"), ("../kubernetes/v1", "Pod"), ("kubernetes/v1", "Pod")],
)
def test_an_unknown_kind_has_no_schema(api_version: str, kind: str) -> None:
    assert bundled(api_version, kind, NEWEST) is None


def test_a_kind_is_known_in_the_versions_that_serve_it() -> None:
    assert bundled("flowcontrol.apiserver.k8s.io/v1beta2", "FlowSchema", 28) is not None
    assert bundled("flowcontrol.apiserver.k8s.io/v1beta2", "FlowSchema", 29) is None


def test_a_good_object() -> None:
    assert told(SERVICE) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("ports: [", "port: [", ["spec.port: spec has the unknown field port; did you mean ports?"]),
        ("port: 80", "port: '80'", ["spec.ports.0.port: port must be an integer, but is a string; render it as a"]),
        ("port: 80", "Port: 80", ["spec.ports.0.Port: ports[0] has the unknown field Port; did you mean port?"]),
        ("port: 80, ", "", ["spec.ports.0: ports[0] lacks the required field port; set port"]),
        ("port: 80", "port: null", ["spec.ports.0.port: required field port is empty; set port"]),
        (
            "port: 80",
            "port: 80, targetPort: true",
            ["spec.ports.0.targetPort: targetPort must be an integer or a string"],
        ),
        ("port: 80", "port: 80, targetPort: web", []),
        ("port: 80", "port: 80, nodePort: null", []),
        ("port: 80", "port: 80.0", []),
        ("port: 80", "port: 80.5", ["spec.ports.0.port: port must be an integer, but is a number"]),
        ("name: web", "name: web, namespace: 5", ["metadata.namespace: namespace must be a string, but is a number"]),
        (
            "name: web",
            "name: web, labels: {a: true}",
            ["metadata.labels.a: a must be a string, but is the boolean"],
        ),
        ("spec:\n", "spec:\n  selector: [a]\n", ["spec.selector: selector must be a map, but is a list; render a map"]),
        (
            "[{port: 80, name: http}]",
            "[{port: 80, name: a}, {port: 80, name: b, protocol: TCP}]",
            ["spec.ports.1: ports has port 80 and protocol TCP twice, here and as item 1; remove one of them"],
        ),
        ("[{port: 80, name: http}]", "[{port: 80, name: a}, {port: 80, name: b, protocol: UDP}]", []),
        (
            "spec:\n",
            "spec:\n  clusterIP: None\n  unknown: null\n",
            ["spec.unknown: spec has the unknown field unknown"],
        ),
        (
            "metadata: {name: web}\n",
            "metadata: {name: web}\nports: []\n",
            [": object has the unknown field ports; move it"],
        ),
    ],
)
def test_faults_of_an_object(old: str, new: str, expected: list[str]) -> None:
    assert old in SERVICE
    found = told(SERVICE.replace(old, new))
    assert len(found) == len(expected)
    for line, beginning in zip(found, expected, strict=True):
        assert beginning in line


def test_a_field_is_known_from_its_version_on() -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, resizePolicy: []}]}\n"
    assert told(text, 27) == []
    (line,) = told(text, 26)
    assert line.startswith(
        "spec.containers.0.resizePolicy: containers[0] has the unknown field resizePolicy; remove it"
    )


DEFINITION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  group: example.com
  names: {kind: Widget}
  versions:
    - name: v1
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            spec:
              type: object
              required: [size]
              properties:
                size: {type: string, enum: [small, large]}
                free: {type: object, x-kubernetes-preserve-unknown-fields: true}
                labels: {type: object, additionalProperties: {type: string}}
                template: {type: object, x-kubernetes-embedded-resource: true}
                steps: {type: array, x-kubernetes-list-map-keys: [name], items: {type: object, properties: {name: {}}}}
"""


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"size": "small", "free": {"a": [1]}, "labels": {"a": "b"}}, []),
        ({"size": "smal"}, ["spec.size: size must be one of small, large; did you mean small?"]),
        ({"size": "x"}, ["spec.size: size must be one of small, large; use one of these values"]),
        ({"sizes": "small"}, ["spec.sizes: spec has the unknown field sizes; did you mean size?"]),
        ({}, ["spec: spec lacks the required field size; set size"]),
        ({"size": "small", "labels": {"a": 1}}, ["spec.labels.a: a must be a string, but is a number; quote it"]),
        ({"size": "small", "template": {"kind": "Pod", "metadata": {"name": "a"}}}, []),
        (
            {"size": "small", "template": {"metadata": {"nam": "a"}}},
            ["spec.template.metadata.nam: metadata has the unknown field"],
        ),
        (
            {"size": "small", "steps": [{"name": "a"}, {"name": "a"}]},
            ["spec.steps.1: steps has name a twice, here"],
        ),
        (None, ["spec: required field spec is empty; set spec"]),
    ],
)
def test_definitions_that_a_chart_brings(spec: Any, expected: list[str]) -> None:
    schemas = schemas_of_definition(yaml.safe_load(DEFINITION), "crds/widget.yaml")
    data = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}, "spec": spec}
    found = lines(data, schemas["example.com/v1", "Widget"])
    assert len(found) == len(expected)
    for line, beginning in zip(found, expected, strict=True):
        assert line.startswith(beginning)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "properties", "items", "required", "enum", "a", "$ref", "additionalProperties"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(_JSON, _JSON)
def test_any_definition_and_any_object_are_read(schema: Any, data: Any) -> None:
    version = {"name": "v1", "schema": {"openAPIV3Schema": schema}}
    definition: Any = {"spec": {"group": "g", "names": {"kind": "K"}, "versions": [version, schema]}}
    for found in schemas_of_definition(definition, "x").values():
        assert all(fault.problem and fault.fix for fault in schema_faults(data, found))
    assert schemas_of_definition(data, "x") == {}


def test_a_deep_object_is_followed_to_a_limit_only() -> None:
    data: Any = {}
    for _ in range(5000):
        data = {"properties": data}
    again: dict[str, Any] = {"type": "object", "additionalProperties": {"$ref": "again"}}
    assert lines(data, Schema("x", again, lambda _: again, is_custom=False)) == []


@pytest.mark.parametrize(
    "name",
    [
        "acme.io/queue_v1.json",
        "queue-acme-v1.json",
        "v1.36.0-standalone-strict/queue-acme-v1.json",
        "v1.36.0-standalone/queue-acme-v1.json",
    ],
)
def test_a_folder_of_the_teams_own(tmp_path: Path, name: str) -> None:
    document = {"type": "object", "properties": {"spec": {"$ref": "#/definitions/s"}}, "definitions": {"s": SPEC}}
    write(tmp_path, {name: json.dumps(document)})
    schema = SchemaFolder(tmp_path).find("acme.io/v1", "Queue", 36)
    assert schema is not None
    data = {"apiVersion": "acme.io/v1", "kind": "Queue", "metadata": {"name": "a"}, "spec": {"sise": 1}}
    assert lines(data, schema) == ["spec.sise: spec has the unknown field sise; did you mean size?"]
    assert SchemaFolder(tmp_path).find("acme.io/v2", "Queue", 36) is None


SPEC = {"type": ["object", "null"], "properties": {"size": {"type": ["integer", "null"]}}}


@pytest.mark.parametrize(("text", "line"), [("{", 1), ('{\n"a" 1}', 2), ("[]", None)])
def test_a_broken_file_of_the_teams_folder(tmp_path: Path, text: str, line: int | None) -> None:
    write(tmp_path, {"acme.io/queue_v1.json": text})
    with pytest.raises(ConfigurationError, match="must be a JSON Schema") as error:
        SchemaFolder(tmp_path).find("acme.io/v1", "Queue", 36)
    assert (error.value.file, error.value.line) == (str(tmp_path / "acme.io/queue_v1.json"), line)


@pytest.mark.parametrize("api_version", ["../v1", "a/../v1", "x" * 300 + "/v1", "/v1", ".hidden/v1"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, api_version: str) -> None:
    write(tmp_path, {"queue_v1.json": "{}", "team/x.json": "{}"})
    assert SchemaFolder(tmp_path / "team").find(api_version, "Queue", 36) is None
    assert SchemaFolder(tmp_path / "team").find("v1", "../queue", 36) is None


def test_the_bundle_is_of_the_pinned_sources_and_small() -> None:
    folder = Path(schemas.__file__).parents[1] / "data" / "schemas"
    files = sorted(folder.glob("*.z"))
    bundles = [Bundle(file.stem) for file in files if file.stem != "kubernetes"]
    named = {source for bundle in bundles for source in bundle.index["sources"]}
    assert named == {f"{source.name} {source.version}" for source in SOURCES}
    assert sum(len(bundle.index["kinds"]) for bundle in bundles) == 395
    assert len(Bundle("kubernetes").index["kinds"]) == 152
    assert sum(file.stat().st_size for file in files) < 300_000
