"""Functions that readers of ordinary templates haven't met, and the comments that explain them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from helm_constitution.api import (
    SHOULD,
    TEMPLATES,
    Command,
    Field,
    Identifier,
    LazyPattern,
    Parameter,
    String,
    Subject,
    Tally,
    TemplateFile,
    TextPlace,
    Variable,
    Violation,
    commands,
    forbid,
    require,
    rule,
)

from .named_templates import says_something

_EACH_TIME = "creates a new one on each rendering"
_UNUSUAL: Mapping[str, str] = {
    "tpl": "renders strings from the values as templates",
    "lookup": "queries the cluster, and finds nothing in `helm template`",
    "dig": "looks up a nested key or a default",
    "set": "changes a map for all later readers",
    "unset": "changes a map for all later readers",
    "genCA": _EACH_TIME,
    "genCAWithKey": _EACH_TIME,
    "genSelfSignedCert": _EACH_TIME,
    "genSelfSignedCertWithKey": _EACH_TIME,
    "genSignedCert": _EACH_TIME,
    "genSignedCertWithKey": _EACH_TIME,
    "genPrivateKey": _EACH_TIME,
    "htpasswd": _EACH_TIME,
    "encryptAES": _EACH_TIME,
    "derivePassword": "computes a password from a master password",
    "decryptAES": "decrypts with a key from the chart or its values",
    "buildCustomCert": "builds a certificate from two base64 strings",
    "pluck": "collects one key of several maps",
    "urlParse": "splits a URL into a map",
    "urlJoin": "joins a URL from a map",
    "getHostByName": "queries the DNS of the machine that renders",
    "fromYaml": "reads a text back as a map",
    "fromYamlArray": "reads a text back as a list",
    "fromJson": "reads a text back as a map",
    "fromJsonArray": "reads a text back as a list",
}
"""The surprising effects of rarely used functions. Source: the function lists of Helm and sprig."""

_CANDIDATE = LazyPattern(
    r"\b(?:tpl|lookup|dig|set|unset|gen[A-Z]|htpasswd|encryptAES|derivePassword|decryptAES|buildCustomCert|pluck|url[A-Z]"
    r"|getHostByName|from(?:Yaml|Json)|must[A-Z]|regex|index|Glob|printf [\"`])"
)
_INCLUDED = LazyPattern(r"\binclude\s+\S+\s+[^|]*\|\s*from(?:Yaml|Json)|\bfrom(?:Yaml|Json)(?:Array)?\s+\(\s*include\b")
_VERB = LazyPattern(r"%[-+# 0]*(?:\d+|\*)?(?:\.\d+)?(?:\[\d+\])?[a-zA-Z]")
_TEMPLATED = LazyPattern(
    r"\btemplat(?:ed|ing|able)\b|\bas (?:a )?(?:\w+ )?template|(?:helm|go|through|via|use|support) templates?\b"
    r"|\btemplate (?:string|syntax|expression)s?\b|\btemplates? (?:is|are|can|may) ",
    re.IGNORECASE,
)
"""Words in a comment of values.yaml on a value that `tpl` renders."""

_OBSCURE = (
    r"\b(?:obscure|unusual|advanced|uncommon|rare\w*|exotic|non-?obvious|clever|complex|readers .{0,40}haven't met)\b"
)
_FUNCTIONS = (
    r"\b(?:functions?|(?:go )?template features?|template (?:syntax|constructs|expressions)|template logic|sprig)\b"
)
_COMMENTS = r"\b(?:comment(?:s|ed|ing)?|explain(?:s|ed|ing)?|explanation|document(?:ed|ation)?)\b"


@rule(
    "templates/unexplained-function",
    default=SHOULD,
    needs={TEMPLATES},
    enforces=(
        require(
            rf"(?:{_OBSCURE}).{{0,40}}(?:{_FUNCTIONS}).*(?:{_COMMENTS})|(?:{_COMMENTS}).*(?:{_FUNCTIONS}).{{0,40}}(?:{_OBSCURE})"
            rf"|(?:{_COMMENTS}).{{0,40}}(?:{_OBSCURE}).{{0,40}}(?:{_FUNCTIONS})"
        ),
        forbid(rf"(?:{_OBSCURE}).{{0,40}}(?:{_FUNCTIONS})"),
    ),
    parameters={
        "verbs": Parameter(4, "registry/repository:tag is read at a glance, more parts need an example of the result"),
        "keys": Parameter(2, "two keys are easy to read; more are a path that dots show better"),
    },
)
def unexplained_function(subject: Subject) -> Iterator[Violation | Tally]:
    """Unusual template function has no comment.

    Why: Operators who do not write Go can't tell what the call returns, nor how it affects a rendering without a
        cluster (`lookup`), later lines (`set`) or the next upgrade (`genCA`).
    Bad:
        port: {{ dig "http" "port" 8080 .Values.service }}
    Good:
        {{- /* service.http.port, or 8080 where either key is missing */}}
        port: {{ dig "http" "port" 8080 .Values.service }}
    Fix: Write a comment on the line or just above it (for a named template, above the `define`): what the result is,
        and why a plain value is not enough. One comment covers all uses of a function in a file; for `tpl` a comment in
        values.yaml on a value that may contain a template is enough. `include` and `fromYaml` together need none: that
        is how a named template returns a map.
    Source: Helm chart best practices, Templates (comments); the functions are those that few public charts use
    """
    verbs, keys = subject.number("verbs"), subject.number("keys")
    good = total = 0
    left: dict[str, list[tuple[TemplateFile, Command, str]]] = {}
    for template in subject.templates:
        if template.path.endswith("NOTES.txt"):
            continue
        if template.tree is None:
            continue
        calls = subject.derived_from(template, _unusual_calls, verbs, keys)
        lines = template.text.split("\n") if calls else []
        for name, uses in calls.items():
            total += 1
            if any(_is_explained(template, lines, command) for _, command, _ in uses):
                good += 1
            else:
                left.setdefault(name, []).extend(uses)
    if "tpl" in left and _values_speak_of_templates(subject):
        good += len({template.path for template, _, _ in left.pop("tpl")})
    for name, uses in left.items():
        template, first, what = uses[0]
        files = len({other.path for other, _, _ in uses})
        more = f" ({len(uses)} times in {files} file{'s' if files > 1 else ''})" if len(uses) > 1 else ""
        hint = "explain in a comment, or in values.yaml, which" if name == "tpl" else "explain its purpose in a comment"
        yield Violation(f"`{name}`{more} {what}; {hint}", TextPlace(template.path, template.span(first)))
    yield Tally(good, total, "uses of unusual functions explained")


def _unusual_calls(template: TemplateFile, verbs: int, keys: int) -> dict[str, list[tuple[TemplateFile, Command, str]]]:
    """The calls of unusual functions in a template, by function, each with what is unusual about it."""
    calls: dict[str, list[tuple[TemplateFile, Command, str]]] = {}
    candidates: dict[str, bool] = {}
    for part in template.computed:
        # The same few texts come again and again.
        if (is_candidate := candidates.get(part.text)) is None:
            is_candidate = not part.is_literal and _CANDIDATE.search(part.text) is not None
            candidates[part.text] = is_candidate
        for command in commands(part.pipeline) if is_candidate else ():
            if (found := _unusual(command, verbs, keys)) and not _reads_include(found[0], part.text):
                calls.setdefault(found[0], []).append((template, command, found[1]))
    return calls


def _unusual(command: Command, verbs: int, keys: int) -> tuple[str, str] | None:
    """The function that a command calls and what is unusual about it; None for an ordinary one."""
    function = command.args[0]
    if isinstance(function, Identifier):
        name = function.name
        if name in _UNUSUAL:
            return name, _UNUSUAL[name]
        if name.startswith("must") and name[4:5].isupper():
            return name, "fails if its arguments are invalid"
        if name.startswith("regex"):
            return name, "uses a regular expression"
        if name == "index" and len(command.args) - 2 > keys:
            return name, f"looks up {len(command.args) - 2} nested keys"
        if name == "printf" and len(command.args) > 1 and isinstance(form := command.args[1], String):
            count = len(_VERB.findall(form.value.replace("%%", "")))
            if count >= verbs and " " not in form.value:  # a sentence explains itself
                return f'printf "{form.value}"', f"joins {count} strings"
    elif isinstance(function, Field | Variable) and function.names[-2:] == ("Files", "Glob"):
        return ".Files.Glob", "reads chart files by a name pattern"
    return None


def _reads_include(name: str, text: str) -> bool:
    """Whether a call reads back what a named template makes, as charts do that let named templates give maps."""
    return name.startswith("from") and _INCLUDED.search(text) is not None


def _values_speak_of_templates(subject: Subject) -> bool:
    """Whether a comment of values.yaml says that a value is rendered as a template."""
    text = subject.chart.files.get("values.yaml", "")
    for word in ("tpl", "{{", "emplat"):
        place = text.find(word)
        while place >= 0:
            end = text.find("\n", place)
            end = len(text) if end < 0 else end
            _, mark, comment = text[text.rfind("\n", 0, place) + 1 : end].partition("#")
            if mark and word in comment and (word != "emplat" or _TEMPLATED.search(comment)):
                return True
            place = text.find(word, end)
    return False


_NEAR = 3
"""How many lines below a comment it still explains: an `if` and a `with` may be between."""


def _is_explained(template: TemplateFile, lines: Sequence[str], command: Command) -> bool:
    """Whether a comment stands on the call's line, just above it, or explains the named template around it."""
    line = template.position(command.start)[0]
    if _has_comment(lines, line - _NEAR, line):
        return True
    for define in template.defines.values():
        if define.start <= command.start < define.end:
            first, last = template.position(define.start)[0], template.position(define.head_end)[0]
            return _has_comment(lines, first - _NEAR, last + 1)
    return False


def _has_comment(lines: Sequence[str], first: int, last: int) -> bool:
    """Whether one of these lines, counted from 1, holds a comment, or its end, that says something."""
    for number in range(max(first, 1) - 1, min(last, len(lines))):
        line = lines[number]
        end = line.find("*/")
        if end >= 0:
            start = number
            while start > 0 and "/*" not in lines[start]:
                start -= 1
            text = "\n".join([*lines[start:number], line[:end]])
            if says_something(text[text.find("/*") :]):
                return True
        place = line.find("#")
        if place >= 0 and (place == 0 or line[place - 1] in " \t") and says_something(line[place:]):
            return True
    return False
