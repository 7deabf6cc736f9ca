"""The known word that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable


def closest(word: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """The known word that was probably meant; None where nothing comes close (1 is the same word)."""
    import difflib

    found = difflib.get_close_matches(word, list(known), n=1, cutoff=likeness)
    return found[0] if found else None
