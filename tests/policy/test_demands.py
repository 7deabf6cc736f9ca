"""Which words of a sentence demand something, and how much: nothing demanded may be lost."""

from __future__ import annotations

import pytest

from helm_constitution.core.model import Obligation
from helm_constitution.policy.statements import NotUnderstood, read_statements


def said(text: str) -> list[str]:
    """Each statement as ``KEYWORD text``, with what leads to it behind a ``<``."""
    reading = read_statements(text, ())
    return [
        f"{statement.keyword} {statement.text}" + (f" < {statement.lead}" if statement.lead else "")
        for principle in reading.principles
        for statement in principle.statements
    ]


def doubts(text: str) -> tuple[NotUnderstood, ...]:
    return read_statements(text, ()).not_understood


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (
            "Containers MUST NOT be privileged and MUST drop all Linux capabilities.",
            ["MUST NOT Containers MUST NOT be privileged", "MUST Containers MUST drop all Linux capabilities."],
        ),
        (
            "Pods must run as non-root, and must not use the host network.",
            ["MUST Pods must run as non-root", "MUST NOT Pods must not use the host network."],
        ),
        (
            "Secrets MUST be mounted as volumes or environment variables, never committed.",
            ["MUST Secrets MUST be mounted as volumes or environment variables", "MUST NOT Secrets never committed."],
        ),
        (
            "Charts SHOULD have notes, but MAY omit icons.",
            ["SHOULD Charts SHOULD have notes", "MAY Charts MAY omit icons."],
        ),
        (
            "Images MUST be pinned; they MUST NOT use latest.",
            ["MUST Images MUST be pinned", "MUST NOT Images MUST NOT use latest."],
        ),
        (
            "Every workload MUST set limits; unbounded pods are not allowed.",
            ["MUST Every workload MUST set limits", "MUST NOT unbounded pods are not allowed."],
        ),
        (
            "Use TLS everywhere and never expose plain HTTP.",
            ["MUST Use TLS everywhere", "MUST NOT never expose plain HTTP."],
        ),
        (
            "Templates MUST stay plain: nesting MUST NOT go deeper than 3.",
            ["MUST Templates MUST stay plain", "MUST NOT nesting MUST NOT go deeper than 3."],
        ),
        (
            "**No manual edits allowed** - All files must be generated.",
            ["MUST NOT No manual edits allowed", "MUST All files must be generated."],
        ),
        ("Return 401 Unauthorized or 403 Forbidden.", ["MUST Return 401 Unauthorized or 403 Forbidden."]),
        (
            "When changing a chart, bump its version; document breaking changes.",
            ["MUST When changing a chart, bump its version", "MUST document breaking changes."],
        ),
    ],
)
def test_each_demand_of_a_sentence_by_itself(sentence: str, expected: list[str]) -> None:
    assert said(sentence) == expected


def test_items_behind_a_colon_forbid_each_by_itself() -> None:
    text = (
        "Workloads MUST run with least privilege: no privileged containers, no needless capabilities, non-root by\n"
        "default, and read-only root filesystems."
    )
    lead = "Workloads MUST run with least privilege:"
    assert said(text) == [
        "MUST Workloads MUST run with least privilege",
        f"MUST NOT no privileged containers < {lead}",
        f"MUST NOT no needless capabilities < {lead}",
        f"MUST non-root by default < {lead}",
        f"MUST read-only root filesystems. < {lead}",
    ]


def test_one_no_forbids_all_of_its_list() -> None:
    assert said("Keep secrets safe: no keys, passwords or tokens in values.") == [
        "MUST Keep secrets safe",
        "MUST NOT no keys, passwords or tokens in values. < Keep secrets safe:",
    ]


