"""The forms of names, label keys and label values that the API server accepts, without their lengths.

Source: k8s.io/apimachinery, pkg/util/validation. Match them with ``fullmatch``.
"""

from __future__ import annotations

from helm_constitution.core.lazy import LazyPattern

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_KEY = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"

LONGEST_LABEL = 63
"""The most characters of a DNS label, of the name in a label key and of a label value."""
LONGEST_SUBDOMAIN = 253
"""The most characters of a DNS subdomain."""
DNS_LABEL = LazyPattern(_LABEL)
"""RFC 1123: the name of a Namespace or a container."""
OLD_DNS_LABEL = LazyPattern("[a-z]([-a-z0-9]*[a-z0-9])?")
"""RFC 1035, a letter first: the name of a Service."""
DNS_SUBDOMAIN = LazyPattern(rf"{_LABEL}(\.{_LABEL})*")
"""RFC 1123: the name of most objects, and the prefix of a label key."""
LABEL_KEY = LazyPattern(_KEY)
"""The key of a label, without its prefix."""
LABEL_VALUE = LazyPattern(f"({_KEY})?")
"""The value of a label."""
