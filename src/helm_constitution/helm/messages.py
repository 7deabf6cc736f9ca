"""Parses what ``helm lint`` and ``helm template`` print into messages with a kind and a place.

Pure functions over text, for Helm 3 and 4 alike. Unknown forms are kept unchanged, without a place; nothing is lost.
Each form was taken from a real helm; tests/helm/test_messages.py holds them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from helm_constitution.core.errors import NO_THREAD, lacks_threads
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.helm.message_parts import CHART_FILE, VALUES_FILE, Speaker, in_chart, plain, shortened
from helm_constitution.helm.protocol import FailureKind, HelmMessage, MessageLevel
from helm_constitution.helm.schema_messages import SCHEMA_HEAD, schema_messages
from helm_constitution.helm.template_messages import template_message


class LintEntry(NamedTuple):
    """One message of ``helm lint`` as printed: level, path, text."""

    level: MessageLevel
    path: str
    text: str


_ENTRY = LazyPattern(r"^\[(INFO|WARNING|ERROR|UNKNOWN)\] (.*?): ?(.*)$", re.MULTILINE)


def lint_entries(output: str) -> list[LintEntry]:
    """Cuts the standard output of ``helm lint`` into messages, each of which may have several lines."""
    entries: list[LintEntry] = []
    text: list[str] = []
    head: re.Match[str] | None = None
    for line in [*output.split("\n"), "[END] "]:
        match = _ENTRY.match(line)
        ends = match is not None or line.startswith(("==> Linting ", "[END] ", "Error ")) or _SUMMARY.match(line)
        if not ends:
            text.append(line)
            continue
        if head is not None:
            level = MessageLevel[head[1]] if head[1] != "UNKNOWN" else MessageLevel.INFO
            entries.append(LintEntry(level, head[2], "\n".join([head[3], *text]).strip()))
        if line.startswith("Error "):  # in place of messages: it could not lint at all
            entries.append(LintEntry(MessageLevel.ERROR, "", line.removeprefix("Error ")))
        head, text = match, []
    return entries


_SUMMARY = LazyPattern(r"\d+ chart\(s\) linted, ")


def lint_messages(entries: Iterable[LintEntry], chart: Speaker) -> tuple[HelmMessage, ...]:
    """Places the messages of ``helm lint``. A message for both the file and the chart is returned once."""
    found: dict[HelmMessage, None] = {}
    for entry in entries:
        file = None if entry.path.endswith("/") or os.path.isabs(entry.path) or not entry.path else entry.path
        for message in _read(entry.text, chart, file):
            placeless = message.file is None and entry.path.endswith("/")
            text = f"{entry.path}: {message.text}" if placeless else message.text
            found.setdefault(message._replace(level=entry.level, text=text))
    return tuple(found)


def failure(text: str, chart: Speaker) -> tuple[HelmMessage, ...]:
    """Places the error that ended ``helm template``, without its ``Error:``. Schema errors are separate messages."""
    return tuple(dict.fromkeys(_read(text, chart, None)))


def error_text(errors: str) -> str | None:
    """The error in helm's standard error, without the log before it and the hint after it."""
    found = f"\n{errors}".find("\nError: ")
    if found < 0:
        return None
    text = errors[found:].removeprefix("Error: ")
    return text.replace("\n\nUse --debug flag to render out invalid YAML", "").strip()


def is_whole_lint(output: str) -> bool:
    """Whether ``helm lint`` was completed: it prints a summary after the messages."""
    return any(_SUMMARY.match(line) for line in output.split("\n"))


def broken_output(command: str, output: str) -> HelmMessage:
    """The message for a helm that ended without an error but whose output is not helm's."""
    what = "printed nothing" if not output.strip() else "printed incomplete or foreign output"
    text = f"helm {command} {what} and reported success; run `helm version` to check that it is helm"
    return HelmMessage(MessageLevel.ERROR, text)


def broken_limit(breach: str) -> HelmMessage:
    """The message for a process that exceeded a limit."""
    return HelmMessage(MessageLevel.ERROR, breach, FailureKind.TIMEOUT)


