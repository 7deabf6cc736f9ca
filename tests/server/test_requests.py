"""Hovers, code actions, definitions, references and lenses over a real stream."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from lsprotocol import types
from markdown_it import MarkdownIt

from tests.server.editor import Editor, editor
from tests.support import WEB, write

pytestmark = pytest.mark.helm

FILES = (types.ResourceOperationKind.Create, types.ResourceOperationKind.Rename)
"""What an editor does with files."""
MARKUP = {
    *("text", "text_special", "code_inline", "softbreak", "strong_open", "strong_close", "em_open", "em_close"),
    *("link_open", "link_close"),
}
"""What a hover may consist of, in lines of text."""
HELPERS = """
    {{- define "web.name" -}}
    {{ .Release.Name }}-web
    {{- end }}
    """


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A repository with the chart of ``tests.support``, whose name comes from a named template."""
    (tmp_path / ".git").mkdir()
    deployment = WEB["web/templates/deployment.yaml"]
    named = deployment.replace("{{ .Release.Name }}-web", '{{ include "web.name" . }}')
    write(tmp_path, {**WEB, "web/templates/deployment.yaml": named, "web/templates/_helpers.tpl": HELPERS})
    return tmp_path / "web"


def place(file: Path, text: str, word: str) -> types.TextDocumentPositionParams:
    """The place of a word in a file's text."""
    before = text[: text.index(word)]
    row = before.count("\n")
    column = len(before) - (before.rfind("\n") + 1)
    return types.TextDocumentPositionParams(
        types.TextDocumentIdentifier(file.as_uri()), types.Position(row, column + 1)
    )


async def hover(shown: Editor, file: Path, text: str, word: str) -> str:
    """The text of the hover over a word."""
    at = place(file, text, word)
    found = await shown.client.text_document_hover_async(types.HoverParams(at.text_document, at.position))
    if found is None:
        return ""
    assert isinstance(found.contents, types.MarkupContent)
    return found.contents.value


async def actions(shown: Editor, file: Path, row: int, *only: str) -> dict[str, types.CodeAction]:
    """The code actions of a row of a file, by their titles."""
    stretch = types.Range(types.Position(row, 0), types.Position(row, 0))
    context = types.CodeActionContext([], only=list(only) or None)
    params = types.CodeActionParams(types.TextDocumentIdentifier(file.as_uri()), stretch, context)
    found = await shown.client.text_document_code_action_async(params) or []
    return {one.title: one for one in found if isinstance(one, types.CodeAction)}


def applied(text: str, edits: list[types.TextEdit]) -> str:
    """A text of plain letters with an editor's edits."""
    lines = text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]

    def offset(at: types.Position) -> int:
        return starts[at.line] + at.character

    for edit in sorted(edits, key=lambda one: offset(one.range.start), reverse=True):
        text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
    return text


def test_a_hover_tells_what_reads_a_value_and_what_it_renders_to(web: Path) -> None:
    async def session() -> None:
        async with editor(web.parent) as shown:
            values = web / "values.yaml"
            await shown.open(values)
            text = "# The image.\nimage: unsaved:2\n# Where notes go.\nnotes: none\n"
            await shown.edit(values, text)
            told = await hover(shown, values, text, "image:")
            assert "`image`" in told
            assert "The image." in told
            assert "`templates/deployment.yaml:14`" in told
            assert "# Deployment release-name-web (defaults)" in told
            assert "image: unsaved:2" in told
            unused = await hover(shown, values, text, "notes:")
            assert "No template reads it" in unused
            assert "**values/unused**: " in unused
            assert "*Why:*" in unused

    asyncio.run(session())


HOSTILE = """
    # The picture, [run](command:workbench.action.terminal.new) ![seen](https://example.org/x.png) <img src=x> `a`
    # **bold** ``` https://example.org (@team)
    image: "web:1`[x](command:y)"
    # Where notes go.
    notes:
      a: |
        ```
        [run](command:x) ![seen](https://example.org/x.png)
    """


