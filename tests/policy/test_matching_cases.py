"""Statements as people write them, with the rules behind each: none too many, none the wrong way round."""

from __future__ import annotations

import pytest

from helm_constitution.lint import registry
from helm_constitution.policy.constitution import parse_constitution
from helm_constitution.policy.rule_selection import RuleSelection, match

MODULES = registry.modules()
ANCHOR = "## Anchor\n\nPods MUST drop all capabilities. <!-- rules: security/capabilities -->\n\n## Here\n\n"


def links(text: str) -> list[tuple[str, list[str], tuple[str, ...]]]:
    """Text, rules and open parts of each statement below the anchor, which keeps a document from matching nothing."""
    constitution = parse_constitution(ANCHOR + text, "constitution.md", MODULES)
    demands = match(constitution, MODULES)
    return [
        (
            statement.text,
            [rule.id for rule in demands.of(principle, statement)],
            demands.left_open(principle, statement),
        )
        for principle, statement in list(constitution.statements)[1:]
    ]


def rules(text: str) -> list[str]:
    return [rule for _, found, _ in links(text) for rule in found]


@pytest.mark.parametrize(
    ("sentence", "rule"),
    [
        ("values.yaml MUST use a flat structure over nested maps.", "values/flat-group"),
        ("Values SHOULD be kept flat rather than nested.", "values/flat-group"),
        ("Secrets MUST be mounted as volumes or environment variables.", "security/secret-env-ref"),
        ("Secrets MUST be mounted as files or env variables.", "security/secret-env-ref"),
        ("id | string | MUST be unique", "helm/release-collision"),
        ("User names MUST be unique.", "helm/release-collision"),
        ("Troubleshooting MUST use log analysis.", "docs/readme-no-troubleshooting"),
        ("Prompts MUST be kept for troubleshooting purposes.", "docs/readme-no-troubleshooting"),
        ("Images MUST be tagged with semantic versions.", "compat/bad-version"),
        ("Charts MUST be self-contained and installable (or as a dependency).", "values/schema-not-embeddable"),
        ("Run helm lint with default or example values when a chart changes.", "compat/default-changed"),
        ("Every chart that was modified MUST increment its version.", "compat/value-removed"),
        ("Values MUST be flat rather than nested.", "templates/nesting-depth"),
        ("Image tags MUST be configurable through values.yaml.", "security/foreign-registry"),
        ("Each Dockerfile MUST have a HEALTHCHECK.", "observability/no-liveness-probe"),
        ("Whether CPU limits are set MUST be written down.", "observability/no-cpu-limit"),
        ("Breaking changes MUST be announced in the #platform channel.", "compat/changelog-silent"),
        ("CI/CD pipelines MUST inject credentials.", "testing/no-ci-values"),
        ("Private SSH keys MUST NOT be shared.", "security/ssh-port"),
        ("Secrets MUST NOT be embedded inside container images.", "security/secret-in-values"),
        ("Readiness: Remove from load balancer if busy.", "portability/exposed-service"),
        ("When you find an issue, cite the relevant Helm best practice.", "helm/missing-label"),
        ("If the chart uses a dependency, set appVersion to its version.", "helm/dependency-unpinned"),
        ("Document configurable values that flow into subcharts.", "values/hardcoded"),
        ("Pipelines MUST run a dry-run diff (e.g., `kubectl diff`, `helm template`) and pass.", "testing/render-error"),
        ("Be generous with CPU or omit CPU limits where latency matters.", "observability/no-cpu-limit"),
        ("Health check endpoints MUST be documented in values file comments.", "values/undocumented"),
        ("Cluster metrics and events MUST be collected centrally.", "observability/no-metrics"),
        ("Containers MUST declare CPU and memory requests and memory limits.", "observability/no-cpu-limit"),
        ("Assign a priorityClass so that pods survive node pressure.", "helm/single-replica"),
        ("API versions of our REST services MUST be stable.", "compat/removed-api"),
        ("IAM roles MUST follow least privilege.", "security/cluster-admin"),
        ("Keep chart metadata in Chart.yaml.", "helm/chart-no-icon"),
        ("Use `helm upgrade --atomic` for safer upgrades.", "compat/update-strategy"),
        ("Use `{{- with }}` to scope into nested values.", "values/flat-group"),
        ("Use `{{- if }}` for conditional resources (HPA, PDB, ConfigMap).", "helm/no-disruption-budget"),
        ("CRDs in crds/ MUST be identical to the generated ones.", "portability/crd-in-templates"),
        ("Do not duplicate metadata in templates.", "templates/duplicated-block"),
        ("Prefer registries with multi-arch support.", "portability/node-affinity"),
        ("YAML MUST pass schema validation.", "values/schema-mismatch"),
        ("Approval is REQUIRED before any cluster-modifying operation.", "portability/platform-object"),
        ("Containers MUST set requests and limits.", "observability/request-above-limit"),
        ("Workloads MUST have liveness probes.", "observability/probe-port-unknown"),
        ("Build in phases, ensuring backward compatibility.", "compat/unstable-selector"),
        ("Use patterns that support observability.", "observability/no-metrics"),
        ("Releases MUST be delivered by GitOps.", "compat/random-value"),
        ("High availability MUST be ensured.", "compat/update-strategy"),
    ],
)
def test_a_rule_that_is_not_meant(sentence: str, rule: str) -> None:
    assert rule not in rules(sentence)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Containers MUST define livenessProbe and readinessProbe.", "observability/no-liveness-probe"),
        ("Containers MUST define livenessProbe and readinessProbe.", "observability/no-readiness-probe"),
        ("Slow containers SHOULD have a startupProbe.", "observability/no-startup-probe"),
        ("All values MUST be parameterized in values.yaml.", "values/hardcoded"),
        ("Replicas MUST be configurable via values.", "values/hardcoded"),
        ("Charts MUST pass helm lint with zero warnings.", "testing/lint-warning"),
        ("Chart versions MUST be bumped for any template or values change.", "compat/version-unchanged"),
        ("Every chart that was modified MUST increment its version.", "compat/version-unchanged"),
        ("values.yaml MUST have a JSON schema.", "values/no-schema"),
        ("Credentials MUST NOT appear in values files.", "security/secret-in-values"),
        ("No credentials in values files", "security/secret-in-values"),
        ("Labels MUST follow Kubernetes' recommended conventions.", "helm/missing-label"),
        ("Images MUST be tagged with semantic versions.", "security/latest-tag"),
        ("Host networking, host PID and hostPath volumes are forbidden.", "security/host-namespace"),
        ("Host networking, host PID and hostPath volumes are forbidden.", "security/host-path"),
        ("Never use latest", "security/latest-tag"),
        ("No privileged containers.", "security/privileged"),
        ("Workloads MUST be hardened: no privileged containers, no unnecessary capabilities.", "security/capabilities"),
        ("Helm charts MUST include:\n- Liveness probes", "observability/no-liveness-probe"),
        (
            "Pods MUST have:\n\n| What | Needed |\n|---|---|\n| Readiness probes | Yes |",
            "observability/no-readiness-probe",
        ),
    ],
)
def test_a_rule_that_is_meant(sentence: str, expected: str) -> None:
    assert expected in rules(sentence)


