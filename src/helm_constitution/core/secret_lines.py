"""Lines of files that are mostly YAML, without the secrets that their keys name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.secret_names import HIDDEN, TELLING, Key, names_a_secret
from helm_constitution.core.secret_texts import TAKES_SECRET, without_secrets

_KEY = r"(?P<key>(?:\\{0,4}[\"'])?[A-Za-z_][\w.-]*(?:\\{0,4}[\"'])?)"
_LINE = LazyPattern(
    rf"(?P<before>[ \t]*(?:\#+[ \t]*)?(?:-[ \t]+)*){_KEY}(?P<sign>[ \t]*:[ \t]+)(?P<value>.+)", re.DOTALL
)
_PAIR = LazyPattern(
    rf"(?P<before>)(?<![\w.-]){_KEY}(?P<sign>[ \t]*(?::=|=>|[:=])[ \t]*)"
    r"(?P<value>\\{1,4}\"(?:(?!\\{0,4}\").)*\\{1,4}\"|\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'"
    r"|(?:(?i:bearer|basic|token) +)?[^\s\"'`{}\[\],]+)"
)
_NOTHING = r"[\"']?(?:true|false|null|~|/(?:[\w.-]+/)+[\w.-]+\.[a-z]{2,4})?[\"']?"
"""No value, a flag or a file: no secret."""
_NO_SECRET = LazyPattern(
    rf"(?:{_NOTHING}"
    r"|\\{1,4}\"\\{1,4}\"|[0-9]{1,3}|[|>&*!\[{].*|.*(?:\{\{|\$\(|\$\{).*"
    r"|\#.*|[\"']?(?:(?i:bearer|basic|token) +)?(?:\$(?:[A-Z_]+\)?)?|<[\w -]+>?)[\"']?"
    r"|(?i:(?:bearer|basic)(?: (?:tokens?|auth\w*|headers?))?)"
    r"|[\"']?.{0,3}…(?:[\"']?(?:[ \t]+\#.*)?|[;&].*))\Z",
    re.DOTALL,
)
"""What is left of a secret that is masked is none either."""


def lines_without_secrets(text: str) -> list[str]:
    """The lines of a file that is mostly YAML; where a key names a secret, without what stands behind and below it.

    A template's output, a flag, a reference and a comment in words stay. The content of a Secret is hidden whatever its
    keys are.
    """
    lines = text.split("\n")
    hiding = _Hiding()
    shown = []
    for number, line in enumerate(lines):
        if number == 0 or line.startswith("---"):
            hiding.begin(is_secret=_begins_secret(lines, number))
        plain = _NAMED.sub(_without_value, line) if "value" in line else line
        if plain.isprintable():
            shown.append(hiding.shown(plain))
        else:
            parts = _BREAK.split(plain)
            shown.append("".join(part if _BREAK.match(part) else hiding.shown(part) for part in parts if part))
    return shown


_BREAK = LazyPattern(r"([\r\x85\u2028\u2029])")
"""What else ends a line of YAML."""


class _Above(NamedTuple):
    """A key above a line."""

    indent: int
    holds: bool
    """Whether the values below it are secrets, as it or a key above it says."""
    is_content: bool
    """Whether it is the content of a Secret, which is hidden whatever its keys are."""
    is_secret: bool
    """Whether it names a secret itself; what a schema says of its value is one too."""


class _Text(NamedTuple):
    """A secret that goes on below its key: in a block, or on more lines of a quotation, a list or plain words."""

    indent: int
    is_whole: bool
    """Whether every deeper line belongs to it, not only those without a key."""
    is_comment: bool


class _Hiding:
    """Reads a file line by line, and knows of each what stands above it."""

    def __init__(self) -> None:
        self._keys: list[_Above] = []
        self._known: dict[str, Key] = {}  # most keys come again and again
        self._text: _Text | None = None
        self._in_private_key = False
        self._is_secret = False
        self._names: dict[int, str] = {}  # what `name` or `key` beside the next key says, by the column of both
        self._kinds: dict[int, str] = {}
        self._option = False  # whether the line before is an option that takes a secret

    def begin(self, *, is_secret: bool) -> None:
        """Begins a document: an object of kind Secret, or not."""
        self._is_secret = is_secret
        self._kinds.clear()

    def shown(self, line: str) -> str:
        """The next line without its secret."""
        text = line.lstrip()
        indent = len(line) - len(text)
        is_comment = text.startswith("#")
        column = indent + len(text) - len(text.lstrip("# ")) if is_comment else indent
        if (self._in_private_key or "-----BEGIN" in line) and self._is_of_private_key(line):
            return f"{line[:column]}{HIDDEN}" if text else line
        found = _ENTRY.match(line) if ":" in line or "-" in line else None
        if self._text is not None and text:
            if (column if self._text.is_comment else indent) <= self._text.indent:
                self._text = None
            elif self._text.is_whole or (found is None and not _NO_TEXT.match(text)):
                return _text_without_secret(line, column)
            elif found is not None:
                self._text = None
        after_option, self._option = self._option, False
        if found is None:
            return line
        value = found["value"] or ""
        self._option = "--" in value and NAMED_OPTION.match(value) is not None
        key, above, own = self._entry(found, column)
        if is_comment and " " in _REMARK.sub("", value).strip():
            return line  # in words
        is_secret = above.is_content or ((key.is_secret or above.holds) and not key.is_reference)
        is_secret = is_secret or (after_option and found["key"] is None)
        if value[:1] in ("[", "{"):
            is_secret = is_secret or own.is_content or (key.lists_secrets and not key.is_reference)
        if not is_secret:
            return line
        is_block = value[:1] in ("|", ">")
        if found["key"] is not None and not (is_comment and not is_block):
            self._text = _Text(column, is_block or _OPEN.match(value) is not None, is_comment)
        if is_block or not value or _HARMLESS.match(value):
            return line
        return found["head"] + (_outside_actions(value, is_content=above.is_content) if "{{" in value else HIDDEN)

    def _entry(self, found: re.Match[str], indent: int) -> tuple[Key, _Above, _Above]:
        """The key of an entry, of a variable its name; what stands above it, and what it says of what is below."""
        keys, name = self._keys, found["key"]
        if name is None:  # an item of a list
            above = keys[-1] if keys else _TOP
            return _NO_KEY, above, above
        while keys and keys[-1].indent >= indent:
            keys.pop()
        above = keys[-1] if keys else _TOP
        key = self._known.get(name)
        if key is None:
            key = self._known[name] = Key.of(name)
        column = found.start("key")
        is_content = above.is_content
        if name in ("name", "key"):
            self._names[column] = _plain(found["value"])
        elif name == "kind":
            self._kinds[column] = _plain(found["value"])
        elif name == "value":
            key = Key.of(self._names.pop(column, ""))
        elif name == "stringData":
            is_content = True
        elif name == "data":
            is_content = is_content or (self._is_secret and not keys) or self._kinds.get(column) == "Secret"
        holds = above.holds or (above.is_secret and name in _VALUES_OF_SCHEMA)
        own = _Above(indent, holds or key.holds_secrets, is_content, key.is_secret and not key.is_reference)
        keys.append(own)
        return key, above._replace(holds=holds), own

    def _is_of_private_key(self, line: str) -> bool:
        """Whether a line is one of a private key, but its first and its last line."""
        if not self._in_private_key:
            self._in_private_key = _OPEN_PRIVATE_KEY.search(line) is not None
            return False
        self._in_private_key = _OF_PRIVATE_KEY.match(line) is not None
        return self._in_private_key


_TOP = _Above(-1, False, False, False)
_VALUES_OF_SCHEMA = frozenset(("const", "default", "enum", "examples"))
_NO_KEY = Key.of("")


_NAMED = LazyPattern(
    r"(?P<head>\b(?:name|key)(?:\\{0,4}[\"'])?[:=][ ]*(?:\\{0,4}[\"'])?(?P<name>[\w.-]{1,80})(?:\\{0,4}[\"'])?[ ,]+"
    r"(?:\\{0,4}[\"'])?value(?:\\{0,4}[\"'])?[:=][ ]*)"
    r"(?P<value>\\{1,4}\"(?:(?!\\{0,4}\").)*\\{1,4}\"|\"[^\"]*\"|'[^']*'|[^\s,}\"']+)"
)
"""A variable with its value, in one line."""
NAMED_OPTION = LazyPattern(rf"[\"']?{TAKES_SECRET}[\"']?[ \t]*\Z")


def _without_value(pair: re.Match[str]) -> str:
    """A variable without its value where its name names a secret."""
    is_shown = not names_a_secret((pair["name"],)) or _NO_SECRET.match(pair["value"]) is not None
    return pair[0] if is_shown else f"{pair['head']}{HIDDEN}"


_IS_SECRET = LazyPattern(r"kind:[ \t]+[\"']?Secret\b")


def _begins_secret(lines: Sequence[str], first: int) -> bool:
    """Whether the document that begins with a line is a Secret."""
    for number in range(first, len(lines)):
        if number > first and lines[number].startswith("---"):
            return False
        if "Secret" in lines[number] and _IS_SECRET.match(lines[number].lstrip()):
            return True
    return False


_ENTRY = LazyPattern(
    r"(?P<head>\s*(?:#+ *)?(?:- +)?"
    r"(?:(?P<quote>[\"'])?(?P<key>[A-Za-z_.](?(quote)[^\"'\n]|[\w.-]){0,80})(?(quote)(?P=quote)):(?:[ \t]+|\Z)|(?<=- ))"
    r"(?:[&!][^\s,\]}]*[ \t]+)*)(?P<value>\S.*)?"
)
_HARMLESS = LazyPattern(
    rf"(?:{_NOTHING}|\[ *\]?|\{{ *\}}?|[&*#].*|[\"']?\$[({{A-Z].*|[\"']?<[\w -]+>[\"']?)[ \t,]*(?:#.*)?\Z"
)
_OPEN = LazyPattern(r"([\"'])(?:(?!\1).)*\Z")
"""A quotation that doesn't end in its line."""
_NO_TEXT = LazyPattern(r"#|\{\{|[\]})\"',;]*\Z")
"""What stands below a secret's key, and is no part of the secret."""
_REMARK = LazyPattern(r"[ \t]+#.*")
_OPEN_PRIVATE_KEY = LazyPattern(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?!.*-----END)")
_OF_PRIVATE_KEY = LazyPattern(
    r"[ \t]*(?:#[ \t]*)?(?:[\w+/=…]*|(?:Proc-Type|DEK-Info|Version|Comment):.*)[\\\"',]*[ \t]*\Z"
)


