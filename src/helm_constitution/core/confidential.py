"""Values that no report may show, by the names of their keys, and secrets that a text gives away by its form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.named_tuples import NamedTuple

HIDDEN = "…"

# The last key, without what divides its words. `passwordFile` and `secretName` are references, no secrets.
_SECRET = LazyPattern(
    r"(?:pass(?:word|wd|phrase|code)?|passwort|pwd|secret|token|credentials?|apikey|accesskey|privatekey|secretkey"
    r"|secretkeybase|signingkey|encryptionkey|masterkey|sessionkey|sharedkey|licensekey|connectionstring|dsn|webhook(?:url)?)\Z",
    re.IGNORECASE,
)
_SECRETS = LazyPattern(r"(?:secrets|\w*(?:passwords?|credentials|tokens|apikeys))\Z", re.IGNORECASE)
_LIST_OF_NAMES = LazyPattern(r"secrets\Z", re.IGNORECASE)
"""A list of secrets is one of Secrets, by their names."""
_REFERENCE = LazyPattern(r"(?:existing|use|create|enabled?|automount|generate)", re.IGNORECASE)
_DIVIDERS = str.maketrans("", "", "-_. /")
_URL = LazyPattern(r"(://[^\s/:@\"']*:)(?!%[sdvq]@|\$\(\w+\)@|\$\{\w+\}@)[^\s/@\"']+(?=@)")
"""The password of a URL; a verb of printf and a variable stand for one, and are none."""
_BEARER = LazyPattern(r"\b((?i:Bearer|Basic) +)(?=\S{0,200}(?:[0-9=]|[a-z][A-Z]))[A-Za-z0-9._~+/=-]{6,}")
"""A digit or a capital within tells a token from a word ("Basic authentication")."""

_TOKEN = LazyPattern(
    r"\b(AKIA|ASIA|gh[pousr]_|github_pat_|gl(?:pat|dt|rt)-|xox[abeoprs]-|xapp-|AIza|[sr]k_live_|whsec_|sk-(?:ant|proj)-"
    r"|sk-svcacct-|hf_|glsa_|glc_|NRAK-|dapi|do[opr]_v1_|shp(?:at|ca|pa|ss)_|lin_api_|sntry[su]_|PMAK-|pul-|dp\.[ps]t\."
    r"|dt0c01\.|xkeysib-|ATATT3|rubygems_|AGE-SECRET-KEY-1|npm_|pypi-AgE|SG\.|hvs\.|dckr_pat_|AccountKey=|eyJ)"
    r"(?=[\w.~+/=-]{0,80}[0-9])[\w.~+/=-]{12,}"
)
"""How tokens of well-known services begin, as their documentation has it."""
_HOOK = LazyPattern(r"(hooks\.slack\.com/services/|/api/webhooks/)[^\s\"'`<>]{8,}")
_PRIVATE_KEY = LazyPattern(r"(-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----)(?:(?!-----END)[\s\S])*")
_GIVEN = LazyPattern(
    r"((?:pass(?:word|wd|phrase)?|pwd|secret|token|(?:api|access|shared|secret)[-_]?key)(?:[ \t]*=[ \t]*)"
    r"(?P<quote>\\{0,3}[\"'])?)(?![\s%${(<{])(?(quote)(?:(?!(?P=quote))[^\n]){3,500}|[^\s;&,'\"]{3,})",
    re.IGNORECASE,
)
"""What an option, a query or a connection string is given."""
_TAKES_SECRET = r"--(?:[\w-]{0,40}-)?(?:pass(?:word|wd|phrase)?|pwd|secret|token|(?:api|access|secret|private)-?key)"
_OPTION = LazyPattern(
    rf"({_TAKES_SECRET}(?:[ ]+|[\"'][ ]*,[ ]*))(?:\"(?!--|\$|\{{\{{)[^\"]{{3,}}\"|'(?!--|\$|\{{\{{)[^']{{3,}}'"
    r"|(?=[^\s;&,'\"\]]*[0-9A-Z])[\w.~+/=!@#%^*:-]{3,})"
)
"""What stands behind an option: a digit or a capital within tells it from a word."""
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


class _Key(NamedTuple):
    """What a key says of the value behind it."""

    is_reference: bool
    is_secret: bool
    holds_secrets: bool
    """Whether every value below it is a secret."""
    lists_secrets: bool
    """Whether the items of its list are secrets."""

    @classmethod
    def of(cls, key: str) -> _Key:
        """Reads a key."""
        key = key.translate(_DIVIDERS)
        holds = _SECRETS.match(key) is not None
        lists = holds and _LIST_OF_NAMES.match(key) is None
        return cls(_REFERENCE.match(key) is not None, _SECRET.search(key) is not None, holds, lists)


def names_a_secret(path: Sequence[str | int]) -> bool:
    """Whether the value at a path is a secret, as its key or a key above says (``auth.password``, ``tokens.ci``)."""
    keys = [step for step in path if isinstance(step, str)]
    if not keys:
        return False
    last = _Key.of(keys[-1])
    if last.is_reference:
        return False
    if last.is_secret or (last.lists_secrets and isinstance(path[-1], int)):
        return True
    return any(_SECRETS.match(key.translate(_DIVIDERS)) is not None for key in keys[:-1])


def without_secrets(text: str) -> str:
    """A text without the passwords in its URLs and options, its authorization headers, tokens and private keys."""
    if "://" in text:
        text = _URL.sub(rf"\1{HIDDEN}", text)
    if "=" in text:
        text = _GIVEN.sub(rf"\1{HIDDEN}", text)
    if "--" in text:
        text = _OPTION.sub(rf"\1{HIDDEN}", text)
    if "-----BEGIN" in text:
        text = _PRIVATE_KEY.sub(rf"\1{HIDDEN}", text)
    if "hooks" in text:
        text = _HOOK.sub(rf"\1{HIDDEN}", text)
    text = _TOKEN.sub(rf"\1{HIDDEN}", text)
    folded = text.casefold()
    return _BEARER.sub(rf"\1{HIDDEN}", text) if "bearer " in folded or "basic " in folded else text


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
        self._known: dict[str, _Key] = {}  # most keys come again and again
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

    def _entry(self, found: re.Match[str], indent: int) -> tuple[_Key, bool]:
        """The key of an entry, of a variable its name; and whether a key above holds secrets."""
        keys, name = self._keys, found["key"]
        if name is None:  # an item of a list
            return _NO_KEY, bool(keys) and keys[-1][2]
        while keys and keys[-1][0] >= indent:
            keys.pop()
        holds = bool(keys) and keys[-1][2]
        key = self._known.get(name)
        if key is None:
            key = self._known[name] = _Key.of(name)
        keys.append((indent, name, holds or key.holds_secrets))
        if name == "name":
            self._names[found.start("key")] = (found["value"] or "").strip("\"' ")
        elif name == "value":
            key = _Key.of(self._names.pop(found.start("key"), ""))
        return key, holds

    def _is_content(self, key: _Key, value: str) -> bool:
        """Whether the last entry is of a Secret's ``data`` or ``stringData``."""
        if "{{" in value or not self._keys or self._keys[0][1] not in _CONTENTS:
            return False
        return len(self._keys) + (key is _NO_KEY) > (value[:1] != "{")


