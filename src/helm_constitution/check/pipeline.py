"""The gate: one chart in, one report out. Loading, helm, rules, verdicts, in this order and as far beside each other as
they can be."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.core.errors import ConfigurationError, ConstitutionError
from helm_constitution.core.model import Base, Finding, Severity, Trouble, Verdict
from helm_constitution.core.records import NamedTuple
from helm_constitution.helm.protocol import HelmEngine, RenderRequest
from helm_constitution.report.model import (
    BaselineReport,
    ChartReport,
    ConstitutionReport,
    FileCoverage,
    InputReport,
    PrincipleReport,
    RuleReport,
    ScenarioReport,
    StaleWaiver,
    StatementReport,
)

if TYPE_CHECKING:
    from helm_constitution.api import Rule, RuleModule
    from helm_constitution.chart.loader import Chart
    from helm_constitution.lint.runner import RuleRun
    from helm_constitution.lint.subject import Facts
    from helm_constitution.locate.marked_render import Tracing
    from helm_constitution.policy.configuration import Configuration
    from helm_constitution.policy.constitution import Constitution
    from helm_constitution.policy.rule_selection import Demands
    from helm_constitution.policy.waivers import Waiver
    from helm_constitution.render.session import Progress


_OLD_VALUES = "compat/old-value-lost"
"""The rule that a values file for the baseline is given for."""


class CheckOptions(NamedTuple):
    """What a check is asked for. ``select`` and ``ignore`` come on top of the configuration's.

    ``scenarios`` is ``defaults``, ``quick`` or ``full``. ``baseline`` is the earlier release to compare with (``auto``,
    a git revision, a folder or a package), ``old_values`` a user's values file for it. ``lines`` is false where
    rendered objects need no template line (one render less), ``coverage`` true where it is to be measured what the
    scenarios enter of the templates, ``cache`` true where an unchanged chart may be answered from the last check.
    ``fail_on`` is the weakest severity that fails the gate, or ``never``; it overrides the
    configuration's. ``today`` is an ISO date, by which waivers expire; None for the clock's (UTC).
    ``debt`` is false where the file of accepted findings is not to be read. ``rules`` are folders with rules of the
    user's own.
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
    cache: bool = False
    debug: bool = False
    fail_on: str | None = None
    today: str | None = None
    debt: bool = True
    rules: tuple[Path, ...] = ()


def check_chart(path: Path, engine: HelmEngine, options: CheckOptions, progress: Progress | None = None) -> ChartReport:
    """Checks one chart (a folder or a packaged one), or remembers the last check of the same chart.

    Args:
        path: the chart.
        engine: lints and renders it.
        options: what is asked for.
        progress: told how many scenarios are done, and of how many.

    Raises:
        ConstitutionError: where it can't be judged at all.
    """
    from helm_constitution.check.cache import Cache

    if options.old_values is not None and options.baseline is None:
        raise ConfigurationError("--old-values needs --baseline, the release that the values were for")
    # What a revision names may move without any file of the chart.
    cache = Cache.of(path, engine, options) if options.cache and options.baseline is None else None
    day = options.today or today()
    report = cache.load(day) if cache is not None else None
    if report is None:
        report = _check(path, engine, options._replace(today=day), progress)
        if cache is not None and not any(trouble.fatal for trouble in report.problems):
            cache.store(report, day)
    return report


def today() -> str:
    """The day, as an ISO date (UTC). The clock is asked here and nowhere else."""
    import time

    return time.strftime("%Y-%m-%d", time.gmtime())


def _check(path: Path, engine: HelmEngine, options: CheckOptions, progress: Progress | None) -> ChartReport:
    folder = path
    if not path.is_dir():
        from helm_constitution.chart.archive import unpack

        folder = unpack(path, str(path))
    with ExitStack() as stack:
        return _judged(folder, str(path), engine, options, progress, stack)


def failed_chart(path: Path, error: ConstitutionError) -> ChartReport:
    """The report of a chart that could not be judged, beside others that could."""
    file = error.file.removeprefix(f"{path}{os.sep}") if error.file is not None else None
    trouble = Trouble("error", error.message, file=file, line=error.line)
    return ChartReport(path.name, "", str(path), Verdict.ERROR, None, (), (), (), (trouble,))


