"""Looks at the HTML report in a real browser: pictures for the documentation, and axe-core's findings.

``python -m scripts.screenshots REPORT.html`` needs the extra ``site`` and Chromium (``$CHROMIUM``, else the one on
PATH). With ``--axe FILE`` (axe-core's ``axe.min.js``) a fault that it finds ends the script with status 1.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

PICTURES = Path("docs") / "pictures"
WIDTHS = {"wide": 1280, "narrow": 400}
SCHEMES = ("light", "dark")
KEPT = (("wide", "light"), ("narrow", "dark"))
"""The pictures that the documentation shows; of the first also one of findings."""


def look_at(browser: Browser, report: Path, folder: Path, axe: Path | None) -> list[str]:
    """Takes a picture of a report at each width and in each colour scheme; what axe-core finds in it is returned."""
    faults: list[str] = []
    for name, width in WIDTHS.items():
        for scheme in SCHEMES:
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
            messages: list[str] = []
            page.on("console", lambda message, into=messages: into.append(message.text))
            page.goto(report.resolve().as_uri())
            if (name, scheme) in KEPT:
                page.screenshot(path=folder / f"report-{name}-{scheme}.png")
            page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
            if (name, scheme) == KEPT[0]:
                page.evaluate("(document.querySelector('[id$=-security]') || document.body).scrollIntoView()")
                page.screenshot(path=folder / f"findings-{name}-{scheme}.png")
            broad = page.evaluate("document.documentElement.scrollWidth")
            if broad > width:
                faults.append(f"{name} {scheme}: the page is {broad} pixels wide")
            faults += [f"{name} {scheme}: console: {message}" for message in messages]
            if axe is not None:
                page.add_script_tag(path=axe)
                found = page.evaluate(
                    "axe.run().then(result => result.violations.map(one => "
                    "one.id + ': ' + one.nodes.length + ' ' + one.nodes[0].html.slice(0, 200)))"
                )
                faults += [f"{name} {scheme}: {one}" for one in found]
            page.close()
    return faults


def main() -> int:
    """Takes the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("--axe", type=Path)
    parser.add_argument("--folder", type=Path, default=PICTURES)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    browser_path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        faults = look_at(browser, arguments.report, arguments.folder, arguments.axe)
        browser.close()
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
