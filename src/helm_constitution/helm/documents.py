"""Rendered text cut into documents, in the order that both engines give, and the faults that helm finds in one.

Helm's own steps (releaseutil's SplitManifests and SortManifests) are repeated here for the embedded engine, which
returns whole rendered files, and for the output of ``helm template --debug`` for a chart that renders to broken YAML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from helm_constitution.core.errors import YamlSyntaxError
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.helm.faultless import API_VERSION, KIND, is_faultless
from helm_constitution.helm.protocol import FailureKind, HelmMessage, MessageLevel, RenderedText

_SOURCE = "\n---\n# Source: "
"""Helm cuts at every line that begins with ``---``, so such a line in its output is its own, even where a template
prints a ``# Source:`` of its own or a block scalar holds one."""

# In whole files (--debug) it may be the template's as well: only a template's path counts.
_FILE_SOURCE = LazyPattern(r"^---\n# Source: ([^/\n]+/(?:charts/[^/\n]+/)*templates/.+)\n", re.MULTILINE)
_ITEMS = LazyPattern(r"^[\"']?items[\"']?[ \t]*:", re.MULTILINE)
_SEPARATOR = LazyPattern(r"^---[ \t]*", re.MULTILINE)

HOOK = "helm.sh/hook"
_HOOKS = frozenset(
    [f"{when}-{what}" for when in ("pre", "post") for what in ("install", "delete", "upgrade", "rollback")]
    + ["test", "test-success"]
)
_INSTALL_ORDER = (
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
)
_MOST_KEPT = 1024
"""Texts of which it is remembered what is in them: the scenarios of a chart differ in a few."""

_PLACES = {kind: place for place, kind in enumerate(_INSTALL_ORDER)}


def of_output(output: str) -> tuple[RenderedText, ...]:
    """The documents in the output of ``helm template``, by source; in one source first the objects, then the hooks."""
    documents = []
    for part in f"\n{output}".split(_SOURCE)[1:]:
        source, _, text = part.partition("\n")
        documents.append(RenderedText(source, _trimmed(text)))
    return tuple(sorted(documents, key=_by_source))


def is_whole(output: str) -> bool:
    """Whether an output may be the complete output of a ``helm template`` without errors.

    Helm ends its output with a newline, even if there are no objects, and prints nothing else before the first object.
    """
    return output.endswith("\n") and (output.isspace() or f"\n{output}".find(_SOURCE) >= 0)


class TextMemory:
    """Remembers the contents of the texts that one chart renders to; keep it no longer than the chart."""

    def __init__(self) -> None:
        self.of_file = lru_cache(maxsize=_MOST_KEPT)(_of_file)
        self.fault = lru_cache(maxsize=_MOST_KEPT)(_fault)
        self.identity_fault = lru_cache(maxsize=_MOST_KEPT)(_identity_fault)


def of_debug_output(output: str, memory: TextMemory | None = None) -> tuple[RenderedText, ...]:
    """The same for ``helm template --debug`` of a chart that renders to broken YAML: whole files, in any order."""
    files: dict[str, str] = {}
    starts = list(_FILE_SOURCE.finditer(output))
    for number, match in enumerate(starts, 1):
        end = starts[number].start() if number < len(starts) else len(output)
        # Behind the files, helm prints their hooks once more.
        files.setdefault(match[1], output[match.end() : end])
    return of_files(files, memory)


def of_files(files: Mapping[str, str], memory: TextMemory | None = None) -> tuple[RenderedText, ...]:
    """The documents of whole rendered files, by their paths as helm names them (``web/templates/a.yaml``)."""
    memory = memory or TextMemory()
    documents: list[tuple[str, tuple[bool, tuple[int, str]], RenderedText]] = []
    for source in sorted(files):
        if source.rpartition("/")[2].startswith("_") or source.endswith("NOTES.txt"):
            continue
        documents.extend((source, place, RenderedText(source, text)) for place, text in memory.of_file(files[source]))
    documents.sort(key=lambda entry: entry[:2])
    return tuple(document for _, _, document in documents)


