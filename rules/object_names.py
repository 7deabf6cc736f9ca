"""The names of rendered objects that the API server accepts."""

from __future__ import annotations

import re

from helm_constitution.api import DNS_LABEL, DNS_SUBDOMAIN, OLD_DNS_LABEL, LazyPattern, Manifest, NamedTuple

_SEGMENT = LazyPattern(r"(?!\.{1,2}\Z)[^/%]+")
_FREE = ("CertificateSigningRequest",)


class NameFault(NamedTuple):
    """The fault of an object's name: ``advice`` says how to fix it, ``meant`` is an example, or empty."""

    advice: str
    meant: str


def name_fault(manifest: Manifest) -> NameFault | None:
    """Why the API server rejects an object's name; None if it accepts it, or if there is none."""
    name = manifest.get("metadata", "name").string()
    if not name or manifest.kind in _FREE:
        return None
    pattern, words = _wanted(manifest)
    if pattern.fullmatch(name):
        return None
    meant = re.sub(r"[^a-z0-9.-]+", "-", name.lower()).strip("-.")
    return NameFault(f"use {words}", meant if pattern.fullmatch(meant) else "")


def _wanted(manifest: Manifest) -> tuple[LazyPattern, str]:
    """The API server's pattern for names of a kind, and its description."""
    if manifest.group.endswith("rbac.authorization.k8s.io"):
        return _SEGMENT, "no slash and no percent sign"
    kind = manifest.kind if not manifest.group else ""
    if kind == "Service":
        return OLD_DNS_LABEL, "lower-case letters, digits and hyphens, a letter first"
    if kind == "Namespace":
        return DNS_LABEL, "lower-case letters, digits and hyphens"
    return DNS_SUBDOMAIN, "lower-case letters, digits, hyphens and dots"
