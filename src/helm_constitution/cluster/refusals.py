"""An API server's ``Status`` as refusals: the fields of the object that it names, each with its message.

Source: ``metav1.Status`` and ``StatusDetails`` (Kubernetes API conventions, "Response Status Kind"); strict decoding
and server-side apply have errors of their own, which name fields in the message alone.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from helm_constitution.cluster.answers import Refusal
from helm_constitution.core.secret_names import HIDDEN, names_a_secret
from helm_constitution.core.secret_texts import without_secrets
from helm_constitution.text.yaml_document import Path
from helm_constitution.text.yaml_scalars import Json

_STRICT = re.compile(r'(unknown|duplicate) field "([^"]+)"')
_TYPED = re.compile(r"(?:^|[\s:;])\.(?P<field>[^\s:]+(?:\[[^\]]*\])*[^\s:]*): (?P<message>[^\n]+)", re.MULTILINE)
_STEP = re.compile(r"\[(?P<inside>(?:\"[^\"]*\"|[^\]])*)\]|(?P<key>[^.\[\]]+)")
_KEYED = re.compile(r'([\w.-]+)=("(?:[^"\\]|\\.)*"|[^,]+)')
_CREATED = re.compile(r"^failed to create typed patch object \([^)]*\): (?:errors:\s*)?|^.*?strict decoding error: ")
_PATTERN = re.compile(r", regex used for validation is '[^']*(?:'[^)]*)?'")
"""What follows the examples of a right name, for programmers."""
_SHORTEST = 4
"""Characters of a secret that is hidden in messages; a shorter one may be a part of any word."""


def refusals_of(status: Mapping[str, Any], body: Json) -> tuple[Refusal, ...]:
    """The reasons why the server rejects an object.

    Args:
        status: the server's answer.
        body: the object as it was sent.
    """
    message = str(status.get("message") or status.get("reason") or "refused without a reason")
    found = [*dict.fromkeys(_of_causes(status, body) or _of_message(message, body))]
    # A field that the server sets like another one (targetPort like port) is rejected for the same reason.
    written = {one.message for one in found if _is_there(one.path, body)}
    own = [one for one in found if one.message not in written or _is_there(one.path, body)]
    return tuple(one._replace(message=_hidden(one.message, body)) for one in own or [Refusal("", (), _short(message))])


def _is_there(path: Path, body: Json) -> bool:
    for step in path:
        body = _below(body, step)
    return body is not _NOTHING


def _of_causes(status: Mapping[str, Any], body: Json) -> list[Refusal]:
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    found = []
    for cause in causes if isinstance(causes, list) else ():
        field, message = cause.get("field"), cause.get("message")
        if message and field and field != "<nil>":
            found.append(Refusal(str(field), path_of(str(field), body), _short(str(message))))
    return found


def _of_message(message: str, body: Json) -> Iterator[Refusal]:
    for kind, field in _STRICT.findall(message):
        yield Refusal(field, path_of(field, body), f"{kind} field", is_of_key=True, is_typed=True)
    for match in _TYPED.finditer(message):
        told = match["message"].strip().rstrip(",")
        yield Refusal(
            match["field"], path_of(match["field"], body), _short(told), "not declared" in told, is_typed=True
        )


def path_of(field: str, body: Json) -> Path:
    """A field as the server writes it as a path in the object: ``spec.ports[0].port``, ``data[a.b]``,
    ``.spec.containers[name="web"].image``. If a part doesn't exist, the path ends with the first missing step."""
    if isinstance(body, dict) and body.get("kind") == "Secret" and "data" not in body:
        field = re.sub(r"^data\b", "stringData", field)  # which the server moves there
    path: list[str | int] = []
    here = body
    for match in _STEP.finditer(field):
        step = _step(match, here)
        path.append(step)
        below = _below(here, step)
        if below is _NOTHING:
            break
        here = below
    return tuple(path)


_NOTHING: Json = []
"""Stands for a part that doesn't exist, where None is a value."""


def _below(here: Json, step: str | int) -> Json:
    if isinstance(here, dict) and isinstance(step, str):
        return here.get(step, _NOTHING)
    if isinstance(here, list) and isinstance(step, int) and step < len(here):
        return here[step]
    return _NOTHING


def _step(match: re.Match[str], here: Json) -> str | int:
    if match["key"] is not None:
        return match["key"]
    inside = match["inside"]
    if isinstance(here, list):
        if inside.isdigit():
            return int(inside)
        keys = {key: value.strip('"') for key, value in _KEYED.findall(inside)}
        for index, item in enumerate(here):
            if keys and isinstance(item, dict) and all(str(item.get(key)) == value for key, value in keys.items()):
                return index
        for index, item in enumerate(here):
            if str(item) == inside.strip('"'):
                return index
    return inside.strip('"')


def _short(message: str) -> str:
    """A message in one line, without the words before the fields."""
    told = _PATTERN.sub("", " ".join(_CREATED.sub("", message).split()))
    return told if len(told) <= 400 else f"{told[:399]}…"


def _hidden(message: str, body: Json) -> str:
    """The message without the object's secrets: servers quote rejected values."""
    is_secret = isinstance(body, dict) and body.get("kind") == "Secret"
    for path, text in _texts(body, ()):
        in_secret = is_secret and path[:1] in (("data",), ("stringData",))
        if len(text) >= _SHORTEST and text in message and (in_secret or names_a_secret(path)):
            message = message.replace(text, HIDDEN)
        if in_secret and path[0] == "data" and (plain := _decoded(text)) and len(plain) >= _SHORTEST:
            message = message.replace(plain, HIDDEN)
    return without_secrets(message)


def _texts(value: Json, path: Path) -> Iterator[tuple[Sequence[str | int], str]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _texts(part, (*path, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _texts(part, (*path, index))
    elif isinstance(value, str):
        yield path, value


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
