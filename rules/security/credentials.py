"""Recognises credentials by their name, by the form of known tokens, and by their entropy.

Few false alarms matter more than finding every odd case: an empty text, a placeholder, an example, a template action,
and the name, path or key of a Secret are not credentials.
"""

from __future__ import annotations

import enum
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from helm_constitution.api import LazyPattern, NamedTuple


class Telling(enum.Enum):
    """How likely a name's value is a credential."""

    PASSWORD = "password"  # any text may be one
    KEY = "key"  # a token or key: rarely a plain number
    REFERENCE = "reference"  # "secret": mostly the name of a Secret object, unless the value looks random
    WEAK = "weak"  # "key", "salt": only what looks random


_PASSWORDS = frozenset(
    (
        *("password", "passwd", "passphrase", "passcode", "pwd", "pass", "pw", "rootpw", "bindpw"),
        *("requirepass", "masterauth"),
    )
)
_PASSWORD_ENDINGS = ("password", "passwd", "passphrase")
_KEYS = frozenset({"token", "apikey", "apitoken", "accesskey", "privatekey", "authtoken", "accesstoken", "dsn", "pat"})
_KEY_PAIRS = frozenset(
    {
        ("api", "key"),
        ("access", "key"),
        ("private", "key"),
        ("secret", "access"),
        ("encryption", "key"),
        ("signing", "key"),
        ("master", "key"),
        ("account", "key"),
        ("shared", "key"),
        ("auth", "key"),
        ("connection", "string"),
        ("client", "secret"),
        ("app", "secret"),
        ("application", "secret"),
        ("consumer", "secret"),
        ("shared", "secret"),
        ("signing", "secret"),
        ("webhook", "secret"),
        ("jwt", "secret"),
        ("session", "secret"),
        ("cookie", "secret"),
        ("hmac", "secret"),
    }
)
_KEY_TRIPLES = frozenset({("secret", "access", "key"), ("secret", "key", "base")})
_REFERENCES = frozenset({"secret", "secretkey", "clientsecret", "credential", "credentials", "creds"})
_PASSWORDS_IN_THE_PLURAL = frozenset({"passwords", "passphrases", "passcodes", "passwds", "pwds"})
_WEAK = frozenset({"key", "salt", "hmac", "auth", "pepper", "seed"})
_NO_SECRET_FIRST = frozenset(
    (
        *(
            "existing",
            "use",
            "enable",
            "disable",
            "create",
            "generate",
            "has",
            "is",
            "no",
            "allow",
            "require",
            "required",
        ),
        *("mount", "automount", "show", "hide", "log", "mask", "update", "force", "skip", "reset", "rotate", "auto"),
        *("validate", "verify", "public", "pub", "proxy", "by"),
    )
)
_FORMS_OF_VALUES = frozenset({"value", "plain", "plaintext", "raw", "text", "encoded"})
"""Words behind a telling name that say how the credential is written: ``passwordValue``."""
_BASE64 = LazyPattern(r"(?i)[-_.]?b(?:ase)?64\Z")
_PUBLIC = frozenset(
    {"public", "pub", "cert", "certificate", "fingerprint", "host", "hosts", "cache", "sort", "primary"}
)

_WORDS = LazyPattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@lru_cache(maxsize=8192)
def words(name: str) -> tuple[str, ...]:
    """The words of an identifier, in lower case: ``adminAPIKey`` and ``ADMIN_API_KEY`` give admin, api, key."""
    return tuple(word.lower() for word in _WORDS.findall(name))


def _bare(name: str) -> tuple[str, ...]:
    """The words of a name without a number or the form of the value at its end: ``PASSWORD_1``, ``tokenBase64``."""
    parts = words(_BASE64.sub("", name))
    while len(parts) > 1 and (parts[-1].isdigit() or parts[-1] in _FORMS_OF_VALUES):
        parts = parts[:-1]
    return parts


