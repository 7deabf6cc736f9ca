"""Makes the report of a checked chart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from helm_constitution.check.grouping import grouped
from helm_constitution.check.verdict import findings_verdict, gate_limit, principle_reports, rule_reports
from helm_constitution.core.model import Severity, Status, Trouble, Verdict
from helm_constitution.helm.protocol import FailureKind
from helm_constitution.render.results import RenderedChart
from helm_constitution.report.model import (
    BaselineReport,
    ChartReport,
    ConstitutionReport,
    InputReport,
    NotUnderstoodReport,
    PrincipleReport,
    ScenarioReport,
)
from helm_constitution.text.yaml_document import dotted

if TYPE_CHECKING:
    from helm_constitution.check.options import CheckOptions
    from helm_constitution.check.settled import Settled
    from helm_constitution.check.setup import Policy
    from helm_constitution.lint.needs import CheckedChart
    from helm_constitution.lint.placing import ReleaseOrigins
    from helm_constitution.lint.run import RuleRun
    from helm_constitution.policy.constitution import Constitution
    from helm_constitution.render.regions import Coverage
    from helm_constitution.report.model import FileCoverage


def chart_report(
    checked: CheckedChart,
    policy: Policy,
    runs: Sequence[RuleRun],
    settled: Settled,
    notices: Sequence[str],
    origins: ReleaseOrigins,
    options: CheckOptions,
) -> ChartReport:
    """What reports say of a chart.

    Args:
        checked: the chart, with everything known of it.
        policy: what the team demands.
        runs: how the rules went.
        settled: what they found.
        notices: what helm was asked otherwise than the user might think.
        origins: places what changed since the baseline.
        options: what was asked for.
    """
    rendered, constitution, selection = checked.rendered, policy.constitution, policy.selection
    assert rendered is not None
    troubles = tuple(dict.fromkeys(_troubles(checked, rendered, runs)))
    limit = gate_limit(options.fail_on or policy.configuration.fail_on or "error")
    principles = tuple(principle_reports(constitution, selection, runs, settled.findings, limit))
    rule_count = sum(len(module.rules) for module in policy.configuration.modules)
    return ChartReport(
        name=checked.analysed.chart.name,
        version=checked.analysed.chart.version,
        path=checked.analysed.chart.shown,
        verdict=_verdict(principles, settled, troubles, limit),
        constitution=_constitution(constitution),
        scenarios=tuple(ScenarioReport(one.scenario.name, one.status, one.message) for one in rendered.results),
        principles=principles,
        findings=tuple(grouped(settled.findings)),
        troubles=troubles,
        notices=(*notices, *_out_of_reach(rendered.coverage), *_unchecked_besides(runs)),
        undemanded=rule_count - len(selection.rules),
        rules=tuple(rule_reports(runs)),
        stale=settled.stale,
        until=settled.until,
        limit=limit,
        inputs=tuple(_inputs(rendered)),
        coverage=_coverage(rendered.coverage),
        baseline=_baseline(checked, origins) if options.baseline is not None else None,
    )


def _constitution(constitution: Constitution) -> ConstitutionReport:
    doubts = tuple(
        NotUnderstoodReport(one.text, one.line, one.principle or None, one.reason)
        for one in constitution.not_understood
    )
    return ConstitutionReport(constitution.file, constitution.version, constitution.builtin, doubts)


def _verdict(
    principles: Sequence[PrincipleReport], settled: Settled, troubles: Sequence[Trouble], limit: Severity | None
) -> Verdict:
    """A chart's verdict: that of its principles, and of findings that no statement demands."""
    if any(trouble.fatal for trouble in troubles):
        return Verdict.ERROR
    parts = [principle.verdict for principle in principles]
    if (besides := findings_verdict(settled.findings, limit)) is not None:
        parts.append(besides)
    if settled.stale and limit is not None:
        parts.append(Verdict.FAIL)
    return Verdict.of_parts(parts, empty=Verdict.PASS)


