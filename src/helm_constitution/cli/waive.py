"""``waive``: writes a waiver into the configuration."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from helm_constitution.check.options import today
from helm_constitution.cli.options import complete_rules, rule_modules, rules_option
from helm_constitution.cli.printing import say
from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.files import held_alone, write_file
from helm_constitution.policy.configuration import read_configuration
from helm_constitution.policy.constitution import load_constitution
from helm_constitution.policy.find import find_configuration
from helm_constitution.policy.new_waiver import chart_key_of, configuration_beside, with_waiver
from helm_constitution.policy.waiver import Waiver
from helm_constitution.policy.waivers import require_known_principles

if TYPE_CHECKING:
    from helm_constitution.lint.rule import RuleModule


@click.command("waive")
@click.argument("rule", shell_complete=complete_rules)
@click.argument("chart", type=click.Path(path_type=Path), default=Path())
@click.option("--why", metavar="TEXT", required=True, help="Why the violation is needed.")
@click.option("--instead", metavar="TEXT", required=True, help="Why a simpler alternative was rejected.")
@click.option("--object", "thing", metavar="KIND/NAME", help="The object that it applies to; * matches any text.")
@click.option("--container", metavar="NAME", help="The container of that object.")
@click.option("--file", metavar="PATH", help="The file of the chart that it applies to.")
@click.option("--values", metavar="PATH", help="The values path that it applies to.")
@click.option("--expires", metavar="DATE", help="The last day on which it applies, like 2030-12-31.")
@click.option("--approved-by", metavar="NAME", help="Who approved it.")
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="The configuration to add it to.")
@rules_option
def command(
    *,
    rule: str,
    chart: Path,
    why: str,
    instead: str,
    thing: str | None,
    container: str | None,
    file: str | None,
    values: str | None,
    expires: str | None,
    approved_by: str | None,
    config: Path | None,
    folders: tuple[Path, ...],
) -> int:
    """Add a waiver of a RULE (or a principle) for a chart to the configuration, with both reasons.

    An unknown rule, a missing reason and a security rule without a place are rejected, as in a waiver that you write
    yourself. The rest of the file stays unchanged.
    """
    if not (chart / "Chart.yaml").is_file() and not chart.is_file():
        raise ConfigurationError("not a chart: no Chart.yaml in it", file=str(chart))
    target = find_configuration(chart, config) or configuration_beside(chart)
    keys = {
        "rule" if "/" in rule else "principle": rule,
        "chart": chart_key_of(chart, target),
        "file": file,
        "object": thing,
        "container": container,
        "values": values,
        "why_needed": why,
        "simpler_alternative_rejected_because": instead,
        "expires": expires,
        "approved_by": approved_by,
    }
    if expires is not None and _day(expires) < today():
        raise ConfigurationError(f"--expires must not be in the past: {expires}")
    read = functools.partial(_waivers_in, target, chart, rule_modules(folders), is_named=config is not None)
    with held_alone((target,)):
        before = _text(target)
        read(before)
        after = with_waiver(before, target, {key: text for key, text in keys.items() if text is not None})
        try:
            waivers = read(after)
        except ConfigurationError as error:
            # Without its line, which the file doesn't have.
            raise ConfigurationError(f"{rule} can't be waived: {error.message}") from None
        _require_new(waivers, target)
        write_file(target, after, "the configuration")
    say(f"waived: {rule} in {target}")
    return 0


def _waivers_in(
    file: Path, chart: Path, modules: Sequence[RuleModule], text: str, *, is_named: bool
) -> Sequence[Waiver]:
    """The waivers in the text of a configuration. Raises ConfigurationError for a fault in it."""
    read = read_configuration(text, file, chart, modules, is_named=is_named)
    document = load_constitution(chart, read.constitution, read.modules)
    known = dict.fromkeys([*(one.key for one in document.principles), *(one.key for one in read.modules)])
    require_known_principles(read.waivers, known, file)
    return read.waivers


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ConfigurationError(f"--expires must be a date like 2030-12-31: {text}") from None


def _require_new(waivers: Sequence[Waiver], file: Path) -> None:
    """Two waivers of the same findings: one of them would be unused."""
    *earlier, new = waivers
    for one in earlier:
        if one[:2] == new[:2] and one.scope == new.scope:
            message = f"{new.waives} is already waived here; change this waiver instead"
            raise ConfigurationError(message, file=str(file), line=one.location.line)


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"not UTF-8 at byte {error.start}; save it as UTF-8", file=str(file)) from None
    except OSError as error:
        raise ConfigurationError(f"can't be read: {error.strerror}", file=str(file)) from None
