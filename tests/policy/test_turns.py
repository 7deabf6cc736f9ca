"""Words that turn a statement's polarity: what it demands by refusing, and what it forbids to be missing."""

from __future__ import annotations

import pytest

from helm_constitution.lint import registry
from helm_constitution.policy.constitution import parse_constitution
from helm_constitution.policy.rule_selection import match
from helm_constitution.policy.turns import turned

PROBES = {"observability/no-liveness-probe", "observability/no-readiness-probe"}
LIMITS = {"observability/no-cpu-limit", "observability/no-memory-limit"}


def rules(text: str) -> set[str]:
    """The rules of a document's statements below a principle, besides one that gives it a rule at all."""
    modules = registry.modules()
    constitution = parse_constitution(f"## Anchor\n\nCharts MUST pass `helm lint`.\n\n{text}\n", "c.md", modules)
    found = match(constitution, modules)
    return {
        rule.id
        for principle, statement in constitution.statements
        if principle.title != "Anchor"
        for rule in found.of(principle, statement)
    }


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("Pods MUST NOT run without limits.", [" limits"]),
        ("Deny privileged containers", [" privileged containers"]),
        ("Set allowPrivilegeEscalation: false on every container.", ["allowPrivilegeEscalation: false"]),
        ("hostNetwork must be disabled", ["hostNetwork "]),
        ("Drop all capabilities and disable privilege escalation", [" privilege escalation"]),
        ("Use claims instead of hostPath", [" hostPath"]),
        ("Deny all traffic with network policies", [" all traffic "]),
        ("Default-deny policies exist", []),
        ("Run as non-root to prevent privilege escalation", []),
    ],
)
def test_where_a_statement_turns(text: str, inside: list[str]) -> None:
    assert [text[begin:end] for begin, end in turned(text, 0)] == inside


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Clusters MUST block privileged containers.", "security/privileged"),
        ("Deny hostPath volumes.", "security/host-path"),
        ("- ✅ **Deny Privileged Containers** - they can escape", "security/privileged"),
        ("Pods MUST set `automountServiceAccountToken: false`.", "security/token-mounted"),
        ("Host networking MUST be disabled.", "security/host-namespace"),
        ("Images with the latest tag MUST be rejected.", "security/latest-tag"),
        ("Never skip network policies.", "security/no-network-policy"),
        ("No pod is allowed to run without a seccomp profile.", "security/no-seccomp"),
        ("## Never do\n\n- Skip network policies", "security/no-network-policy"),
        ("## Bad practices\n\n- No PodDisruptionBudget", "helm/no-disruption-budget"),
        ("## Red flags\n\n- Missing NOTES.txt", "helm/no-notes"),
        (
            "## Avoid\n\n| Practice | Why |\n|---|---|\n| No NetworkPolicy | free movement |",
            "security/no-network-policy",
        ),
    ],
)
def test_what_is_refused_or_missing_finds_its_rule(text: str, expected: str) -> None:
    assert expected in rules(f"## Operations\n\n{text}" if not text.startswith("##") else text)


@pytest.mark.parametrize(
    ("text", "unwanted"),
    [
        ("Charts MUST disable liveness probes.", PROBES),
        ("Omit startup probes unless the start is slow.", {"observability/no-startup-probe"}),
        ("Skip CPU limits and memory limits.", LIMITS),
        ("Seccomp profiles MUST be disabled.", {"security/no-seccomp"}),
        ("Remove network policies.", {"security/no-network-policy"}),
        ("## Never do\n\n- NetworkPolicy in the default namespace", {"security/no-network-policy"}),
    ],
)
def test_what_is_refused_is_not_demanded(text: str, unwanted: set[str]) -> None:
    assert not rules(f"## Operations\n\n{text}" if not text.startswith("##") else text) & unwanted


def test_a_heading_narrows_a_wide_demand() -> None:
    wide = rules("## RBAC\n\nFollow least privilege.")
    assert "security/wildcard-role" in wide
    assert "security/root-user" not in wide
    assert "security/root-user" in rules("## Pods\n\nFollow least privilege.")


def test_a_word_begins_at_each_hump_of_a_field() -> None:
    assert "helm/no-anti-affinity" in rules("## Pods\n\nSet `podAntiAffinity`.")
    assert rules("## Namespaces\n\nUse a `LimitRange`.") == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Set memory limits on every container but do not set CPU limits.", {"observability/no-memory-limit"}),
        ("Containers MUST have resource limits, but CPU limits are not required.", {"observability/no-memory-limit"}),
        ("Containers MUST have resource limits, but not CPU limits.", {"observability/no-memory-limit"}),
        ("Containers MUST have resource limits, except for CPU limits.", {"observability/no-memory-limit"}),
        ("Set limits for memory (but don't set CPU limits).", {"observability/no-memory-limit"}),
        ("Set resource limits; however, do not set CPU limits.", {"observability/no-memory-limit"}),
        ("Use readiness probes but avoid liveness probes.", {"observability/no-readiness-probe"}),
        ("Define liveness and readiness probes, but no startup probe.", PROBES),
        ("Images MUST be pinned by tag but need not be pinned by digest.", {"security/latest-tag"}),
        ("Run as non-root, but do not use hostPath.", {"security/root-user", "security/host-path"}),
        ("Never use hostPath, except for log collectors.", {"security/host-path"}),
    ],
)
def test_what_is_excepted_is_not_demanded(text: str, found: set[str]) -> None:
    assert rules(f"## Pods\n\n{text}") == found
