"""A case: a chart, mutations, and how the program is run; made from a number alone."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from scripts.fuzz.mutations import CHART, MUTATIONS, spoil_value, write
from scripts.fuzz.team import TEAM, UNPINNED, WHOLE_PLAN

ALL = {**MUTATIONS, **TEAM}
"""Every kind of mutation, by its name."""

_MODULES = "values,templates,compat,portability,disclosure,observability,security,helm,testing,docs"
WHOLE = ("fix", "apply", "create", "waive", "waivers", "fleet")
"""Commands that are run as whole programs: they start processes of their own, or only print."""
SERVER = "server"
"""The language server, to which the mutations are edits."""
EDITS = "edits"
"""Checks with a cache after each of several edits."""
COMMANDS = ("check", "accept", "plan", "init", "pin", *WHOLE, SERVER, EDITS)
_BASELINE = "baseline"
_POLICIES = "policies"
_ADMISSION = Path(__file__).parents[2] / "testdata" / "admission"
_OVERHEAD = 20_000
"""Bytes of a chart that cost about as much to check as everything that each chart costs."""


class Mutation(NamedTuple):
    """One mutation: its kind, and the seed of its own random generator."""

    kind: str
    seed: int


class Case(NamedTuple):
    """What is run.

    ``command`` is one of COMMANDS: ``fix`` with ``--diff``, ``apply`` is ``fix`` that writes.
    ``baseline`` compares with the chart as it was before the mutations, ``before`` are mutations of that one; a fleet
    has both charts. ``whole``
    starts the program in a process of its own with ``engine``; else the pipeline is called. ``twice`` demands the same
    reports of a second run.
    """

    number: int
    chart: Path
    mutations: tuple[Mutation, ...]
    command: str = "check"
    scenarios: str = "quick"
    baseline: bool = False
    before: tuple[Mutation, ...] = ()
    coverage: bool = False
    subcharts: bool = False
    select: str = _MODULES
    whole: bool = False
    engine: str = "embedded"
    twice: bool = False
    beside: bool = False
    """Whether a second program does the same at the same time, with the same cache."""
    policies: tuple[int, ...] = ()
    """Seeds: each takes one of the policies in testdata/admission and breaks a line of it, or none."""

    def __str__(self) -> str:
        kinds = ", ".join(mutation.kind for mutation in self.mutations)
        options = ("baseline", "coverage", "subcharts", "whole", "twice", "beside")
        flags = [name for name in options if getattr(self, name)]
        flags += ["policies"] if self.policies else []
        words = " ".join((self.command, self.scenarios, self.engine, *flags))
        return f"{self.number} {self.chart.name}: {words}: {kinds}"


def shares_of(charts: Sequence[Path]) -> list[float]:
    """How often each chart is taken: the larger, the less often, so that no chart takes most of the time."""
    return [
        1 / (_OVERHEAD + sum(file.stat().st_size for file in chart.rglob("*") if file.is_file())) for chart in charts
    ]


def case_of(
    number: int,
    charts: Sequence[Path],
    shares: Sequence[float] | None = None,
    whole: float = 0.03,
    only: str | None = None,
) -> Case:
    """The case of a number.

    Args:
        number: its seed.
        charts: one of them is mutated.
        shares: how often each of the charts is taken; without them one as often as the other.
        whole: the share of cases that are run as whole processes.
        only: the command; without it any.
    """
    rng = random.Random(number)
    kinds = list(ALL)
    # The first kind goes round, so that each has its share.
    chosen = [kinds[number % len(kinds)], *rng.choices(kinds, k=rng.choice((0, 0, 1, 1, 2, 4)))]
    as_process = rng.random() < whole
    command = only or rng.choices(COMMANDS, (80, 6, 5, 2, 3, 1, 2, 1, 1, 1, 1, 1, 2))[0]
    as_process = as_process or command in WHOLE
    if command == SERVER:
        return _session_of(number, rng, rng.choices(charts, shares)[0], chosen[0])
    case = Case(
        number,
        rng.choices(charts, shares)[0],
        tuple(Mutation(kind, rng.randrange(2**32)) for kind in chosen),
        command=command,
        scenarios=rng.choices(("defaults", "quick", "full"), (45, 45, 10))[0],
        baseline=rng.random() < (0.6 if command == "fleet" else 0.2),
        before=tuple(Mutation(kind, rng.randrange(2**32)) for kind in rng.choices(list(MUTATIONS), k=rng.randrange(3))),
        coverage=rng.random() < 0.15,
        subcharts=rng.random() < 0.15,
        select=_MODULES if rng.random() < 0.7 else "",
        whole=as_process,
        engine=rng.choice(("cli", "embedded")) if as_process else "embedded",
        twice=rng.random() < 0.1,
        policies=tuple(rng.randrange(2**32) for _ in range(rng.choice((0, 0, 0, 0, 1, 3)))),
        beside=as_process and number % 4 == 0,
    )
    if command == EDITS:
        weights = [len(kinds) if kind == "edit" else 1 for kind in kinds]
        more = tuple(
            Mutation(kind, rng.randrange(2**32)) for kind in rng.choices(kinds, weights, k=rng.randrange(1, 6))
        )
        # Nothing is kept of a comparison.
        return case._replace(mutations=case.mutations + more, baseline=False, before=(), twice=False)
    return case


def _session_of(number: int, rng: random.Random, chart: Path, first: str) -> Case:
    kinds = [first, *rng.choices(list(ALL), k=rng.randrange(4, 15))]
    return Case(
        number,
        chart,
        tuple(Mutation(kind, rng.randrange(2**32)) for kind in kinds),
        command=SERVER,
        scenarios=rng.choice(("defaults", "quick")),
        select="",
        engine=rng.choices(("cli", "embedded"), (1, 4))[0],
    )


def lay_out(case: Case, root: Path) -> None:
    """Writes a case's workspace: the chart in ``chart``, the team's files beside it, the baseline in ``baseline``."""
    copy(case.chart, root / CHART)
    if case.baseline:
        copy(case.chart, root / _BASELINE / CHART)
        _mutate(root / _BASELINE, case.before)
    if case.command == SERVER:
        write(root / ".git" / "HEAD", "")  # nothing above the workspace counts
    elif case.command != EDITS:
        _mutate(root, case.mutations)
    for seed in case.policies:
        _add_policy(root, random.Random(seed))
    if case.command == "plan" and not (root / "plan.md").exists():
        write(root / "plan.md", WHOLE_PLAN)
    if case.command == "pin" and not (root / "constitution.md").exists():
        write(root / "constitution.md", UNPINNED)


def policies_of(case: Case, root: Path) -> tuple[Path, ...]:
    """The folder of the policies that the chart is checked by."""
    return (root / _POLICIES,) if case.policies else ()


def _add_policy(root: Path, rng: random.Random) -> None:
    source = rng.choice(sorted(_ADMISSION.glob("*/policy.yaml")))
    text = source.read_text("utf-8")
    if rng.random() < 0.5:
        text = spoil_value(text, rng)
    write(root / _POLICIES / f"{source.parent.name}.yaml", text)


def baseline_of(case: Case, root: Path) -> Path | None:
    """The folder of the chart to compare with."""
    return root / _BASELINE / CHART if case.baseline else None


def copy(chart: Path, target: Path) -> None:
    """A copy of a chart that may be written to; links stay links."""
    shutil.copytree(chart, target, symlinks=True)
    for path in (target, *target.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)


def _mutate(root: Path, mutations: Sequence[Mutation]) -> None:
    for mutation in mutations:
        ALL[mutation.kind](root, random.Random(mutation.seed))


def minimised(case: Case, fails: Callable[[Case], bool]) -> Case:
    """The case without whatever it fails without: mutations one by one, then options.

    Args:
        case: a case that fails.
        fails: whether another one fails in the same way.
    """
    for index in reversed(range(len(case.mutations))):
        less = case._replace(mutations=case.mutations[:index] + case.mutations[index + 1 :])
        if fails(less):
            case = less
    for plainer in (
        {"twice": False},
        {"policies": ()},
        {"coverage": False},
        {"before": ()},
        {"baseline": False, "before": ()},
        {"subcharts": False},
        {"scenarios": "defaults"},
        {"select": ""},
        {"command": "check"},
        {"whole": False, "engine": "embedded"},
    ):
        less = case._replace(**plainer)
        if less != case and fails(less):
            case = less
    return case
