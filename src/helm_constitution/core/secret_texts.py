"""Secrets that a text gives away by its form."""

from __future__ import annotations

import re
import string

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.secret_names import HIDDEN

_URL = LazyPattern(r"(://[^\s/:@\"']*:)(?!%[sdvq]@|\$\(\w+\)@|\$?\{\w*\}@|<\w*>@)[^\s/@\"']+(?=@)")
"""The password of a URL; a verb of printf and a variable stand for one, and are none."""
_BEARER = LazyPattern(
    r"\b((?i:Bearer +(?=\S{0,200}[a-z][A-Z])|(?:Bearer|Basic) +(?=\S{0,200}[0-9=])))[A-Za-z0-9._~+/=-]{6,}"
)
"""A digit or a capital within tells a token from a word ("Basic authentication")."""
_HEADER = LazyPattern(
    r"((?i:\bauthorization[\"'\\]{0,4}[ \t]*[:=]?[ \t]*[\"'\\]{0,4}(?:bearer|basic|token|apikey|bot) +"
    r"|\b(?:cookie|private-token|x-[\w-]{0,30}(?:token|key|secret)): *))"
    r"(?!(?i:tokens?|auth\w*|headers?|credentials?|schemes?)\b)(?![$%{<(…])[^\s\"'\\`,]+"
)
"""In a header, any word is one."""
_NAMELESS = LazyPattern(r"(://)(?=[A-Za-z_-]*[0-9])[\w-]{16,}(?=@)")
"""A token in the place of a user."""
_USER = LazyPattern(
    r"((?<![\w-])(?:-[uU]|--(?:proxy-)?user)(?:[ =]+|[\"']?,[ ]*)?[\"']?(?P<user>[\w.@-]+):)"
    r"(?!(?P=user)\b|[0-9]+\b|[\"'$%{<(…])[^\s\"',]+"
)
"""A user with the password, as curl takes both; a user with its group has the same name or a number twice."""
_BETWEEN = r"\b[^\n|;&]{0,200}?[\s\"',]"
_COMMAND = LazyPattern(
    rf"(\b(?:(?:mysql|mariadb)[\w-]*{_BETWEEN}-p|(?:sshpass|(?:docker|podman|registry|oc) login){_BETWEEN}-p[ ]*"
    rf"|(?:redis|valkey)-cli{_BETWEEN}-a[\s\"',]+|ldap\w+{_BETWEEN}-w[ ]*)[\"']?)"
    r"(?![\s\"'$%{<(…-])[^\s\"',;|&]{2,}"
)
"""Options of one letter, of programs that take a password by them."""
_STATED = LazyPattern(
    r"((?i:\bidentified by|\bset password for [^\s=]+ =|\bpassword|\bpassphrase) +(?P<quote>[\"']))"
    r"(?![\s$%{<(…])[^\s\"']{3,}(?=(?P=quote))"
    r"|((?i:\brequirepass|\bmasterauth|\binsecure-password|\bmachine \S+ login \S+ password) +|-pass(?:in|out) pass:)"
    r"(?![\s\"'$%{<(…|&;>])\S+"
)
"""What SQL, a configuration or a sentence states."""
_ELEMENT = LazyPattern(r"(<[\w:.-]{0,40}(?i:password|passwd|secret|token|apikey)>)[^<>{$%\s…][^<>\n]*(?=</)")
_QUOTED = LazyPattern(
    r"(\\{0,4}\"[\w.-]{0,40}(?i:password|passwd|pwd|secret|token|(?:api|access|private)[_-]?key)\\{0,4}\" *: *)"
    r"(?:\\{1,4}\"(?![$%{<…])(?:(?!\\{0,4}\").)+\\{1,4}\"|\"(?![$%{<…])(?:[^\"\\]|\\.)+\")"
)
"""A key with its value in JSON."""
_AUTH = LazyPattern(r"(\\{0,4}\"auth\\{0,4}\": ?\\{0,4}\")(?=[a-z/]*[A-Z0-9+=])[\w+/=]{8,}(?=\\{0,4}\")")
"""How Docker keeps a user with the password."""

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
    r"((?:pass(?:word|wd|phrase)?|pwd|secret|token|(?:api|access|shared|secret)[-_]?key|x-amz-signature"
    r"|(?<=[?&;])sig(?:nature)?)(?:[ \t]*=[ \t]*)"
    r"(?P<quote>\\{0,3}[\"'])?)(?![\s%${(<{]|(?:true|false)\b)(?(quote)(?:(?!(?P=quote))[^\n]){3,500}|[^\s;&,'\"]{3,})",
    re.IGNORECASE,
)
"""What an option, a query or a connection string is given."""
TAKES_SECRET = (
    r"(?:--(?:[\w.-]{0,40}[.-])?(?:pass(?:word|wd|phrase)?|pwd|secret|token|(?:api|access|secret|private)-?key)"
    r"|--[a-z]\w{0,40}?(?:Pass(?:word|wd|phrase)?|Secret|Token|(?:Api|Access|Secret|Private)Key)"
    r"|--?(?:requirepass|masterauth|storepass|keypass))"
)
_OPTION = LazyPattern(
    rf"({TAKES_SECRET}(?:[ ]+|[\"'][ ]*,[ ]*))(?:\"(?!--|\$|\{{\{{)[^\"]{{3,}}\"|'(?!--|\$|\{{\{{)[^']{{3,}}'"
    r"|(?=[^\s;&,'\"\]]*[0-9A-Z])[\w.~+/=!@#%^*:-]{3,})"
)
"""What stands behind an option: a digit or a capital within tells it from a word."""


