"""Values that differ with each rendering, though nothing changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from helm_constitution.api import (
    MUST,
    RESULTS,
    TEMPLATES,
    Action,
    Identifier,
    LazyPattern,
    Manifest,
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
_KEEPS = ("lookup", ".Release.IsInstall", ".Release.IsUpgrade")
_INCLUDE = LazyPattern(r"""\b(?:include|template)\s+["`]([^"`]+)["`]""")
_ONCE = frozenset({"pre-install", "post-install"})


_Places: TypeAlias = Mapping[int, tuple[str, tuple[str, ...]]]
"""Key and parents of the lines of a template that set one, by the line's number."""


class _Call(NamedTuple):
    """A call of a function that gives something else each time."""

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
    umbrella=r"\bgitops\b",
    urgency=Urgency.UPGRADE,
)
def random_value(subject: Subject) -> Iterator[Violation]:
    """Rendered value differs each time the chart is rendered.

    Why: Each upgrade makes a new password or certificate, while the database, or the other side of the connection, has
        the old one. GitOps tools, which render again and again, never reach sync and roll the pods each time.
    Bad:
        password: {{ randAlphaNum 32 | b64enc }}
    Good:
        {{- $old := lookup "v1" "Secret" .Release.Namespace (include "web.fullname" .) }}
        password: {{ dig "data" "password" (randAlphaNum 32 | b64enc) ($old | default dict) }}
    Fix: Keep what `lookup` finds, ask for the value by `required`, or let a hook of the first installation make it. One
        finding for a file; a warning at most where only annotations differ, which some charts want. Names and selectors
        have compat/unstable-selector.
    Source: Helm documentation, Chart Development Tips and Tricks; Argo CD documentation, Helm: Random Data
    """
    used = {  # of a template with several objects, one that is no hook
        manifest.template: manifest
        for rendering in subject.renderings
        for manifest in sorted(_lasting(rendering.manifests), key=lambda one: not one.hooks)
    }
    keeping = _keeping(subject)
    for template in subject.templates:
        if _keeps(template, subject) or template.path.endswith("NOTES.txt"):
            continue
        if template.path not in used and not template.is_partial:
            continue
        calls = [call for call in _calls(template, subject) if not _is_kept(call, keeping)]
        places = {line.number: (line.key, line.parents) for line in key_lines(template.text)} if calls else {}
        told = [call for call in calls if not _is_name(call, places) and not _is_asked_for(call, places, used)]
        if told:
            yield _violation(told, places, used.get(template.path))


def _lasting(manifests: tuple[Manifest, ...]) -> Iterator[Manifest]:
    """The objects that an upgrade makes anew."""
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
        f"{first.function} gives another value with each rendering: {what};"
        " keep the old value by lookup, or ask for it by required",
        at=first.place,
        related=tuple(Related(call.place, f"{call.function} as well") for call in calls[1:4]),
        at_most=Severity.WARNING if only_annotations else None,
    )


def _line(call: _Call) -> int:
    return call.template.span(call.pipeline).line


def _is_name(call: _Call, places: _Places) -> bool:
    key, parents = places.get(_line(call), ("", ()))
    return (key in ("name", "generateName") and parents == ("metadata",)) or "matchLabels" in parents


def _calls(template: TemplateFile, subject: Subject) -> Iterator[_Call]:
    for part in template.computed:
        if not isinstance(part.node, Action) or part.is_literal:
            continue
        for command in commands(part.pipeline):
            function = command.args[0] if command.args else None
            if isinstance(function, Identifier) and function.name in _CHANGING:
                yield _Call(function.name, template, part.pipeline)
                break


def _keeping(subject: Subject) -> set[str]:
    """The named templates that somebody calls who keeps what is there, and those that nobody calls."""
    found = {define.name for define in subject.uses.uncalled}
    for template in subject.templates:
        if _keeps(template, subject):
            found.update(_INCLUDE.findall(template.text))
    return found


def _keeps(template: TemplateFile, subject: Subject) -> bool:
    """Whether a template looks for what is there, by itself or through a named template of its own or a library's."""
    if any(word in template.text for word in _KEEPS):
        return True
    return any(
        any(word in subject.define_texts.get(name, "lookup" if "secret" in name else "") for word in _KEEPS)
        for name in _INCLUDE.findall(template.text)
    )


def _is_asked_for(call: _Call, places: _Places, used: Mapping[str, Manifest]) -> bool:
    """Whether a call makes an annotation that no scenario renders: somebody has to switch it on."""
    key, parents = places.get(_line(call), ("", ()))
    manifest = used.get(call.template.path)
    return "annotations" in parents and manifest is not None and f"{key}:" not in manifest.view.document.text


def _is_kept(call: _Call, keeping: set[str]) -> bool:
    """Whether a call stands in a named template that a keeping caller has."""
    for name, define in call.template.defines.items():
        if define.start <= call.pipeline.start < define.end:
            return name in keeping
    return False