def _troubles(checked: CheckedChart, rendered: RenderedChart, runs: Sequence[RuleRun]) -> Iterator[Trouble]:
    """What could not be checked, and makes the exit status 2."""
    for result in rendered.results:
        if result.status is not Status.FAILED:
            continue
        kind, error = result.scenario.kind, result.errors[0]
        # Nobody knows what there would be beyond a limit.
        if kind.failure_is_error or (error.kind is FailureKind.TIMEOUT and not kind.is_trial):
            message = result.message or "could not be rendered"
            yield Trouble("scenario", message, scenario=result.scenario.name, file=error.file, line=error.line)
    if rendered.cut is not None:
        yield Trouble("error", rendered.cut)
    asked = [result for result in rendered.results if result.status is Status.NEEDS_INPUT]
    if asked and not any(result.status in (Status.RENDERED, Status.FAILED) for result in rendered.results):
        hint = "no scenario renders without input; set it with -f VALUES or --set KEY=VALUE"
        yield Trouble(Status.NEEDS_INPUT.value, f"{hint}: {asked[0].message}", scenario=asked[0].scenario.name)
    if checked.lint is not None and checked.lint.failed:
        messages = checked.lint.messages
        yield Trouble("lint", messages[0].text if messages else "helm lint did not finish")
    if checked.cluster is not None and checked.cluster.gone is not None:
        yield Trouble("cluster", checked.cluster.gone.message)
    yield from _unread_templates(checked, rendered)
    yield from (run.crash for run in runs if run.crash is not None)


def _unread_templates(checked: CheckedChart, rendered: RenderedChart) -> Iterator[Trouble]:
    """Templates that can't be read here, and for which no scenario failed: the rules on templates didn't see them.

    A library is never rendered, and a message of helm lint about it is a finding, which a team may ignore.
    """
    told = {message.file for result in rendered.results for message in result.errors}
    for template in checked.analysed.templates:
        if template.error is not None and template.path not in told:
            error = template.error
            yield Trouble("template", f"can't be read: {error.message}", file=template.path, line=error.line)


def _out_of_reach(coverage: Coverage | None) -> Iterator[str]:
    """The branches that no scenario can enter, in one sentence."""
    if coverage is not None and (numbers := coverage.out_of_reach):
        regions = [coverage.regions[number] for number in numbers]
        places = ", ".join(f"{one.template.path}:{one.template.span(one.node).line}" for one in regions)
        count = "a branch needs" if len(regions) == 1 else f"{len(regions)} branches need"
        yield f"{count} a live cluster (`lookup`) and can't be rendered: {places}"


def _unchecked_besides(runs: Sequence[RuleRun]) -> Iterator[str]:
    """What could not be checked by rules that run without a statement to be unchecked: a selected rule, a policy."""
    rules: dict[str, list[str]] = {}
    for run in runs:
        if run.unchecked is not None and not run.setting.statements:
            rules.setdefault(run.unchecked, []).append(run.rule.id)
    for reason, several in rules.items():
        yield f"{', '.join(several)} {'is' if len(several) == 1 else 'are'} unchecked: {reason}"


def _inputs(rendered: RenderedChart) -> Iterator[InputReport]:
    kinds = {str: "text", bool: "flag", int: "number", float: "number", list: "list", dict: "map"}
    for one in rendered.inputs:
        kind = kinds.get(type(one.placeholder), "text")
        yield InputReport(dotted(one.path), kind, one.placeholder, " ".join(one.message.split()))


def _coverage(coverage: Coverage | None) -> tuple[FileCoverage, ...] | None:
    if coverage is None:
        return None
    from helm_constitution.check.coverage_report import files_of

    return files_of(coverage)


def _baseline(checked: CheckedChart, origins: ReleaseOrigins) -> BaselineReport:
    from helm_constitution.check.baseline_report import baseline_report

    return baseline_report(checked, origins)
