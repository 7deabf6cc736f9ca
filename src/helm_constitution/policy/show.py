"""What a constitution demands and which rules enforce it, for a person to read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helm_constitution.policy.constitution import Constitution
    from helm_constitution.policy.rule_selection import RuleSelection


def show_lines(constitution: Constitution, demands: RuleSelection) -> Iterator[str]:
    """Each principle, statement, obligation and rule, for a person to read."""
    version = f", version {constitution.version}" if constitution.version else ""
    yield f"{constitution.shown}{version}"
    enforced = total = 0
    for principle in constitution.principles:
        yield ""
        yield f"{principle.title} ({principle.key})"
        for statement in principle.statements:
            behind = demands.of(principle, statement)
            total += 1
            enforced += bool(behind)
            yield f"  {statement.keyword}, line {statement.line}: {statement.full_text}"
            if not behind:
                against = ", ".join(rule.id for rule in demands.opposite(principle, statement))
                yield (
                    f"      unchecked: it forbids what {against} demands"
                    if against
                    else ("      unchecked: no rule enforces this")
                )
            for rule in behind:
                demand = demands.rules.get(rule)
                weight = "ignored" if demand is None else demand.severity.label
                settings = "" if demand is None else "".join(f", {n} {v}" for n, v in demand.parameters.items())
                yield f"      {rule.id} ({weight}{settings})"
            if rest := demands.left_open(principle, statement):
                yield f"      partly checked; no rule checks: {'; '.join(rest)}"
    if constitution.not_understood:
        yield ""
        yield "Not understood"
        for doubt in constitution.not_understood:
            yield f"  line {doubt.line}: {doubt.text} ({doubt.reason})"
    yield ""
    rules = sum(bool(demand.statements) for demand in demands.rules.values())
    left = total - enforced
    verb = "is" if left == 1 else "are"
    doubts = len(constitution.not_understood)
    end = f"; {doubts} sentence{' is' if doubts == 1 else 's are'} not understood" if doubts else ""
    yield f"{enforced} of {total} statements are enforced, by {rules} rules; {left} {verb} unchecked{end}"
