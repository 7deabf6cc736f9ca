"""The command line. The only module that prints or decides the exit status; heavy imports wait until they are used."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from helm_constitution import __version__
from helm_constitution.cli.progress import Progress
from helm_constitution.report import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helm_constitution.helm.protocol import HelmEngine, RenderRequest
    from helm_constitution.lint.rule import RuleModule
    from helm_constitution.report.model import ChartReport, RunReport


class Context:
    """What the options before the sub-command say."""

    colour: str = "auto"


pass_context = click.make_pass_decorator(Context, ensure=True)


def _choose_colour(context: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        context.ensure_object(Context).colour = value


_COLOR = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    expose_value=False,
    callback=_choose_colour,
    help="Colour in the text report; auto asks NO_COLOR, FORCE_COLOR and the terminal.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="helm-constitution %(version)s")
@_COLOR
def cli() -> None:
    """Checks Helm charts against the principles that their team wrote down."""


def _complete_rules(context: click.Context, parameter: click.Parameter, incomplete: str) -> Any:
    from helm_constitution.cli.completion import rule_ids
    from helm_constitution.core.errors import ConstitutionError
    from helm_constitution.lint import registry

    try:
        modules = _modules_here(context.params.get("folders") or ())
    except ConstitutionError:
        modules = registry.modules()  # what is wrong is said when the command runs
    return rule_ids(incomplete, modules)


def _set_options(command: Any) -> Any:
    """helm's own ways to give values, under helm's own names."""
    for flag, text in (
        ("--set-literal", "Set a literal text value."),
        ("--set-json", "Set a value from JSON."),
        ("--set-file", "Set a value from a file."),
        ("--set-string", "Set a text value."),
        ("--set", "Set a value."),
    ):
        command = click.option(flag, multiple=True, metavar="KEY=VALUE", help=f"{text} Can be repeated.")(command)
    return command


_RULES = click.option(
    "--rules",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A folder with rules of your own: Python modules, each with a MODULE. Can be repeated.",
)


@cli.command()
@click.argument("charts", nargs=-1, type=click.Path(path_type=Path), metavar="[CHART]...")
@click.option(
    "-f",
    "--values",
    "values",
    type=click.Path(),
    multiple=True,
    metavar="VALUES",
    help="A values file, on top of every scenario. Can be repeated.",
)
@_set_options
@click.option(
    "-n", "--namespace", envvar="HELM_NAMESPACE", default="default", show_default=True, help="The release's namespace."
)
@click.option("--kube-version", metavar="VERSION", help="The Kubernetes version to render for (cli engine).")
@click.option(
    "-a",
    "--api-versions",
    multiple=True,
    metavar="API",
    help="An API version that the cluster has (cli engine). Can be repeated.",
)
@click.option(
    "--constitution",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The constitution, or built-in; else the chart's or its repository's, else the built-in one.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The configuration; else .helm-constitution.yaml beside the chart or above it.",
)
@click.option(
    "--select",
    multiple=True,
    shell_complete=_complete_rules,
    metavar="IDS",
    help="Rules to run besides those that the constitution demands: ids or modules, with commas. Can be repeated.",
)
@click.option(
    "--ignore",
    multiple=True,
    shell_complete=_complete_rules,
    metavar="IDS",
    help="Rules not to run. Their statements are unchecked then. Can be repeated.",
)
@click.option(
    "--changed",
    is_flag=True,
    help="The arguments are changed files: check the chart of each, once; pass over files of no chart.",
)
@_RULES
@click.option("--subcharts", is_flag=True, help="Judge the objects of dependencies like the chart's own.")
@click.option(
    "--scenarios",
    type=click.Choice(["defaults", "quick", "full"]),
    default="quick",
    show_default=True,
    help="defaults: the default values alone. quick: ci/*-values.yaml, platforms/*.yaml and the configuration's too. "
    "full: also each flag switched, empty values filled, an upgrade, other Kubernetes versions.",
)
@click.option(
    "--coverage",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write what the scenarios enter of the templates into a file, in lcov's form.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many scenarios are rendered at once; else as many as there are cores.",
)
@click.option(
    "--baseline",
    metavar="auto|REF|DIR|TGZ",
    help="The earlier release to compare with: a git revision, a folder, a package; auto: the newest release tag.",
)
@click.option(
    "--old-values",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A user's values for the baseline: what becomes of them with this chart.",
)
@click.option(
    "--engine",
    "engine_name",
    type=click.Choice(["auto", "cli", "embedded"]),
    default="auto",
    show_default=True,
    help="cli: the helm command. embedded: the package helm-python-sdk.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long one run of helm may take.",
)
@click.option("--no-cache", is_flag=True, help="Check an unchanged chart again.")
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default="text",
    show_default=True,
    help="The report on standard output.",
)
@click.option(
    "--output",
    "outputs",
    type=click.Path(),
    multiple=True,
    metavar="[FORMAT=]FILE",
    help="Write the report into a file (besides, in another format). Can be repeated.",
)
@click.option("--force", is_flag=True, help="Write reports over files that hold something else.")
@click.option("--all", "full", is_flag=True, help="Show every finding in the text report.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "note", "never"]),
    help="The weakest finding that fails the gate.  [default: error, or the configuration's]",
)
@click.option("--debug", is_flag=True, envvar="HELM_DEBUG", help="Show tracebacks of crashed rules.")
@_COLOR
@pass_context
def check(context: Context, /, charts: tuple[Path, ...], **options: Any) -> int:
    """Check charts: folders, packaged .tgz files, or folders that hold charts (default: the current folder).

    Exit status: 0 the gate passes, 1 findings at or above --fail-on, 2 something could not be judged.
    """
    from helm_constitution.core.files import write_file

    targets = [_output(text, options["form"]) for text in options["outputs"]]
    if not options["force"]:
        _refuse_to_replace([*(file for _, file in targets), options["coverage"]])
    run = _judged_changes(charts, options) if options["changed"] else _judged(charts, options)
    for form, file in targets:
        write_file(file, _rendered(run, form, colour=False, full=True), "the report")
    if options["coverage"] is not None:
        from helm_constitution.report import lcov

        write_file(options["coverage"], lcov.render(run), "the coverage")
    if not any(form == options["form"] for form, _ in targets):
        click.echo(_rendered(run, options["form"], colour=_colour(context.colour), full=options["full"]), nl=False)
    return run.status


def _judged_changes(files: tuple[Path, ...], options: dict[str, Any]) -> RunReport:
    """Checks the charts that changed files belong to; where there are none, the report says nothing, without helm."""
    from helm_constitution.check.changed import charts_of
    from helm_constitution.report.model import RunReport

    charts = tuple(charts_of(files))
    return _judged(charts, options) if charts else RunReport("none", "", "", ())


def _judged(charts: tuple[Path, ...], options: dict[str, Any]) -> RunReport:
    """Checks the charts as the options ask for."""
    from helm_constitution.helm.choose import choose_engine
    from helm_constitution.helm.protocol import Limits

    request = _request(options)
    engine = choose_engine(options["engine_name"], Limits(seconds=options["timeout"], jobs=options["jobs"] or 0))
    try:
        return _run(charts or (Path(),), engine, request, options)
    finally:
        engine.close()


def _request(options: dict[str, Any]) -> RenderRequest:
    from helm_constitution.core.errors import ConfigurationError
    from helm_constitution.helm.protocol import RenderRequest, SetArgument

    values = []
    for name in options["values"]:
        if not os.path.isfile(name):
            raise ConfigurationError("no such values file; -f takes local files only", file=name)
        values.append(Path(os.path.abspath(name)))
    flags = (
        "--set-json",
        "--set",
        "--set-string",
        "--set-file",
        "--set-literal",
    )  # the order in which helm applies them
    arguments = [
        SetArgument(flag, value) for flag in flags for value in options[flag.removeprefix("--").replace("-", "_")]
    ]
    return RenderRequest(
        values_files=tuple(values),
        set_arguments=tuple(arguments),
        namespace=options["namespace"],
        kube_version=options["kube_version"],
        api_versions=options["api_versions"],
    )


def _run(paths: tuple[Path, ...], engine: HelmEngine, request: RenderRequest, options: dict[str, Any]) -> RunReport:
    """Checks every chart that the arguments name. A chart that can't be judged doesn't keep the others from it."""
    from helm_constitution.chart.discovery import find_charts, repository_of
    from helm_constitution.check.options import CheckRequest
    from helm_constitution.check.pipeline import run as check_one
    from helm_constitution.check.report import failed_report
    from helm_constitution.core.errors import ConstitutionError
    from helm_constitution.report.model import RunReport

    reports: list[ChartReport] = []
    progress = Progress()
    charts = [chart for path in paths for chart in find_charts(path)]
    for chart in charts:
        try:
            report = check_one(CheckRequest(chart, engine, _check_options(chart, request, options), progress.show))
        except ConstitutionError as error:
            if len(charts) == 1:
                raise
            report = failed_report(chart, error)
        finally:
            progress.clear()
        root, place = repository_of(chart)
        reports.append(report._replace(root=root, place=place))
        if len(charts) > 1:
            gc.collect()  # objects and their parts know each other: nothing else gives a chart's memory back
    return RunReport(engine.name, engine.version(), engine.kube_version(request), tuple(reports))


def _check_options(chart: Path, request: RenderRequest, options: dict[str, Any]) -> Any:
    from helm_constitution.check.options import CheckOptions

    return CheckOptions(
        request=request,
        constitution=options["constitution"],
        configuration=options["config"],
        select=_ids(options["select"]),
        ignore=_ids(options["ignore"]),
        scenarios=options["scenarios"],
        coverage=options.get("coverage") is not None,
        baseline=options["baseline"],
        old_values=options["old_values"],
        subcharts=options["subcharts"],
        cache=not options["no_cache"],
        debug=options["debug"],
        fail_on=options.get("fail_on"),
        debt=options.get("debt", True),
        rules=options["folders"],
    )


def _ids(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.strip() for word in words for part in word.split(",") if part.strip())


def _output(text: str, form: str) -> tuple[str, Path]:
    """The format and the file of an --output; what is wrong with them is said before the check, not after."""
    from helm_constitution.core.errors import ConfigurationError

    head, equals, tail = text.partition("=")
    if equals and head in FORMATS:
        form, text = head, tail
    elif equals and head.isalpha():
        known = f"one of {', '.join(FORMATS)}; for a file of that name write ./{text}"
        raise ConfigurationError(f"--output {text}: unknown format {head!r}; {known}")
    file = Path(text)
    if not text or file.is_dir():
        raise ConfigurationError(f"--output {form}={text} names no file to write the report into")
    if not file.parent.is_dir():
        raise ConfigurationError("the report can't be written: no such folder", file=str(file.parent))
    return form, file


def _refuse_to_replace(files: Iterable[Path | None]) -> None:
    """What holds something else than a report stays as it is; that is said before the check, not after."""
    from helm_constitution.core.errors import ConfigurationError

    if any(file is not None and file.exists() for file in files):
        from helm_constitution.report.earlier import may_be_replaced

        for file in files:
            if file is not None and not may_be_replaced(file):
                raise ConfigurationError("holds something else than a report; --force writes over it", file=str(file))


def _rendered(run: RunReport, form: str, *, colour: bool, full: bool) -> str:
    if form == "text":
        from helm_constitution.report import text

        return text.render(run, colour=colour, full=full)
    from helm_constitution.report import renderer

    return renderer(form)(run)


def _colour(choice: str) -> bool:
    """--color, then NO_COLOR, FORCE_COLOR, TERM=dumb, then whether it is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return os.environ.get("TERM") != "dumb" and sys.stdout.isatty()


