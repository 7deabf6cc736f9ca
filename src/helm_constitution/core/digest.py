"""SHA-256 without hashlib, whose import loads OpenSSL: 5 ms, more than what is usually hashed here takes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import hashlib
    from hashlib import sha256 as sha256
else:
    try:
        # Python's own implementation, which hashlib falls back to; the random module takes SHA-512 the same way.
        if sys.version_info >= (3, 12):
            from _sha2 import sha256 as sha256
        else:
            from _sha256 import sha256 as sha256
    except ImportError:  # pragma: no cover - a Python that was built without it
        from hashlib import sha256 as sha256

_MUCH = 1024 * 1024


def sha256_for(size: int) -> hashlib._Hash:
    """A new digest for about so many bytes: OpenSSL's, which is eight times as fast, where that is worth its import."""
    if size < _MUCH and "hashlib" not in sys.modules:
        return sha256()
    import hashlib

    return hashlib.sha256()
