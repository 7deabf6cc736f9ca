"""The gate: one chart in, one report out. Loading, helm, rules, verdicts, in this order and as far beside each other as
they can be."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.check.options import CheckOptions, today
from helm_constitution.check.verdict import finding_order, gate_limit, principle_reports, rule_reports
from helm_constitution.core.errors import ConfigurationError, ConstitutionError
from helm_constitution.core.model import Base, Trouble, Verdict
from helm_constitution.helm.protocol import HelmEngine
from helm_constitution.lint.registry import known_modules
from helm_constitution.render.regions import FileCoverage
from helm_constitution.report.model import (
    BaselineReport,
    ChartReport,
    ConstitutionReport,
    InputReport,
    ScenarioReport,
    StaleWaiver,
)

if TYPE_CHECKING:
    from helm_constitution.chart.model import Chart
    from helm_constitution.lint.run import RuleRun
    from helm_constitution.lint.subject import Facts
    from helm_constitution.locate.marked_render import Tracing
    from helm_constitution.policy.configuration import Configuration
    from helm_constitution.policy.constitution import Constitution
    from helm_constitution.policy.waiver import Waiver
    from helm_constitution.render.session import Progress


_OLD_VALUES = "compat/old-value-lost"
"""The rule that a values file for the baseline is given for."""


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
    from helm_constitution.lint.findings import stamp
    from helm_constitution.lint.runner import run_rules
    from helm_constitution.lint.subject import Facts
    from helm_constitution.policy.configuration import expand, load_configuration
    from helm_constitution.policy.constitution import load_constitution
    from helm_constitution.policy.find import find_configuration, find_debt
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
        from helm_constitution.check.apply_debt import apply_debt
        from helm_constitution.policy.debt import chart_key, read_debt

        apply_debt(read_debt(debt).get(chart_key(debt, Path(shown)), ()), runs)
    troubles = [
        *helm.troubles(),
        *_unread_templates(facts),
        *(run.crash for run in runs if run.crash is not None),
    ]
    principles = tuple(principle_reports(constitution, demands, runs))
    findings = tuple(sorted((finding for run in runs for finding in run.findings), key=finding_order))
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
        rules=tuple(rule_reports(runs)),
        stale=stale,
        limit=gate_limit(options.fail_on or configuration.fail_on or "error"),
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
    from helm_constitution.text.yaml_document import dotted

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
    from helm_constitution.check.apply_waivers import apply_waivers

    return apply_waivers(waivers, runs, facts, today=options.today or "", full=options.scenarios == "full")


def _baseline(facts: Facts, options: CheckOptions) -> BaselineReport | None:
    if options.baseline is None:
        return None
    from helm_constitution.check.baseline_report import baseline_report

    return baseline_report(facts)


def _unread_templates(facts: Facts) -> Iterator[Trouble]:
    """Templates that can't be read here, and of which helm says nothing: the rules on templates didn't see them."""
    told = {message.file for result in facts.results for message in result.errors}
    told.update(message.file for message in facts.lint)
    for template in facts.templates:
        if template.error is not None and template.path not in told:
            error = template.error
            yield Trouble("template", f"can't be read: {error.message}", file=template.path, line=error.line)
