"""Which statements of constitutions the module security serves, and which it leaves alone."""

from __future__ import annotations

import re

import pytest

from helm_constitution.policy.prefilter import needed_words
from helm_constitution.rules.security import MODULE

IDS = {rule.id.partition("/")[2] for rule in MODULE.rules}


def demanded(statement: str, forbids: bool = False) -> set[str]:
    """The rules that a statement demands by name."""
    return {
        rule.id.partition("/")[2]
        for rule in MODULE.rules
        if any(matcher.forbids is forbids and matcher.search(statement) for matcher in rule.enforces)
    }


def umbrella(statement: str) -> set[str]:
    """The rules that a wide statement runs."""
    return {
        rule.id.partition("/")[2]
        for rule in MODULE.rules
        if rule.umbrella is not None and re.search(rule.umbrella, statement, re.IGNORECASE)
    }


BASELINE = {
    "privileged",
    "apparmor",
    "selinux",
    "proc-mount",
    "unsafe-sysctl",
    "windows-host-process",
    "host-namespace",
    "host-path",
    "probe-host",
}
RESTRICTED = {*BASELINE, "privilege-escalation", "root-user", "capabilities", "no-seccomp", "volume-type"}


@pytest.mark.parametrize(
    ("statement", "rules"),
    [
        ("Containers MUST run as non-root.", {"root-user"}),
        ("Pods MUST comply with the restricted Pod Security Standard.", RESTRICTED),
        ("All pods MUST meet the Pod Security Standards.", RESTRICTED),
        ("Workloads MUST meet the baseline profile of the Pod Security Standards.", BASELINE),
        ("Security contexts MUST use non-root users and a read-only root filesystem.", {"root-user", "writable-root"}),
        ("Root filesystems SHOULD be read-only.", {"writable-root"}),
        ("All capabilities MUST be dropped.", {"capabilities"}),
        ("A seccomp profile MUST be set.", {"no-seccomp"}),
        ("`allowPrivilegeEscalation` MUST be false.", {"privilege-escalation"}),
        ("Images MUST be pinned to a specific tag.", {"latest-tag"}),
        ("Image digests SHOULD be used.", {"no-digest"}),
        ("TLS configuration MUST support modern TLS versions only (TLSv1.2+) by default.", {"weak-tls"}),
        ("Ingress MUST use TLS.", {"no-tls"}),
        ("Every workload SHOULD have a NetworkPolicy.", {"no-network-policy"}),
        ("Secrets SHOULD be mounted as files.", {"secret-env-ref"}),
        ("User IDs MUST be at least 10000.", {"low-user-id"}),
        ("Access to the cluster MUST be restricted by policy.", set()),
        ("Related settings MUST be grouped (e.g., `proxy.ingress.*`, `adminApi.tls.*`).", set()),
        ("Chart versions MUST be bumped at the root of the repository.", set()),
        ("The latest version of the chart MUST be documented.", set()),
        ("Security contexts MUST be overridable per platform.", set()),
        ("Documentation MUST include an example for every secret that users provide.", set()),
    ],
)
def test_what_is_demanded(statement: str, rules: set[str]) -> None:
    assert demanded(statement) == rules


@pytest.mark.parametrize(
    ("statement", "rules"),
    [
        ("Containers MUST NOT run as root.", {"root-user"}),
        ("Privileged containers MUST NOT be used.", {"privileged"}),
        ("Host networking MUST NOT be enabled.", {"host-namespace"}),
        ("Charts MUST NOT use the `latest` tag.", {"latest-tag"}),
        ("RBAC MUST NOT use wildcards.", {"wildcard-role"}),
        ("Service account tokens MUST NOT be mounted unless needed.", {"token-mounted"}),
        ("Disable security features by default for convenience.", {"security-off"}),
        ("TLS 1.0 and 1.1 MUST NOT be supported.", {"weak-tls"}),
        ("Logs MUST NOT contain passwords.", set()),
        ("MUST NOT disable the linter.", set()),
    ],
)
def test_what_is_forbidden(statement: str, rules: set[str]) -> None:
    assert demanded(statement, forbids=True) == rules


def test_secure_defaults_are_an_umbrella_of_nearly_everything() -> None:
    statement = "Security-sensitive defaults MUST be secure (e.g., TLS enabled, restrictive security contexts)."
    assert demanded(statement) == set()
    assert umbrella(statement) == IDS - {"no-digest", "foreign-registry", "secret-env-ref", "unsigned"}


def test_least_privilege_of_contexts_is_not_that_of_roles() -> None:
    contexts = umbrella("Security contexts MUST follow the least-privilege principle.")
    roles = umbrella("RBAC rules MUST follow the principle of least privilege.")
    assert {"root-user", "capabilities"} <= contexts
    assert {"wildcard-role", "reads-secrets"} <= roles
    assert not contexts & roles


def test_patterns_are_skipped_quickly_where_a_constitution_does_not_speak_of_them() -> None:
    for rule in MODULE.rules:
        assert all(needed_words(matcher.pattern) for matcher in rule.enforces), rule.id
