"""What a run imports: start-up is a large part of what a check of one chart costs."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.helm

HEAVY = {"jsonschema", "referencing", "kubernetes", "rich", "importlib.metadata", "ruamel", "asyncio"}
"""Hundreds of milliseconds together; each is imported where it is used, if at all."""

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "values.yaml": "# -- Number of pods\nreplicas: 1\n",
    "templates/configmap.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n"
    "data:\n  replicas: {{ .Values.replicas | quote }}\n",
}

PROBE = """
import contextlib, io, sys
before = set(sys.modules)  # an editable installation has its own
from helm_constitution.__main__ import main
try:
    with contextlib.redirect_stdout(io.StringIO()):
        main()
except SystemExit as end:
    status = end.code
print(status, *(set(sys.modules) - before))
"""


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    for name, text in CHART.items():
        file = tmp_path / "web" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return tmp_path / "web"


def imported(tmp_path: Path, *arguments: str, helm: Path | None = None) -> tuple[int, set[str]]:
    """The exit status of a run in a process of its own, and all modules that it has imported."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    if helm is not None:
        environment["HELM_BIN"] = str(helm)
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    status, *modules = done.stdout.split()
    return int(status), set(modules)


def test_the_version_needs_little(tmp_path: Path) -> None:
    status, modules = imported(tmp_path, "--version")
    assert status == 0
    assert not modules & (HEAVY | {"yaml", "hashlib", "subprocess", "tempfile", "json", "difflib"})
    assert not any(name.startswith("helm_constitution.rules") for name in modules)


def test_a_fresh_check_imports_nothing_heavy(tmp_path: Path, chart: Path, helm4: Path) -> None:
    status, modules = imported(tmp_path, "check", "--engine", "cli", "--scenarios", "defaults", str(chart), helm=helm4)
    assert status in (0, 1)
    assert "helm_constitution.rules" in modules
    assert not modules & (HEAVY | {"subprocess", "tarfile", "hashlib"})


def test_an_unchanged_chart_needs_neither_yaml_nor_rules(tmp_path: Path, chart: Path, helm4: Path) -> None:
    arguments = ("check", "--engine", "cli", str(chart))
    first, _ = imported(tmp_path, *arguments, helm=helm4)
    second, modules = imported(tmp_path, *arguments, helm=helm4)
    assert second == first
    assert not modules & (HEAVY | {"yaml", "subprocess", "tempfile"})
    assert not any(name.startswith("helm_constitution.rules") for name in modules)


def test_a_changed_chart_is_checked_again(tmp_path: Path, chart: Path, helm4: Path) -> None:
    arguments = ("check", "--engine", "cli", str(chart))
    imported(tmp_path, *arguments, helm=helm4)
    (chart / "values.yaml").write_text("# -- Number of pods\nreplicas: 2\n", "utf-8")
    _, modules = imported(tmp_path, *arguments, helm=helm4)
    assert "helm_constitution.rules" in modules


def test_the_constitution_that_a_configuration_names_counts(tmp_path: Path, chart: Path, helm4: Path) -> None:
    (tmp_path / ".git").mkdir()  # a configuration names files of its own repository only
    (chart / ".helm-constitution.yaml").write_text("constitution: ../ours.md\n", "utf-8")
    ours = chart.parent / "ours.md"
    ours.write_text("# Ours\n\n## Security\n\n- Containers MUST run as non-root.\n", "utf-8")
    arguments = ("check", "--engine", "cli", str(chart))
    imported(tmp_path, *arguments, helm=helm4)
    _, modules = imported(tmp_path, *arguments, helm=helm4)
    assert "yaml" not in modules
    ours.write_text("# Ours\n\n## Security\n\n- Containers MUST NOT run privileged.\n", "utf-8")
    _, modules = imported(tmp_path, *arguments, helm=helm4)
    assert "yaml" in modules


def test_yaml_is_imported_without_its_expressions() -> None:
    probe = "import helm_constitution.text.yaml, yaml; print(type(yaml.reader.Reader.NON_PRINTABLE))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout == "<class 'helm_constitution.core.lazy.LazyPattern'>\n"


def test_an_expression_of_yaml_is_compiled_when_it_is_used() -> None:
    from helm_constitution.text.pyyaml import yaml

    assert yaml.safe_load("a: 1\nb: 2020-01-01") == {"a": 1, "b": datetime.date(2020, 1, 1)}
