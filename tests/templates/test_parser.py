"""Trees, positions, and text/template's own words for what is no template."""

from __future__ import annotations

import pytest
from hypothesis import given

from helm_constitution.templates import TemplateFile, TemplateSyntaxError, parse_template
from helm_constitution.templates.nodes import (
    Action,
    Block,
    Bool,
    Break,
    Chain,
    Command,
    Comment,
    Control,
    Define,
    Field,
    Identifier,
    If,
    Node,
    Number,
    Pipeline,
    Range,
    String,
    TemplateCall,
    Text,
    Variable,
    With,
    commands,
    contents,
    pipelines,
)
from helm_constitution.text.yaml_document import Span

from .test_lexer import TEMPLATES


def parsed(text: str) -> TemplateFile:
    file = parse_template("templates/a.yaml", text)
    assert file.error is None
    return file


def only(text: str) -> Node:
    tree = parsed(text).tree
    assert tree is not None
    assert len(tree) == 1
    return tree[0]


def expression(text: str) -> Node:
    """The only operand of the only command of an action."""
    action = only(text)
    assert isinstance(action, Action)
    return action.pipeline.commands[0].args[0]


def error(text: str) -> TemplateSyntaxError:
    file = parse_template("templates/a.yaml", text)
    assert file.tree is None
    assert not file.defines
    assert file.error is not None
    return file.error


def test_a_template_without_actions_is_one_text() -> None:
    assert isinstance(only("kind: Pod\n"), Text)


def test_an_empty_file_has_an_empty_tree() -> None:
    assert parsed("").tree == ()


def test_trim_markers_take_the_space_from_the_text() -> None:
    file = parsed("a:  \n{{- .b -}}\n  c {{ .d }} ")
    assert file.tree is not None
    assert [file.source(node) for node in file.tree] == ["a:", "{{- .b -}}", "c ", "{{ .d }}", " "]


def test_a_trimmed_space_leaves_no_text() -> None:
    file = parsed("{{ .a -}} \n {{- .b }}")
    assert file.tree is not None
    assert [type(node) for node in file.tree] == [Action, Action]


@pytest.mark.parametrize("text", ["{{/* a */}}", "{{- /* a */ -}}", "{{-\n/* {{ .a }} */\n-}}"])
def test_comments(text: str) -> None:
    node = only(text)
    assert isinstance(node, Comment)
    assert node.text == text


def test_spans_count_lines_and_code_points_from_one() -> None:
    file = parsed("ä: 1\nü: {{ .Values.b }}\n")
    assert file.tree is not None
    action = file.tree[1]
    assert file.span(action) == Span(2, 4, 2, 19)
    assert isinstance(action, Action)
    assert file.span(action.pipeline.commands[0].args[0]) == Span(2, 7, 2, 16)


def test_a_span_reaches_over_lines() -> None:
    file = parsed("{{ if .a }}\r\nb\r\n{{ end }}\r\n")
    assert file.tree is not None
    assert file.span(file.tree[0]) == Span(1, 1, 3, 10)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("42", 42),
        ("-7", -7),
        ("+7", 7),
        ("0x1F", 31),
        ("0o17", 15),
        ("017", 15),
        ("0b101", 5),
        ("1_000", 1000),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("0x1p4", 16.0),
        ("'a'", 97),
        ("'\\n'", 10),
        ("'\\''", 39),
        ("1+2i", None),
    ],
)
def test_numbers(text: str, value: float | None) -> None:
    node = expression(f"{{{{ {text} }}}}")
    assert isinstance(node, Number)
    assert node.value == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"a b"', "a b"),
        ('""', ""),
        ("`a\\n\nb`", "a\\n\nb"),
        ("`a\r\nb`", "a\nb"),
        (r'"a\n\t\"\\"', 'a\n\t"\\'),
        (r'"\u00e9\U0001F600"', "é😀"),
        (r'"\xc3\xa9"', "é"),
        (r'"\101"', "A"),
        ('"}}"', "}}"),
        ('"{{ .a }}"', "{{ .a }}"),
    ],
)
def test_strings(text: str, value: str) -> None:
    node = expression(f"{{{{ {text} }}}}")
    assert isinstance(node, String)
    assert node.value == value


def test_fields_variables_and_chains() -> None:
    field = expression("{{ .Values.a.b }}")
    assert isinstance(field, Field)
    assert field.names == ("Values", "a", "b")
    root = expression("{{ $.Values.a }}")
    assert isinstance(root, Variable)
    assert (root.name, root.names) == ("$", ("Values", "a"))
    chain = expression('{{ (index .Values "a").b.c }}')
    assert isinstance(chain, Chain)
    assert isinstance(chain.base, Pipeline)
    assert chain.names == ("b", "c")
    assert (chain.start, chain.end) == (3, 26)