@lru_cache(maxsize=8192)
def telling(name: str) -> Telling | None:
    """The kind of credential that a name suggests; None where it suggests none, or a reference (``passwordFile``)."""
    parts = _bare(name)
    if not parts or parts[0] in _NO_SECRET_FIRST:
        return None
    last, pair = parts[-1], parts[-2:]
    if last in _PASSWORDS:
        return None if pair[0] in ("proxy", "by") else Telling.PASSWORD
    if last.endswith(_PASSWORD_ENDINGS):
        return Telling.PASSWORD
    if pair == ("secret", "key"):
        # AWS_SECRET_KEY holds one, secretKey mostly names a key of a Secret.
        return Telling.KEY if len(parts) > 2 else Telling.REFERENCE
    if last in _KEYS or pair in _KEY_PAIRS or parts[-3:] in _KEY_TRIPLES:
        return Telling.KEY
    if last in _REFERENCES:
        return Telling.REFERENCE
    if last in _PASSWORDS_IN_THE_PLURAL:
        return Telling.PASSWORD
    singular = last.removesuffix("s")
    if singular in _KEYS or (*pair[:-1], singular) in _KEY_PAIRS:
        return Telling.WEAK  # of several tokens, a word is rather the name of one
    if last in _WEAK and not _PUBLIC.intersection(parts):
        return Telling.WEAK
    return None


_PLACEHOLDER = LazyPattern(r"""(?ix)
      .*change[-_ ]?(?:me|it|this) .* | .*replace[-_ ]? .* | .*placeholder.* | .*example.* | .*redacted.*
    | your.* | (?:my|some|the|insert|enter|fill|put|add|set|use|provide|specify|sample|dummy|fake|mock|todo|fixme|test)
      (?:[-_ .:].*)?
    | my[-_]?(?:super)?(?:pass|secret|token|key|api).*
    | (?P<character>.)(?P=character)* | x{3}.* | .*x{4}.* | .*\*{3}.* | .*\.{3}.* | .*….*
    | \[.*\] | \(.*\)
    | tbd | none | null | nil | undefined | unset | not[-_ ]?set | empty | string | text | foo | bar | baz | foobar
    | n/?a | auto(?:matic(?:ally)?|[-_]?generated?)? | generated? | random | default | optional | required
    | masked | hidden | unused | not[-_ ]?used | true | false | yes | no | on | off | enabled | disabled | always
    | never | missing (?:[-_ ].*)? | unknown | unspecified | error | invalid (?:[-_ ].*)?
    | (?:not|no|un)[-_ ]?(?:found|provided|available|configured|specified|defined|given|supplied|applicable|value)
    | (?:please|needs?|must|should)[-_ ].* | (?:is[-_ ])?required (?:[-_ ].*)?
    """)
_TEMPLATED = (
    *("{{", "${", "$(", "<", ">", "[[", "%(", "\x00"),
    *("vault:", "ref+", "op://", "env:", "file:", "ENC[", "AES256"),
)
_VARIABLE = LazyPattern(r"\$\w+|%\w+%|@\w+@|:\w+|__\w+__")
_PATH = LazyPattern(
    r"(?:\.{0,2}|~)/\S*|[A-Za-z]:\\\S*|\S+/\S+/\S*|[\w./-]+\.(?:\w+\.)?"
    r"(?:txt|key|pem|crt|cert|json|ya?ml|conf|cfg|ini|env|p12|pfx|jks|keytab|secret|token|asc|gpg|pub|sh)\Z"
)
_DURATION_OR_NUMBER = LazyPattern(r"[-+]?\d+(?:\.\d+)?(?:ns|us|ms|s|m|h|d|w|[KMGT]i?B?|%)?")
_URL = LazyPattern(r"(?i)[a-z][a-z0-9+.-]*://\S*|arn:\S+|projects/\S+")
_IDENTIFIER = LazyPattern(r"[A-Za-z][A-Za-z0-9]*(?:[-_./:][A-Za-z0-9]+)*")
_NAMING = frozenset(
    (
        *("password", "passwd", "passphrase", "pass", "pwd", "secret", "secrets", "token", "tokens", "key", "keys"),
        *("apikey", "credential", "credentials", "creds", "auth", "cert", "certificate", "tls"),
    )
)
_RANDOM_CHARACTERS = LazyPattern(r"[A-Za-z0-9+/_=-]+")


def entropy(text: str) -> float:
    """Shannon's entropy in bits a character; 0 for an empty text."""
    total = len(text)
    return -sum(count / total * math.log2(count / total) for count in Counter(text).values()) if total else 0.0


