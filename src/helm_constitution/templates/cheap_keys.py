"""Templates that make elliptic keys in place of RSA ones, for renderings whose keys nobody reads.

Helm needs 50 to 500 ms for a certificate's RSA key, and less than 1 ms for an elliptic one. The functions are sprig's:
each that makes a certificate has a counterpart that takes the key as its last argument.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from helm_constitution.templates import TemplateFile
from helm_constitution.templates.nodes import Command, Identifier, String, commands, contents, pipelines

if TYPE_CHECKING:
    from helm_constitution.templates.analysis import AnalysedChart

_KEY = '(genPrivateKey "ecdsa")'
_ARGUMENTS = {"genCA": 2, "genSelfSignedCert": 4, "genSignedCert": 5}
"""The functions that make a certificate with an RSA key of their own, and how many arguments each has."""


def cheap_keys(template: TemplateFile) -> dict[str, str]:
    """The commands of a template that make RSA keys, as written, and their replacements that make elliptic ones."""
    if template.tree is None or "gen" not in template.text:
        return {}
    return dict(_found(template))


def with_cheap_keys(text: str, replaced: Sequence[tuple[str, str]]) -> str:
    """A template's text with or without marks, in which commands are replaced.

    Args:
        text: the text; marks stand between actions and leave commands as they are.
        replaced: commands and their replacements, see :func:`cheap_keys`.
    """
    for command, cheap in replaced:
        pattern = rf"(?<![\w.$]){re.escape(command)}(?=[\s)|}}]|-}}}})"
        text = re.sub(pattern, cheap.replace("\\", r"\\"), text)
    return text


def cheap_sources(analysed: AnalysedChart, edited: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    """The templates that make RSA keys, with elliptic ones in their place, by their paths; without dependencies.

    Args:
        analysed: the chart.
        edited: texts in place of the templates' own, by path; commands stand in them as written.
    """
    if not any("gen" in text for text in analysed.chart.files.values()):
        return {}  # before anything is parsed
    keys = {template: tuple(cheap_keys(template).items()) for template in analysed.templates}
    return {
        template.path: with_cheap_keys(edited.get(template.path, template.text), replaced)
        for template, replaced in keys.items()
        if replaced
    }


def _found(template: TemplateFile) -> Iterator[tuple[str, str]]:
    for content in contents(template.tree or ()):
        for pipeline in pipelines(content):
            for command in commands(pipeline):
                cheap = _cheap(template, command)
                if cheap is not None:
                    yield template.source(command), cheap


def _cheap(template: TemplateFile, command: Command) -> str | None:
    function, *arguments = command.args
    if not isinstance(function, Identifier):
        return None
    if function.name == "genPrivateKey":
        is_rsa = len(arguments) == 1 and isinstance(arguments[0], String) and arguments[0].value == "rsa"
        return 'genPrivateKey "ecdsa"' if is_rsa else None
    # One argument less has what is piped into it as the last; that place is the key's.
    if _ARGUMENTS.get(function.name) != len(arguments):
        return None
    written = template.source(command)
    head = len(function.name)
    return f"{function.name}WithKey{written[head:].rstrip()} {_KEY}"
