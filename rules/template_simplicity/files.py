"""How template files are built: how deep they nest, and how many kinds of objects they make."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from helm_constitution.api import (
    RESULTS,
    SHOULD,
    TEMPLATES,
    Comment,
    Control,
    Define,
    If,
    LazyPattern,
    Parameter,
    Rendering,
    Subject,
    Tally,
    TemplateFile,
    TextPlace,
    Violation,
    With,
    forbid,
    require,
    rule,
)

from .statements import BEST_PRACTICES, READABLE

_NEST = r"^(?!.*\b(?:values?|keys?|maps?|structures?|config\w*|settings?)\b).*\bnest(?:ing|ed|s)?\b"
_DEPTH = rf"{_NEST}(?:.{{0,80}}?\b(?P<limit>\d+|two|three|four|five|six)\b)?"


@rule(
    "templates/nesting-depth",
    default=SHOULD,
    needs={TEMPLATES},
    enforces=(require(_DEPTH), forbid(_DEPTH)),
    umbrella=READABLE,
    parameters={"limit": Parameter(3, "a reader can keep 3 in mind; public charts' constitutions require 3")},
)
def nesting_depth(subject: Subject) -> Iterator[Violation | Tally]:
    """Template blocks are nested too deeply.

    Why: To understand the innermost line, readers have to keep every surrounding condition in mind, and which `.`
        applies.
    Bad:
        {{- if .Values.ingress.enabled }}
        {{- range .Values.ingress.hosts }}
        {{- with .paths }}
        {{- range . }}
        - path: {{ .path }}
        {{- end }}{{- end }}{{- end }}{{- end }}
    Good:
        {{- if .Values.ingress.enabled }}
        {{- range .Values.ingress.hosts }}
        {{- include "web.paths" . }}
        {{- end }}{{- end }}
    Fix: Move the deeper `if`, `with` or `range` to a named template with a telling name, or join conditions with `and`.
        Adjacent blocks have one finding. Each named template is counted on its own; `else if` does not add a level.
    Source: Helm documentation, Named Templates; the limit of 3 is that of public charts' constitutions
    """
    limit = subject.number("limit")
    good = total = 0
    for template in subject.templates:
        if template.tree is None:
            continue
        total += 1
        found = list(_too_deep(template, limit))
        good += not found
        for controls in found:
            yield _too_deep_problem(template, controls, limit)
    yield Tally(good, total, f"templates nested at most {limit} levels deep")


def _too_deep(template: TemplateFile, limit: int) -> Iterator[Sequence[Control]]:
    """The controls on the first level beyond the limit, those of one arm together."""
    if limit < 1:
        yield from ([control] for control, depth in template.controls if depth == limit)
    for control, depth in template.controls:
        if depth == limit - 1:
            for branch in control.branches:
                if inner := [node for node in branch.body if isinstance(node, Control)]:
                    yield inner


def _too_deep_problem(template: TemplateFile, controls: Sequence[Control], limit: int) -> Violation:
    first = controls[0]
    keyword = "if" if isinstance(first, If) else "with" if isinstance(first, With) else "range"
    height = max(map(_height, controls))
    others = len(controls) - 1
    inside = f" ({limit + height} with {'their' if others else 'its'} inner blocks)" if height > 1 else ""
    beside = f", and {others} more block{'s' if others > 1 else ''} beside it" if others else ""
    what = f"`{keyword}` is nested {limit + 1} levels deep{beside}{inside}, and the limit is {limit}"
    message = f"{what}; move {'them' if others else 'it'} to a named template"
    return Violation(message, TextPlace(template.path, template.span(first.branches[0])))


def _height(control: Control) -> int:
    """How many levels a control makes, itself included."""
    inner = [node for branch in control.branches for node in branch.body if isinstance(node, Control)]
    return 1 + max(map(_height, inner), default=0)


_FILES = r"\bfiles?\b"
_ONE = r"\b(?:one|1|single)\b.{0,30}\b(?:kinds?|resources?|objects?|manifests?|responsibility)\b"
_MANY = r"\b(?:mix\w*|several|multiple|many|more than one|different)\b.{0,40}\b(?:kinds?|resources?|objects?)\b"


@rule(
    "templates/mixed-kinds",
    default=SHOULD,
    needs={RESULTS, TEMPLATES},
    enforces=(
        require(rf"{_ONE}.{{0,60}}{_FILES}|{_FILES}.{{0,60}}{_ONE}"),
        require(r"\beach template\b.{0,30}\b(?:one|single) (?:kind|resource|object)"),
        forbid(rf"{_MANY}.{{0,60}}{_FILES}|{_FILES}.{{0,60}}{_MANY}"),
    ),
    umbrella=BEST_PRACTICES,
)
def mixed_kinds(subject: Subject) -> Iterator[Violation | Tally]:
    """Template file renders several kinds of objects.

    Why: Readers look for a Service in service.yaml; in a file with another name they have to search for it, and changes
        to one object appear in the history of all.
    Bad:
        # templates/deployment.yaml
        kind: Deployment
        ---
        kind: Service
    Good:
        # templates/deployment.yaml
        kind: Deployment
        # templates/service.yaml
        kind: Service
    Fix: Move each kind to its own file, named after it. Several objects of one kind, `kind: List`, the two scopes of
        one kind (Role, ClusterRole) and kinds that a value chooses from (Deployment or StatefulSet) may share a file.
    Source: Helm chart best practices, Templates ("Each resource definition should be in its own template file")
    """
    rendered = [_kinds_of(rendering, subject) for rendering in subject.renderings]
    good = total = 0
    for template in subject.templates:
        if template.is_partial or template.tree is None or template.path.startswith("templates/tests/"):
            continue
        if template.path.endswith("NOTES.txt"):
            continue  # what it shows is an example
        written = subject.derived_from(template, written_kinds)
        together = [kinds[template.path] for kinds in rendered if template.path in kinds]
        kinds = list(dict.fromkeys([kind for kind, _ in written] + sorted(set().union(*together))))
        if not kinds:
            continue
        total += 1
        other = _other_kind(template, written)
        # Kinds that only a rendering shows, because a named template writes them, may stand beside others in it.
        hidden = set(kinds).difference(kind for kind, _ in written)
        if other is None and not any(hidden & kinds and len(_scopes(kinds)) > 1 for kinds in together):
            good += 1
            continue
        span = template.span_between(*other) if other is not None else None
        listed = f"{', '.join(kinds[:-1])} and {kinds[-1]}"
        yield Violation(f"file renders {listed}; keep one kind per file", TextPlace(template.path, span))
    yield Tally(good, total, "template files with one kind of object")


def _scopes(kinds: Iterable[str]) -> set[str]:
    """The kinds, those of a cluster by the name of those of a namespace."""
    return {kind.removeprefix("Cluster") for kind in kinds}


def _other_kind(template: TemplateFile, written: Sequence[tuple[str, tuple[int, int]]]) -> tuple[int, int] | None:
    """Where the first kind stands that may be rendered beside another one; None where a value chooses one of them."""
    if len(_scopes(kind for kind, _ in written)) < 2:
        return None
    arms = [_arms(template, place[0]) for _, place in written]
    for index, (kind, place) in enumerate(written):
        for before, (earlier, where) in enumerate(written[:index]):
            alternatives = place == where or any(
                arms[before].get(control, arm) != arm for control, arm in arms[index].items()
            )
            if not alternatives and len(_scopes((kind, earlier))) > 1:
                return place
    return None


def _arms(template: TemplateFile, offset: int) -> dict[Control, int]:
    """The controls around a place, each with the number of the arm that the place is in."""
    return {
        control: sum(branch.end <= offset for branch in control.branches)
        for control, _ in template.controls
        if control.start <= offset < control.end
    }


def rendered_kinds(subject: Subject) -> dict[str, set[str]]:
    """The kinds that each template rendered, but for objects that the values bring along as a whole."""
    found: dict[str, set[str]] = {}
    for rendering in subject.renderings:
        for path, kinds in _kinds_of(rendering, subject).items():
            found.setdefault(path, set()).update(kinds)
    return found


def _kinds_of(rendering: Rendering, subject: Subject) -> dict[str, set[str]]:
    kinds: dict[str, set[str]] = {}
    for manifest in rendering.manifests:
        if manifest.kind and manifest.dependency is None and not subject.given_by_values(manifest):
            kinds.setdefault(manifest.template, set()).add(manifest.kind)
    return kinds


_ACTION = LazyPattern(r"\{\{.*?\}\}")
_NAME = LazyPattern(r"(?<![\w.$])[A-Z][A-Za-z0-9]+(?![\w.])")
_QUOTED = LazyPattern(r"[\"`]([A-Z][A-Za-z0-9]+)[\"`]")


def written_kinds(template: TemplateFile) -> list[tuple[str, tuple[int, int]]]:
    """The kinds that a file names at the top of its documents, also those that a condition chooses from; where."""
    text = template.text
    for node in template.tree or ():
        if isinstance(node, Comment | Define):
            blank = re.sub(r"[^\n]", " ", text[node.start : node.end])
            text = text[: node.start] + blank + text[node.end :]
    found: list[tuple[str, tuple[int, int]]] = []
    text = f"\n{text}"
    start = text.find("\nkind:") + 1
    while start > 0:
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start + len("kind:") : end]
        names = _NAME.findall(_ACTION.sub(" ", line.partition(" #")[0]))
        for action in _ACTION.findall(line):
            names.extend(_QUOTED.findall(action))
        place = (start - 1, start - 1 + len(text[start:end].rstrip()))
        found.extend((name, place) for name in names if name != "List")
        start = text.find("\nkind:", end) + 1
    return found
