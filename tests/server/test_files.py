"""Each kind of file over a real stream: an edit that nobody saves makes a finding in it, another removes it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.server.editor import editor
from tests.support import WEB, write

pytestmark = pytest.mark.helm

CONSTITUTION = """
    # Ours

    ## Documentation

    The changelog MUST have the version. <!-- rules: docs/changelog-version-missing -->
    Commands of the README MUST work. <!-- rules: docs/readme-command-broken -->

    ## Helm

    Chart.yaml MUST name its page. <!-- rules: helm/chart-no-home -->
    """
FILES = {
    **WEB,
    "constitution.md": CONSTITUTION,
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\nhome: https://example.com\n",
    "web/README.md": "# web\n\n```sh\nhelm install my-web example/web\n```\n",
    "web/CHANGELOG.md": "# Changelog\n\n## 1.0.0\n\n### Added\n\n- It.\n",
    "web/.helm-constitution.yaml": "ignore: []\n",
}
WAIVER = """\
waivers:
  - rule: helm/chart-no-home
    why_needed: There is no page yet.
    simpler_alternative_rejected_because: A page that is empty helps nobody.
"""
EDITS = {
    "web/Chart.yaml": ("home: https://example.com\n", "", "helm/chart-no-home", 0),
    "web/README.md": ("example/web", "example/web --set nowhere=1", "docs/readme-command-broken", 3),
    "web/CHANGELOG.md": ("## 1.0.0", "## 0.9.0", "docs/changelog-version-missing", 2),
    "web/.helm-constitution.yaml": ("ignore: []\n", WAIVER, "stale-waiver", 1),
    "constitution.md": ("rules: helm/chart-no-home", "rules: helm/no-such-rule", "error", 9),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_makes_a_finding_in_its_file_and_another_removes_it(tmp_path: Path, name: str) -> None:
    (tmp_path / ".git").mkdir()
    file = write(tmp_path, FILES) / name
    before, after, code, line = EDITS[name]
    text = file.read_text()
    broken = text.replace(before, after)

    async def session() -> None:
        async with editor(tmp_path) as shown:
            assert await shown.open(file) == []
            for _ in range(2):
                found = await shown.edit(file, broken)
                assert [(one.code, one.range.start.line) for one in found] == [(code, line)]
                assert await shown.edit(file, text) == []
            assert file.read_text() == text
            assert shown.messages == []

    asyncio.run(session())