def test_words_beside_what_is_said_precisely_may_be_wide() -> None:
    found = rules("Security contexts MUST follow least privilege (non-root user).")
    assert {"security/root-user", "security/capabilities", "security/privileged"} <= set(found)
    assert "security/cluster-admin" in rules("RBAC MUST follow least privilege and never use wildcard verbs.")


def test_an_introduction_is_the_umbrella_of_a_list_without_words_of_its_own() -> None:
    lead = "All deployments MUST follow best practices for observability:\n\n"
    own = links(f"{lead}- Liveness probes\n- Rollback plans\n")
    assert "observability/no-metrics" not in own[0][1]
    assert own[1][1] == []
    ((_, found, rest),) = links(f"{lead}- good dashboards\n")
    assert "observability/no-metrics" in found
    assert rest == ("good dashboards",)


@pytest.mark.parametrize(
    ("sentence", "rest"),
    [
        ("Objects MUST carry the standard labels and an emblem of the house.", ("an emblem of the house",)),
        ("Containers MUST run as non-root and start within 10 seconds.", ("start within 10 seconds",)),
        ("Charts MUST have a README, a logo and a jingle.", ("a logo", "a jingle")),
        ("Containers MUST run as non-root.", ()),
        ("Passwords MUST use Kubernetes Secrets, not ConfigMaps.", ()),
        ("Probes MUST be configurable.", ()),
        ("Resource limits MUST be set for all containers.", ()),
    ],
)
def test_what_no_rule_checks_is_named(sentence: str, rest: tuple[str, ...]) -> None:
    ((_, found, left),) = links(sentence)
    assert found
    assert left == rest


def demands_of(text: str) -> RuleSelection:
    return match(parse_constitution(ANCHOR + text, "constitution.md", MODULES), MODULES)


