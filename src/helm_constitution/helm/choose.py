"""Which helm runs: the one that the user has, or the embedded one."""

from __future__ import annotations

import os
import sys
from typing import Literal

from helm_constitution.core.errors import EngineError
from helm_constitution.helm.protocol import HelmEngine, Limits

_GET_HELM = "install helm (helm.sh/docs/intro/install)"
_GET_EMBEDDED = 'pip install "helm-constitution[embedded]"'


def choose_engine(kind: Literal["auto", "cli", "embedded"], limits: Limits) -> HelmEngine:
    """The engine to run: with ``auto`` ``$HELM_BIN``, else helm on PATH, else the embedded one.

    Args:
        kind: ``auto``, or the one that must be.
        limits: what each of its processes may use.

    Raises:
        EngineError: there is none of that kind; the message names the ways to get one.
    """
    if kind != "embedded":
        helm = find_helm()
        if helm is not None:
            from helm_constitution.helm.cli import CliEngine

            return CliEngine(helm, limits)
        if kind == "cli":
            raise EngineError(f"no helm on PATH, and HELM_BIN is not set; {_GET_HELM}, or leave out --engine cli")
    if has_embedded():
        from helm_constitution.helm.embedded import EmbeddedEngine

        return EmbeddedEngine(limits)
    if kind == "embedded":
        raise EngineError(f"the embedded engine is not installed; {_GET_EMBEDDED}")
    raise EngineError(f"no helm to render charts with: {_GET_HELM}, or {_GET_EMBEDDED}")


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
        raise EngineError(f"HELM_BIN is set to {named!r}, which can't be run; unset it or name a helm")
    return found


def has_embedded() -> bool:
    """Whether the embedded engine's package is installed. It is not imported: that would load its library."""
    from importlib.util import find_spec

    return find_spec("helm_python") is not None


def _which(name: str) -> str | None:
    """As shutil.which, whose import costs 7 ms, and as an absolute path."""
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