def test_a_hover_holds_no_link_image_or_markup_of_a_charts_texts(web: Path) -> None:
    template = web / "templates" / "notes.yaml"
    name = "a`[run](command:x)"
    notes = f'kind: ConfigMap\nmetadata:\n  name: "{name}"\ndata: {{{{ toYaml .Values.notes | nindent 2 }}}}\n'
    write(web.parent, {"web/values.yaml": HOSTILE, "web/templates/notes.yaml": f"apiVersion: v1\n{notes}"})

    async def session() -> None:
        async with editor(web.parent) as shown:
            values = web / "values.yaml"
            await shown.open(values)
            hovers = [await hover(shown, values, values.read_text(), word) for word in ("image:", "notes:", "a: |")]
            await shown.open(template)
            hovers.append(await hover(shown, template, template.read_text(), ".Values.notes"))
            assert "command:workbench" in hovers[0]
            assert all("command:x" in told for told in hovers[1:])
            for told in hovers:
                tokens = MarkdownIt("commonmark").parse(told)
                parts = [child for token in tokens for child in token.children or ()]
                assert {part.type for part in parts} <= MARKUP
                assert [part.attrs["href"] for part in parts if part.attrs and "/rules/" not in str(part.attrs)] == []
                assert "html_block" not in {token.type for token in tokens}
                prose = [token.content for token in tokens if token.type == "inline" and "`" not in token.content]
                assert [text for text in prose if re.search(r"@team|https://example", text)] == []

    asyncio.run(session())


KEPT = """
    # Like --token=kanari1.
    auth:
      password: kanari2
      pem: |
        -----BEGIN PRIVATE KEY-----
        kanari3
        -----END PRIVATE KEY-----
    """


def test_a_hover_holds_no_secret(web: Path) -> None:
    template = "data:\n  a: {{ .Values.auth.password }}\n  b: |\n    {{- .Values.auth.pem | nindent 4 }}\n"
    secret = f"kind: Secret\napiVersion: v1\nmetadata: {{name: s}}\n{template}"
    write(web, {"values.yaml": KEPT, "templates/secret.yaml": secret, "templates/map.yaml": template})

    async def session() -> None:
        async with editor(web.parent) as shown:
            values = web / "values.yaml"
            await shown.open(values)
            hovers = [await hover(shown, values, values.read_text(), word) for word in ("auth:", "password:", "pem:")]
            assert "Like --token=" in hovers[0].replace("\\", "")
            assert all("…" in one for one in hovers)
            for name in ("secret.yaml", "map.yaml"):
                file = web / "templates" / name
                await shown.open(file)
                words = (".Values.auth.password", ".Values.auth.pem")
                hovers += [await hover(shown, file, file.read_text(), word) for word in words]
            assert [one for one in hovers if "kanari" in one] == []

    asyncio.run(session())


def test_a_hover_tells_what_a_template_line_renders_to(web: Path) -> None:
    async def session() -> None:
        async with editor(web.parent) as shown:
            template = web / "templates" / "deployment.yaml"
            await shown.open(template)
            text = template.read_text()
            told = await hover(shown, template, text, ".Values.image")
            assert "Default: `web:1.2.3`" in told
            assert "image: web:1.2.3" in told
            assert "web.name" in await hover(shown, template, text, "web.name")

    asyncio.run(session())


def test_a_hover_tells_which_values_decide_about_a_template_line(web: Path) -> None:
    text = """{{- if .Values.api.enabled }}
apiVersion: v1
kind: Service
metadata:
  name: {{ .Values.api.name }}-{{ .Release.Name }}
spec:
  {{- with .Values.api.ports }}
  type: ClusterIP
  {{- else }}
  type: ExternalName
  {{- end }}
{{- else if .Values.image }}
kind: ConfigMap
{{- end }}
"""
    write(web, {"templates/api.yaml": text})

    async def session() -> None:
        async with editor(web.parent) as shown:
            template = web / "templates" / "api.yaml"
            await shown.open(template)
            name = await hover(shown, template, text, "name:")
            assert "Prints `api.name`" in name
            assert "Depends on `api.enabled` (line 1)\n" in f"{name}\n"
            assert (
                "Depends on `api.enabled` (line 1), `api.ports` (line 7)\n"
                in f"{await hover(shown, template, text, 'ClusterIP')}\n"
            )
            assert (
                "Depends on `api.enabled` (line 1), `image` (line 12)\n"
                in f"{await hover(shown, template, text, 'ConfigMap')}\n"
            )

    asyncio.run(session())


def test_a_hover_in_a_constitution_tells_the_rules_of_a_statement(web: Path) -> None:
    async def session() -> None:
        async with editor(web.parent) as shown:
            constitution = web.parent / "constitution.md"
            await shown.open(constitution, language="markdown")
            told = await hover(shown, constitution, constitution.read_text(), "Containers MUST")
            assert "**MUST NOT**: fail" in told
            assert "`security/privileged`" in told
            assert await hover(shown, constitution, constitution.read_text(), "# Ours") == ""

    asyncio.run(session())


