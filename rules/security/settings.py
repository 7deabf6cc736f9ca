"""Values that disable security."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    Json,
    LazyPattern,
    Path,
    Subject,
    View,
    Violation,
    forbid,
    require,
    rule,
    walk,
)

from .credentials import words
from .statements import SECURE_DEFAULTS

# Sections in which an "enabled: false" disables what protects the chart's own pods.
_PROTECTIONS = {
    "auth": "authentication",
    "authentication": "authentication",
    "authorization": "authorization",
    "containersecuritycontext": "the containers' security context",
    "podsecuritycontext": "the pods' security context",
    "securitycontext": "the security context",
}
_CONTEXTS = ("podsecuritycontext", "securitycontext", "containersecuritycontext")
_VERIFICATION = frozenset({"verify", "verification", "validate", "validation"})
_VERIFIED = frozenset(
    ("tls", "ssl", "cert", "certificate", "certificates", "certs", "ca", "peer", "host", "hostname", "signature")
)
_TLS = frozenset({"tls", "ssl", "https"})
_OFF_WORDS = frozenset({"disable", "disabled", "skip", "no", "without"})
_OPPOSITES = {"true": "false", "false": "true", "yes": "no", "no": "yes", "on": "off", "off": "on", "1": "0", "0": "1"}
_SWITCHES = {text: text in ("true", "yes", "on", "1") for text in _OPPOSITES}
_OPTION = LazyPattern(r"--?([A-Za-z][\w.-]*)(?:=true)?")
_ALONE = (("auth",), ("authentication",))
_ON_WORDS = frozenset({"enabled", "enable", "required", "require"})
_HOW = frozenset({"mode", "type", "method"})
_AUTH = frozenset({"auth", "authentication", "authorization", "rbac", "login"})


@rule(
    "security/security-off",
    default=MUST,
    enforces=(
        forbid(
            r"\b(?:disabl|turn(?:ed|ing)? off|switch(?:ed|ing)? off|weaken|bypass|skip)\w*\b.{0,40}"
            r"\b(?:security|tls|authentication|verification|certificate)"
        ),
        require(r"\b(?:security|tls|authentication|verification)\b.{0,40}\b(?:enabled|on) by default\b"),
    ),
    umbrella=SECURE_DEFAULTS,
)
def security_off(subject: Subject) -> Iterator[Violation]:
    """Default value disables authentication, verification or a security context.

    Why: A protection that is off by default is off nearly everywhere, above all for users who don't know of it.
    Bad:
        auth:
          enabled: false
        insecureSkipVerify: true
    Good:
        auth:
          enabled: true
        insecureSkipVerify: false
    Fix: Enable it by default, and let users who know why disable it.
    Source: OWASP Secure by Default; NSA/CISA Kubernetes Hardening Guide
    """
    if subject.chart.values is not None:
        view = subject.chart.values.document.view
        for path, data in walk(view.data):
            for key, value, shown, advice in _settings(view, path, data):
                # An item of a list belongs to the section that has the list.
                section = next((step for step in reversed(path[:-1]) if isinstance(step, str)), "")
                is_context = key == "enabled" and section.lower() in _CONTEXTS
                if is_context and len(tuple(view.get(*path[:-1]).entries())) == 1:
                    continue  # there is nothing to disable
                if (what := _switched_off(section, key, value)) is not None:
                    yield Violation(f"{shown} {what} by default; {advice}", at=view.get(*path))


def _settings(view: View, path: Path, data: Json) -> Iterator[tuple[str, bool | str, str, str]]:
    """What a value sets: its own key, a variable, an option or a part of an address; each with its name, the setting,
    the two as written and the advice."""
    key = path[-1] if path else 0
    if isinstance(data, str) and "sslmode=disable" in data:
        yield "sslmode", "disable", "sslmode=disable", "set sslmode=require"
    elif isinstance(key, int):
        if isinstance(data, str) and (option := _OPTION.fullmatch(data)) is not None:
            yield option[1], True, data, "remove it"
    elif isinstance(data, str | bool):
        partner = view.get(*path[:-1], "name").string() if key == "value" else None
        name, text = partner or key, str(data).lower()
        value = _SWITCHES.get(text, text)
        quote = '"' if isinstance(data, str) and text in _SWITCHES else ""
        safe = _OPPOSITES.get(text, "require" if text == "disable" else "a safe value")
        yield name, value, f"{name}: {text}", f"set {name}: {quote}{safe}{quote}"


def _switched_off(section: str, key: str, value: bool | str) -> str | None:
    """The effect of a key with this value, in lower case; None for a harmless one."""
    parts = words(key)
    names = frozenset(parts)
    if isinstance(value, str):
        is_mode = parts[-1:] == ("sslmode",) or parts[-2:] == ("ssl", "mode")
        if is_mode and value == "disable":
            return "disables TLS"
        is_auth = parts in _ALONE or (
            parts[-1:] and parts[-1] in _HOW and not _AUTH.isdisjoint((*parts, section.lower()))
        )
        return "disables authentication" if is_auth and value == "none" else None
    if value:
        if names >= {"empty", "password"} and not names & _OFF_WORDS:
            return "allows an empty password"
        is_anonymous = "anonymous" in names or (section.lower() == "anonymous" and key == "enabled")
        if is_anonymous and names & {"allow", "enable", "enabled", "anonymous"} and not names & _OFF_WORDS:
            return "allows anonymous access"
        if names & _OFF_WORDS and parts[-1] == "security":
            return "disables security"
        if "insecure" in names and not names & {"image", "images"}:
            return (
                "disables verification" if names & _VERIFICATION or "skip" in names else "allows insecure connections"
            )
        if "skip" in names and (names & _VERIFICATION):
            return "disables verification"
        if names & _OFF_WORDS and names & _AUTH:
            return "disables authentication"
        if names & _OFF_WORDS and names & _TLS:
            return "disables TLS"
        if names & _OFF_WORDS and names & _VERIFICATION and names & _VERIFIED:
            return "disables verification"
        return None
    if key == "enabled" and (what := _PROTECTIONS.get(section.lower())) is not None:
        return f"disables {what}"
    if (
        names & _VERIFICATION
        and (names & _VERIFIED or frozenset(words(section)) & _VERIFIED)
        and not names & _OFF_WORDS
    ):
        return "disables verification"
    if names >= {"reject", "unauthorized"}:
        return "disables verification"
    if parts in _ALONE or (len(parts) == 2 and names & _ON_WORDS and names & {"auth", "authentication"}):
        return "disables authentication"
    if parts[-2:] == ("security", "enabled") or (key == "enabled" and section.lower() == "security"):
        return "disables security"
    return None
