"""The pipeline: one chart in, one report out. The one way in for the command line, the tests and the benches.

    Chart → AnalysedChart → Scenarios → RenderedChart → (Comparison) → Violations → Findings → settled Findings →
    ChartReport

Each arrow is a function that takes values and returns a new one. helm works beside Python as far as it can: it starts
before anything heavy is imported, rules that need no rendering run meanwhile, and while the last rules run, template
lines are looked for and the values that set them.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.check.options import CheckRequest
from helm_constitution.core.deadline import TIME_IS_UP, OutOfTime, part_limit, time_limit
from helm_constitution.core.errors import ChartError, ConfigurationError
from helm_constitution.core.model import Status, Trouble
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.helm.protocol import Answered

if TYPE_CHECKING:
    from helm_constitution.check.cache import Cache
    from helm_constitution.check.kept_lines import KeptLines
    from helm_constitution.check.kept_lint import Linting
    from helm_constitution.check.memory import Memory
    from helm_constitution.check.setup import Policy
    from helm_constitution.compare.comparison import Comparison
    from helm_constitution.compare.no_baseline import NoBaseline
    from helm_constitution.compare.setup import BaselineSession
    from helm_constitution.helm.protocol import LintOutput, Pending, RenderOutput
    from helm_constitution.lint.runner import Runner
    from helm_constitution.render.results import RenderedChart
    from helm_constitution.report.model import ChartReport
    from helm_constitution.templates.analysis import AnalysedChart


def run(request: CheckRequest) -> ChartReport:
    """Checks one chart, or remembers the last check of the same chart.

    Raises:
        ConstitutionError: where it can't be checked at all.
    """
    asked, request = request.options, request.of_one_day()
    cache = report = None
    if asked.cache:
        from helm_constitution.check.cache import Cache

        cache = Cache.of(request.chart, request.engine, asked)  # without the clock's day, or nothing would last a night
        report = cache.load(request.options.day) if cache is not None else None
    return check_anew(request, cache) if report is None else report


def check_anew(request: CheckRequest, cache: Cache | None) -> ChartReport:
    """Checks one chart, and keeps the report in its cache, if it has one.

    Raises:
        ConstitutionError: where it can't be checked at all.
    """
    request = request.of_one_day()
    report = examine(request, cache).report
    if cache is not None and all(map(_lasts, report.troubles)) and _had_time(report):
        return cache.store(report, request.options.day)
    return report


def _had_time(report: ChartReport) -> bool:
    """Whether no limit on time cut the check short: the next one may have more."""
    reasons = (one.reason for one in report.rules if one.reason is not None)
    return not any(text.endswith(TIME_IS_UP) for text in (*report.notices, *reasons))


class Examined(NamedTuple):
    """The report of a chart, the renderings behind it, and what the team demands of the chart."""

    report: ChartReport
    rendered: RenderedChart
    policy: Policy


def _lasts(trouble: Trouble) -> bool:
    """Whether the same chart has it again: missing values, what helm says of a place; other troubles may pass by."""
    located = trouble.kind == "scenario" and trouble.file is not None
    return located or trouble.kind == Status.NEEDS_INPUT or not trouble.fatal


def examine(request: CheckRequest, cache: Cache | None = None) -> Examined:
    """Checks one chart, for who needs the renderings too. With a cache, an unchanged chart isn't linted again.

    Raises:
        ConstitutionError: where it can't be checked at all.
    """
    options = request.options
    if options.old_values is not None and options.baseline is None:
        raise ConfigurationError("--old-values requires --baseline, the release that the values are for")
    try:
        with time_limit(3 * options.seconds), ExitStack() as stack:
            return _check(request.of_one_day(), cache, stack)
    except OutOfTime:
        message = f"the check took more than {3 * options.seconds:g} {TIME_IS_UP}"
        raise ChartError(message, file=str(request.chart)) from None


def _check(request: CheckRequest, cache: Cache | None, stack: ExitStack) -> Examined:
    engine, options, still_counts = request.engine, request.options, request.still_counts
    analysed, known, first, linting = _start_helm(request, cache, stack)

    from helm_constitution.check.report import chart_report
    from helm_constitution.check.settle import settle
    from helm_constitution.check.setup import begin_comparison, begin_renderings, load_policy
    from helm_constitution.lint.findings import FindingMaker
    from helm_constitution.lint.needs import CheckedChart
    from helm_constitution.lint.placing import Placing
    from helm_constitution.lint.told_by import each_once

    chart = analysed.chart
    policy = load_policy(request, chart)
    session = begin_renderings(request, policy, analysed, first)
    baseline = begin_comparison(request, policy, chart, session.scenarios, stack)
    rules = _runner(request, policy)

    checked = CheckedChart(analysed, severities=policy.severities, schemas=policy.schemas)
    rules.run(checked, until=lambda: session.done() and baseline.done())
    rendered = session.run()
    linting.take_rendered(rendered)
    if request.memory is not None:
        request.memory.keep(rendered)
    checked = checked.with_rendered(rendered, *_compared(baseline, rendered))
    if options.cluster is not None:
        from helm_constitution.cluster.ask import ask

        checked = checked.with_cluster(ask(options.cluster, rendered, checked.comparison))
    maps, proofs = (known.source_maps, known.proofs) if request.is_draft else (None, None)
    kept = _kept_lines(cache, rendered)
    on, prover, subcharts = options.lines, engine if options.lines else None, options.subcharts
    placing = Placing(checked, engine, stack, subcharts=subcharts, on=on, known=maps, kept=kept)
    placing.begin(rules.run(checked, on_helm=True))
    runs = rules.run(checked, until=placing.done)
    sources = placing.source_maps()
    finding = FindingMaker(
        checked, placing.objects, sources, prover, proofs, subcharts=subcharts, still_counts=still_counts
    )
    finding.begin(each_once(runs))
    rules.run(checked)
    checked = checked.with_lint(lint := linting.result())
    runs = rules.run(checked)
    placing.begin(runs)
    runs = each_once(runs)
    placing.source_maps()
    known.keep_lint(lint)
    known.source_maps = placing.known
    _keep(cache, linting, lint, kept)
    findings, runs = finding.findings(runs), finding.without_late(runs)
    known.proofs = finding.proofs
    settled = settle(findings, runs, policy, rendered, day=options.day)
    notices = (*session.notices, *filter(None, (placing.cut, finding.cut)))
    report = chart_report(checked, policy, runs, settled, notices, finding.origins, options)
    if options.sources:
        from helm_constitution.check.source_texts import with_sources

        report = with_sources(report, chart, finding.without_secrets)
    return Examined(report, rendered, policy)


def _runner(request: CheckRequest, policy: Policy) -> Runner:
    """What runs the rules; with a memory, what an earlier check found in unchanged parts is used again."""
    from helm_constitution.lint.runner import Runner

    return Runner(
        policy.selection.rules,
        debug=request.options.debug,
        seconds=request.options.seconds,
        still_counts=request.still_counts,
        outcomes=request.memory.outcomes if request.memory is not None else None,
    )


def _compared(baseline: BaselineSession | NoBaseline, rendered: RenderedChart) -> tuple[Comparison | None, str | None]:
    """The comparison with the baseline, or why there is none."""
    try:
        with part_limit():
            return baseline.compare(rendered), baseline.reason
    except OutOfTime as limit:
        return None, f"comparing with the baseline {limit}"


def _kept_lines(cache: Cache | None, rendered: RenderedChart) -> KeptLines | None:
    """The template lines of documents that render as before."""
    if cache is None or not rendered.any_rendered:
        return None
    from helm_constitution.check.kept_lines import KeptLines

    return KeptLines(cache.folder, cache.lines, rendered)


def _keep(cache: Cache | None, linting: Linting, lint: LintOutput, lines: KeptLines | None) -> None:
    """Keeps what helm said and the template lines, unless the chart has changed: they would count for what it was."""
    if cache is None or not cache.is_unchanged():
        return
    linting.store(lint)
    if lines is not None:
        lines.store()


def _start_helm(
    request: CheckRequest, cache: Cache | None, stack: ExitStack
) -> tuple[AnalysedChart, Memory, Pending[RenderOutput], Linting]:
    """Reads the chart, with helm at work: it takes longest, so it starts before anything heavy is imported or read."""
    engine, options = request.engine, request.options
    folder = request.copy or _folder(request.chart)
    stack.enter_context(engine.hold(folder))  # no scenario loads it once more
    first = engine.render(folder, options.request)

    from helm_constitution.chart.loader import load_chart
    from helm_constitution.check.memory import Memory
    from helm_constitution.templates.analysis import AnalysedChart

    known = request.memory or Memory()
    chart = load_chart(folder, shown=str(request.chart), known_values=known.values, earlier=known.loads)
    analysed = AnalysedChart(chart, known.kept, request.is_draft)
    return analysed, known, first, _lint(request, analysed, cache, stack)


def _lint(request: CheckRequest, analysed: AnalysedChart, cache: Cache | None, stack: ExitStack) -> Linting:
    from helm_constitution.check.kept_lint import Linting
    from helm_constitution.render.cheap_lint import begin_lint

    draft = request.memory.lint if request.memory is not None and request.is_draft else None

    def start(without: Collection[str]) -> Pending[LintOutput]:
        if draft is not None:
            return Answered(draft)
        return begin_lint(request.engine, analysed, request.options.request, stack, without)

    return Linting(start, cache.lint if cache is not None else None)


def _folder(chart: Path) -> Path:
    """The chart's folder; a package is unpacked."""
    if chart.is_dir():
        return chart
    from helm_constitution.chart.archive import unpack

    return unpack(chart, str(chart))
