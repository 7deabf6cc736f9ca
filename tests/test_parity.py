"""The rules beside kube-linter, kube-score and polaris: what these found in testdata/parity, and the table of checks.

What they found is written down by ``make parity``; none of them is needed here.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.lint import registry
from helm_constitution.policy.configuration import load_configuration
from scripts import parity
from scripts.parity import MANIFESTS, PAGE, Check, Decision, Found, Peer

PEERS = {peer.name: peer for peer in parity.load_table()}
RUN = [peer for peer in PEERS.values() if not peer.charts]
CHECKS = [check for peer in PEERS.values() for check in peer.checks]
FILES = sorted(file.name for file in MANIFESTS.glob("*.yaml"))


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("peer", RUN, ids=lambda peer: peer.name)
def test_what_a_peer_finds_is_found_or_differs_for_a_reason(peer: Peer, file: str) -> None:
    decisions = decide(parity.recorded(peer)[1][file], {check.name: check for check in peer.checks}, file)
    assert [each.found for each in decisions if not each.as_set and each.reason is None] == []


@pytest.mark.parametrize("peer", RUN, ids=lambda peer: peer.name)
def test_every_check_of_a_peer_is_in_the_table_and_was_tried(peer: Peer) -> None:
    checks, found = parity.recorded(peer)
    assert sorted(check.name for check in peer.checks) == sorted(checks)
    assert sorted(found) == FILES
    tried = {each.check for of_file in found.values() for each in of_file}
    mapped = {check.name for check in peer.checks if check.rules}
    assert sorted(mapped - tried) == [], "each check finds something in testdata/parity"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: f"{check.peer}/{check.name}")
def test_a_check_has_rules_that_exist_or_a_reason(check: Check) -> None:
    rules = {rule.id: rule for rule in registry.rules()}
    assert [rule for rule in check.rules if rule not in rules] == []
    assert check.rules or check.differs
    for parameter in check.set:
        assert any(parameter in rules[rule].parameters for rule in check.rules)


def test_every_reason_is_for_a_check_and_occurs() -> None:
    reasons = [each.reason for peer in RUN for each in decisions_of(peer) if each.reason]
    assert sorted({name for check in CHECKS for name in check.unless}) == sorted(parity.REASONS)
    assert sorted(set(reasons)) == sorted(parity.REASONS)


@pytest.mark.parametrize("peer", RUN, ids=lambda peer: peer.name)
def test_the_configuration_for_a_peer_is_one(peer: Peer, tmp_path: Path) -> None:
    file = tmp_path / ".helm-constitution.yaml"
    file.write_text(parity.configuration(peer), encoding="utf-8")
    found = load_configuration(file, tmp_path)
    rules = {rule.id: rule for rule in registry.rules()}
    assert found.judge_tests is True
    for check in peer.checks:
        for rule in check.rules:
            for name, value in check.set.items():
                if name in rules[rule].parameters:
                    assert found.parameters[rule][name] == value, "two checks set a rule otherwise"


def test_the_page_is_made_of_the_table() -> None:
    message = "run `python -m scripts.parity document`"
    assert PAGE.read_text(encoding="utf-8") == parity.page(list(PEERS.values())), message


def test_every_peer_that_looks_at_manifests_can_be_run() -> None:
    assert {peer.name for peer in RUN} == set(parity.RUNNERS)


def test_a_finding_at_another_object_is_none() -> None:
    checks = {"privileged": Check("kube-linter", "privileged", ("security/privileged",))}
    found = [Found("privileged", "DaemonSet/agent"), Found("privileged", "Pod/alone")]
    assert decided(found, checks, "privileged-pods.yaml") == ["found", "unexplained"]


def test_what_a_peer_says_of_a_binding_is_found_at_its_role() -> None:
    checks = {"exec": Check("polaris", "exec", ("security/pod-exec",))}
    found = [Found("exec", "RoleBinding/exec"), Found("exec", "RoleBinding/owner-here")]
    assert decided(found, checks, "rights.yaml") == ["found", "unexplained"]


def test_a_pair_that_only_a_parameter_finds() -> None:
    checks = {"restart": Check("kube-linter", "restart", ("helm/restart-policy",), set={"strict": 1})}
    (decision,) = decide([Found("restart", "Deployment/careless")], checks, "careless-deployment.yaml")
    assert (decision.by_default, decision.as_set) == (False, True)


def decisions_of(peer: Peer) -> list[Decision]:
    return _DECISIONS.setdefault(peer.name, parity.decisions_on_testdata(peer))


_DECISIONS: dict[str, list[Decision]] = {}


def decide(found: list[Found], checks: dict[str, Check], file: str) -> list[Decision]:
    return parity.decide(found, checks, (MANIFESTS / file).read_text(encoding="utf-8"), file)


def decided(found: list[Found], checks: dict[str, Check], file: str) -> list[str]:
    return ["found" if each.as_set else each.reason or "unexplained" for each in decide(found, checks, file)]
