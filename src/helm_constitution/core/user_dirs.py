"""Where this program may keep what it can make again."""

from __future__ import annotations

import os
import sys


def cache_folder() -> str:
    """This program's folder in the user's cache; it need not be there yet."""
    return os.path.join(_caches(), "helm-constitution")


def _caches() -> str:
    # The standard ignores a relative path, which would be a folder of whatever is checked.
    if os.path.isabs(folder := os.environ.get("XDG_CACHE_HOME", "")):
        return folder
    home = os.path.expanduser("~")
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Caches")
    if sys.platform == "win32":
        return os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
    return os.path.join(home, ".cache")
