"""Makes src/helm_constitution/data/schemas: what Kubernetes and usual operators demand of their objects.

``python -m scripts.bundle_schemas`` needs pip and Go, gets pinned packages and modules by their means, and writes the
same files each time; ``--check`` writes nothing and ends with 1 where a file differs. The files' form is described in
``helm_constitution.kubernetes.schemas``, which reads them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from helm_constitution.kubernetes.schemas import structural
from helm_constitution.text.yaml import load_documents

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "src" / "helm_constitution" / "data" / "schemas"

PACKAGE = "kubernetes-validate==1.37.0"
PACKAGE_DIGEST = "85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9"
"""The wheel that holds Kubernetes' OpenAPI of each minor version, and its SHA-256."""


class Source(NamedTuple):
    """A Go module with definitions: ``files`` are patterns of paths within it, ``digest`` is its line of go.sum."""

    module: str
    version: str
    digest: str
    files: tuple[str, ...]

    @property
    def name(self) -> str:
        """The module's name without its owner and major version: ``prometheus-operator``, ``keda``."""
        *_, owner, last = self.module.split("/")
        return owner if re.fullmatch(r"v\d+", last) else last


SOURCES: tuple[Source, ...] = (
    Source(
        "github.com/prometheus-operator/prometheus-operator",
        "v0.92.1",
        "h1:rHWuFo6SVya4FBSCNg2DCzyc4xAv54zk3eDTzp5mQZc=",
        ("example/prometheus-operator-crd/*",),
    ),
    Source(
        "github.com/cert-manager/cert-manager",
        "v1.21.2",
        "h1:UWgoYM+KLNtRlqmoWOKjKBOBUPVHeepQ6/ac3ERJW68=",
        ("deploy/crds/*",),
    ),
    Source(
        "sigs.k8s.io/gateway-api",
        "v1.6.3",
        "h1:lKpJa5bGlraC/QeACvCpsHLdmO6y0iKfzVl6gzaFEYc=",
        (
            "config/crd/experimental/*",
            "config/crd/standard/*",
        ),
    ),
    Source(
        "github.com/kedacore/keda/v2",
        "v2.21.0",
        "h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=",
        ("config/crd/bases/*",),
    ),
    Source(
        "github.com/argoproj/argo-cd/v3",
        "v3.6.1",
        "h1:OmhqeKiR3C//awbFrhQqFdtRI+Qiv17j8vqm3UkMj/g=",
        ("manifests/crds/*",),
    ),
    Source(
        "github.com/argoproj/argo-workflows/v4",
        "v4.0.5",
        "h1:/1lru5oXUd+k6KEDUps6rLX5OKfi1jTfabgXTly/VFU=",
        ("manifests/base/crds/full/*",),
    ),
    Source(
        "github.com/argoproj/argo-rollouts",
        "v1.10.2",
        "h1:sEPWsY+HUvnXj3Vh0ejb+GDTceQ/palqhFo2FVQJMk0=",
        ("manifests/crds/*",),
    ),
    Source(
        "github.com/argoproj/argo-events",
        "v1.9.6",
        "h1:tQTyUmMt0/4UI+9fbXrmK1/h9oalV7KBCC3YgPI7qz0=",
        ("manifests/base/crds/*",),
    ),
    Source("istio.io/api", "v1.32.0", "h1:37mJvg9I0biYZAEQF+MATs4FNeCpXEIVO3LFpVb6iNM=", ("kubernetes/*",)),
    Source(
        "github.com/traefik/traefik/v3",
        "v3.7.13",
        "h1:T8wy9KuaFzCkmXCqAzDy7t73pBDR1DHrJe3pqXpNXTw=",
        ("docs/content/reference/dynamic-configuration/traefik.io_*",),
    ),
    Source(
        "github.com/external-secrets/external-secrets",
        "v0.16.2",
        "h1:iNY+gIgSyL5higXTfnz+hdPCaiB/43UiHLqE7HBpj68=",
        ("config/crds/bases/*",),
    ),
    Source(
        "github.com/crossplane/crossplane/v2",
        "v2.0.2",
        "h1:OKA26pnm3/uFHN1zF9d2CGkkvod9H/6PrK4xmL81BgU=",
        ("cluster/crds/*",),
    ),
    Source(
        "github.com/crossplane/crossplane",
        "v1.20.0",
        "h1:Wr3+/CilaMbRQ7u4e+m4XBmoARahBpENIYClGzIXpS8=",
        ("cluster/crds/*",),
    ),
    Source(
        "github.com/cilium/cilium",
        "v1.20.2",
        "h1:dqiEGIcXc+gqCLYG/l7VCFJ8GHyb4HUrwbZOpkX5dL8=",
        ("pkg/k8s/apis/cilium.io/client/crds/*",),
    ),
    Source(
        "github.com/fluxcd/source-controller",
        "v1.10.1",
        "h1:vkYpgpLZu20LQ2UN4lPBdWH7sqTNdQ8FjcZD/HogN2E=",
        ("config/crd/bases/*",),
    ),
    Source(
        "github.com/fluxcd/kustomize-controller",
        "v1.10.1",
        "h1:IjTnrkIy0ULJoTNC2ZKuMb32vkqj7dJ6zt6UqbTFxKA=",
        ("config/crd/bases/*",),
    ),
    Source(
        "github.com/fluxcd/helm-controller",
        "v1.4.0",
        "h1:rkm8rmB6Na7eNc4pJOnvtXEaJ19iKluRtayHKjBxcUM=",
        ("config/crd/bases/*",),
    ),
    Source(
        "github.com/bitnami-labs/sealed-secrets",
        "v0.40.0",
        "h1:rvCP35JL8ZV5LNA2SrwNR6iLyoM3ulrSFWN0lBtYEYI=",
        ("helm/sealed-secrets/crds/*",),
    ),
    Source(
        "github.com/kubernetes-csi/external-snapshotter/client/v8",
        "v8.7.0",
        "h1:HVaSUeRRHPu49aSiL8eXOjS9Re9G6pM0NzdTGI7mM14=",
        ("config/crd/*",),
    ),
    Source(
        "sigs.k8s.io/secrets-store-csi-driver",
        "v1.4.8",
        "h1:YmL0lx9HMYqeZCnLyOZRMuGAZXmP/e42UGCCAnMKjgE=",
        ("config/crd/bases/*",),
    ),
    Source(
        "k8s.io/autoscaler/vertical-pod-autoscaler",
        "v1.8.1",
        "h1:Pe8bV1wozN4gOKO1rleiIY5alIyAXN+DnXDbXQcL4fI=",
        ("deploy/vpa-v1-crd-gen.yaml",),
    ),
    Source(
        "github.com/kong/kubernetes-configuration",
        "v1.4.0",
        "h1:4uzZ23mXt4zg+PyQLwNBLY/xj5HaqzlEwwf8EfvK36M=",
        ("config/crd/ingress-controller/*",),
    ),
    Source(
        "github.com/kyverno/kyverno", "v1.19.1", "h1:/MkgFii3/VlQfKR1JpC9tVwNNVNQTt2S4U6qCsafsTU=", ("config/crds/*/*",)
    ),
    Source(
        "github.com/open-policy-agent/gatekeeper/v3",
        "v3.23.1",
        "h1:njHTm0SJ6ZEhhEgmQTpJKTGQbc99fSs4hGiEp1OIKck=",
        ("charts/gatekeeper/crds/*",),
    ),
    Source(
        "github.com/grafana/grafana-operator/v5",
        "v5.18.0",
        "h1:ei7N2VfjsRjY8iprenH1IDV783WeV7CP5VNp//sB4hI=",
        ("config/crd/bases/*",),
    ),
    Source(
        "github.com/vmware-tanzu/velero",
        "v1.18.3",
        "h1:9uwN5yxTWQl9PsF5ljX4xiG+7VIq3I9mxOQ0DyyZ31A=",
        (
            "config/crd/v1/bases/*",
            "config/crd/v2alpha1/bases/*",
        ),
    ),
    Source(
        "github.com/cloudnative-pg/cloudnative-pg",
        "v1.25.0",
        "h1:VWqj9Hfme4rIdTZm9/SLQN97WMTXPMvZRqEs2n3tIec=",
        ("config/crd/bases/*",),
    ),
    Source(
        "github.com/envoyproxy/gateway",
        "v1.9.1",
        "h1:vAVp6/AlBXJ1aOhp1mxL7fNEzVEfjADUguUhm2wzxQY=",
        ("charts/gateway-helm/charts/crds/crds/generated/*",),
    ),
    Source(
        "github.com/projectcontour/contour",
        "v1.33.8",
        "h1:QoOfwqWws+CVRFpsRC2+f1DmB5IdurtyUtepIsiWfE0=",
        ("examples/contour/01-crds.yaml",),
    ),
    Source(
        "go.universe.tf/metallb", "v0.16.2", "h1:RCSAGoZmqcvTg0e56+Okbwz8iTuQVX30JpKX5mYEPUM=", ("config/crd/bases/*",)
    ),
    Source(
        "knative.dev/serving",
        "v0.51.0",
        "h1:yN2Q7eYqJgoPfZkATjoBZyGbZ2P1Qhns9HIMU4mF+to=",
        ("config/core/300-resources/*",),
    ),
    Source("sigs.k8s.io/karpenter", "v1.15.0", "h1:5SEptlAvsOZbNg4qg8OSdF1qi6BEZHZLA020nXY7jGw=", ("pkg/apis/crds/*",)),
    Source(
        "sigs.k8s.io/cluster-api",
        "v1.14.2",
        "h1:o3GFNaeNFAOEEMpDPfhCK+2CjmV6gtQ8yLEcUwCg7bA=",
        ("core/config/crd/bases/*",),
    ),
)