def _judged(
    folder: Path,
    shown: str,
    engine: HelmEngine,
    options: CheckOptions,
    progress: Progress | None,
    stack: ExitStack,
) -> ChartReport:
    # helm starts before anything heavy is imported or read: it takes longest.
    lint = engine.lint(folder, options.request)
    first = engine.render(folder, options.request)

    from helm_constitution.chart.loader import load_chart
    from helm_constitution.lint.runner import run_rules, stamp
    from helm_constitution.lint.subject import Facts
    from helm_constitution.policy.configuration import expand, find_configuration, find_debt, load_configuration
    from helm_constitution.policy.constitution import load_constitution
    from helm_constitution.policy.rule_selection import match
    from helm_constitution.render.scenarios import plan
    from helm_constitution.render.session import Rounds

    chart = load_chart(folder, shown=shown)
    file = find_configuration(Path(shown), options.configuration)
    configuration = load_configuration(
        file, Path(shown), known_modules(options.rules, debug=options.debug), debug=options.debug
    )
    debt = find_debt(Path(shown), configuration.file)
    modules = configuration.modules
    constitution = load_constitution(Path(shown), options.constitution or configuration.constitution, modules)
    waivers = _waivers(configuration, chart, constitution)
    demands = match(
        constitution,
        modules,
        select=(
            *configuration.select,
            *expand(options.select, modules),
            *((_OLD_VALUES,) if options.old_values is not None else ()),
        ),
        ignore=(*configuration.ignore, *expand(options.ignore, modules)),
        severities=configuration.severities,
        parameters=configuration.parameters,
    )
    facts = Facts(
        chart, which=options.scenarios, measures=options.coverage, tests_count=bool(configuration.judge_tests)
    )
    scenarios = plan(folder, options.request, options.scenarios, configuration.scenarios)
    helm = Rounds(engine, facts, scenarios, first, progress)
    facts.rendering, facts.linting = helm, lint
    if options.baseline is not None:
        from helm_constitution.compare.setup import compare

        compare(facts, scenarios, engine, options, configuration, stack)
    lines = _Lines(facts, engine, options, stack)
    runs = run_rules(demands.rules, facts, debug=options.debug, judged=lines.begin)
    lines.begin(runs)
    lines.finish()
    stamp(runs, facts, subcharts=options.subcharts)
    stale = _apply(waivers, runs, facts, options)
    if options.debt and debt.is_file():
        from helm_constitution.policy.debt import apply_debt, chart_key, read_debt

        apply_debt(read_debt(debt).get(chart_key(debt, Path(shown)), ()), runs)
    troubles = [
        *helm.troubles(),
        *_unread_templates(facts),
        *(run.crash for run in runs if run.crash is not None),
    ]
    principles = tuple(_principles(constitution, demands, runs))
    findings = tuple(sorted((finding for run in runs for finding in run.findings), key=_order))
    worst = max((principle.verdict for principle in principles), default=Verdict.PASS)
    if stale:
        worst = max(worst, Verdict.FAIL)
    if any(trouble.fatal for trouble in troubles):
        worst = Verdict.ERROR
    return ChartReport(
        name=chart.name,
        version=chart.version,
        path=shown,
        verdict=worst,
        constitution=ConstitutionReport(constitution.file, constitution.version, constitution.builtin),
        scenarios=tuple(
            ScenarioReport(result.scenario.name, result.status, result.message) for result in facts.results
        ),
        principles=principles,
        findings=findings,
        problems=tuple(troubles),
        notices=(*helm.notices, *_out_of_reach(facts)),
        undemanded=sum(len(module.rules) for module in modules) - len(demands.rules),
        rules=tuple(_rules(runs)),
        stale=stale,
        limit=_limit(options.fail_on or configuration.fail_on or "error"),
        inputs=tuple(_inputs(facts)),
        coverage=_coverage(facts),
        baseline=_baseline(facts, options),
    )


