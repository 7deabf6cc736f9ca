"""Values that no report may show, by the names of their keys, and secrets that a text gives away by its form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from helm_constitution.core.lazy import LazyPattern

HIDDEN = "…"

# The last key, without what divides its words. `passwordFile` and `secretName` are references, no secrets.
_SECRET = LazyPattern(
    r"(?:pass(?:word|wd|phrase|code)?|passwort|pwd|secret|token|credentials?|apikey|accesskey|privatekey|secretkey"
    r"|signingkey|encryptionkey|masterkey|sessionkey|sharedkey|licensekey|connectionstring|dsn|webhook(?:url)?)\Z",
    re.IGNORECASE,
)
_SECRETS = LazyPattern(r"(?:passwords?|secrets|credentials|tokens|apikeys)\Z", re.IGNORECASE)
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
    r"((?:pass(?:word|wd|phrase)?|pwd|secret|token|(?:api|access|shared|secret)[-_]?key)="
    r"(?P<quote>\\{0,3}[\"'])?)(?![\s%${(<{])(?(quote)(?:(?!(?P=quote))[^\n]){3,500}|[^\s;&,'\"]{3,})",
    re.IGNORECASE,
)
"""What an option, a query or a connection string is given."""
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


def names_a_secret(path: Sequence[str | int]) -> bool:
    """Whether the value at a path is a secret, as its key or a key above says (``auth.password``, ``tokens.ci``)."""
    keys = [step.translate(_DIVIDERS) for step in path if isinstance(step, str)]
    if not keys or _REFERENCE.match(keys[-1]):
        return False
    return _SECRET.search(keys[-1]) is not None or any(_SECRETS.match(key) is not None for key in keys[:-1])


def without_secrets(text: str) -> str:
    """A text without the passwords in its URLs and options, its authorization headers, tokens and private keys."""
    if "://" in text:
        text = _URL.sub(rf"\1{HIDDEN}", text)
    if "=" in text:
        text = _GIVEN.sub(rf"\1{HIDDEN}", text)
    if "-----BEGIN" in text:
        text = _PRIVATE_KEY.sub(rf"\1{HIDDEN}", text)
    if "hooks" in text:
        text = _HOOK.sub(rf"\1{HIDDEN}", text)
    text = _TOKEN.sub(rf"\1{HIDDEN}", text)
    folded = text.casefold()
    return _BEARER.sub(rf"\1{HIDDEN}", text) if "bearer " in folded or "basic " in folded else text


def lines_without_secrets(text: str) -> list[str]:
    """The lines of a file that is mostly YAML; where a key names a secret, without what stands behind and below it.

    A template's output, a flag, a reference and a comment in words stay.
    """
    keys: list[tuple[int, str]] = []
    block: int | None = None  # the indentation of the key whose block scalar is hidden
    lines = []
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip())
        if block is not None and (not line.strip() or indent > block):
            lines.append(f"{line[:indent]}{HIDDEN}" if line.strip() else line)
            continue
        block = None
        found = _ENTRY.match(line)
        if found is None:
            lines.append(line)
            continue
        if found["key"] is not None:
            keys = [(depth, key) for depth, key in keys if depth < indent] + [(indent, found["key"])]
        value = found["value"] or ""
        in_words = line.lstrip().startswith("#") and " " in value.strip()
        path = [key for _, key in keys] + ([""] if found["key"] is None else [])  # an item of a list
        secret = bool(value) and not in_words and names_a_secret(path)
        if secret and value[0] in "|>":
            block = indent
        lines.append(f"{found['head']}{HIDDEN}" if secret and not _HARMLESS.match(value) else line)
    return lines


_ENTRY = LazyPattern(
    r"(?P<head>\s*(?:#+ *)?(?:- +)?(?:[\"']?(?P<key>[A-Za-z_][\w.-]{0,80})[\"']?:(?:[ \t]+|\Z)|(?<=- )))"
    r"(?P<value>\S.*)?"
)
_HARMLESS = LazyPattern(r"(?:true|false|null|~|\"\"|''|[|>{\[&*#].*)[ \t,]*(?:#.*)?\Z")


def line_without_secrets(line: str) -> str:
    """A line of a values file or a template without the secrets that its keys name, and those in its text."""
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
        return [withheld(part, path) for part in value]
    if isinstance(value, str):
        return HIDDEN if value and names_a_secret(path) else without_secrets(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and names_a_secret(path):
        return HIDDEN
    return value


def withheld_in(message: str, value: object, path: Sequence[str | int] = ()) -> str:
    """A message of a schema validator, which repeats the value that it rejects, without what is withheld of it."""
    for inner, text in sorted(_leaves(value, tuple(path)), key=lambda leaf: -len(repr(leaf[1]))):
        if names_a_secret(inner):
            message = message.replace(repr(text), repr(HIDDEN))
    return without_secrets(message)


def _leaves(value: object, path: tuple[str | int, ...]) -> list[tuple[tuple[str | int, ...], object]]:
    if isinstance(value, dict):
        return [leaf for key, part in value.items() for leaf in _leaves(part, (*path, key))]
    if isinstance(value, list):
        return [leaf for part in value for leaf in _leaves(part, path)]
    return [] if value is None or isinstance(value, bool) or value == "" else [(path, value)]
