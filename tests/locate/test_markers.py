"""Where marks may stand, and what is read from them. Each case is one that a careless mark would break."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_constitution.locate.markers import marked_sources
from helm_constitution.locate.resolve import locate
from helm_constitution.locate.source_map import Templates, source_map
from helm_constitution.templates import TemplateFile, parse_template
from helm_constitution.text.yaml import load_documents


def marked(text: str, *others: str) -> list[str]:
    """The first file's lines with their marks."""
    files = [parse_template(f"templates/{number}.yaml", dedent(part)) for number, part in enumerate((text, *others))]
    return marked_sources(files)["templates/0.yaml"].splitlines()


def test_keys_and_items_are_marked_at_their_ends() -> None:
    assert marked("kind: Pod\nitems:\n  - a\n  - b: 1\n") == [
        "kind: Pod #@0:1@",
        "items: #@0:2@",
        "  - a #@0:3@",
        "  - b: 1 #@0:4@",
    ]


def test_a_key_with_an_action_is_marked_before_too_because_its_output_may_have_lines() -> None:
    assert marked("a: 1\nlabels: {{ include 'x' . }}\n".replace("'", '"')) == [
        "a: 1 #@0:1@",
        "#@<0:2@",
        'labels: {{ include "x" . }} #@0:2@',
    ]


def test_lines_that_only_control_or_comment_are_left_alone() -> None:
    text = "{{- if .Values.a }}\na: 1\n{{- end }}\n{{/* note */}}\n{{- $x := 1 }}\n# plain\n"
    assert [line for line in marked(text) if "#@" in line] == ["a: 1 #@0:2@"]


def test_a_line_that_ends_in_output_is_marked_whatever_it_holds() -> None:
    assert marked("a:\n  {{- toYaml .Values.a | nindent 2 }}\n")[1] == "  {{- toYaml .Values.a | nindent 2 }} #@0:2@"


@pytest.mark.parametrize("ending", ["-}}", "-}}  "])
def test_behind_a_right_trim_a_mark_would_bring_the_newline_back(ending: str) -> None:
    lines = marked("a: {{ .Values.a " + ending + "\nb: {{ .Values.b }}\n")
    assert lines == ["a: {{ .Values.a " + ending, "b: {{ .Values.b }} #@0:2@"]


def test_block_scalars_are_text_for_somebody_else() -> None:
    text = """\
        data:
          run.sh: |
            key: value
            {{ .Values.line }}
          next: 1
        """
    assert [line.strip() for line in marked(text)] == [
        "data: #@0:1@",
        "run.sh: | #@0:2@",
        "key: value",
        "{{ .Values.line }}",
        "next: 1 #@0:5@",
    ]


def test_an_output_at_the_margin_stays_in_its_block_scalar() -> None:
    text = 'data:\n  a: |\n{{ .Files.Get "x" | indent 4 }}\n  b: 1\n'
    assert [line for line in marked(text) if "#@" not in line] == ['{{ .Files.Get "x" | indent 4 }}']


def test_a_plain_scalar_over_two_lines_is_not_cut_by_a_comment_but_marked_before() -> None:
    text = "c: 1\na: some\n  more text\nb: 1\n"
    assert marked(text) == ["c: 1 #@0:1@", "#@<0:2@", "a: some", "  more text", "b: 1 #@0:4@"]


def test_a_key_that_an_action_prints_is_a_key() -> None:
    assert marked("a: 1\n{{ .Values.key }}-x: 1\n") == ["a: 1 #@0:1@", "#@<0:2@", "{{ .Values.key }}-x: 1 #@0:2@"]


def test_a_mark_before_a_left_trim_would_be_swallowed() -> None:
    assert marked("a: 1\n{{- .Values.key }}: 1\n") == ["a: 1 #@0:1@", "{{- .Values.key }}: 1 #@0:2@"]


