"""Writes the file."""

from scripts.starter import FILE, text

FILE.write_text(text(), "utf-8", newline="\n")
