"""Helm's --set options, as real Helm 4 reads them (test_engines compares)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_constitution.helm.set_values import apply, merge


@pytest.mark.parametrize(
    ("flag", "text", "values"),
    [
        ("--set", "a=1,b.c=two", {"a": 1, "b": {"c": "two"}}),
        ("--set", "a=true,b=FALSE,c=null,d=,e=0,f=007,g=-3,h=1.5", {
            "a": True, "b": False, "c": None, "d": "", "e": 0, "f": "007", "g": -3, "h": "1.5",
        }),
        ("--set", "a=9223372036854775808", {"a": "9223372036854775808"}),
        ("--set", r"a\.b=1\,2", {"a.b": "1,2"}),
        ("--set", "a={x,1,},b=2", {"a": ["x", 1, ""], "b": 2}),
        ("--set", "a={}", {"a": [""]}),
        ("--set", "a[1]=x", {"a": [None, "x"]}),
        ("--set", "a[0].b=1,a[0].c=2", {"a": [{"b": 1, "c": 2}]}),
        ("--set", "a[0][1]=x", {"a": [[None, "x"]]}),
        ("--set", "a[0]={x,y}", {"a": [["x", "y"]]}),
        ("--set", "=x", {}),
        ("--set-string", "a=1,b=true,c={1,null}", {"a": "1", "b": "true", "c": ["1", "null"]}),
        ("--set-json", 'a={"b": [1, 2]},c=[1],d=,e="x,y"', {"a": {"b": [1, 2]}, "c": [1], "d": None, "e": "x,y"}),
        ("--set-json", 'a=[1,2],a[1]="x"', {"a": [1, "x"]}),
        ("--set-json", ' {"a": {"b": 1}}', {"a": {"b": 1}}),
        ("--set-literal", r"a.b=1,2\,{", {"a": {"b": r"1,2\,{"}}),
        ("--set-literal", "a[1].b=x,y", {"a": [None, {"b": "x,y"}]}),
    ],
)  # fmt: skip
def test_values(flag: str, text: str, values: dict[str, Any]) -> None:
    assert apply([(flag, text)], {}) == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a.l[1]=x", {"a": {"l": [1, "x"], "m": 1}}),
        ("a.l[3]=x", {"a": {"l": [1, 2, None, "x"], "m": 1}}),
        ("a.l={x}", {"a": {"l": ["x"], "m": 1}}),
        ("a.m=null", {"a": {"l": [1, 2], "m": None}}),
        ("a=1", {"a": 1}),
    ],
)
def test_options_change_the_values_so_far(text: str, values: dict[str, Any]) -> None:
    assert apply([("--set", text)], {"a": {"l": [1, 2], "m": 1}}) == values


def test_helms_own_order() -> None:
    given = [("--set-literal", "a=4"), ("--set-string", "a=3"), ("--set", "a=2"), ("--set-json", "a=1")]
    assert apply(given, {}) == {"a": "4"}
    assert apply(given[1:], {}) == {"a": "3"}


def test_files_are_read_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"one\r\ntwo: [\n")
    assert apply([("--set-file", f"a.b={tmp_path / 'x'}")], {}) == {"a": {"b": "one\r\ntwo: [\n"}}


@pytest.mark.parametrize(
    ("flag", "text", "words"),
    [
        ("--set", "a", 'failed parsing --set data: key "a" has no value'),
        ("--set", "a,b=1", 'failed parsing --set data: key "a" has no value'),
        ("--set", "a[x]=1", 'error parsing index "x"'),
        ("--set", "a[0", 'error parsing index "0"'),
        ("--set", "a[-1]=1", "negative -1 index not allowed"),
        ("--set", "a[99999999]=1", "greater than maximum supported index of 65536"),
        ("--set", "a[0]b=1", 'unexpected data at end of array index: "b"'),
        ("--set", "a={1", "list must terminate with '}'"),
        ("--set", "a=1,a.b=2", '"a" is not a map'),
        ("--set", "a=1,a[0]=2", '"a" is not a list'),
        ("--set", ".".join("a" * 40) + "=1", "nested level"),
        ("--set-json", "a={", "failed parsing --set-json data"),
        ("--set-file", "a=/no/such/file", "No such file"),
        ("--set-literal", "a", 'key "a" has no value'),
    ],
)
def test_faults(flag: str, text: str, words: str) -> None:
    with pytest.raises(ValueError, match="failed parsing") as caught:
        apply([(flag, text)], {})
    assert words in str(caught.value)


def test_maps_merge_and_everything_else_is_replaced() -> None:
    base = {"a": {"b": 1, "c": [1]}, "d": 1}
    assert merge(base, {"a": {"c": [2]}, "d": {"e": 1}}) == {"a": {"b": 1, "c": [2]}, "d": {"e": 1}}
    assert base == {"a": {"b": 1, "c": [1]}, "d": 1}


@given(
    st.sampled_from(["--set", "--set-string", "--set-json", "--set-literal"]),
    st.text(alphabet=st.sampled_from('ab.=,[]{}\\01"- '), max_size=30),
)
def test_any_text_is_read_or_refused(flag: str, text: str) -> None:
    try:
        values: object = apply([(flag, text)], {})
    except ValueError as error:
        values = str(error)
    assert isinstance(values, dict) or str(values).startswith(f"failed parsing {flag} data: ")


@given(st.text(min_size=1), st.text())
def test_a_literal_is_kept_as_it_is(key: str, value: str) -> None:
    plain = "".join(character for character in key if character not in "=[.") or "k"
    assert apply([("--set-literal", f"{plain}={value}")], {}) == {plain: value}
