"""Compares portability/bad-schema with kubeconform -strict, object by object, with the same schemas.

``python -m scripts.kubeconform FILE…`` takes rendered manifests and runs the kubeconform on PATH (or ``$KUBECONFORM``)
with the bundled schemas. It prints each object with a different result, and the processor time of both; it ends with 1
if there is a difference. ``--changed`` makes one random change in each object first, always the same ones.
"""

from __future__ import annotations

import argparse
import copy
import gc
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from helm_constitution.kubernetes.documents import manifests_of
from helm_constitution.kubernetes.schema_faults import schema_faults
from helm_constitution.kubernetes.schemas import JsonSchema, Schema, bundled
from helm_constitution.text.yaml import load_documents
from helm_constitution.text.yaml_document import walk

MINOR = 36
"""The Kubernetes version whose schemas are compared."""

_STATUS = {"statusValid": "valid", "statusInvalid": "invalid", "statusSkipped": "skipped", "statusError": "error"}
_TYPES: Mapping[str, list[str]] = {
    "quantity": ["string", "number", "null"],
    "int-or-string": ["string", "integer", "null"],
}


class Compared(NamedTuple):
    """An object with both results: ``valid``, ``invalid``, ``skipped`` or ``error``, and what was found."""

    name: str
    ours: str
    theirs: str
    messages: tuple[str, ...]


def json_schema(schema: Schema) -> dict[str, Any]:
    """A bundled schema as JSON Schema, strict: unknown fields are invalid, and null is allowed for each known one."""
    definitions: dict[str, Any] = {}
    root: JsonSchema = {"type": "object", **schema.root}
    return {**_part(root, schema, definitions, is_object=schema.is_custom), "definitions": definitions}


def _part(part: JsonSchema, whole: Schema, definitions: dict[str, Any], *, is_object: bool = False) -> dict[str, Any]:
    if "$ref" in part:
        name = str(part["$ref"])
        if name not in definitions:
            definitions[name] = {}  # it may refer to itself
            definitions[name] = _part(whole.resolve(name), whole, definitions)
        return {"$ref": f"#/definitions/{name}"}
    made: dict[str, Any] = {}
    kind = "int-or-string" if "x-kubernetes-int-or-string" in part else part.get("type")
    if kind is not None:
        made["type"] = _TYPES.get(kind, [kind, "null"])
    if "enum" in part:
        made["enum"] = [*part["enum"], None]
    properties = dict(part.get("properties", {}))
    if is_object or "x-kubernetes-embedded-resource" in part:
        text = {"type": "string"}
        properties |= {"apiVersion": text, "kind": text, "metadata": {"$ref": "ObjectMeta"}}
    if properties:
        made["properties"] = {name: _part(inner, whole, definitions) for name, inner in properties.items()}
    if "required" in part:
        made["required"] = part["required"]
    if "items" in part:
        made["items"] = _part(part["items"], whole, definitions)
    if "additionalProperties" in part:
        made["additionalProperties"] = _part(part["additionalProperties"], whole, definitions)
    elif kind == "object" and "x-kubernetes-preserve-unknown-fields" not in part:
        made["additionalProperties"] = False
    return made


def changed(objects: Sequence[dict[str, Any]], seed: int = 7) -> list[dict[str, Any]]:
    """The objects with one change in each: a field renamed, removed, set to null or to another type."""
    chance = random.Random(seed)
    made = []
    for one in objects:
        data = copy.deepcopy(one)
        kept = ("apiVersion", "kind", "data")
        paths = [path for path, _ in walk(data) if path and path[0] not in kept and path[:2] != ("metadata", "name")]
        path = chance.choice([each for each in paths if each != ("metadata",)] or [("spec",)])
        parent: Any = data
        for step in path[:-1]:
            parent = parent[step]
        _change(parent, path[-1], chance.choice(("rename", "remove", "null", "type")))
        made.append(data)
    return made


def _change(parent: Any, key: str | int, how: str) -> None:
    value = parent[key] if isinstance(key, int) or key in parent else None
    if how == "rename" and isinstance(key, str):
        parent.pop(key, None)
        parent[f"{key}X"] = value
    elif how == "remove" and value is not None:
        del parent[key]
    elif how == "null":
        parent[key] = None
    else:
        parent[key] = [1] if isinstance(value, str | bool) else 5 if value is None else "text"


