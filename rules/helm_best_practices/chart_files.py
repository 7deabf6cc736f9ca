"""Files of the chart that templates read through ``.Files``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    TEMPLATES,
    Action,
    Command,
    Control,
    Field,
    Identifier,
    If,
    NamedTuple,
    Node,
    Pipeline,
    String,
    Subject,
    TemplateFile,
    TextPlace,
    Urgency,
    Variable,
    Violation,
    With,
    commands,
    contents,
    forbid,
    pipelines,
    require,
    rule,
)

from .statements import CONSISTENT

_READERS = frozenset({"Get", "GetBytes", "Lines", "Glob"})
_KEPT_APART = frozenset({"Chart.yaml", "Chart.lock", "values.yaml", "values.schema.json"})
"""Files that helm loads as parts of the chart, and not as .Files."""


class _Read(NamedTuple):
    """A call like ``.Files.Get "config/app.conf"``."""

    command: Command
    reader: str
    path: str


@rule(
    "helm/files-missing",
    default=MUST,
    needs={TEMPLATES},
    enforces=(
        require(
            r"\b(?:templates?|referenced|included)\b.{0,40}\bfiles?\b.{0,60}\b(?:exist|are in the chart|packaged)"
            r"|\bfiles?\b.{0,40}\btemplates? (?:reads?|includes?|uses?)\b|\bfiles?\b.{0,60}\bare in the chart\b"
        ),
        forbid(r"\bmissing files?\b"),
    ),
    umbrella=CONSISTENT,
    urgency=Urgency.BROKEN,
)
def files_missing(subject: Subject) -> Iterator[Violation]:
    """Template reads a file that the chart does not have.

    Why: `.Files.Get` and `.Files.Glob` then return nothing, without an error: the ConfigMap is empty, and the
        application starts without its configuration.
    Bad:
        app.conf: {{ .Files.Get "./config/app.conf" | quote }}
    Good:
        app.conf: {{ .Files.Get "config/app.conf" | quote }}
    Fix: Write the path relative to the chart's root, without a leading `./` or `/`; remove the file from .helmignore.
        Templates can't read files under templates/ and charts/, values.yaml and Chart.yaml. Reads with `default` or
        `required`, and those guarded by `if`, `with` or (for a glob) `range`, are not reported.
    Source: Helm documentation, Accessing Files Inside Templates
    """
    if subject.chart.is_library:
        return  # .Files belong to the chart that calls
    names = {name for name in subject.chart.files if _is_readable(name)} | set(subject.chart.undecodable)
    for template in subject.templates:
        if ".Files." not in template.text:
            continue
        asked = _asked(template)
        for read, optional in _reads(template):
            if _is_there(read, names):
                continue
            meant = _normal(read.path)
            wrong_form = meant != read.path and _is_there(read._replace(path=meant), names)
            if wrong_form:
                hint = f"write {meant}, relative to the chart's root"
            elif optional or read.path in asked:
                continue
            elif read.path in subject.chart.files:
                hint = "rename it, since templates cannot read a file of that name"
            else:
                hint = (
                    "add it, or remove it from .helmignore" if ".helmignore" in subject.chart.files else "add the file"
                )
            what = (
                f"no file in the chart matches {read.path}"
                if read.reader == "Glob"
                else f"file {read.path} does not exist in the chart"
            )
            place = TextPlace(template.path, template.span(read.command))
            yield Violation(f"{what}, so .Files.{read.reader} returns nothing; {hint}", at=place)


def _is_readable(name: str) -> bool:
    return name not in _KEPT_APART and not name.startswith(("templates/", "charts/"))


def _is_there(read: _Read, names: set[str]) -> bool:
    if read.reader != "Glob":
        return read.path in names
    pattern = re.compile(_expression(read.path))
    return any(pattern.fullmatch(name) for name in names)


def _normal(path: str) -> str:
    while path.startswith(("./", "/")):
        path = path.removeprefix("./").lstrip("/")
    return path


def _expression(glob: str) -> str:
    """A regular expression for a glob: ``*`` stops at a slash, ``**`` doesn't, ``{a,b}`` are alternatives."""
    text = re.escape(glob)
    for sign, meaning in ((r"\*\*", ".*"), (r"\*", "[^/]*"), (r"\?", "[^/]"), (r"\{", "(?:"), (r"\}", ")")):
        text = text.replace(sign, meaning)
    text = text.replace(r"\[!", "[^").replace(r"\[", "[").replace(r"\]", "]").replace(r"\-", "-")
    return text.replace(",", "|") if "(?:" in text else text


def _reads(template: TemplateFile) -> Iterator[tuple[_Read, bool]]:
    """Every read of a file by a literal path, and whether it may find nothing."""
    asked = _asked_variables(template)
    for node in contents(template.tree or ()):
        for pipeline in pipelines(node):
            optional = isinstance(node, If | With) or any(
                _calls(command, "default", "required", "coalesce", "ternary", "empty") for command in commands(pipeline)
            )
            if isinstance(node, Action) and set(pipeline.variables) & asked:
                optional = True
            for read in _in_pipeline(pipeline):
                yield read, optional or (isinstance(node, Control) and read.reader == "Glob")


def _in_pipeline(pipeline: Pipeline) -> Iterator[_Read]:
    for command in commands(pipeline):
        if len(command.args) == 2 and isinstance(command.args[1], String):
            reader = _reader(command.args[0])
            if reader is not None:
                yield _Read(command, reader, command.args[1].value)


def _reader(node: Node) -> str | None:
    names = node.names if isinstance(node, Field | Variable) else ()
    return names[-1] if names[-2:-1] == ("Files",) and names[-1] in _READERS else None


def _asked(template: TemplateFile) -> set[str]:
    """The paths that a condition tests."""
    return {
        read.path
        for node in contents(template.tree or ())
        if isinstance(node, If | With)
        for pipeline in pipelines(node)
        for read in _in_pipeline(pipeline)
    }


def _asked_variables(template: TemplateFile) -> set[str]:
    found: set[str] = set()
    for node in contents(template.tree or ()):
        if isinstance(node, Control):
            for pipeline in pipelines(node):
                for command in commands(pipeline):
                    found.update(part.name for part in command.args if isinstance(part, Variable))
    return found


def _calls(command: Command, *names: str) -> bool:
    return bool(command.args) and isinstance(command.args[0], Identifier) and command.args[0].name in names
