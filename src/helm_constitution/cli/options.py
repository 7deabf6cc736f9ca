"""The options that several commands share, and the typed value that a command which checks charts gets of them."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, Literal, ParamSpec, TypedDict, cast

import click

from helm_constitution.check.options import CheckOptions
from helm_constitution.core.errors import ConfigurationError, ConstitutionError
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.helm.protocol import Limits, RenderRequest, SetArgument

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from helm_constitution.lint.rule import RuleModule

_P = ParamSpec("_P")


class CheckArguments(NamedTuple):
    """What decides what a check finds, as the command line gives it: check, accept and plan share these options."""

    engine: Literal["auto", "cli", "embedded"]
    limits: Limits
    options: CheckOptions


def rule_modules(folders: Sequence[Path], policies: Sequence[Path] = ()) -> tuple[RuleModule, ...]:
    """The rule modules that a check in the current folder would use.

    Args:
        folders: those that ``--rules`` names.
        policies: files and folders that ``--policies`` names.

    Raises:
        ConfigurationError: where a folder or the configuration can't be used.
    """
    from helm_constitution.lint.registry import known_modules
    from helm_constitution.policy.configuration import load_configuration
    from helm_constitution.policy.find import find_configuration

    found = find_configuration(Path(), None)
    return load_configuration(found, Path(), known_modules(folders), policies=policies).modules


def named_rules(words: Sequence[str], options: CheckOptions) -> tuple[str, ...]:
    """The rules that an option names, by ids or modules, with commas.

    Args:
        words: as given.
        options: with what ``--rules`` and ``--policies`` name.

    Raises:
        ConfigurationError: where one doesn't exist.
    """
    from helm_constitution.policy.reader import expand

    names = _ids(tuple(words))
    return expand(names, rule_modules(options.rules, options.policies)) if names else ()


def complete_rules(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """What a shell is offered for a rule's id."""
    from helm_constitution.cli.completion import rule_ids
    from helm_constitution.lint import registry

    try:
        modules = rule_modules(context.params.get("folders") or (), context.params.get("policies") or ())
    except ConstitutionError:
        modules = registry.modules()  # what is wrong is said when the command runs
    return rule_ids(incomplete, modules)


rules_option = click.option(
    "--rules",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A folder with your own rules: Python modules, each with a MODULE. Can be repeated.",
)
policies_option = click.option(
    "--policies",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A file or folder of admission policies (ValidatingAdmissionPolicy): each is a rule. Can be repeated.",
)

charts_argument = click.argument("charts", nargs=-1, type=click.Path(path_type=Path), metavar="[CHART]...")

_OPTIONS = (
    click.option(
        "-f",
        "--values",
        "values",
        type=click.Path(),
        multiple=True,
        metavar="VALUES",
        help="A values file to add to every scenario. Can be repeated.",
    ),
    click.option("--set", multiple=True, metavar="KEY=VALUE", help="Set a value. Can be repeated."),
    click.option("--set-string", multiple=True, metavar="KEY=VALUE", help="Set a string value. Can be repeated."),
    click.option("--set-file", multiple=True, metavar="KEY=VALUE", help="Set a value from a file. Can be repeated."),
    click.option("--set-json", multiple=True, metavar="KEY=VALUE", help="Set a value from JSON. Can be repeated."),
    click.option(
        "--set-literal", multiple=True, metavar="KEY=VALUE", help="Set a literal string value. Can be repeated."
    ),
    click.option(
        "-n",
        "--namespace",
        envvar="HELM_NAMESPACE",
        default="default",
        show_default=True,
        help="The release's namespace.",
    ),
    click.option(
        "--kube-version",
        metavar="VERSION",
        help="The Kubernetes version to render for (cli engine); cluster: the version and APIs of check --cluster.",
    ),
    click.option(
        "-a",
        "--api-versions",
        multiple=True,
        metavar="API",
        help="An API version that the cluster has (cli engine). Can be repeated.",
    ),
    click.option(
        "--constitution",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="The constitution, or built-in. Default: that of the chart or its repository, else the built-in one.",
    ),
    click.option(
        "--config",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="The configuration. Default: .helm-constitution.yaml in the chart's folder or above it.",
    ),
    click.option(
        "--select",
        multiple=True,
        shell_complete=complete_rules,
        metavar="IDS",
        help="Rules to run in addition to those that the constitution demands: ids or modules, separated by commas. "
        "Can be repeated.",
    ),
    click.option(
        "--ignore",
        multiple=True,
        shell_complete=complete_rules,
        metavar="IDS",
        help="Rules to skip; their statements are then unchecked. Can be repeated.",
    ),
    rules_option,
    policies_option,
    click.option("--subcharts", is_flag=True, help="Check the objects of dependencies like the chart's own."),
    click.option(
        "--scenarios",
        type=click.Choice(["defaults", "quick", "full"]),
        default="quick",
        show_default=True,
        help="defaults: the default values only. quick: also ci/*-values.yaml, platforms/*.yaml and the scenarios of "
        "the configuration. full: also each flag switched, empty values filled, an upgrade, other Kubernetes versions.",
    ),
    click.option(
        "--jobs",
        type=click.IntRange(min=1),
        metavar="N",
        help="How many charts, or scenarios of a single chart, to check in parallel. Default: the number of cores.",
    ),
    click.option(
        "--baseline",
        metavar="auto|REF|DIR|TGZ",
        help="The release to compare with: a git revision, a folder or a package; auto: the newest release tag.",
    ),
    click.option(
        "--old-values",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="A user's values for the baseline, to check with this chart.",
    ),
    click.option(
        "--engine",
        "engine_name",
        type=click.Choice(["auto", "cli", "embedded"]),
        default="auto",
        show_default=True,
        help="cli: the helm command. embedded: the package helm-python-sdk.",
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(min=0.1),
        default=60.0,
        show_default=True,
        metavar="SECONDS",
        help="The time limit of one run of helm, and of the processor time of the rules.",
    ),
    click.option("--no-cache", is_flag=True, help="Check unchanged charts again."),
    click.option("--debug", is_flag=True, envvar="HELM_DEBUG", help="Show tracebacks of crashed rules."),
)


