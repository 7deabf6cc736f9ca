"""Charts of Helm repositories and OCI registries: listed and pulled by helm, with the credentials that helm has."""

from __future__ import annotations

import fnmatch
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from helm_constitution.core.errors import ChartError, ConfigurationError, YamlSyntaxError
from helm_constitution.core.scratch import kept_folder
from helm_constitution.fleet.git_charts import newest_versions
from helm_constitution.fleet.place import Kind, Place
from helm_constitution.helm.choose import find_helm, has_embedded
from helm_constitution.text.yaml import load_document

OCI = "oci://"
SECONDS = 300.0
_NAME = "fleet"
"""What helm calls a repository, in a configuration that holds no other."""
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
"""Registries on this machine speak HTTP without encryption."""

_CONFIGURED: dict[str, str] = {}
"""The folder with helm's configuration and index of each repository, by its address."""


def repository_places(source: str, newest: int) -> list[Place]:
    """The charts of a Helm repository.

    Args:
        source: its address, behind a ``#`` a chart's name, which may have ``*``.
        newest: how many versions of each chart.

    Raises:
        ConstitutionError: helm can't read it, or there is no such chart.
    """
    address, _, pattern = source.partition("#")
    said = _helm(source, "search", "repo", "--versions", "--max-col-width", "0", "-o", "json", *_options(address))
    versions: dict[str, list[str]] = {}
    for entry in _listed(said, source):
        versions.setdefault(entry["name"].removeprefix(f"{_NAME}/"), []).append(entry["version"])
    named = {name: found for name, found in sorted(versions.items()) if fnmatch.fnmatchcase(name, pattern or "*")}
    if not named:
        raise ChartError(
            f"the repository has no chart {pattern}" if pattern else "the repository is empty", file=source
        )
    return [
        Place(Kind.REPOSITORY, f"{address.rstrip('/')}/{name}:{version}", address, name, version)
        for name, found in named.items()
        for version in newest_versions(found, newest)
    ]


def registry_places(source: str, newest: int) -> list[Place]:
    """The versions of a chart in an OCI registry.

    Args:
        source: ``oci://host/path/chart``, behind a ``:`` a version.
        newest: how many versions, where none is named.

    Raises:
        ConstitutionError: the registry can't be read, or has no version of it.
    """
    head, slash, name = source.rpartition("/")
    name, _, version = name.partition(":")
    where = f"{head}{slash}{name}"
    if not name or head in (OCI.rstrip("/"), "oci:/"):
        raise ConfigurationError("must be oci://HOST/PATH/CHART or oci://HOST/PATH/CHART:VERSION", file=source)
    versions = [version] if version else newest_versions(_tags(where, newest), newest)
    if not versions:
        raise ChartError("the registry has no version of this chart", file=source)
    return [Place(Kind.REGISTRY, f"{where}:{one}", where, "", one) for one in versions]


def pull(place: Place, folder: Path) -> Path:
    """Pulls a chart's package into a folder, and gives it.

    Raises:
        ConstitutionError: helm can't pull it.
    """
    if place.kind is Kind.REPOSITORY:
        what = (f"{_NAME}/{place.chart}", *_options(place.where))
    else:
        what = (place.where, *_plain(place.where))
    _helm(place.shown, "pull", what[0], "--version", place.version, "--destination", str(folder), *what[1:])
    packages = sorted(folder.glob("*.tgz"))
    if len(packages) != 1:
        raise ChartError("helm pulled no package", file=place.shown)
    return packages[0]


def _options(address: str) -> tuple[str, ...]:
    """What tells helm to know this repository alone; its index is fetched the first time."""
    folder = _CONFIGURED.get(address)
    if folder is None or not os.path.isdir(folder):
        folder = str(kept_folder())
        file = Path(folder, "repositories.yaml")
        # JSON is YAML. The folder is this user's alone: credentials may stand in it.
        file.write_text(json.dumps({"apiVersion": "", "repositories": [_entry(address)]}), "utf-8")
        said = _helm(address, "repo", "update", _NAME, *_files(folder))
        if not os.path.isfile(os.path.join(folder, f"{_NAME}-index.yaml")):  # Helm 3 calls that a success
            raise _failed(said, address)
        _CONFIGURED[address] = folder
    return _files(folder)


def _files(folder: str) -> tuple[str, ...]:
    return "--repository-config", os.path.join(folder, "repositories.yaml"), "--repository-cache", folder


def _entry(address: str) -> dict[str, Any]:
    """Helm's own entry of a repository, with its credentials, under our name; a bare one where helm has none."""
    file = Path(_helm(address, "env", "HELM_REPOSITORY_CONFIG").strip())
    if file.is_file():
        try:
            entries = load_document(file.read_text("utf-8"), str(file)).view.get("repositories").items()
        except (OSError, UnicodeDecodeError, YamlSyntaxError) as error:
            raise ConfigurationError(f"helm's list of repositories can't be read: {error}", file=str(file)) from None
        for entry in entries:
            if (entry.get("url").string() or "").rstrip("/") == address.rstrip("/") and isinstance(entry.data, dict):
                return {**entry.data, "name": _NAME}
    return {"name": _NAME, "url": address}


def _tags(where: str, newest: int) -> list[str]:
    """The versions of a chart in a registry. helm has no command that lists them: the embedded library does."""
    if has_embedded():
        # Not with the modules of the current folder, where a chart may hold a json.py.
        command = [sys.executable, "-P", "-m", "helm_constitution.fleet.registry_tags", where, *_plain(where)]
        return [str(tag) for tag in json.loads(_run(where, command))]
    if newest > 1:
        raise ConfigurationError(
            "helm can't list a registry's versions; name each as oci://…:VERSION, or install the embedded engine: "
            'pip install "helm-constitution[embedded]"',
            file=where,
        )
    shown = load_document(_helm(where, "show", "chart", where, *_plain(where)), "Chart.yaml")
    return [shown.view.get("version").string() or ""]


def _plain(where: str) -> tuple[str, ...]:
    host = where.removeprefix(OCI).partition("/")[0]
    return ("--plain-http",) if host.rpartition(":")[0] in _LOCAL_HOSTS or host in _LOCAL_HOSTS else ()


def _listed(said: str, source: str) -> list[dict[str, str]]:
    try:
        found = json.loads(said)
        return [{"name": str(one["name"]), "version": str(one["version"])} for one in found]
    except (ValueError, TypeError, KeyError):
        raise ConfigurationError("helm prints the list of charts in an unknown format", file=source) from None


def _helm(shown: str, *arguments: str) -> str:
    helm = find_helm()
    if helm is None:
        raise ConfigurationError("requires the helm command, which is not on PATH; install it", file=shown)
    return _run(shown, [helm, *arguments])


def _run(shown: str, command: list[str]) -> str:
    """What a command prints.

    Raises:
        ConfigurationError: it fails, with its last words.
    """
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise ConfigurationError(f"helm did not finish within {SECONDS:g} s and was stopped", file=shown) from None
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"helm can't be run: {error}", file=shown) from None
    if done.returncode:
        raise _failed(done.stdout + done.stderr, shown)
    return done.stdout


def _failed(said: str, shown: str) -> ConfigurationError:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if "dial tcp" in line or line.startswith(("Error:", "error:"))] or lines[-1:]
    words = telling[0].removeprefix("Error: ") if telling else "helm printed no message"
    return ConfigurationError(f"helm can't read it: {words}", file=shown)
