"""Kinds of documents that people write: titles over demands, Do and Don't, labels that forbid, lists of results."""

from __future__ import annotations

import pytest

from helm_constitution.lint import registry
from helm_constitution.policy.constitution import Constitution, parse_constitution
from helm_constitution.policy.pin import pinned_text, proposals
from helm_constitution.policy.rule_selection import match

MODULES = registry.modules()
ANCHOR = "## Anchor\n\nPods MUST run as non-root.\n\n"


def read(text: str) -> Constitution:
    return parse_constitution(f"# C\n\n{ANCHOR}{text}\n", "c.md", MODULES)


def statements(text: str) -> list[tuple[str, str]]:
    """Keyword and text of each statement besides the anchor."""
    return [(statement.keyword, statement.text) for _, statement in list(read(text).statements)[1:]]


def rules(text: str) -> set[str]:
    """The rules of the statements besides the anchor."""
    document = read(text)
    found = match(document, MODULES)
    return {rule.id for pair in list(document.statements)[1:] for rule in found.of(*pair)}


def test_a_bold_title_over_demands_is_none_itself() -> None:
    text = "## Standards\n\n- **[K8S-1] Least Privilege**\n  - Containers MUST drop all capabilities.\n"
    assert statements(text) == [("MUST", "Containers MUST drop all capabilities.")]


def test_a_bold_item_without_demands_below_it_is_one() -> None:
    assert ("MUST", "Resource limits") in statements("## Requirements\n\n- **Resource limits**\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("## Never Do\n\n- Skip reviews\n", ("MUST NOT", "Skip reviews")),
        ("## Red Lines\n\n- Hardcoded values in templates\n", ("MUST NOT", "Hardcoded values in templates")),
        ("## Rules\n\n- ❌ Create charts without a README\n", ("MUST NOT", "❌ Create charts without a README")),
        ("## Do / Don't\n\n### Don't\n\n- Use `lookup` in templates\n", ("MUST NOT", "Use lookup in templates")),
        ("## Do / Don't\n\n### Do\n\n- Pin dependencies\n", ("MUST", "Pin dependencies")),
        ("## Non-Negotiables\n\n- Values schema validation\n", ("MUST", "Values schema validation")),
        (
            "## Probes\n\nOmit startup probes unless the start is slow.\n",
            ("MUST", "Omit startup probes unless the start is slow."),
        ),
        (
            "## Names\n\nNote that templates have to be prefixed.\n",
            ("MUST", "Note that templates have to be prefixed."),
        ),
        ("## Releases\n\nAny change warrants a version bump.\n", ("MUST", "Any change warrants a version bump.")),
        ("## Pods\n\n**Drop all capabilities:**\n", ("MUST", "Drop all capabilities:")),
        ("## Ops\n\n- **Require owners** - whom to ask\n", ("MUST", "Require owners - whom to ask")),
        ("## Ops\n\nAll of this:\n✅ Pin tags\n", ("MUST", "✅ Pin tags")),
        ("## Checklist\n\n- [ ] RBAC is minimal.\n", ("MUST", "RBAC is minimal.")),
        ("## Pods\n\n- Readiness probes for all pods\n", ("MUST", "Readiness probes for all pods")),
        (
            "## Pods\n\nPods that run as root must not be used.\n",
            ("MUST NOT", "Pods that run as root must not be used."),
        ),
        ("## Bad practices\n\n- Running as root\n", ("MUST NOT", "Running as root")),
        ("## Files\n\n- Two-space indentation, no tabs\n", ("MUST NOT", "no tabs")),
        ("## Rules\n\n- Tags such as `latest` are not used.\n", ("MUST NOT", "Tags such as latest are not used.")),
        (
            "## Defaults\n\n| What | Choice | Override |\n|---|---|---|\n| RBAC | Namespaced roles | Never |\n",
            ("MUST", "RBAC | Namespaced roles"),
        ),
        ("## Ops\n\nIf it breaks you must say so.\n", ("MUST", "If it breaks you must say so.")),
        (
            "## Secrets\n\nSecrets in sources are non-compliant.\n",
            ("MUST NOT", "Secrets in sources are non-compliant."),
        ),
        (
            "## Apps\n\nWhen adding, moving or removing a chart, update the README.\n",
            ("MUST", "When adding, moving or removing a chart, update the README."),
        ),
    ],
)
def test_how_lists_and_sentences_demand(text: str, expected: tuple[str, str]) -> None:
    assert statements(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "- **No Blind Spots**: Every app must have probes.",
            [("MUST NOT", "No Blind Spots"), ("MUST", "Every app must have probes.")],
        ),
        (
            "- **No hardcoded secrets**: Use existing Secrets.",
            [("MUST NOT", "No hardcoded secrets"), ("MUST", "Use existing Secrets.")],
        ),
    ],
)
def test_a_label_that_forbids_leaves_what_follows_alone(text: str, expected: list[tuple[str, str]]) -> None:
    assert statements(f"## Rules\n\n{text}\n") == expected
    whole = f"# C\n\n{ANCHOR}## Rules\n\n{text}\n"
    pinned = pinned_text(whole, proposals(whole, "c.md", MODULES))
    again = parse_constitution(pinned, "c.md", MODULES)
    assert [(s.keyword, s.text) for _, s in list(again.statements)[1:]] == expected
    assert proposals(pinned, "c.md", MODULES) == ()


