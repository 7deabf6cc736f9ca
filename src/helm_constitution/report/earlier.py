"""Whether a file holds an earlier report of ours, which a new one may replace; anything else is somebody's work."""

from __future__ import annotations

import re
from pathlib import Path

_BEGINNING = 64 * 1024
"""Bytes that are looked at: every format says early what it is."""

_FORMS = (
    r'"tool":\s*\{\s*"(?:name|driver)":\s*(?:\{\s*"name":\s*)?"helm-constitution"',  # json, sarif
    r'<testsuites\s[^>]*\bname="helm-constitution"',  # junit
    r"\A## helm-constitution: ",  # markdown
    r"\A(?:::(?:error|warning|notice) [^\n]*\n)+\Z",  # github; the last line may be cut
    r'\A\[\s*(?:\]|\{\s*"description":[^\n]*\n\s*"check_name":)',  # gitlab
    r"\A(?:PASS|FAIL|ERROR)  [^\n]*: (?:\d+ errors?\b|could not be checked)",  # text, concise
    r"^engine: (?:cli|embedded), helm |^could not check: ",  # text
    r'\A<svg [^>]*aria-label="constitution: ',  # badge
    r"\ATN:\n?SF:",  # lcov
    r"\Apath,name,version,gate,verdict,",  # csv, of a fleet
    r'\A<!doctype html>[^§]{0,400}<meta name="generator" content="helm-constitution">',  # html
)


def may_be_replaced(file: Path) -> bool:
    """Whether a report may be written to a path: nothing is there, nothing is in it, or it is a report itself.

    What is no regular file (a device, a pipe, a terminal) is written to and loses nothing.
    """
    if not file.is_file():
        return True
    try:
        with file.open("rb") as content:
            data = content.read(_BEGINNING)
    except OSError:
        return True  # writing says what is wrong
    text = data.decode("utf-8", "replace")
    if len(data) == _BEGINNING:
        text = text[: text.rfind("\n") + 1]
    return not text.strip() or any(re.search(form, text, re.MULTILINE) for form in _FORMS)