def _of_file(rendered: str) -> tuple[tuple[tuple[bool, tuple[int, str]], str], ...]:
    """The documents of one rendered file, each with its index."""
    found = []
    for part in _split(rendered):
        text = _trimmed(part)
        events = _hook_events(text)
        # A hook for an unknown event is never installed. Helm reads the whole head before it looks at the events.
        if text != "\n" and (events <= _HOOKS or _fault(text) is not None):
            found.append(((bool(events), _install_place(text)), text))
    return tuple(found)


def _split(text: str) -> list[str]:
    text = text.lstrip()
    return _SEPARATOR.split(text) if text.startswith("---") or "\n---" in text else [text]


def _trimmed(text: str) -> str:
    """Helm 3 trims both ends of a document, Helm 4 only the front: here it is always both."""
    return text.strip() + "\n"


def _by_source(document: RenderedText) -> str:
    return document.source


def _install_place(text: str) -> tuple[int, str]:
    """Where helm installs an object: kinds unknown to helm come last, by name."""
    match = KIND.search(text)
    kind = match[1] if match is not None else _read_kind(text)
    place = _PLACES.get(kind)
    return (len(_PLACES), kind) if place is None else (place, "")


def _read_kind(text: str) -> str:
    kind = _head_field(_read_head(text), "kind")
    return kind if isinstance(kind, str) else ""


def _hook_events(text: str) -> frozenset[str]:
    """The hook events of a document; none for an ordinary object. Helm reads null as an empty text."""
    if HOOK not in text:
        return frozenset()
    annotations = _head_field(_head_field(_read_head(text), "metadata"), "annotations")
    if not isinstance(annotations, dict) or HOOK not in annotations:
        return frozenset()
    hook = annotations[HOOK]
    return frozenset(part.strip().lower() for part in ("" if hook is None else str(hook)).split(","))


def _read_head(text: str) -> object:
    """The data of a document, None if it is not YAML."""
    try:
        return _read(text)
    except YamlSyntaxError:
        return None


def _read(text: str) -> object:
    """The data of a document, as far as helm reads it: what follows the end of a YAML document is ignored.

    Raises:
        YamlSyntaxError: helm rejects it.
    """
    from helm_constitution.text.yaml import load_documents

    try:
        documents = load_documents(text, "", rendered=True)
    except YamlSyntaxError:
        first = _first_document(text)
        if first == text:
            raise
        documents = load_documents(first, "", rendered=True)
    return documents[0].data if documents else None


def _first_document(text: str) -> str:
    """The text up to the end of its first YAML document."""
    from helm_constitution.text.pyyaml import yaml
    from helm_constitution.text.yaml_composer import parse_events

    try:
        for event in parse_events(text):
            if isinstance(event, yaml.DocumentEndEvent) and event.end_mark is not None:
                return text[: event.end_mark.index]
    except yaml.YAMLError:
        return text
    return text


def _head_field(head: object, name: str) -> object:
    """A field of an object's head; None if it is missing or the head is not a map."""
    return next((value for _, value in _head_fields(head, name)), None)


def _head_fields(head: object, name: str) -> list[tuple[str, object]]:
    """Key and value of a field, the last first, whatever its case."""
    if not isinstance(head, dict):
        return []
    return [(key, value) for key, value in reversed(head.items()) if key.lower() == name.lower()]


def faults(documents: Iterable[RenderedText], memory: TextMemory | None = None) -> tuple[HelmMessage, ...]:
    """The faults that keep helm from reading rendered documents: YAML errors and invalid object heads."""
    memory = memory or TextMemory()
    found = ((document, memory.fault(document.text)) for document in documents)
    return tuple(_message(document, *fault) for document, fault in found if fault is not None)


def uninstallable(documents: Iterable[RenderedText], memory: TextMemory | None = None) -> tuple[HelmMessage, ...]:
    """What ``helm template`` prints but ``helm install`` can't send: objects without kind or apiVersion, or of a kind
    that does not exist. One message each."""
    memory = memory or TextMemory()
    return tuple(
        _message(document, f"rendered text is not a Kubernetes object: {fault}", None)
        for document in documents
        if (fault := memory.identity_fault(document.text)) is not None
    )


