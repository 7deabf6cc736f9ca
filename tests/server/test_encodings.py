"""Files of every encoding, as they are on the disk and as an editor opens them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from lsprotocol import types

from tests.server.editor import editor
from tests.server.test_requests import actions, applied, hover
from tests.support import WEB, write

pytestmark = pytest.mark.helm

TEXT = "more: 1\n# The image.\nimage: web:1.2.3\n"


@pytest.fixture
def values(tmp_path: Path) -> Path:
    """The values of the chart of ``tests.support``, in a repository."""
    (tmp_path / ".git").mkdir()
    return write(tmp_path, WEB) / "web" / "values.yaml"


def places(found: list[types.Diagnostic]) -> list[tuple[int, int, int]]:
    """Where diagnostics stand: line, first character, the one behind the last."""
    return sorted((one.range.start.line, one.range.start.character, one.range.end.character) for one in found)


@pytest.mark.parametrize("is_told", [False, True])
def test_a_byte_order_mark_moves_nothing(values: Path, is_told: bool) -> None:
    mark = "\ufeff" if is_told else ""
    values.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())

    async def session() -> None:
        async with editor(values.parent.parent) as shown:
            before = places(await shown.open(values, mark + TEXT))
            assert before == [(0, len(mark), len(mark) + 7)]
            assert places(await shown.edit(values, f"{mark}{TEXT}other: 1\n")) == [*before, (3, 0, 8)]
            assert "No template reads it" in await hover(shown, values, mark + TEXT, "more")
            assert places(await shown.edit(values, mark + TEXT)) == before

    asyncio.run(session())
    assert values.read_bytes() == b"\xef\xbb\xbf" + TEXT.encode()


def test_lines_that_end_as_on_windows_are_counted_as_others(values: Path) -> None:
    crlf = TEXT.replace("\n", "\r\n")
    values.write_bytes(crlf.encode())
    template = values.parent / "templates" / "deployment.yaml"
    template.write_bytes(template.read_bytes().replace(b"\n", b"\r\n"))

    async def session() -> None:
        async with editor(values.parent.parent) as shown:
            assert places(await shown.open(values, crlf)) == [(0, 0, 7)]
            await shown.open(template)
            assert [line for line, _, _ in places(shown.of(template))] == [16, 21]
            text = template.read_bytes().decode()
            await shown.edit(template, text.replace("privileged: true", "privileged: false", 1))
            assert [line for line, _, _ in places(shown.of(template))] == [21]

    asyncio.run(session())


def test_a_fix_keeps_how_lines_end(values: Path) -> None:
    template = values.parent / "templates" / "deployment.yaml"
    text = "# 😀\r\n" + template.read_text().replace("\n", "\r\n")
    template.write_bytes(text.encode())

    async def session() -> None:
        async with editor(values.parent.parent, arguments=("--engine", "embedded", "--select", "security")) as shown:
            found = await shown.open(template, text)
            offered = [await actions(shown, template, one.range.start.line, "quickfix") for one in found]
            edits = [action.edit for some in offered for action in some.values() if action.edit is not None]
            mine = [some for edit in edits if (some := (edit.changes or {}).get(template.as_uri()))]
            assert mine
            for some in mine:
                after = applied(text, [one for one in some if isinstance(one, types.TextEdit)])
                assert after.replace("\r\n", "").count("\n") == 0
                assert after != text

    asyncio.run(session())


@pytest.mark.parametrize("name", ["values.yaml", "templates/deployment.yaml", "Chart.yaml"])
def test_bytes_that_are_no_text_are_told_until_the_editor_has_replaced_them(values: Path, name: str) -> None:
    file = values.parent / name
    sound = file.read_bytes()
    file.write_bytes(sound + b"# \xff\xfe\n")

    async def session() -> None:
        async with editor(values.parent.parent) as shown:
            told = [one.message for one in await shown.open(file, (sound + b"# ").decode() + "\ufffd\ufffd\n")]
            assert not any("UTF-8" in message for message in told)
            shown.close(file)
            await shown.until(lambda: any("UTF-8" in one.message for one in shown.of(file)))
            await shown.open(file, sound.decode())
            assert not any("UTF-8" in one.message for one in shown.of(file))
            assert shown.messages == []

    asyncio.run(session())


def test_characters_outside_the_first_plane_take_two_places(values: Path) -> None:
    line = '"😀😀": {"ключ": 1} # 😀'
    text = f"# The image.\nimage: web:1.2.3\n# More.\n{line}\n"

    async def session() -> None:
        async with editor(values.parent.parent) as shown:
            await shown.open(values)
            found = await shown.edit(values, text)
            assert places([one for one in found if one.code == "values/unused"]) == [(3, 0, 6)]
            at = types.Position(3, 10)  # inside of "ключ", which code points would put at 8
            document = types.TextDocumentIdentifier(values.as_uri())
            told = await shown.client.text_document_hover_async(types.HoverParams(document, at))
            assert told is not None
            assert isinstance(told.contents, types.MarkupContent)
            assert "ключ" in told.contents.value

    asyncio.run(session())


@pytest.mark.parametrize("odd", ["\u2028", "\x85", "\r"])
def test_no_fix_is_offered_where_lines_are_counted_in_two_ways(values: Path, odd: str) -> None:
    template = values.parent / "templates" / "deployment.yaml"

    async def session() -> None:
        async with editor(values.parent.parent, arguments=("--engine", "embedded", "--select", "security")) as shown:
            sound = template.read_text()
            offered: list[bool] = []
            for text in (sound, f"# A{odd}# b.\n{sound}"):
                await (shown.edit(template, text) if offered else shown.open(template, text))
                rows = range(text.count("\n") + 2)
                found = [
                    action for row in rows for action in (await actions(shown, template, row, "quickfix")).values()
                ]
                changes = [one.edit.changes or {} for one in found if one.edit is not None]
                offered.append(any(template.as_uri() in some for some in changes))
            assert offered == [True, False]

    asyncio.run(session())
