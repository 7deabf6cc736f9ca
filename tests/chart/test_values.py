"""Comments in values files are read as their authors mean them."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_constitution.chart.values import CommentKind, ValueKey, ValuesFile, merged_values
from helm_constitution.core.errors import YamlSyntaxError
from helm_constitution.text.yaml_document import Span
from helm_constitution.text.yaml_scalars import Json


def read(text: str) -> dict[str, ValueKey]:
    """The keys by their dotted paths."""
    return {key.name: key for key in ValuesFile("values.yaml", textwrap.dedent(text)).keys()}  # noqa: SIM118


def comments(text: str) -> dict[str, str | None]:
    """The comment of each key."""
    return {name: key.comment.text if key.comment else None for name, key in read(text).items()}


def test_keys_come_in_order_with_paths_values_and_places() -> None:
    keys = read(
        """\
        a: 1
        b:
          c: x  # why
          "d.e": [1, {f: 2}]
          g: {}
        """
    )
    assert list(keys) == ["a", "b", "b.c", 'b["d.e"]', "b.g"]
    assert [key.is_leaf for key in keys.values()] == [True, False, True, True, True]
    assert [key.span for key in keys.values()] == [
        Span(1, 1, 1, 5),
        Span(2, 1, 2, 2),
        Span(3, 3, 3, 7),
        Span(4, 3, 4, 8),
        Span(5, 3, 5, 4),
    ]
    assert keys['b["d.e"]'].value == [1, {"f": 2}]
    assert keys['b["d.e"]'].path == ("b", "d.e")


def test_the_text_is_parsed_when_first_asked_for() -> None:
    values = ValuesFile("values.yaml", "a: [\n")
    with pytest.raises(YamlSyntaxError):
        values.keys()


@pytest.mark.parametrize("text", ["", "# only a comment\n", "- a\n- b\n", "text\n"])
def test_a_file_without_keys(text: str) -> None:
    values = ValuesFile("values.yaml", text)
    assert values.keys() == ()
    assert values.data == {}


def test_keys_by_path() -> None:
    values = ValuesFile("values.yaml", "a:\n  b: 1\n")
    assert values.by_path[("a", "b")].value == 1


# Each form

FORMS: dict[str, tuple[str, CommentKind, str]] = {
    "plain above": ("# Replicas to run\na: 1\n", CommentKind.PLAIN, "Replicas to run"),
    "plain behind": ("a: 1 # Replicas to run\n", CommentKind.PLAIN, "Replicas to run"),
    "plain behind a tab": ("a: 1\t# Replicas to run\n", CommentKind.PLAIN, "Replicas to run"),
    "several lines": (
        "# Replicas to run,\n# at least one\na: 1\n",
        CommentKind.PLAIN,
        "Replicas to run,\nat least one",
    ),
    "kube-prometheus-stack's": ("## Replicas to run\n##\na: 1\n", CommentKind.PLAIN, "Replicas to run"),
    "without a space": ("#Replicas to run\na: 1\n", CommentKind.PLAIN, "Replicas to run"),
    "commented twice": ("# ## Replicas to run\n# ##\na: 1\n", CommentKind.PLAIN, "Replicas to run"),
    "above and behind": ("# Above\na: 1 # behind\n", CommentKind.PLAIN, "Above"),
    "a link": ("# ref: https://example.com/a#b\na: 1\n", CommentKind.PLAIN, "ref: https://example.com/a#b"),
    "a link with a dot": ("# Ref.: https://example.com\na: 1\n", CommentKind.PLAIN, "Ref.: https://example.com"),
    "helm-docs": ("# -- Replicas to run\na: 1\n", CommentKind.HELM_DOCS, "Replicas to run"),
    "helm-docs with a type": ("# -- (int) Replicas to run\na: 1\n", CommentKind.HELM_DOCS, "Replicas to run"),
    "helm-docs goes on": ("# -- Replicas\n# to run\na: 1\n", CommentKind.HELM_DOCS, "Replicas\nto run"),
    "helm-docs' last mark counts": ("# -- Old\n# words\n# -- New\na: 1\n", CommentKind.HELM_DOCS, "New"),
    "helm-docs behind": ("a: 1 # -- Replicas to run\n", CommentKind.HELM_DOCS, "Replicas to run"),
    "helm-docs by path": ("# a -- Replicas to run\nb: 2\na: 1\n", CommentKind.HELM_DOCS, "Replicas to run"),
    "helm-docs section": ("# -- Replicas\n# @section -- General\na: 1\n", CommentKind.HELM_DOCS, "Replicas"),
    "readme-generator": ("## @param a Replicas to run\n##\na: 1\n", CommentKind.BITNAMI, "Replicas to run"),
    "readme-generator, modifiers": ("## @param a [number] Replicas\na: 1\n", CommentKind.BITNAMI, "Replicas"),
    "readme-generator, elsewhere": ("b: 2\na: 1\n## @param a Replicas\n", CommentKind.BITNAMI, "Replicas"),
    "readme-generator, extra": ("## @extra a Replicas\na: {}\n", CommentKind.BITNAMI, "Replicas"),
    "helm-schema": ("# @schema\n# type: integer\n# @schema\na: 1\n", CommentKind.SCHEMA, "type: integer"),
    "helm-schema, described": (
        "# @schema\n# type: integer\n# description: Replicas\n# @schema\na: 1\n",
        CommentKind.SCHEMA,
        "Replicas",
    ),
    "helm-schema and words": (
        "# @schema\n# type: integer\n# @schema\n# Replicas\na: 1\n",
        CommentKind.PLAIN,
        "Replicas",
    ),
    "losisin's schema": ("a: 1 # @schema type:integer\n", CommentKind.SCHEMA, "type:integer"),
    "losisin's schema above": ("# @schema type:integer\na: 1\n", CommentKind.SCHEMA, "type:integer"),
    "behind a flow list": ("a: [1, '#'] # Ports\n", CommentKind.PLAIN, "Ports"),
    "behind a flow map of several lines": ("a: {\n  b: 1\n  } # Ports\n", CommentKind.PLAIN, "Ports"),
    "behind a block scalar's header": ("a: | # Text\n  # no comment\n", CommentKind.PLAIN, "Text"),
    "behind a quoted text of several lines": ('a: "x\n  # y" # Text\n', CommentKind.PLAIN, "Text"),
    "behind a map's key": ("a: # Settings\n  b: 1\n", CommentKind.PLAIN, "Settings"),
    "behind an anchor": ("a: &x # Settings\n  b: 1\n", CommentKind.PLAIN, "Settings"),
    "behind an alias": ("b: &x 1\na: *x # Same\n", CommentKind.PLAIN, "Same"),
    "above a list's first item": ("a:\n  # Ports\n  - 1\n", CommentKind.PLAIN, "Ports"),
    "behind a list's item": ("a:\n  - 1\n  - 2 # the second port\n", CommentKind.PLAIN, "the second port"),
    "inside a list's map": ("a:\n  - b: 1 # the port\n", CommentKind.PLAIN, "the port"),
    "below, indented": ("a: {}\n  # Nothing by default\n  # cpu: 1\nb: 2\n", CommentKind.PLAIN, "Nothing by default"),
    "below, set apart": ("a: 1\n# Replicas to run\n\nb: 2\n", CommentKind.PLAIN, "Replicas to run"),
    "below, at the end": ("a: 1\n# Replicas to run\n", CommentKind.PLAIN, "Replicas to run"),
    "below, by its name": (
        "a: v2\n# a changes with the server\nb: 2\n",
        CommentKind.PLAIN,
        "a changes with the server",
    ),
    "a sentence set apart": (
        "b: 2\n\n# The number of pods to run.\n\na: 1\n",
        CommentKind.PLAIN,
        "The number of pods to run.",
    ),
    "with an example": ("# Ports, such as\n# a:\n#   - 80\na: []\n", CommentKind.PLAIN, "Ports, such as"),
    "with an example of content": ("# Labels\n# team: web\na: {}\n", CommentKind.PLAIN, "Labels"),
    "with an announced example": (
        "# A secret, for example\n# kind: Secret\na: x\n",
        CommentKind.PLAIN,
        "A secret, for example",
    ),
    "after an example": ("b: []\n# - x\n# Replicas\na: 1\n", CommentKind.PLAIN, "Replicas"),
    "keys explained": (
        "# type: what the service is like outside\na: {}\n",
        CommentKind.PLAIN,
        "type: what the service is like outside",
    ),
    "a box of words": (
        "#####\n# The number of pods to run\n#####\na: 1\n",
        CommentKind.PLAIN,
        "The number of pods to run",
    ),
    "an explained example": (
        "a:\n#  - url: x   # where the probe goes to\n",
        CommentKind.PLAIN,
        "where the probe goes to",
    ),
    "a value of comments": ("a: |\n  # The CA's certificate\n", CommentKind.PLAIN, "The CA's certificate"),
    "Windows' line ends": ("# Replicas\r\na: 1\r\n", CommentKind.PLAIN, "Replicas"),
    "a byte order mark": ("\ufeff# Replicas\na: 1\n", CommentKind.PLAIN, "Replicas"),
    "under the header": ("# Default values for web.\n# Replicas\na: 1\n", CommentKind.PLAIN, "Replicas"),
    "not ASCII": ("# Anzahl der Pods, möglichst drei\na: 1\n", CommentKind.PLAIN, "Anzahl der Pods, möglichst drei"),
}


@pytest.mark.parametrize(("text", "kind", "words"), FORMS.values(), ids=FORMS)
def test_what_documents_a_key(text: str, kind: CommentKind, words: str) -> None:
    comment = read(text)["a"].comment
    assert comment is not None
    assert (comment.kind, comment.text) == (kind, words)


NO_DOCUMENTATION = {
    "nothing": "a: 1\n",
    "a hash inside a plain text": "a: b#c\n",
    "a hash inside quotes": "a: 'b # c'\n",
    "a hash inside a block": "a: |\n  b\n  # c\n",
    "a hash inside a block above": "b: |\n  # c\na: 1\n",
    "a hash inside a folded text above": "b: >-\n  c\n\n  # d\na: 1\n",
    "a hash inside a quoted text of several lines": 'b: "c\n\n  # d"\na: 1\n',
    "an empty comment": "#\na: 1\n",
    "helm-docs without words": "# --\na: 1\n",
    "helm-docs with a type only": "# -- (int)\na: 1\n",
    "helm-docs' default only": "# @default -- 1\na: 1\n",
    "a param without words": "## @param a\na: 1\n",
    "another key's param": "## @param b Replicas\na: 1\n",
    "a section": "## @section General\na: 1\n",
    "a licence": "# Copyright 2026 ACME\n# Licensed under the Apache License\na: 1\n",
    "SPDX": "# SPDX-License-Identifier: Apache-2.0\na: 1\n",
    "the usual header": "# Default values for web.\n# This is a YAML-formatted file.\na: 1\n",
    "a header set apart": "# These are the values of the chart web.\n\na: 1\n",
    "a banner of hashes": "########\n# Pods #\n########\na: 1\n",
    "a banner of dashes": "# ------\n# Pods\n# ------\na: 1\n",
    "a banner in one line": "# --- Pods ---\na: 1\n",
    "a banner that is open": "# === Pods\na: 1\n",
    "an underlined title": "# Pods\n# ----\na: 1\n",
    "a title set apart": "b: 1\n\n# Pods\n\na: 1\n",
    "a rule": "# -----------\na: 1\n",
    "commented-out YAML": "# replicas: 3\na: 1\n",
    "commented-out YAML of several lines": "# b:\n#   - c: |\n#       some text of it\n#   - d\na: 1\n",
    "commented-out YAML below": "a: {}\n  # cpu: 1\n",
    "commented-out YAML behind": "a: {} # {cpu: 1}\n",
    "words on a commented-out key": "# Port on the node\n# nodePort: 30080\na: 1\n",
    "words on a commented-out key, set apart": "b: 1\n\n# The port on each node.\n# nodePort: 30080\n\na: 1\n",
    "words on the key above": "b: {}\n  # Nothing by default\na: 1\n",
    "the title of what follows": "b:\n  a: 1\n# Pods\n\nc: 1\n",
    "yamllint": "a: 1 # yamllint disable-line rule:line-length\n",
    "renovate": "# renovate: datasource=docker depName=acme/web\na: 1\n",
    "a note to oneself": "# TODO: explain\na: 1\n",
    "a schema's address": "# yaml-language-server: $schema=values.schema.json\na: 1\n",
    "two blank lines between": "b: 1\n\n# The number of pods to run.\n\n\na: 1\n",
    "a template": "# {{- if .Values.b }}\na: 1\n",
}


@pytest.mark.parametrize("text", NO_DOCUMENTATION.values(), ids=NO_DOCUMENTATION)
def test_what_documents_nothing(text: str) -> None:
    keys = read(text)
    assert (keys.get("a") or keys["b.a"]).comment is None


def test_examples_are_noted() -> None:
    keys = read("a: {}\n  # cpu: 1\n# b: 2\nb: 1\nc: 1\n")
    assert [key.has_example for key in keys.values()] == [True, True, False]


@pytest.mark.parametrize(
    "text", ["# @ignored\na: 1\n", "# -- Words\n# @ignored\na: 1\n", "## @skip a\na: 1\n", "# +docs:hidden\na: 1\n"]
)
def test_hidden_keys(text: str) -> None:
    assert read(text)["a"].hidden


def test_defaults_that_the_documentation_shows() -> None:
    keys = read("# -- Words\n# @default -- the chart's name\na: ''\n## @param b [string, default: none] Words\nb: ''\n")
    assert [key.comment and key.comment.default for key in keys.values()] == ["the chart's name", "none"]


def test_the_place_of_a_comment() -> None:
    keys = read("a:\n  # one\n  # two\n  b: 1\n  c: 2  # three\n## @param a.d four\n  d: 3\n".replace("## @", "  ## @"))
    places = {name: key.comment.span for name, key in keys.items() if key.comment}
    assert places == {
        "a.b": Span(2, 3, 3, 8),
        "a.c": Span(5, 9, 5, 16),
        "a.d": Span(6, 3, 6, 21),
    }


def test_each_key_has_its_own() -> None:
    assert comments(
        """\
        # The image
        image:
          # Where it is
          repository: web
          tag: ""  # Which one
          pullPolicy: Always
        # Replicas
        replicas: 1
        """
    ) == {
        "image": "The image",
        "image.repository": "Where it is",
        "image.tag": "Which one",
        "image.pullPolicy": None,
        "replicas": "Replicas",
    }


def test_paths_may_be_written_in_several_ways() -> None:
    text = 'a:\n  b.c: 1\n  d:\n    - e: 1\n# a."b.c" -- one\n## @param a.d two\n'
    assert comments(text) == {"a": None, 'a["b.c"]': "one", "a.d": "two"}


def test_a_dash_in_prose_names_no_path() -> None:
    assert comments("# nowhere -- these are words\na: 1\n") == {"a": "nowhere -- these are words"}


def test_flow_maps_on_one_line_share_a_comment() -> None:
    assert comments("# The image\nimage: {repository: a, tag: b}\n") == {
        "image": "The image",
        "image.repository": "The image",
        "image.tag": "The image",
    }
    assert comments("image: {\n  # Where it is\n  repository: a,\n  tag: b # Which one\n}\n") == {
        "image": None,
        "image.repository": "Where it is",
        "image.tag": "Which one",
    }


def test_anchors_and_merge_keys() -> None:
    keys = read("a: &a\n  # Words\n  b: 1\nc: *a\nd:\n  <<: *a\n  e: 2\n")
    assert list(keys) == ["a", "a.b", "c", "d", "d.e"]
    assert keys["c"].is_leaf
    assert keys["c"].value == {"b": 1}
    assert keys["c"].comment is None


def test_a_key_given_twice_is_there_twice() -> None:
    values = ValuesFile("values.yaml", "a:\n  b: 1\na:\n  c: 2\n")
    assert [key.name for key in values.keys()] == ["a", "a.b", "a", "a.c"]  # noqa: SIM118


def test_a_comment_between_parent_and_first_child_is_the_childs() -> None:
    assert comments("a:\n  # The number of pods to run.\n\n  b: 1\n") == {
        "a": None,
        "a.b": "The number of pods to run.",
    }


def test_comments_at_another_indent() -> None:
    assert comments("a:\n# Words\n  b: 1\n") == {"a": None, "a.b": "Words"}
    assert comments("a: 1\n\n  # Words\nb: 1\n") == {"a": None, "b": "Words"}


# For every file


_WORD = st.text(alphabet="abcXYZ .:#-'\"{}[]", max_size=12)
_LINES = st.lists(
    st.sampled_from(
        ["", "# Words on it", "#", "# -- Docs", "  # deeper", "# k0: 1", "####", "  - x # item", "# @schema"]
    )
    | _WORD.map("# {}".format),
    max_size=4,
)


@st.composite
def values_files(draw: st.DrawFn) -> str:
    lines: list[str] = []
    for number in range(draw(st.integers(1, 5))):
        lines += [line for line in draw(_LINES) if line.lstrip().startswith("#") or not line]
        value = draw(
            st.sampled_from(
                ["1", "{}", "[]", "", "'# x'", "|\n  # in\n  text", "\n  a: 1\n  # c\n  b: 2", "[1, # c\n 2]"]
            )
        )
        lines.append(f"k{number}: {value}" + draw(st.sampled_from(["", "  # behind"])) * ("\n" not in value))
    return "\n".join(lines + draw(_LINES.map(lambda found: [line for line in found if line.startswith("#")])))


@given(values_files())
@settings(max_examples=200)
def test_every_comment_is_made_of_comment_lines(text: str) -> None:
    lines = text.split("\n")
    keys = ValuesFile("values.yaml", text).keys()
    assert [key.name for key in keys if "." not in key.name] == [
        f"k{n}" for n in range(sum(len(key.path) == 1 for key in keys))
    ]
    for key in keys:
        if key.comment is None:
            continue
        span = key.comment.span
        assert key.comment.text.strip()
        for number in range(span.line, span.end_line + 1):
            line = lines[number - 1]
            start = span.column - 1 if number == span.line else 0
            assert "#" in line[start:] or not line.strip()
        if span.line != key.span.line:
            assert lines[span.line - 1].lstrip().startswith("#")


@given(values_files(), st.sampled_from(["\r\n", "\n"]))
@settings(max_examples=100)
def test_comments_change_no_value(text: str, newline: str) -> None:
    values = ValuesFile("values.yaml", text.replace("\n", newline))
    assert {key.name: key.comment is not None for key in values.keys()} == {  # noqa: SIM118
        key.name: key.comment is not None
        for key in ValuesFile("values.yaml", text).keys()  # noqa: SIM118
    }


@given(st.text(max_size=80))
def test_any_text_gives_keys_or_a_syntax_error(text: str) -> None:
    values = ValuesFile("values.yaml", text)
    try:
        keys = values.keys()
    except YamlSyntaxError:
        return
    for key in keys:
        assert values.document.key_span(key.path) is not None


def test_a_null_removes_a_default_and_nothing_else() -> None:
    """As both Helms do: what the schema is asked about shows it."""
    base: dict[str, Json] = {"a": 1, "b": {"c": 1, "d": 2}, "e": None}
    top: dict[str, Json] = {"a": None, "b": {"c": None, "f": None}, "g": None, "h": {"i": None}}
    assert merged_values(base, top) == {"b": {"d": 2, "f": None}, "e": None, "g": None, "h": {"i": None}}
    assert base == {"a": 1, "b": {"c": 1, "d": 2}, "e": None}
