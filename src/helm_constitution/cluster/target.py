"""The cluster to ask, and what may be done there."""

from __future__ import annotations

from helm_constitution.core.named_tuples import NamedTuple


class ClusterTarget(NamedTuple):
    """A cluster that the user names.

    ``context`` is one of the kubeconfig's contexts, ``namespace`` one that exists there: namespaced objects are sent
    into it. ``upgrade``: updates of the baseline's objects are tried. ``install``: the chart is installed, tested,
    upgraded and uninstalled. ``allows_writes``: objects may be created there, in a namespace that the program creates;
    without it everything is a dry run. ``seconds`` is the time limit of all requests for one chart together.
    """

    context: str
    namespace: str
    upgrade: bool = False
    install: bool = False
    allows_writes: bool = False
    seconds: float = 60.0