@pytest.mark.parametrize(
    ("sentence", "keyword"),
    [
        ("Host networking, host PID and hostPath volumes are forbidden.", "MUST NOT"),
        ("Privileged containers are strictly prohibited.", "MUST NOT"),
        ("Privileged containers are PROHIBITED.", "MUST NOT"),
        ("Wildcard roles are FORBIDDEN.", "MUST NOT"),
        ("Wildcard roles are not allowed.", "MUST NOT"),
        ("Floating tags are not permitted.", "MUST NOT"),
        ("Long-lived credentials are not acceptable.", "MUST NOT"),
        ("No plain secret is allowed in a chart.", "MUST NOT"),
        ("Swagger packages are BANNED.", "MUST NOT"),
        ("Absolute prohibition of secrets in the codebase.", "MUST NOT"),
        ("Probes are required.", "MUST"),
        ("Health checks and readiness probes required for all services.", "MUST"),
        ("Resource limits are mandatory.", "MUST"),
        ("Mandatory comments on all values.", "MUST"),
        ("Breaking changes require a MAJOR bump.", "MUST"),
        ("Images must be signed.", "MUST"),
        ("Images shall be signed.", "MUST"),
        ("Images should be signed.", "SHOULD"),
        ("Images need to be signed.", "MUST"),
        ("Digests are recommended.", "SHOULD"),
        ("CPU limits are discouraged.", "SHOULD NOT"),
        ("CPU limits are not recommended.", "SHOULD NOT"),
        ("No credentials in values files", "MUST NOT"),
        ("Zero secrets in Git.", "MUST NOT"),
        ("Never use latest", "MUST NOT"),
        ("NEVER use latest.", "MUST NOT"),
        ("ALWAYS pin images.", "MUST"),
        ("Always pin images.", "MUST"),
        ("Secrets are never committed.", "MUST NOT"),
        ("Do not mount host paths.", "MUST NOT"),
        ("Do **NOT** mount host paths.", "MUST NOT"),
        ("Don't mount host paths.", "MUST NOT"),
        ("Avoid host paths.", "SHOULD NOT"),
        ("Prefer digests over tags.", "SHOULD"),
        ("Pin images by digest.", "MUST"),
        ("Containers may not run as root.", "MUST NOT"),
        ("Tools may only write through the API.", "MUST"),
        ("Only ClusterIP services are allowed.", "MUST"),
        ("**Images**: pin them by digest.", "MUST"),
        ("**Secrets**: Never commit them.", "MUST NOT"),
        ("- [ ] No hardcoded secrets", "MUST NOT"),
        ("**FORBIDDEN**: host networking", "MUST NOT"),
        ("Linting is not optional.", "MUST"),
    ],
)
def test_words_that_demand(sentence: str, keyword: str) -> None:
    (statement,) = said(sentence)
    assert statement.startswith(f"{keyword} ")


@pytest.mark.parametrize(
    "sentence",
    [
        "Charts may be large.",
        "The required values are listed below.",
        "Limits are not required.",
        "The recommended labels are those of Kubernetes.",
        "Where required, the team helps.",
        "Nothing here is a must-have.",
        "It has always been so.",
        "No exceptions were seen, no matter what.",
        "The chart has no icon.",
        "Test charts were written long ago.",
        "**Example**: Pods MUST run as root.",
        "**Why**: pods must not run as root.",
        "Rationale: it should work.",
    ],
)
def test_words_that_only_tell(sentence: str) -> None:
    assert said(sentence) == []


@pytest.mark.parametrize(
    ("heading", "keyword"),
    [
        ("Security requirements", "MUST"),
        ("Required settings", "MUST"),
        ("Container rules", "MUST"),
        ("Forbidden practices", "MUST NOT"),
        ("Prohibited operations", "MUST NOT"),
        ("Not allowed", "MUST NOT"),
        ("Guidelines", "SHOULD"),
    ],
)
def test_a_heading_gives_its_bullets_what_they_have_not(heading: str, keyword: str) -> None:
    assert said(f"## {heading}\n\n- hostPath volumes\n") == [f"{keyword} hostPath volumes"]


def test_an_imperative_under_a_forbidding_heading_is_forbidden() -> None:
    assert said("## Forbidden\n\n- Use latest tags\n- Never skip probes\n") == [
        "MUST NOT Use latest tags",
        "MUST NOT Never skip probes",
    ]