_REPORTING = {"form", "outputs", "force", "coverage", "full", "fail_on", "charts", "changed"}
"""The options of ``check`` that don't decide what is found; the other commands that check charts have the rest."""


def _judging(command: click.Command) -> click.Command:
    """Gives a command the options of ``check`` that decide what is found."""
    command.params.extend(option for option in check.params if option.name not in _REPORTING)
    return command


@_judging
@cli.command()
@click.argument("charts", nargs=-1, type=click.Path(path_type=Path), metavar="[CHART]...")
@click.option("--prune", is_flag=True, help="Take out what was mended, add nothing.")
@click.option("--force", is_flag=True, help="Replace a file that accept did not write.")
def accept(charts: tuple[Path, ...], prune: bool, force: bool, **options: Any) -> int:
    """Accept today's findings as debt: check shows them, and fails on new ones only.

    They are kept in .helm-constitution-debt.yaml, beside the configuration, else beside Chart.yaml. Give the same
    options as to check, so that the same is found.
    """
    from helm_constitution.check.options import today
    from helm_constitution.cli.accept import accept_findings
    from helm_constitution.report.words import clean, inert

    run = _judged(charts, {**options, "debt": not force})
    full = options["scenarios"] == "full"
    for line in accept_findings(run.charts, options["config"], today(), prune=prune, force=force, full=full):
        click.echo(inert(clean(line)))
    return 0


