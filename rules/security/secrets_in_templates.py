"""Credentials in templates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    TEMPLATES,
    Action,
    Command,
    Field,
    Identifier,
    LazyPattern,
    Pipeline,
    Span,
    String,
    Subject,
    TemplateFile,
    TextPlace,
    Urgency,
    Variable,
    Violation,
    commands,
    rule,
)

from .credential_forms import Form, forms_in, known_tokens
from .credentials import assignments, is_credential, telling_words
from .secrets import _HARDCODED, _OTHER_VALUES
from .statements import SECURE_DEFAULTS

_ACTION = LazyPattern(r"(?s)\{\{.*?\}\}")


_NAME_AND_VALUE = LazyPattern(
    r"""name:[ \t]*["']?(?P<name>[\w.-]+)["']?[ \t]*\r?\n"""
    r"""[ \t]*value:[ \t]*(?:"(?P<double>[^"\n]+)"|'(?P<single>[^'\n]+)'|(?P<bare>[^\s"'#]+))"""
)


_KEY_BEFORE = LazyPattern(r"""([A-Za-z_][\w.-]*)["']?[ \t]*[:=][ \t]*["']?\Z""")


# A Secret is referenced at most two lines above, not counting lines with actions alone.
_KEY_REFERENCE = LazyPattern(r"(?:secret|configMap)KeyRef:[ \t]*\r?\n(?:.*\n){0,2}\Z")


# Functions whose literal argument becomes (part of) the output, and which argument that is.
_LITERAL_ARGUMENT = {"default": 1, "b64enc": 1, "quote": 1, "squote": 1, "bcrypt": 1, "htpasswd": 2, "toString": 1}


_NO_CODE = LazyPattern(
    r"(?i)(?:readme|changelog|license|notice|upgrade|contributing)[^/]*\Z|.*\.(?:md|gotmpl|rst|adoc)\Z"
)


@rule(
    "security/secret-in-template",
    default=MUST,
    needs={TEMPLATES},
    enforces=_HARDCODED,
    umbrella=SECURE_DEFAULTS,
    urgency=Urgency.EXPOSED,
    told_by=("security/secret-in-values",),
)
def secret_in_template(subject: Subject) -> Iterator[Violation]:
    """Template or chart file contains a credential.

    Why: Everyone who has the chart has the credential, no value can change it, and all installations share it.
    Bad:
        stringData:
          password: hunter2
    Good:
        stringData:
          password: {{ .Values.auth.password | default (randAlphaNum 32) | quote }}
    Fix: Read the credential from a value or from a Secret that the user references, or generate it. A default in the
        template is as public as one in values.yaml.
    Source: OWASP Kubernetes Top Ten, Secrets Management Failures; Helm chart best practices
    """
    words = [subject.derived_from(template.text, _words) for template in subject.templates]
    others = {
        path: text
        for path, text in subject.chart.files.items()
        if not (
            path.startswith("templates/") or path == "values.yaml" or _OTHER_VALUES.match(path) or _NO_CODE.match(path)
        )
    }
    all_words = set[str]().union(*words)
    telling = telling_words(all_words)
    forms = forms_in(all_words.union(*(subject.derived_from(text, _words) for text in others.values())))
    for template, own in zip(subject.templates, words, strict=True):
        yield from subject.derived_from(template, _template_problems, forms, not own.isdisjoint(telling))
    for path, text in others.items():
        for found in known_tokens(text, forms):
            place = TextPlace(path, _span(text, found.start, min(found.end, found.start + 8)))
            yield Violation(
                f"chart file contains what looks like {found.what}; remove it from the chart and rotate it",
                at=place,
                secrets=(found.secret,),
            )


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _template_problems(template: TemplateFile, forms: tuple[Form, ...], is_telling: bool) -> tuple[Violation, ...]:
    """The credentials in one template: tokens of some forms, and the literals of telling names."""
    return tuple(_problems(template, forms, is_telling))


def _problems(template: TemplateFile, forms: tuple[Form, ...], is_telling: bool) -> Iterator[Violation]:
    text = template.text
    seen: set[int] = set()
    for found in known_tokens(text, forms):
        seen.add(found.start)
        place = TextPlace(template.path, template.span_between(found.start, min(found.end, found.start + 8)))
        yield Violation(
            f"template contains what looks like {found.what}; read it from a value or a Secret",
            at=place,
            secrets=(found.secret,),
        )
    if not is_telling:
        return
    # Actions are blanked out: what they print is not a literal, and every offset stays the same.
    plain = _ACTION.sub(_blanked, text)
    literals = [(each.name, each.start, each.end) for each in assignments(plain)]
    for match in _NAME_AND_VALUE.finditer(plain):
        group = str(match.lastgroup)
        if not plain[max(match.start() - 1, 0) : match.start()].isalnum() and is_credential(
            match["name"], match[group]
        ):
            literals.append((match["name"], match.start(group), match.end(group)))
    for name, start, end in literals:
        if not any(start <= token < end for token in seen):
            place = TextPlace(template.path, template.span_between(start, end))
            yield Violation(
                f"template contains {name} in plain text; read it from a value or a Secret",
                at=place,
                secrets=(plain[start:end],),
            )
    for pipeline, written, node, _ in template.computed:
        if '"' not in written and "`" not in written:
            continue
        for name, literal in _literals(pipeline, text if isinstance(node, Action) else "", node.start):
            place = TextPlace(template.path, template.span(literal))
            yield Violation(
                f"template sets {name} from a literal; read it from a value or a Secret",
                at=place,
                secrets=(literal.value,),
            )


def _blanked(match: re.Match[str]) -> str:
    return "\n".join(["\x00" * len(line) for line in match.group().split("\n")])


def _literals(pipeline: Pipeline, text: str, start: int) -> Iterator[tuple[str, String]]:
    """The literals of an action that become the value of a telling name: of its field, its variable, or the key before
    it."""
    literals = [literal for command in commands(pipeline) if (literal := _literal(command)) is not None]
    if not literals:
        return
    names = [variable.lstrip("$") for variable in pipeline.variables]
    line = text.rfind("\n", 0, start) + 1
    before = text[max(line, start - 100) : start]
    if key := _KEY_BEFORE.search(before):
        if key[1] in ("key", "name") and _KEY_REFERENCE.search(text, max(line - 200, 0), line):
            return  # the name of a Secret, or of a key in one
        names.append(key[1])
    for command in commands(pipeline):
        names.extend(arg.names[-1] for arg in command.args if isinstance(arg, Field | Variable) and arg.names)
    for literal in literals:
        if (name := next((name for name in names if is_credential(name, literal.value)), None)) is not None:
            yield name, literal


def _literal(command: Command) -> String | None:
    """The string that a command prints: its only operand, or the argument that a function returns."""
    args = command.args
    first = args[0]
    if len(args) == 1:
        return first if isinstance(first, String) else None
    place = _LITERAL_ARGUMENT.get(first.name, 0) if isinstance(first, Identifier) else 0
    found = args[place] if 0 < place < len(args) else None
    return found if isinstance(found, String) else None


def _span(text: str, start: int, end: int) -> Span:
    line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
    return Span(line, column, line, column + end - start)
