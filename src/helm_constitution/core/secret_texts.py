"""Secrets that a text gives away by its form."""

from __future__ import annotations

import re

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.secret_names import HIDDEN

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
TAKES_SECRET = r"--(?:[\w-]{0,40}-)?(?:pass(?:word|wd|phrase)?|pwd|secret|token|(?:api|access|secret|private)-?key)"
_OPTION = LazyPattern(
    rf"({TAKES_SECRET}(?:[ ]+|[\"'][ ]*,[ ]*))(?:\"(?!--|\$|\{{\{{)[^\"]{{3,}}\"|'(?!--|\$|\{{\{{)[^']{{3,}}'"
    r"|(?=[^\s;&,'\"\]]*[0-9A-Z])[\w.~+/=!@#%^*:-]{3,})"
)
"""What stands behind an option: a digit or a capital within tells it from a word."""


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