def _plain(value: str | None) -> str:
    """A scalar without its quotes."""
    return (value or "").strip("\"', ")


_OUTSIDE = LazyPattern(r"(?P<kept>\{\{.*?(?:\}\}|\Z)|\b(?i:bearer|basic) +)|[^\s\"'{]*\w[^\s\"'{]*")
_ENCODED = LazyPattern(r"(?<=b64enc )\"[^\"]+\"|(?<!include )\"[^\"]+\"(?= *\| *b64enc)")
_MOST_WORDS = 2
"""More words beside an action are a sentence, no secret."""
_HEAD = LazyPattern(r"[ \t]*(?:[\w.-]+[ \t]*[:=][ \t]*)?")


def _outside_actions(text: str, *, is_content: bool) -> str:
    """A secret that a template prints, without what stands beside the actions."""
    if is_content:
        text = _ENCODED.sub(HIDDEN, text)
    elif sum(not part["kept"] for part in _OUTSIDE.finditer(text)) > _MOST_WORDS:
        return text
    return _OUTSIDE.sub(lambda part: part["kept"] or HIDDEN, text)


def _text_without_secret(line: str, indent: int) -> str:
    """A line of a secret."""
    if "{{" not in line:
        return f"{line[:indent]}{HIDDEN}"
    head = _HEAD.match(line)
    end = head.end() if head is not None else indent
    return line[:end] + _outside_actions(line[end:], is_content=True)


