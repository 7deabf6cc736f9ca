"""Deprecated values: marked in values.yaml, and reported when users set them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from helm_constitution.api import (
    MUST,
    SHOULD,
    TEMPLATES,
    Action,
    Branch,
    Chain,
    Command,
    Content,
    Field,
    Identifier,
    If,
    LazyPattern,
    NamedTuple,
    Pipeline,
    Related,
    String,
    Subject,
    TemplateFile,
    Text,
    TextPlace,
    ValueKey,
    ValuesFile,
    Variable,
    Violation,
    With,
    forbid,
    require,
    rule,
)

from .deprecation_comments import WORD, mentions_deprecation, says_deprecated

_FAIL = LazyPattern(r"\bfail\b")
# The replacement of a deprecated value: "use service.port instead", "its replacement .service.port".
_SUCCESSOR = LazyPattern(
    r"(?i)(?<!not )(?<!n't )\b(?:use|set|prefer|replacement|replaced (?:by|with)|superseded by|in favou?r of"
    r"|(?:moved?|migrated?|renamed) to)[^\w.;\n]+(?:the )?(?:\$?\.Values)?\.?([A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)"
    r"(?![^.;\n]{0,20}\bdeprecat)"
)
_WORDS = LazyPattern(r"[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*")


class _Warned(NamedTuple):
    """A branch that warns of a deprecated value: the value's path, and where. ``whole``: of the value itself, not of
    one form of it or of its replacement."""

    path: tuple[str, ...]
    template: TemplateFile
    branch: Branch
    whole: bool


def _warnings(subject: Subject) -> list[_Warned]:
    """Each ``{{ if .Values.x }}`` that fails, or prints into NOTES.txt, because x is deprecated."""
    return [warned for template in subject.templates for warned in subject.derived_from(template, _warnings_in)]


def _warnings_in(template: TemplateFile) -> tuple[_Warned, ...]:
    if template.tree is None:
        return ()
    lower = template.text.replace("İ", "I").lower()  # the one letter that becomes two
    if WORD not in lower:
        return ()
    found: list[_Warned] = []
    for control, _ in template.controls:
        if not isinstance(control, If | With):
            continue
        for branch in control.branches:
            if branch.pipeline is None or not branch.body or not _speaks(lower, branch):
                continue
            failing, printed = _said(template, branch.body)
            if WORD not in (failing + printed).lower():
                continue
            asked = dict(sorted(_values(branch.pipeline)))
            words = set(_WORDS.findall(failing + printed))
            named = [path for path in asked if ".".join(path) in words or path[-1] in words]
            if not named and len(asked) == 1 and WORD in failing.lower():
                named = list(asked)
            successors = set(_SUCCESSOR.findall(failing + printed))
            found.extend(
                _Warned(path, template, branch, asked[path] and ".".join(path) not in successors) for path in named
            )
    return tuple(found)


def _speaks_of_it(text: str) -> bool:
    """Whether a text contains the word at all."""
    return WORD in text.lower()


def _speaks(lower: str, branch: Branch) -> bool:
    """Whether a branch contains the word, given the file in lower case."""
    return lower.find(WORD, branch.end, branch.body[-1].end) >= 0


def _said(template: TemplateFile, body: Iterable[Content]) -> tuple[str, str]:
    """What a branch itself fails with, and prints for people; the texts of inner branches belong to those."""
    failing, printed = "", ""
    for_people = template.is_partial or template.path == "templates/NOTES.txt"
    for node in body:
        if isinstance(node, Action):
            source = template.source(node)
            if _FAIL.search(source):
                failing += source
            elif for_people:
                printed += source
        elif isinstance(node, Text) and for_people:
            printed += template.source(node)
    return failing, printed


_PRESENCE = frozenset({"and", "default", "empty", "get", "hasKey", "index", "not", "or"})
"""Functions with which a condition tests whether a value is set."""


def _values(pipeline: Pipeline, presence: bool = True) -> Iterator[tuple[tuple[str, ...], bool]]:
    """The values that a condition reads (``.Values.a.b``, ``$.Values.a.b``), and whether it tests their presence: a
    value that is compared, measured or tested for its type may be deprecated in one form only."""
    functions = (command.args[0] for command in pipeline.commands)
    presence &= all(not isinstance(each, Identifier) or each.name in _PRESENCE for each in functions)
    for command in pipeline.commands:
        below = _named_below(command)
        for argument in command.args:
            expression = argument.base if isinstance(argument, Chain) else argument
            names: tuple[str, ...] = ()
            if isinstance(expression, Pipeline):
                yield from _values(expression, presence)
            elif isinstance(expression, Field) or (isinstance(expression, Variable) and expression.name == "$"):
                names = expression.names
            if names[:1] == ("Values",) and len(names) + len(below) > 1:
                yield (*names[1:], *below), presence


def _named_below(command: Command) -> tuple[str, ...]:
    """The keys that `hasKey .Values.a "b"`, `get` and `index` look up in their map."""
    function, *arguments = command.args
    if not isinstance(function, Identifier) or function.name not in ("get", "hasKey", "index"):
        return ()
    return tuple(argument.value for argument in arguments if isinstance(argument, String))


@rule(
    "compat/unmarked-deprecation",
    default=MUST,
    needs={TEMPLATES},
    enforces=require(r"\bdeprecat\w+\b.{0,40}\b(?:marked|commented?|documented|noted|flagged)\b"),
)
def unmarked_deprecation(subject: Subject) -> Iterator[Violation]:
    """Deprecated value is not marked in values.yaml.

    Why: Users find the value in values.yaml, where it looks like any other, and only notice when it is removed.
    Bad:
        # -- Port of the server
        port: 8080
    Good:
        # -- Deprecated, use service.port; removed in 3.0.0
        port: 8080
    Fix: Write in the value's comment that it is deprecated, what replaces it and when it will be removed.
    Source: Semantic Versioning, How should I handle deprecating functionality?
    """
    values = subject.chart.values
    if values is None:
        return
    keys = values.by_path
    lines = values.text.removeprefix("\ufeff").split("\n")
    seen: set[tuple[str, ...]] = set()
    for warned in _warnings(subject):
        key = keys.get(warned.path)
        if key is None or not warned.whole or warned.path in seen:
            continue
        seen.add(warned.path)
        if not mentions_deprecation(key, keys, lines):
            place = TextPlace(warned.template.path, warned.template.span(warned.branch))
            yield Violation(
                f"value {key.name} is deprecated in a template but not in its comment; "
                'add "Deprecated" and the replacement to the comment',
                at=values.document.view.get(*warned.path),
                related=(Related(place, "treated as deprecated here"),),
            )


def _marked(values: ValuesFile) -> tuple[ValueKey, ...]:
    """The keys that a comment marks as deprecated."""
    if WORD not in values.text.lower():
        return ()
    lines = values.text.removeprefix("\ufeff").split("\n")
    return tuple(key for key in values.by_path.values() if says_deprecated(key, lines))


@rule(
    "compat/silent-deprecation",
    default=SHOULD,
    needs={TEMPLATES},
    enforces=(
        require(r"\bfail\b.{0,80}\bdeprecated\b|\bdeprecated\b.{0,60}\b(?:warn|fail|message|NOTES)"),
        forbid(r"\bsilent\w*\b.{0,40}\bdeprecat"),
    ),
)
def silent_deprecation(subject: Subject) -> Iterator[Violation]:
    """Deprecated value causes no warning when it is set.

    Why: Users do not reread values.yaml for an upgrade; the value works until it is removed, and is then ignored
        without a warning.
    Bad:
        # -- Deprecated, use service.port
        port: null
    Good:
        {{- if .Values.port }}
        {{- fail "port is deprecated: set service.port instead" }}
        {{- end }}
    Fix: Call `fail`, or print a warning in NOTES.txt, where the deprecated value is set.
    Source: Helm documentation, Chart Development Tips and Tricks; Semantic Versioning
    """
    values = subject.chart.values
    if values is None:
        return
    marked = subject.derived_from(values, _marked)
    if not marked:
        return
    warned = {warning.path for warning in _warnings(subject)}
    # A list of deprecated names, or a message built elsewhere, contains the value's name.
    texts = (template.text for template in subject.templates)
    spoken = "\n".join(text for text in texts if subject.derived_from(text, _speaks_of_it))
    for key in marked:
        path = tuple(str(step) for step in key.path)
        if any(path[: len(other)] == other or other[: len(path)] == path for other in warned) or key.name in spoken:
            continue
        if subject.uses.is_read(path):
            yield Violation(
                f"setting the deprecated value {key.name} causes no warning; call fail or print a warning in NOTES.txt",
                at=values.document.view.get(*key.path),
            )
