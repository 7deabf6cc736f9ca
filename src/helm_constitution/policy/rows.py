"""The statements of a table's row."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.model import Obligation
from helm_constitution.policy.clauses import clauses
from helm_constitution.policy.demand_words import KEYWORDS
from helm_constitution.policy.drafts import Context, Doubt, Draft, names_a_lack
from helm_constitution.policy.sections import Role, role_of
from helm_constitution.policy.unclear import is_foreign, why_unclear
from helm_constitution.text.markdown_blocks import CELL

_OVERRIDE = LazyPattern(r"\b(?:overrid\w+|exceptions?|deviations?|waivers?|exemptions?)\b", re.IGNORECASE)
_WHY = LazyPattern(
    r"[\W_]*(?:why\b.*|reasons?|rationale|impact|consequences?|risks?|benefits?|purpose|explanation)[\W_]*",
    re.IGNORECASE,
)
_LEVEL = LazyPattern(
    r"[*_\s]*(?:[✅✔☑❌✗⚠️]\s*)?(?:(?P<yes>yes|required|mandatory|must|shall|always)|(?P<should>should|recommended|"
    r"preferred)|(?P<may>may|optional)|(?P<never>must not|forbidden|prohibited|not allowed|banned|never)|"
    r"(?P<avoid>should not|discouraged|not recommended)|(?P<no>no|n/?a|none|not required|as needed|if needed|–|—|-))"
    r"[*_\s]*(?:\([^()]*\))?[*_\s\0]*|\s*(?P<tick>[✅✔☑]️?)[\s\0]*",
    re.IGNORECASE,
)


def drafts_of_row(visible: str, context: Context, header: tuple[str, ...]) -> tuple[list[Draft], list[Doubt]]:
    """The statements of a table's row: what its cells demand, else what the table's lead, columns or heading do.

    Args:
        visible: the row's cells, their code blanked.
        context: what leads the table.
        header: the titles of its columns.
    """
    cells = list(_cells(visible))
    held = _leave_out_reasons(cells, header)
    whole = cells[-1][1]
    visible = visible[:whole]
    for number, (begin, end) in enumerate(cells):
        match = _LEVEL.fullmatch(visible[begin:end]) if number else None
        if match is not None:
            column = role_of(header[number]) if number < len(header) else Role()
            level = _level(match, context, column)
            inherited = context.obligation is not None
            return ([Draft(0, whole, *level, inherited=inherited)] if level else []), []
    parts = [
        part
        for number, (begin, end) in enumerate(cells)
        for part in clauses(visible, begin, end, Obligation.MUST)
        if not part.demand.imperative or (number and visible.count(" ", begin, end) > 2)  # "Deploy | kubectl"
    ]
    if context.quiet or is_foreign(visible):
        parts = [part for part in parts if part.demand.explicit]
    elif any(part.demand.explicit for part in parts):  # "Probe | Restart a stuck container | MUST be set"
        parts = [part for part in parts if not part.demand.imperative]
    lacks = names_a_lack(visible, context.role)
    if len(parts) == 1:
        demand = parts[0].demand
        draft = Draft(0, whole, demand.obligation, demand.forbids)
        draft.lacks = lacks and demand.start <= cells[0][1]
        return [draft], []
    if parts:
        drafts = []
        for part in parts:
            draft = Draft(part.start, part.end, part.demand.obligation, part.demand.forbids)
            draft.is_part, draft.subject, draft.lead = True, part.subject, part.lead
            drafts.append(draft)
        return drafts, []
    if context.quiet:
        return [], []
    if is_foreign(visible):
        return [], [Doubt(0, whole, why_unclear(visible, in_list=True) or "")]
    columns = [role for title in header if (role := role_of(title)).obligation is not None]
    if context.obligation is not None:
        return [Draft(0, whole, context.obligation, context.forbids, inherited=True)], []
    role = columns[0] if columns else context.role
    if held and role.obligation is None:
        role = Role(Obligation.MUST)
    if role.obligation is not None:
        draft = Draft(0, whole, role.obligation, role.forbids)
        draft.lacks = lacks
        return [draft], []
    reasons = [why_unclear(visible[begin:end], in_list=False) for begin, end in cells]
    return [], [Doubt(0, whole, reason) for reason in reasons if reason][:1]


def _leave_out_reasons(cells: list[tuple[int, int]], header: tuple[str, ...]) -> bool:
    """Takes away the columns at the end that tell why, or what it takes to do otherwise; whether there is one of these:
    what needs an exception to be left out is demanded.
    """
    held = False
    while 1 < len(cells) <= len(header):
        title = header[len(cells) - 1]
        overrides = _OVERRIDE.search(title) is not None
        if not overrides and not _WHY.fullmatch(title):
            break
        held = held or overrides
        cells.pop()
    return held


def _cells(visible: str) -> Iterator[tuple[int, int]]:
    begin = 0
    for cell in visible.split(CELL):
        yield begin, begin + len(cell)
        begin += len(cell) + len(CELL)


def _level(match: re.Match[str], context: Context, column: Role) -> tuple[Obligation, bool] | None:
    """What a cell that is only a level says: "Yes", "Recommended", "MUST NOT"; None where it leaves the choice."""
    word = match.group().strip(" *_\0")
    loud = word.split("(")[0].strip(" *_✅❌") in KEYWORDS
    if context.quiet and not loud:
        return None
    if match["never"]:
        return Obligation.MUST, True
    if match["avoid"]:
        return Obligation.SHOULD, True
    if match["should"]:
        return Obligation.SHOULD, False
    if match["may"]:
        return (Obligation.MAY, False) if loud else None
    if match["no"]:
        return (Obligation.MUST, True) if column.quiet and word.lower() == "no" else None
    if column.quiet or (match["tick"] and column.obligation is None and context.obligation is None):
        return None
    return context.obligation or Obligation.MUST, context.forbids or column.forbids
