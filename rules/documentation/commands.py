"""The commands that the README shows."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    SHOULD,
    TEMPLATES,
    LazyPattern,
    Markdown,
    NamedTuple,
    NotApplicable,
    Span,
    Subject,
    TextPlace,
    Violation,
    dotted,
    require,
    rule,
)

from .readme_file import require_readme
from .values_in_readme import parse_path
from .values_table import is_value

_COMMAND = LazyPattern(
    r"(?:^|[\s$`(;&|])helm3?\s+(?:(?:-n|--namespace|--kube-context)[ =]\S+\s+)*(install|upgrade|template|pull|show)\b"
)
_SET = LazyPattern(r"--set(?:-string|-json|-file|-literal)?[ =]+(\"[^\"]*\"|'[^']*'|\S+)")
_ASSIGNMENT = LazyPattern(r"((?:[^,=\\{]|\\.|\{[^}]*\})+)=")
_CHART = LazyPattern(r"(?:oci://\S+/|[\w.-]+/)([a-z0-9][a-z0-9-]*)\Z")
_PLACEHOLDER = LazyPattern(
    r"[\[\]<>$%*]|\.\.\.|^(?i:(?:\w*[-_])?(?:key|value|param(?:eter)?)s?[-_]?\d*|foo|bar|a|b|some\w*|your\w*)$"
)
_READ = LazyPattern(r"\.Values\.([\w.-]*\w)")
_INDEX = LazyPattern(r"\[\d+\]")
_SHELLS = frozenset(
    {"", "sh", "bash", "shell", "console", "zsh", "shell-session", "shellscript", "powershell", "text", "cmd"}
)


class _Command(NamedTuple):
    """A helm command: its lines joined, and where they begin."""

    text: str
    line: int
    lines: tuple[str, ...]


def _commands(document: Markdown) -> Iterator[_Command]:
    for block in document.code:
        if block.language not in _SHELLS:
            continue
        number = 0
        while number < len(block.lines):
            first = number
            while block.lines[number].rstrip().endswith("\\") and number + 1 < len(block.lines):
                number += 1
            number += 1
            lines = block.lines[first:number]
            text = " ".join(line.strip().removesuffix("\\").strip() for line in lines)
            text = text.partition(" #")[0]
            if "helm" in text and not text.startswith("#") and _COMMAND.search(text):
                yield _Command(text, block.line + first, lines)


def _chart_names(command: _Command) -> list[str]:
    """The charts that a command names as ``repository/chart`` or by an OCI address."""
    words = [word.strip("\"'") for word in command.text.split() if "=" not in word]
    found = (
        _CHART.match(word)
        for word in words
        if not _PLACEHOLDER.search(word) and not word.startswith((".", "/", "~", "-"))
    )
    return [match.group(1) for match in found if match is not None]


def _place(command: _Command, word: str, file: str) -> TextPlace:
    for offset, line in enumerate(command.lines):
        column = line.find(word)
        if column >= 0:
            number = command.line + offset
            return TextPlace(file, Span(number, column + 1, number, column + 1 + len(word)))
    return TextPlace(file, Span(command.line, 1, command.line, len(command.lines[0]) + 1))


@rule(
    "docs/readme-command-broken",
    default=SHOULD,
    needs={TEMPLATES},
    enforces=require(r"\breadme('s)?\b.{0,40}\bcommands?\b|\bcommands? in (the|its|a|each) readme\b"),
)
def readme_command_broken(subject: Subject) -> Iterator[Violation]:
    """Command in the README uses an unknown chart or value.

    Why: Readers copy commands; helm accepts an unknown value without a warning, and the setting has no effect.
    Bad:
        helm install web acme/web --set replicas=3        (values.yaml: replicaCount)
    Good:
        helm install web acme/web --set replicaCount=3
    Fix: Use the value's path in values.yaml and the chart's name in Chart.yaml.
    Source: Helm documentation, helm install, --set
    """
    name, document = require_readme(subject)
    commands = list(_commands(document))
    if not commands:
        raise NotApplicable("the README shows no helm command")
    named = [(command, chart) for command in commands for chart in _chart_names(command)]
    own = subject.chart.name
    others = {dependency.name for dependency in subject.chart.dependencies}
    if named and not any(chart == own for _, chart in named):
        # Only where this chart is never installed by its name: a README may well install other charts, too.
        for command, chart in named[:1]:
            if chart not in others and _looks_alike(chart, own):
                message = f"command installs the chart {chart}, but this chart is {own}; use {own}"
                yield Violation(message, _place(command, chart, name))
    read = _paths_read(document)
    for command in commands:
        charts = _chart_names(command)
        if charts and own not in charts:
            continue
        for key in _keys(command):
            path, open_ended = parse_path(key.replace("\\.", "\ue002"))
            path = tuple(step.replace("\ue002", ".") if isinstance(step, str) else step for step in path)
            if path and not open_ended and not is_value(path, subject) and dotted(path) not in read:
                yield Violation(
                    f"command sets {key}, which is not a value of this chart; use a key of values.yaml",
                    _place(command, key, name),
                )


def _paths_read(document: Markdown) -> set[str]:
    """The values, and the maps around them, that templates in the README read: readers write those into values."""
    found: set[str] = set()
    for line in (line for block in document.code for line in block.lines if "{{" in line):
        for match in _READ.finditer(line, line.index("{{")):
            keys = match[1].split(".")
            found.update(".".join(keys[:size]) for size in range(1, len(keys) + 1))
    return found


def _looks_alike(one: str, other: str) -> bool:
    """Whether two chart names mean the same chart: one was renamed to the other."""
    return one in other or other in one or one.replace("-", "") == other.replace("-", "")


def _keys(command: _Command) -> Iterator[str]:
    for argument in _SET.findall(command.text):
        text = argument.strip("\"'")
        position = 0
        while (match := _ASSIGNMENT.match(text, position)) is not None:
            key = match.group(1).strip()
            if not _PLACEHOLDER.search(_INDEX.sub("", key)):
                yield key
            rest = text[match.end() :]
            if rest.startswith("{"):
                rest_end = rest.find("}") + 1
                position = match.end() + (rest_end or len(rest))
            else:
                position = match.end()
            comma = _next_comma(text, position)
            if comma < 0:
                break
            position = comma + 1


def _next_comma(text: str, position: int) -> int:
    while (comma := text.find(",", position)) >= 0 and text[comma - 1] == "\\":
        position = comma + 1
    return comma
