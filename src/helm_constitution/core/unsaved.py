"""Files as an editor has them: with text that is not saved yet."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

Unsaved: TypeAlias = Mapping[str, str]
"""Texts by the absolute paths of their files; what is not in it is as on the disk."""

NO_TEXTS: Unsaved = MappingProxyType({})
"""Everything is saved."""


def is_there(file: str | Path, unsaved: Unsaved) -> bool:
    """Whether there is a file, on the disk or as a text that is not saved yet."""
    return os.path.isfile(file) or (bool(unsaved) and os.path.abspath(file) in unsaved)


def content_of(file: Path, unsaved: Unsaved) -> bytes:
    """A file's content, with the text that is not saved yet.

    Raises:
        OSError: it can't be read.
    """
    text = unsaved.get(os.path.abspath(file)) if unsaved else None
    return file.read_bytes() if text is None else text.encode("utf-8", "surrogatepass")
