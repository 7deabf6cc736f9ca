"""``create``: writes a chart that keeps the built-in constitution from its first day."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import click

from helm_constitution.cli.printing import say
from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.files import write_file
from helm_constitution.core.named_tuples import NamedTuple

_STARTER = Path(__file__).parent.parent / "data" / "starter.json"
_PLACEHOLDER = "<CHARTNAME>"
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_LONGEST = 50
"""Characters of a name: with the release's, objects' names have 63."""


KINDS = ("deployment", "statefulset", "job", "cronjob", "library")
_SERVERS = ("deployment", "statefulset")


class _Starters(NamedTuple):
    """``starter.json``: each text once, and which of them is which file of which starter."""

    charts: Mapping[str, Mapping[str, int]]
    texts: list[str]


@click.command("create")
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    default=KINDS[0],
    show_default=True,
    help="What the chart runs; a library runs nothing, and other charts include its named templates.",
)
@click.option("--ingress", "route", flag_value="ingress", help="Expose the server with an Ingress (default).")
@click.option("--gateway", "route", flag_value="gateway", help="Expose it with a Gateway API HTTPRoute instead.")
@click.option(
    "--starter",
    is_flag=True,
    help="Write a starter for `helm create --starter`: NAME is its folder; the chart's name stays open.",
)
def command(*, name: str, kind: str, route: str | None, starter: bool) -> int:
    """Create a chart in the folder NAME that passes the built-in constitution without a finding.

    It includes a README, a changelog and, unless it is a library, a schema, unit tests, a test for `helm test`,
    values for CI and a platform overlay.
    """
    if route is not None and kind not in _SERVERS:
        raise ConfigurationError(f"--{route} requires a chart that serves requests: --kind {' or '.join(_SERVERS)}")
    folder = Path(name)
    chart = folder.name
    if not starter and (not _NAME.fullmatch(chart) or len(chart) > _LONGEST):
        form = f"must have lower-case letters, digits and single hyphens, at most {_LONGEST}, and begin with a letter"
        raise ConfigurationError(f"{chart!r} is not a valid chart name: it {form}")
    if folder.exists():
        raise ConfigurationError("already exists; name a new folder", file=str(folder))
    files = starter_files(kind, route or "ingress")
    whole = False
    try:
        for path, text in files.items():
            _write(folder / path, text if starter else text.replace(_PLACEHOLDER, chart))
        whole = True
    finally:
        if not whole:  # a full disk, an interrupt: no part of a chart is left
            shutil.rmtree(folder, ignore_errors=True)
    say(f"written: {folder}")
    return 0


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"can't be created: {error.strerror}", file=str(file.parent)) from None
    write_file(file, text, "the chart")


def starter_files(kind: str, route: str) -> Mapping[str, str]:
    """The files of a new chart by their paths, with ``<CHARTNAME>`` for its name.

    Args:
        kind: one of ``KINDS``.
        route: how a server is reached, ``ingress`` or ``gateway``.
    """
    starters = _Starters(**json.loads(_STARTER.read_text("utf-8")))
    files = starters.charts[f"{kind} {route}" if kind in _SERVERS else kind]
    return {path: starters.texts[number] for path, number in files.items()}