def test_definitions_and_references(web: Path) -> None:
    write(web, {"values.schema.json": '{"properties": {\n"image": {"type": "string"}}}\n'})

    async def session() -> None:
        async with editor(web.parent) as shown:
            template, values = web / "templates" / "deployment.yaml", web / "values.yaml"
            await shown.open(template)
            await shown.open(values)
            at = place(template, template.read_text(), ".Values.image")
            found = await shown.client.text_document_definition_async(
                types.DefinitionParams(at.text_document, at.position)
            )
            assert isinstance(found, list | tuple)
            assert [(Path(one.uri).name, one.range.start.line) for one in found if isinstance(one, types.Location)] == [
                ("values.yaml", 1),
                ("values.schema.json", 1),
            ]
            at = place(values, values.read_text(), "image:")
            context = types.ReferenceContext(include_declaration=False)
            reads = await shown.client.text_document_references_async(
                types.ReferenceParams(context, at.text_document, at.position)
            )
            assert [(Path(one.uri).name, one.range.start.line) for one in reads or ()] == [("deployment.yaml", 13)]
            at = place(template, template.read_text(), "web.name")
            found = await shown.client.text_document_definition_async(
                types.DefinitionParams(at.text_document, at.position)
            )
            assert isinstance(found, list | tuple)
            assert [Path(one.uri).name for one in found if isinstance(one, types.Location)] == ["_helpers.tpl"]

    asyncio.run(session())


def test_waiving_a_finding_asks_for_reasons(web: Path) -> None:
    async def session() -> None:
        async with editor(web.parent, operations=FILES) as shown:
            template = web / "templates" / "deployment.yaml"
            (first, _) = await shown.open(template)
            offered = await actions(shown, template, first.range.start.line)
            waive = offered["Waive security/privileged here (fill in both reasons)"]
            assert waive.edit is not None
            assert waive.edit.document_changes is not None
            (create, change) = waive.edit.document_changes
            assert isinstance(create, types.CreateFile)
            assert isinstance(change, types.TextDocumentEdit)
            written = "".join(edit.new_text for edit in change.edits if isinstance(edit, types.TextEdit))
            assert "rule: security/privileged" in written
            assert "container: web" in written
            configuration = web / ".helm-constitution.yaml"
            configuration.write_text(written)
            (asked,) = await shown.open(configuration)
            assert "why_needed" in asked.message

    asyncio.run(session())


def test_a_fix_at_its_finding_and_all_safe_fixes_at_once(web: Path) -> None:
    demand = "Actions MUST have spaces. <!-- rules: templates/spacing -->"
    write(web.parent, {"constitution.md": f"# Ours\n\n## Templates\n\n{demand}\n"})

    async def session() -> None:
        async with editor(web.parent) as shown:
            template = web / "templates" / "deployment.yaml"
            await shown.open(template)
            text = template.read_text().replace("{{ .Values.image }}", "{{.Values.image}}")
            (spacing,) = await shown.edit(template, text)
            fix = next(iter((await actions(shown, template, spacing.range.start.line, "quickfix")).values()))
            assert fix.is_preferred
            assert fix.edit is not None
            assert fix.edit.changes is not None
            assert applied(text, list(fix.edit.changes[template.as_uri()])) == template.read_text()
            offered = await actions(shown, template, 0, "source.fixAll")
            (action,) = offered.values()
            assert action.kind == "source.fixAll.helm-constitution"
            resolved = await shown.client.code_action_resolve_async(action)
            assert resolved.edit is not None
            assert resolved.edit.changes is not None
            ((uri, edits),) = resolved.edit.changes.items()
            assert uri == template.as_uri()
            assert applied(text, list(edits)) == template.read_text()

    asyncio.run(session())


def test_a_lens_tells_the_scenarios_of_a_template(web: Path) -> None:
    async def session() -> None:
        async with editor(web.parent) as shown:
            template = web / "templates" / "deployment.yaml"
            await shown.open(template)
            params = types.CodeLensParams(types.TextDocumentIdentifier(template.as_uri()))
            found = await shown.client.text_document_code_lens_async(params) or ()
            assert [one.command.title for one in found if one.command is not None] == ["rendered with defaults"]

    asyncio.run(session())


