"""The engine that runs the user's own helm, 3 or 4."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from helm_constitution.core.errors import NO_THREAD, ConfigurationError, EngineError, lacks_threads
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.scratch import kept_folder
from helm_constitution.core.secret_names import HIDDEN
from helm_constitution.helm import options
from helm_constitution.helm.held import HeldChart, HeldCharts
from helm_constitution.helm.process import Ended, Processes, Run
from helm_constitution.helm.protocol import (
    FailureKind,
    HelmMessage,
    Limits,
    LintOutput,
    MessageLevel,
    Pending,
    RenderOutput,
    RenderRequest,
)
from helm_constitution.helm.schemas import SCHEMA, copy_without_schemas

_JSON_DATA = LazyPattern(r"(?<=--set-json data ).+", re.DOTALL)
"""Helm repeats what it can't read, and says no more about it."""
_SKIP_SCHEMA = "--skip-schema-validation"


class CliEngine:
    """Runs ``helm lint`` and ``helm template`` as processes, side by side, without network and cluster.

    Args:
        helm: the absolute path of the binary.
        limits: the limits of each of its processes.
    """

    name = "cli"

    def __init__(self, helm: str, limits: Limits) -> None:
        self._helm = helm
        self._processes = Processes(limits)
        self._environment = options.environment(tuple(limits.environment), limits.memory)
        self._held = HeldCharts()
        self._copies: list[str] = []
        self._version: str | None = None
        self._version_run: Run | None = None

    def version(self) -> str:
        """Helm's version, ``v4.3.1``.

        Raises:
            EngineError: the binary can't be run or is not helm.
        """
        if self._version is None:
            from helm_constitution.helm.version import cached_version, keep_version

            self._version = cached_version(self._helm)
            if self._version is None:
                self._version = self._ask_version()
                keep_version(self._helm, self._version)
        return self._version

    def _ask_version(self) -> str:
        run = self._version_run or self._start("version", "--template", "{{.Version}}")
        ended = run.result()
        if ended.breach is not None:
            limit = ended.breach.removeprefix("helm ")
            raise EngineError(f"{self._helm} version {limit}; HELM_BIN can name another helm")
        version = ended.output.strip()
        if ended.status != 0 or not version.startswith("v"):
            from helm_constitution.helm import messages

            if lacks_threads(ended.errors):
                raise EngineError(f"{self._helm} {NO_THREAD}")
            words = messages.error_text(ended.errors) or ended.errors.strip() or f"exit status {ended.status}"
            # Go prints the reason first, and a trace after it.
            raise EngineError(f"{self._helm} does not print a Helm version: {words.splitlines()[0]}")
        return version

    def kube_version(self, request: RenderRequest) -> str:
        """The Kubernetes version that this request is rendered for: helm always gets one explicitly."""
        return options.kube_version(request)

    def remote_schemas(self, chart: Path) -> tuple[str, ...]:
        """The references in the chart's schemas that helm would fetch; if there are any, schemas are not validated."""
        return self._held.of(chart).remote_schemas

    def refusal(self, request: RenderRequest) -> str | None:
        """None: helm renders for any Kubernetes version."""
        return None

    def hold(self, chart: Path) -> AbstractContextManager[None]:
        """Promises that a chart's files don't change inside the context: its schemas are searched once."""
        return self._held.hold(chart)

    def lint(self, chart: Path, request: RenderRequest) -> Pending[LintOutput]:
        """Starts ``helm lint``.

        Raises:
            ConfigurationError: the request names a missing file, or something that would have to be fetched.
        """
        options.check(request)
        held = self._held.of(chart)
        folder = held.folder
        flags = self._flags(held, request)
        if _SKIP_SCHEMA in flags and os.path.isfile(os.path.join(folder, SCHEMA)):
            # Helm 3's lint validates values.yaml against the schema all the same.
            folder = self._copy_without_schemas(folder)
        return _Lint(self._start("lint", *flags, "--", folder), self._helm, str(chart))

    def render(self, chart: Path, request: RenderRequest) -> Pending[RenderOutput]:
        """Starts ``helm template``.

        Raises:
            ConfigurationError: the request names a missing file, or something that would have to be fetched.
        """
        options.check(request)
        held = self._held.of(chart)
        flags = self._flags(held, request)
        flags += [f"--api-versions={_csv(version)}" for version in request.api_versions]
        if request.is_upgrade:
            flags.append("--is-upgrade")

        def start(*more: str) -> Run:
            return self._start("template", *flags, *more, "--", request.release_name, held.folder)

        pending = _Render(start, self._helm, str(chart), held)
        self._ask_version_beside()
        return pending

    def cancel(self, reason: str) -> None:
        """Ends all requests that are under way or wait, as if each had exceeded a limit."""
        self._processes.cancel(reason)

    def close(self) -> None:
        """Ends every process that is still running."""
        self._processes.close()
        for folder in self._copies:
            import shutil

            shutil.rmtree(folder, ignore_errors=True)
        self._copies.clear()

    def _copy_without_schemas(self, folder: str) -> str:
        place = str(kept_folder())
        self._copies.append(place)
        copy = os.path.join(place, os.path.basename(folder) or "chart")
        copy_without_schemas(folder, copy)
        return copy

    def _flags(self, held: HeldChart, request: RenderRequest) -> list[str]:
        flags = [f"--kube-version={options.kube_version(request)}", f"--namespace={request.namespace}"]
        # Absolute, so that no path reads like an address.
        flags += [f"--values={_csv(os.path.abspath(file))}" for file in request.values_files]
        flags += [f"{argument.flag}={argument.value}" for argument in request.set_arguments]
        if request.skip_schema or held.remote_schemas:
            flags.append(_SKIP_SCHEMA)
        return flags

    def _start(self, *arguments: str) -> Run:
        return self._processes.start([self._helm, *arguments], self._environment)

    def _ask_version_beside(self) -> None:
        """If the version is unknown, asks helm for it while the chart is read."""
        if self._version is None and self._version_run is None:
            from helm_constitution.helm.version import cached_version

            self._version = cached_version(self._helm)
            if self._version is None:
                self._version_run = self._start("version", "--template", "{{.Version}}")


