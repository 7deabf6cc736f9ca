"""The rules' own patterns on two constitutions, one written in prose, one in blocks.

Each line below is a statement, by words of its text, with the rules that a reader expects behind it; those in brackets
may stand there besides. A module's key stands for all its rules (umbrella statements).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helm_constitution.core.model import Severity
from helm_constitution.lint import registry
from helm_constitution.policy.constitution import parse_constitution
from helm_constitution.policy.rule_selection import match

FOLDER = Path(__file__).parents[2] / "testdata" / "constitutions"
MODULES = registry.modules()

PROSE = """
reachable: [values]
carry a comment: values/undocumented [values]
NOT hardcode: [values/hardcoded portability/fixed-namespace portability/cluster-domain]
values.schema.json: values/no-schema [values]
Dead values: values/unused
stay readable: [templates]
nesting: templates/nesting-depth [templates]
one kind of resource: templates/mixed-kinds
Named templates: templates/define-undocumented [templates]
their names: [templates]
pass helm lint: testing/lint-error testing/render-error [testing templates/invalid-yaml]
CI SHOULD:
helm test hook: testing/no-test-hook
semantic: compat/bad-version [compat]
Selectors MUST: compat/unstable-selector [compat]
API versions: compat/removed-api
MAJOR: [compat docs]
listed in CHANGELOG: [compat docs]
out of the box: disclosure/defaults-fail [testing/render-error]
Placeholders: disclosure/placeholder-accepted
Optional features: disclosure/flag-not-boolean [disclosure]
Error messages: disclosure/unhelpful-message
conformant: portability/platform-object [portability compat/removed-api]
kubeVersion: portability/no-kube-version [portability]
host ports: portability/host-port
recommended labels: helm/missing-label [helm]
liveness: observability/no-liveness-probe observability/no-readiness-probe [observability]
and memory requests: observability/no-cpu-request observability/no-memory-request [observability]
memory limits: observability/no-memory-limit [observability/request-above-limit]
Startup: observability/no-startup-probe
CPU limits are: observability/no-cpu-limit [observability/request-above-limit]
run as non-root: security/root-user security/writable-root [security]
drop all: security/capabilities
escalation: security/privilege-escalation
committed: security/secret-in-values security/secret-in-configmap [security]
latest tag: security/latest-tag
tokens: security/token-mounted
plants:
README MUST exist: docs/no-readme docs/readme-no-installing docs/readme-no-values [docs]
Upgrade: docs/readme-no-upgrading docs/readme-no-troubleshooting [docs]
A CHANGELOG: docs/no-changelog docs/changelog-version-missing [docs]
NOTES: helm/no-notes
"""

BLOCKS = """
exposed: [values]
A comment: values/undocumented [values]
schema validates: values/no-schema [values]
Hardcode: [values/hardcoded]
One kind: templates/mixed-kinds
nesting: templates/nesting-depth
prefixed: templates/define-unprefixed [templates]
semantic: compat/bad-version [compat]
APIs that were removed: compat/removed-api
What changed: [docs compat]
migrate: [docs compat]
work on standard: portability/platform-object [portability compat/removed-api]
kubeVersion: portability/no-kube-version [portability]
default values: disclosure/defaults-fail [disclosure testing/render-error]
use placeholders: disclosure/placeholder-accepted [disclosure]
Feature flags: disclosure/flag-not-boolean [disclosure]
Liveness: observability/no-liveness-probe observability/no-readiness-probe observability/no-startup-probe
    [observability]
Requests: observability/no-cpu-request observability/no-memory-request
    observability/no-cpu-limit observability/no-memory-limit [observability]
Silently: [disclosure observability]
Fail fast: disclosure/unhelpful-message [observability]
Defaults MUST be secure: security/root-user security/privileged security/secret-in-values [security]
never be hardcoded: security/secret-in-values [security]
ConfigMaps: security/secret-in-configmap [security]
least privilege: security/root-user security/privilege-escalation security/capabilities
    [security portability/host-port]
