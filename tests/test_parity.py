"""The rules beside kube-linter, kube-score and polaris: what these found in testdata/parity, and the table of checks.

What they found is written down by ``make parity``; none of them is needed here.
"""

from __future__ import annotations

import pytest

from helm_constitution import registry
from scripts import parity
from scripts.parity import MANIFESTS, PAGE, Check, Found, Peer

PEERS = {peer.name: peer for peer in parity.load_table()}
RUN = [peer for peer in PEERS.values() if not peer.charts]
CHECKS = [check for peer in PEERS.values() for check in peer.checks]
FILES = sorted(file.name for file in MANIFESTS.glob("*.yaml"))


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("peer", RUN, ids=lambda peer: peer.name)
def test_what_a_peer_finds_is_found_or_known_to_differ(peer: Peer, file: str) -> None:
    checks = {check.name: check for check in peer.checks}
    _, found = parity.recorded(peer)
    left = parity.missing(found[file], checks, (MANIFESTS / file).read_text(encoding="utf-8"), file)
    known = {
        Found(check, thing)
        for check, places in parity.known_differences().get(peer.name, {}).items()
        for name, thing in (place.split(" ") for place in places)
        if name == file
    }
    assert set(left) == known


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


def test_differences_are_explained() -> None:
    for peer, checks in parity.known_differences().items():
        explained = {check.name for check in PEERS[peer].checks if check.differs}
        assert sorted(set(checks) - explained) == [], peer


def test_the_page_is_made_of_the_table() -> None:
    message = "run `python -m scripts.parity document`"
    assert PAGE.read_text(encoding="utf-8") == parity.page(list(PEERS.values())), message


def test_every_peer_that_looks_at_manifests_can_be_run() -> None:
    assert {peer.name for peer in RUN} == set(parity.RUNNERS)


def test_a_finding_at_another_object_is_none() -> None:
    text = (MANIFESTS / "privileged-pods.yaml").read_text(encoding="utf-8")
    checks = {"privileged": Check("kube-linter", "privileged", ("security/privileged",))}
    found = [Found("privileged", "DaemonSet/agent"), Found("privileged", "Pod/alone")]
    assert parity.missing(found, checks, text, "privileged-pods.yaml") == [Found("privileged", "Pod/alone")]


def test_what_a_peer_says_of_a_binding_is_found_at_its_role() -> None:
    text = (MANIFESTS / "rights.yaml").read_text(encoding="utf-8")
    checks = {"exec": Check("polaris", "exec", ("security/pod-exec",))}
    found = [Found("exec", "RoleBinding/exec"), Found("exec", "RoleBinding/owner-here")]
    assert parity.missing(found, checks, text, "rights.yaml") == [Found("exec", "RoleBinding/owner-here")]
