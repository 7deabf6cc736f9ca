"""Runs the extension in a real VS Code without a display: pictures for the documentation, and what was seen.

``python -m scripts.vscode_session CODE_SERVER`` needs the extra ``site``, Chromium (``$CHROMIUM``, else the one on
PATH), ``dist/helm-constitution.vsix`` (``make vscode``), and the folder of an installed npm package ``code-server``:
VS Code as a server, shown in a browser. It ends with status 1 unless everything is seen.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from scripts.document_site import DOCS, ROOT

PICTURES = DOCS / "pictures"
MILLISECONDS = 60_000
"""A limit for what hangs."""
SETTINGS = {
    "helm-constitution.engine": "embedded",
    "helm-constitution.path": str(Path(sys.executable).with_name("helm-constitution")),
    "editor.minimap.enabled": False,
    "git.enabled": False,
    "telemetry.telemetryLevel": "off",
    "workbench.startupEditor": "none",
}


@contextlib.contextmanager
def code(package: Path, folder: Path) -> Iterator[str]:
    """VS Code with the extension; the address of its window for a chart in a folder."""
    data = folder / "data"
    (data / "User").mkdir(parents=True)
    (data / "User" / "settings.json").write_text(json.dumps(SETTINGS), "utf-8")
    shutil.copytree(ROOT / "testdata" / "charts" / "demo", folder / "demo")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    own = {**os.environ, "XDG_CONFIG_HOME": str(folder / "config")}
    program = ["node", str(package / "out" / "node" / "entry.js"), f"--user-data-dir={data}"]
    program.append(f"--extensions-dir={folder / 'extensions'}")
    extension = ROOT / "dist" / "helm-constitution.vsix"
    subprocess.run([*program, "--install-extension", str(extension)], check=True, env=own)
    options = ["--auth=none", f"--bind-addr={address}", "--disable-workspace-trust", "--disable-update-check"]
    with subprocess.Popen([*program, *options], env=own, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while b"Session server listening" not in process.stdout.readline():
            pass
        try:
            yield f"http://{address}/?folder={folder / 'demo'}"
        finally:
            process.terminate()


def session(page: Page, address: str) -> Iterator[str]:
    """Opens and edits files of the demo chart; each thing that is seen."""
    page.goto(address)
    page.get_by_role("treeitem", name="values.yaml").dblclick()
    expect(page.locator(".squiggly-error").first).to_be_visible()
    yield f"values.yaml: {page.locator('.squiggly-error').count()} stretches underlined in red"
    page.locator(".view-line", has_text="storePassword").click()
    page.keyboard.press("Control+k")
    page.keyboard.press("Control+i")
    hover = page.locator(".monaco-hover-content").last
    expect(hover).to_contain_text("Read at")
    expect(hover).to_contain_text("Renders to")
    yield f"hover: {' '.join(hover.inner_text().split())}"
    page.screenshot(path=PICTURES / "vscode-hover.png")
    page.keyboard.press("Escape")
    page.locator(".view-line", has_text="pullPolicy").click()
    page.keyboard.press("Control+.")
    menu = page.locator(".action-widget")
    expect(menu).to_contain_text("Waive")
    yield from (f"action: {title}" for title in menu.inner_text().splitlines() if title)
    page.screenshot(path=PICTURES / "vscode-actions.png")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+End")
    page.keyboard.type("# Typed and not saved.\ntyped: 1\n")
    page.keyboard.press("Control+Shift+m")
    page.get_by_placeholder("Filter").last.fill("typed")
    problem = page.locator(".markers-panel-container .monaco-list-row", has_text="value typed is never used")
    expect(problem).to_be_visible()
    yield f"not saved: {' '.join(problem.inner_text().split())}"
    page.get_by_role("treeitem", name="templates", exact=True).click()
    page.get_by_role("treeitem", name="frontend.yaml", exact=True).dblclick()
    lens = page.locator(".codelens-decoration").first
    expect(lens).to_contain_text("rendered with")
    yield f"lens: {lens.inner_text()}"


def main() -> int:
    """Runs the session."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", type=Path)
    arguments = parser.parse_args()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    expect.set_options(timeout=MILLISECONDS)
    with (
        tempfile.TemporaryDirectory() as scratch,
        code(arguments.package, Path(scratch)) as address,
        sync_playwright() as tool,
    ):
        browser = tool.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1100, "height": 720}, color_scheme="light")
        page.set_default_timeout(MILLISECONDS)
        try:
            for seen in session(page, address):
                print(seen)
        except Exception:
            page.screenshot(path=Path(tempfile.gettempdir()) / "vscode-session-failed.png")
            raise
        finally:
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