class _Lines:
    """Helm at work on the template lines of the documents in which rules found something."""

    def __init__(self, facts: Facts, engine: HelmEngine, options: CheckOptions, stack: ExitStack) -> None:
        self._facts = facts
        self._engine = engine
        self._options = options
        self._stack = stack
        self._begun: set[tuple[str, str, str]] = set()
        self._tracings: list[Tracing] = []

    def begin(self, runs: Sequence[RuleRun]) -> None:
        """Starts on those documents that are not under way yet; does nothing where nothing was found in any."""
        from helm_constitution.lint.runner import documents_to_locate

        if not self._options.lines:
            return
        found = documents_to_locate(runs, subcharts=self._options.subcharts)
        documents = [document for document in found if document.alike not in self._begun]
        self._begun.update(document.alike for document in documents)
        sides = [(self._facts, [document for document in documents if document.base is not Base.BASELINE])]
        if self._facts.comparison is not None:
            earlier = [document for document in documents if document.base is Base.BASELINE]
            sides.append((self._facts.comparison.old, earlier))
        for facts, some in sides:
            if some:
                from helm_constitution.locate.marked_render import Tracing

                self._tracings.append(self._stack.enter_context(Tracing(some, facts, self._engine)))

    def finish(self) -> None:
        """Waits for helm, and gives each document its lines; where that isn't certain it keeps none."""
        for tracing in self._tracings:
            tracing.finish()


def _coverage(facts: Facts) -> tuple[FileCoverage, ...] | None:
    if facts.coverage is None:
        return None
    from helm_constitution.render.coverage import files_of

    return files_of(facts.coverage)


def _out_of_reach(facts: Facts) -> Iterator[str]:
    """The branches that no scenario can enter, in one sentence."""
    coverage = facts.coverage
    if coverage is not None and (numbers := coverage.out_of_reach):
        regions = [coverage.regions[number] for number in numbers]
        places = ", ".join(f"{one.template.path}:{one.template.span(one.node).line}" for one in regions)
        count = "a branch needs" if len(regions) == 1 else f"{len(regions)} branches need"
        yield f"{count} a cluster that lookup finds something in, and can't be rendered: {places}"


def _inputs(facts: Facts) -> Iterator[InputReport]:
    from helm_constitution.text.yaml import dotted

    kinds = {str: "text", bool: "flag", int: "number", float: "number", list: "list", dict: "map"}
    for one in facts.inputs:
        kind = kinds.get(type(one.placeholder), "text")
        yield InputReport(dotted(one.path), kind, one.placeholder, " ".join(one.message.split()))


def _waivers(configuration: Configuration, chart: Chart, constitution: Constitution) -> tuple[Waiver, ...]:
    """Every waiver of a chart; faults in them are told before helm is waited for."""
    in_place = any("constitution:" in text for text in chart.files.values())
    if not (in_place or configuration.waivers or configuration.plan):
        return ()
    from helm_constitution.policy.waivers import comment_waivers, plan_waivers, require_known_principles

    if configuration.file is not None:
        keys = dict.fromkeys(principle.key for principle in constitution.principles)
        keys.update(dict.fromkeys(module.key for module in configuration.modules))
        require_known_principles(configuration.waivers, keys, configuration.file)
    found = configuration.waivers + comment_waivers(chart, configuration.modules)
    if configuration.plan is not None:
        shared = configuration.plan_is_shared
        found += plan_waivers(
            configuration.plan, Path(chart.shown), chart.name, configuration.modules, is_shared=shared
        )
    return found


def _apply(
    waivers: Sequence[Waiver], runs: Sequence[RuleRun], facts: Facts, options: CheckOptions
) -> tuple[StaleWaiver, ...]:
    if not waivers:
        return ()
    from helm_constitution.policy.waivers import apply_waivers

    return apply_waivers(waivers, runs, facts, today=options.today or "", full=options.scenarios == "full")


def known_modules(folders: Sequence[Path] = (), *, debug: bool = False) -> tuple[RuleModule, ...]:
    """The built-in rule modules, and those of the folders that the user named.

    Raises:
        ConfigurationError: where these can't be used, with file and line.
    """
    from helm_constitution.lint import registry

    if not folders:
        return registry.modules()
    from helm_constitution.lint.rule_packs import with_folders

    return with_folders(registry.modules(), folders, debug=debug)


def _limit(fail_on: str) -> Severity | None:
    return None if fail_on == "never" else Severity[fail_on.upper()]


def _baseline(facts: Facts, options: CheckOptions) -> BaselineReport | None:
    if options.baseline is None:
        return None
    from helm_constitution.compare.setup import baseline_report

    return baseline_report(facts)