@pytest.mark.parametrize(
    "text",
    [
        "- **Role**: Cluster operator\n- **Purpose**: Ensure reliable workloads.",
        "## Phase One Success\n\n- The chart is deployed\n- Probes are green",
        "## Review Checklist\n\n- Are all images pinned?",
        "# ----------\n# ----------\n",
    ],
)
def test_what_only_tells(text: str) -> None:
    document = read(f"## Standards\n\n{text}\n")
    assert len(list(document.statements)) == 1
    assert document.not_understood == ()


def test_a_security_context_is_no_introduction() -> None:
    assert statements("## Security Context\n\nUse a read-only root filesystem.\n") == [
        ("MUST", "Use a read-only root filesystem.")
    ]


def test_a_field_named_version_in_a_list_of_demands() -> None:
    text = "## Metadata\n\nChart.yaml MUST include:\n- version: chart version (semver)\n- home\n"
    assert rules(text) >= {"compat/bad-version", "helm/chart-no-home"}


@pytest.mark.parametrize(
    "sentence",
    [
        "Each blueprint MUST have a README with usage instructions.",
        "Feature specs MUST describe resource limits.",
        "Perform weekly audits of network policies.",
        "Public code MAY contain secret references from a vault.",
        "The CI/CD pipeline MUST inject the secret from the vault.",
        "Deployments MUST use strategy: Recreate, as a RollingUpdate needs two volumes.",
        "Type safety: TypeScript for the frontend, Python type hints for the backend MUST be kept.",
        "Update `.docs/architecture.md`.",
    ],
)
def test_what_asks_nothing_of_a_chart_has_no_rules(sentence: str) -> None:
    assert rules(f"## Rules\n\n{sentence}\n") == set()


def test_a_purpose_is_no_umbrella_beside_a_demand() -> None:
    found = rules("## Rules\n\nWorkloads SHOULD have a PodDisruptionBudget for high availability.\n")
    assert "helm/no-disruption-budget" in found
    assert "helm/no-topology-spread" not in found


def test_a_label_is_no_umbrella_beside_a_demand() -> None:
    found = rules("## Requirements\n\n- Observability: Metrics endpoints for monitoring\n")
    assert "observability/no-metrics" in found
    assert "observability/no-cpu-limit" not in found


@pytest.mark.parametrize(
    ("sentence", "rule"),
    [
        ("Probes are required.", "observability/no-liveness-probe"),
        ("No pod is allowed to run without resource limits.", "observability/no-memory-limit"),
        ("Chart releases must be immutable.", "compat/version-unchanged"),
        ("Use rootless containers.", "security/root-user"),
        ("README.md and NOTES.txt are mandatory.", "docs/no-readme"),
        ("Never skip the values schema.", "values/no-schema"),
        ("Workloads MUST use a dedicated Kubernetes ServiceAccount.", "security/default-service-account"),
        ("Plaintext secrets in manifests are PROHIBITED.", "security/secret-in-template"),
    ],
)
def test_more_ways_to_say_it(sentence: str, rule: str) -> None:
    assert rule in rules(f"## Rules\n\n{sentence}\n")


def test_what_to_do_instead_is_demanded_and_the_lead_forbidden() -> None:
    assert statements("## Secrets\n\nNever hardcode secrets in values:\n\n- Reference a Secret\n- Use a vault\n") == [
        ("MUST NOT", "Never hardcode secrets in values:"),
        ("MUST", "Reference a Secret"),
        ("MUST", "Use a vault"),
    ]
    assert statements("## Secrets\n\nYou MUST NOT:\n\n- Commit a password\n") == [("MUST NOT", "Commit a password")]


def test_a_column_that_tells_why_is_no_part_of_a_demand() -> None:
    text = "## Avoid\n\n| Practice | Why |\n|---|---|\n| Privileged containers | No isolation is left |\n"
    assert statements(text) == [("MUST NOT", "Privileged containers")]


def test_a_changelog_below_a_heading_of_rules_may_demand() -> None:
    text = "## Chart requirements\n\n### Changelog\n\nEach release must be listed.\n\n- Added: tags must be pinned\n"
    assert statements(text) == [("MUST", "Each release must be listed.")]


def test_what_stands_behind_a_dash_is_a_demand_of_its_own() -> None:
    text = "## Logs\n\n- No `print` — use a structured logger\n"
    assert statements(text) == [("MUST NOT", "No print"), ("MUST", "use a structured logger")]


def test_a_question_of_a_checklist_demands_nothing() -> None:
    assert statements("## Checklist\n\n- Are all images pinned?\n") == []