def compare(program: str, files: Sequence[Path], folder: Path) -> Iterator[Compared]:
    """Every object of some files with both results; the schemas that they need are written to a folder.

    Times are printed to standard error.
    """
    begin = time.process_time()
    documents = [(file, load_documents(file.read_text("utf-8"), str(file), rendered=True)) for file in files]
    reading = time.process_time() - begin
    objects = [(file, one) for file, found in documents for one in manifests_of(found)]
    begin = time.process_time()
    ours: list[tuple[str, list[str]]] = []
    for _, one in objects:
        schema = bundled(one.api_version, one.kind, MINOR)
        faults = [fault.problem for fault in schema_faults(one.view.data, schema)] if schema is not None else []
        ours.append(("skipped" if schema is None else "invalid" if faults else "valid", faults))
    checking = time.process_time() - begin
    for key in {(one.api_version, one.kind) for _, one in objects}:
        _write(folder, *key)
    location = f"{folder}/{{{{.Group}}}}/{{{{.ResourceKind}}}}_{{{{.ResourceAPIVersion}}}}.json"
    options = ("-strict", "-verbose", "-ignore-missing-schemas", "-n", "1", "-output", "json")
    begin = _children()
    done = subprocess.run(
        [program, *options, "-schema-location", location, *map(str, files)], capture_output=True, text=True, check=False
    )
    taken = _children() - begin
    theirs: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for found in json.loads(done.stdout)["resources"]:
        theirs.setdefault((found["filename"], found["kind"], found["name"]), []).append(found)
    for (file, one), (status, faults) in zip(objects, ours, strict=True):
        same = theirs.get((str(file), one.kind, one.name), [])
        other = same.pop(0) if same else {"status": "missing"}
        told = (*faults, str(other.get("msg", ""))[:300])
        yield Compared(f"{file.name}: {one.kind} {one.name}", status, _STATUS.get(other["status"], "error"), told)
    sys.stderr.write(
        f"{len(objects)} objects, processor time: kubeconform {taken:.2f} s;"
        f" reading YAML {reading:.2f} s, bad-schema {checking:.2f} s\n"
    )


def _write(folder: Path, api_version: str, kind: str) -> None:
    schema = bundled(api_version, kind, MINOR)
    group, _, version = api_version.rpartition("/")
    group = group or version  # kubeconform's name for the group without one
    if schema is not None:
        (folder / group).mkdir(parents=True, exist_ok=True)
        file = folder / group / f"{kind.lower()}_{version}.json"
        file.write_text(json.dumps(json_schema(schema)), encoding="utf-8")


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _changed_files(files: Sequence[Path], folder: Path) -> list[Path]:
    made = []
    for number, file in enumerate(files):
        documents = load_documents(file.read_text("utf-8"), str(file), rendered=True)
        objects = [dict(one.view.data) for one in manifests_of(documents) if isinstance(one.view.data, dict)]
        made.append(folder / f"{number}-{file.name}")
        texts = (json.dumps(one) for one in changed(objects, seed=number))
        made[-1].write_text("\n---\n".join(texts) + "\n", encoding="utf-8")
    return made


def main() -> int:
    """Compares the files of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path)
    parser.add_argument("--changed", action="store_true", help="make one random change in each object first")
    options = parser.parse_args()
    gc.disable()  # as in the program
    program = os.environ.get("KUBECONFORM") or shutil.which("kubeconform")
    if program is None:
        sys.stderr.write("error: kubeconform is not on PATH, and $KUBECONFORM is not set\n")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        files = _changed_files(options.files, Path(folder)) if options.changed else options.files
        compared = list(compare(program, files, Path(folder) / "schemas"))
    for (ours, theirs), number in sorted(Counter((one.ours, one.theirs) for one in compared).items()):
        sys.stdout.write(f"bad-schema {ours}, kubeconform {theirs}: {number}\n")
    different = [one for one in compared if one.ours != one.theirs]
    for one in different:
        told = "; ".join(one.messages)
        sys.stdout.write(f"{one.name}: bad-schema {one.ours}, kubeconform {one.theirs}: {told}\n")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