def _identity_fault(text: str) -> str | None:
    version, kind = API_VERSION.search(text), KIND.search(text)
    if version is not None and kind is not None and kind[1][0].isupper() and _ITEMS.search(text) is None:
        return None
    head = _read_head(text)
    return _object_fault(head) if isinstance(head, dict) else None


def _object_fault(head: Mapping[str, object]) -> str | None:
    """The same for an object, or the first element of a list that has a fault. Unlike helm's, a cluster's reader
    distinguishes ``kind`` from ``Kind``."""
    found = {name: head.get(name) for name in ("apiVersion", "kind")}
    for name, value in found.items():
        if value is None or value == "":
            return f"{name} is missing; add it, or render nothing here"
    group = str(found["apiVersion"]).rpartition("/")[0]
    if ("." not in group or group.endswith(".k8s.io")) and not str(found["kind"])[0].isupper():
        return f"Kubernetes has no kind {found['kind']!r}; kinds begin with a capital letter"
    items = head.get("items")
    is_typed = found["kind"] != "List"  # one like PodList gives its items their kind
    for item in items if isinstance(items, list) else ():
        if not isinstance(item, dict) or (is_typed and not item.get("apiVersion") and not item.get("kind")):
            continue
        if (fault := _object_fault(item)) is not None:
            return f"in a list, {fault}"
    return None


def _fault(text: str) -> tuple[str, int | None] | None:
    if is_faultless(text):
        return None
    try:
        head = _read(text)
    except YamlSyntaxError as error:
        return f"rendered text is not YAML: {error.message}", error.line
    if "\\/" in text and (line := _escaped_slash(text)) is not None:
        return "rendered text is not YAML: found unknown escape character", line
    fault = _head_fault(head)
    return None if fault is None else (f"rendered text is not a Kubernetes object: {fault}", None)


def _escaped_slash(text: str) -> int | None:
    """The line (from 1) of a quoted text with ``\\/``: JSON and this program's parser allow it, helm's rejects it."""
    from helm_constitution.text.pyyaml import yaml
    from helm_constitution.text.yaml_composer import parse_events

    for event in parse_events(text):
        if isinstance(event, yaml.DocumentEndEvent):
            return None
        start, end = event.start_mark, event.end_mark
        if not isinstance(event, yaml.ScalarEvent) or event.style != '"' or start is None or end is None:
            continue
        if "/" in re.findall(r"\\(.)", text[start.index : end.index], re.DOTALL):
            return int(start.line) + 1
    return None


def _head_fault(head: object) -> str | None:
    """The part of an object's head that helm can't decode: apiVersion, kind, metadata with its name and annotations."""
    if head is None:
        return None
    if not isinstance(head, dict):
        return f"must be a map, not {_named(head)}"
    for name in ("apiVersion", "kind"):
        if fault := _text_fault(head, name, name):
            return fault
    for _, metadata in _head_fields(head, "metadata"):
        if fault := _metadata_fault(metadata):
            return fault
    return None


def _metadata_fault(metadata: object) -> str | None:
    if metadata is None:
        return None
    if not isinstance(metadata, dict):
        return f"metadata must be a map, not {_named(metadata)}"
    if fault := _text_fault(metadata, "name", "metadata.name"):
        return fault
    for _, texts in _head_fields(metadata, "annotations"):
        if texts is None:
            continue
        if not isinstance(texts, dict):
            return f"metadata.annotations must be a map, not {_named(texts)}"
        for name, value in texts.items():
            if isinstance(value, (dict, list)):
                return f"metadata.annotations.{name} must be a string, not {_named(value)}"
    return None


def _text_fault(head: object, name: str, shown: str) -> str | None:
    """What is wrong with a field that holds a text; helm reads numbers and booleans as texts."""
    for _, value in _head_fields(head, name):
        if isinstance(value, (dict, list)):
            return f"{shown} must be a string, not {_named(value)}"
    return None


def _named(value: object) -> str:
    """What a value is, in YAML's words."""
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return "a string"
    return "true or false" if isinstance(value, bool) else "a number"


def _message(document: RenderedText, text: str, line: int | None) -> HelmMessage:
    file = document.source.partition("/")[2]
    return HelmMessage(MessageLevel.ERROR, text, FailureKind.YAML, file=file, rendered_line=line)