@_judging
@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("chart", required=False, type=click.Path(path_type=Path))
def plan(file: Path, chart: Path | None, **options: Any) -> int:
    """Fill the Constitution Check of a spec-kit plan from a check of CHART (default: the current folder).

    Its Complexity Tracking gets the configuration's waivers. Everything else in FILE stays as it is.
    """
    from helm_constitution.cli.plan import fill_plan
    from helm_constitution.core.errors import ConfigurationError
    from helm_constitution.core.files import write_file
    from helm_constitution.core.model import Verdict
    from helm_constitution.lint.registry import known_modules
    from helm_constitution.policy.configuration import load_configuration
    from helm_constitution.policy.find import find_configuration
    from helm_constitution.policy.waivers import read_plan
    from helm_constitution.report.words import clean, inert

    text = read_plan(file)
    run = _judged((chart or Path(),), options)
    if len(run.charts) > 1:
        raise ConfigurationError(
            f"a plan is of one chart, and here are {len(run.charts)}; name it", file=str(chart or ".")
        )
    (report,) = run.charts
    path = Path(report.path)
    modules = known_modules(options["folders"])
    configuration = load_configuration(find_configuration(path, options["config"]), path, modules)
    filled = fill_plan(
        text,
        report,
        configuration.waivers,
        configuration.modules,
        file=str(file),
        is_shared=configuration.plan_is_shared,
    )
    if filled != text:
        write_file(file, filled, "the plan")
    kept = sum(principle.verdict <= Verdict.WAIVED for principle in report.principles)
    click.echo(inert(clean(f"{file}: {kept} of {len(report.principles)} principles kept")))
    for trouble in report.troubles:
        click.echo(inert(clean(f"could not judge: {trouble.message}")), err=True)
    return 2 if run.status == 2 else 0