def test_labels_in_a_statement_are_checked() -> None:
    text = "Objects MUST carry the standard labels and the labels acme.io/team and acme.io/cost-center.\n"
    (found,) = [demand for rule, demand in demands_of(text).rules.items() if rule.id == "helm/missing-label"]
    assert found.parameters == {"also": "acme.io/team and acme.io/cost-center"}
    assert links(text)[0][2] == ()


def test_a_statement_that_forbids_what_a_rule_demands() -> None:
    ((_, found, _),) = links("Charts MUST NOT define network policies.")
    assert found == []
    constitution = parse_constitution(ANCHOR + "Charts MUST NOT define network policies.", "c.md", MODULES)
    principle, statement = list(constitution.statements)[1]
    opposite = match(constitution, MODULES).opposite(principle, statement)
    assert [rule.id for rule in opposite] == ["security/no-network-policy"]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Every chart that was modified increments its version.", ["compat/version-unchanged"]),
        ("Each chart bumps its version when it changes.", ["compat/version-unchanged"]),
        ("Wildcard RBAC is disallowed.", ["security/wildcard-role"]),
        ("Use `topologySpreadConstraints`.", ["helm/no-topology-spread"]),
    ],
)
def test_exactly_these_rules(sentence: str, expected: list[str]) -> None:
    assert rules(sentence) == expected


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('Labels MUST use `include "web.labels" .`.', "helm/missing-helper"),
        ("Resource names MUST use chart helpers.", "helm/missing-helper"),
        ("Set requests (guaranteed) and limits (burst).", "observability/no-memory-limit"),
        ("## Checklist\n\n- [ ] **[VAL-RES-01]** Resources are defined.", "observability/no-cpu-request"),
        ("## Checklist\n\n- [ ] **[VAL-K8S-01]** Probes are defined.", "observability/no-liveness-probe"),
        ("K8S-003: Probes are required.", "observability/no-readiness-probe"),
        ("Never set limits without requests.", "observability/no-cpu-request"),
        ("Service accounts MUST request only the required scopes.", "security/wildcard-role"),
        ("Containers MUST have a non-zero runAsUser.", "security/root-user"),
        ("Document any new keys in the README or in comments of values.yaml.", "values/undocumented"),
        (
            "Containers MUST be hardened (for example `allowPrivilegeEscalation: false`).",
            "security/privilege-escalation",
        ),
        ("## Checks\n\n- Charts MUST be checked: verify that no privileged containers run.", "security/privileged"),
        ("Use Secrets for sensitive data.", "security/secret-in-configmap"),
        ("Set requests.memory == limits.memory.", "observability/requests-differ"),
        ("Containers MUST have CPU and memory limits.", "observability/no-cpu-limit"),
        (
            "| Probe | For |\n|---|---|\n| readinessProbe | Remove the pod from its Service. MUST be set |",
            "observability/no-readiness-probe",
        ),
        ("`hostNetwork` MUST be false.", "security/host-namespace"),
        ("Each modified chart gets a new version.", "compat/version-unchanged"),
        ("Pods MUST set serviceAccountName.", "security/default-service-account"),
        ("Policy checks: reject `:latest`.", "security/latest-tag"),
        ("Keep charts reusable and avoid hardcoded values.", "values/hardcoded"),
        ("Use digests where feasible.", "security/no-digest"),
        ("Prefer immutable tags.", "security/latest-tag"),
        ("Pin dependency versions; avoid floating versions.", "helm/dependency-unpinned"),
        ("No real credentials anywhere in the repo.", "security/secret-in-values"),
        ("All configurable values MUST appear in values.yaml.", "values/undefined"),
        ("Render templates with `helm template` before each release.", "testing/render-error"),
        ("PDB defaults MUST be safe for the default replicaCount.", "helm/budget-blocks"),
        (
            "Anti-patterns:\n\n- No health probes (nobody knows when the pod is ready)",
            "observability/no-readiness-probe",
        ),
        ("## Never generate\n\n- `hostNetwork: true`", "security/host-namespace"),
        ("## Never generate\n\n- Missing `PodDisruptionBudget`", "helm/no-disruption-budget"),
        ("## Anti-patterns\n\n- Flag any hardcoded namespace in templates.", "portability/fixed-namespace"),
    ],
)
def test_a_rule_that_is_meant_in_other_words(text: str, rule: str) -> None:
    assert rule in rules(text)


def test_a_list_of_references_demands_nothing() -> None:
    assert rules(
        "Charts MUST pass `helm lint`.\n\n- _Refs_:\n  - Helm best practices\n  - Pod Security Standards\n"
    ) == ["testing/lint-error", "testing/render-error"]