def check_options(command: Callable[Concatenate[CheckArguments, _P], int]) -> Callable[_P, int]:
    """Gives a command the options that decide what a check finds; it gets them as its first argument, typed.

    Raises:
        ConfigurationError: from the command, where a values file is missing.
    """

    @functools.wraps(command)
    def typed(*args: _P.args, **kwargs: _P.kwargs) -> int:
        given = {name: kwargs.pop(name) for name in _Given.__annotations__}
        return command(_arguments(cast(_Given, given)), *args, **kwargs)

    decorated: Callable[_P, int] = typed
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


class _Given(TypedDict):
    """What click gives for the options above, by their names."""

    api_versions: tuple[str, ...]
    baseline: str | None
    config: Path | None
    constitution: Path | None
    debug: bool
    engine_name: Literal["auto", "cli", "embedded"]
    folders: tuple[Path, ...]
    ignore: tuple[str, ...]
    jobs: int | None
    kube_version: str | None
    namespace: str
    no_cache: bool
    old_values: Path | None
    policies: tuple[Path, ...]
    scenarios: str
    select: tuple[str, ...]
    set: tuple[str, ...]
    set_file: tuple[str, ...]
    set_json: tuple[str, ...]
    set_literal: tuple[str, ...]
    set_string: tuple[str, ...]
    subcharts: bool
    timeout: float
    values: tuple[str, ...]


def _arguments(given: _Given) -> CheckArguments:
    """The one place where click's untyped options become a typed value."""
    return CheckArguments(
        engine=given["engine_name"],
        limits=Limits(seconds=given["timeout"], jobs=given["jobs"] or 0),
        options=CheckOptions(
            request=_render_request(given),
            constitution=given["constitution"],
            configuration=given["config"],
            select=_ids(given["select"]),
            ignore=_ids(given["ignore"]),
            scenarios=given["scenarios"],
            baseline=given["baseline"],
            old_values=given["old_values"],
            subcharts=given["subcharts"],
            cache=not given["no_cache"],
            debug=given["debug"],
            seconds=given["timeout"],
            rules=given["folders"],
            policies=given["policies"],
        ),
    )


def _render_request(given: _Given) -> RenderRequest:
    values = []
    for name in given["values"]:
        if not os.path.isfile(name):
            raise ConfigurationError("no such file; -f must be a local file", file=name)
        values.append(Path(os.path.abspath(name)))
    # In the order in which helm applies them.
    flags = {
        "--set-json": given["set_json"],
        "--set": given["set"],
        "--set-string": given["set_string"],
        "--set-file": given["set_file"],
        "--set-literal": given["set_literal"],
    }
    arguments = [SetArgument(flag, text) for flag, texts in flags.items() for text in texts]
    return RenderRequest(
        values_files=tuple(values),
        set_arguments=tuple(arguments),
        namespace=given["namespace"],
        kube_version=given["kube_version"],
        api_versions=given["api_versions"],
    )


def _ids(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.strip() for word in words for part in word.split(",") if part.strip())
