"""YAML is read as helm and Kubernetes read it, not as PyYAML does."""

from __future__ import annotations

import json
import math
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_constitution.core.errors import YamlSyntaxError
from helm_constitution.text.yaml import load_document, load_documents
from helm_constitution.text.yaml_document import Span, dotted
from helm_constitution.text.yaml_scalars import Json, resolve_plain

SCALARS: dict[str, Json] = {
    # what PyYAML raises on, or reads as something else
    "=": "=",
    "2001-12-14": "2001-12-14",
    "2001-12-14T21:59:43Z": "2001-12-14T21:59:43Z",
    "1:30": "1:30",
    "190:20:30": "190:20:30",
    # booleans of YAML 1.1, in these spellings only
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    "yEs": "yEs",
    "oN": "oN",
    "tRue": "tRue",
    "nULL": "nULL",
    # integers
    "014": 12,
    "0o14": 12,
    "0755": 493,
    "-0755": -493,
    "0x1F": 31,
    "0b101": 5,
    "-0b11": -3,
    "08": 8,
    "09": 9,
    "1_000": 1000,
    "+1": 1,
    "0o8": "0o8",
    "0x": "0x",
    "_1": "_1",
    # floats; whole ones are JSON's whole numbers
    "1e3": 1000,
    "12e03": 12000,
    "1.e3": 1000,
    "1.0": 1,
    "5.": 5,
    "1.10": 1.1,
    ".5": 0.5,
    "-.5": -0.5,
    "685_230.15e+03": 685230150,
    "1e": "1e",
    "1e400": "1e400",
    "1.2.3": "1.2.3",
    "0x1p3": "0x1p3",
    "inf": "inf",
    "NaN": "NaN",
    ".": ".",
    "-.": "-.",
    "v1.2": "v1.2",
    "2023-1-1": "2023-1-1",
    "1,000": "1,000",
}

DOCUMENTS: dict[str, tuple[str, Json]] = {
    "quoted scalars are text": ("a: ['yes', \"014\"]\n", ["yes", "014"]),
    "a merge key gives defaults": ("b: &b {x: 1, z: 2}\na:\n  <<: *b\n  x: 3\n", {"x": 3, "z": 2}),
    "a merge key below replaces what stands above": ("b: &b {x: 1}\na:\n  x: 3\n  <<: *b\n", {"x": 1}),
    "the first of a list of merges wins": ("b: &b {x: 1}\nc: &c {x: 2, z: 1}\na:\n  <<: [*b, *c]\n", {"x": 1, "z": 1}),
    "the last of two merge keys wins": (
        "b: &b {x: 1}\nc: &c {x: 2, z: 1}\na:\n  <<: *b\n  <<: *c\n",
        {"x": 2, "z": 1},
    ),
    "a merge key may have its tag": ("b: &b {x: 1}\na:\n  !!merge <<: *b\n  z: 2\n", {"x": 1, "z": 2}),
    "a quoted merge key is a key": ("a:\n  '<<': {z: 1}\n", {"<<": {"z": 1}}),
    "an anchor defined again": ("a:\n  - &x 1\n  - *x\n  - &x 2\n  - *x\n", [1, 1, 2, 2]),
    "the last of duplicate keys wins": ("a: 1\na: 2\n", 2),
    "tags": ("a: [!!str 12, !!int '12', !!float 12, !!bool 'yes', !foo yes]\n", ["12", 12, 12, True, "yes"]),
    "binary is decoded": ("a: !!binary aGVsbG8=\n", "hello"),
    "keys are text": (
        "a:\n  8080: i\n  y: j\n  1.5: k\n  1e3: l\n",
        {"8080": "i", "true": "j", "1.5": "k", "1000": "l"},
    ),
    "a comment needs a space before it": ("a: b#c\n", "b#c"),
    "a tab behind the colon": ("a:\tb\n", "b"),
    "line ends of Windows": ("a:\r\n  b: |\r\n    x\r\n    z\r\n", {"b": "x\nz\n"}),
    "a flow map's bare keys": ("a: {b: [1, two]}\n", {"b": [1, "two"]}),
    "no newline at the end": ("a: b", "b"),
    "several lines of plain text": ("a: x\n  z\n", "x z"),
}

