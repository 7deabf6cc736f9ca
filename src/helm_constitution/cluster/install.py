"""A test deployment: the user's helm installs the chart, tests it, upgrades the baseline to it, and uninstalls it, in a
namespace that the program creates."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.cluster.answers import Deployment
from helm_constitution.cluster.namespace import own_namespace
from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.model import Status
from helm_constitution.core.secret_texts import without_secrets
from helm_constitution.helm.choose import find_helm
from helm_constitution.helm.messages import error_text
from helm_constitution.helm.process import Processes
from helm_constitution.helm.protocol import Limits, RenderRequest

if TYPE_CHECKING:
    from helm_constitution.cluster.connection import Connection
    from helm_constitution.cluster.target import ClusterTarget
    from helm_constitution.compare.comparison import Comparison
    from helm_constitution.render.results import RenderedChart

_GRACE = 30.0
"""Seconds that helm has beyond its own --timeout."""
_LONGEST = 400
"""Characters of helm's words that a finding repeats."""


class _Helm:
    """helm, in one namespace of one context.

    Args:
        binary: helm's absolute path.
        target: names the context.
        namespace: of the release.
        request: the values and the release's name.
    """

    def __init__(self, binary: str, target: ClusterTarget, namespace: str, request: RenderRequest) -> None:
        self._binary = binary
        self._release = request.release_name
        self._common = [f"--kube-context={target.context}", f"--namespace={namespace}"]
        self._timeout = f"--timeout={target.seconds:g}s"
        self._values = [f"--values={file}" for file in request.values_files]
        self._values += [f"{argument.flag}={argument.value}" for argument in request.set_arguments]
        self._processes = Processes(Limits(seconds=target.seconds + _GRACE))

    def install(self, chart: Path) -> str | None:
        """Installs and waits; None on success, else helm's message."""
        return self._run("install", "--wait", *self._values, "--", self._release, str(chart))

    def upgrade(self, chart: Path) -> str | None:
        """See install."""
        return self._run("upgrade", "--wait", *self._values, "--", self._release, str(chart))

    def test(self) -> str | None:
        """See install."""
        return self._run("test", "--", self._release)

    def uninstall(self) -> str | None:
        """See install."""
        return self._run("uninstall", "--wait", "--", self._release)

    def close(self) -> None:
        """Ends helm if it is still running."""
        self._processes.close()

    def _run(self, command: str, *arguments: str) -> str | None:
        run = self._processes.start([self._binary, command, *self._common, self._timeout, *arguments], _environment())
        ended = run.result()
        if ended.breach is not None:
            return ended.breach
        if ended.status == 0:
            return None
        told = error_text(ended.errors) or ended.errors or f"exit status {ended.status}"
        return without_secrets(" ".join(told.split()))[:_LONGEST]


def _environment() -> dict[str, str]:
    """The user's own: the kubeconfig, a proxy, what a plug-in for credentials needs. Without the variables by which
    helm passes its own cluster to a plug-in: this cluster is the one that the user names."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HELM_KUBE")}


def deploy(
    connection: Connection, target: ClusterTarget, rendered: RenderedChart, comparison: Comparison | None
) -> Deployment:
    """Deploys a chart with its default values and the user's.

    Raises:
        ClusterError: the namespace can't be created or removed.
        ConfigurationError: there is no helm command.
    """
    first = rendered.results[0] if rendered.results else None
    if first is None or first.status is not Status.RENDERED:
        reason = first.message if first is not None else "a library chart renders nothing by itself"
        return Deployment(unchecked=(f"no test deployment: the defaults don't render ({reason})",))
    binary = find_helm()
    if binary is None:
        raise ConfigurationError("--cluster-install requires the helm command; install it, or set HELM_BIN")
    with own_namespace(connection) as namespace:
        helm = _Helm(binary, target, namespace, first.scenario.request)
        try:
            failures = _fresh(helm, rendered.chart.path)
            unchecked: Sequence[str] = ()
            if comparison is not None:
                more, unchecked = _over(helm, comparison)
                failures += more
        finally:
            helm.close()
    return Deployment(tuple(failures), tuple(unchecked))


def _fresh(helm: _Helm, chart: Path) -> list[str]:
    """The failed steps of installing, testing and uninstalling."""
    failures = []
    if (told := helm.install(chart)) is not None:
        failures.append(f"helm install --wait fails: {told}")
    elif (told := helm.test()) is not None:
        failures.append(f"helm test fails: {told}")
    if (told := helm.uninstall()) is not None and not failures:
        failures.append(f"helm uninstall fails: {told}")
    return failures


def _over(helm: _Helm, comparison: Comparison) -> tuple[list[str], list[str]]:
    """The failed steps of upgrading from the baseline, and the reason why they could not be tried."""
    version = comparison.old.chart.version
    if (told := helm.install(comparison.old.chart.path)) is not None:
        helm.uninstall()
        return [], [f"upgrade not tested: the baseline {version} can't be installed ({told})"]
    told = helm.upgrade(comparison.new.chart.path)
    helm.uninstall()
    return [f"helm upgrade --wait from {version} fails: {told}"] if told is not None else [], []