def test_what_is_permitted_demands_nothing() -> None:
    text = "## Permitted operations\n\n- Reading logs\n\n## Rules\n\n- **PERMITTED**: exec into pods\n- probes\n"
    assert said(text) == ["MUST probes"]
    assert doubts(text) == ()


def test_bullets_under_lower_case_words() -> None:
    assert said(
        "Helm charts must include:\n- Probes\n- NEVER a secret\n\nThe following are forbidden:\n- latest\n"
    ) == [
        "MUST Probes < Helm charts must include:",
        "MUST NOT NEVER a secret < Helm charts must include:",
        "MUST NOT latest < The following are forbidden:",
    ]


def test_a_label_over_bullets_leads_them() -> None:
    assert said("**FORBIDDEN patterns:**\n- host ports\n\n**Rules:**\n- probes\n") == [
        "MUST NOT host ports < FORBIDDEN patterns:",
        "MUST probes",
    ]


def test_table_cells_give_the_obligation() -> None:
    text = (
        "Each component MUST have:\n\n| Resource | Required |\n|---|---|\n| Requests | Yes |\n"
        "| Limits | Recommended |\n| Secret | As needed |\n| Probes | SHOULD |\n| Notes | No |\n"
    )
    lead = "Each component MUST have:"
    assert said(text) == [
        f"MUST Requests | Yes < {lead}",
        f"SHOULD Limits | Recommended < {lead}",
        f"SHOULD Probes | SHOULD < {lead}",
    ]


def test_table_columns_that_demand() -> None:
    assert said(
        "| Gate | Requirement |\n|---|---|\n| Lint | All charts pass `helm lint` |\n| Keys | No secrets |\n"
    ) == [
        "MUST Lint | All charts pass helm lint",
        "MUST NOT Keys | No secrets",
    ]
    assert said("| Area | Prohibited operation |\n|---|---|\n| Pods | exec |\n") == ["MUST NOT Pods | exec"]


@pytest.mark.parametrize("title", ["Purpose", "Introduction", "Mission", "Background", "Scope"])
def test_an_introduction_demands_by_capitals_only(title: str) -> None:
    text = f"## {title}\n\nCharts must be good. Never fail.\n\n- All of them\n\nCharts MUST lint.\n"
    assert said(text) == ["MUST Charts MUST lint."]
    assert doubts(text) == ()


def test_what_stands_under_the_document_s_own_heading_is_an_introduction() -> None:
    assert said("# Charts\n\nSpecs must comply.\n\n## Rules\n\nCharts must lint.\n") == ["MUST Charts must lint."]
    assert said("# Charts\n\nCharts must lint.\n") == ["MUST Charts must lint."]


@pytest.mark.parametrize("title", ["History", "Amendments", "Change log", "Examples", "Ratification", "Governance"])
def test_sections_that_demand_nothing(title: str) -> None:
    assert said(f"## Rules\n\nCharts must lint.\n\n## {title}\n\nCharts MUST sing. Never stop.\n") == [
        "MUST Charts must lint."
    ]


# What isn't understood


@pytest.mark.parametrize(
    "sentence",
    [
        "Container dürfen nicht als root laufen.",
        "Images müssen signiert werden.",
        "Les conteneurs ne doivent pas être privilégiés.",
        "Los contenedores no deben ser privilegiados.",
        "Os contêineres devem ter limites.",
        "Containers moeten limieten hebben.",
        "容器不得以 root 身份运行。",
        "Контейнеры не должны быть привилегированными.",
    ],
)
def test_other_languages_are_not_understood(sentence: str) -> None:
    for text in (f"## Rules\n\n{sentence}\n", f"## Rules\n\n- {sentence}\n"):
        assert said(text) == []
        (found,) = doubts(text)
        assert (found.text, found.line, found.section, found.reason) == (sentence, 3, "Rules", "not in English")


@pytest.mark.parametrize(
    "sentence",
    [
        "Containers `MUST NOT` run privileged.",
        "Containers MUSTN'T run privileged.",
        "Containers mustn’t run privileged.",
    ],
)
def test_a_keyword_may_be_code_or_contracted(sentence: str) -> None:
    (statement,) = (
        one for principle in read_statements(f"## R\n\n{sentence}\n", ()).principles for one in principle.statements
    )
    assert (statement.obligation, statement.forbids) == (Obligation.MUST, True)