def test_a_key_that_an_action_prints_ends_a_block_scalar() -> None:
    text = "data:\n  a: |\n    x: 1\n  {{ .Values.key }}: 1\n  b: 1\n"
    assert [line.strip() for line in marked(text) if "#@" not in line] == ["x: 1"]


@pytest.mark.parametrize(
    "text",
    [
        "items:\n  - |\n    x: 1\n  - b\n",  # the item itself: deeper than its dash
        "items:\n  - a: |\n      x: 1\n    b: 1\n",  # a key in an item: deeper than the key
    ],
)
def test_a_block_scalar_in_an_item_ends_where_its_key_or_dash_begins(text: str) -> None:
    assert [line.strip() for line in marked(text) if "#@" not in line] == ["x: 1"]


def test_an_action_over_several_lines_is_marked_behind_its_end_with_the_line_that_it_begins_on() -> None:
    text = 'a: {{ printf "%s"\n  .Values.a }}\nb: 1\n'
    assert marked(text) == ['a: {{ printf "%s"', "  .Values.a }} #@0:1@", "b: 1 #@0:3@"]


def test_marks_stand_before_the_end_of_a_windows_line() -> None:
    text = "a: 1\r\nb: {{ .Values.b }}\r\n{{ $x := 1 -}}\r\nc: 1\r\n"
    made = marked_sources([parse_template("templates/0.yaml", text)])["templates/0.yaml"]
    assert made == "a: 1 #@0:1@\r\n#@<0:2@\nb: {{ .Values.b }} #@0:2@\r\n{{ $x := 1 -}}\r\nc: 1 #@0:4@\r\n"


HELPER = '{{- define "x" }}\nk: v\n{{- end }}\n'


@pytest.mark.parametrize(
    "use",
    [
        'a: {{ if eq (include "x" .) "k: v" }}1{{ end }}\n',
        '{{ $x := include "x" . }}\n',
        'a: {{ include "x" . | sha256sum | trunc 8 }}\n',
        'a: {{ include "x" . | adler32sum }}\n',
        '{{ $x := include "x" . | sha256sum }}\n',
        'a: {{ include "x" . | trunc 63 | quote }}\n',
        '{{ dict "a" (include "x" .) | include "x" }}\n',
        '{{ range $k, $v := fromYaml (include "x" .) }}{{ $k }}{{ end }}\n',
    ],
)
def test_a_helper_whose_text_is_used_is_not_marked(use: str) -> None:
    assert "#@" not in "".join(marked(HELPER, use, '{{ include "x" . }}\n'))


@pytest.mark.parametrize(
    "use",
    [
        '{{ include "x" . }}\n',
        '{{- include "x" . | nindent 4 }}\n',
        '{{ template "x" . }}\n',
        '{{- dict "a" .Values | include "x" | nindent 4 }}\n',
        '{{- dict "a" .Values | include .Values.which }}\n',
    ],
)
def test_a_helper_that_is_only_printed_is_marked(use: str) -> None:
    assert "k: v #@0:2@" in marked(HELPER, use)


def test_what_an_unsafe_helper_includes_is_unsafe_too() -> None:
    outer = '{{- define "y" }}\n{{ include "x" . }}\n{{- end }}\n'
    assert "#@" not in "".join(marked(HELPER, outer, '{{ include "y" . | upper }}\n'))


@pytest.mark.parametrize("digest", ["sha256sum", "sha1sum", "sha512sum"])
def test_a_helper_whose_text_is_hashed_besides_is_marked(digest: str) -> None:
    assert "k: v #@0:2@" in marked(HELPER, f'a: {{{{ include "x" . | {digest} }}}}\n{{{{ include "x" . }}}}\n')


@pytest.mark.parametrize("digest", ["sha256sum", "sha256sum | trunc 63"])
def test_a_whole_files_digest_does_not_keep_its_helpers_from_marks(digest: str) -> None:
    use = f'{{{{ include (print $.Template.BasePath "/config.yaml") . | {digest} }}}}\n{{{{ include "x" . }}}}\n'
    assert "k: v #@0:2@" in marked(HELPER, use)


