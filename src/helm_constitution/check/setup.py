"""What a check begins with: what the team demands of the chart, and helm at work on its scenarios."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.chart.reading import read_file
from helm_constitution.chart.values import require_one_document
from helm_constitution.check.configured import configured
from helm_constitution.compare.no_baseline import NoBaseline
from helm_constitution.core.errors import YamlSyntaxError
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.unsaved import is_there
from helm_constitution.lint.needs import CLUSTER, COVERAGE, DEPLOYMENT, OLD_VALUES
from helm_constitution.policy.configuration import Configuration
from helm_constitution.policy.constitution import Constitution, load_constitution
from helm_constitution.policy.find import find_configuration, find_debt
from helm_constitution.policy.reader import expand
from helm_constitution.policy.rule_selection import RuleSelection, match
from helm_constitution.render.scenarios import FULL, Scenario, ScenarioSetting, plan
from helm_constitution.render.session import RenderSession

if TYPE_CHECKING:
    from helm_constitution.chart.model import Chart
    from helm_constitution.check.options import CheckOptions, CheckRequest
    from helm_constitution.compare.setup import BaselineSession
    from helm_constitution.core.model import Severity
    from helm_constitution.core.unsaved import Unsaved
    from helm_constitution.helm.protocol import Pending, RenderOutput
    from helm_constitution.kubernetes.schemas import SchemaFolder
    from helm_constitution.policy.debt import DebtEntry
    from helm_constitution.policy.waiver import Waiver
    from helm_constitution.templates.analysis import AnalysedChart


class Policy(NamedTuple):
    """What a team demands of one chart, and what it puts up with."""

    configuration: Configuration
    constitution: Constitution
    selection: RuleSelection
    waivers: tuple[Waiver, ...] = ()
    debt: tuple[DebtEntry, ...] = ()

    @property
    def severities(self) -> Mapping[str, Severity]:
        """The severity of each rule that runs, by its id."""
        return {rule.id: setting.severity for rule, setting in self.selection.rules.items()}

    @property
    def schemas(self) -> SchemaFolder | None:
        """The team's own folder of schemas."""
        if self.configuration.schemas is None:
            return None
        from helm_constitution.kubernetes.schemas import SchemaFolder

        return SchemaFolder(self.configuration.schemas)


def load_policy(request: CheckRequest, chart: Chart) -> Policy:
    """Finds and reads what rules a chart: configuration, constitution, waivers, debt.

    Raises:
        ConstitutionError: where something in it can't be used, with file and line.
    """
    options, place = request.options, request.chart
    file = find_configuration(place, options.configuration, request.unsaved)
    configuration = configured(file, place, options, request.unsaved)
    constitution = load_constitution(
        place, options.constitution or configuration.constitution, configuration.modules, request.unsaved
    )
    waivers = _waivers(configuration, chart, constitution, request.unsaved)
    selection = _selection(request, configuration, constitution)
    return Policy(configuration, constitution, selection, waivers, _debt(request, configuration))


def _selection(request: CheckRequest, configuration: Configuration, constitution: Constitution) -> RuleSelection:
    """The rules to run, matched again only if something that decides them has changed."""
    options, memory = request.options, request.memory
    select = (
        *configuration.select,
        *expand(options.select, configuration.modules),
        *configuration.policy_rules,
        *_asked_by(options, configuration),
    )
    ignore = (*configuration.ignore, *expand(options.ignore, configuration.modules))
    modules, severities, parameters = configuration.modules, configuration.severities, configuration.parameters
    decisive = (constitution, tuple(modules), select, ignore, dict(severities), dict(parameters))
    if memory is not None and memory.selection is not None and memory.selection[0] == decisive:
        return memory.selection[1]
    found = match(constitution, modules, select=select, ignore=ignore, severities=severities, parameters=parameters)
    if memory is not None:
        memory.selection = decisive, found
    return found


