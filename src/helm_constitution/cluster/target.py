"""Which cluster is asked, and what may be done there."""

from __future__ import annotations

from typing import NamedTuple


class ClusterTarget(NamedTuple):
    """A cluster that the user names.

    ``context`` is one of the kubeconfig's contexts, ``namespace`` one that exists there: namespaced objects are sent
    into it. ``upgrade``: the baseline's objects are brought up to date. ``install``: the chart is installed, tested,
    upgraded and uninstalled. ``allows_writes``: something may be made there, in a namespace of the program's own;
    without it everything is a dry run. ``seconds`` is how long all requests for one chart may take together.
    """

    context: str
    namespace: str
    upgrade: bool = False
    install: bool = False
    allows_writes: bool = False
    seconds: float = 60.0
