"""The benches measure compiled programs, whatever the developer's environment says of bytecode."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.bytecode import ROOT, compiled, plain

pytestmark = pytest.mark.slow

PROBE = """
import os, sys
import helm_constitution.check.pipeline, helm_constitution.cli.check, helm_constitution.rules
own = [module for name, module in sys.modules.items() if name.startswith("helm_constitution")]
cold = [module.__name__ for module in own if not os.path.exists(module.__spec__.cached)]
print(len(own) > 100, sys.dont_write_bytecode, *cold)
"""
HOSTILE = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": os.devnull}


def test_what_is_measured_is_compiled_before(tmp_path: Path) -> None:
    environment = compiled(tmp_path / "compiled", HOSTILE)
    # The probe itself writes nothing (-B): all that it finds was there before it ran.
    done = subprocess.run(
        [sys.executable, "-B", "-c", PROBE], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "True"]


def test_the_variables_that_keep_from_it_are_taken_out() -> None:
    assert set(HOSTILE) - set(plain(HOSTILE)) >= {"PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"}


def test_a_process_without_bytecode_measures_nothing() -> None:
    for bench in ("static", "objects"):
        command = [sys.executable, "-m", f"bench.{bench}", "--here"]
        done = subprocess.run(command, env=HOSTILE, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "unset PYTHONDONTWRITEBYTECODE" in done.stderr


def test_a_bench_corrects_the_environment() -> None:
    command = [sys.executable, "-m", "bench.objects", "--runs=1", "--rules=1"]
    done = subprocess.run(command, env=HOSTILE, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "1000 objects" in done.stdout
