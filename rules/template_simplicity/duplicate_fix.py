"""A block that is in two templates becomes a named template that both include."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helm_constitution.api import Edit, Fix, LazyPattern, Span

_INDENT = LazyPattern(r"\b(n?indent) (\d+)")
_HELPERS = "templates/_helpers.tpl"


def included_twice(name: str, files: Mapping[str, str], *copies: tuple[str, Span]) -> Fix | None:
    """The block as a named template in _helpers.tpl, and a call in each of the two places.

    None where the copies are not the same but for their indentation, or read what a named template does not see.

    Args:
        name: the named template's.
        files: the chart's, by their paths.
        copies: the file and the lines of each.
    """
    if f'"{name}"' in "".join(text for file, text in files.items() if file.endswith(".tpl")):
        return None
    edits, bodies = [], []
    for file, span in copies:
        lines = files[file].replace("\r\n", "\n").split("\n")[span.line - 1 : span.end_line]
        depth = len(lines[0]) - len(lines[0].lstrip(" "))
        bodies.append(_body(lines, depth))
        call = f'{" " * depth}{{{{- include "{name}" . | nindent {depth} }}}}'
        edits.append(Edit(file, span.line, 1, span.end_line, len(lines[-1]) + 1, call))
    first, second = (_told(body) for body in bodies)
    if not first or first != second or any("$" in line or "define" in line for line in first):
        return None
    where = " and ".join(dict.fromkeys(file for file, _ in copies))
    text = "\n".join(
        (f"{{{{/* What {where} have in common. */}}}}", f'{{{{- define "{name}" -}}}}', *bodies[0], "{{- end }}")
    )
    edits.append(_appended(files.get(_HELPERS), text))
    return Fix(f"write it once as {name} and include it", tuple(edits))


def _body(lines: Sequence[str], depth: int) -> list[str]:
    """A block's lines as they stand in a named template; none where one of them stands further to the left."""
    if any(line[:depth].strip() for line in lines):
        return []
    found = []
    for line in lines:
        shifted = _INDENT.sub(lambda call: f"{call[1]} {int(call[2]) - depth}", line[depth:])
        if "indent -" in shifted:
            return []
        found.append(shifted)
    return found


def _told(body: Sequence[str]) -> list[str]:
    """The lines without comments and blank ones, in which copies may differ."""
    return [line for line in body if line.strip() and not line.lstrip().startswith("#")]


def _appended(helpers: str | None, text: str) -> Edit:
    if helpers is None:
        return Edit(_HELPERS, 1, 1, 1, 1, f"{text}\n")
    lines = helpers.replace("\r\n", "\n").split("\n")
    at = (len(lines), len(lines[-1]) + 1)
    return Edit(_HELPERS, *at, *at, f"\n\n{text}" if lines[-1] else f"\n{text}\n")
