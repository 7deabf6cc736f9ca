"""Which helm is taken."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import helm_constitution
from helm_constitution.core.errors import EngineError
from helm_constitution.helm import choose
from helm_constitution.helm.choose import choose_engine, find_helm
from helm_constitution.helm.protocol import Limits


def fake(folder: Path, name: str = "helm") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    return file


@pytest.fixture(autouse=True)
def _nothing_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HELM_BIN", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))


def test_helm_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "helm").write_text("not executable")
    (tmp_path / "second" / "helm").mkdir(parents=True)
    helm = fake(tmp_path / "third")
    monkeypatch.setenv("PATH", ":".join(str(tmp_path / name) for name in ("first", "second", "third")))
    assert find_helm() == str(helm)
    assert choose_engine("auto", Limits()).name == "cli"


@pytest.mark.parametrize("named", ["helm", "./helm", "bin/../helm"])
def test_helm_bin_is_made_absolute_as_a_shell_would_find_it(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helm = fake(tmp_path)
    (tmp_path / "bin").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HELM_BIN", named)
    assert find_helm() == str(helm)


def test_helm_bin_goes_before_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helm = fake(tmp_path / "plugin", "helm4")
    monkeypatch.setenv("PATH", str(fake(tmp_path / "path").parent))
    monkeypatch.setenv("HELM_BIN", str(helm))
    assert find_helm() == str(helm)


@pytest.mark.parametrize("kind", ["auto", "cli"])
def test_helm_bin_that_can_not_be_run(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELM_BIN", "/no/such/helm")
    with pytest.raises(EngineError, match="HELM_BIN is set to '/no/such/helm'"):
        choose_engine(kind, Limits())


def test_auto_falls_back_to_the_embedded_engine() -> None:
    engine = choose_engine("auto", Limits())
    assert engine.name == "embedded"
    engine.close()


def test_forced_cli_without_helm() -> None:
    with pytest.raises(EngineError, match="no helm on PATH"):
        choose_engine("cli", Limits())


def test_forced_embedded_although_there_is_a_helm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(fake(tmp_path / "path").parent))
    engine = choose_engine("embedded", Limits())
    assert engine.name == "embedded"
    engine.close()


def test_neither_names_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "has_embedded", lambda: False)
    with pytest.raises(EngineError) as caught:
        choose_engine("auto", Limits())
    assert "install helm" in caught.value.message
    assert 'pip install "helm-constitution[embedded]"' in caught.value.message
    with pytest.raises(EngineError, match="embedded engine is not installed"):
        choose_engine("embedded", Limits())


def test_looking_for_the_library_does_not_load_it() -> None:
    code = (
        "import sys; from helm_constitution.helm import choose; found = choose.has_embedded(); "
        "sys.exit(not found or 'helm_python' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert importlib.util.find_spec("helm_python") is not None


def test_choosing_imports_nothing_heavy(tmp_path: Path) -> None:
    helm = fake(tmp_path / "path")
    code = (
        f"import os, sys; os.environ.update(PATH={str(helm.parent)!r}); os.environ.pop('HELM_BIN', None)\n"
        "from helm_constitution.helm.choose import choose_engine\n"
        "from helm_constitution.helm.protocol import Limits\n"
        "choose_engine('auto', Limits())\n"
        "heavy = {'subprocess', 'tempfile', 'shutil', 'tarfile', 'json', 'yaml', 'ctypes', 'logging'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or None)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _with_path(code)], check=False, capture_output=True, text=True
    )
    assert done.stderr == ""
    assert done.returncode == 0


def _with_path(code: str) -> str:
    # An editable installation is found by a hook of site, which -S leaves out.
    source = str(Path(helm_constitution.__file__).parents[1])
    return f"import sys; sys.path[:] = {[source, *sys.path]!r}\n{code}"
