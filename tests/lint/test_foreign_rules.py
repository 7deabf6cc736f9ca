"""A rule is foreign code: whatever it raises or yields is its crash, never an end of the program or a clean chart."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from helm_constitution.api import MUST, Related, Subject, Violation, load_document, rule
from helm_constitution.core.model import RuleSetting, Severity
from helm_constitution.core.signals import Interrupted, Terminated, end_cleanly
from helm_constitution.lint.run import RuleRun
from helm_constitution.lint.runner import run_rule
from tests.rules.support import chart_of, checked
from tests.support import write


def _run(check: Callable[[Subject], Iterator[Any]]) -> RuleRun:
    check.__doc__ = "Wrong."
    one = rule("ours/odd", default=MUST)(check)
    return run_rule(one, RuleSetting(Severity.ERROR, (), {}), checked(chart_of({})))


@pytest.fixture
def signals() -> Iterator[None]:
    """The signals as the entry point sets them up."""
    names = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
    before = [signal.getsignal(name) for name in names]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what runs in the background without it
    end_cleanly()
    yield
    for name, handler in zip(names, before, strict=True):
        signal.signal(name, handler)


@pytest.mark.parametrize("error", [SystemExit(0), KeyboardInterrupt(), GeneratorExit(), MemoryError(), KeyError("x")])
@pytest.mark.usefixtures("signals")
def test_whatever_a_rule_raises_is_its_crash(error: BaseException) -> None:
    def odd(subject: Subject) -> Iterator[Violation]:
        yield Violation("said before", at=None)
        raise error

    run = _run(odd)
    assert run.crash is not None
    assert run.violations == ()
    assert f"rule ours/odd crashed: {type(error).__name__}" in run.crash.message


@pytest.mark.parametrize("end", [Interrupted(), Terminated(15)])
def test_a_signal_ends_the_program_all_the_same(end: BaseException) -> None:
    def odd(subject: Subject) -> Iterator[Violation]:
        yield Violation("said before", at=None)
        raise end

    with pytest.raises(type(end)):
        _run(odd)


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        ("text", "must yield a Violation or a Tally, not str"),
        (None, "must yield a Violation or a Tally, not NoneType"),
        (Violation(5, at=None), "the message of a violation must be a string, not int"),  # type: ignore[arg-type]
        (Violation("wrong", at="x"), "the place of a violation must be a View, a TextPlace or None, not str"),  # type: ignore[arg-type]
        (
            Violation("wrong", None, (Related(5, "here"),)),  # type: ignore[arg-type]
            "the place of a violation must be a View, a TextPlace or None, not int",
        ),
    ],
)
def test_what_is_no_outcome_is_a_crash(outcome: object, message: str) -> None:
    def odd(subject: Subject) -> Iterator[object]:
        yield outcome

    run = _run(odd)
    assert run.crash is not None
    assert message in run.crash.message


def test_a_rule_that_is_no_generator_may_return_a_list_and_nothing_is_a_crash() -> None:
    assert _run(lambda subject: [Violation("wrong", at=None)]).crash is None  # type: ignore[arg-type,return-value]
    crash = _run(lambda subject: None).crash  # type: ignore[arg-type,return-value]
    assert crash is not None
    assert "TypeError" in crash.message


def test_a_file_that_cannot_be_read_is_the_charts_fault() -> None:
    def odd(subject: Subject) -> Iterator[Violation]:
        load_document("[", "platforms/aws.yaml")
        yield Violation("wrong", at=None)

    run = _run(odd)
    assert run.crash is not None
    assert (run.crash.kind, run.crash.file, run.crash.line) == ("error", "platforms/aws.yaml", 2)


def test_a_bad_expression_in_a_pack_is_told_with_the_rule(tmp_path: Path) -> None:
    from helm_constitution.core.errors import ConfigurationError
    from helm_constitution.lint.rule_packs import folder_pack

    text = """
        from helm_constitution.api import MUST, RuleModule, require, rule

        @rule("ours/bad", default=MUST, enforces=require("("))
        def bad(subject):
            '''Wrong.'''
            return []

        MODULE = RuleModule("ours", "Ours", (), (bad,))
        """
    write(tmp_path, {"own/ours.py": text})
    with pytest.raises(
        ConfigurationError, match=r"ours/bad has the pattern '\(', which is not a valid regular expression"
    ):
        folder_pack(str(tmp_path / "own"))
