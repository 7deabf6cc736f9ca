"""Charts and files that come, move and go while the server runs."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from lsprotocol import types

from tests.server.editor import Editor, editor
from tests.server.test_requests import actions, hover
from tests.support import WEB, write

pytestmark = pytest.mark.helm

CREATED, DELETED = types.FileChangeType.Created, types.FileChangeType.Deleted


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with the chart ``web`` of ``tests.support``."""
    (tmp_path / ".git").mkdir()
    return write(tmp_path, WEB)


def test_a_deleted_file_counts_until_the_editor_closes_it(root: Path) -> None:
    async def session() -> None:
        async with editor(root) as shown:
            template = root / "web" / "templates" / "deployment.yaml"
            found = await shown.open(template)
            assert found
            text = template.read_text()
            template.unlink()
            shown.report((template, DELETED))
            assert await shown.edit(template, text + "# More.\n") == found
            shown.close(template)
            await shown.until(lambda: shown.of(template) == [])

    asyncio.run(session())


def test_a_workspace_below_a_bulky_folder_is_watched_and_such_a_folder_in_it_is_not(tmp_path: Path) -> None:
    root = write(tmp_path / "node_modules" / "ours", {**WEB, ".git/HEAD": ""})
    bulky = root / "node_modules" / "api"

    async def session() -> None:
        async with editor(root) as shown:
            template = root / "web" / "templates" / "deployment.yaml"
            await shown.open(root / "web" / "values.yaml")
            await shown.until(lambda: shown.of(template) != [])
            shutil.copytree(root / "web", bulky)
            shutil.rmtree(root / "web")
            shown.report((bulky, CREATED), (root / "web", DELETED))
            await shown.until(lambda: shown.of(template) == [])
            assert not [uri for uri in shown.published if "/api/" in uri]

    asyncio.run(session())


def test_a_deleted_chart_has_no_findings_though_a_file_is_open(root: Path) -> None:
    async def session() -> None:
        async with editor(root) as shown:
            values, template = root / "web" / "values.yaml", root / "web" / "templates" / "deployment.yaml"
            await shown.open(values)
            await shown.until(lambda: shown.of(template) != [])
            text = values.read_text()
            shutil.rmtree(root / "web")
            shown.type(values, text + "# More.\n")  # not every editor reports what other programs do
            await shown.until(lambda: shown.of(template) == shown.of(values) == shown.of(root / "web/Chart.yaml") == [])
            write(root, WEB)
            shown.report((root / "web", CREATED))
            await shown.until(lambda: shown.of(template) != [])
            assert shown.messages == []

    asyncio.run(session())


def test_a_moved_chart_is_checked_at_its_new_place(root: Path) -> None:
    async def session() -> None:
        async with editor(root) as shown:
            before, after = root / "web", root / "teams" / "a"
            await shown.until(lambda: shown.of(before / "values.yaml") != [])
            after.mkdir(parents=True)
            shutil.move(before, after / "api")
            shown.report((before, DELETED), (after, CREATED))  # as VS Code does: only the outermost folder
            await shown.until(lambda: shown.of(before / "values.yaml") == [])
            await shown.until(lambda: shown.codes(after / "api" / "values.yaml") == ["values/unused"])

    asyncio.run(session())


def test_a_dependency_that_is_unpacked_is_no_chart_of_its_own(root: Path) -> None:
    dependency = "dependencies:\n  - name: db\n    version: 1.0.0\n    repository: https://charts.example.com\n"

    async def session() -> None:
        async with editor(root) as shown:
            manifest = root / "web" / "Chart.yaml"
            await shown.open(manifest)
            await shown.save(manifest, manifest.read_text() + dependency)
            assert "dependency" in " ".join(one.message for one in shown.of(manifest))
            before = len(shown.of(manifest))
            write(root, {"web/charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n"})
            shown.report((root / "web" / "charts", CREATED))
            await shown.until(lambda: len(shown.of(manifest)) < before)
            assert (root / "web/charts/db/Chart.yaml").as_uri() not in shown.published

    asyncio.run(session())


