"""Composes YAML texts into nodes with their positions, by PyYAML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from helm_constitution.text.pyyaml import yaml

try:
    from yaml._yaml import CParser as _Parser

    HAS_C_PARSER = True
except ImportError:  # pragma: no cover - only where PyYAML was built without libyaml; said under --debug
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    HAS_C_PARSER = False

    class _Parser(Reader, Scanner, Parser):  # type: ignore[no-redef]
        """PyYAML's own parser, slow."""

        def __init__(self, stream: str) -> None:
            Reader.__init__(self, stream)
            Scanner.__init__(self)
            Parser.__init__(self)


MAX_DEPTH = 400
"""Nested maps and lists; without a limit PyYAML's C composer overruns the stack."""


class _Resolver:
    """PyYAML's resolver is left out: tags are ours to decide, from the plain text."""

    depth = 0

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """Called before each node is composed."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise RecursionError

    def ascend_resolver(self) -> None:
        """Called behind each node."""
        self.depth -= 1

    def resolve(self, kind: type[yaml.Node], value: str, implicit: Any) -> str:
        """A plain scalar is marked ``?``; everything else keeps its kind's own tag."""
        if kind is yaml.ScalarNode:
            return "?" if implicit[0] else "tag:yaml.org,2002:str"
        return "tag:yaml.org,2002:map" if kind is yaml.MappingNode else "tag:yaml.org,2002:seq"


class _PatientComposer(_Resolver, yaml.composer.Composer, _Parser):  # type: ignore[misc,unused-ignore]
    """PyYAML's own composer; an anchor may be defined again, as in go-yaml."""

    def __init__(self, stream: str) -> None:
        _Parser.__init__(self, stream)
        yaml.composer.Composer.__init__(self)

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """One node. The anchor's earlier node is forgotten, so that PyYAML doesn't reject the second."""
        event = self.peek_event()
        if isinstance(event, yaml.NodeEvent) and not isinstance(event, yaml.AliasEvent):
            self.anchors.pop(event.anchor, None)
        return super().compose_node(parent, index)


if HAS_C_PARSER:

    class _Composer(_Resolver, _Parser):  # type: ignore[misc,unused-ignore]
        """PyYAML's C composer."""

else:  # pragma: no cover
    _Composer = _PatientComposer  # type: ignore[assignment,misc]


def parse_events(text: str) -> Iterator[yaml.Event]:
    """The events of a text one by one, each with its marks. Raises yaml.YAMLError at the first fault."""
    parser = _Parser(text)
    while (event := parser.get_event()) is not None:
        yield event


def compose(text: str) -> list[yaml.Node]:
    """The root nodes of all documents."""
    try:
        return _all_nodes(_Composer(text))
    except yaml.composer.ComposerError as error:
        # Helm's reader and the patient composer accept an anchor that is defined twice.
        if "duplicate anchor" not in str(error):
            raise
        return _all_nodes(_PatientComposer(text))


def _all_nodes(composer: Any) -> list[yaml.Node]:
    roots = []
    while composer.check_node():
        roots.append(composer.get_node())
    return roots
