"""Rendered values that differ with each rendering although nothing changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from helm_constitution.api import (
    MUST,
    RESULTS,
    TEMPLATES,
    Action,
    Identifier,
    LazyPattern,
    Manifest,
    NamedTuple,
    Pipeline,
    Related,
    Severity,
    Subject,
    TemplateFile,
    TextPlace,
    Urgency,
    Violation,
    commands,
    forbid,
    require,
    rule,
)

from ..yaml_text import key_lines

_CHANGING = frozenset(
    {
        "bcrypt",
        "encryptAES",
        "genCA",
        "genCAWithKey",
        "genPrivateKey",
        "genSelfSignedCert",
        "genSelfSignedCertWithKey",
        "genSignedCert",
        "genSignedCertWithKey",
        "htpasswd",
        "now",
        "randAlpha",
        "randAlphaNum",
        "randAscii",
        "randBytes",
        "randInt",
        "randNumeric",
        "shuffle",
        "uuidv4",
    }
)
_BEGINNINGS = ("rand", "gen", "now", "uuidv4", "htpasswd", "bcrypt", "encryptAES", "shuffle")
_KEEPS = ("lookup", ".Release.IsInstall", ".Release.IsUpgrade")
_INCLUDE = LazyPattern(r"""(?:include|template)\s+["`]([^"`]+)["`]""")
_ONCE = frozenset({"pre-install", "post-install"})


_Places: TypeAlias = Mapping[int, tuple[str, tuple[str, ...]]]
"""Key and parents of each template line that sets a key, by line number."""


class _Call(NamedTuple):
    """A call of a function that returns a new value each time."""

    function: str
    template: TemplateFile
    pipeline: Pipeline

    @property
    def place(self) -> TextPlace:
        return TextPlace(self.template.path, self.template.span(self.pipeline))


@rule(
    "compat/random-value",
    default=MUST,
    needs={RESULTS, TEMPLATES},
    enforces=(
        require(r"\b(?:reproducible|deterministic|idempotent)\b.{0,40}\b(?:render|templates?|upgrades?|output)"),
        forbid(r"\brandom(?:ly)?\b.{0,60}\b(?:values?|passwords?|secrets?|render|upgrade)"),
    ),
    urgency=Urgency.UPGRADE,
)
def random_value(subject: Subject) -> Iterator[Violation]:
    """Value changes with every rendering.

    Why: Each upgrade creates a new password or certificate, while the database, or the other side of the connection,
        keeps the old one. GitOps tools, which render continuously, never reach sync and restart the pods each time.
    Bad:
        password: {{ randAlphaNum 32 | b64enc }}
    Good:
        {{- $old := lookup "v1" "Secret" .Release.Namespace (include "web.fullname" .) }}
        password: {{ dig "data" "password" (randAlphaNum 32 | b64enc) ($old | default dict) }}
    Fix: Keep what `lookup` finds, get the value from users with `required`, or create it in a `pre-install` hook. Each
        file has one finding, a warning at most if only annotations differ, which some charts intend. Names and
        selectors are checked by compat/unstable-selector.
    Source: Helm documentation, Chart Development Tips and Tricks; Argo CD documentation, Helm: Random Data
    """
    used = {  # if a template has several objects, one that is not a hook
        manifest.template: manifest
        for rendering in subject.renderings
        for manifest in sorted(_lasting(rendering.manifests), key=lambda one: not one.hooks)
    }
    called = [
        (template, found)
        for template in subject.templates
        if (found := subject.derived_from(template, _calls)) and not template.path.endswith("NOTES.txt")
    ]
    if not called:
        return
    keeping_defines = {name for name, text in subject.define_texts.items() if any(word in text for word in _KEEPS)}
    keeps = {template.path for template in subject.templates if _keeps(template, subject, keeping_defines)}
    keeping = _keeping(subject, keeps)
    for template, all_calls in called:
        if template.path in keeps or (template.path not in used and not template.is_partial):
            continue
        calls = [call for call in all_calls if not _is_kept(call, keeping)]
        lines = subject.derived_from(template.text, key_lines) if calls else ()
        places = {line.number: (line.key, line.parents) for line in lines}
        told = [call for call in calls if not _is_name(call, places) and not _is_asked_for(call, places, used)]
        if told:
            yield _violation(told, places, used.get(template.path))


def _lasting(manifests: tuple[Manifest, ...]) -> Iterator[Manifest]:
    """The objects that an upgrade creates or updates."""
    for manifest in manifests:
        if (
            manifest.dependency is None
            and not manifest.is_test
            and not (manifest.hooks and _ONCE.issuperset(manifest.hooks))
        ):
            yield manifest


def _violation(calls: list[_Call], places: _Places, manifest: Manifest | None) -> Violation:
    first = calls[0]
    only_annotations = all("annotations" in places.get(_line(call), ("", ()))[1] for call in calls)
    hooked = manifest is not None and manifest.kind == "Secret" and "pre-upgrade" in manifest.hooks
    what = "each upgrade replaces the Secret before anything reads it" if hooked else "each upgrade changes it"
    return Violation(
        f"{first.function} returns a new value on every rendering: {what};"
        " keep the old value with lookup, or get it from users with required",
        at=first.place,
        related=tuple(Related(call.place, f"{call.function} is called here too") for call in calls[1:4]),
        at_most=Severity.WARNING if only_annotations else None,
    )


def _line(call: _Call) -> int:
    return call.template.span(call.pipeline).line


def _is_name(call: _Call, places: _Places) -> bool:
    key, parents = places.get(_line(call), ("", ()))
    return (key in ("name", "generateName") and parents == ("metadata",)) or "matchLabels" in parents


def _calls(template: TemplateFile) -> tuple[_Call, ...]:
    if not any(name in template.text for name in _BEGINNINGS):
        return ()
    found: list[_Call] = []
    for part in template.computed:
        if not isinstance(part.node, Action) or part.is_literal:
            continue
        for command in commands(part.pipeline):
            function = command.args[0] if command.args else None
            if isinstance(function, Identifier) and function.name in _CHANGING:
                found.append(_Call(function.name, template, part.pipeline))
                break
    return tuple(found)


def _keeping(subject: Subject, keeps: set[str]) -> set[str]:
    """The named templates called from a template that keeps existing values, and those that are never called."""
    found = {define.name for define in subject.uses.uncalled}
    for template in subject.templates:
        if template.path in keeps:
            found.update(subject.derived_from(template.text, _included))
    return found


def _keeps(template: TemplateFile, subject: Subject, defines: set[str]) -> bool:
    """Whether a template looks up existing values, by itself or through a named template of its own (one of
    ``defines``) or a library's."""
    if any(word in template.text for word in _KEEPS):
        return True
    known = subject.define_texts
    return any(
        name in defines or ("secret" in name and name not in known)
        for name in subject.derived_from(template.text, _included)
    )


def _included(text: str) -> tuple[str, ...]:
    return tuple(_INCLUDE.findall(text))


def _is_asked_for(call: _Call, places: _Places, used: Mapping[str, Manifest]) -> bool:
    """Whether a call sets an annotation that no scenario renders because users have to enable it."""
    key, parents = places.get(_line(call), ("", ()))
    manifest = used.get(call.template.path)
    return "annotations" in parents and manifest is not None and f"{key}:" not in manifest.view.document.text


def _is_kept(call: _Call, keeping: set[str]) -> bool:
    """Whether a call is in a named template whose caller keeps existing values."""
    for name, define in call.template.defines.items():
        if define.start <= call.pipeline.start < define.end:
            return name in keeping
    return False
