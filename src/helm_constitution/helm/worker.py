"""The process that runs Helm's Go SDK for the embedded engine: reads requests, answers them.

Forked from the program before anything heavy is loaded, or started as ``python -m helm_constitution.helm.worker``.
Requests come on standard input, answers go to standard output, each a length and a value in Python's marshal format
(both ends are this same Python). Each request has a thread of its own, so that lint and render run side by side.
"""

from __future__ import annotations

import marshal
import os
import re
import sys
import threading
from typing import Any

from helm_constitution.text.semver import parse_constraint, parse_version

LENGTH_BYTES = 8

Message = dict[str, Any]


def write_message(descriptor: int, message: Message) -> None:
    """Writes one message. Raises OSError if the other end is closed."""
    data = marshal.dumps(message)
    rest = memoryview(len(data).to_bytes(LENGTH_BYTES, "big") + data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def read_message(descriptor: int) -> Message | None:
    """Reads one message; None if the other end is closed."""
    head = _read(descriptor, LENGTH_BYTES)
    if head is None:
        return None
    data = _read(descriptor, int.from_bytes(head, "big"))
    return None if data is None else marshal.loads(data)


def _read(descriptor: int, size: int) -> bytes | None:
    parts = []
    while size:
        part = os.read(descriptor, min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def serve() -> None:
    """Answers requests until the input is closed. Standard output is reserved for answers: the library may print."""
    requests, answers = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    import helm_python

    threading.excepthook = _give_up
    lock = threading.Lock()
    write_message(answers, {"id": 0, "version": helm_python.helm_sdk_version()})

    def answer(request: Message) -> None:
        message = _answer(request)
        message["id"] = request["id"]
        with lock:
            write_message(answers, message)

    while (request := read_message(requests)) is not None:
        threading.Thread(target=answer, args=(request,), daemon=True).start()


def _give_up(failure: threading.ExceptHookArgs) -> None:
    """A request that can't be answered ends the process: the other side notices that, and doesn't wait."""
    sys.excepthook(failure.exc_type, failure.exc_value or failure.exc_type(), failure.exc_traceback)
    sys.stderr.flush()
    os._exit(70)


def _answer(request: Message) -> Message:
    from helm_python import HelmError

    try:
        values = _values(request)
    except HelmError as error:
        return {"error": error.detail}
    except (ValueError, OSError) as error:
        return {"usage": str(error)}
    try:
        return _lint(request, values) if request["do"] == "lint" else _render(request, values)
    except HelmError as error:
        return {"error": error.detail}


def _values(request: Message) -> dict[str, Any]:
    import helm_python

    from helm_constitution.helm.set_values import apply, merge

    values: dict[str, Any] = {}
    for name in request["values"]:
        with open(name, encoding="utf-8", errors="replace") as file:
            text = file.read()
        for part in _yaml_documents(text):
            try:
                values = merge(values, helm_python.values_from_yaml(part))
            except helm_python.HelmValuesError as error:
                raise helm_python.HelmValuesError(f"failed to parse {name}: {error.detail}") from error
    return apply(request["sets"], values)


def _yaml_documents(text: str) -> list[str]:
    """Helm 4 merges all documents of a values file."""
    return re.split(r"^---[ \t\r]*$", text, flags=re.MULTILINE)


def _lint(request: Message, values: dict[str, Any]) -> Message:
    import helm_python

    report = helm_python.lint(
        request["chart"],
        values,
        namespace=request["namespace"],
        kube_version=request["kube_version"],
        skip_schema_validation=request["skip_schema"],
    )
    entries = [(entry["severity"], entry["path"], entry["error"]) for entry in report["messages"]]
    # The errors repeat the messages, except where there are none.
    return {"entries": entries or [(3, "", error) for error in report["errors"]]}


def _render(request: Message, values: dict[str, Any]) -> Message:
    import helm_python

    helm_python.validate_release_name(request["release_name"])
    chart, metadata, fault = _loaded(request)
    if fault is not None:
        return {"error": fault}
    try:
        files = chart.render(
            values,
            name=request["release_name"],
            namespace=request["namespace"],
            is_upgrade=True if request["is_upgrade"] else None,
            is_install=False if request["is_upgrade"] else None,
            revision=2 if request["is_upgrade"] else None,
        )
    except helm_python.HelmValuesError:
        raise
    except helm_python.HelmError as error:
        return {"error": _incompatible(metadata, request["kube_version"]) or error.detail}
    if fault := _incompatible(metadata, request["kube_version"]):
        return {"error": fault}
    return {"files": files} if sum(map(len, files.values())) <= request["most"] else {"is_large": True}


_MOST_KEPT = 4
_keeping = threading.Lock()
_kept: dict[tuple[int, bool], tuple[Any, dict[str, Any]]] = {}
"""Charts that are held, and their metadata, by the number of the hold and whether their schemas are left out."""


def _loaded(request: Message) -> tuple[Any, dict[str, Any], str | None]:
    """The chart, its metadata, and why ``helm template`` rejects it before it renders.

    A held chart is loaded once: rendering doesn't modify it, unless it has dependencies. Rendering permanently removes
    disabled ones from the loaded chart.
    """
    key = (request["held"], request["skip_schema"])
    kept = _kept.get(key)
    if kept is not None:
        return *kept, None
    chart = _load(request)
    metadata = chart.metadata
    dependencies = chart.dependencies
    fault = _uninstallable(metadata, {dependency["name"] for dependency in dependencies})
    if request["held"] and fault is None and not dependencies and not metadata.get("dependencies"):
        with _keeping:
            if len(_kept) >= _MOST_KEPT:
                del _kept[next(iter(_kept))]
            _kept[key] = chart, metadata
    return chart, metadata, fault


def _load(request: Message) -> Any:
    import helm_python

    if not request["skip_schema"]:
        return helm_python.Chart.load(request["chart"])
    # The library always validates the values while it renders, so it is given a copy without schemas.
    import tempfile

    with tempfile.TemporaryDirectory(prefix="helm-constitution-") as folder:
        copy = os.path.join(folder, os.path.basename(request["chart"]) or "chart")
        _copy_without_any_schema(request["chart"], copy)
        return helm_python.Chart.load(copy)


def _copy_without_any_schema(source: str, target: str) -> None:
    import helm_python

    from helm_constitution.helm.schemas import SCHEMA, copy_without_schemas

    copy_without_schemas(source, target)
    broken: set[str] = set()
    packaged = True
    while packaged:  # an unpacked subchart may hold packaged ones
        packaged = False
        for folder, _, names in os.walk(target):
            for name in names:
                path = os.path.join(folder, name)
                if name == SCHEMA:
                    os.unlink(path)
                elif name.endswith((".tgz", ".tar.gz")) and os.path.basename(folder) == "charts" and path not in broken:
                    packaged = True
                    try:
                        helm_python.expand(folder, path)
                        os.unlink(path)
                    except helm_python.HelmError:
                        broken.add(path)  # loading the chart reports what is wrong with it


def _uninstallable(metadata: dict[str, Any], there: set[str]) -> str | None:
    """What ``helm template`` rejects before it renders; the library's render doesn't check it."""
    if metadata.get("apiVersion", "") not in ("", "v1", "v2"):
        return "unsupported chart version"
    if metadata.get("type", "") not in ("", "application"):
        return f"{metadata['type']} charts are not installable"
    missing = [entry["name"] for entry in metadata.get("dependencies") or () if entry["name"] not in there]
    if missing:
        return f"found in Chart.yaml, but missing in charts/ directory: {', '.join(missing)}"
    return None


def _incompatible(metadata: dict[str, Any], kube_version: str) -> str | None:
    wanted = metadata.get("kubeVersion")
    if not wanted:
        return None
    constraint = parse_constraint(wanted)
    version = parse_version(kube_version, strict=False)
    if constraint is not None and version is not None and constraint.accepts(version, prereleases=True):
        return None
    return f"chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {kube_version}"


if __name__ == "__main__":
    serve()