def looks_random(value: str) -> bool:
    """Whether a text looks generated: long, letters and digits mixed, no words between its hyphens."""
    if len(value) < 16 or not _RANDOM_CHARACTERS.fullmatch(value):
        return False
    if not any(character.isdigit() for character in value) or not any(character.isalpha() for character in value):
        return False
    if any(len(part) > 2 and part.isalpha() and part.islower() for part in re.split(r"[-_]", value)):
        return False
    return entropy(value) >= 3.2


def is_reference(value: str, kind: Telling = Telling.KEY) -> bool:
    """Whether a text names a credential instead of being one: a key of a Secret, a path, a URL, a variable."""
    if value.startswith("$") or any(mark in value for mark in _TEMPLATED) or _VARIABLE.fullmatch(value):
        return True
    if _PATH.fullmatch(value) or _URL.fullmatch(value):
        return True
    if not _IDENTIFIER.fullmatch(value):
        return False
    parts = words(value)
    if len(parts) == 1:
        return value in ("token", "secret", "key", "auth")
    if "super" in parts:
        return False
    # "admin-password" is the usual key of a Secret; "top-secret" is a password.
    return parts[-1] in _PASSWORDS | {"key"} if kind is Telling.PASSWORD else not _NAMING.isdisjoint(parts)


def is_placeholder(value: str) -> bool:
    """Whether a text is a placeholder or one of the usual examples."""
    return _PLACEHOLDER.fullmatch(value) is not None


def is_credential(name: str, value: str) -> bool:
    """Whether ``value``, set for ``name``, is a plain-text credential."""
    kind = telling(name)
    if kind is None:
        return False
    value = value.strip()
    if len(value) < 3 or any(character.isspace() for character in value):
        return False
    if is_reference(value, kind) or is_placeholder(value):
        return False
    if (decoded := from_base64(value)) is not None and (is_placeholder(decoded) or not decoded.strip()):
        return False
    if kind is Telling.PASSWORD:
        return True
    if _is_connection(name):
        return _CREDENTIAL_WITHIN.search(value) is not None
    if _DURATION_OR_NUMBER.fullmatch(value):
        return False
    if kind is Telling.KEY:
        return True
    return looks_random(value)


_CREDENTIAL_WITHIN = LazyPattern(
    r"(?i)\b(?:password|passwd|pwd|secret|\w*key|sig|token)\s*=\s*[^\s;&]{3,}|:[^/@\s:]{3,}@"
)
"""What makes a connection string a credential: `memory` and `file:web.db` contain none."""


def _is_connection(name: str) -> bool:
    parts = words(name)
    return parts[-1] == "dsn" or parts[-2:] == ("connection", "string")


def from_base64(value: str) -> str | None:
    """The text encoded in base64; None where it is not base64, or not text."""
    if len(value) < 8 or len(value) % 4 or not re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", value):
        return None
    import base64

    try:
        text = base64.b64decode(value, validate=True).decode("utf-8")
    except ValueError:
        return None
    return text if text.isprintable() or "\n" in text else None


_STEMS = (
    "passw", "passphrase", "_pass", "pwd", "token", "secret", "apikey", "api_key", "api-key", "accesskey", "access_key",
    "access-key", "privatekey", "private_key", "credential", "connectionstring", "connection_string", "requirepass",
    "masterauth",
)  # fmt: skip
_ASSIGNMENT = LazyPattern(
    r"""(?x)(?<![\w.$])["']?(?P<name>[A-Za-z_][\w.-]*)["']?[ \t]*(?::=|=>|(?<![=!<>~])=(?![=~])|:(?!:))[ \t]*
        (?:"(?P<double>[^"\n]*)"|'(?P<single>[^'\n]*)'|(?P<bare>[^\s"',;&|]+))"""
)
_ELSEWHERE = (
    # <password>hunter2</password>
    ("</", LazyPattern(r"<(?P<name>[A-Za-z_][\w.-]*)>(?P<bare>[^<>\s]+)</")),
    # <property name="password" value="hunter2"/>
    ("value=", LazyPattern(r"""name=["'](?P<name>[\w.-]+)["'][ \t]+value=["'](?P<bare>[^"'\s]+)["']""")),
    # --password hunter2
    ("--", LazyPattern(r"""(?<![^\s"'])--?(?P<name>[A-Za-z_][\w.-]*)[ \t]+["']?(?P<bare>[^\s"',;&|-][^\s"',;&|]*)""")),
)
"""How a text assigns a value without a sign, each with a part of it that can't be missing."""
_COMMENT = ("#", "//", ";", "*", "<!--", "-- ", "/*")
_LONGEST_PIECE = 4000
"""A longer line (minified JSON) is searched in pieces of this length: the pattern costs more than its length."""
_OVERLAP = 400