_NO_KEY = _Key.of("")


_NAMED = LazyPattern(
    r"(?P<head>\bname:[ ]*[\"']?(?P<name>[\w.-]{1,80})[\"']?[ ]*,[ ]*value:[ ]*)"
    r"(?P<value>\"[^\"]*\"|'[^']*'|[^\s,}\"']+)"
)
"""A variable with its value, in one line."""
_NAMED_OPTION = LazyPattern(rf"[\"']?{_TAKES_SECRET}[\"']?[ \t]*\Z")


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


def withheld(value: Any, path: Sequence[str | int] = ()) -> Any:
    """A value of a values file as a report may show it: its shape stays, texts and numbers of secrets are hidden."""
    if isinstance(value, dict):
        # Of a list of variables, each with its name.
        name = value.get("name")
        named = {"value": (*path, name)} if isinstance(name, str) else {}
        return {key: withheld(part, named.get(key, (*path, key))) for key, part in value.items()}
    if isinstance(value, list):
        return [withheld(part, (*path, number)) for number, part in enumerate(value)]
    if isinstance(value, str):
        if value and names_a_secret(path):
            return HIDDEN
        return text_without_secrets(value) if "\n" in value else without_secrets(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and names_a_secret(path):
        return HIDDEN
    return value


def withheld_in(message: str, value: object, path: Sequence[str | int] = ()) -> str:
    """A message of a schema validator, which repeats the value that it rejects, without what is withheld of it."""
    for inner, text in sorted(_leaves(value, tuple(path)), key=lambda leaf: -len(repr(leaf[1]))):
        if names_a_secret(inner):
            message = message.replace(repr(text), repr(HIDDEN))
    return without_secrets(message)


def secrets_in(value: object) -> Iterator[str]:
    """The texts of the secrets in values, by their keys; of one with several lines, each line."""
    for path, part in _leaves(value, ()):
        if names_a_secret(path):
            yield from filter(None, map(str.strip, str(part).splitlines()))


def _leaves(value: object, path: tuple[str | int, ...]) -> list[tuple[tuple[str | int, ...], object]]:
    if isinstance(value, dict):
        return [leaf for key, part in value.items() for leaf in _leaves(part, (*path, key))]
    if isinstance(value, list):
        return [leaf for number, part in enumerate(value) for leaf in _leaves(part, (*path, number))]
    return [] if value is None or isinstance(value, bool) or value == "" else [(path, value)]
