"""Fixes one chart: tries fixes on a copy, keeps those that rendering proves, and only then writes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from helm_constitution.chart.helmignore import ignore_rules
from helm_constitution.check.memory import Memory
from helm_constitution.check.options import CheckRequest
from helm_constitution.check.pipeline import Examined, examine
from helm_constitution.core.errors import ChartError, ConstitutionError
from helm_constitution.core.files import links_to_nothing
from helm_constitution.core.fixes import Applicability
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.scratch import scratch_folder
from helm_constitution.fix.candidates import Candidate, candidates, together
from helm_constitution.fix.files import ChartFiles
from helm_constitution.fix.rendering import changed_since, changed_templates
from helm_constitution.fix.verify import Judgement, judge
from helm_constitution.report.model import ChartReport
from helm_constitution.text.edits import EditError

ROUNDS = 8
"""So often what the last fixes made possible is fixed in turn."""

FOLLOWING = 3
"""So often what fixes bring is fixed as well, and what that brings."""

TRIES = 6
"""So many sets of fixes are tried in a round; what is left then is taken back."""


class TakenBack(NamedTuple):
    """A fix that was tried, and why it was reverted."""

    candidate: Candidate
    reason: str


class Fixed(NamedTuple):
    """The result of fixing a chart.

    ``files`` are those that changed: their content, None for a renamed one. ``checks`` is the number of checks of the
    chart.
    """

    before: ChartReport
    after: ChartReport
    applied: tuple[Candidate, ...]
    taken_back: tuple[TakenBack, ...]
    files: dict[str, bytes | None]
    source: ChartFiles
    checks: int


def fix_chart(request: CheckRequest, applicable: Collection[Applicability], only: Collection[str] = ()) -> Fixed:
    """Tries the fixes of a chart's findings; writes nothing.

    Args:
        request: the chart, a folder, and the options of the check; its copy is fixed if it has one.
        applicable: the required safety of a fix.
        only: the rules whose findings are fixed; all, if empty.

    Raises:
        ConstitutionError: the chart can't be checked, or is a package.
    """
    if not request.chart.is_dir():
        raise ChartError("a packaged chart can't be fixed; unpack it first", file=str(request.chart))
    with scratch_folder() as scratch:
        copy = scratch / (request.chart.resolve().name or "chart")
        try:
            source = request.copy or request.chart
            ignored = _skipped(source, str(request.chart))
            shutil.copytree(source, copy, ignore=ignored, copy_function=shutil.copyfile)
        except shutil.Error as error:
            file, _, text = error.args[0][0]
            reason = text.partition("] ")[2].partition(": '")[0] or text  # without the number and the paths
            raise ChartError(f"can't be copied: {reason}", file=str(file)) from None
        except OSError as error:
            raise ChartError(f"can't be copied: {error.strerror}", file=str(error.filename)) from None
        except RecursionError:
            raise ChartError("can't be copied: its folders are nested too deeply", file=str(source)) from None
        for folder, _, _ in os.walk(copy):
            os.chmod(folder, 0o700)  # what is read-only in the chart is tried, and refused when it is written
        return _Session(request._replace(copy=copy, memory=Memory()), applicable, only).run()


def _skipped(chart: Path, shown: str) -> Callable[[str, list[str]], set[str]]:
    """The parts of a chart that are not copied: large folders that helm doesn't read, and broken links."""
    rules = ignore_rules(str(chart), shown)

    def skipped(folder: str, names: list[str]) -> set[str]:
        inside = Path(folder).relative_to(chart)
        large = {name for name in names if rules.skipped_in_copies((inside / name).as_posix())}
        return large | links_to_nothing(folder, names)

    return skipped


