"""What the API server has against a CustomResourceDefinition."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from helm_constitution.kubernetes.definition_faults import definition_faults
from tests.kubernetes.definitions import CHANGES, GOOD, Change, changed

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["spec", "versions", "schema", "openAPIV3Schema", "items", "allOf"]), inner)
    ),
    max_leaves=20,
)


def test_a_good_definition_has_no_fault() -> None:
    assert list(definition_faults(yaml.safe_load(GOOD))) == []


@pytest.mark.parametrize("change", CHANGES, ids=[f"{change.path}: {change.new}" for change in CHANGES])
def test_a_fault_is_found_at_its_place(change: Change) -> None:
    faults = list(definition_faults(yaml.safe_load(changed(change))))
    assert change.path in [".".join(map(str, fault.path)) for fault in faults]
    assert any(change.problem in fault.problem for fault in faults)


@given(ANY_JSON)
def test_any_definition_is_read(data: object) -> None:
    assert all(fault.problem and fault.fix for fault in definition_faults(data))  # type: ignore[arg-type]
