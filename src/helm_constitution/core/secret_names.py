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
    r"|secretkeybase|signingkey|encryptionkey|masterkey|sessionkey|sharedkey|licensekey|authkey|connectionstring|dsn"
    r"|webhook(?:url)?)(?:value|string|hash|base64|b64|pem|[0-9]+)?\Z",
    re.IGNORECASE,
)
_SECRETS = LazyPattern(
    r"(?:secrets|\w*(?:passwords?|credentials|tokens|(?:api|encryption|private|signing)keys))\Z", re.IGNORECASE
)
_LIST_OF_NAMES = LazyPattern(r"secrets\Z", re.IGNORECASE)
"""A list of secrets is one of Secrets, by their names."""
_REFERENCE = LazyPattern(r"(?:existing|use(?!r)|create(?!d)|enabled?|automount|generate(?!d))", re.IGNORECASE)
_DIVIDERS = str.maketrans("", "", "-_. /")


class Key(NamedTuple):
    """What a key says of the value behind it."""

    is_reference: bool
    is_secret: bool
    holds_secrets: bool
    """Whether every value below it is a secret."""
    lists_secrets: bool
    """Whether the items of its list are secrets."""

    @classmethod
    def of(cls, key: str) -> Key:
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
    last = Key.of(keys[-1])
    if last.is_reference:
        return False
    if last.is_secret or (last.lists_secrets and isinstance(path[-1], int)):
        return True
    return any(_SECRETS.match(key.translate(_DIVIDERS)) is not None for key in keys[:-1])
