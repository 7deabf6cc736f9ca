"""Values that disable security."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import MUST, Subject, Violation, forbid, require, rule, walk

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
        for path, value in walk(view.data):
            if not (value is True or value is False or value == "disable") or not isinstance(path[-1], str):
                continue
            # An item of a list belongs to the section that has the list.
            section = next((step for step in reversed(path[:-1]) if isinstance(step, str)), "")
            is_context = path[-1] == "enabled" and section.lower() in _CONTEXTS
            if is_context and len(tuple(view.get(*path[:-1]).entries())) == 1:
                continue  # there is nothing to disable
            if (what := _switched_off(section, path[-1], value)) is not None:
                safe = "require" if isinstance(value, str) else str(not value).lower()
                yield Violation(
                    f"{path[-1]}: {str(value).lower()} {what} by default; set {path[-1]}: {safe}", at=view.get(*path)
                )


def _switched_off(section: str, key: str, value: bool | str) -> str | None:
    """The effect of a key with this value (true, false or ``disable``); None for a harmless one."""
    parts = words(key)
    names = frozenset(parts)
    if isinstance(value, str):
        is_mode = parts[-1:] == ("sslmode",) or parts[-2:] == ("ssl", "mode")
        return "disables TLS" if is_mode else None
    if value:
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
    if parts in (("auth", "enabled"), ("authentication", "enabled"), ("enable", "auth"), ("enable", "authentication")):
        return "disables authentication"
    return None
