"""The benchmark of the rules that need no rendering."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from bench.bytecode import plain
from tests.cases import BASE

pytestmark = pytest.mark.slow


def test_a_row_for_the_chart_and_one_for_its_slowest_rule() -> None:
    command = (sys.executable, "-m", "bench.static", "--here", "--runs=1", "--rules=1", str(BASE))
    environment = plain(os.environ)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=BASE.parents[2])
    total, slowest = done.stdout.splitlines()
    row = r"base +(\d+) rules +\d+ ms \(first run +\d+\), on top of parsing +\d+ ms"
    assert (found := re.fullmatch(row, total)) is not None
    assert int(found[1]) > 60
    assert re.fullmatch(r" {4}[a-z]+/[a-z-]+ +[\d.]+ ms \(first run +[\d.]+\)", slowest)
