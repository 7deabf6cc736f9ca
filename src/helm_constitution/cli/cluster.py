"""The options of ``check`` for a cluster, and what is asked of it before any chart is checked."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec

import click

from helm_constitution.cli.options import CheckArguments
from helm_constitution.cluster.connect import connect
from helm_constitution.cluster.target import ClusterTarget
from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.helm.options import check_namespace

_P = ParamSpec("_P")

OF_CLUSTER = "cluster"
"""The value of ``--kube-version`` for the version that the cluster has."""


class ClusterArguments(NamedTuple):
    """The options as they were given."""

    context: str | None
    namespace: str | None
    release: str | None
    upgrade: bool
    install: bool
    allows_writes: bool


_OPTIONS = (
    click.option(
        "--cluster",
        "context",
        metavar="CONTEXT",
        help="Send every object to the API server of this kubeconfig context, as a dry run. The current context is "
        "used only if you name it.",
    ),
    click.option(
        "--cluster-namespace",
        "cluster_namespace",
        metavar="NAMESPACE",
        help="The namespace to send namespaced objects to; it must exist.",
    ),
    click.option(
        "--cluster-release",
        "release",
        metavar="NAME",
        help="Render with this release name, that of a release installed in the namespace.",
    ),
    click.option(
        "--cluster-upgrade",
        "upgrade",
        is_flag=True,
        help="With --baseline: check whether the baseline's objects can be updated to the chart's.",
    ),
    click.option(
        "--cluster-install",
        "install",
        is_flag=True,
        help="Install, test, upgrade and uninstall the chart in a temporary namespace. Requires "
        "--cluster-allow-writes.",
    ),
    click.option(
        "--cluster-allow-writes",
        "allows_writes",
        is_flag=True,
        help="Allow the creation of a temporary namespace with objects, which is removed afterwards.",
    ),
)


def cluster_options(command: Callable[_P, int]) -> Callable[..., int]:
    """Gives a command the options for a cluster; it gets them as its argument ``cluster``, typed."""

    @functools.wraps(command)
    def typed(*args: _P.args, **kwargs: _P.kwargs) -> int:
        taken = {name: kwargs.pop(name) for name in ClusterArguments._fields if name != "namespace"}
        kwargs["cluster"] = ClusterArguments(namespace=kwargs.pop("cluster_namespace"), **taken)  # type: ignore[arg-type]
        return command(*args, **kwargs)

    decorated: Callable[..., int] = typed
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


def with_cluster(arguments: CheckArguments, given: ClusterArguments) -> CheckArguments:
    """What the command line asks for, with the cluster, which is asked whether it is there.

    Raises:
        ConfigurationError: options that need each other.
        ClusterError: the cluster can't be asked.
    """
    options = arguments.options
    request = options.request
    target = _target(arguments, given)
    if target is None:
        if request.kube_version == OF_CLUSTER:
            raise ConfigurationError("--kube-version cluster requires --cluster, the context whose version to use")
        return arguments
    connection = connect(target)
    if request.kube_version == OF_CLUSTER:
        served = (*request.api_versions, *connection.api_versions())
        request = request._replace(kube_version=connection.version(), api_versions=served)
    if given.release is not None:
        request = request._replace(release_name=given.release)
    return arguments._replace(options=options._replace(request=request, cluster=target))


def _target(arguments: CheckArguments, given: ClusterArguments) -> ClusterTarget | None:
    """The cluster that is named; None where none is."""
    if given.context is None:
        others = [
            f"--cluster-{name}" for name in ("namespace", "release", "upgrade", "install") if getattr(given, name)
        ]
        if given.allows_writes:
            others.append("--cluster-allow-writes")
        if others:
            raise ConfigurationError(f"{others[0]} requires --cluster")
        return None
    if not given.context:
        raise ConfigurationError("--cluster must name a context of the kubeconfig")
    if not given.namespace:
        raise ConfigurationError("--cluster requires --cluster-namespace, an existing namespace")
    check_namespace(given.namespace, "--cluster-namespace")
    if given.upgrade and arguments.options.baseline is None:
        raise ConfigurationError("--cluster-upgrade requires --baseline, the release to upgrade from")
    if given.install and not given.allows_writes:
        raise ConfigurationError("--cluster-install creates objects in the cluster: it requires --cluster-allow-writes")
    return ClusterTarget(
        given.context,
        given.namespace,
        upgrade=given.upgrade,
        install=given.install,
        allows_writes=given.allows_writes,
        seconds=arguments.limits.seconds,
    )
