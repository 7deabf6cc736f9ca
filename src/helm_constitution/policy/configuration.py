"""The configuration, ``.helm-constitution.yaml`` beside the chart or above it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.model import Severity
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.unsaved import NO_TEXTS, Unsaved, content_of
from helm_constitution.lint import registry
from helm_constitution.policy.find import ASK_FOR_BUILT_IN
from helm_constitution.policy.reader import SectionReader, matches_path, unknown_word

if TYPE_CHECKING:
    from helm_constitution.lint.rule import RuleModule
    from helm_constitution.policy.waiver import Waiver
    from helm_constitution.render.scenarios import ScenarioSetting
    from helm_constitution.text.yaml_document import View


KEYS = (
    "constitution",
    "select",
    "ignore",
    "severity",
    "parameters",
    "fail_on",
    "release",
    "plan",
    "scenarios",
    "judge_tests",
    "schemas",
    "rules",
    "policies",
    "waivers",
    "charts",
)

CHART_KEYS = (
    "constitution",
    "select",
    "ignore",
    "severity",
    "parameters",
    "fail_on",
    "release",
    "plan",
    "scenarios",
    "judge_tests",
    "schemas",
)
"""What a section of ``charts`` may hold."""

MOST_PATHS = 20_000
"""How many paths are looked at for what a pattern with ``**`` means."""

FAIL_ON = ("error", "warning", "note", "never")
"""The weakest severity that fails the gate, as one writes it."""


class Configuration(NamedTuple):
    """What a team set for one chart. ``file`` is None where there is no configuration.

    ``constitution`` and ``plan`` are already joined to the configuration's folder. ``waivers`` are those of this chart;
    ``plan_is_shared`` is true where other charts have the same plan. ``modules`` are all rule modules that there are.
    ``packs`` are the files and folders of installed rule packs.
    ``release`` is ``bot`` where a robot writes versions and changelog when it makes a release. ``judge_tests`` has test
    hooks checked by all rules; None where it is not set. ``schemas`` is a folder of JSON Schemas of the team's own.
    ``policies`` are files and folders of admission policies, ``policy_rules`` the ids of the rules that these make,
    which run with any constitution.
    ``looked_for`` are paths besides, by whether they are there: what the configuration means depends on that.
    """

    file: Path | None = None
    constitution: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severities: Mapping[str, Severity] = MappingProxyType({})
    parameters: Mapping[str, Mapping[str, int | str]] = MappingProxyType({})
    fail_on: str | None = None
    plan: Path | None = None
    plan_is_shared: bool = False
    scenarios: tuple[ScenarioSetting, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    modules: tuple[RuleModule, ...] = ()
    packs: tuple[str, ...] = ()
    release: str | None = None
    judge_tests: bool | None = None
    schemas: Path | None = None
    policies: tuple[Path, ...] = ()
    policy_rules: tuple[str, ...] = ()
    looked_for: Mapping[str, bool] = MappingProxyType({})


def load_configuration(
    file: Path | None,
    chart: Path,
    modules: Sequence[RuleModule] | None = None,
    *,
    debug: bool = False,
    is_named: bool = False,
    policies: Sequence[Path] = (),
    unsaved: Unsaved = NO_TEXTS,
) -> Configuration:
    """Reads the part of a configuration that applies to one chart; every rule and key in it must exist.

    Args:
        file: the configuration; None where there is none.
        chart: the chart's folder or package; sections and waivers of other charts are read, but left out.
        modules: the rule modules that there are; without them the built-in ones. Installed packs that the configuration
            names come on top.
        debug: keep the traceback of a pack that can't be imported.
        is_named: whether the user named the file; one that was found names files of its own repository only.
        policies: files and folders of admission policies that the user named; the configuration's come on top.
        unsaved: texts as an editor has them.

    Raises:
        ConfigurationError: with file and line, and the word that was probably meant.
    """
    modules = registry.modules() if modules is None else tuple(modules)
    if file is None:
        return _with_policies(Configuration(modules=modules), policies)
    try:
        text = content_of(file, unsaved).decode()
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"not UTF-8 at byte {error.start}; save it as UTF-8", file=str(file)) from None
    except OSError as error:
        raise ConfigurationError(f"can't be read: {error.strerror}", file=str(file)) from None
    return read_configuration(text, file, chart, modules, debug=debug, is_named=is_named, policies=policies)


def read_configuration(
    text: str,
    file: Path,
    chart: Path,
    modules: Sequence[RuleModule],
    *,
    debug: bool = False,
    is_named: bool = False,
    policies: Sequence[Path] = (),
) -> Configuration:
    """Reads a configuration's text as that of a file, see :func:`load_configuration`."""
    from helm_constitution.text.yaml import load_document, load_documents

    for document in load_documents(text, str(file))[1:]:
        line = getattr(document.value_span(()), "line", None)
        raise ConfigurationError("the configuration must be one YAML document, without ---", file=str(file), line=line)
    document = load_document(text, str(file))
    return ConfigurationReader(document, file, chart, tuple(modules), debug, is_named).read(policies)


