"""SHA-256 without hashlib, whose import loads OpenSSL: 5 ms, more than all that is hashed here takes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
