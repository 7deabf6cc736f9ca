"""Files as an editor has them: with text that is not saved yet."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

Unsaved: TypeAlias = Mapping[str, str]
"""Texts by the absolute paths of their files; what is not in it is as on the disk."""

NO_TEXTS: Unsaved = MappingProxyType({})
"""Everything is saved."""

MOST_BYTES = 10 * 1024 * 1024
"""Bytes of a constitution, a configuration, a plan, a file of debt or of a scenario's values."""


def is_there(file: str | Path, unsaved: Unsaved) -> bool:
    """Whether there is a file, on the disk or as a text that is not saved yet."""
    return os.path.isfile(file) or (bool(unsaved) and os.path.abspath(file) in unsaved)


def content_of(file: Path, unsaved: Unsaved) -> bytes:
    """A file's content, with the text that is not saved yet.

    Raises:
        OSError: it can't be read, or is too large for a file that people write.
    """
    text = unsaved.get(os.path.abspath(file)) if unsaved else None
    if text is not None:
        return text.encode("utf-8", "surrogatepass")
    with file.open("rb") as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise OSError(errno.EFBIG, f"larger than {MOST_BYTES // 1024**2} MiB", str(file))
    return content
