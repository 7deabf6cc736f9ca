"""Platforms as overlays: values files that extend the base, and templates without platform names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from helm_constitution.api import (
    MUST,
    SHOULD,
    TEMPLATES,
    Command,
    Expression,
    Identifier,
    Json,
    LazyPattern,
    NotApplicable,
    Pipeline,
    String,
    Subject,
    TemplateFile,
    TextPlace,
    View,
    Violation,
    YamlDocument,
    commands,
    dotted,
    forbid,
    load_document,
    require,
    rule,
)

from .objects import VENDORS
from .platforms import PLATFORMS

_COMPARING = frozenset({"eq", "ne", "has", "contains", "hasPrefix", "hasSuffix", "regexMatch", "mustHas"})
_NAMES = frozenset(word for platform in PLATFORMS for word in (*platform.words, platform.name.lower())) | {
    "bare-metal",
    "baremetal",
    "caas",
    "google-cloud",
    "minikube",
}
# Other values (object storage, login, DNS) may legitimately be compared with a vendor's name.
_PLATFORM_KEYS = LazyPattern(
    r"[.$]\w*(?:platform|cloud|cluster|distribution|distro|environment|flavou?r|infra|kubeversion|controller)",
    re.IGNORECASE,
)


@rule(
    "portability/platform-branch",
    default=MUST,
    needs={TEMPLATES},
    enforces=(
        require(
            r"\bplatforms?\b.*\bwithout\b.*\btemplates?\b"
            r"|\btemplates?\b.{0,40}\bplatform[- ](?:agnostic|independent|neutral)"
        ),
        forbid(r"\btemplates?\b.{0,60}\b(?:platform|cloud|vendor|provider)\b|" + VENDORS + r".{0,40}\btemplates?\b"),
    ),
)
def platform_branch(subject: Subject) -> Iterator[Violation]:
    """Template branches on a platform name.

    Why: Each new platform needs a new branch in the templates, and platforms without one get the else branch.
    Bad:
        {{- if eq .Values.platform "aws" }}
        service.beta.kubernetes.io/aws-load-balancer-type: nlb
        {{- end }}
    Good:
        {{- with .Values.service.annotations }}
        {{- toYaml . | nindent 4 }}
        {{- end }}
    Fix: Add a value for the setting that differs, and set it in platforms/<name>.yaml.
    Source: Helm chart best practices, Values; twelve-factor configuration
    """
    for template in subject.templates:
        yield from subject.derived_from(template, _branches)


def _branches(template: TemplateFile) -> tuple[Violation, ...]:
    found: list[Violation] = []
    for command in _comparisons(template):
        name = _platform_name(command)
        if name is not None and _PLATFORM_KEYS.search(template.source(command)):
            message = f'template branches on platform "{name}"; add a value for the setting that differs'
            found.append(Violation(message, at=TextPlace(template.path, template.span(command))))
    return tuple(found)


def _comparisons(template: TemplateFile) -> Iterator[Command]:
    plain: set[str] = set()  # texts without any comparison, which occur again and again
    for part in template.computed:
        text = part.text
        if text in plain:
            continue
        is_plain = part.is_literal or ('"' not in text and "`" not in text)
        if is_plain or not any(name in text for name in _COMPARING):
            plain.add(text)
            continue
        for command in commands(part.pipeline):
            if command.args and isinstance(command.args[0], Identifier) and command.args[0].name in _COMPARING:
                yield command


def _platform_name(command: Command) -> str | None:
    """The platform name in a comparison with something else: ``eq .Values.cloud "aws"``."""
    texts: list[str] = []
    are_texts = True
    for argument in command.args[1:]:
        parts: Sequence[Expression] = (argument,)
        if isinstance(argument, Pipeline) and len(argument.commands) == 1:
            parts = argument.commands[0].args
        if isinstance(parts[0], Identifier) and parts[0].name in ("list", "tuple"):
            parts = parts[1:]  # has .Values.cloud (list "aws" "gcp")
        if parts and all(isinstance(part, String) for part in parts):
            texts.extend(part.value for part in parts if isinstance(part, String))
        else:
            are_texts = False
    if are_texts:
        return None  # a comparison of texts only
    return next((text for text in texts if text.lower() in _NAMES), None)


def _overlays(subject: Subject) -> list[YamlDocument]:
    return [
        load_document(text, path)
        for path, text in sorted(subject.chart.files.items())
        if path.startswith("platforms/") and path.endswith((".yaml", ".yml")) and path.count("/") == 1
    ]


def _base(subject: Subject) -> dict[str, Json]:
    return subject.chart.values.data if subject.chart.values is not None else {}


@rule(
    "portability/overlay-unknown-key",
    default=MUST,
    enforces=(
        require(r"\boverlays?\b.{0,60}\b(?:extend|exist|known|base values)"),
        forbid(r"\boverlays?\b.{0,60}\b(?:unknown|replace|new keys)"),
    ),
)
def overlay_unknown_key(subject: Subject) -> Iterator[Violation]:
    """Platform overlay sets an unknown key.

    Why: A misspelt or renamed key silently has no effect, on that platform alone.
    Bad:
        # platforms/aws.yaml; values.yaml has service.annotations
        service:
          annotation: {}
    Good:
        service:
          annotations: {}
    Fix: Use a key of values.yaml, or add the key there with a default and a comment.
    Source: Helm documentation, Values Files
    """
    overlays = _overlays(subject)
    if not overlays:
        raise NotApplicable("the chart has no platforms/*.yaml")
    base = _base(subject)
    free = {"global", *(dependency.key for dependency in subject.chart.dependencies)}
    for overlay in overlays:
        for key, view in overlay.view.entries():
            if key not in free:
                yield from _unknown(view, base)


def _unknown(view: View, base: dict[str, Json]) -> Iterator[Violation]:
    key = str(view.path[-1])
    if key not in base:
        yield Violation(
            f"overlay sets {dotted(view.path)}, which is not in values.yaml; add it to values.yaml", at=view
        )
        return
    below = base[key]
    # Users fill an empty map of the base.
    if isinstance(below, dict) and below:
        for _, child in view.entries():
            yield from _unknown(child, below)


@rule(
    "portability/overlay-no-effect",
    default=SHOULD,
    enforces=require(r"\boverlays?\b.{0,60}\b(?:only|minimal|differ|extend)"),
)
def overlay_no_effect(subject: Subject) -> Iterator[Violation]:
    """Platform overlay repeats a default value.

    Why: The value looks like a decision for the platform but is a copy; when the base changes, the copy is outdated.
    Bad:
        # platforms/aws.yaml; the same as in values.yaml
        replicaCount: 3
    Good:
        # platforms/aws.yaml
        replicaCount: 5
    Fix: Set only values that differ in an overlay.
    Source: Helm documentation, Values Files
    """
    base = _base(subject)
    overlays = _overlays(subject)
    if not overlays:
        raise NotApplicable("the chart has no platforms/*.yaml")
    for overlay in overlays:
        for _, view in overlay.view.entries():
            yield from _repeated(view, base)


def _repeated(view: View, base: Json) -> Iterator[Violation]:
    key = str(view.path[-1])
    if not isinstance(base, dict) or key not in base:
        return
    below = base[key]
    if view.is_map and view.data:
        for _, child in view.entries():
            yield from _repeated(child, below)
    elif view.data == below and type(view.data) is type(below):
        yield Violation(f"overlay sets {dotted(view.path)} to its default in values.yaml; remove it", at=view)