def _with_policies(configuration: Configuration, policies: Sequence[Path]) -> Configuration:
    """A configuration with each of these policies as a rule."""
    if not policies:
        return configuration
    from helm_constitution.admission.rules import policy_module
    from helm_constitution.lint.rule_packs import Pack, joined

    module = policy_module(policies)
    is_known = module in configuration.modules  # a configuration may be read again, with the modules that it gave
    return configuration._replace(
        modules=configuration.modules if is_known else joined(configuration.modules, Pack((module,), "")),
        policies=tuple(policies),
        policy_rules=tuple(rule.id for rule in module.rules),
    )


class ConfigurationReader(SectionReader):
    """Reads one configuration for one chart."""

    def read(self, policies: Sequence[Path] = ()) -> Configuration:
        """What is set for the chart, with policies that are named besides.

        Raises:
            ConfigurationError: for the first fault, also in what is set for other charts.
        """
        view = self.document.view
        if view.data is None:
            return _with_policies(Configuration(self.file, modules=self.modules), policies)
        if self.document.duplicates:
            twice = self.document.duplicates[0]
            raise ConfigurationError(f"{twice.path[-1]} is set twice", file=str(self.file), line=twice.second.line)
        self.only_keys(view, KEYS, "option", "the configuration must be a map of options")
        packs = tuple(self.packs(view.get("rules")))
        places = dict.fromkeys((*policies, *self.policies(view.get("policies"))))
        ruled = _with_policies(Configuration(modules=self.modules), tuple(places))
        self.modules = ruled.modules
        settings = self.settings(view)
        is_shared = not self.is_there("Chart.yaml")
        charts = view.get("charts")
        if charts.exists and not charts.is_map:
            raise self.fault("charts must map the path of a chart from this file, or a pattern, to options", charts)
        for pattern, section in charts.entries():
            self.only_keys(section, CHART_KEYS, "option of a chart", f"the options of {pattern} must be a map")
            of_chart = self.settings(section)
            if not self.is_something(pattern):
                message = f"no folder matches {pattern!r}; write a chart's path relative to this file"
                raise self.fault(message, section)
            if matches_path(self.chart_path, pattern):
                if of_chart.plan is not None:
                    is_shared = any(sign in pattern for sign in "*?[")
                settings = _overridden(settings, of_chart)
        return settings._replace(
            file=self.file,
            plan_is_shared=is_shared,
            waivers=self.waivers(view.get("waivers")),
            modules=self.modules,
            packs=packs,
            policies=ruled.policies,
            policy_rules=ruled.policy_rules,
            looked_for=self.looked_for,
        )

    def is_something(self, pattern: str) -> bool:
        """Whether a pattern matches the chart or anything else in the configuration's folder."""
        if matches_path(self.chart_path, pattern):
            return True
        if os.path.isabs(pattern):
            return False  # the search would go through the whole machine
        if "**" not in pattern:
            from glob import iglob

            found = next(iglob(pattern, root_dir=self.file.parent), None)
            return found is not None and self.is_there(found)
        for number, path in enumerate(_below(self.file.parent)):
            if number == MOST_PATHS:
                return True  # in a larger folder the answer is left open
            if matches_path(path, pattern):
                return self.is_there(path)
        return False

    def packs(self, view: View) -> Iterator[str]:
        """Takes the rules of installed packs in; gives the places that they come from."""
        if not view.exists:
            return
        if not view.is_list or not all(part.string() for part in view.items()):
            raise self.fault("rules must be a list of the names of installed rule packs", view)
        from helm_constitution.lint.rule_packs import installed_pack, joined

        for part in view.items():
            try:
                pack = installed_pack(str(part.data), self.debug)
                self.modules = joined(self.modules, pack)
            except ConfigurationError as error:
                raise error if error.file is not None else self.fault(error.message, part) from None
            yield pack.place

    def policies(self, view: View) -> Iterator[Path]:
        """Files and folders of admission policies."""
        if view.exists and not (view.is_list and all(part.string() for part in view.items())):
            raise self.fault("policies must be a list of files and folders of admission policies", view)
        for part in view.items():
            path = self.path(part, folder=os.path.isdir(os.path.join(self.file.parent, str(part.data))))
            assert path is not None
            yield path

    def waivers(self, view: View) -> tuple[Waiver, ...]:
        """The waivers of the reader's chart; those of others are looked at all the same."""
        if not view.exists:
            return ()
        from helm_constitution.policy.waivers import read_waivers

        return read_waivers(view, self)

    def settings(self, view: View) -> Configuration:
        """What may be set for all charts, and for some."""
        return Configuration(
            constitution=self.constitution(view.get("constitution")),
            select=self.rule_list(view.get("select")),
            ignore=self.rule_list(view.get("ignore")),
            severities=dict(self.severity(rule, part) for rule, part in self.mapping(view.get("severity"))),
            parameters={rule: self.bound(rule, part) for rule, part in self.mapping(view.get("parameters"))},
            fail_on=self.choice(view.get("fail_on"), FAIL_ON),
            release=self.choice(view.get("release"), ("bot",)),
            plan=self.path(view.get("plan")),
            scenarios=self.scenarios(view.get("scenarios")),
            judge_tests=self.flag(view.get("judge_tests")),
            schemas=self.path(view.get("schemas"), folder=True),
        )

    def scenarios(self, view: View) -> tuple[ScenarioSetting, ...]:
        """More ways to render the chart."""
        if not view.exists:
            return ()
        from helm_constitution.policy.scenario_settings import read_scenarios

        return read_scenarios(view, self)

    def constitution(self, view: View) -> Path | None:
        """A constitution's file, or the word for the built-in one."""
        is_builtin = view.data == ASK_FOR_BUILT_IN and not self.is_there(ASK_FOR_BUILT_IN)
        return Path(ASK_FOR_BUILT_IN) if is_builtin else self.path(view)

    def severity(self, rule: str, view: View) -> tuple[str, Severity]:
        labels = {severity.label: severity for severity in Severity}
        label = view.string() or ""
        if label not in labels:
            raise self.fault(f"the severity of {rule} must be one of {', '.join(labels)}", view)
        return rule, labels[label]

    def bound(self, rule_id: str, view: View) -> dict[str, int | str]:
        known = self.rules[rule_id].parameters
        result: dict[str, int | str] = {}
        if not view.is_map:
            raise self.fault(f"the parameters of {rule_id} must be a map of names and values", view)
        for name, part in view.entries():
            if name not in known:
                raise self.fault(unknown_word(f"parameter of {rule_id}", name, list(known)), part)
            expected = type(known[name].default)
            value = part.integer() if expected is int else part.string()
            if value is None:
                raise self.fault(f"{name} must be {'an integer' if expected is int else 'text'}", part)
            result[name] = value
        return result


def _below(folder: Path) -> Iterator[str]:
    """The path of whatever a folder holds, hidden folders and those behind links left out."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in (*folders, *files):
            yield os.path.relpath(os.path.join(place, name), folder).replace(os.sep, "/")


def _overridden(common: Configuration, own: Configuration) -> Configuration:
    """What is set for all charts with what is set for some: lists add up, the rest is replaced key by key."""
    parameters = dict(common.parameters)
    for rule, values in own.parameters.items():
        parameters[rule] = {**parameters.get(rule, {}), **values}
    return common._replace(
        constitution=own.constitution or common.constitution,
        select=(*common.select, *own.select),
        ignore=(*common.ignore, *own.ignore),
        severities={**common.severities, **own.severities},
        parameters=parameters,
        fail_on=own.fail_on or common.fail_on,
        release=own.release or common.release,
        plan=own.plan or common.plan,
        # A section's scenario takes the place of one of the same name.
        scenarios=tuple({one.name: one for one in (*common.scenarios, *own.scenarios)}.values()),
        judge_tests=common.judge_tests if own.judge_tests is None else own.judge_tests,
        schemas=own.schemas or common.schemas,
    )