REJECTED = {
    "a tab as indentation": ("a:\n\tb: 1\n", 2),
    "a blank line that ends in a tab": ("a:\n  b: 1\n  \t\n  c: 2\n", 3),
    "a template that isn't quoted": ("a: {{ .Values.x }}\n", 1),
    "a list as a key": ("? [a]\n: b\n", 1),
    "null as a key": ("a: 1\n~: 2\n", 2),
    "a merge of a scalar": ("a: 1\nb:\n  <<: foo\n", 3),
    "an unknown alias": ("a: 1\nb: *c\n", 2),
    "two colons": ("a: b: c\n", 1),
    "an at sign": ("a: 1\nb: @c\n", 2),
    "an indentation that fits nothing": ("a:\n  b: 1\n c: 2\n", 3),
    "infinity, which JSON lacks": ("a: 1\nb: .inf\n", 2),
    "no number, which JSON lacks": ("a: .nan\n", 1),
    "a word tagged as a number": ("a: !!int abc\n", 1),
    "binary that is none": ("a: !!binary '***'\n", 1),
    "an unclosed bracket": ("a: [1,\nb: 2\n", 3),
    "a control character": ("ä: 1\nb: \x01\n", 2),
}


@pytest.mark.parametrize(("text", "value"), SCALARS.items(), ids=SCALARS)
def test_unquoted_scalars(text: str, value: Json) -> None:
    data = load_document(f"a: {text}\n", "values.yaml").data
    assert data == {"a": value}
    assert isinstance(data, dict)
    assert type(data["a"]) is type(value)


