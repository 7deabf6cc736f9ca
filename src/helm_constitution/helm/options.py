"""What both engines share: which requests are rejected, and helm's environment."""

from __future__ import annotations

import os
import re
from pathlib import Path

from helm_constitution.core.errors import ConfigurationError
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.helm.protocol import DEFAULT_KUBE_VERSION, RenderRequest
from helm_constitution.kubernetes.names import DNS_LABEL, LONGEST_LABEL
from helm_constitution.kubernetes.versions import NEWEST

# The schemes that helm's getters know. Go reads the scheme in any case; Path makes one slash of two.
_URL = LazyPattern(r"(?:https?|oci):", re.IGNORECASE)
_SET_FILE_URL = LazyPattern(r"[=,]\s*((?:https?|oci):[^,]*)", re.IGNORECASE)
_AHEAD = 3
"""Minor versions, of which a year has three, that may be newer than the newest known one."""
_KUBE_VERSION = LazyPattern(r"v?(\d+)\.(\d+)(?:\.(\d+))?((?:[-+][0-9A-Za-z.+-]+)?)")

DEAD_PROXY = "http://127.0.0.1:9"
"""Nothing listens on the discard port: what goes there goes nowhere."""


def check(request: RenderRequest) -> None:
    """Rejects what helm would fetch, and missing files.

    Raises:
        ConfigurationError: with what to do instead.
    """
    for file in request.values_files:
        _check_values_file(file)
    for argument in request.set_arguments:
        # A backslash makes the next character plain: "h\ttp:" is "http:".
        if argument.flag == "--set-file" and (match := _SET_FILE_URL.search(argument.value.replace("\\", ""))):
            raise ConfigurationError(f"--set-file must be a local file: helm would fetch {match[1]}; download it first")
    check_namespace(request.namespace)
    kube_version(request)


def check_namespace(name: str, option: str = "--namespace") -> None:
    """Rejects an invalid namespace: helm renders into any, and its install fails.

    Raises:
        ConfigurationError: the name is not a DNS label (RFC 1123).
    """
    if len(name) > LONGEST_LABEL or not DNS_LABEL.fullmatch(name):
        raise ConfigurationError(
            f"{option} {name!r} must consist of lower-case letters, digits and dashes, begin and end with a letter or "
            "digit, and have at most 63 characters"
        )


def _check_values_file(file: Path) -> None:
    name = str(file)
    if _URL.match(name):
        raise ConfigurationError("must be a local file: helm would fetch this one; download it first", file=name)
    if name == "-":
        raise ConfigurationError("values must come from a file: helm would read standard input more than once")
    if not os.path.isfile(name):
        if os.path.exists(name):
            raise ConfigurationError("must be a regular file: helm reads values more than once", file=name)
        raise ConfigurationError("no such values file", file=name)


def kube_version(request: RenderRequest) -> str:
    """The Kubernetes version of a request in full: ``v1.29.0`` for ``1.29``.

    Raises:
        ConfigurationError: it is not a version, or one that can't exist yet.
    """
    if request.kube_version is None:
        return DEFAULT_KUBE_VERSION
    match = _KUBE_VERSION.fullmatch(request.kube_version)
    if match is None:
        raise ConfigurationError(
            f"--kube-version {request.kube_version!r} is not a Kubernetes version; write it like v1.36.0 or 1.36"
        )
    major, minor, patch, rest = match.groups()
    if (int(major), int(minor)) > (1, NEWEST + _AHEAD):
        raise ConfigurationError(f"--kube-version {request.kube_version} must be between 1.0 and 1.{NEWEST}")
    return f"v{int(major)}.{int(minor)}.{int(patch or 0)}{rest}"


def environment(extra: tuple[str, ...], memory: int) -> dict[str, str]:
    """The environment for helm: the user's, without variables for a cluster, a plugin, a cache or the network.

    Args:
        extra: more assignments, ``NAME=value``.
        memory: helm's limit in bytes.
    """
    kept = {name: value for name, value in os.environ.items() if not _leads_out(name)}
    # A folder that doesn't exist and that nobody else can make: helm finds nothing there and writes nothing.
    nowhere = os.path.join(os.path.dirname(os.path.abspath(__file__)), "nowhere")
    kept.update(
        KUBECONFIG=os.devnull,
        HELM_NO_PLUGINS="1",
        HELM_CACHE_HOME=nowhere,
        HELM_CONFIG_HOME=nowhere,
        HELM_DATA_HOME=nowhere,
        # Less collecting of garbage saves a quarter of helm's time; near the limit it collects all the same.
        GOGC="400",
        GOMEMLIMIT=str(memory * 3 // 4),
        GOTRACEBACK="none",
    )
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        kept[name] = kept[name.lower()] = DEAD_PROXY
    for assignment in extra:
        name, _, value = assignment.partition("=")
        kept[name] = value
    return kept


def _leads_out(name: str) -> bool:
    upper = name.upper()
    # HELM_C_LIB names the embedded engine's library.
    return (upper.startswith(("HELM_", "KUBE")) and upper != "HELM_C_LIB") or upper.endswith("_PROXY")
