"""Deprecated values: what comments and templates say of one key isn't charged to another."""

from __future__ import annotations

import pytest

from helm_constitution.rules.backward_compatibility import deprecations
from tests.rules.support import found

FAIL = '{{ if .Values.port }}{{ fail "port is deprecated: set service.port" }}{{ end }}'


def both(values: str, template: str) -> tuple[list[str], list[str]]:
    files = {"values.yaml": values, "templates/x.yaml": template}
    return found(deprecations.unmarked_deprecation, files), found(deprecations.silent_deprecation, files)


@pytest.mark.parametrize(
    "values",
    [
        "# port: deprecated, use service.port\nport: 1\n",
        "# port: deprecated\nport: 1\n",
        "# port is deprecated.\n\nport: 1\n",
        "## The key `port` (deprecated, see service.port)\n\nport: 1\n",
        "port: 1 # deprecated\n",
        "# ---- port (DEPRECATED) ----\nport: 1\n",
    ],
)
def test_marked_in_any_form(values: str) -> None:
    assert both(values, FAIL) == ([], [])


def test_a_comment_that_a_blank_line_sets_apart_is_of_another_key() -> None:
    unmarked = (
        "values.yaml:3 value port is deprecated in a template but not in its comment; add "
        '"Deprecated" and the replacement to the comment'
    )
    assert both("# host is deprecated\n\nport: 1\n", FAIL)[0] == [unmarked]


@pytest.mark.parametrize(
    "values",
    [
        "# (DEPRECATED) use port\n# oldPort: 80\nport: 1\n",
        "# DEPRECATED: the old name\n# oldPort:\n# -- The port\nport: 1\n",
        "# oldPort is deprecated in favour of port\nport: 1\n",
        "## @param port The port\n## @param oldPort DEPRECATED: use port instead\nport: 1\n",
        "## @param port.old DEPRECATED\n##\nport:\n  new: 1\n",
        "# The port. `server.oldPort` was deprecated in favor of this one\nport: 1\n",
        "# -- The port; servicePort is deprecated and will go in 3.0\nport: 1\n",
    ],
)
def test_another_keys_deprecation(values: str) -> None:
    assert both(values, "{{ .Values.port }}")[1] == []


@pytest.mark.parametrize(
    "values",
    [
        "# DEPRECATED\nport: 1\n",
        "# port is deprecated in favour of service.port\nport: 1\n",
        "# (DEPRECATED) extra labels\n# team: web\nport: {}\n",
        "# This is deprecated, use service.port\nport: 1\n",
    ],
)
def test_its_own_deprecation(values: str) -> None:
    assert len(both(values, "{{ .Values.port }}")[1]) == 1


@pytest.mark.parametrize(
    "condition",
    [
        'hasKey .Values.collectors "docker"',
        'index .Values "collectors" "docker"',
        'get .Values.collectors "docker"',
        'and .Values.enabled (hasKey $.Values.collectors "docker")',
    ],
)
def test_one_key_of_a_map_that_is_deprecated(condition: str) -> None:
    template = f'{{{{ if {condition} }}}}{{{{ fail "collectors.docker is deprecated" }}}}{{{{ end }}}}'
    assert both("# What collects\ncollectors:\n  # Of files\n  file: 1\n", template) == ([], [])
    unmarked = (
        "values.yaml:2 value collectors.docker is deprecated in a template but not in its comment; "
        'add "Deprecated" and the replacement to the comment'
    )
    assert both("collectors:\n  docker: 1\n", template)[0] == [unmarked]


@pytest.mark.parametrize(
    "words", ["in favour of .Values.port", "and was renamed to port", "use `$.Values.port` instead"]
)
def test_what_takes_its_place_is_not_deprecated(words: str) -> None:
    template = (
        f'{{{{ if and .Values.oldPort .Values.port }}}}{{{{ fail "oldPort is deprecated {words}" }}}}{{{{ end }}}}'
    )
    assert both("# The port\nport: 1\n", template) == ([], [])