@pytest.mark.parametrize(("text", "value"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_documents(text: str, value: Json) -> None:
    assert load_document(text, "values.yaml").view.get("a").data == value


@pytest.mark.parametrize(("text", "line"), REJECTED.values(), ids=REJECTED)
def test_what_kubernetes_rejects_is_an_error_with_its_line(text: str, line: int) -> None:
    with pytest.raises(YamlSyntaxError) as caught:
        load_documents(text, "values.yaml")
    assert caught.value.file == "values.yaml"
    assert caught.value.line == line


def test_real_helm_reads_the_same(helm: Path, tmp_path: Path) -> None:
    """Every trap in one chart; a failure here means that the tables above are wrong."""
    values = "".join(f"s{number}: {text}\n" for number, text in enumerate(SCALARS))
    for number, (text, _) in enumerate(DOCUMENTS.values()):
        # Anchors may be defined again; keys of their own keep the cases apart.
        body = text.replace("\r\n", "\n").rstrip("\n")
        values += f"d{number}:\n" + "".join(f"  {line}\n" if line.strip() else f"{line}\n" for line in body.split("\n"))
    chart = tmp_path / "web"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    (chart / "values.yaml").write_text(values)
    (chart / "templates" / "a.yaml").write_text("a: {{ toJson .Values | quote }}\n")
    done = subprocess.run([helm, "template", "x", chart], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("a: "))
    theirs = json.loads(json.loads(line.removeprefix("a: ")))
    ours = load_document(values, "values.yaml").data
    assert ours == theirs


@pytest.mark.parametrize("name", ["an unclosed bracket", "null as a key", "a blank line that ends in a tab"])
def test_real_helm_rejects_the_same(name: str, helm: Path, tmp_path: Path) -> None:
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    (tmp_path / "values.yaml").write_text(REJECTED[name][0])
    done = subprocess.run([helm, "template", "x", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "cannot load values.yaml" in done.stderr


def test_a_byte_order_mark_is_no_text() -> None:
    document = load_document("\ufeffa: 1\n", "values.yaml")
    assert document.data == {"a": 1}
    assert document.key_span(("a",)) == Span(1, 1, 1, 5)


@pytest.mark.parametrize("text", ["", "\n\n", "# a comment\n", "---\n", "--- # nothing\n...\n"])
def test_an_empty_file_is_a_document_of_none(text: str) -> None:
    assert load_documents(text, "x.yaml") == []
    document = load_document(text, "x.yaml")
    assert document.data is None
    assert not document.view.get("a").exists


def test_several_documents_and_empty_ones() -> None:
    documents = load_documents("---\na: 1\n---\n# only a comment\n---\nb: 2\n---\n", "x.yaml")
    assert [document.data for document in documents] == [{"a": 1}, {"b": 2}]
    assert documents[1].key_span(("b",)) == Span(6, 1, 6, 5)


def test_duplicate_keys_are_noted_with_both_places() -> None:
    document = load_document("a:\n  b: 1\n  c: 2\n  b: 3\n'1': x\n1: y\n", "values.yaml")
    assert [(dotted(key.path), key.first.line, key.second.line) for key in document.duplicates] == [
        ("a.b", 2, 4),
        ("1", 5, 6),
    ]


def test_a_key_beside_a_merge_is_no_duplicate() -> None:
    text = "x: &x {a: 1, b: 2}\nw:\n  <<: *x\n  a: 3\nz:\n  <<: {c: 1, c: 2}\n"
    assert [dotted(key.path) for key in load_document(text, "values.yaml").duplicates] == ["z.c"]


def test_duplicates_of_an_anchor_are_told_once() -> None:
    text = "x: &x\n  a: 1\n  a: 2\nw:\n  <<: *x\n"
    assert [dotted(key.path) for key in load_document(text, "values.yaml").duplicates] == ["x.a"]


def test_places_count_from_one_in_code_points() -> None:
    document = load_document('a: 1\nb:\n  "é😀": x  # c\n  l:\n    - p: 1\n    - q\n', "values.yaml")
    assert document.key_span(("a",)) == Span(1, 1, 1, 5)
    assert document.key_span(("b",)) == Span(2, 1, 2, 2)
    assert document.key_span(("b", "é😀")) == Span(3, 3, 3, 10)
    assert document.value_span(("b", "é😀")) == Span(3, 9, 3, 10)
    assert document.key_span(("b", "l", 0, "p")) == Span(5, 7, 5, 11)
    assert document.value_span(("b", "l", 1)) == Span(6, 7, 6, 8)
    assert document.key_span(("b", "l", 2)) is None
    assert document.key_span(("c",)) is None


def test_the_place_of_a_merged_key_is_where_it_is_written() -> None:
    document = load_document("x: &x\n  a: 1\nw:\n  <<: *x\n  b: 2\n", "values.yaml")
    assert document.view.get("w", "a").data == 1
    assert document.key_span(("w", "a")) == Span(2, 3, 2, 7)


def test_the_text_of_a_scalar_is_as_written() -> None:
    document = load_document("a: 1.10\nb: '1.10'\nc: {}\n", "values.yaml")
    assert (document.scalar_text(("a",)), document.is_plain(("a",))) == ("1.10", True)
    assert (document.scalar_text(("b",)), document.is_plain(("b",))) == ("1.10", False)
    assert (document.scalar_text(("c",)), document.is_plain(("c",))) == (None, False)


def test_an_alias_bomb_ends() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for name, last in zip("bcdefgh", "abcdefg", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{last}'] * 9)}]")
    with pytest.raises(YamlSyntaxError, match="too many nodes"):
        load_document("\n".join(lines), "values.yaml")


def test_directives_that_each_take_a_look_at_all_others_end() -> None:
    directives = "".join(f"%TAG !a{number}! tag:a.test:\n" for number in range(30_000))
    with pytest.raises(YamlSyntaxError, match="more than 1,000 %TAG directives"):
        load_document(f"{directives}---\na: 1\n", "values.yaml")
    assert load_document("%TAG !a! tag:a.test:\n---\na: !a!b 1\n", "values.yaml").data == {"a": "1"}


def test_deep_nesting_and_an_anchor_inside_itself_end() -> None:
    for text in ("[" * 100_000, "- " * 100_000, "{a: " * 100_000, "? " * 100_000, "a: &a\n  b: *a\n"):
        with pytest.raises(YamlSyntaxError):
            load_document(text, "values.yaml")


def test_views_never_fail() -> None:
    view = load_document("a: [1, {b: text}]\nc: true\nd: null\n", "values.yaml").view
    assert view.get("a", 1, "b").string() == "text"
    assert view.get("a", -1, "b").string() == "text"
    assert view.get("a", 0).integer() == 1
    assert view.get("c").boolean() is True
    assert view.get("c").integer() is None
    assert view.get("d").exists
    assert not view.get("d").get("x", "y").exists
    assert not view.get("a", 7).exists
    assert [dotted(part.path) for part in view.walk()] == ["", "a", "a[0]", "a[1]", "a[1].b", "c", "d"]


def test_dotted_quotes_keys_with_dots() -> None:
    assert dotted(("metadata", "labels", "helm.sh/chart")) == 'metadata.labels["helm.sh/chart"]'
    assert dotted(("a", 0, "b")) == "a[0].b"


# YAML allows fewer characters than JSON.
_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cn", "Cs", "Zl", "Zp")), max_size=12)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)


def _as_json(value: Json) -> Json:
    """JSON has one kind of number."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in value.items()}
    return value


@given(st.dictionaries(_TEXT, _JSON, max_size=4))
def test_json_is_read_as_json(data: dict[str, Json]) -> None:
    assert load_document(json.dumps(data, ensure_ascii=False), "values.yaml").data == _as_json(data)


@given(st.text(alphabet="0123456789abcdefxonyYNTRUE_.+-:~=<", min_size=1, max_size=12))
def test_plain_scalars_never_fail(text: str) -> None:
    value = resolve_plain(text)
    assert value is None or isinstance(value, bool | int | float | str)
    if isinstance(value, float):
        assert not math.isnan(value) or "n" in text.lower()


@given(st.text(max_size=60))
def test_any_text_gives_data_or_a_syntax_error_with_the_file(text: str) -> None:
    try:
        document = load_document(text, "x.yaml")
    except YamlSyntaxError as error:
        document = load_document("", error.file or "")
    assert document.file == "x.yaml"
    for part in document.view.walk():
        assert document.key_span(part.path) is None or document.value_span(part.path) is not None
