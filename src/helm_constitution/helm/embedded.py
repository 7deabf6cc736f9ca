"""The engine without a helm binary: Helm's Go SDK as a shared library (helm-python-sdk), in a process of its own."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path

from helm_constitution.core.errors import EngineError
from helm_constitution.helm import options, process
from helm_constitution.helm.held import HeldChart, HeldCharts
from helm_constitution.helm.protocol import (
    DEFAULT_KUBE_VERSION,
    Limits,
    LintOutput,
    MessageLevel,
    Pending,
    RenderOutput,
    RenderRequest,
)
from helm_constitution.helm.worker_queue import Answer, Call, WorkerQueue


class EmbeddedEngine:
    """Lints and renders by the embedded library, without network and cluster. One worker serves a whole run.

    It handles several requests at once, each in a thread: one worker with two takes 90 ms less of processor time than
    two workers, each of which would load the library.

    Numbers from ``--set`` reach templates as floats, like those from values files.

    The worker starts with the first request: a chart that is answered from the cache needs none.

    Args:
        limits: the limits of each request; the memory is that of the worker as a whole.
    """

    name = "embedded"

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._started: WorkerQueue | None = None
        self._version: str | None = None
        self._held = HeldCharts()

    def version(self) -> str:
        """The version of Helm's SDK, ``v4.2.3``.

        Raises:
            EngineError: the library can't be loaded.
        """
        if self._version is None:
            from helm_constitution.helm.version import cached_version, keep_version

            library = _library()
            known = cached_version(library) if library is not None else None
            self._version = known if known is not None and self._started is None else self._workers.version()
            if library is not None and known != self._version:
                keep_version(library, self._version)
        return self._version

    def kube_version(self, request: RenderRequest) -> str:
        """The one Kubernetes version that the library renders for."""
        return DEFAULT_KUBE_VERSION

    def remote_schemas(self, chart: Path) -> tuple[str, ...]:
        """The references in the chart's schemas that helm would fetch; if there are any, schemas are not validated."""
        return self._held.of(chart).remote_schemas

    def refusal(self, request: RenderRequest) -> str | None:
        """Why the library can't render the request: it supports one Kubernetes version."""
        what = None
        if options.kube_version(request) != DEFAULT_KUBE_VERSION:
            what = f"only renders for Kubernetes {DEFAULT_KUBE_VERSION}"
        elif request.api_versions:
            what = "does not support --api-versions"
        return what and (f"the embedded engine {what}; install helm (helm.sh/docs/intro/install) and use --engine cli")

    def lint(self, chart: Path, request: RenderRequest) -> Pending[LintOutput]:
        """Starts the equivalent of ``helm lint``.

        Raises:
            ConfigurationError: the request names a missing file, or something that would have to be fetched.
            EngineError: the request has a Kubernetes version or API versions.
        """
        return _Lint(self._ask("lint", self._held.of(chart), request), str(chart))

    def render(self, chart: Path, request: RenderRequest) -> Pending[RenderOutput]:
        """Starts the equivalent of ``helm template``.

        Raises:
            ConfigurationError: the request names a missing file, or something that would have to be fetched.
            EngineError: the request has a Kubernetes version or API versions.
        """
        held = self._held.of(chart)
        return _Render(self._ask("render", held, request), str(chart), held)

    def hold(self, chart: Path) -> AbstractContextManager[None]:
        """Promises that a chart's files don't change inside the context: the worker loads it once, if that is safe."""
        return self._held.hold(chart)

    def cancel(self, reason: str) -> None:
        """Ends all requests that are under way or wait, as if each had exceeded a limit."""
        if self._started is not None:
            self._started.cancel(reason)

    def close(self) -> None:
        """Ends the worker."""
        if self._started is not None:
            self._started.close()

    @property
    def _workers(self) -> WorkerQueue:
        if self._started is None:
            self._started = WorkerQueue(self._limits)
        return self._started

    def _ask(self, do: str, held: HeldChart, request: RenderRequest) -> Call:
        options.check(request)
        if refusal := self.refusal(request):
            raise EngineError(refusal)
        return self._workers.submit(
            {
                "do": do,
                "chart": held.utf8_folder,
                "held": held.number,
                "values": [os.path.abspath(file) for file in request.values_files],
                "sets": [(argument.flag, argument.value) for argument in request.set_arguments],
                "release_name": request.release_name,
                "namespace": request.namespace,
                "is_upgrade": request.is_upgrade,
                "kube_version": DEFAULT_KUBE_VERSION,
                "skip_schema": request.skip_schema or bool(held.remote_schemas),
                "most": process.OUTPUT_LIMIT,
            }
        )


def _library() -> str | None:
    """The library's file, which identifies its version while unchanged; None if another one may be loaded."""
    from importlib.util import find_spec

    package = find_spec("helm_python")
    if os.environ.get("HELM_C_LIB") or package is None or package.origin is None:
        return None
    folder = os.path.join(os.path.dirname(package.origin), "lib")
    files = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return os.path.join(folder, files[-1]) if files else None


class _Lint:
    def __init__(self, call: Call, chart: str) -> None:
        self._call = call
        self._chart = chart
        self._output: LintOutput | None = None

    def result(self) -> LintOutput:
        """Waits for the worker's answer."""
        if self._output is None:
            self._output = self._read(self._call.result())
        return self._output

    def done(self) -> bool:
        """Whether helm has ended."""
        return self._call.done()

    def _read(self, answer: Answer) -> LintOutput:
        from helm_constitution.helm import messages
        from helm_constitution.helm.message_parts import Speaker

        speaker = Speaker.of(self._chart)
        if answer.failure is not None:
            return LintOutput((answer.failure,), failed=True)
        if "error" in answer.message:
            return LintOutput(messages.failure(answer.message["error"], speaker), failed=True)
        entries = [
            messages.LintEntry(MessageLevel(level or 1), path, text) for level, path, text in answer.message["entries"]
        ]
        return LintOutput(messages.lint_messages(entries, speaker))


class _Render:
    def __init__(self, call: Call, chart: str, held: HeldChart) -> None:
        self._work: Call | RenderOutput = call
        self._chart = chart
        self._held = held

    def result(self) -> RenderOutput:
        """Waits for the worker's answer."""
        if isinstance(self._work, Call):
            self._work = self._read(self._work.result())  # helm's own output, which is as large, is dropped
        return self._work

    def done(self) -> bool:
        """Whether helm has ended."""
        return isinstance(self._work, RenderOutput) or self._work.done()

    def _read(self, answer: Answer) -> RenderOutput:
        if answer.failure is not None:
            return RenderOutput(errors=(answer.failure,))
        if "error" in answer.message:
            from helm_constitution.helm import messages
            from helm_constitution.helm.message_parts import Speaker

            return RenderOutput(errors=messages.failure(answer.message["error"], Speaker.of(self._chart)))
        if "is_large" in answer.message:
            from helm_constitution.helm import messages

            return RenderOutput(errors=(messages.broken_limit(process.too_much_output()),))
        from helm_constitution.helm import documents

        rendered = documents.of_files(answer.message["files"], self._held.texts)
        texts = self._held.texts
        return RenderOutput(rendered, documents.faults(rendered, texts) or documents.uninstallable(rendered, texts))
