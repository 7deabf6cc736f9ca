"""A waiver written into the configuration, with everything else in it as it is."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import SingleQuotedScalarString

from helm_constitution.core.errors import ConfigurationError, YamlSyntaxError
from helm_constitution.policy.find import FILE_NAME
from helm_constitution.text.edits import EditError, apply_edits
from helm_constitution.text.yaml import load_document
from helm_constitution.text.yaml_edits import append_item
from helm_constitution.text.yaml_scalars import resolve_plain

_INDENTATIONS = ((2, 4, 2), (2, 2, 0), (4, 6, 4), (4, 4, 2), (4, 4, 0))
"""Of maps, of lists and of their dashes, the usual one first."""


def with_waiver(text: str, file: Path, waiver: Mapping[str, str]) -> str:
    """The configuration's text with one more waiver at the end of its list.

    Args:
        text: the configuration; empty where there is none yet.
        file: its path, for messages.
        waiver: its keys and their texts, in this order.

    Raises:
        ConfigurationError: the text isn't YAML, or can't be written back with its form kept.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    body = text.replace("\r\n", "\n")
    behind = _behind_others(text, file, waiver)
    if behind is not None:
        return behind
    waiver = {key: _as_text(value) for key, value in waiver.items()}
    for map_indent, sequence_indent, offset in _INDENTATIONS:
        writer = YAML(typ="rt")
        writer.preserve_quotes = True
        writer.width = 4096
        writer.indent(mapping=map_indent, sequence=sequence_indent, offset=offset)
        try:
            document = writer.load(body)
        except YAMLError as error:
            raise ConfigurationError(f"not YAML: {' '.join(str(error).split())[:200]}", file=str(file)) from None
        is_block = isinstance(document, CommentedMap) and document.fa.flow_style() is not True
        if document is None or (is_block and "waivers" not in document):
            return _appended(body, waiver, newline, writer)
        if not isinstance(document, CommentedMap):
            raise ConfigurationError("the configuration must be a map of options", file=str(file))
        if document.get("waivers") is None:
            document["waivers"] = CommentedSeq()
        if not isinstance(document["waivers"], CommentedSeq):
            raise ConfigurationError("waivers must be a list of maps", file=str(file))
        document["waivers"].append(CommentedMap(waiver))
        stream = io.StringIO()
        writer.dump(document, stream)
        written = stream.getvalue()
        if _keeps(body, written):
            return written.replace("\n", newline)
    message = "can't be edited without changing its format; add this to its waivers manually"
    raise ConfigurationError(f"{message}: {dict(waiver)}", file=str(file))


def _behind_others(text: str, file: Path, waiver: Mapping[str, str]) -> str | None:
    """The text with the waiver behind those of its list, in whatever form the file is written; None where it has
    none."""
    try:
        edits = append_item(load_document(text, str(file)), ("waivers",), waiver)
        return None if edits is None else apply_edits(text, edits)
    except (YamlSyntaxError, EditError):
        return None


def _as_text(text: str) -> str:
    """A text in quotes where YAML 1.1, as it is read again, would take it for something else: ``yes``, ``012``."""
    return text if isinstance(resolve_plain(text), str) else SingleQuotedScalarString(text)


def _appended(body: str, waiver: Mapping[str, str], newline: str, writer: YAML) -> str:
    """A file without waivers: they come behind all else."""
    stream = io.StringIO()
    writer.dump(CommentedMap({"waivers": CommentedSeq([CommentedMap(waiver)])}), stream)
    gap = "" if not body or body.endswith("\n") else "\n"
    return (body + gap + stream.getvalue()).replace("\n", newline)


def _keeps(before: str, after: str) -> bool:
    """Whether every line that was there is there, in its order; ``waivers: []`` may have become a list."""
    lines = iter(line.rstrip() for line in after.split("\n"))
    for line in before.split("\n"):
        bare = line.rstrip()
        if bare and not bare.startswith(("waivers: []", "waivers:")) and bare not in lines:
            return False
    return True


def configuration_beside(chart: Path) -> Path:
    """Where a chart's first configuration goes: beside its Chart.yaml."""
    return (chart if chart.is_dir() else chart.parent) / FILE_NAME


def chart_key_of(chart: Path, configuration: Path) -> str | None:
    """How a waiver names its chart: the path from the configuration; None beside the chart."""
    folder = os.path.realpath(configuration.parent)
    path = os.path.relpath(os.path.realpath(chart), folder).replace(os.sep, "/")
    return None if path == "." else path