def built_in(wheel: Path) -> bytes:
    """Kubernetes' own kinds: each definition once for all versions that have it in the same words."""
    documents: dict[int, dict[str, Any]] = {}
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if found := re.search(r"/v1\.(\d+)\.0-local/_definitions\.json\Z", name):
                documents[int(found[1])] = json.loads(archive.read(name))["$defs"]
    lines: dict[str, int] = {}
    kinds: dict[str, str] = {}
    definitions: dict[str, list[list[int]]] = {}
    for minor, found_definitions in sorted(documents.items()):
        for name, schema in sorted(found_definitions.items()):
            if name.endswith("List") and "items" in schema.get("properties", {}):
                continue
            text = dump(_with_special(name, schema))
            line = lines.setdefault(text, len(lines))
            ranges = definitions.setdefault(name, [])
            if ranges and ranges[-1][0] == line and ranges[-1][2] == minor - 1:
                ranges[-1][2] = minor
            else:
                ranges.append([line, minor, minor])
            for each in schema.get("x-kubernetes-group-version-kind", ()):
                if len(schema["x-kubernetes-group-version-kind"]) == 1:
                    kinds["/".join(part for part in (each["group"], each["version"], each["kind"]) if part)] = name
    index = {"versions": sorted(documents), "kinds": kinds, "definitions": definitions}
    return pack(index, list(lines))


