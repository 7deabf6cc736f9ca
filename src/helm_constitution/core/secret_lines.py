"""Lines of files that are mostly YAML, without the secrets that their keys name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.secret_names import HIDDEN, Key, names_a_secret
from helm_constitution.core.secret_texts import TAKES_SECRET, without_secrets

_KEY = r"(?P<key>[\"']?[A-Za-z_][\w.-]*[\"']?)"
_LINE = LazyPattern(
    rf"(?P<before>[ \t]*(?:\#+[ \t]*)?(?:-[ \t]+)*){_KEY}(?P<sign>[ \t]*:[ \t]+)(?P<value>.+)", re.DOTALL
)
_PAIR = LazyPattern(
    rf"(?P<before>)(?<![\w.-]){_KEY}(?P<sign>[ \t]*[:=][ \t]*)"
    r"(?P<value>\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'|[^\s\"'{}\[\],]+)"
)
_NO_SECRET = LazyPattern(
    r"(?:\"\"|''|true|false|null|~|[0-9]{1,3}|[|>&*!\[{].*|.*(?:\{\{|\$\(|\$\{).*"
    r"|[\"']?.{0,3}…[\"']?(?:[ \t]+\#.*)?)\Z",
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
        shown.append(hiding.shown(_NAMED.sub(_without_value, line) if "value" in line else line))
    return shown


class _Hiding:
    """Reads a file line by line, and knows of each what stands above it."""

    def __init__(self) -> None:
        # Of each key above: its indentation, its name, whether it or one above it holds secrets.
        self._keys: list[tuple[int, str, bool]] = []
        self._known: dict[str, Key] = {}  # most keys come again and again
        self._block: int | None = None  # the indentation of the key whose block scalar is hidden
        self._is_secret = False
        self._names: dict[int, str] = {}  # what `name` beside the next key says, by the column of both
        self._option = False  # whether the line before is an option that takes a secret

    def begin(self, *, is_secret: bool) -> None:
        """Begins a document: an object of kind Secret, or not."""
        self._is_secret = is_secret

    def shown(self, line: str) -> str:
        """The next line without its secret."""
        text = line.lstrip()
        indent = len(line) - len(text)
        if self._block is not None and (not text or indent > self._block):
            return f"{line[:indent]}{HIDDEN}" if text and not (self._is_secret and "{{" in line) else line
        self._block = None
        after_option, self._option = self._option, False
        found = _ENTRY.match(line) if ":" in line or "-" in line else None
        if found is None:
            return line
        value = found["value"] or ""
        self._option = "--" in value and _NAMED_OPTION.match(value) is not None
        key, holds = self._entry(found, indent)
        if text.startswith("#") and " " in value.strip():
            return line  # in words
        is_content = self._is_secret and self._is_content(key, value)
        is_secret = not key.is_reference and (key.is_secret or holds)
        is_hidden = is_content or is_secret or (after_option and found["key"] is None)
        if value[:1] in ("[", "{"):
            is_hidden = "{{" not in value and (is_content or is_secret or (key.lists_secrets and not key.is_reference))
        elif is_hidden and value[:1] in ("|", ">"):
            self._block, is_hidden = indent, False
        else:
            is_hidden = is_hidden and bool(value) and not _HARMLESS.match(value)
        return f"{found['head']}{HIDDEN}" if is_hidden else line

    def _entry(self, found: re.Match[str], indent: int) -> tuple[Key, bool]:
        """The key of an entry, of a variable its name; and whether a key above holds secrets."""
        keys, name = self._keys, found["key"]
        if name is None:  # an item of a list
            return _NO_KEY, bool(keys) and keys[-1][2]
        while keys and keys[-1][0] >= indent:
            keys.pop()
        holds = bool(keys) and keys[-1][2]
        key = self._known.get(name)
        if key is None:
            key = self._known[name] = Key.of(name)
        keys.append((indent, name, holds or key.holds_secrets))
        if name == "name":
            self._names[found.start("key")] = (found["value"] or "").strip("\"' ")
        elif name == "value":
            key = Key.of(self._names.pop(found.start("key"), ""))
        return key, holds

    def _is_content(self, key: Key, value: str) -> bool:
        """Whether the last entry is of a Secret's ``data`` or ``stringData``."""
        if "{{" in value or not self._keys or self._keys[0][1] not in _CONTENTS:
            return False
        return len(self._keys) + (key is _NO_KEY) > (value[:1] != "{")


