"""Many charts, large files, and editors that keep no order."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from lsprotocol import types

from bench.server import memory
from tests.server.editor import Editor, editor
from tests.server.test_requests import hover
from tests.support import WEB, write

pytestmark = pytest.mark.helm


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with the chart ``web`` of ``tests.support``."""
    (tmp_path / ".git").mkdir()
    return write(tmp_path, WEB)


def test_an_opened_chart_of_two_hundred_is_answered_before_the_others(root: Path) -> None:
    for number in range(199):
        shutil.copytree(root / "web", root / "charts" / f"web-{number}")
    values = [root / "charts" / f"web-{number}" / "values.yaml" for number in (198, 5, 100)]

    async def session() -> None:
        async with editor(root) as shown:
            for number, file in enumerate(values):
                await shown.open(file)
                assert shown.codes(file) == ["values/unused"]
                if number == 0:
                    assert len(shown.published) < 3 * 200
            early = memory()
            assert await shown.edit(values[0], "# The image.\nimage: web:1\n") == []
            await shown.until(lambda: sum("/values.yaml" in uri for uri in shown.published) == 200)
            assert memory() - early < 100 * 2**20
            assert shown.messages == []

    asyncio.run(session())


def test_values_of_some_megabytes_are_checked_as_they_change(root: Path) -> None:
    values = root / "web" / "values.yaml"
    text = "# The image.\nimage: web:1.2.3\n# Entries.\nnotes:\n"
    text += "".join(f"  key-{number}: {'x' * 300}\n" for number in range(5_000))
    values.write_text(text)

    async def session() -> None:
        async with editor(root) as shown:
            before = await shown.open(values)
            assert "values/unused" in shown.codes(values)
            after = await shown.edit(values, f"{text}# More.\nmore: 1\n")
            assert len(after) > len(before)
            assert "No template reads it" in await hover(shown, values, text, "notes:")
            assert shown.messages == []

    asyncio.run(session())


def changed(shown: Editor, file: Path, text: str, version: int) -> None:
    """A change of a file that need not be open."""
    document = types.VersionedTextDocumentIdentifier(version, file.as_uri())
    content = types.TextDocumentContentChangeWholeDocument(text)
    shown.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [content]))


def closed(shown: Editor, file: Path) -> None:
    """The end of a file that need not be open."""
    document = types.TextDocumentIdentifier(file.as_uri())
    shown.client.text_document_did_close(types.DidCloseTextDocumentParams(document))


def test_messages_in_a_wrong_order_do_no_harm(root: Path) -> None:
    values, nowhere = root / "web" / "values.yaml", root / "nowhere" / "values.yaml"

    async def session() -> None:
        async with editor(root) as shown:
            closed(shown, values)
            for file in (values, nowhere):
                shown.saved(file)
                changed(shown, file, "# The image.\nimage: web:1\n", 7)
            await shown.until(lambda: values.as_uri() in shown.published and shown.of(values) == [])
            closed(shown, values)
            closed(shown, values)
            closed(shown, nowhere)
            await shown.until(lambda: shown.codes(values) == ["values/unused"])
            await shown.open(values)
            shown.show(values, values.read_text())  # once more
            assert await shown.edit(values, "# The image.\nimage: web:1\n") == []
            assert "**`image`**" in await hover(shown, values, "# The image.\nimage: web:1\n", "image:")
            assert shown.messages == []

    asyncio.run(session())


def test_a_server_of_another_workspace_folder_has_its_own_copy(root: Path) -> None:
    template = root / "web" / "templates" / "deployment.yaml"
    text = template.read_text()

    async def session() -> None:
        async with editor(root) as one, editor(root / "web") as other:
            await asyncio.gather(one.open(template), other.open(template))
            for number in range(5):
                sound, broken = f"{text}# {number}\n", text.replace("privileged: true", "privileged: false", 1)
                mine, theirs = await asyncio.gather(one.edit(template, sound), other.edit(template, broken))
                assert [len(mine), len(theirs)] == [2, 1]
            await one.save(template, text)
            assert len(await other.edit(template, text)) == 2

    asyncio.run(session())
