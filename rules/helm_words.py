"""Helm's messages in findings: where one points to, whether two are equal, which rule reports it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from helm_constitution.api import (
    DEFAULTS,
    Base,
    FailureKind,
    HelmMessage,
    LazyPattern,
    Place,
    ScenarioKind,
    Severity,
    Span,
    Subject,
    TextPlace,
    dotted,
)

if TYPE_CHECKING:
    from helm_constitution.api import ScenarioResult

_METADATA = LazyPattern(r"chart\.metadata\.(\w+)")
"""Helm's names of Chart.yaml's fields when it loads a chart."""
_FIELD = LazyPattern(
    r"\b(apiVersion|name|version|kubeVersion|type|dependencies|maintainers|sources|icon|home|annotations|appVersion)\b"
)
_UNKNOWN = LazyPattern(r'unknown field "([^"]+)"')
_EXPLANATION = LazyPattern(r" \(e\.g\. .*regex used for validation is .*\)\Z")


def _field(message: HelmMessage) -> str | None:
    """The field of Chart.yaml that a message is about."""
    found = _METADATA.search(message.text)
    if found is None and message.file == "Chart.yaml" and message.line is None:
        found = _UNKNOWN.fullmatch(message.text) or _FIELD.search(message.text)
    return found.group(1) if found is not None else None


def place_of(message: HelmMessage, subject: Subject, scenario: str = DEFAULTS) -> Place | None:
    """Where a message of helm points to: a key of the scenario's values, a line of a file or of its rendered text, or
    or the file."""
    if message.pointer is not None and (value := subject.value(message.pointer, scenario)) is not None:
        return value
    if (rendered := subject.rendered_line(message)) is not None:
        return rendered
    if (field := _field(message)) is not None:
        place = subject.chart.metadata.view.get(field)
        if field == "dependencies" and not place.exists and subject.chart.dependencies:
            return subject.chart.dependencies[0].view  # in requirements.yaml
        return place
    if message.file is None:
        return None
    if message.line is None:
        return TextPlace(message.file)
    text = subject.chart.files.get(message.file)
    lines = text.split("\n") if text is not None else []
    if message.line > len(lines):
        # A dependency's file, or one whose lines helm counts differently: the line as helm reports it.
        column = message.column or 1
        return TextPlace(message.file, Span(message.line, column, message.line, column + 1))
    line = lines[message.line - 1].rstrip()
    column = message.column or len(line) - len(line.lstrip()) + 1
    return TextPlace(message.file, Span(message.line, column, message.line, max(len(line), column) + 1))


def text_of(message: HelmMessage) -> str:
    text = _EXPLANATION.sub("", " ".join(message.text.split())).rstrip(".")
    if message.pointer:
        name = dotted(message.pointer)
        if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text):
            text = f"{name}: {text}"
    if message.rendered_line is not None and f"line {message.rendered_line}" not in text:
        text += f" (line {message.rendered_line} of the rendered text)"
    return text


def words_of(text: str) -> str:
    """A message without the differences between helm's commands, to compare two."""
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()


class Told:
    """What helm template's errors say, to compare messages of helm lint with them.

    Args:
        errors: of helm template.
    """

    def __init__(self, errors: Iterable[HelmMessage]) -> None:
        self._errors = tuple(errors)
        # Values can break a schema in thousands of places, each of them told by both commands.
        of_schema = [error for error in self._errors if error.kind is FailureKind.SCHEMA]
        self._of_schema = {(error.pointer, words_of(error.text)) for error in of_schema}
        self._others = tuple(error for error in self._errors if error.kind is not FailureKind.SCHEMA)

    def contains(self, message: HelmMessage) -> bool:
        """Whether an error says the same as a message."""
        words = words_of(message.text)
        if message.kind is not FailureKind.SCHEMA or message.pointer is None:
            return any(_says_the_same(message, words, error) for error in self._errors)
        is_told = (message.pointer, words) in self._of_schema
        return is_told or any(_says_the_same(message, words, error) for error in self._others)


def _says_the_same(message: HelmMessage, words: str, error: HelmMessage) -> bool:
    if error.kind is FailureKind.DEPENDENCY and message.kind in (FailureKind.TEMPLATE, FailureKind.DEPENDENCY):
        return True  # lint goes on without the dependency, and its values and templates are missing
    if None not in (message.file, message.line) and (message.file, message.line) == (error.file, error.line):
        return True
    if message.file in (None, "Chart.yaml") and (field := _field(error)) is not None and field == _field(message):
        return True
    others = words_of(error.text)
    if words and others and (words in others or others in words):
        return True
    # lint stops at the first file that fails, as template does; their texts differ in the prefix
    stopped = (FailureKind.TEMPLATE, FailureKind.REQUIRED, FailureKind.YAML, FailureKind.DEPENDENCY)
    return message.kind is error.kind and error.kind in stopped and message.file == error.file


TOLD_BY = {
    FailureKind.YAML: ("templates/invalid-yaml", "the rendered text is not YAML"),
    FailureKind.SCHEMA: ("values/schema-mismatch", "the values do not match the schema"),
}
"""The rules that report the cause of a failed rendering, each with its words."""


def is_told_elsewhere(error: HelmMessage, result: ScenarioResult, subject: Subject) -> bool:
    """Whether another rule runs at the same severity and reports it."""
    if error.kind not in TOLD_BY or subject.severity_of(TOLD_BY[error.kind][0]) is not Severity.ERROR:
        return False
    if error.kind is FailureKind.YAML:
        return True
    # The rule reads the chart's own schema and values files, not those of dependencies or of users.
    name, request = result.scenario.name, result.scenario.request
    of_users = request.set_arguments or len(request.values_files) > (name != DEFAULTS)
    of_users = of_users or (name != DEFAULTS and name not in subject.chart.files)
    keys = {dependency.key for dependency in subject.chart.dependencies}
    return (
        not of_users
        and subject.chart.schema is not None
        and error.pointer is not None
        and not (error.pointer and error.pointer[0] in keys)
    )


def see_rule(error: HelmMessage) -> str:
    rule_id, what = TOLD_BY[error.kind]
    return f"{what}, see {rule_id}"


def is_example(result: ScenarioResult) -> bool:
    """Whether a scenario is one that the configuration makes of a values file under ``examples/``."""
    return result.scenario.kind is ScenarioKind.CONFIGURED and any(
        "examples" in file.parts for file in result.scenario.request.values_files
    )


def values_file_of(result: ScenarioResult, subject: Subject) -> Place | None:
    """The values file that makes a scenario, where it lies in the chart."""
    for file in result.scenario.request.values_files[:1]:
        inside = os.path.relpath(file, subject.chart.path).replace(os.sep, "/")
        return TextPlace(str(file), base=Base.ABSOLUTE) if inside.startswith("..") else TextPlace(inside)
    return None