def test_a_pipeline_has_commands_and_arguments() -> None:
    file = parsed('{{ include "a.b" (dict "c" true) | nindent 4 }}')
    assert file.tree is not None
    action = file.tree[0]
    assert isinstance(action, Action)
    first, second = action.pipeline.commands
    assert [type(arg) for arg in first.args] == [Identifier, String, Pipeline]
    assert [file.source(arg) for arg in second.args] == ["nindent", "4"]
    assert file.source(first.args[2]) == '(dict "c" true)'
    assert file.source(action.pipeline) == 'include "a.b" (dict "c" true) | nindent 4'
    inner = [command.args[0] for command in commands(action.pipeline)]
    assert [node.name for node in inner if isinstance(node, Identifier)] == ["include", "nindent", "dict"]


@pytest.mark.parametrize(
    ("text", "variables", "assigns"),
    [("{{ $a := 1 }}", ("$a",), False), ("{{ $a := 1 }}{{ $a = 2 }}", ("$a",), True), ("{{$a:=.b}}", ("$a",), False)],
)
def test_variables_are_declared_and_assigned(text: str, variables: tuple[str, ...], assigns: bool) -> None:
    tree = parsed(text).tree
    assert tree is not None
    last = tree[-1]
    assert isinstance(last, Action)
    assert (last.pipeline.variables, last.pipeline.assigns) == (variables, assigns)


def test_a_range_declares_two_variables_and_may_break() -> None:
    node = only("{{ range $i, $e := .Values.list }}{{ if $i }}{{ break }}{{ end }}{{ else }}none{{ end }}")
    assert isinstance(node, Range)
    loop, otherwise = node.branches
    assert loop.pipeline is not None
    assert loop.pipeline.variables == ("$i", "$e")
    assert otherwise.pipeline is None
    assert any(isinstance(content, Break) for content in contents([node]))


@pytest.mark.parametrize(("keyword", "kind"), [("if", If), ("with", With)])
def test_else_chains_are_flat(keyword: str, kind: type[Control]) -> None:
    text = f"{{{{ {keyword} .a }}}}1{{{{ else {keyword} .b }}}}2{{{{ else }}}}3{{{{ end }}}}"
    node = only(text)
    assert isinstance(node, kind)
    assert [text[branch.start : branch.end] for branch in node.branches] == [
        f"{{{{ {keyword} .a }}}}",
        f"{{{{ else {keyword} .b }}}}",
        "{{ else }}",
    ]
    assert [len(branch.body) for branch in node.branches] == [1, 1, 1]
    assert len(list(pipelines(node))) == 2


def test_named_templates() -> None:
    file = parsed('{{- define "a" -}}x{{- end }}\n{{ block "b" . }}y{{ end }}{{ template "a" .c }}{{ template `b` }}')
    assert list(file.defines) == ["a", "b"]
    define, block = file.defines["a"], file.defines["b"]
    assert type(define) is Define
    assert file.text[define.start : define.head_end] == '{{- define "a" -}}'
    assert isinstance(block, Block)
    assert file.tree is not None
    calls = [node for node in file.tree if isinstance(node, TemplateCall)]
    assert [(call.name, call.pipeline is None) for call in calls] == [("a", False), ("b", True)]


def test_an_empty_definition_does_not_replace_a_full_one() -> None:
    file = parsed('{{ define "a" }}x{{ end }}{{ define "a" }} {{/* later */}} {{ end }}')
    assert file.source(file.defines["a"]).startswith('{{ define "a" }}x')


def test_contents_come_in_the_order_of_the_text() -> None:
    file = parsed('{{ define "a" }}{{ if .b }}1{{ else }}2{{ end }}3{{ end }}4')
    assert file.tree is not None
    texts = [file.source(node) for node in contents(file.tree) if isinstance(node, Text)]
    assert texts == ["1", "2", "3", "4"]


