"""The requests to an engine, and its answers."""

from __future__ import annotations

import enum
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from helm_constitution.core.named_tuples import NamedTuple

DEFAULT_KUBE_VERSION = "v1.36.0"
"""The Kubernetes version that the embedded engine assumes; the cli engine gets the same."""


class SetArgument(NamedTuple):
    """One of helm's ``--set`` options.

    ``flag`` is ``--set``, ``--set-string``, ``--set-file``, ``--set-json`` or ``--set-literal``.
    """

    flag: str
    value: str


class RenderRequest(NamedTuple):
    """How to render a chart: the same options for lint and template.

    An upgrade is the release's second revision with the embedded engine; ``helm template`` always renders revision 1.
    """

    values_files: tuple[Path, ...] = ()
    set_arguments: tuple[SetArgument, ...] = ()
    release_name: str = "release-name"
    namespace: str = "default"
    is_upgrade: bool = False
    kube_version: str | None = None
    api_versions: tuple[str, ...] = ()
    skip_schema: bool = False


class MessageLevel(enum.IntEnum):
    """The level of a message of helm."""

    INFO = 1
    """A hint."""
    WARNING = 2
    """helm goes on."""
    ERROR = 3
    """helm fails."""


class FailureKind(enum.StrEnum):
    """Why a rendering failed, as far as helm's message shows."""

    REQUIRED = "required"
    """The chart's own required or fail."""
    SCHEMA = "schema"
    """values.schema.json rejects the values."""
    TEMPLATE = "template"
    """Parse or execution error of a template."""
    YAML = "yaml"
    """Rendered text that isn't YAML."""
    DEPENDENCY = "dependency"
    """Missing in charts/."""
    KUBE_VERSION = "kube-version"
    """Chart.yaml's kubeVersion rejects the version."""
    TIMEOUT = "timeout"
    """The time limit or the memory watch ended it."""
    OTHER = "other"
    """Anything else."""


class HelmMessage(NamedTuple):
    """One message of helm, cleaned of helm's prefixes and stack traces, placed as far as its text allows.

    ``file`` is relative to the chart's folder (``templates/x.yaml``); ``line`` and ``column`` count from 1;
    ``rendered_line`` is a line of the rendered text, if helm names one; ``pointer`` a path in the values
    (schema errors).
    """

    level: MessageLevel
    """helm's level."""
    text: str
    """The message."""
    kind: FailureKind = FailureKind.OTHER
    """Why a rendering failed."""
    file: str | None = None
    line: int | None = None
    column: int | None = None
    rendered_line: int | None = None
    pointer: tuple[str | int, ...] | None = None


class RenderedText(NamedTuple):
    """One rendered document.

    ``source`` is as helm prints it: ``chartname/templates/x.yaml``, ``parent/charts/dep/templates/y.yaml``.
    """

    source: str
    text: str
    """The document, as YAML text."""


class RenderOutput(NamedTuple):
    """The result of ``helm template``: documents in the order of their source files, or the reasons why there are none.

    On a YAML fault of a rendered document, ``documents`` holds what helm can show (``--debug``) and ``errors`` one
    message for each.
    """

    documents: tuple[RenderedText, ...] = ()
    errors: tuple[HelmMessage, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether helm rendered the chart."""
        return not self.errors


class LintOutput(NamedTuple):
    """The messages of ``helm lint``, in its order.

    ``failed``: helm itself was stopped before its end (time limit, memory).
    """

    messages: tuple[HelmMessage, ...] = ()
    failed: bool = False

    @property
    def exceeds_limit(self) -> bool:
        """Whether a limit ended helm: another run of the same would end in the same way."""
        return self.failed and any(message.kind is FailureKind.TIMEOUT for message in self.messages)

    @property
    def has_errors(self) -> bool:
        """Whether helm rejects the chart, or could not check it."""
        return self.failed or any(message.level is MessageLevel.ERROR for message in self.messages)


T_co = TypeVar("T_co", covariant=True)


class Pending(Protocol, Generic[T_co]):
    """A running request to helm, in a process of its own."""

    def result(self) -> T_co:
        """Waits for the result. Raises EngineError if helm can't be run at all."""
        ...

    def done(self) -> bool:
        """Whether the result is available without waiting."""
        ...


class Answered(Generic[T_co]):
    """A request that was answered before: the result is available at once."""

    def __init__(self, answer: T_co) -> None:
        self._answer = answer

    def result(self) -> T_co:
        """The answer."""
        return self._answer

    def done(self) -> bool:
        """Always true."""
        return True


class HelmEngine(Protocol):
    """One way to run helm. Calls return at once; several may be under way."""

    @property
    def name(self) -> str:
        """``cli`` or ``embedded``."""
        ...

    def version(self) -> str:
        """Helm's version, ``v4.3.1``."""
        ...

    def kube_version(self, request: RenderRequest) -> str:
        """The Kubernetes version that this request is rendered for, ``v1.36.0``."""
        ...

    def remote_schemas(self, chart: Path) -> tuple[str, ...]:
        """The references in the chart's schemas that helm would fetch (``file: address``); if any, none is used."""
        ...

    def refusal(self, request: RenderRequest) -> str | None:
        """Why this engine can't render the request, and what to do; None if it can."""
        ...

    def lint(self, chart: Path, request: RenderRequest) -> Pending[LintOutput]:
        """Starts ``helm lint``."""
        ...

    def render(self, chart: Path, request: RenderRequest) -> Pending[RenderOutput]:
        """Starts ``helm template``."""
        ...

    def hold(self, chart: Path) -> AbstractContextManager[None]:
        """Promises that a chart's files don't change inside the context: the chart may be loaded once."""
        ...

    def cancel(self, reason: str) -> None:
        """Ends all requests that are under way or wait, as if each had exceeded a limit; later ones are taken again."""
        ...

    def close(self) -> None:
        """Ends every process that is still running."""
        ...


class Limits(NamedTuple):
    """The limits of a helm process: seconds of wall-clock time, bytes of resident memory.

    ``jobs`` is the number of concurrent requests; 0 for the number of cores.
    """

    seconds: float = 60.0
    memory: int = 2 * 1024**3
    environment: Sequence[str] = ()
    jobs: int = 0

    @property
    def at_once(self) -> int:
        """The number of concurrent requests; a lint always runs beside a render."""
        return max(self.jobs or min(os.cpu_count() or 2, 8), 2)
