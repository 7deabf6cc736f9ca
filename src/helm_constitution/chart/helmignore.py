"""What .helmignore leaves out, by the rules of Helm."""

from __future__ import annotations

import os
import re

from helm_constitution.chart.reading import read_file, text_of
from helm_constitution.core.errors import ChartError
from helm_constitution.core.lazy import compiled
from helm_constitution.core.repository import BULKY_FOLDERS


class IgnoreRules:
    """``.helmignore`` as Helm reads it (pkg/ignore), which is not Git's way.

    The first pattern that fits decides; a negated pattern leaves out everything that it does not fit.
    """

    def __init__(self, patterns: list[tuple[re.Pattern[str], bool, bool, bool]]) -> None:
        # (pattern, of the base name only, folders only, negated)
        self._patterns = [*patterns, (re.compile(r"templates/\.[^/][^/]*\Z"), False, False, False)]

    def ignores(self, path: str, is_folder: bool) -> bool:
        """Whether the file or folder at ``path`` (forward slashes, from the top chart) is left out."""
        base = path.rpartition("/")[2]
        for pattern, base_only, folders_only, negated in self._patterns:
            if negated:
                if (folders_only and not is_folder) or not pattern.match(base if base_only else path):
                    return True
            elif (is_folder or not folders_only) and pattern.match(base if base_only else path):
                return True
        return False

    def skipped_in_copies(self, folder: str) -> bool:
        """Whether copies of the chart leave out this folder: copying it takes long, and helm doesn't read it."""
        return folder.rpartition("/")[2] in BULKY_FOLDERS and self.ignores(folder, is_folder=True)


def ignore_rules(folder: str, shown: str) -> IgnoreRules:
    file = f"{shown}/.helmignore"
    try:
        text = text_of(read_file(os.path.join(folder, ".helmignore"), file), file)
    except FileNotFoundError:
        return IgnoreRules([])
    return parse_ignore_rules(text, file)


def parse_ignore_rules(text: str, file: str) -> IgnoreRules:
    """The rules of a .helmignore.

    Raises:
        ChartError: helm can't load the chart because of a pattern.
    """
    patterns = []
    for number, line in enumerate(text.split("\n"), 1):
        rule = line.strip()
        if not rule or rule.startswith("#"):
            continue
        if "**" in rule:
            raise ChartError("`**` is not supported in .helmignore: helm can't load the chart", file=file, line=number)
        negated = rule.startswith("!")
        rule = rule.removeprefix("!")
        folders_only = rule.endswith("/")
        rule = rule.removesuffix("/")
        try:
            pattern = compiled(_glob(rule.removeprefix("/")))
        except (ValueError, re.error):
            raise ChartError(f"bad pattern {rule!r}: helm can't load the chart", file=file, line=number) from None
        patterns.append((pattern, "/" not in rule, folders_only, negated))
    return IgnoreRules(patterns)


def _glob(pattern: str) -> str:
    """A regular expression for a pattern of Go's filepath.Match. Raises ValueError if it is malformed."""
    result = since = ""  # since the last star
    position = stars = 0

    def one() -> str:
        nonlocal position
        if position < len(pattern) and pattern[position] == "\\":
            position += 1
        if position >= len(pattern):
            raise ValueError(pattern)
        position += 1
        return re.escape(pattern[position - 1])

    while position < len(pattern):
        char = pattern[position]
        if char == "*":
            # An earlier star is as short as it can be: more of it would only be tried in vain. A lookahead is not tried
            # again, and what it matched is repeated; Python before 3.11.5 has faults in atomic groups.
            result += f"(?=(?P<s{stars}>[^/]*?{since}))(?P=s{stars})" if stars else since
            since, stars = "", stars + 1
            position += 1
        elif char == "?":
            since += "[^/]"
            position += 1
        elif char == "[":
            position += 1
            negated = pattern.startswith("^", position)
            position += negated
            members = ""
            while not members or not pattern.startswith("]", position):
                if pattern.startswith(("]", "-"), position):
                    raise ValueError(pattern)
                members += one()
                if pattern.startswith("-", position):
                    position += 1
                    members += f"-{one()}"
            position += 1
            since += f"(?!/)[{'^' if negated else ''}{members}]"
        else:
            since += one()
    return rf"{result}[^/]*{since}\Z" if stars else rf"{since}\Z"
