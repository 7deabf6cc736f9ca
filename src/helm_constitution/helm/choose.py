"""Which helm is used: the user's own, or the embedded one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from helm_constitution.core.errors import EngineError
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.helm.protocol import HelmEngine, Limits


class EngineKind(NamedTuple):
    """A way to run helm.

    ``find`` returns what runs it, None if it is not installed, and raises EngineError if it is set up wrongly;
    ``start`` creates the engine from that. ``absent`` is the reason why there is none, ``how_to_get`` what to do.
    """

    name: str
    find: Callable[[], str | None]
    start: Callable[[str, Limits], HelmEngine]
    absent: str
    how_to_get: str


def _start_cli(helm: str, limits: Limits) -> HelmEngine:
    from helm_constitution.helm.cli import CliEngine

    return CliEngine(helm, limits)


def _find_embedded() -> str | None:
    return "helm_python" if has_embedded() else None


def _start_embedded(_: str, limits: Limits) -> HelmEngine:
    from helm_constitution.helm.embedded import EmbeddedEngine

    return EmbeddedEngine(limits)


def _find_cli() -> str | None:
    return find_helm()


ENGINES: tuple[EngineKind, ...] = (
    EngineKind(
        "cli",
        _find_cli,
        _start_cli,
        "no helm on PATH, and HELM_BIN is not set",
        "install helm (helm.sh/docs/intro/install)",
    ),
    EngineKind(
        "embedded",
        _find_embedded,
        _start_embedded,
        "the embedded engine is not installed",
        'pip install "helm-constitution[embedded]"',
    ),
)
"""The engines, in the order in which ``auto`` tries them."""

AUTO = "auto"
"""The choice of the first engine that is here."""


def choose_engine(name: str, limits: Limits) -> HelmEngine:
    """The engine to run.

    Args:
        name: ``auto`` for the first one that is installed, or the required one.
        limits: the limits of each of its processes.

    Raises:
        EngineError: there is no engine of that name; the message names the ways to get one.
    """
    for kind in ENGINES:
        if name in (AUTO, kind.name):
            found = kind.find()
            if found is not None:
                return kind.start(found, limits)
            if kind.name == name:
                others = f", or omit --engine {name}" if kind is ENGINES[0] else ""
                raise EngineError(f"{kind.absent}; {kind.how_to_get}{others}")
    raise EngineError(f"helm is required to render charts: {', or '.join(kind.how_to_get for kind in ENGINES)}")


def find_helm() -> str | None:
    """The absolute path of the user's helm: ``$HELM_BIN`` (set by helm for a plugin, as it was typed), else from PATH.

    Raises:
        EngineError: HELM_BIN names something that can't be run.
    """
    named = os.environ.get("HELM_BIN")
    if not named:
        return _which("helm")
    found = _which(named)
    if found is None:
        raise EngineError(f"HELM_BIN is set to {named!r}, which can't be run; set it to a helm executable, or unset it")
    return found


def has_embedded() -> bool:
    """Whether the embedded engine's package is installed. It is not imported: that would load the shared library."""
    from importlib.util import find_spec

    return find_spec("helm_python") is not None


def _which(name: str) -> str | None:
    """Like shutil.which, whose import costs 7 ms, but returns an absolute path."""
    if sys.platform == "win32":
        from shutil import which

        found = which(name)
        return None if found is None else os.path.abspath(found)
    folders = [""] if os.sep in name else os.get_exec_path()
    for folder in folders:
        path = os.path.abspath(os.path.join(folder, name))
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None