@pytest.mark.parametrize(
    "sentence", ["Rules with `MUST` are hard.", "The words `MUST` and `MAY` are in capitals.", "- `MUST` is an error"]
)
def test_a_keyword_that_is_spoken_of_is_none(sentence: str) -> None:
    assert said(f"## Notation\n\n{sentence}\n") == []


@pytest.mark.parametrize(
    ("title", "below", "is_told"),
    [
        ("II. Containers MUST NOT run as root", "It is dangerous.", True),
        ("II. Containers MUST NOT run as root", "Images SHOULD be pinned.", True),
        ("Containers must not run as root", "It is dangerous.", True),
        ("Containers must not run as root", "They SHOULD drop capabilities.", False),
        ("No privileged containers", "It is dangerous.", True),
        ("No privileged containers", "Containers MUST NOT be privileged.", False),
        ("Forbidden practices", "- Running as root", False),
        ("MUST Requirements", "- Pods are small", False),
        ("Must have", "Something.", False),
    ],
)
def test_a_heading_that_demands_is_no_statement_and_told(title: str, below: str, is_told: bool) -> None:
    found = [
        one
        for one in doubts(f"# C\n\n## {title}\n\n{below}\n\n## Images\n\nImages MUST be signed.\n")
        if "heading" in one.reason
    ]
    assert [one.line for one in found] == ([3] if is_told else [])


def test_a_document_that_nobody_understands_is_of_no_use() -> None:
    (fault,) = read_statements("## Regeln\n\nImages müssen signiert sein.\n\nPods sollen leben.\n", ()).faults
    assert fault.fatal
    assert fault.message == (
        "its 2 demands are not understood (lines 3, 5); write them in English with MUST, SHOULD or MAY"
    )


@pytest.mark.parametrize(
    "text",
    [
        "All charts live under `charts/`.",
        "Runtime secrets are issued by the operator.",
        "One chart per directory.",
        "Live edits are break-glass actions only.",
        "- Kubernetes Secrets for credentials",
        "Pods cannot run as root.",
    ],
)
def test_what_sounds_like_a_rule_without_a_word_of_demand(text: str) -> None:
    document = f"## Security\n\nTLS MUST be on.\n\n{text}\n"
    assert said(document) == ["MUST TLS MUST be on."]
    (found,) = read_statements(document, ()).not_understood
    assert (found.principle, found.line) == ("security", 5)


@pytest.mark.parametrize(
    "text",
    ["This makes it easy to see.", "We like charts.", "They are stored by the team.", "**Rationale**: All fail."],
)
def test_what_explains_is_prose(text: str) -> None:
    assert doubts(f"## Security\n\nTLS MUST be on. {text}\n") == ()


def test_what_stands_before_a_prohibition_is_kept() -> None:
    (found,) = doubts("## Rules\n\nAll secrets in a vault, never in git.\n")
    assert found.text == "All secrets in a vault,"
    assert doubts("## Rules\n\nWhen in doubt about it, never deploy.\n") == ()


# Pins


def test_a_pin_at_a_sentence_s_end_speaks_for_all_of_it() -> None:
    (statement,) = read_statements("Pods MUST a and MUST b. <!-- rules: x/y -->\n", ()).principles[0].statements
    assert (statement.text, [pin.rule for pin in statement.pins]) == ("Pods MUST a and MUST b.", ["x/y"])


def test_each_demand_may_have_its_pin() -> None:
    text = "Pods MUST a <!-- rules: x/y --> and MUST NOT b. <!-- rules: none -->\n"
    first, second = read_statements(text, ()).principles[0].statements
    assert (first.text, [pin.rule for pin in first.pins], first.forbids) == ("Pods MUST a", ["x/y"], False)
    assert (second.text, second.pins, second.pinned, second.forbids) == ("Pods MUST NOT b.", (), True, True)