Run privileged: security/privileged security/host-path [security]
image tags: [security/latest-tag security/no-digest]
use latest: security/latest-tag
best practices: helm/missing-label helm/no-notes [helm templates values portability/crd-in-templates]
names and fullnames: helm/missing-helper
common labels: helm/missing-helper
standard Kubernetes labels: helm/missing-label [helm]
NOTES: helm/no-notes
helm lint: testing/lint-error [testing]
helm template: testing/render-error [testing templates/invalid-yaml]
quick start: docs/no-readme docs/readme-no-installing [docs]
All values: docs/no-readme docs/readme-no-values [docs]
Upgrade: docs/no-readme docs/readme-no-upgrading [docs]
Troubleshooting: docs/no-readme docs/readme-no-troubleshooting [docs]
"""

PHRASES = """
Images MUST be pinned by tag or digest. -> security/latest-tag security/no-digest
Charts MUST avoid latest tags. -> security/latest-tag
Network policies MUST be present. -> security/no-network-policy
Containers MUST NOT run as root. -> security/root-user
Host networking MUST NOT be used. -> security/host-namespace
Charts MUST NOT contain hardcoded secrets. -> security/secret-in-values security/secret-in-template
Passwords MUST NOT have default values. -> security/secret-in-values
Pods MUST set seccompProfile RuntimeDefault. -> security/no-seccomp
All containers MUST use a read-only root filesystem. -> security/writable-root
Ingresses MUST use TLS. -> security/no-tls
TLS 1.0 and 1.1 MUST NOT be enabled. -> security/weak-tls
Roles MUST NOT use wildcards. -> security/wildcard-role
hostPath volumes are NOT RECOMMENDED. -> security/host-path
Every pod MUST have a memory limit. -> observability/no-memory-limit
CPU limits SHOULD NOT be set. ->
Objects MUST have the recommended labels, including version. -> helm/missing-label helm/missing-version-label
Probes MUST be configurable. -> observability/probe-fixed
Charts MUST be tested with helm test. -> testing/no-test-hook
Templates MUST NOT be nested deeper than three levels. -> templates/nesting-depth
Each template MUST define exactly one resource. -> templates/mixed-kinds
Each module MUST have a single responsibility. ->
Unused values MUST be removed. -> values/unused
Every value MUST be documented. -> values/undocumented
Values MUST be validated with a JSON schema. -> values/no-schema values/schema-mismatch
Values MUST be rounded to two decimals. ->
Users MUST be able to install the chart without changing values. -> disclosure/defaults-fail
Charts MUST NOT define resources for a specific cloud provider. -> portability/platform-object
Deprecated Kubernetes APIs MUST NOT be used. -> compat/removed-api
Use Kubernetes standard resource definitions, they are RECOMMENDED. -> portability/platform-object
All public values MUST be documented in the chart README and/or comments in `values.yaml`. -> values/undocumented
Label selectors MUST be immutable. -> compat/unstable-selector
Maintainers MUST be listed in Chart.yaml. -> helm/chart-no-maintainers
Every chart MUST list maintainers with their e-mail. -> helm/chart-no-maintainers
NOTES.txt MUST include access instructions. -> helm/no-notes
Every chart MUST have a README. -> docs/no-readme
A CHANGELOG entry MUST exist for each release. -> docs/changelog-version-missing
Pull requests MUST be reviewed by two people. ->
Commits MUST follow Conventional Commits. ->
The API MUST return JSON. ->
Database migrations MUST be reversible. ->
All endpoints MUST require authentication. ->
Logs MUST NOT contain secrets. ->
The service MUST start within 10 seconds. ->
The default branch MUST be protected. ->
Templates for emails MUST be localised. ->
Python code MUST have type hints. ->
"""


def links(name: str) -> dict[tuple[int, str], list[str]]:
    constitution = parse_constitution((FOLDER / name).read_text("utf-8"), name, MODULES)
    demands = match(constitution, MODULES)
    return {
        (statement.line, statement.text): [rule.id for rule in demands.of(principle, statement)]
        for principle, statement in constitution.statements
    }


FOUND = {name: links(name) for name in ("prose.md", "blocks.md")}
LINES = [
    (name, line)
    for name, table in (("prose.md", PROSE), ("blocks.md", BLOCKS))
    for line in table.strip().replace("\n   ", "").splitlines()
]


@pytest.mark.parametrize(("name", "line"), LINES, ids=lambda part: part.partition(":")[0])
def test_a_statement_has_the_rules_that_its_reader_expects(name: str, line: str) -> None:
    parsed = re.fullmatch(r"([^:]+): ?([^\[]*)(?:\[(.*)\])?", line)
    assert parsed is not None
    words, expected, besides = parsed.groups(default="")
    (rules,) = [rules for (_, text), rules in FOUND[name].items() if words in text]
    assert set(expected.split()) <= set(rules)
    allowed = {*expected.split(), *besides.split()}
    assert [rule for rule in rules if not {rule, rule.partition("/")[0]} & allowed] == []


@pytest.mark.parametrize("line", PHRASES.strip().splitlines())
def test_how_people_say_it(line: str) -> None:
    sentence, _, expected = line.partition(" ->")
    # The first sentence keeps a document from matching nothing.
    text = f"Containers MUST drop all capabilities.\n\n{sentence}\n"
    demands = match(parse_constitution(text, "constitution.md", MODULES), MODULES)
    _, rules = demands.by_statement.values()
    assert sorted(rule.id for rule in rules) == sorted(expected.split())


@pytest.mark.parametrize("name", FOUND)
def test_every_statement_is_looked_at(name: str) -> None:
    assert len(FOUND[name]) == sum(file == name for file, _ in LINES)


def demand(name: str, rule_id: str) -> tuple[Severity, dict[str, int | str]]:
    demands = match(parse_constitution((FOLDER / name).read_text("utf-8"), name, MODULES), MODULES)
    (found,) = [demand for rule, demand in demands.rules.items() if rule.id == rule_id]
    return found.severity, dict(found.parameters)


@pytest.mark.parametrize(
    ("name", "rule_id", "severity"),
    [
        ("prose.md", "values/no-schema", Severity.WARNING),
        ("prose.md", "observability/no-cpu-limit", Severity.NOTE),
        ("prose.md", "observability/no-startup-probe", Severity.WARNING),
        ("prose.md", "security/root-user", Severity.ERROR),
        ("blocks.md", "helm/missing-version-label", Severity.WARNING),
        ("blocks.md", "security/root-user", Severity.ERROR),
        ("blocks.md", "security/token-mounted", Severity.WARNING),
        ("blocks.md", "observability/no-startup-probe", Severity.ERROR),
    ],
)
def test_severities(name: str, rule_id: str, severity: Severity) -> None:
    assert demand(name, rule_id)[0] is severity


@pytest.mark.parametrize(("name", "limit"), [("prose.md", 4), ("blocks.md", 2)])
def test_a_number_in_a_statement_sets_the_limit(name: str, limit: int) -> None:
    assert demand(name, "templates/nesting-depth")[1] == {"limit": limit}