def test_a_computed_name_may_be_any_helper() -> None:
    assert "#@" not in "".join(marked(HELPER, "a: {{ if include .Values.which . }}1{{ end }}\n"))


def test_a_template_with_a_syntax_error_or_one_that_helm_rejected_stays_as_it_is() -> None:
    broken = parse_template("templates/0.yaml", "a: {{ if }\n")
    fine = parse_template("templates/1.yaml", "b: 1\n")
    assert marked_sources([broken, fine], skip=["templates/1.yaml"]) == {
        "templates/0.yaml": broken.text,
        "templates/1.yaml": fine.text,
    }


LONG = [f"  key{number}: {number}" for number in range(20)]


def test_a_stretch_without_actions_has_one_mark() -> None:
    text = "\n".join(["data:", *LONG, "{{- if .Values.a }}", "b: 1", "{{- end }}", ""])
    assert [line for line in marked(text) if "#@" in line] == ["data: #@0:1+19@", "  key19: 19 #@0:21@", "b: 1 #@0:23@"]


def test_a_stretch_ends_with_its_document() -> None:
    text = "\n".join(["a:", *LONG, "---", "b:", *LONG, ""])
    assert [line for line in marked(text) if "#@" in line] == ["a: #@0:1+20@", "b: #@0:23+20@"]


def test_a_few_lines_have_a_mark_each() -> None:
    assert len([line for line in marked("\n".join(["a:", *LONG[:15], ""])) if "#@" in line]) == 16


@pytest.mark.parametrize("head", ["run.sh: |", "- run.sh: >-", "- |"])
def test_a_block_scalar_that_a_stretch_begins_goes_on_behind_it(head: str) -> None:
    text = "\n".join(["a: 1", "b:", *LONG, head, "    some", "    {{ .Values.a }}", "    key: value", "c: 1", ""])
    assert [line for line in marked(text) if "#@" in line] == ["a: 1 #@0:1+23@", "c: 1 #@0:27@"]


def test_the_last_line_of_an_action_begins_no_stretch() -> None:
    text = "\n".join(['a: {{ printf "%s"', "  .Values.a }}", "b:", *LONG, ""])
    assert [line for line in marked(text) if "#@" in line] == ["  .Values.a }} #@0:1@", "b: #@0:3+20@"]


# --- reading the marks back ------------------------------------------------------------------------------------------


def template(text: str, path: str = "templates/a.yaml") -> TemplateFile:
    return parse_template(path, dedent(text))


def origins(plain: str, marked: str, *files: TemplateFile) -> list[int | None] | None:
    found = source_map(plain, marked, Templates(files))
    if found is None:
        return None
    lines = [found.origin(number) for number in range(1, plain.count("\n") + 1)]
    return [origin.line if origin else None for origin in lines]


A = template("a: 1\nb: {{ .Values.b }}\nc:\n  {{- toYaml .Values.c | nindent 2 }}\nd: 1\n")


def test_a_mark_before_a_line_and_one_behind_it() -> None:
    assert origins("a: 1\nb: x\n", "a: 1 #@0:1@\n#@<0:2@\nb: x #@0:2@\n", A) == [1, 2]


def test_a_whole_document_is_at_its_first_line() -> None:
    plain, made = "a: 1\nb: x\n", "a: 1 #@0:1@\n#@<0:2@\nb: x #@0:2@\n"
    (document,) = load_documents(plain, "templates/a.yaml", rendered=True)
    lines = source_map(plain, made, Templates((A,)))
    assert lines is not None
    place = locate(document.view, {document.alike: lines})
    assert (place.file, place.line, place.column) == ("templates/a.yaml", 1, 1)


def test_the_lines_of_a_stretch_are_in_order_whatever_their_indentation() -> None:
    file = template("\n".join(["data:", *LONG, ""]))
    plain = "\n".join(["top:", "  data:", *(f"  {line}" for line in LONG), "more: 1", ""])
    made = plain.replace("  data:", "  data: #@0:1+20@")
    assert origins(plain, made, file) == [None, *range(1, 22), None]