class _Lint:
    def __init__(self, run: Run, helm: str, chart: str) -> None:
        self._run = run
        self._helm = helm
        self._chart = chart
        self._output: LintOutput | None = None

    def result(self) -> LintOutput:
        """Waits for ``helm lint``."""
        if self._output is None:
            self._output = self._read(self._run.result())
        return self._output

    def done(self) -> bool:
        """Whether helm has ended."""
        return self._run.done()

    def _read(self, ended: Ended) -> LintOutput:
        from helm_constitution.helm import messages
        from helm_constitution.helm.message_parts import Speaker

        if ended.breach is not None:
            return LintOutput((messages.broken_limit(ended.breach),), failed=True)
        if ended.status == 0 and not messages.is_whole_lint(ended.output):
            return LintOutput((messages.broken_output("lint", ended.output),), failed=True)
        entries = messages.lint_entries(ended.output)
        if ended.status == 0 or entries:
            return LintOutput(messages.lint_messages(entries, Speaker.of(self._chart)))
        return LintOutput(_failure(ended, self._helm, self._chart), failed=True)


class _Render:
    def __init__(self, start: Callable[..., Run], helm: str, chart: str, held: HeldChart) -> None:
        self._start = start
        self._work: Run | RenderOutput = start()
        self._helm = helm
        self._chart = chart
        self._held = held

    def result(self) -> RenderOutput:
        """Waits for ``helm template``."""
        if isinstance(self._work, Run):
            self._work = self._read(self._work.result())  # helm's own output, which is as large, is dropped
        return self._work

    def done(self) -> bool:
        """Whether helm has ended."""
        return isinstance(self._work, RenderOutput) or self._work.done()

    def _read(self, ended: Ended) -> RenderOutput:
        from helm_constitution.helm import documents

        if ended.breach is not None:
            from helm_constitution.helm import messages

            return RenderOutput(errors=(messages.broken_limit(ended.breach),))
        if ended.status == 0:
            if not documents.is_whole(ended.output):
                from helm_constitution.helm import messages

                return RenderOutput(errors=(messages.broken_output("template", ended.output),))
            if self._held.is_unsupported:
                return RenderOutput(errors=(HelmMessage(MessageLevel.ERROR, "unsupported chart version"),))
            rendered = documents.of_output(ended.output)
            return RenderOutput(rendered, documents.uninstallable(rendered))
        errors = _failure(ended, self._helm, self._chart)
        if errors[0].kind is not FailureKind.YAML:
            return RenderOutput(errors=errors)
        # Helm names the first broken document only; with --debug it shows them all.
        shown = self._start("--debug").result()
        if shown.breach is not None:
            return self._read(shown)
        rendered = documents.of_debug_output(shown.output, self._held.texts)
        return RenderOutput(rendered, documents.faults(rendered, self._held.texts) or errors)


def _failure(ended: Ended, helm: str, chart: str) -> tuple[HelmMessage, ...]:
    from helm_constitution.helm import messages
    from helm_constitution.helm.message_parts import Speaker

    text = messages.error_text(ended.errors)
    if text is None:
        return (messages.crash(ended.status, ended.errors),)
    if text.startswith("unknown flag: "):
        raise EngineError(
            f"{helm} is too old ({text}): helm lint takes --kube-version from 3.14 on, --skip-schema-validation from "
            'helm 3.16 on; install a newer one, or use the embedded engine: pip install "helm-constitution[embedded]"'
        )
    if text.startswith("failed parsing --set"):
        raise ConfigurationError(_JSON_DATA.sub(HIDDEN, text))
    return messages.failure(text, Speaker.of(chart))


def _csv(value: str) -> str:
    """One value of a flag that takes several with commas between them (CSV in helm's option parser)."""
    return '"' + value.replace('"', '""') + '"' if any(mark in value for mark in ',"\n') else value
