"""Mutations of what a team writes: configuration, waivers, constitution, debt, plan, comments."""

from __future__ import annotations

import random
from pathlib import Path

from helm_constitution.cli.init import starter_constitution
from helm_constitution.lint.registry import rules as known_rules
from scripts.fuzz.mutations import CHART, Mutate, read, spoil_lines, spoil_value, templates, write
from scripts.fuzz.oddities import ODD_VALUES, TEXTS

CONFIGURATION = ".helm-constitution.yaml"
DEBT = ".helm-constitution-debt.yaml"

_CONFIGURATION = """\
constitution: constitution.md
select: [security/no-digest, values]
ignore: [docs/no-diagram]
severity:
  values/unused: warning
parameters:
  templates/nesting-depth:
    limit: 4
fail_on: warning
judge_tests: true
release: bot
scenarios:
  - name: small
    values: [chart/values.yaml]
    set: [a.b=c]
    release_name: x
    namespace: y
    is_upgrade: true
  - name: another
    set: ["a[0]=1"]
charts:
  chart*:
    ignore: [values/key-style]
waivers:
  - rule: security/writable-root
    chart: chart
    object: Deployment/release-name-web
    container: web
    why_needed: The image unpacks its plugins at start.
    simpler_alternative_rejected_because: An emptyDir hides them.
    expires: 2030-12-31
"""
_DEBT = """\
version: 1
charts:
  "chart":
    - rule: "docs/no-readme"
      file: "README.md"
      message: "x"
      scenarios: ["defaults"]
      since: 2024-01-01
      fingerprint: "0123456789abcdef"
"""
_PLAN = """\
# Plan

## Constitution Check

- [ ] **Security by Default**: x
- [ ] **Documentation**: y

## Complexity Tracking

| Violation | Why Needed | Simpler Alternative Rejected Because |
|-----------|------------|--------------------------------------|
| [e.g., x] | [y] | [z] |
"""


def configuration(root: Path, rng: random.Random) -> None:
    """The configuration: some of its keys, of odd values."""
    file = root / CONFIGURATION
    text = read(file) or _some(_CONFIGURATION, rng)
    write(file, spoil_value(text, rng) if rng.random() < 0.7 else text)
    if "constitution: constitution.md" in text and not (root / "constitution.md").exists():
        write(root / "constitution.md", starter_constitution())


def _some(text: str, rng: random.Random) -> str:
    """Some of a YAML text's sections at top level."""
    sections: list[list[str]] = []
    for line in text.splitlines(keepends=True):
        if line[0] in " -":
            sections[-1].append(line)
        else:
            sections.append([line])
    return "".join("".join(one) for one in sections if rng.random() < 0.5)


def constitution(root: Path, rng: random.Random) -> None:
    """The constitution: ours, with lines taken out, doubled, cut, or odd ones put in."""
    file = root / "constitution.md"
    text = read(file) or starter_constitution()
    for _ in range(rng.randrange(1, 4)):
        text = spoil_lines(text, rng, TEXTS)
    write(file, text)


def waivers(root: Path, rng: random.Random) -> None:
    """Waivers in the configuration and in comments."""
    file = root / CONFIGURATION
    rule = rng.choice(sorted(rule.id for rule in known_rules()))
    waiver = f"waivers:\n  - rule: {rule}\n    why_needed: x\n    simpler_alternative_rejected_because: y\n"
    extra = rng.choice(
        ("", "    chart: chart\n", "    file: templates/*\n", "    expires: 2001-01-01\n", "    values: a.b\n")
    )
    if "waivers:" not in read(file):
        write(file, read(file) + (spoil_value(waiver + extra, rng) if rng.random() < 0.5 else waiver + extra))
    found = templates(root / CHART)
    if found:
        one = rng.choice(found)
        comment = rng.choice(
            (
                f"# constitution: allow {rule} -- it is needed",
                f"# constitution: allow {rule}",
                "# constitution: allow",
                f"{{{{/* constitution: allow {rule} -- x until 2001-01-01 */}}}}",
                "# constitution: allow x/y -- \u202e",
            )
        )
        write(one, spoil_lines(read(one), rng, (comment,)))


def debt(root: Path, rng: random.Random) -> None:
    """The debt file."""
    file = root / rng.choice((DEBT, f"{CHART}/{DEBT}"))
    text = read(file) or _DEBT
    write(file, spoil_value(text, rng) if rng.random() < 0.8 else rng.choice(ODD_VALUES))


def plan(root: Path, rng: random.Random) -> None:
    """A plan, which the configuration may name."""
    file = root / "plan.md"
    write(file, spoil_lines(read(file) or _PLAN, rng, TEXTS))
    place = root / CONFIGURATION
    if rng.random() < 0.5 and "plan:" not in read(place):
        write(place, read(place) + "plan: plan.md\n")


TEAM: dict[str, Mutate] = {
    "configuration": configuration,
    "constitution": constitution,
    "waivers": waivers,
    "debt": debt,
    "plan": plan,
}
"""Each kind of mutation of what a team writes."""

WHOLE_PLAN = _PLAN
"""A plan that can be filled."""

UNPINNED = """\
# Ours

## Security

Containers MUST NOT run as root. Images MUST be pinned by digest.

## Values

Every value SHOULD be documented.
"""
"""A constitution that can be pinned."""