def crash(status: int, errors: str) -> HelmMessage:
    """The message for a helm that ended without an error message.

    Args:
        status: its exit status, a signal if negative.
        errors: what it wrote on its standard error.
    """
    if "stack overflow" in errors and "gojsonschema" in errors:
        text = "helm crashed with a stack overflow: values.schema.json references itself endlessly"
        return HelmMessage(MessageLevel.ERROR, text, FailureKind.SCHEMA)
    if "stack overflow" in errors:
        text = "helm crashed with a stack overflow: a template calls itself endlessly"
        return HelmMessage(MessageLevel.ERROR, text, FailureKind.TEMPLATE)
    if "out of memory" in errors:
        return broken_limit("helm ran out of memory")
    if lacks_threads(errors):
        return HelmMessage(MessageLevel.ERROR, f"helm {NO_THREAD}")
    fatal = re.search(r"^(?:fatal error|panic): (.*)$", errors, re.MULTILINE)
    how = f"by signal {-status}" if status < 0 else f"with exit status {status}"
    words = fatal[1] if fatal else errors.strip()
    text = f"helm ended {how}" + (f": {words}" if words else " without a message")
    return HelmMessage(MessageLevel.ERROR, shortened(text))


# ----------------------------------------------------------------------------------------------------------------------
# One text of helm → its messages.


def _read(text: str, chart: Speaker, file: str | None) -> list[HelmMessage]:
    found = [message for message in _understood(text, chart, file) if message.text]
    return found or [plain(text or "helm gives no reason", file)]


def _understood(text: str, chart: Speaker, file: str | None) -> Iterator[HelmMessage]:
    wrapped = _unwrap(text.strip(), chart)
    base, rest = wrapped.base, wrapped.text
    file = wrapped.file or file
    if wrapped.is_yaml:
        yield _yaml_message(rest, file, wrapped.line)
    elif rest.startswith(SCHEMA_HEAD) or (file == VALUES_FILE and rest != "file does not exist"):
        yield from schema_messages(rest, chart)
    else:
        yield template_message(rest) or _chart_message(rest, chart, base) or plain(rest, file or base[:-1] or None)