class Assignment(NamedTuple):
    """``name`` is assigned the credential between ``start`` and ``end`` of the text."""

    name: str
    value: str
    start: int
    end: int


_CALLED = LazyPattern(r"\w\(")
_PLAIN_WORDS = LazyPattern(r"[a-z]+(?:[_-][a-z]+)*|[A-Z]+(?:_[A-Z]+)*")


def _is_plain_argument(before: str, match: re.Match[str]) -> bool:
    """Whether an assignment is an argument of a call in a program, `split(line, token="comma")`, and its value a word.

    A password is one unless it is made of words (`parse(line, password="passwd_field")`); a token or key by its looks.
    """
    calls = [call.end() for call in _CALLED.finditer(before)]
    inside = bool(calls) and before.count("(", calls[0] - 1) > before.count(")", calls[0] - 1)
    # One argument a line, as formatters of programs write long calls.
    alone = not before.strip() and "=" in match.group() and match.string[match.end() :].strip() in (",", ")", "),")
    if not (inside or alone) or match.lastgroup == "bare":
        return False
    value = match[str(match.lastgroup)]
    if telling(match["name"]) is Telling.PASSWORD:
        return _PLAIN_WORDS.fullmatch(value) is not None
    return not looks_random(value)


def telling_words(words: Iterable[str]) -> set[str]:
    """Those of the words in which a telling name may stand: a quick look before slower ones."""
    known = list(words)
    text = "\n".join(known).lower()
    found: set[str] = set()
    for stem in _STEMS:
        at = text.find(stem)
        while at >= 0:
            end = text.find("\n", at)
            end = end if end >= 0 else len(text)
            found.add(text[text.rfind("\n", 0, at) + 1 : end])
            at = text.find(stem, end)
    return {word for word in known if word.lower() in found} if found else found


def assignments(text: str) -> Iterator[Assignment]:
    """The credentials that a text in any usual form (YAML, properties, JSON, shell) assigns to a telling name.

    Comments and computed values (``token = read()``, ``PASSWORD=$1``) are left out.
    """
    lower = text.lower()
    lines: set[int] = set()
    for stem in _STEMS:
        at = lower.find(stem)
        while at >= 0:
            lines.add(lower.rfind("\n", 0, at) + 1)
            following = lower.find("\n", at)
            at = lower.find(stem, following) if following >= 0 else -1
    for start in sorted(lines):
        end = text.find("\n", start)
        line = text[start : end if end >= 0 else len(text)]
        if line.lstrip().startswith(_COMMENT):
            continue
        for match in _assigned(line):
            group = str(match.lastgroup)
            value = match[group]
            if group == "bare" and any(character in "(){}[]<>$*\\`" for character in value):
                continue
            before = line[max(0, match.start() - _LONGEST_PIECE) : match.start()]
            if is_credential(match["name"], value) and not _is_plain_argument(before, match):
                yield Assignment(match["name"], value, start + match.start(group), start + match.end(group))


def _assigned(line: str) -> Iterator[re.Match[str]]:
    """Every assignment to a telling name in a line, whatever its length; one that is longer than the overlap may be
    cut."""
    position = 0
    while position < len(line):
        following = position + _LONGEST_PIECE - _OVERLAP
        end = position + _LONGEST_PIECE
        piece = line[position:end].lower()
        if any(stem in piece for stem in _STEMS):
            for match in _ASSIGNMENT.finditer(line, position, end):
                if match.start() >= following and end < len(line):
                    break
                yield match
                following = max(following, match.end())
            for mark, pattern in _ELSEWHERE:
                if mark in piece:
                    matches = pattern.finditer(line, position, end)
                    yield from (match for match in matches if match.start() < following or end >= len(line))
        position = following
