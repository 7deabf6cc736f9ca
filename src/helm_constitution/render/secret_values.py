"""Keeps secrets out of helm's messages, which quote what a template fails on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from helm_constitution.core.confidential import secrets_in
from helm_constitution.core.errors import YamlSyntaxError
from helm_constitution.core.secret_names import HIDDEN
from helm_constitution.core.secret_texts import without_secrets
from helm_constitution.helm.protocol import HelmMessage, RenderRequest
from helm_constitution.helm.set_values import apply

if TYPE_CHECKING:
    from helm_constitution.chart.model import Chart
    from helm_constitution.text.yaml_scalars import Json

_SHORTEST = 6
"""The shortest secret that is hidden: a shorter one may be part of any word."""


def without_secret_values(
    messages: Sequence[HelmMessage], chart: Chart, request: RenderRequest
) -> tuple[HelmMessage, ...]:
    """Messages about a chart that was rendered, or linted, with the values of a request; without its secrets.

    Args:
        messages: helm's.
        chart: with the default values.
        request: the values that were given.
    """
    if not messages:
        return ()
    hide = hiding(chart, request)
    return tuple(message._replace(text=hide(message.text)) for message in messages)


def hiding(chart: Chart, *requests: RenderRequest) -> Callable[[str], str]:
    """Hides, in a text, the secrets in the default values of a chart and in those of requests."""
    defaults: Json = chart.values.data if chart.values is not None else None
    given = (values for request in requests for values in _given(request))
    secrets = {text for values in (defaults, *given) for text in secrets_in(values) if len(text) >= _SHORTEST}
    patterns = [_pattern(text) for text in sorted(secrets, key=len, reverse=True)]
    return partial(_hidden, patterns=patterns)


def _given(request: RenderRequest) -> Iterator[Json]:
    """The values that the user gave, as far as they can be read; helm reports the rest."""
    from helm_constitution.text.yaml import load_document

    for file in request.values_files:
        try:
            yield load_document(file.read_text("utf-8"), str(file)).data
        except (OSError, ValueError, YamlSyntaxError):
            continue
    for argument in request.set_arguments:
        try:
            yield apply([(argument.flag, argument.value)], {})
        except (ValueError, RecursionError):
            continue


_BEFORE = r"(?:(?<!\w)|(?<=\\[nrt])|(?<=\\u[0-9a-f]{4}))"
"""No letter, but in an escape of JSON."""


def _pattern(secret: str) -> re.Pattern[str]:
    """Finds a secret, plain and in Base64: wherever it stands, or in quotes if it might be any word."""
    import base64

    text = re.escape(secret)
    is_word = secret.isalpha() and secret.islower()
    plain = rf"(?<=[\"'`]){text}(?=[\"'`])" if is_word else rf"{_BEFORE}{text}(?!\w)"
    encoded = base64.b64encode(secret.encode("utf-8", "surrogatepass")).decode()
    return re.compile(rf"{plain}|(?<!\w){re.escape(encoded)}(?!\w)")


def _hidden(text: str, patterns: Sequence[re.Pattern[str]]) -> str:
    for pattern in patterns:
        text = pattern.sub(HIDDEN, text)
    return without_secrets(text)