def test_true_is_a_word_of_the_language_and_truer_is_not() -> None:
    assert isinstance(expression("{{ true }}"), Bool)
    assert isinstance(expression("{{ truer }}"), Identifier)


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("a\n{{ .b", "unclosed action", 2, 6),
        ("{{ .b\n.c", "unclosed action started at templates/a.yaml:1", 2, 3),
        ("{{ if .a }}\nb", "unexpected EOF", 2, 2),
        ("{{ end }}", "unexpected {{end}}", 1, 1),
        ("{{ if .a }}{{ else }}{{ else }}{{ end }}", "expected end; found {{else}}", 1, 22),
        ("{{ if .a }}{{ else with .b }}{{ end }}", "unexpected <with> in input", 1, 20),
        ("{{ }}", "missing value for command", 1, 4),
        ("{{ if }}{{ end }}", "missing value for if", 1, 7),
        ("{{ .a.b-c }}", "bad character U+002D '-'", 1, 4),
        ("{{ $x }}", 'undefined variable "$x"', 1, 4),
        ("{{ if .a }}{{ $x := 1 }}{{ end }}{{ $x }}", 'undefined variable "$x"', 1, 37),
        ('{{ define "a" }}{{ $x }}{{ end }}', 'undefined variable "$x"', 1, 20),
        ('{{ "a }}', "unterminated quoted string", 1, 4),
        ("{{ `a }}", "unterminated raw quoted string", 1, 4),
        ("{{ 'ab' }}", "malformed character constant: 'ab'", 1, 4),
        ('{{ "\\q" }}', "invalid syntax", 1, 4),
        ("{{/* a }}", "unclosed comment", 1, 3),
        ("{{/* a */ }}", "comment ends before closing delimiter", 1, 3),
        ("{{ (.a }}", "unclosed left paren", 1, 8),
        ("{{ .a) }}", "unexpected right paren", 1, 6),
        ("{{ .a } }}", 'unexpected "}" in operand', 1, 7),
        ("{{ .a | 1 }}", "non executable command in pipeline stage 2", 1, 11),
        ('{{ "a".b }}', 'unexpected . after term "\\"a\\""', 1, 7),
        ("{{ 3k }}", 'bad number syntax: "3k"', 1, 4),
        ("{{ 09 }}", 'integer overflow: "09"', 1, 4),
        ("{{ break }}", "{{break}} outside {{range}}", 1, 1),
        ("{{ range .a }}{{ else }}{{ continue }}{{ end }}", "{{continue}} outside {{range}}", 1, 25),
        ("{{ $a, $b := .c }}", "too many declarations in command", 1, 8),
        ("{{ template .a }}", 'unexpected ".a" in template clause', 1, 13),
        ('{{ if .a }}{{ define "b" }}{{ end }}{{ end }}', "unexpected <define> in command", 1, 15),
        (
            '{{ define "a" }}1{{ end }}{{ define "a" }}2{{ end }}',
            'template: multiple definition of template "a"',
            1,
            44,
        ),
        ("{{ .Values.a.b if }}", "unexpected <if> in operand", 1, 16),
        ("{{ {{ .a }} }}", 'unexpected "{" in command', 1, 4),
        ("{{ é§ }}", "bad character U+00A7 '§'", 1, 4),
        ('{{ "a"-}}', 'unexpected "-" in operand', 1, 7),
    ],
)
def test_syntax_errors_are_told_as_text_template_tells_them(text: str, message: str, line: int, column: int) -> None:
    assert error(text) == TemplateSyntaxError(message, line, column)


@pytest.mark.parametrize(
    "text", ["{{" + "(" * 5000 + "1" + ")" * 5000 + "}}", "{{ if .a }}" * 5000 + "{{ end }}" * 5000]
)
def test_bombs_of_depth_are_errors(text: str) -> None:
    assert "dep" in error(text).message or "deeper" in error(text).message


def test_what_is_merely_long_is_read() -> None:
    parsed("{{ if .a }}" + "{{ else if .b }}x" * 2000 + "{{ end }}")
    parsed("{{ .a" + " | quote" * 5000 + " }}")
    parsed("{{ " + "(" * 100 + "1" + ")" * 100 + " }}")


@given(TEMPLATES)
def test_any_text_is_a_tree_or_an_error_inside_of_it(text: str) -> None:
    file = parse_template("templates/a.yaml", text)
    if file.error is not None:
        assert file.tree is None
        assert 1 <= file.error.line <= text.count("\n") + 1
        assert file.error.column >= 1
        return
    assert file.tree is not None
    cursor = 0
    for node in file.tree:
        assert cursor <= node.start < node.end <= len(text)
        cursor = node.end
    for node in contents(file.tree):
        for pipeline in pipelines(node):
            assert node.start <= pipeline.start < pipeline.end <= node.end
            for command in commands(pipeline):
                check_inside(command, pipeline)


def check_inside(command: Command, pipeline: Pipeline) -> None:
    cursor = pipeline.start
    for arg in command.args:
        assert cursor <= arg.start < arg.end <= pipeline.end
        cursor = arg.end
