"""Diagnostics over a real stream: what an editor shows while one writes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from lsprotocol import types

from helm_constitution.check.options import CheckOptions, CheckRequest
from helm_constitution.check.pipeline import run
from helm_constitution.helm.protocol import HelmEngine
from tests.server.editor import Editor, editor
from tests.support import WEB, write

pytestmark = pytest.mark.helm


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A repository with the chart of ``tests.support``: privileged containers, no README, a value nothing reads."""
    (tmp_path / ".git").mkdir()
    write(tmp_path, WEB)
    return tmp_path / "web"


def test_what_a_check_finds_stands_at_its_places(web: Path) -> None:
    async def session() -> None:
        async with editor(web.parent) as shown:
            await shown.open(web / "values.yaml")
            (unused,) = shown.of(web / "values.yaml")
            assert (unused.code, unused.severity) == ("values/unused", types.DiagnosticSeverity.Error)
            assert unused.tags == (types.DiagnosticTag.Unnecessary,)
            assert unused.source == "helm-constitution"
            assert unused.code_description is not None
            assert unused.code_description.href.endswith("/rules/values/unused.md")
            assert unused.range == types.Range(types.Position(3, 0), types.Position(3, 11))
            assert shown.codes(web / "Chart.yaml") == ["docs/no-readme"]
            privileged = shown.of(web / "templates" / "deployment.yaml")
            assert [(one.code, one.range.start.line) for one in privileged] == [
                ("security/privileged", 16),
                ("security/privileged", 21),
            ]
            assert "container web" in privileged[0].message

    asyncio.run(session())


def test_unsaved_text_counts_and_nothing_is_written(web: Path) -> None:
    before = {file: file.read_bytes() for file in web.rglob("*") if file.is_file()}

    async def session() -> None:
        async with editor(web.parent) as shown:
            await shown.open(web / "values.yaml")
            assert await shown.edit(web / "values.yaml", "# The image.\nimage: web:1.2.3\n") == []
            template = web / "templates" / "deployment.yaml"
            await shown.open(template)
            text = template.read_text().replace("privileged: true", "privileged: false", 1)
            assert [one.range.start.line for one in await shown.edit(template, text)] == [21]
            shown.close(template)
            await shown.until(lambda: len(shown.of(template)) == 2)

    asyncio.run(session())
    assert {file: file.read_bytes() for file in web.rglob("*") if file.is_file()} == before


def test_a_file_that_is_new_in_the_editor_counts(web: Path) -> None:
    async def session() -> None:
        async with editor(web.parent) as shown:
            await shown.open(web / "values.yaml")
            await shown.open(web / "README.md", "# web\n")
            await shown.until(lambda: shown.codes(web / "Chart.yaml") == [])

    asyncio.run(session())


def test_a_save_checks_every_scenario(web: Path) -> None:
    write(web, {"ci/test-values.yaml": "image: '{'\n"})
    template = web / "templates" / "deployment.yaml"

    async def session() -> None:
        async with editor(web.parent) as shown:
            await shown.open(web / "values.yaml")
            broken = [one for one in shown.of(template) if "ci/test-values.yaml" in one.message]
            assert broken, shown.of(template)
            await shown.edit(web / "values.yaml", "# The image.\nimage: web:2\n")
            assert not [one for one in shown.of(template) if "ci/test-values.yaml" in one.message]
            await shown.save(web / "values.yaml", "# The image.\nimage: web:3\n")
            await shown.until(lambda: any("ci/test-values.yaml" in one.message for one in shown.of(template)))

    asyncio.run(session())


def test_only_the_newest_text_is_answered(web: Path) -> None:
    async def session() -> None:
        async with editor(web.parent) as shown:
            values = web / "values.yaml"
            await shown.open(values)
            versions: list[int | None] = []

            def note() -> bool:
                version = shown.published[values.as_uri()].version
                if version not in versions:
                    versions.append(version)
                return version == 31

            for number in range(30):
                shown.type(values, f"# The image.\nimage: web:1\n# More.\nmore{number}: 1\n")
                await asyncio.sleep(0.005)
            await shown.until(note)
            assert [one.message for one in shown.of(values) if "more29" in one.message]
            assert len(versions) < 5, versions

    asyncio.run(session())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_columns_are_counted_as_the_editor_asks(web: Path, encoding: str) -> None:
    line = '"ключ😀": 1 # 😀'
    end = {"utf-8": 17, "utf-16": 11, "utf-32": 10}[encoding]

    async def session() -> None:
        async with editor(web.parent, encodings=[encoding]) as shown:
            values = web / "values.yaml"
            await shown.open(values)
            found = await shown.edit(values, f"# Image.\r\nimage: web:1\r\n# Это.\r\n{line}\r\n")
            (unused,) = [one for one in found if one.code == "values/unused"]
            assert unused.range == types.Range(types.Position(3, 0), types.Position(3, end))

    asyncio.run(session())


