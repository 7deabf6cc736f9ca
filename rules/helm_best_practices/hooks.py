"""Hook annotations that helm does not know: events, delete policies and weights."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    RESULTS,
    TEMPLATES,
    Comment,
    LazyPattern,
    Subject,
    TemplateFile,
    TextPlace,
    View,
    Violation,
    contents,
    forbid,
    require,
    rule,
)

from .statements import BEST_PRACTICES

HOOK = "helm.sh/hook"
_EVENTS = frozenset(
    [f"{when}-{what}" for when in ("pre", "post") for what in ("install", "upgrade", "delete", "rollback")]
    + ["test", "test-success"]
)
_POLICIES = frozenset({"before-hook-creation", "hook-succeeded", "hook-failed"})
_MEANT = {
    "pre-update": "pre-upgrade",
    "post-update": "post-upgrade",
    "pre-uninstall": "pre-delete",
    "post-uninstall": "post-delete",
    "install": "post-install",
    "upgrade": "post-upgrade",
    "test-failure": "test",
    "crd-install": "the directory crds/",
}
_WRITTEN = LazyPattern(
    r"""^([^\n#]*?)["']?\bhelm\.sh/hook["']?(?:[ \t]*:[ \t]*|[ \t]+(?=["]))(\S[^\n]*?)[ \t\r]*$""", re.MULTILINE
)
_COMMENT = LazyPattern(r"[ \t]#.*")
_WEIGHT = LazyPattern(r"[+-]?[0-9]+\Z")


@rule(
    "helm/unknown-hook",
    default=MUST,
    needs={RESULTS, TEMPLATES},
    enforces=(
        require(r"\bhooks?\b.{0,40}\b(?:valid|known|supported|exist)"),
        forbid(r"\b(?:unknown|invalid|misspelt) hooks?\b"),
    ),
    umbrella=BEST_PRACTICES,
)
def unknown_hook(subject: Subject) -> Iterator[Violation]:
    """Hook annotation has an unknown event, delete policy or weight.

    Why: With one unknown event, helm skips the whole object without a message, for the known events too. With an
        unknown delete policy, the old hook stays, and the next one fails because it already exists. helm treats a
        weight that is not an integer as 0.
    Bad:
        annotations:
          helm.sh/hook: pre-install,pre-update
    Good:
        annotations:
          helm.sh/hook: pre-install,pre-upgrade
    Fix: Use pre-install, post-install, pre-upgrade, post-upgrade, pre-delete, post-delete, pre-rollback, post-rollback
        or test; and before-hook-creation, hook-succeeded or hook-failed. `crd-install` is not reported in a chart that
        also has crds/: it is there for Helm 2.
    Source: Helm documentation, Chart Hooks
    """
    for template in subject.templates:
        if HOOK in template.text:
            yield from _in_template(template, subject)
    if subject.chart.values is not None:
        for view in subject.chart.values.document.view.walk():
            if view.path[-1:] == (HOOK,) and (events := view.string()) is not None and "{{" not in events:
                yield from _violations(events, view, subject)
    for rendering in subject.renderings:
        for manifest in rendering.manifests:
            if manifest.hooks and manifest.dependency is None:
                yield from _policies(manifest.get("metadata", "annotations"))


def _in_template(template: TemplateFile, subject: Subject) -> Iterator[Violation]:
    comments = [node for node in contents(template.tree or ()) if isinstance(node, Comment)]
    for found in _WRITTEN.finditer(template.text):
        if any(comment.start <= found.start(2) < comment.end for comment in comments):
            continue
        text = found[2]
        if text[0] == '"' and text.count('"') > 1:
            text = text[1 : text.index('"', 1)]  # what follows may be code: `dict "helm.sh/hook" "test" …`
        text = _COMMENT.sub("", text)
        if "{{" not in text and "}}" not in text and not text.startswith(("(", "$", ".", "|", ">")):
            place = TextPlace(template.path, template.span_between(found.start(2), found.end(2)))
            yield from _violations(text.strip("'\" "), place, subject)


def _violations(text: str, place: View | TextPlace, subject: Subject) -> Iterator[Violation]:
    for event in (part.strip().lower() for part in text.split(",")):
        if event in _EVENTS or (event == "crd-install" and _is_for_helm_2(subject)):
            continue
        name = f'hook event "{event}" is unknown' if event else "hook event is empty"
        hint = _MEANT.get(event) or _near(event, _EVENTS)
        fix = f"; use {hint}" if hint else "; use an event like pre-install, post-upgrade or test"
        yield Violation(f"{name}, so helm skips the whole object{fix}", at=place)


def _is_for_helm_2(subject: Subject) -> bool:
    return subject.chart.api_version == "v1" or any(file.startswith("crds/") for file in subject.chart.files)


def _policies(annotations: View) -> Iterator[Violation]:
    policies = annotations.get("helm.sh/hook-delete-policy")
    for policy in (part.strip().lower() for part in (policies.string() or "").split(",")):
        if policy and policy not in _POLICIES:
            hint = _near(policy, _POLICIES) or "before-hook-creation, hook-succeeded or hook-failed"
            yield Violation(f'hook delete policy "{policy}" is unknown, so helm ignores it; use {hint}', at=policies)
    weight = annotations.get("helm.sh/hook-weight")
    if (text := weight.string()) and not _WEIGHT.match(text):
        yield Violation(f'hook weight "{text}" is not an integer, so helm uses 0; write an integer', at=weight)


def _near(word: str, known: frozenset[str]) -> str:
    import difflib

    found = difflib.get_close_matches(word, sorted(known), 1, 0.7)
    return found[0] if found else ""