def test_lenses_tell_what_no_scenario_renders(web: Path) -> None:
    branch = "{{ if .Values.extra }}\nkind: ConfigMap\n{{ else }}\n# none\n{{ end }}\n"
    write(web, {"templates/extra.yaml": branch})

    async def session() -> None:
        async with editor(web.parent) as shown:
            template = web / "templates" / "extra.yaml"
            await shown.open(template)
            params = types.CodeLensParams(types.TextDocumentIdentifier(template.as_uri()))
            found = await shown.client.text_document_code_lens_async(params) or ()
            titles = [(one.range.start.line, one.command.title) for one in found if one.command is not None]
            left_out = "no scenario renders this branch"
            assert titles == [(0, "rendered with defaults"), (0, "1 of 2 branches rendered"), (0, left_out)]
            await shown.edit(template, f"# A line more.\n{branch}")
            found = await shown.client.text_document_code_lens_async(params) or ()
            assert [one.command.title for one in found if one.command is not None] == ["rendered with defaults"]

    asyncio.run(session())


def test_from_a_value_to_its_schema_and_back(web: Path) -> None:
    image = {"type": "object", "properties": {"tag": {"type": "string"}, "name": {"type": "string"}}}
    schema = json.dumps({"type": "object", "properties": {"image": image}}, indent=2)
    write(web, {"values.yaml": "image:\n  name: web\n  tag: v1\n", "values.schema.json": schema})

    async def session() -> None:
        async with editor(web.parent) as shown:
            values, described = web / "values.yaml", web / "values.schema.json"
            await shown.open(values)
            await shown.open(described, language="json")
            for file, text in ((values, values.read_text()), (described, schema)):
                at = place(file, text, "tag")
                params = types.DefinitionParams(at.text_document, at.position)
                found = await shown.client.text_document_definition_async(params)
                assert isinstance(found, Sequence)
                places = [(one.uri, one.range.start.line) for one in found if isinstance(one, types.Location)]
                assert places == [(values.as_uri(), 2), (described.as_uri(), 6)]

    asyncio.run(session())


@pytest.mark.parametrize("can", [True, False])
def test_a_fix_that_renames_a_file_needs_an_editor_that_can(web: Path, can: bool) -> None:
    (web / "templates" / "deployment.yaml").rename(web / "templates" / "webDeployment.yaml")
    demand = "Files MUST have names of kinds. <!-- rules: templates/file-name -->"
    write(web.parent, {"constitution.md": f"# Ours\n\n## Templates\n\n{demand}\n"})

    async def session() -> None:
        async with editor(web.parent, operations=FILES if can else ()) as shown:
            template = web / "templates" / "webDeployment.yaml"
            (name,) = await shown.open(template)
            offered = await actions(shown, template, name.range.start.line, "quickfix")
            renames = [action.edit for title, action in offered.items() if title.startswith("Rename")]
            new = web / "templates" / "web-deployment.yaml"
            expected = types.RenameFile(template.as_uri(), new.as_uri())
            assert [edit.document_changes for edit in renames if edit is not None] == ([(expected,)] if can else [])

    asyncio.run(session())


@pytest.mark.parametrize("can", [True, False])
def test_all_safe_fixes_rename_files_in_an_editor_that_can(web: Path, can: bool) -> None:
    template = web / "templates" / "deployment.yaml"
    text = template.read_text()
    crowded = text.replace("{{ .Values.image }}", "{{.Values.image}}")
    old, new = web / "templates" / "webDeployment.yaml", web / "templates" / "web-deployment.yaml"
    template.rename(old)
    naming = "Files MUST have names of kinds. <!-- rules: templates/file-name -->"
    spacing = "Actions MUST have spaces. <!-- rules: templates/spacing -->"
    write(web.parent, {"constitution.md": f"# Ours\n\n## Templates\n\n{naming}\n\n{spacing}\n"})

    async def session() -> None:
        async with editor(web.parent, operations=FILES if can else ()) as shown:
            await shown.open(old)
            assert {one.code for one in await shown.edit(old, crowded)} == {"templates/file-name", "templates/spacing"}
            (action,) = (await actions(shown, old, 0, "source.fixAll")).values()
            edit = (await shown.client.code_action_resolve_async(action)).edit
            assert edit is not None
            if can:
                assert edit.document_changes is not None
                (rename, change) = edit.document_changes
                assert rename == types.RenameFile(old.as_uri(), new.as_uri())
                assert isinstance(change, types.TextDocumentEdit)
                assert change.text_document.uri == new.as_uri()
                edits = [one for one in change.edits if isinstance(one, types.TextEdit)]
            else:
                assert edit.document_changes is None
                assert edit.changes is not None
                edits = list(edit.changes[old.as_uri()])
            assert applied(crowded, edits) == text

    asyncio.run(session())
