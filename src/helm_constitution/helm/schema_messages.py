"""Helm's errors about values that values.schema.json doesn't allow: one message for each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.secret_names import HIDDEN, names_a_secret
from helm_constitution.core.secret_texts import without_secrets
from helm_constitution.helm.message_parts import SCHEMA_FILE, VALUES_FILE, Speaker, plain
from helm_constitution.helm.protocol import FailureKind, HelmMessage

SCHEMA_HEAD = "values don't meet the specifications of the schema(s) in the following chart(s):"
_SCHEMA_LINE = LazyPattern(r"( *)- (?:at '((?:[^'\\]|\\.)*)'|([^:]+)): (.*)")
_QUOTED = LazyPattern(
    r"'.*'(?= (?:does not match pattern|is not valid))"
    r"|(?<=value must be ).+|(?<= does not match: ).+|(?<= must be one of the following: ).+",
    re.DOTALL,
)
_NUMBER = LazyPattern(r"\bgot -?[0-9.]+")
_SECTION = LazyPattern(r"(\S+):")
_ALTERNATIVES = ("'oneOf' failed", "'anyOf' failed")


class _Complaint:
    def __init__(self, depth: int, pointer: tuple[str | int, ...], shown: str, text: str) -> None:
        self.depth = depth
        self.pointer = pointer
        self.shown = shown
        self.text = text


def schema_messages(text: str, chart: Speaker) -> Iterator[HelmMessage]:
    """One message for each error about a value, in the order of the values; helm's own order is random."""
    name = chart.name
    complaints: list[_Complaint] = []
    lines = text.removeprefix(SCHEMA_HEAD).strip().split("\n")
    while lines:
        line = lines.pop(0)
        if match := _SCHEMA_LINE.fullmatch(line):
            indent, slashed, dotted, words = match.groups()
            pointer = _dotted_pointer(dotted) if slashed is None else _slashed_pointer(slashed)
            complaints.append(_Complaint(len(indent), pointer, f"at {slashed or dotted}: ", words))
            continue
        if complaints and line.startswith(" "):  # what a complaint quotes may have several lines
            complaints[-1].text += f"\n{line}"
            continue
        yield from _sorted(complaints, name, chart)
        complaints = []
        if section := _SECTION.fullmatch(line):
            name = section[1]
        elif line.startswith("invalid type for values: "):
            yield _schema_message((), line, name, chart)
        elif line:
            rest = []
            # The schema itself is wrong: what follows speaks of the schema, not of values, in an order of chance.
            while "not valid against metaschema" in line and lines and not _SECTION.fullmatch(lines[0]):
                rest.append(lines.pop(0).strip())
            words = "; ".join((line, *sorted(set(rest))))
            if name == chart.name:
                yield plain(words, SCHEMA_FILE, FailureKind.SCHEMA)
            else:
                yield plain(f"the schema of {name}: {words}", None, FailureKind.SCHEMA)
    yield from _sorted(complaints, name, chart)


def _sorted(complaints: list[_Complaint], name: str, chart: Speaker) -> list[HelmMessage]:
    messages = [_schema_message(complaint.pointer, complaint.text, name, chart) for complaint in _leaves(complaints)]
    return sorted(messages, key=lambda message: (str(message.pointer), message.text))


def _leaves(complaints: Sequence[_Complaint]) -> Iterator[_Complaint]:
    """The errors with content: not those that only contain others, and all alternatives in one."""
    for head, *below in _trees(complaints):
        if not below:
            yield _Complaint(head.depth, head.pointer, head.shown, _without_secrets(head))
        elif head.text.startswith(_ALTERNATIVES):
            # Helm keeps the order of the alternatives, and gives what each complains of in an order of chance.
            words = [word for tree in _trees(below) for word in sorted(_said(leaf, head) for leaf in _leaves(tree))]
            yield _Complaint(head.depth, head.pointer, head.shown, f"{head.text}: {'; '.join(words)}")
        else:
            yield from _leaves(below)


def _without_secrets(complaint: _Complaint) -> str:
    """The text of an error, without a secret that it quotes."""
    text = complaint.text
    if names_a_secret(complaint.pointer):
        text = _QUOTED.sub(f"'{HIDDEN}'", _NUMBER.sub(f"got {HIDDEN}", text))
    return without_secrets(text)


def _trees(complaints: Sequence[_Complaint]) -> Iterator[Sequence[_Complaint]]:
    """Each error with those below it."""
    at = 0
    while at < len(complaints):
        end = at + 1
        while end < len(complaints) and complaints[end].depth > complaints[at].depth:
            end += 1
        yield complaints[at:end]
        at = end


def _said(leaf: _Complaint, head: _Complaint) -> str:
    return f"{'' if leaf.pointer == head.pointer else leaf.shown}{leaf.text}"


def _schema_message(pointer: tuple[str | int, ...], text: str, name: str, chart: Speaker) -> HelmMessage:
    # A subchart's values stand under its name (or alias) in those of the chart. Of a subchart's subchart helm doesn't
    # say whose it is.
    path = pointer if name == chart.name else (name, *pointer)
    return plain(text, VALUES_FILE, FailureKind.SCHEMA)._replace(pointer=path)


def _dotted_pointer(text: str) -> tuple[str | int, ...]:
    """``a.l.0`` of Helm 3. A key with a dot can't be told from two."""
    return () if text == "(root)" else tuple(_step(part) for part in text.split("."))


def _slashed_pointer(text: str) -> tuple[str | int, ...]:
    """``/a/l/0`` of Helm 4 (RFC 6901)."""
    plain = re.sub(r"\\(.)", r"\1", text)
    return tuple(_step(part.replace("~1", "/").replace("~0", "~")) for part in plain.split("/")[1:])


def _step(part: str) -> str | int:
    return int(part) if part.isascii() and part.isdigit() else part