def _with_special(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """What OpenAPI can't say of three types: any JSON, a number or text, and fields in their own words."""
    short = name.rpartition(".")[2]
    if short in ("Quantity", "IntOrString"):
        return {"x-kubernetes-int-or-string": True} if short == "IntOrString" else {"type": "quantity"}
    if short in ("JSON", "JSONSchemaPropsOrArray", "JSONSchemaPropsOrBool", "JSONSchemaPropsOrStringArray"):
        return {}
    if short in ("FieldsV1", "RawExtension"):
        return {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return structural(schema)


def custom(definitions: Sequence[tuple[Source, Mapping[str, Any]]]) -> bytes:
    """The custom resources of one group; ``sources`` says by its line from which release a schema comes."""
    sources: list[str] = []
    lines: list[str] = []
    kinds: dict[str, int] = {}
    for source, definition in definitions:
        spec = definition["spec"]
        for version in spec["versions"]:
            schema = version.get("schema", {}).get("openAPIV3Schema")
            if schema is None or not version.get("served", True):
                continue
            text = dump(structural(schema))
            if text not in lines:
                lines.append(text)
                sources.append(f"{source.name} {source.version}")
            kinds[f"{spec['group']}/{version['name']}/{spec['names']['kind']}"] = lines.index(text)
    return pack({"kinds": kinds, "sources": sources}, lines)


def pack(index: Mapping[str, Any], lines: Sequence[str]) -> bytes:
    """An index and a schema a line; each schema can be read without the others."""
    return "\n".join([dump(index), *lines]).encode()


def dump(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def download_package(folder: Path) -> Path:
    """The wheel, checked against its digest."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), PACKAGE]
    subprocess.run(command, check=True)
    (wheel,) = folder.glob("*.whl")
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != PACKAGE_DIGEST:
        raise SystemExit(f"error: {wheel.name} has SHA-256 {found}; expected {PACKAGE_DIGEST}")
    return wheel


def download_module(source: Source) -> Path:
    """A module's archive, which the go command has checked against its own database of sums."""
    command = ["go", "mod", "download", "-json", f"{source.module}@{source.version}"]
    # A module that needs a newer Go is fetched all the same; that is an error of go's only afterwards.
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "GOFLAGS": "-mod=mod"}
    )
    answer = json.loads(done.stdout)
    if "Zip" not in answer:
        raise SystemExit(f"error: {source.module}@{source.version}: {answer.get('Error', done.stderr)}")
    if answer["Sum"] != source.digest:
        raise SystemExit(f"error: {source.module}: the sum is {answer['Sum']}; expected {source.digest}")
    return Path(answer["Zip"])


def definitions_of(source: Source) -> Iterator[Mapping[str, Any]]:
    """The CustomResourceDefinitions of a module."""
    prefix = f"{source.module}@{source.version}/"
    with zipfile.ZipFile(download_module(source)) as archive:
        for name in sorted(archive.namelist()):
            if name.endswith(".yaml") and any(fnmatchcase(name.removeprefix(prefix), each) for each in source.files):
                for document in load_documents(archive.read(name).decode(), name):
                    found = document.view.data
                    if isinstance(found, dict) and found.get("kind") == "CustomResourceDefinition":
                        yield found


def bundle() -> dict[str, bytes]:
    """Every file of the bundle, not yet compressed."""
    files: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        files["kubernetes"] = built_in(download_package(Path(folder)))
    groups: dict[str, dict[str, tuple[Source, Mapping[str, Any]]]] = {}
    for source in SOURCES:
        for definition in definitions_of(source):
            # The first source that has a kind wins.
            of_group = groups.setdefault(definition["spec"]["group"], {})
            of_group.setdefault(definition["metadata"]["name"], (source, definition))
    for group, definitions in groups.items():
        files[group] = custom([definition for _, definition in sorted(definitions.items())])
    sources = [PACKAGE.replace("==", " "), *(f"{source.module} {source.version}" for source in SOURCES)]
    files["SOURCES"] = "\n".join([*sources, ""]).encode()
    return files


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the bundle, or compares it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 where a file differs")
    options = parser.parse_args(arguments)
    files = bundle()
    if options.check:
        there = {path.stem: zlib.decompress(path.read_bytes()) for path in FOLDER.glob("*.z")}
        there["SOURCES"] = (FOLDER / "SOURCES").read_bytes()
        differing = sorted(name for name in {*files, *there} if files.get(name) != there.get(name))
        sys.stdout.write("".join(f"differs: {name}\n" for name in differing))
        return int(bool(differing))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in FOLDER.iterdir():
        path.unlink()
    for name, content in sorted(files.items()):
        if name == "SOURCES":
            (FOLDER / name).write_bytes(content)
        else:
            (FOLDER / f"{name}.z").write_bytes(zlib.compress(content, 9))
    return 0


if __name__ == "__main__":
    sys.exit(main())