@cli.command()
@click.option("--force", is_flag=True, help="Replace files that stand there.")
def init(force: bool) -> None:
    """Write a constitution and a configuration into the current folder, to begin with.

    The constitution is .specify/memory/constitution.md where there is a .specify folder, else constitution.md.
    """
    from helm_constitution.cli import init as starter

    for line in starter.init(Path(), force=force):
        click.echo(line)


@cli.command()
def schema() -> None:
    """Print the JSON Schema of .helm-constitution.yaml, for editors."""
    click.echo((Path(__file__).parent.parent / "data" / "configuration.schema.json").read_text("utf-8"), nl=False)


@cli.command()
@_RULES
def rules(folders: tuple[Path, ...]) -> None:
    """List every rule: id, weight in the built-in constitution, what it finds."""
    from helm_constitution.lint.explain import title

    for module in _modules_here(folders):
        click.echo(f"{module.title} ({module.key})")
        for rule in module.rules:
            click.echo(f"  {rule.id:<40} {rule.weight:<7} {title(rule)}")


def _modules_here(folders: tuple[Path, ...]) -> tuple[RuleModule, ...]:
    """The rule modules that a check in the current folder would know."""
    from helm_constitution.lint.registry import known_modules
    from helm_constitution.policy.configuration import load_configuration
    from helm_constitution.policy.find import find_configuration

    return load_configuration(find_configuration(Path(), None), Path(), known_modules(folders)).modules


@cli.command()
@click.argument("rule_id", metavar="RULE", shell_complete=_complete_rules)
@_RULES
def explain(rule_id: str, folders: tuple[Path, ...]) -> None:
    """Show why a rule exists, bad and good examples, the fix and the source."""
    from helm_constitution.lint.explain import page
    from helm_constitution.policy.reader import expand

    modules = _modules_here(folders)
    wanted = set(expand([rule_id], modules))
    click.echo("\n\n".join(page(rule) for module in modules for rule in module.rules if rule.id in wanted))


@cli.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script by which a shell completes this program's commands, options, rules and files.

    \b
    bash, in ~/.bashrc:  eval "$(helm-constitution completion bash)"
    zsh, in ~/.zshrc:    eval "$(helm-constitution completion zsh)"
    fish:                helm-constitution completion fish >
                           ~/.config/fish/completions/helm-constitution.fish
    """
    from helm_constitution.cli.completion import script

    click.echo(script(cli, shell), nl=False)


@cli.group()
def constitution() -> None:
    """Look at a constitution itself."""


_CONSTITUTION_FILE = click.argument("file", required=False, type=click.Path(path_type=Path))


@constitution.command()
@_CONSTITUTION_FILE
@_RULES
def show(file: Path | None, folders: tuple[Path, ...]) -> None:
    """Print each principle, statement, obligation and the rules that enforce it.

    FILE is the constitution; without it the one that a check in this folder would use.
    """
    from helm_constitution.policy.constitution import load_constitution
    from helm_constitution.policy.rule_selection import match, show_lines
    from helm_constitution.report.words import clean, inert

    modules = _modules_here(folders)
    document = load_constitution(Path(), file, modules)
    for line in show_lines(document, match(document, modules)):
        click.echo(inert(clean(line)))


@constitution.command("check")
@_CONSTITUTION_FILE
@_RULES
def check_document(file: Path | None, folders: tuple[Path, ...]) -> int:
    """Find faults in the document: no principles, duplicates, unknown rules, a version that is not semantic."""
    from helm_constitution.policy.constitution import read_constitution
    from helm_constitution.policy.faults import constitution_faults
    from helm_constitution.report.words import clean, inert

    name, text = read_constitution(Path(), file)
    faults = constitution_faults(text, name, _modules_here(folders))
    for line, message in faults:
        click.echo(inert(clean(f"{name}:{line}: {message}" if line else f"{name}: {message}")))
    if faults:
        return 2
    click.echo(f"{name}: no faults")
    return 0