def test_a_stretch_ends_where_another_line_is_rendered() -> None:
    file = template("\n".join(["data:", *LONG, ""]))
    plain = "\n".join(["data:", *LONG[:3], "other: 1", *LONG[3:], ""])
    assert origins(plain, plain.replace("data:", "data: #@0:1+20@"), file) == [1, 2, 3, 4, *[None] * 18]


def test_the_first_mark_on_a_line_counts() -> None:
    assert origins("a: 1\n", "a: 1 #@0:4@ #@0:2@\n", A) == [4]


def test_the_lines_of_a_longer_output_belong_to_the_one_line_that_prints_between_the_marks() -> None:
    plain = "c:\n  x: 1\n  y: 2\n  z: 3\n"
    assert origins(plain, "c: #@0:3@\n  x: 1\n  y: 2\n  z: 3 #@0:4@\n", A) == [3, 4, 4, 4]


def test_all_between_the_two_marks_of_one_line_is_its_output() -> None:
    assert origins("b:\n  x: 1\n  y: 2\n", "#@<0:2@\nb:\n  x: 1\n  y: 2 #@0:2@\n", A) == [2, 2, 2]


def test_between_two_rounds_of_a_range_nothing_is_claimed() -> None:
    assert origins("b: 1\nq: 1\nb: 2\n", "b: 1 #@0:2@\nq: 1\nb: 2 #@0:2@\n", A) == [2, None, 2]


def test_between_two_lines_that_print_nothing_is_claimed() -> None:
    plain = "a: 1\n?: 1\nd: 1\n"
    assert origins(plain, "a: 1 #@0:1@\n?: 1\nd: 1 #@0:5@\n", A) == [1, None, 5]


def test_between_marks_of_two_files_nothing_is_claimed() -> None:
    other = template("x: 1\ny: 2\n", "templates/b.yaml")
    assert origins("a: 1\nq: 1\nx: 1\n", "a: 1 #@0:1@\nq: 1\nx: 1 #@1:1@\n", A, other) == [1, None, 1]


def test_a_document_that_differs_in_more_than_marks_is_not_located() -> None:
    assert origins("a: 1\n", "a: 2 #@0:1@\n", A) is None
    assert origins("a: 1\n", "a: 1 #@0:1@\nb: 2 #@0:2@\n", A) is None


@pytest.mark.parametrize("own", ["#@999:1@", "#@0:999@", "#@0:1+999@", "#@7:1+2@", "#@<9:1@", f"#@{'9' * 5000}:1@"])
def test_what_a_chart_prints_in_the_form_of_a_mark_is_not_taken_for_one(own: str) -> None:
    file = template(f"a: 1 {own}\nb: 2\n")
    plain, made = f"a: 1 {own}\nb: 2\n", f"a: 1 {own} #@0:1@\nb: 2 #@0:2@\n"
    assert origins(plain, made, file) in (None, [1, 2])


def test_a_digest_of_a_marked_file_may_differ() -> None:
    assert origins(f"a: {'0a' * 32}\n", f"a: {'1b' * 32} #@0:1@\n", A) == [1]
    assert origins(f"a: {'0a0' * 21}\n", f"a: {'1b1' * 21} #@0:1@\n", A) == [1]  # cut to fit a label


def test_a_blank_at_a_lines_end_may_differ() -> None:
    assert origins("c:\n", "c:  #@0:3@\n", A) == [3]


@given(st.text(alphabet='ab:- \n|>{}-i$."#', max_size=200))
def test_taking_the_marks_out_gives_back_the_text(text: str) -> None:
    file = parse_template("templates/a.yaml", text)
    if file.tree is None:
        return
    made = marked_sources([file])["templates/a.yaml"]
    assert source_map(text, made, Templates([file])) is not None