class _Session:
    def __init__(self, request: CheckRequest, applicable: Collection[Applicability], only: Collection[str]) -> None:
        assert request.copy is not None
        self._request = request
        self._applicable = applicable
        self._only = only
        self._copy = ChartFiles(request.copy)
        self._source = ChartFiles(request.chart, self._copy)
        self._files: dict[str, bytes | None] = {}
        self._base: dict[str, bytes | None] = {}
        self._shown: dict[str, bytes | None] = {}
        self._applied: list[Candidate] = []
        self._reasons: dict[tuple[object, ...], TakenBack] = {}
        self._hopeless: dict[tuple[object, ...], frozenset[tuple[object, ...]]] = {}
        self._also: list[Candidate] = []
        self._following: list[Candidate] = []
        self._tried_with: frozenset[tuple[object, ...]] = frozenset()
        self._checks = 0
        self._tries = 0
        self._unstable: frozenset[str] | None = None
        self._mixed = True

    def run(self) -> Fixed:
        first = now = self._examined()
        for _ in range(ROUNDS):
            self._tries, self._base, self._also = TRIES, self._files, []
            wanted, apart = self._wanted(now), not self._mixed
            kept, after = self._settled(now, [], wanted, now)
            self._mixed = self._safe_ones_are_safe(now, kept)
            if not self._mixed:
                self._files = self._base
                continue
            if apart:
                self._give_up([one for one in wanted if one not in kept], ())
            self._applied += [*kept, *self._also] if kept else []
            for one in [*kept, *self._also]:
                self._reasons.pop(_identity(one), None)
                if self._unstable is not None:
                    self._unstable |= {new for old, new in one.fix.moves if old in self._unstable}
            if kept:
                now = after
            elif not apart and not self._tried_again():
                break
        taken_back = tuple(self._reasons.values())
        return Fixed(
            first.report, now.report, tuple(self._applied), taken_back, self._files, self._source, self._checks
        )

    def _tried_again(self) -> bool:
        """Whether failed fixes are tried once more, because others were kept since: a second run should find nothing
        more to fix."""
        now = frozenset(map(_identity, self._applied))
        changed = {one for one, others in self._hopeless.items() if others != now}
        if not changed or now == self._tried_with:
            return False
        self._tried_with = now
        for one in changed:
            del self._hopeless[one]
        return True

    def _wanted(self, now: Examined) -> list[Candidate]:
        """The fixes of a round, safe ones first."""
        every = candidates(now.report.findings, self._applicable, self._only)
        outside = [one for one in every if not self._is_inside(one)]
        self._take_back(outside, "a link leads to a file outside of the chart; edit that file instead")
        left = [one for one in every if one not in outside and _identity(one) not in self._hopeless]
        safe = [one for one in left if one.fix.applicability is Applicability.SAFE]
        if safe and not self._mixed:
            return together(safe)[0]
        return together([*safe, *(one for one in left if one not in safe)])[0]

    def _is_inside(self, candidate: Candidate) -> bool:
        return all(self._source.holds(file) for file in candidate.files)

    def _safe_ones_are_safe(self, before: Examined, kept: Sequence[Candidate]) -> bool:
        """Whether the safe ones of mixed fixes leave the rendering unchanged, which is cheaper than a check of their
        own. If not, they are tried alone, to find the ones that change it."""
        safe = [one for one in kept if one.fix.applicability is Applicability.SAFE]
        if not safe or len(safe) == len(kept):
            return True  # nothing to show, or shown by the check
        shown = self._shown
        try:
            self._show(self._copy.after(self._base, [one.fix for one in safe]))
            changed = changed_since(before.rendered, self._copy.folder, self._request.engine)
            if changed and self._unstable is None:
                self._unstable = self._changing(before)
        except (EditError, ConstitutionError):
            return False
        finally:
            self._show(shown)
        return not set(changed) - (self._unstable or set())

    def _examined(self) -> Examined:
        self._checks += 1
        return examine(self._request)

    def _settled(
        self, before: Examined, kept: list[Candidate], wanted: list[Candidate], now: Examined
    ) -> tuple[list[Candidate], Examined]:
        """The fixes to keep, and the chart with them: as many of the wanted as possible, on top of earlier ones."""
        while wanted:
            if self._tries == 0:
                self._take_back(wanted, "not tried: too many other fixes failed; run fix again")
                return kept, now
            judgement, after = self._try(before, [*kept, *wanted])
            if judgement.good and after is not None:
                self._files, self._also = self._shown, self._following
                return [*kept, *wanted], after
            blamed = [one for one in wanted if one in judgement.blamed]
            for one in blamed:
                self._take_back([one], judgement.blamed[one])
            if blamed:
                self._give_up(blamed, [*kept, *wanted])
                wanted = [one for one in wanted if one not in blamed]
                continue
            if len(wanted) == 1:
                self._take_back(wanted, judgement.reason or "it breaks another fix")
                self._give_up(wanted, [*kept, *wanted])
                return kept, now
            apart = [one for one in wanted if one in judgement.suspected]
            first = [one for one in wanted if one not in apart] if apart else []
            first = first or wanted[: len(wanted) // 2]
            kept, now = self._settled(before, kept, first, now)
            wanted = [one for one in wanted if one not in first]
        return kept, now

    def _give_up(self, those: Iterable[Candidate], tried: Iterable[Candidate]) -> None:
        """Remembers which fixes failed, and beside which others, so that they are not retried with the same ones."""
        others = {_identity(one) for one in (*self._applied, *tried)}
        self._hopeless.update({name: frozenset(others - {name}) for name in map(_identity, those)})

    def _take_back(self, those: Sequence[Candidate], reason: str) -> None:
        for one in those:
            self._reasons[_identity(one)] = TakenBack(one, reason)

    def _try(self, before: Examined, applied: Sequence[Candidate]) -> tuple[Judgement, Examined | None]:
        self._tries -= 1
        self._following = []
        try:
            self._show(self._copy.after(self._base, [one.fix for one in applied]))
        except (EditError, ChartError) as error:
            return Judgement({}, str(error)), None
        try:
            after = self._examined()
        except ConstitutionError as error:
            return Judgement({}, str(error)), None
        judgement = judge(before, after, applied, self._unstable or ())
        if self._unstable is None and changed_templates(before.rendered, after.rendered) and not judgement.good:
            # It may render something else each time.
            shown = self._shown
            self._unstable = self._changing(before)
            self._show(shown)
            judgement = judge(before, after, applied, self._unstable)
        return self._followed(before, applied, judgement, after)

    def _followed(
        self, before: Examined, applied: Sequence[Candidate], judgement: Judgement, after: Examined
    ) -> tuple[Judgement, Examined]:
        """If fixes cause new findings and nothing else is wrong, they are fixed too, and all is checked together."""
        shown, following = self._shown, list[Candidate]()
        first = judgement, after
        for _ in range(FOLLOWING):
            more = [one for one in candidates(judgement.new, self._applicable) if self._is_inside(one)]
            if judgement.good or not judgement.new or sum(len(one.findings) for one in more) < len(judgement.new):
                break
            following += more
            try:
                self._show(self._copy.after(self._shown, [one.fix for one in together(more)[0]]))
                after = self._examined()
            except (EditError, ConstitutionError):
                break
            judgement = judge(before, after, applied, self._unstable or ())
        if judgement.good:
            self._following = following
            return judgement, after
        self._show(shown)
        return first

    def _changing(self, before: Examined) -> frozenset[str]:
        """The templates whose output is random."""
        self._show(self._base)
        return frozenset(changed_since(before.rendered, self._copy.folder, self._request.engine))

    def _show(self, files: dict[str, bytes | None]) -> None:
        """Writes these contents into the copy."""
        for file in [*self._shown, *files]:
            content = files[file] if file in files else self._copy.original(file)
            place = self._copy.folder / file
            if content is None:
                place.unlink(missing_ok=True)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
        self._shown = files


def _identity(candidate: Candidate) -> tuple[object, ...]:
    """The identity of a fix, wherever its lines have moved to."""
    first = candidate.findings[0]
    return first.rule, first.message, first.object, candidate.fix.title, first.location.file
