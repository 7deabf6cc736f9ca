"""References in schemas that helm would fetch. What is expected here was tried with real helm against a server."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
from pathlib import Path

import pytest

from helm_constitution.helm.schemas import MAX_DEPTH, references, remote_schemas

REMOTE = "https://example.com/x.json"
DRAFT_4 = "http://json-schema.org/draft-04/schema#"
DRAFT_7 = "http://json-schema.org/draft-07/schema#"
DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"$ref": REMOTE}}},
        {"definitions": {"unused": {"$ref": REMOTE}}},
        {"$id": "https://example.com/base.json", "properties": {"a": {"$ref": "x.json"}}},
        {"$schema": DRAFT_7, "$id": "https://example.com/base.json", "properties": {"a": {"$ref": "/x.json"}}},
        {"$schema": DRAFT_4, "id": "https://example.com/base.json", "properties": {"a": {"$ref": "x.json"}}},
        {"definitions": {"d": {"$id": "https://example.com/", "items": {"$ref": "x.json"}}}},
        {"$id": "https://example.com/a", "properties": {"a": {"$ref": "//example.com/x.json"}}},
        {"$schema": DRAFT_2020, "properties": {"a": {"$dynamicRef": REMOTE}}},
        {"$schema": REMOTE},
        {"items": [{"not": {"anyOf": [{"$ref": REMOTE}]}}]},
        {"default": {"$id": REMOTE}, "properties": {"a": {"$ref": REMOTE}}},
        {"properties": {"$id": {"const": REMOTE}, "a": {"$ref": REMOTE}}},
    ],
)
def test_fetched(schema: object) -> None:
    assert references(json.dumps(schema).encode()) == [REMOTE]


@pytest.mark.parametrize(
    "schema",
    [
        {"$schema": DRAFT_7, "properties": {"a": {"$ref": "#/definitions/d"}}},
        {"$schema": DRAFT_2020},
        {"$schema": "https://json-schema.org/draft/2019-09/schema"},
        {"$schema": "http://json-schema.org/schema#", "description": "see https://example.com"},
        {"$schema": DRAFT_7, "properties": {"a": {"$ref": DRAFT_7}}},
        {"$id": REMOTE, "properties": {"a": {"$ref": "#/definitions/d"}}},
        {"$id": REMOTE, "properties": {"a": {"$ref": f"{REMOTE}#/definitions/d"}}},
        {"definitions": {"d": {"$id": REMOTE}}, "properties": {"a": {"$ref": REMOTE}}},
        {"properties": {"$ref": {"type": "string", "default": REMOTE}}},
        {"properties": {"a": {"$ref": "other.json"}}},
        {"properties": {"a": {"$ref": "file:///nowhere/x.json"}}},
        {"$id": "urn:a", "properties": {"a": {"$ref": "urn:b"}}},
        [],
        "text",
    ],
)
def test_not_fetched(schema: object) -> None:
    assert references(json.dumps(schema).encode()) == []


@pytest.mark.parametrize("form", ["file://{}", "{}", "../../..{}", "file://{}#/definitions/a", "FILE://{}"])
def test_a_file_of_the_machine_counts_as_fetched(form: str, tmp_path: Path) -> None:
    file = tmp_path / "a b.json"
    file.write_text("{}")
    reference = form.format(str(file).replace(" ", "%20"))
    assert references(json.dumps({"properties": {"a": {"$ref": reference}}}).encode()) == [reference]
    file.unlink()
    assert references(json.dumps({"properties": {"a": {"$ref": reference}}}).encode()) == []


def test_escapes_hide_nothing() -> None:
    data = b'{"properties": {"a": {"\\u0024ref": "https:\\/\\/example.com\\/x.json"}}}'
    assert references(data) == [REMOTE]
    assert references(b'{"$ref": "\\u0068ttps:\\u002f\\u002fexample.com/x.json"}') == [REMOTE]


def test_a_number_of_many_digits_hides_nothing() -> None:
    assert references(f'{{"maximum": {"9" * 5000}, "$ref": "{REMOTE}"}}'.encode()) == [REMOTE]


def test_any_case_and_each_once() -> None:
    data = b'{"a": {"$ref": "HTTPS://example.com/x.json"}, "items": {"$ref": "HTTPS://example.com/x.json#/b"}}'
    assert references(data) == ["HTTPS://example.com/x.json"]


@pytest.mark.parametrize(
    "data",
    [
        b'\xef\xbb\xbf{"$ref": "https://example.com/x.json"}',
        b' {"$ref": "https://example.com/x.json"} and more',
        b'{"$ref": "https://example.com/x.json", "title": "\xff"}',
    ],
)
def test_what_helm_reads_all_the_same(data: bytes) -> None:
    assert references(data) == [REMOTE]


@pytest.mark.parametrize("data", [b"", b"{", b'{"$ref": "https://example.com/x.json"'])
def test_no_json_fetches_nothing(data: bytes) -> None:
    assert references(data) == []


def test_a_schema_too_deep_to_search_is_not_trusted() -> None:
    deep = b'{"items": ' * 100_000 + b'"//"' + b"}" * 100_000
    assert references(deep) == ["nested too deeply to be searched"]


SCHEMA = json.dumps({"$ref": REMOTE}).encode()


def packed(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def put(folder: Path, files: dict[str, bytes]) -> str:
    for name, data in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return str(folder)


def test_subcharts_in_folders_and_packages_are_searched(tmp_path: Path) -> None:
    inner = packed({"inner/values.schema.json": SCHEMA})
    chart = put(
        tmp_path,
        {
            "values.schema.json": b'{"type": "object"}',
            "charts/a/values.schema.json": SCHEMA,
            "charts/a/charts/b/values.schema.json": SCHEMA,
            "charts/c-1.0.0.tgz": packed(
                {
                    "c/Chart.yaml": b"name: c\n",
                    "c/values.schema.json": SCHEMA,
                    "c/templates/values.schema.json.yaml": SCHEMA,
                    "c/charts/d/values.schema.json": SCHEMA,
                    "c/charts/inner-1.0.0.tgz": inner,
                }
            ),
        },
    )
    assert remote_schemas(chart) == (
        f"charts/a/values.schema.json: {REMOTE}",
        f"charts/a/charts/b/values.schema.json: {REMOTE}",
        f"charts/c-1.0.0.tgz/values.schema.json: {REMOTE}",
        f"charts/c-1.0.0.tgz/charts/d/values.schema.json: {REMOTE}",
        f"charts/c-1.0.0.tgz/charts/inner-1.0.0.tgz/values.schema.json: {REMOTE}",
    )


def test_a_schema_below_what_is_searched_is_not_trusted(tmp_path: Path) -> None:
    depth = "charts/a/" * MAX_DEPTH
    chart = put(tmp_path / "folders", {f"{depth}values.schema.json": SCHEMA})
    assert remote_schemas(chart) == (f"{depth}values.schema.json: {REMOTE}",)
    put(tmp_path / "folders", {f"{depth}values.schema.json": b"{}", f"{depth}charts/a/values.schema.json": SCHEMA})
    assert remote_schemas(chart) == (f"{depth}charts: nested too deeply to be searched",)
    inner = packed({"a/values.schema.json": SCHEMA})
    for _ in range(MAX_DEPTH):
        inner = packed({"a/charts/a.tgz": inner})
    place = "/".join(["charts/a.tgz"] * (MAX_DEPTH + 1))
    chart = put(tmp_path / "packages", {"charts/a.tgz": inner})
    assert remote_schemas(chart) == (f"{place}: nested too deeply to be searched",)


@pytest.mark.parametrize(
    "data",
    [b"no archive", gzip.compress(b"no archive"), packed({"a/b": b"c"})[:-20]],
    ids=["text", "packed text", "cut short"],
)
def test_a_package_that_can_not_be_searched_is_not_trusted(tmp_path: Path, data: bytes) -> None:
    assert remote_schemas(put(tmp_path, {"charts/a.tgz": data})) == ("charts/a.tgz: can't be searched",)


def test_no_chart_and_a_circle_of_links(tmp_path: Path) -> None:
    assert remote_schemas(str(tmp_path / "nowhere")) == ()
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts" / "again").symlink_to(tmp_path)
    assert remote_schemas(str(tmp_path)) == ()


def test_a_pipe_and_a_device_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "charts").mkdir()
    os.mkfifo(tmp_path / "charts" / "a.tgz")
    (tmp_path / "charts" / "b.tgz").symlink_to("/dev/zero")
    assert remote_schemas(str(tmp_path)) == ("charts/a.tgz: can't be searched", "charts/b.tgz: can't be searched")


def test_links_to_the_folder_above_are_searched_once(tmp_path: Path) -> None:
    for name in "abcd":
        (tmp_path / "charts").mkdir(exist_ok=True)
        (tmp_path / "charts" / name).symlink_to("..")
    (tmp_path / "values.schema.json").write_text('{"$ref": "https://example.com/a.json"}')
    assert remote_schemas(str(tmp_path)) == ("values.schema.json: https://example.com/a.json",)


def test_packages_in_packages_are_searched_up_to_a_limit(tmp_path: Path) -> None:
    inner = packed({"dep/Chart.yaml": b"name: dep"})
    for _ in range(4):
        inner = packed({f"dep/charts/{number}.tgz": inner for number in range(8)})
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts" / "dep.tgz").write_bytes(inner)
    assert remote_schemas(str(tmp_path)) == ("charts/dep.tgz: can't be searched",)
