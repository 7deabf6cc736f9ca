"""Values are written as PyYAML writes them, with or without it."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as some

from helm_constitution.report.words import as_yaml
from helm_constitution.text.pyyaml import yaml

_WORDS = some.sampled_from(("image", "Always", "yes", "NULL", "n", "x1", "1e3", "", "a b", "web:1")) | some.text(
    max_size=4
)
_SCALARS = some.booleans() | some.integers() | some.none() | _WORDS


@given(
    some.dictionaries(
        _WORDS,
        some.recursive(
            _SCALARS,
            lambda inner: some.dictionaries(_WORDS, inner, max_size=4) | some.lists(inner, max_size=4),
            max_leaves=12,
        ),
        max_size=6,
    )
)
@example({"securityContext": {"runAsNonRoot": True, "runAsUser": 1000}, "pullPolicy": "Always"})
@example({"a": "x" * 100})
@example({"capabilities": {"drop": ["ALL", True, 3]}, "none": []})
def test_values_are_written_as_pyyaml_writes_them(values: dict[str, object]) -> None:
    expected = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=100) if values else ""
    assert as_yaml(values) == expected
