"""Files of policies: what is read, and what is wrong with them, by file and line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from helm_constitution.admission.reading import read_policies
from helm_constitution.core.errors import ConfigurationError
from tests.support import write

POLICY = """
    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingAdmissionPolicy
    metadata:
      name: small
    spec:
      matchConstraints:
        resourceRules:
          - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
      variables:
        - name: replicas
          expression: object.spec.replicas
      validations:
        - expression: variables.replicas <= 5
          message: at most 5 replicas
"""


def fault(root: Path, text: str) -> str:
    write(root, {"policy.yaml": text})
    with pytest.raises(ConfigurationError) as caught:
        read_policies([root / "policy.yaml"])
    assert caught.value.file == str(root / "policy.yaml")
    return f"{caught.value.line}: {caught.value.message}"


def test_a_folder_is_read_with_what_is_in_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "a/policy.yaml": POLICY,
            "a/.hidden/policy.yaml": "not: [yaml",
            "b.json": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "parameters"}}',
            "README.md": "# Policies",
        },
    )
    found = read_policies([tmp_path])
    assert [policy.name for policy in found.policies] == ["small"]
    assert [one["kind"] for one in found.objects] == ["ConfigMap"]
    assert not found.unread


def test_a_list_is_its_elements(tmp_path: Path) -> None:
    indented = POLICY.replace("\n    ", "\n      ").replace("\n      apiVersion", "\n    - apiVersion", 1)
    write(tmp_path, {"list.yaml": f"    apiVersion: v1\n    kind: List\n    items:{indented}"})
    assert [policy.name for policy in read_policies([tmp_path]).policies] == ["small"]


def test_an_unknown_field_names_the_likely_one(tmp_path: Path) -> None:
    text = POLICY.replace("message:", "mesage:")
    assert fault(tmp_path, text) == "14: validations[0] has the unknown field mesage; did you mean message?"


def test_an_expression_that_is_none_is_told_at_its_line(tmp_path: Path) -> None:
    assert fault(tmp_path, POLICY.replace("<= 5", "<=")).startswith(
        "13: the expression can't be compiled: Syntax error: mismatched input"
    )
    assert fault(tmp_path, POLICY.replace("<= 5", "<= limit")) == (
        "13: the expression can't be compiled: undeclared reference to 'limit'"
    )


def test_a_demand_must_be_true_or_false(tmp_path: Path) -> None:
    text = POLICY.replace("variables.replicas <= 5", "variables.replicas + 5")
    assert fault(tmp_path, text) == "13: the expression must evaluate to bool but got int"


def test_a_variable_must_be_defined_before_it_is_read(tmp_path: Path) -> None:
    text = POLICY.replace("expression: object.spec.replicas", "expression: variables.later")
    assert fault(tmp_path, text) == "11: reads variables.later, which is not defined before it"


def test_parameters_need_their_kind(tmp_path: Path) -> None:
    text = POLICY.replace("<= 5", "<= params.most")
    assert fault(tmp_path, text) == "13: reads params, but the policy has no paramKind"


def test_a_binding_needs_its_policy(tmp_path: Path) -> None:
    binding = """
    apiVersion: admissionregistration.k8s.io/v1
    kind: ValidatingAdmissionPolicyBinding
    metadata:
      name: everywhere
    spec:
      policyName: large
      validationActions: [Deny]
    """
    told = "21: binds the policy 'large', which is not in the given files"
    assert fault(tmp_path, f"{POLICY}    ---{binding}") == told


def test_a_policy_stands_once(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": POLICY, "b.yaml": POLICY})
    with pytest.raises(ConfigurationError, match="the policy small is also in"):
        read_policies([tmp_path])


def test_what_is_no_policy_is_an_error(tmp_path: Path) -> None:
    assert fault(tmp_path, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n").startswith("None: no policy here")
    assert fault(tmp_path, "a: [b") == "2: while parsing a flow sequence: did not find expected ',' or ']'"
    with pytest.raises(ConfigurationError, match="no such file or folder of policies"):
        read_policies([tmp_path / "none"])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_among_policies_is_not_waited_for(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": POLICY})
    os.mkfifo(tmp_path / "b.yaml")
    with pytest.raises(ConfigurationError, match="must be a regular file"):
        read_policies([tmp_path])


def test_what_only_a_cluster_has_leaves_a_demand_unknown(tmp_path: Path) -> None:
    write(tmp_path, {"policy.yaml": POLICY.replace("variables.replicas <= 5", "request.userInfo.username != 'a'")})
    (policy,) = read_policies([tmp_path]).policies
    check = policy.validations[0].check
    assert (check.program, check.unknown) == (None, "reads request.userInfo, which only a cluster has")


def test_kyvernos_policy_is_read_as_far_as_it_is_the_same(tmp_path: Path) -> None:
    kyverno = POLICY.replace("admissionregistration.k8s.io/v1", "policies.kyverno.io/v1alpha1")
    kyverno = kyverno.replace("ValidatingAdmissionPolicy", "ValidatingPolicy")
    write(tmp_path, {"policy.yaml": kyverno.replace("variables.replicas <= 5", "images.containers.size() > 0")})
    (policy,) = read_policies([tmp_path]).policies
    assert policy.bindings
    assert policy.validations[0].check.unknown == (
        "images.containers.size() > 0 uses what only Kyverno supports: undeclared reference to 'images.containers'"
    )


def test_policies_of_other_kinds_are_named(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata:\n  name: labels\n"})
    (unread,) = read_policies([tmp_path]).unread
    assert (unread.name, unread.kind, unread.line) == ("labels", "ClusterPolicy", 4)


def test_a_file_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("helm_constitution.admission.reading.MOST_BYTES", 1024 * 1024)
    assert fault(tmp_path, POLICY + f"# {'x' * 1_100_000}\n") == "None: larger than 1 MiB"