def test_a_chart_begins_in_the_editor(tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()

    async def session() -> None:
        async with editor(tmp_path) as shown:
            manifest, values = new / "Chart.yaml", new / "values.yaml"
            await shown.open(manifest, "apiVersion: v2\nname: new\nversion: 0.1.0\n")
            found = await shown.open(values, "size: 1\n")
            assert "values/unused" in [one.code for one in found]
            assert "**`size`**" in await hover(shown, values, "size: 1\n", "size")
            shown.close(manifest)
            await shown.until(lambda: shown.of(manifest) == shown.of(values) == [])

    asyncio.run(session())
    assert list(new.iterdir()) == []


def test_a_workspace_without_charts_has_nothing_to_show(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("a: 1\n")

    async def session() -> None:
        async with editor(tmp_path) as shown:
            values = tmp_path / "values.yaml"
            item = types.TextDocumentItem(values.as_uri(), "yaml", 1, "a: 1\n")
            shown.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
            assert await hover(shown, values, "a: 1\n", "a") == ""
            write(tmp_path, WEB)
            shown.report((tmp_path / "web" / "Chart.yaml", CREATED))
            await shown.until(lambda: shown.codes(tmp_path / "web" / "values.yaml") == ["values/unused"])
            assert values.as_uri() not in shown.published
            assert shown.messages == []

    asyncio.run(session())


def test_a_chart_in_two_workspace_folders_stays_when_one_is_removed(root: Path) -> None:
    async def session() -> None:
        async with editor(root, root / "web") as shown:
            values, other = root / "web" / "values.yaml", root / "api" / "values.yaml"
            await shown.until(lambda: shown.of(values) != [])
            folder = types.WorkspaceFolder((root / "web").as_uri(), "web")
            event = types.WorkspaceFoldersChangeEvent(added=[], removed=[folder])
            shown.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
            write(root, {f"api/{name.removeprefix('web/')}": text for name, text in WEB.items() if "/" in name})
            shown.report((root / "api", CREATED))
            await shown.until(lambda: shown.of(other) != [])
            assert shown.of(values) != []
            folder = types.WorkspaceFolder(root.as_uri(), "root")
            event = types.WorkspaceFoldersChangeEvent(added=[], removed=[folder])
            shown.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
            await shown.until(lambda: shown.of(values) == shown.of(other) == [])

    asyncio.run(session())


def test_two_editors_see_their_own_texts(root: Path) -> None:
    async def session() -> None:
        values = root / "web" / "values.yaml"
        text = values.read_text()
        async with editor(root) as one, editor(root) as other:
            await asyncio.gather(one.open(values), other.open(values))
            await asyncio.gather(one.edit(values, "image: web:1\n"), other.edit(values, text + "# More.\nmore: 1\n"))
            assert one.codes(values) == []
            assert other.codes(values) == ["values/unused", "values/unused"]

    asyncio.run(session())


def test_a_file_that_cannot_be_read_is_told_in_that_file(root: Path) -> None:
    values, other = root / "web" / "values.yaml", root / "web" / "templates" / "other.yaml"

    async def session() -> None:
        async with editor(root) as shown:
            found = await shown.open(values)
            other.symlink_to("/proc/self/mem")  # nobody can read it at its beginning
            for text in (values.read_text() + "# More.\nmore: 1\n", values.read_text()):
                await shown.edit(values, text)
                assert [one.message for one in shown.of(other)] == ["can't be read: Input/output error"]
            other.unlink()
            assert await shown.edit(values, values.read_text() + "# No more.\n") == found
            assert shown.of(other) == []
            assert shown.messages == []

    asyncio.run(session())


def test_all_safe_fixes_are_those_of_the_chart_that_is_open(root: Path) -> None:
    demand = "Actions MUST have spaces. <!-- rules: templates/spacing -->"
    write(root, {"constitution.md": f"# Ours\n\n## Templates\n\n{demand}\n"})
    template = Path("templates/deployment.yaml")
    spaced = (root / "web" / template).read_text()
    write(root, {f"web/{template}": spaced.replace("{{ .Values.image }}", "{{.Values.image}}")})
    shutil.copytree(root / "web", root / "api")

    async def session() -> None:
        async with editor(root) as shown:
            await shown.until(lambda: all(shown.of(root / chart / template) for chart in ("api", "web")))
            await shown.open(root / "web" / template)
            found = list(await actions(shown, root / "web" / template, 0, "source.fixAll"))
            assert found == ["Apply all safe fixes of web (helm-constitution)"]

    asyncio.run(session())


def test_a_chart_inside_another_is_shown_once_it_is_opened(root: Path) -> None:
    inner, changed = root / "web" / "before", types.FileChangeType.Changed
    write(root, {f"web/before/{name.removeprefix('web/')}": text for name, text in WEB.items()})

    async def session() -> None:
        async with editor(root) as shown:
            values = root / "web" / "values.yaml"
            await shown.open(values)
            shown.report((inner / "values.yaml", changed), (inner / "Chart.yaml", changed))
            for _ in range(2):
                await shown.save(values, values.read_text() + "# More.\n")
            assert [file for file in shown.published if "/before/" in file] == []
            template = inner / "templates" / "deployment.yaml"
            await shown.open(template)
            await shown.until(lambda: shown.of(template) != [])
            shown.close(template)
            await shown.until(
                lambda: not any(one.diagnostics for uri, one in shown.published.items() if "/before/" in uri)
            )

    asyncio.run(session())


def test_the_charts_inside_one_that_is_removed_are_shown_until_it_is_back(root: Path) -> None:
    manifest = root / "web" / "Chart.yaml"
    write(root, {f"web/before/{name.removeprefix('web/')}": text for name, text in WEB.items()})

    def told(shown: Editor) -> set[bool]:
        return {"/before/" in uri for uri, one in shown.published.items() if one.diagnostics}

    async def session() -> None:
        async with editor(root) as shown:
            await shown.until(lambda: told(shown) == {False})
            text = manifest.read_text()
            manifest.unlink()
            shown.report((manifest, types.FileChangeType.Deleted))
            await shown.until(lambda: told(shown) == {True})
            manifest.write_text(text)
            shown.report((manifest, types.FileChangeType.Created))
            await shown.until(lambda: told(shown) == {False})

    asyncio.run(session())