def _asked_by(options: CheckOptions, configuration: Configuration) -> tuple[str, ...]:
    """The rules that an option is given for: those that need what it brings."""
    given = {
        OLD_VALUES: options.old_values is not None,
        CLUSTER: options.cluster is not None,
        DEPLOYMENT: options.cluster is not None and options.cluster.install,
    }
    brought = {need for need, is_given in given.items() if is_given}
    if not brought:
        return ()
    rules = (rule for module in configuration.modules for rule in module.rules)
    return tuple(rule.id for rule in rules if rule.needs & brought and rule.needs & given.keys() <= brought)


def _debt(request: CheckRequest, configuration: Configuration) -> tuple[DebtEntry, ...]:
    place = request.chart
    file = find_debt(place, configuration.file, request.unsaved)
    if not request.options.debt or not is_there(file, request.unsaved):
        return ()
    from helm_constitution.policy.debt import chart_key, read_debt

    return tuple(read_debt(file, request.unsaved).get(chart_key(file, place), ()))


def _waivers(
    configuration: Configuration, chart: Chart, constitution: Constitution, unsaved: Unsaved
) -> tuple[Waiver, ...]:
    """Every waiver of a chart; faults in them are reported before helm has finished."""
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
        place = Path(chart.shown)
        found += plan_waivers(
            configuration.plan, place, chart.name, configuration.modules, is_shared=shared, unsaved=unsaved
        )
    return found


def begin_renderings(
    request: CheckRequest, policy: Policy, analysed: AnalysedChart, first: Pending[RenderOutput]
) -> RenderSession:
    """Sets helm to work on the scenarios of a chart, of which the first is under way."""
    options = request.options
    wants_coverage = any(COVERAGE in rule.needs for rule in policy.selection.rules)
    scenarios = plan(analysed.chart.path, options.request, options.scenarios, _of_copy(policy, request))
    for values in dict.fromkeys(values for scenario in scenarios for values in scenario.request.values_files):
        _require_one_document(values, analysed.chart)
    return RenderSession(
        request.engine,
        analysed,
        scenarios,
        first,
        options.scenarios,
        measures=options.coverage or (options.scenarios == FULL and wants_coverage),
        tests_count=bool(policy.configuration.judge_tests),
        progress=request.progress,
        known=None if request.memory is None else request.memory.documents,
        objects=None if request.memory is None else request.memory.objects,
    )


def _require_one_document(values: Path, chart: Chart) -> None:
    """Raises ChartError for a values file with several documents, or one that is too large or can't be read; helm
    reports one that is missing or no YAML."""
    inside = os.path.relpath(values, chart.path)
    shown = str(values) if inside.startswith(os.pardir) else f"{chart.shown}/{inside}"
    with contextlib.suppress(FileNotFoundError, UnicodeDecodeError, YamlSyntaxError):
        text = chart.files.get(inside)
        require_one_document(read_file(str(values), shown).decode() if text is None else text, shown)


def _of_copy(policy: Policy, request: CheckRequest) -> Sequence[ScenarioSetting]:
    """The configuration's scenarios, with the values files of the copy where the chart is read from one."""
    settings, copy = policy.configuration.scenarios, request.copy
    if copy is None:
        return settings
    chart = Path(os.path.abspath(request.chart))

    def place(file: Path) -> Path:
        file = Path(os.path.abspath(file))
        return copy / file.relative_to(chart) if file.is_relative_to(chart) else file

    return [one._replace(values_files=tuple(map(place, one.values_files))) for one in settings]


def begin_comparison(
    request: CheckRequest, policy: Policy, chart: Chart, scenarios: Sequence[Scenario], stack: ExitStack
) -> BaselineSession | NoBaseline:
    """Sets helm to work on the baseline, where one is asked for."""
    options = request.options
    if options.baseline is None:
        return NoBaseline()
    from helm_constitution.compare.setup import BaselineRequest, open_comparison

    configuration = policy.configuration
    wanted = BaselineRequest(
        options.baseline,
        options.old_values,
        options.request,
        options.scenarios,
        configuration.scenarios,
        by_robot=configuration.release == "bot",
    )
    return open_comparison(wanted, chart, scenarios, request.engine, stack)