def _unread_templates(facts: Facts) -> Iterator[Trouble]:
    """Templates that can't be read here, and of which helm says nothing: the rules on templates didn't see them."""
    told = {message.file for result in facts.results for message in result.errors}
    told.update(message.file for message in facts.lint)
    for template in facts.templates:
        if template.error is not None and template.path not in told:
            error = template.error
            yield Trouble("template", f"can't be read: {error.message}", file=template.path, line=error.line)


def _order(finding: Finding) -> tuple[object, ...]:
    thing = finding.object
    return (
        finding.principle,
        -finding.severity,
        finding.rule,
        finding.location.file or "",
        finding.location.line or 0,
        finding.location.column or 0,
        (thing.kind, thing.name, thing.container or "", thing.field or "") if thing else (),
        finding.message,
    )


def _rules(runs: Sequence[RuleRun]) -> Iterator[RuleReport]:
    from helm_constitution.lint import registry

    own = {rule.id for rule in registry.rules()}
    for run in runs:
        reason = run.crash.message if run.crash else run.unjudged
        yield RuleReport(run.rule.id, reason, None if run.rule.id in own else run.rule.doc)


def _principles(
    constitution: Constitution,
    demands: Demands,
    runs: Sequence[RuleRun],
) -> Iterator[PrincipleReport]:
    by_rule = {run.rule.id: run for run in runs}
    for principle in constitution.principles:
        reports: list[StatementReport] = []
        mine: dict[str, RuleRun] = {}
        for statement in principle.statements:
            rules = demands.of(principle, statement)
            ran = [by_rule[rule.id] for rule in rules if rule.id in by_rule]
            mine.update((run.rule.id, run) for run in ran)
            verdict, reason = _judge(rules, ran)
            reports.append(StatementReport(statement, tuple(rule.id for rule in rules), verdict, reason))
        worst = max((report.verdict for report in reports), default=Verdict.UNCHECKED)
        evidence = _evidence(list(mine.values()), reports)
        yield PrincipleReport(principle.key, principle.title, worst, evidence, tuple(reports))


def _judge(rules: Sequence[Rule], ran: Sequence[RuleRun]) -> tuple[Verdict, str | None]:
    """A statement's verdict out of its rules' runs, and the reason where it is not the findings."""
    if not rules:
        return Verdict.UNCHECKED, "no rule checks this"
    crashed = [run.rule.id for run in ran if run.crash is not None]
    if crashed:
        return Verdict.ERROR, f"{', '.join(crashed)} crashed"
    findings = [finding for run in ran for finding in run.findings if finding.severity > Severity.NOTE]
    if any(finding.active for finding in findings):
        return Verdict.FAIL, None
    if len(ran) < len(rules):
        names = {run.rule.id for run in ran}
        off = [rule.id for rule in rules if rule.id not in names]
        return Verdict.UNCHECKED, f"switched off: {', '.join(off)}"
    unjudged: dict[str, list[str]] = {}
    for run in ran:
        if run.unjudged is not None:
            unjudged.setdefault(run.unjudged, []).append(run.rule.id)
    if unjudged:
        return Verdict.UNCHECKED, "; ".join(f"{reason} ({', '.join(ids)})" for reason, ids in unjudged.items())
    if any(finding.debt is not None for finding in findings):
        return Verdict.DEBT, None
    return Verdict.WAIVED if findings else Verdict.PASS, None


def _evidence(runs: Sequence[RuleRun], reports: Sequence[StatementReport]) -> str:
    """What a principle's verdict rests on: what its rules counted, worst share first, else the statements kept."""
    tallies = [tally for run in runs for tally in run.tallies if tally.total]
    tallies.sort(key=lambda tally: (tally.good / tally.total, -tally.total))
    if tallies:
        texts = dict.fromkeys(f"{tally.good} of {tally.total} {tally.what}" for tally in tallies)
        return "; ".join(list(texts)[:2])
    checked = [report for report in reports if report.verdict is not Verdict.UNCHECKED]
    kept = sum(report.verdict is Verdict.PASS for report in checked)
    if not checked:
        return "nothing here can be checked"
    return f"{kept} of {len(checked)} checked statements kept"