def without_secrets(text: str) -> str:
    """A text without the passwords in its URLs and options, its authorization headers, tokens and private keys."""
    shown = rf"\1{HIDDEN}"
    if "://" in text:
        text = _NAMELESS.sub(shown, _URL.sub(shown, text)) if "@" in text else text
    if "=" in text:
        text = _GIVEN.sub(_without_given, text)
    if " -" in text or '"-' in text or "--" in text or text.startswith("-"):
        text = _without_options(text)
    if "hooks" in text:
        text = _HOOK.sub(shown, text)
    if "</" in text:
        text = _ELEMENT.sub(shown, text)
    if '":' in text or '" :' in text:
        text = _AUTH.sub(shown, _QUOTED.sub(shown, text))
    text = _TOKEN.sub(shown, text)
    folded = text.casefold()
    if "pass" in folded or "identified" in folded or "masterauth" in folded:
        text = _STATED.sub(rf"\1\3{HIDDEN}", text)
    if "authorization" in folded or "cookie: " in folded or "-token: " in folded or "-key: " in folded:
        text = _HEADER.sub(shown, text)
    return _BEARER.sub(shown, text) if "bearer " in folded or "basic " in folded else text


def _without_given(found: re.Match[str]) -> str:
    """A name with its value; a variable of a template is set by code, unless it is a text."""
    is_code = not found["quote"] and found.string[: found.start()].rstrip(_WORD).endswith("$")
    return found[0] if is_code else f"{found[1]}{HIDDEN}"


_WORD = f"{string.ascii_letters}{string.digits}_"


def _without_options(text: str) -> str:
    shown = rf"\1{HIDDEN}"
    if "--" in text or "pass " in text:
        text = _OPTION.sub(shown, text)
    if "-----BEGIN" in text:
        text = _PRIVATE_KEY.sub(shown, text)
    if ":" in text and ("-u" in text or "-U" in text):
        text = _USER.sub(shown, text)
    if _PROGRAMS.search(text):
        text = _COMMAND.sub(shown, text)
    return text


_PROGRAMS = LazyPattern(r"mysql|mariadb|sshpass|-cli\b|ldap| login ")
