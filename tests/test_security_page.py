"""docs/security.md names a test for each promise and each limit, and each of these is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_each_promise_and_limit_has_tests_that_are_there() -> None:
    rows = [line for line in (ROOT / "docs" / "security.md").read_text("utf-8").splitlines() if line.startswith("| ")]
    promises = [row for row in rows if not row.rstrip(" |").endswith("test")]
    assert len(promises) > 25
    for row in promises:
        tests = re.findall(r"`(tests/[^`]+\.py)`", row)
        assert tests, row
        assert [test for test in tests if not (ROOT / test).is_file()] == []
