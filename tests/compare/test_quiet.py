"""What is no change, or a smaller one, between two releases."""

from __future__ import annotations

import pytest

from helm_constitution.compare.changes import Step, is_enough, smallest_version
from helm_constitution.rules.backward_compatibility.announcements import _above
from helm_constitution.text.semver import Version
from tests.compare.test_values import changes


@pytest.mark.parametrize("value", ["", " null", " ~"])
def test_an_example_that_becomes_an_empty_key(value: str) -> None:
    template = "  a: {{ .Values.tls.secretName }}\n"
    assert (
        changes(("tls:\n  # secretName: x\n  a: 1\n", template), (f"tls:\n  secretName:{value}\n  a: 1\n", template))
        == []
    )


@pytest.mark.parametrize("text", ['""', "data"])
def test_a_map_that_becomes_a_text(text: str) -> None:
    old = ('folder: {name: ""}\n', "  a: {{ .Values.folder.name }}\n")
    new = (f"folder: {text}\n", "  a: {{ .Values.folder }}\n")
    assert "MAJOR value folder was a map and is now a string" in changes(old, new)


def test_a_map_that_is_printed_whole_in_both() -> None:
    template = "  a: {{ toYaml .Values.folder }}\n"
    assert not [
        one for one in changes(("folder: {name: a}\n", template), ("folder: text\n", template)) if "MAJOR" in one
    ]


@pytest.mark.parametrize("step", list(Step))
def test_years_say_only_that_they_are_newer(step: Step) -> None:
    assert is_enough(step, Version(2026, 4, 0), Version(2026, 5, 0))
    assert smallest_version(Step.MAJOR, Version(2026, 4, 0)) == Version(2026, 4, 1)
    assert not is_enough(Step.MAJOR, Version(2, 4, 0), Version(2, 5, 0))


def test_the_paths_above_a_value() -> None:
    assert list(_above("server.config.numHistoryShards")) == ["server.config", "`server`"]
    assert list(_above("replicas")) == []