_NO_KEY = Key.of("")


_NAMED = LazyPattern(
    r"(?P<head>\bname:[ ]*[\"']?(?P<name>[\w.-]{1,80})[\"']?[ ]*,[ ]*value:[ ]*)"
    r"(?P<value>\"[^\"]*\"|'[^']*'|[^\s,}\"']+)"
)
"""A variable with its value, in one line."""
_NAMED_OPTION = LazyPattern(rf"[\"']?{TAKES_SECRET}[\"']?[ \t]*\Z")


def _without_value(pair: re.Match[str]) -> str:
    """A variable without its value where its name names a secret."""
    is_shown = not names_a_secret((pair["name"],)) or _NO_SECRET.match(pair["value"]) is not None
    return pair[0] if is_shown else f"{pair['head']}{HIDDEN}"


_CONTENTS = ("data", "stringData")
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
    r"(?P<head>\s*(?:#+ *)?(?:- +)?(?:[\"']?(?P<key>[A-Za-z_.][\w.-]{0,80})[\"']?:(?:[ \t]+|\Z)|(?<=- )))"
    r"(?P<value>\S.*)?"
)
_HARMLESS = LazyPattern(r"(?:true|false|null|~|\"\"|''|[|>{\[&*#].*)[ \t,]*(?:#.*)?\Z")


_CELL = LazyPattern(r"(?<!\\)\|")
_TYPES = frozenset(
    (
        "",
        '""',
        "string",
        "str",
        "int",
        "integer",
        "number",
        "float",
        "bool",
        "boolean",
        "object",
        "map",
        "list",
        "array",
    )
)


def _row_without_secrets(line: str) -> str:
    """A row of a table of values; where its key names a secret, without code and without single words."""
    head, *cells = _CELL.split(line.strip().removeprefix("|"))
    if not names_a_secret(head.strip(" `*").split(".")):
        return line
    shown = [cell if cell.strip(' `"-:') in _TYPES or " " in cell.strip(" `") else f" {HIDDEN} " for cell in cells]
    return f"|{'|'.join((head, *(_CODE.sub(HIDDEN, cell) for cell in shown)))}"


_CODE = LazyPattern(r"`(?!(?:\"\"|string|object|list|bool|int)?`)[^`]+`")


def text_without_secrets(text: str) -> str:
    """A text of several lines, as a file has them, without secrets."""
    # As a whole first: a private key has several lines.
    return "\n".join(map(line_without_secrets, lines_without_secrets(without_secrets(text))))


def line_without_secrets(line: str) -> str:
    """A line of a values file, a template or a table of values without the secrets that its keys name, and those in its
    text."""
    if line.lstrip().startswith("|"):
        line = _row_without_secrets(line)
    is_comment = line.lstrip().startswith("#")
    whole = _LINE.fullmatch(line)
    if whole is not None and not (is_comment and " " in whole["value"].strip()) and (hidden := _hidden(whole)) != line:
        return hidden
    return without_secrets(line if is_comment else _PAIR.sub(_hidden, line))


def _hidden(pair: re.Match[str]) -> str:
    """A key with its value; without the value where the key says that it is a secret."""
    if not names_a_secret((pair["key"].strip("\"'"),)) or _NO_SECRET.match(pair["value"].strip()):
        return pair[0]
    return f"{pair['before']}{pair['key']}{pair['sign']}{HIDDEN}"
