"""What breaks text/template's grammar, and how text/template words it."""

from __future__ import annotations


class Fault(Exception):
    """Where a template breaks the grammar, and text/template's message."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


def quoted(text: str) -> str:
    """A text as Go's %q writes it, for printable characters; a very long one is cut."""
    shown = text if len(text) <= 80 else f"{text[:77]}..."
    for character, escape in (("\\", r"\\"), ('"', r"\""), ("\n", r"\n"), ("\r", r"\r"), ("\t", r"\t")):
        shown = shown.replace(character, escape)
    return f'"{shown}"'


def shortened(text: str) -> str:
    """A text as text/template quotes an unexpected token: its first ten characters."""
    return quoted(text[:10]) + "..." if len(text.encode(errors="replace")) > 10 else quoted(text)


def code_point(character: str) -> str:
    """A character as Go's %#U writes it."""
    number = f"U+{ord(character):04X}"
    return f"{number} '{character}'" if character.isprintable() else number
