"""Credentials that are recognised by their form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from helm_constitution.api import NamedTuple

from .credentials import from_base64, is_placeholder, is_reference


class Form(NamedTuple):
    """The form of one kind of token. ``marks`` are texts without which the pattern can't match."""

    label: str
    marks: tuple[str, ...]
    pattern: str


# The services' own documentation of their token prefixes, as GitHub's secret scanning lists them.
_FORMS = (
    Form("an AWS access key", ("AKIA", "ASIA"), r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    Form("a GitHub token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"\bgh[pousr]_[A-Za-z0-9]{36,}\b"),
    Form("a GitHub token", ("github_pat_",), r"\bgithub_pat_[A-Za-z0-9_]{22,}\b"),
    Form("a GitLab token", ("glpat-", "gldt-", "glrt-"), r"\bgl(?:pat|dt|rt)-[A-Za-z0-9_-]{20,}"),
    Form("a Slack token", ("xox", "xapp-"), r"\b(?:xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{30,})"),
    Form("a Slack webhook", ("hooks.slack.com/",), r"hooks\.slack\.com/services/T\w{6,}/B\w{6,}/\w{16,}"),
    Form("a Google API key", ("AIza",), r"\bAIza[A-Za-z0-9_-]{35}\b"),
    Form("a Discord webhook", ("/api/webhooks/",), r"discord(?:app)?\.com/api/webhooks/\d{15,}/[\w-]{60,}"),
    Form("a Stripe key", ("k_live_",), r"\b[sr]k_live_[A-Za-z0-9]{20,}\b"),
    Form("a Stripe signing secret", ("whsec_",), r"\bwhsec_[A-Za-z0-9+/=]{32,}"),
    Form("an Anthropic key", ("sk-ant-",), r"\bsk-ant-[a-z]+\d\d-[\w-]{80,}"),
    Form("an OpenAI key", ("sk-proj-", "sk-svcacct-"), r"\bsk-(?:proj|svcacct)-[\w-]{40,}"),
    Form("a Hugging Face token", ("hf_",), r"\bhf_[A-Za-z]{34}\b"),
    Form("a Grafana token", ("glsa_", "glc_"), r"\b(?:glsa_[A-Za-z0-9_]{32,}|glc_[A-Za-z0-9+/=]{32,})"),
    Form("a New Relic key", ("NRAK-",), r"\bNRAK-[A-Z0-9]{27}\b"),
    Form("a Databricks token", ("dapi",), r"\bdapi[0-9a-f]{32}\b"),
    Form("a DigitalOcean token", ("_v1_",), r"\bdo[opr]_v1_[0-9a-f]{64}\b"),
    Form("a Shopify token", ("shp",), r"\bshp(?:at|ca|pa|ss)_[0-9a-f]{32}\b"),
    Form("a Linear key", ("lin_api_",), r"\blin_api_[A-Za-z0-9]{40}\b"),
    Form("a Sentry token", ("sntry",), r"\bsntry[su]_[A-Za-z0-9+/=_]{40,}"),
    Form("a Postman key", ("PMAK-",), r"\bPMAK-[0-9a-f-]{58,59}\b"),
    Form("a Pulumi token", ("pul-",), r"\bpul-[0-9a-f]{40}\b"),
    Form("a Doppler token", ("dp.pt.", "dp.st."), r"\bdp\.(?:pt|st)\.[\w.-]{40,}"),
    Form("a Dynatrace token", ("dt0c01.",), r"\bdt0c01\.[A-Z0-9.]{70,}"),
    Form("a Brevo key", ("xkeysib-",), r"\bxkeysib-[0-9a-f]{64}"),
    Form("an Atlassian token", ("ATATT3",), r"\bATATT3[\w=-]{150,}"),
    Form("a Terraform token", (".atlasv1.",), r"\b[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,}"),
    Form("a RubyGems key", ("rubygems_",), r"\brubygems_[0-9a-f]{48}\b"),
    Form("an age key", ("AGE-SECRET-KEY-1",), r"\bAGE-SECRET-KEY-1[A-Z0-9]{58}\b"),
    Form("an npm token", ("npm_",), r"\bnpm_[A-Za-z0-9]{36}\b"),
    Form("a PyPI token", ("pypi-AgE",), r"\bpypi-AgE[A-Za-z0-9_-]{50,}"),
    Form("a SendGrid key", ("SG.",), r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b"),
    Form("a Vault token", ("hvs.",), r"\bhvs\.[A-Za-z0-9_-]{24,}"),
    Form("a Docker Hub token", ("dckr_pat_",), r"\bdckr_pat_[A-Za-z0-9_-]{20,}"),
    Form("an Azure storage key", ("AccountKey=",), r"\bAccountKey=[A-Za-z0-9+/]{60,}={0,2}"),
    Form("a JSON web token", ("eyJ",), r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}"),
    Form(
        "a private key",
        ("-----BEGIN",),
        r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY(?: BLOCK)?-----(?:\s|\\n)+(?:[\w-]+: .*\s+)*[A-Za-z0-9+/=]{40,}",
    ),
    Form(
        "a URL with a password",
        ("://",),
        r"://(?P<user>[^\s/:@'\"`<>{}$\x00]*):(?P<password>[^\s/@'\"`<>{}$\x00]{3,})@[\w\[]",
    ),
)


_EXAMPLE_USERS = frozenset({"user", "username", "usr", "foo", "login", "name", "admin-user", "myuser"})


_EXAMPLE_PASSWORDS = frozenset({"password", "pass", "passwd", "pwd", "secret", "token", "pw", "foo", "bar"})


class Found(NamedTuple):
    """Something that looks like a credential. ``start`` and ``end`` are offsets into the text that was searched.

    ``secret`` is the part that must not be shown: of a URL the password alone.
    """

    what: str
    start: int
    end: int
    secret: str


def forms_in(words: Iterable[str]) -> tuple[Form, ...]:
    """The forms whose marks occur in these words: one search for many texts, in which most words are the same."""
    text = "\n".join(words)
    return tuple(form for form in _FORMS if any(mark in text for mark in form.marks))


def known_tokens(text: str, forms: Iterable[Form] | None = None) -> Iterator[Found]:
    """The tokens of known forms in a text; examples ("AKIA…EXAMPLE", "ghp_xxxx…") are left out.

    Args:
        text: any text.
        forms: those that it may contain, as returned by :func:`forms_in`.
    """
    if forms is None:
        forms = forms_in(set(text.split()) if len(text) > _LONG else (text,))
    for form in forms:
        for mark in form.marks:
            if mark in text:
                break
        else:
            continue
        for match in re.finditer(form.pattern, text):
            token = match.group()
            if "EXAMPLE" in token.upper() or "xxxx" in token.lower() or len(set(token[8:])) < 5:
                continue
            groups = match.groupdict()
            if groups and _is_example(groups["user"], groups["password"]):
                continue
            yield Found(form.label, match.start(), match.end(), groups.get("password") or token)
    if 40 <= len(text) <= 20_000 and (decoded := from_base64(text.strip())) is not None:
        yield from (Found(f"{found.what} in base64", 0, len(text), text) for found in known_tokens(decoded))


_LONG = 1000
"""From this length on, splitting a text into words is quicker than searching it for every mark."""


def _is_example(user: str, password: str) -> bool:
    """Whether a URL's user and password are the usual ones of documentation, or templated."""
    return (
        user.lower() in _EXAMPLE_USERS
        or password.lower() in _EXAMPLE_PASSWORDS
        or is_placeholder(password)
        or is_reference(password)
    )
