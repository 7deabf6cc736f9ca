"""What a draft takes from the check before it: what costs a run of helm."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions
from helm_constitution.core.model import DEFAULTS
from helm_constitution.server.checker import Checker
from helm_constitution.server.notes import Place, notes_of
from tests.locate.test_proved_values import HELPERS, POD, PRIVILEGED
from tests.server.engines import CountingEngine
from tests.support import WEB, write

pytestmark = pytest.mark.helm


def test_a_draft_does_not_prove_again_which_value_sets_a_field(tmp_path: Path) -> None:
    pod = f'{POD}      securityContext: {{{{- include "lib.loop" .Values.sc | nindent 8 }}}}\n'
    files = {"templates/deployment.yaml": pod, "templates/_lib.tpl": HELPERS, "values.yaml": PRIVILEGED}
    write(tmp_path, {**WEB, **{f"web/{name}": text for name, text in files.items()}, ".git/HEAD": ""})
    chart, engine = tmp_path / "web", CountingEngine()
    checker = Checker(engine, CheckOptions())
    renders: list[int] = []

    def place(text: str, *, is_draft: bool) -> list[Place]:
        engine.renders = 0
        found = notes_of(checker.check(chart, DEFAULTS, {str(chart / "values.yaml"): text}, is_draft=is_draft), chart)
        renders.append(engine.renders)
        return [one.place for one in found if one.code == "security/privileged"]

    (first,) = place(PRIVILEGED, is_draft=False)
    (draft,) = place(f"# One.\n{PRIVILEGED}", is_draft=True)
    (whole,) = place(f"# One.\n{PRIVILEGED}", is_draft=False)
    checker.close()
    assert (first.path, first.line) == (str(chart / "values.yaml"), 4)
    assert draft == whole == first._replace(line=5, end_line=5)
    assert renders == [3, 1, 3]