class _Wrapped:
    """A text without helm's wrapping: the file, the subchart's folder, the line that the wrapping names."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.base = ""
        self.file: str | None = None
        self.line: int | None = None
        self.is_yaml = False


_WRAPPINGS = tuple(
    LazyPattern(pattern, re.IGNORECASE)
    for pattern in (
        r"an error occurred while checking for chart dependencies\. You may need to run [^:]*: ",
        r"chart dependencies processing failed: ",
        r"unable to load chart\s+",
        r"error unpacking (?:subchart )?(?:tarball )?(?P<subchart>\S+) in \S+: ",
        r"cannot load (?P<file>Chart\.yaml|values\.yaml|Chart\.lock|requirements\.(?:yaml|lock)): ",
        r"failed to parse (?P<values>[^\n]+?): (?=cannot|error)",
        r"YAML parse error on (?P<source>[^\n]+?): (?=error|yaml)",
        r"(?P<yaml>unable to parse YAML:?|failed to strictly parse chart metadata file:?)\s+",
        r"cannot unmarshal yaml document: ",
        r"(?P<yaml>error converting YAML to JSON|error unmarshaling JSON|while decoding JSON|json): ",
        r"(?P<yaml>yaml): (?:line (?P<line>\d+): )?",
    )
)


def _unwrap(text: str, chart: Speaker) -> _Wrapped:
    wrapped = _Wrapped(text)
    while match := _wrapping(wrapped.text):
        named = match.groupdict()
        if subchart := named.get("subchart"):
            wrapped.base += f"charts/{subchart}/"
        if file := named.get("file"):
            wrapped.file = wrapped.base + file
        if values := named.get("values"):
            wrapped.file = _relative(values, chart.folder)
        if source := named.get("source"):
            wrapped.file = in_chart(source)
        if line := named.get("line"):
            wrapped.line = int(line)
        wrapped.is_yaml = wrapped.is_yaml or bool(named.get("yaml") or source)
        wrapped.text = wrapped.text[match.end() :]
    return wrapped


def _wrapping(text: str) -> re.Match[str] | None:
    if ":" not in text and "\n" not in text:  # most of what helm lint says: no pattern needs to be compiled for it
        return None
    return next((match for wrapping in _WRAPPINGS if (match := wrapping.match(text))), None)


def _relative(file: str, folder: str) -> str:
    """The path of a given file: relative to the chart if it is in the chart."""
    inside = os.path.abspath(folder) + os.sep
    return file.removeprefix(inside).replace(os.sep, "/") if file.startswith(inside) else file


# ----------------------------------------------------------------------------------------------------------------------
# YAML.

_MISTYPED = LazyPattern(r"cannot unmarshal (\w+) into Go (?:struct field (\S+)|value) of type (.+)", re.DOTALL)
_GO_TYPES = (
    (LazyPattern(r"string$"), "a string"),
    (LazyPattern(r"\[\]string$"), "a list of strings"),
    (LazyPattern(r"\[\]"), "a list of maps"),
    (LazyPattern(r"bool$"), "true or false"),
    (LazyPattern(r"u?int\d*$|float\d*$"), "a number"),
)
_JSON_TYPES = {
    "array": "a list",
    "object": "a map",
    "string": "a string",
    "number": "a number",
    "bool": "true or false",
}


def _yaml_message(text: str, file: str | None, line: int | None) -> HelmMessage:
    # go-yaml's parser counts lines from 0, its scanner from 1; only the parser speaks so.
    if line is not None and text.startswith("did not find expected"):
        line += 1
    rendered = "/templates/" in f"/{file}"
    if mistyped := _MISTYPED.match(text):
        given, field, wanted = mistyped.groups()
        text = f"must be {_go_type(wanted)}, not {_JSON_TYPES.get(given, given)}"
        if field is not None:  # Metadata.keywords in Helm 3, .keywords in Helm 4; Go's names of fields or JSON's
            _, *path = field.split(".")
            text = f"{'.'.join(step[:1].lower() + step[1:] for step in path)} {text}"
        if rendered:
            text = f"rendered text is not a Kubernetes object: {text}"
    elif not text.startswith("unknown field"):
        text = f"rendered text is not YAML: {text}" if rendered else f"not YAML: {text}"
    if rendered:
        return plain(text, file, FailureKind.YAML)._replace(rendered_line=line)
    # In crds/, helm counts within one document of the file.
    return plain(text, file, line=None if file is not None and file.startswith("crds/") else line)


def _go_type(name: str) -> str:
    return next((words for pattern, words in _GO_TYPES if pattern.match(name)), "a map")


# ----------------------------------------------------------------------------------------------------------------------
# The chart: dependencies, versions, Chart.yaml.

_MISSING = LazyPattern(
    r"(?:found in Chart\.yaml, but missing in charts/ directory|chart directory is missing these dependencies): (.*)"
)
_INVALID_VERSION = LazyPattern(r'version "(.*)" is invalid')
_MISTYPED_VALUES = LazyPattern(r"type mismatch on (\S+): %!t\((\w+)=.*\)", re.DOTALL)
_NO_CHART_FILE = LazyPattern(
    r"unable to (?:check Chart\.yaml file in chart|detect chart at \S+): .*no such file or directory",
    re.DOTALL,
)


def _chart_message(text: str, chart: Speaker, base: str) -> HelmMessage | None:
    file = base + CHART_FILE
    if text in ("Chart.yaml file is missing", "library charts are not installable"):
        return plain(text, file)
    if ":" not in text:
        return None
    if match := _MISSING.fullmatch(text):
        names = ", ".join(dict.fromkeys(re.split(r",\s*", match[1])))
        words = f"dependencies missing in charts/: {names}; run `helm dependency build` in the chart's folder"
        return plain(words, file, FailureKind.DEPENDENCY)
    if text.startswith("chart requires kubeVersion: "):
        return plain(text, file, FailureKind.KUBE_VERSION)
    if text.startswith("chart metadata is missing these dependencies: "):
        return plain(text, file)
    if text.startswith("validation: "):
        # In the words that helm lint has for the same.
        words = text.removeprefix("validation: ").removeprefix("chart.metadata.")
        return plain(_INVALID_VERSION.sub(r"version '\1' is not a valid SemVer", words), file)
    if _NO_CHART_FILE.fullmatch(text):
        return plain("Chart.yaml file is missing", file)
    if match := _MISTYPED_VALUES.fullmatch(text):
        words = f"{match[1]} must be a map, the values of a subchart, not a {match[2]}"
        return plain(words, VALUES_FILE)._replace(pointer=(match[1],))
    return None