BROKEN = {
    "values.yaml": ("image: [web\n", "values.yaml", 1),
    "Chart.yaml": ("apiVersion: v2\nname: web\n  version: 1\n", "Chart.yaml", 2),
    ".helm-constitution.yaml": ("ignore:\n  - no/rule\n", ".helm-constitution.yaml", 1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_is_told_in_its_file(web: Path, name: str) -> None:
    text, file, line = BROKEN[name]
    write(web, {".helm-constitution.yaml": "ignore: []\n"})

    async def session() -> None:
        async with editor(web.parent) as shown:
            await shown.open(web / name)
            good = {path.name: shown.of(path) for path in (web / "values.yaml", web / "Chart.yaml")}
            assert all(good.values())
            (fault,) = await shown.edit(web / name, text)
            assert (fault.range.start.line, fault.severity) == (line, types.DiagnosticSeverity.Error)
            assert shown.of(web / file) == [fault]
            await shown.edit(web / name, (web / name).read_text())
            assert {path.name: shown.of(path) for path in (web / "values.yaml", web / "Chart.yaml")} == good
            assert shown.messages == []

    asyncio.run(session())


def test_a_constitution_takes_effect_at_once_for_all_its_charts(web: Path) -> None:
    write(web.parent, {f"api/{path.removeprefix('web/')}": text for path, text in WEB.items() if "/" in path})
    constitution = web.parent / "constitution.md"

    async def session() -> None:
        async with editor(web.parent) as shown:
            await shown.open(constitution, language="markdown")
            charts = (web, web.parent / "api")
            await shown.until(lambda: all(shown.codes(chart / "values.yaml") == ["values/unused"] for chart in charts))
            demand = "There MUST NOT be an unused value. <!-- rules: values/unused -->"
            await shown.edit(constitution, constitution.read_text().replace(demand, "Nothing here."))
            await shown.until(lambda: all(shown.codes(chart / "values.yaml") == [] for chart in charts))
            shown.type(constitution, "# Ours\n\nNothing.\n")
            await shown.until(lambda: shown.codes(constitution) == ["error"])
            await shown.edit(constitution, constitution.read_text())
            await shown.until(lambda: all(shown.codes(chart / "values.yaml") == ["values/unused"] for chart in charts))

    asyncio.run(session())


def test_a_configuration_takes_effect_at_once(web: Path) -> None:
    configuration = write(web, {".helm-constitution.yaml": "ignore: []\n"}) / ".helm-constitution.yaml"

    async def session() -> None:
        async with editor(web.parent) as shown:
            await shown.open(configuration)
            assert shown.codes(web / "values.yaml") == ["values/unused"]
            await shown.edit(configuration, "ignore:\n  - values/unused\n")
            assert shown.codes(web / "values.yaml") == []

    asyncio.run(session())


HOSTILE = ["\x00", "\ud800", "a: \u2028b", "\r", "\ufeff", "{{" * 2000, "- " * 3000, "a: &a [*a]", "%YAML 9.9\n---\n"]


def test_hostile_text_does_not_end_the_server(web: Path) -> None:
    async def session() -> None:
        async with editor(web.parent) as shown:
            for file in (web / "values.yaml", web / "templates" / "deployment.yaml", web / "Chart.yaml"):
                good = await shown.open(file)
                for text in HOSTILE:
                    await shown.edit(file, text.encode("utf-8", "replace").decode())
                assert await shown.edit(file, file.read_text()) == good

    asyncio.run(session())


def test_a_rule_that_crashes_is_told_and_the_next_text_is_checked(web: Path, tmp_path: Path) -> None:
    pack = tmp_path / "ours"
    write(pack, {"broken.py": BROKEN_RULE})

    async def session(shown: Editor) -> None:
        values = web / "values.yaml"
        await shown.open(values)
        assert shown.messages == []
        await shown.edit(values, "# The image.\nimage: web:1\n# Crash.\ncrash: true\n")
        assert any("rule ours/broken crashed" in message for message in shown.messages)
        assert "crash" in shown.codes(web / "Chart.yaml")
        await shown.edit(values, "# The image.\nimage: web:1\n")
        assert "crash" not in shown.codes(web / "Chart.yaml")

    async def whole() -> None:
        arguments = ("--engine", "embedded", "--rules", str(pack), "--select", "ours/broken")
        async with editor(web.parent, arguments=arguments) as shown:
            await session(shown)

    asyncio.run(whole())


BROKEN_RULE = '''
    """Ours."""

    from collections.abc import Iterator

    from helm_constitution.api import MUST, RuleModule, Subject, Violation, rule


    @rule("ours/broken", default=MUST)
    def broken(subject: Subject) -> Iterator[Violation]:
        """It breaks.

        Why: It does.
        Bad:
            a: 1
        Good:
            b: 1
        Fix: Nothing.
        Source: Ours.
        """
        values = subject.chart.values
        if values is not None and values.document.view.get("crash").exists:
            raise RuntimeError("on purpose")
        yield from ()


    MODULE = RuleModule("ours", "Ours", (), (broken,))
    '''


def test_a_helm_that_hangs_does_not_end_the_server(web: Path) -> None:
    endless = "{{ range until 9999 }}{{ range until 9999 }}{{ range until 9999 }}{{ end }}{{ end }}{{ end }}\n"

    async def session() -> None:
        async with editor(web.parent, arguments=("--engine", "embedded", "--timeout", "2")) as shown:
            template = web / "templates" / "deployment.yaml"
            good = await shown.open(template)
            await shown.edit(template, endless + template.read_text())
            told = [one.message for file in (template, web / "Chart.yaml") for one in shown.of(file)]
            assert any("2 s" in message for message in told), told
            assert await shown.edit(template, template.read_text()) == good

    asyncio.run(session())


def test_diagnostics_are_those_of_a_check(web: Path, embedded: HelmEngine) -> None:
    report = run(CheckRequest(web, embedded, CheckOptions()))
    expected = sorted((finding.rule, finding.location.line) for finding in report.singles)

    async def session() -> None:
        async with editor(web.parent) as shown:
            await shown.open(web / "values.yaml")
            shown_lines = [
                (str(one.code), one.range.start.line + 1)
                for published in shown.published.values()
                for one in published.diagnostics
            ]
            assert sorted(shown_lines) == [(rule, line or 1) for rule, line in expected]

    asyncio.run(session())
