"""Which keys name secrets."""

from __future__ import annotations

import re
from collections.abc import Sequence

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.named_tuples import NamedTuple

HIDDEN = "…"

# The last key, without what divides its words. `passwordFile` and `secretName` are references, no secrets.
_SECRET = LazyPattern(
    r"(?:pass(?:word|wd|phrase|code)?|passwort|pwd|secret|token|credentials?|apikey|accesskey|privatekey|secretkey"
    r"|secretkeybase|signingkey|encryptionkey|masterkey|sessionkey|sharedkey|licensekey|authkey|authorization|connectionstring|dsn"
    r"|webhook(?:url)?)(?:value|string|hash|base64|b64|pem|[0-9]+)?\Z",
    re.IGNORECASE,
)
_SECRETS = LazyPattern(
    r"(?:secrets|\w*(?:secretdata|stringdata|passwords?|credentials|tokens|(?:api|encryption|private|signing)keys))\Z",
    re.IGNORECASE,
)
TELLING = LazyPattern(r"pass|pwd|secret|token|cred|key|dsn|webhook|authorization|connection|data", re.IGNORECASE)
"""A part of every key that names a secret: most lines have none, and are soon read."""
_LIST_OF_NAMES = LazyPattern(r"secrets\Z", re.IGNORECASE)
"""A list of secrets is one of Secrets, by their names."""
_REFERENCE = LazyPattern(r"(?:existing|use(?!r)|create(?!d)|enabled?|automount|generate(?!d))", re.IGNORECASE)
_DESCRIBES = LazyPattern(
    r"(?:apiversion|description|format|key|kind|mountpath|name|namespace|property|secretname|title|type|user(?:name)?"
    r"|message|pattern|rule|(?:max|min)(?:imum|items|length|properties)|\w*(?:from|pull|tls|to)secret)\Z",
    re.IGNORECASE,
)
"""What stands beside a secret and is none."""
_DIVIDERS = str.maketrans("", "", "-_. /")


class Key(NamedTuple):
    """What a key says of the value behind it."""

    name: str
    """Without what divides its words."""
    is_secret: bool
    holds_secrets: bool
    """Whether every value below it is a secret."""
    lists_secrets: bool
    """Whether the items of its list are secrets."""

    @classmethod
    def of(cls, key: str) -> Key:
        """Reads a key."""
        name = key.translate(_DIVIDERS)
        if TELLING.search(key) is None:
            return cls(name, False, False, False)
        holds = _SECRETS.match(name) is not None
        lists = holds and _LIST_OF_NAMES.match(name) is None
        return cls(name, _SECRET.search(name) is not None, holds, lists)

    @property
    def is_reference(self) -> bool:
        """Whether its value names a secret, or says something else of one."""
        return (_REFERENCE.match(self.name) or _DESCRIBES.match(self.name)) is not None


def names_a_secret(path: Sequence[str | int]) -> bool:
    """Whether the value at a path is a secret, as its key or a key above says (``auth.password``, ``tokens.ci``)."""
    keys = [step for step in path if isinstance(step, str)]
    if not any(map(TELLING.search, keys)):
        return False
    last = Key.of(keys[-1])
    if last.is_reference:
        return False
    if last.is_secret or (last.lists_secrets and isinstance(path[-1], int)):
        return True
    return any(_SECRETS.match(key.translate(_DIVIDERS)) is not None for key in keys[:-1])