_CELL = LazyPattern(r"(?<!\\)\|")
_TYPE = r"(?:\{ *\}|\[ *\]|null|nil|true|false|string|str|int|integer|number|float|bool|boolean|object|map|list|array)?"
_IS_TYPE = LazyPattern(rf"{_TYPE}\Z")
_CODE = LazyPattern(r"`([^`]+)`")
_NO_DEFAULT = LazyPattern(rf"(?:\"\"|{_TYPE}|[a-z]\w*(?:[a-z][A-Z]|\.)[\w.]*)\Z")
"""Code in a table that is a type, or the name of another value."""
_MARKS = LazyPattern(r"\]\([^)]*\)|<[^>]*>|[\[\]`*]")


def _row_without_secrets(line: str) -> str:
    """A row of a table of values; where its key names a secret, without code and without single words."""
    head, *cells = _CELL.split(line.strip().removeprefix("|"))
    key = _MARKS.sub("", head).strip()
    if " " in key or not names_a_secret((*key.split("."), 0)):
        return line
    shown = [
        cell if _IS_TYPE.match(cell.strip(' `"-:')) or " " in cell.strip(" `") else f" {HIDDEN} " for cell in cells
    ]
    return f"|{'|'.join((head, *(_CODE.sub(_without_default, cell) for cell in shown)))}"


def _without_default(code: re.Match[str]) -> str:
    return code[0] if _NO_DEFAULT.match(code[1]) else HIDDEN


def text_without_secrets(text: str) -> str:
    """A text of several lines, as a file has them, without secrets."""
    # As a whole first: a private key has several lines.
    return "\n".join(map(line_without_secrets, lines_without_secrets(without_secrets(text))))


