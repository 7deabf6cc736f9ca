"""Hostile texts of a chart and its team in what an editor shows: diagnostics, lenses, hovers, titles of actions."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from lsprotocol import types
from markdown_it import MarkdownIt

from tests.cli.test_hostile_teams import KINDS
from tests.report.support import steering
from tests.server.editor import editor
from tests.server.test_requests import MARKUP
from tests.support import WEB, write

pytestmark = pytest.mark.helm
BLOCKS = {"paragraph_open", "paragraph_close", "inline", "fence", "code_block", "hr"}
LISTS = {f"{name}_{end}" for name in ("bullet_list", "list_item") for end in ("open", "close")}


def laid_out(root: Path, text: str) -> None:
    quoted, key = json.dumps(text), json.dumps(text[:100])
    scenario = f"{{name: odd, set: [{json.dumps(f'refuses=true,image={text[:200]}')}]}}"
    config = (
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {quoted}}}\ndata: {{a: {{{{ .Values.note | quote }}}}}}\n"
    )
    named = f"{{{{ define {json.dumps(text[:100])} }}}}{{{{ if .Values.refuses }}}}x{{{{ end }}}}{{{{ end }}}}\n"
    write(root, {**WEB, ".git/HEAD": ""})
    for file, content in {
        "web/values.yaml": f"# {text.splitlines()[0]}\nimage: {quoted}\n{key}: {quoted}\nnote: {quoted}\n",
        "web/templates/config.yaml": config + "{{ if .Values.refuses }}{{ fail " + quoted + " }}{{ end }}\n",
        "web/templates/_named.tpl": named,
        ".helm-constitution.yaml": f"scenarios: [{scenario}]\nselect: [values, docs, templates, helm]\n",
        ".helm-constitution-debt.yaml": f"version: 1\ncharts: {{}}\n# {text.splitlines()[0]}\n",
    }.items():
        (root / file).write_text(content, "utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_no_text_steers_an_editor(tmp_path: Path, kind: str) -> None:
    laid_out(tmp_path, KINDS[kind])
    files = [tmp_path / "web" / name for name in ("values.yaml", "templates/config.yaml", "templates/_named.tpl")]
    shown: list[str] = []
    hovers: list[str] = []

    async def session() -> None:
        async with editor(tmp_path) as open_editor:
            for file in files:
                await open_editor.open(file)
                document = types.TextDocumentIdentifier(file.as_uri())
                lenses = await open_editor.client.text_document_code_lens_async(types.CodeLensParams(document))
                shown.extend(lens.command.title for lens in lenses or () if lens.command is not None)
                for row in range(len(file.read_text("utf-8").splitlines())):
                    stretch = types.Range(types.Position(row, 1), types.Position(row, 1))
                    actions = await open_editor.client.text_document_code_action_async(
                        types.CodeActionParams(document, stretch, types.CodeActionContext([]))
                    )
                    shown.extend(action.title for action in actions or ())
                    for column in (1, 30):
                        found = await open_editor.client.text_document_hover_async(
                            types.HoverParams(document, types.Position(row, column))
                        )
                        if found is not None and isinstance(found.contents, types.MarkupContent):
                            hovers.append(found.contents.value)
            for published in open_editor.published.values():
                for one in published.diagnostics:
                    shown.append(one.message)
                    shown.extend(related.message for related in one.related_information or ())
            shown.extend(open_editor.messages)

    asyncio.run(session())
    assert len(shown) > 10, shown
    assert len(hovers) > 3
    for text in (*shown, *hovers):
        assert steering(text) == []
    for hover in hovers:
        tokens = MarkdownIt("commonmark").parse(hover)
        assert {token.type for token in tokens} <= BLOCKS | LISTS
        parts = [part for token in tokens for part in token.children or ()]
        assert {part.type for part in parts} <= MARKUP
        assert all("example.org" not in str(part.attrs) for part in parts)


def test_nothing_of_the_workspace_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An editor starts the server in the workspace."""
    witness = tmp_path / "ran"
    root = write(tmp_path / "work", WEB)
    for name in ("multiprocessing", "json", "yaml", "pickle", "sitecustomize", "helm_python", "helm_constitution"):
        (root / f"{name}.py").write_text(f"open({str(witness)!r}, 'a').write(__name__ + chr(10))\n")
    monkeypatch.chdir(root)

    async def session() -> None:
        async with editor(root) as open_editor:
            await open_editor.open(root / "web" / "values.yaml")
            assert open_editor.codes(root / "web" / "values.yaml") == ["values/unused"]
            assert open_editor.messages == []

    asyncio.run(session())
    assert not witness.exists(), witness.read_text()
