"""What a check is asked for."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.cluster.target import ClusterTarget
from helm_constitution.core.model import Progress, StillCounts, still_counts
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.unsaved import NO_TEXTS, Unsaved
from helm_constitution.helm.protocol import HelmEngine, Limits, RenderRequest

if TYPE_CHECKING:
    from helm_constitution.check.memory import Memory


class CheckOptions(NamedTuple):
    """What a check is asked for. ``select`` and ``ignore`` come on top of the configuration's.

    ``scenarios`` is ``defaults``, ``quick`` or ``full``. ``baseline`` is the earlier release to compare with (``auto``,
    a git revision, a folder or a package), ``old_values`` a user's values file for it. ``lines`` is false where
    rendered objects need no template line (one render less), ``coverage`` true where it is to be measured what the
    scenarios enter of the templates, ``sources`` true where the report shows the chart's files, ``cache`` true where
    an unchanged chart may be answered from the last check.
    ``fail_on`` is the weakest severity that fails the gate, or ``never``; it overrides the
    configuration's. ``today`` is an ISO date, by which waivers expire; None for the clock's (UTC).
    ``cluster`` is the API server to ask, None for none.
    ``debt`` is false where the file of accepted findings is not to be read. ``rules`` are folders with rules of the
    user's own, ``policies`` files and folders of admission policies. ``seconds`` is the processor time that Python's
    own part may take for the chart: the rules as much as that, everything together three times as much.
    """

    request: RenderRequest = RenderRequest()
    constitution: Path | None = None
    configuration: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    scenarios: str = "quick"
    baseline: str | None = None
    old_values: Path | None = None
    subcharts: bool = False
    lines: bool = True
    coverage: bool = False
    sources: bool = False
    cache: bool = False
    debug: bool = False
    fail_on: str | None = None
    today: str | None = None
    debt: bool = True
    rules: tuple[Path, ...] = ()
    cluster: ClusterTarget | None = None
    policies: tuple[Path, ...] = ()
    seconds: float = Limits().seconds

    @property
    def day(self) -> str:
        """The day of the check, as an ISO date."""
        return self.today or today()


class CheckRequest(NamedTuple):
    """One chart to check: a folder or a package, the engine that lints and renders it, what is asked for.

    ``progress`` gets the number of scenarios that are done, and of all. ``copy`` is a folder to read in the chart's
    place: what rules the chart is found beside ``chart`` all the same. ``unsaved`` are texts of configuration,
    constitution, debt and plan that an editor has not saved yet. ``memory`` is what earlier checks of the chart read;
    what this one reads is kept in it. ``is_draft`` takes from the memory what is costly and rarely changes with an
    edit: what ``helm lint`` says, the template lines of documents that render as before, which values are proved to set
    fields; and of the templates only the edited one is walked again. A check that is no draft has to follow.
    ``still_counts`` is called often, at least before each rule; an exception from it ends the check.
    """

    chart: Path
    engine: HelmEngine
    options: CheckOptions = CheckOptions()
    progress: Progress | None = None
    copy: Path | None = None
    unsaved: Unsaved = NO_TEXTS
    memory: Memory | None = None
    is_draft: bool = False
    still_counts: StillCounts = still_counts

    def of_one_day(self) -> CheckRequest:
        """The same, with the clock's day where none is given: a check may last beyond midnight."""
        return self._replace(options=self.options._replace(today=self.options.day))


def today() -> str:
    """The day, as an ISO date (UTC). The clock is asked here and nowhere else."""
    return time.strftime("%Y-%m-%d", time.gmtime())