def line_without_secrets(line: str) -> str:
    """A line of a values file, a template or a table of values without the secrets that its keys name, and those in its
    text."""
    text = line.lstrip()
    if text.startswith("|"):
        line = _row_without_secrets(line)
    is_prose = text.startswith("#") and _COMMENTED_FLOW.match(text) is None
    if TELLING.search(line) is None:
        return without_secrets(line)
    if not is_prose and ("{" in line or "[" in line):
        line = _flow_without_secrets(line)
    whole = _LINE.fullmatch(line)
    if whole is not None and not (is_prose and " " in whole["value"].strip()) and (hidden := _hidden(whole)) != line:
        return hidden
    if not is_prose:
        line = _PAIR.sub(_hidden, line)
    elif "`" in line:
        line = _SPAN.sub(lambda span: _PAIR.sub(_hidden, span[0]), line)
    return without_secrets(_LITERAL.sub(_without_literal, line) if "{{" in line else line)


_HOLDER = LazyPattern(
    r"(?<![\w.-])(?P<key>[\"']?[A-Za-z_][\w.-]*[\"']?)[ \t]*:[ \t]*(?=\{[ \t]*[^{} \t]|\[[ \t]*[^\] \t])"
)
"""A key with a map or a list that is not empty, in one line."""
_FLOW = LazyPattern(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'|[\[\]{}]")


def _flow_without_secrets(line: str) -> str:
    """A line without the maps and lists in it that hold secrets, as their keys say."""
    shown, position = "", 0
    is_secret = "Secret" in line and _IS_SECRET.search(line) is not None
    for found in _HOLDER.finditer(line):
        name, start = found["key"].strip("\"'"), found.end()
        key = Key.of(name)
        holds = key.holds_secrets if line[start] == "{" else key.lists_secrets
        if start > position and (holds or (is_secret and name == "data")) and not key.is_reference:
            shown += line[position:start] + HIDDEN
            position = _end_of_flow(line, start)
    return shown + line[position:]


def _end_of_flow(line: str, start: int) -> int:
    """Where a map or a list in a line ends."""
    depth = 0
    for found in _FLOW.finditer(line, start):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(found[0], 0)
        if depth == 0:
            return found.end()
    return len(line)


_COMMENTED_FLOW = LazyPattern(r"#+[ \t]*(?:-[ \t]+)*(?:[\w.-]+:[ \t]+)?[\[{]")
_SPAN = LazyPattern(r"`[^`]+`")
_PATH = r"(?<![\w.])[$.][\w.]*\.(?P<{}>\w+)\)*(?![.\w])"
_LITERAL = LazyPattern(
    rf"(?P<before>\b(?:eq|ne|coalesce)\s+\(*{_PATH.format('compared')}\s+|{_PATH.format('piped')}\s*\|\s*default\s+"
    r"|\bhtpasswd\s+\S+\s+"
    r"|\b(?:dict|set\s+\S+)\s+\"(?P<set>[\w.-]+)\"\s+)\"[^\"]+\""
    rf"|(?P<function>\b(?:default|coalesce|eq|ne)\s+)\"[^\"]+\"(?=\s+\(*{_PATH.format('behind')})"
)
"""A text in a template that is compared with a value, stands in for it, or is set under its name."""


def _without_literal(found: re.Match[str]) -> str:
    name = found["compared"] or found["piped"] or found["set"] or found["behind"]
    # `tokenSecretKey` is a key of a Secret.
    is_secret = name is None or (names_a_secret((name,)) and not name.endswith("Key"))
    return f"{found['before'] or found['function']}{HIDDEN}" if is_secret else found[0]


def _hidden(pair: re.Match[str]) -> str:
    """A key with its value; without the value where the key says that it is a secret, or without the secrets in it."""
    value = pair["value"]
    is_quoted = value[:1] in ('"', "'", "\\")
    head = f"{pair['before']}{pair['key']}{pair['sign']}"
    if names_a_secret(pair["key"].strip("\\\"'").split(".")):
        # What a template sets a variable to is code, unless it is a text.
        is_code = not is_quoted and (pair["sign"].strip() == ":=" or pair.string[: pair.start("key")].endswith("$"))
        return pair[0] if is_code or _NO_SECRET.match(value.strip(" \t,")) else f"{head}{HIDDEN}"
    if is_quoted and len(value) > _SHORTEST_PAIR and "{{" not in value and (":" in value or "=" in value):
        return f"{head}{value[0]}{_PAIR.sub(_hidden, without_secrets(value[1:]))}"
    return pair[0]


_SHORTEST_PAIR = 10
"""The shortest text with a key and its value."""
