"""Rendered text cut into documents, in the order that both engines give, and what helm finds wrong with one.

Helm's own steps (releaseutil's SplitManifests and SortManifests) are done again here for the embedded engine, which
gives whole rendered files, and for what ``helm template --debug`` shows of a chart that renders to broken YAML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from helm_constitution.core.errors import YamlSyntaxError
from helm_constitution.core.lazy import LazyPattern
from helm_constitution.helm.protocol import FailureKind, HelmMessage, MessageLevel, RenderedText

_SOURCE = "\n---\n# Source: "
"""Helm cuts at every line that begins with ``---``, so such a line in its output is its own, even where a template
prints a ``# Source:`` of its own or a block scalar holds one."""

# In whole files (--debug) it may be the template's as well: only a template's path counts.
_FILE_SOURCE = LazyPattern(r"^---\n# Source: ([^/\n]+/(?:charts/[^/\n]+/)*templates/.+)\n", re.MULTILINE)
_SEPARATOR = LazyPattern(r"^---[ \t]*", re.MULTILINE)

_KIND = LazyPattern(r"^kind:[ \t]*[\"']?([A-Za-z][A-Za-z0-9]*)[\"']?[ \t\r]*(?:#.*)?$", re.MULTILINE)
_METADATA = LazyPattern(r"^metadata:[ \t\r]*(?:#.*)?\n((?:[ \t#].*\n|[ \t\r]*\n)+)", re.MULTILINE)
# A line of metadata that may hold more than a scalar.
_NESTED = LazyPattern(
    r"^[ \t]+(?=[^\s#])(?:- |(?!(?:annotations|labels):[ \t\r]*(?:#.*)?$).*:(?:[ \t\r]*(?:#.*)?$|[ \t]+[\[{]))",
    re.MULTILINE,
)
_ALIAS = LazyPattern(r"\*[A-Za-z_]")

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
    """The documents in what ``helm template`` prints, by source; in one source first the objects, then the hooks."""
    documents = []
    for part in f"\n{output}".split(_SOURCE)[1:]:
        source, _, text = part.partition("\n")
        documents.append(RenderedText(source, _trimmed(text)))
    return tuple(sorted(documents, key=_by_source))


class TextMemory:
    """Remembers what is in the texts that one chart renders to; keep it no longer than the chart."""

    def __init__(self) -> None:
        self.of_file = lru_cache(maxsize=_MOST_KEPT)(_of_file)
        self.fault = lru_cache(maxsize=_MOST_KEPT)(_fault)


def of_debug_output(output: str, memory: TextMemory | None = None) -> tuple[RenderedText, ...]:
    """The same for ``helm template --debug`` of a chart that renders to broken YAML: whole files, in any order."""
    files: dict[str, str] = {}
    starts = list(_FILE_SOURCE.finditer(output))
    for number, match in enumerate(starts, 1):
        end = starts[number].start() if number < len(starts) else len(output)
        # Behind the files, helm prints the hooks that it found in them once more.
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
    """The documents of one rendered file, each with its place among them."""
    found = []
    for part in _split(rendered):
        text = _trimmed(part)
        events = _hook_events(text)
        if text != "\n" and events <= _HOOKS:  # a hook that helm doesn't know is never installed
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
    """Where helm installs an object: kinds that it doesn't know come last, by name."""
    match = _KIND.search(text)
    kind = match[1] if match is not None else _read_kind(text)
    place = _PLACES.get(kind)
    return (len(_PLACES), kind) if place is None else (place, "")


def _read_kind(text: str) -> str:
    kind = _field(text, "kind")
    return kind if isinstance(kind, str) else ""


def _hook_events(text: str) -> frozenset[str]:
    """The events that a document is a hook for; none for an ordinary object."""
    if HOOK not in text:
        return frozenset()
    annotations = _field(text, "metadata", "annotations")
    hook = annotations.get(HOOK) if isinstance(annotations, dict) else None
    return frozenset() if hook is None else frozenset(part.strip().lower() for part in str(hook).split(","))


def _field(text: str, *path: str) -> object:
    from helm_constitution.text.yaml import load_documents

    try:
        documents = load_documents(text, "", rendered=True)
    except YamlSyntaxError:
        return None
    return documents[0].view.get(*path).data if documents and documents[0].view.get(*path).exists else None


def faults(documents: Iterable[RenderedText], memory: TextMemory | None = None) -> tuple[HelmMessage, ...]:
    """What keeps helm from reading rendered documents: YAML errors and heads that are no object's, one message each."""
    memory = memory or TextMemory()
    found = ((document, memory.fault(document.text)) for document in documents)
    return tuple(_message(document, *fault) for document, fault in found if fault is not None)


def _fault(text: str) -> tuple[str, int | None] | None:
    if not _needs_reading(text):
        return None
    from helm_constitution.text.yaml import load_documents

    try:
        heads = load_documents(text, "", rendered=True)
    except YamlSyntaxError as error:
        return f"not YAML once rendered: {error.message}", error.line
    for head in heads[:1]:
        if fault := _head_fault(head.data):
            return f"no Kubernetes object once rendered: {fault}", None
    return None


def _needs_reading(text: str) -> bool:
    """Whether a document may hold a fault. Most are seen not to at a tenth of the cost of reading them."""
    from helm_constitution.text.yaml_composer import HAS_C_PARSER

    if not HAS_C_PARSER:
        return True
    from yaml import YAMLError
    from yaml._yaml import CParser

    try:
        CParser(text).raw_parse()
    except YAMLError:
        return True
    metadata = _METADATA.search(text)
    plain = _KIND.search(text) is not None and metadata is not None and _NESTED.search(metadata[1]) is None
    return not plain or _has_alias(text)


def _has_alias(text: str) -> bool:
    """Whether a document may use an anchor; one that it doesn't define is seen only by reading it."""
    return any(match.start() == 0 or text[match.start() - 1] in " \t\n[{," for match in _ALIAS.finditer(text))


def _head_fault(head: object) -> str | None:
    """What helm can't decode of an object's head: apiVersion, kind, metadata with its name and annotations."""
    if head is None:
        return None
    if not isinstance(head, dict):
        return f"is {_named(head)}, should be a map"
    for name in ("apiVersion", "kind"):
        if isinstance(head.get(name), (dict, list)):
            return f"{name} is {_named(head[name])}, should be a string"
    metadata = head.get("metadata")
    if metadata is None:
        return None
    if not isinstance(metadata, dict):
        return f"metadata is {_named(metadata)}, should be a map"
    if isinstance(metadata.get("name"), (dict, list)):
        return f"metadata.name is {_named(metadata['name'])}, should be a string"
    annotations = metadata.get("annotations")
    if annotations is not None and not isinstance(annotations, dict):
        return f"metadata.annotations is {_named(annotations)}, should be a map"
    for name, value in (annotations or {}).items():
        if isinstance(value, (dict, list)):
            return f"metadata.annotations.{name} is {_named(value)}, should be a string"
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
