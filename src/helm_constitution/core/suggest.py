"""The known word that was probably meant."""

from __future__ import annotations


def closest(word: str, known: list[str]) -> str | None:
    """The known word that was probably meant; None where nothing comes close."""
    import difflib

    found = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return found[0] if found else None
