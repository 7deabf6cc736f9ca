"""Read-only files and folders of a chart and its configuration: said by name, and nothing is changed."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import write

pytestmark = [
    pytest.mark.helm,
    pytest.mark.skipif(sys.platform != "linux", reason="gives up a right of Linux' root user"),
]

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "values.yaml": "name: web\n",
    "templates/config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{.Values.name}}\n",
    "constitution.md": """
        # Ours

        ## Texts

        Actions MUST have spaces. <!-- rules: templates/spacing -->

        A schema MUST exist. <!-- rules: values/no-schema -->
        """,
}
PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE = 1


def as_plain_user(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A command without root's right to write every file; others don't have it anyway."""
    return subprocess.run(
        [sys.executable, "-m", "helm_constitution", *arguments],
        preexec_fn=lambda: ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0),
        capture_output=True,
        text=True,
        check=False,
    )


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("place", "file", "reason"),
    [
        ("templates/config.yaml", "templates/config.yaml", "it is read-only"),
        ("templates", "templates/config.yaml", "Permission denied"),
        (".", "values.schema.json", "Permission denied"),
    ],
)
def test_what_is_read_only_stays_as_it_is(tmp_path: Path, place: str, file: str, reason: str) -> None:
    chart = tmp_path / "web"
    write(chart, CHART)
    before = content(chart)
    mode = (chart / place).stat().st_mode
    (chart / place).chmod(mode & ~0o222)
    try:
        shown = as_plain_user("fix", "--engine", "embedded", str(chart), "--diff")
        done = as_plain_user("fix", "--engine", "embedded", str(chart))
    finally:
        (chart / place).chmod(mode)
    assert (shown.returncode, "+  name: {{ .Values.name }}" in shown.stdout) == (1, True)
    assert (done.returncode, done.stderr) == (
        2,
        f"helm-constitution: error: {chart}/{file}: the fixed file can't be written: {reason}\n",
    )
    assert content(chart) == before


def test_no_waiver_is_added_to_a_read_only_configuration(tmp_path: Path) -> None:
    write(tmp_path, {"web/Chart.yaml": CHART["Chart.yaml"], ".helm-constitution.yaml": "select: [docs]\n"})
    configuration = tmp_path / ".helm-constitution.yaml"
    configuration.chmod(0o444)
    words = ("--why", "It is small.", "--instead", "None.", "--config", str(configuration))
    done = as_plain_user("waive", "docs/no-readme", str(tmp_path / "web"), *words)
    assert (done.returncode, done.stderr) == (
        2,
        f"helm-constitution: error: {configuration}: the configuration can't be written: it is read-only\n",
    )
    assert configuration.read_text() == "select: [docs]\n"
