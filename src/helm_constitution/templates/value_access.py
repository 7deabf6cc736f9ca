"""Steps into the values that expressions stand for, and what each step counts as read.

Nothing here knows templates: only what an abstract value holds, and under which conditions it is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from helm_constitution.templates.abstract import (
    ANYTHING,
    CALLER,
    FILES,
    NOTHING,
    ROOT,
    TEMPLATES,
    Element,
    FileText,
    Guards,
    Item,
    Made,
    Mark,
    Record,
    Root,
    Sequence,
    Value,
    is_too_much,
    ordered,
)

if TYPE_CHECKING:
    from helm_constitution.templates import TemplateFile
    from helm_constitution.templates.nodes import Action, Define, Node


class ValueAccess:
    """Follows fields and keys of abstract values, and collects what is read, printed, tested and set on the way.

    ``chart_name`` is the value of ``.Chart.Name``; ``template`` is the file that the walk is in.
    """

    GUARDED: ClassVar[int] = 1
    OPTIONAL: ClassVar[int] = 2

    def __init__(self, chart_name: str, template: TemplateFile) -> None:
        self.chart_name = chart_name
        # What is found.
        self.reads: dict[tuple[Node, tuple[str, ...]], tuple[TemplateFile, int]] = {}
        self.used: set[tuple[str, ...]] = set()
        self.whole: set[tuple[str, ...]] = set()
        self.reached: set[tuple[str, ...]] = set()
        self.provided: set[tuple[str, ...]] = set()
        self.printed: dict[Action, tuple[TemplateFile, dict[tuple[str, ...], Node | None]]] = {}
        self.printed_defines: dict[Action, tuple[TemplateFile, dict[Define, None]]] = {}
        self.tested: set[tuple[str, ...]] = set()
        self.compared: dict[tuple[str, ...], dict[str, None]] = {}
        # Where the walk stands.
        self.template = template
        self.optional = False
        self.hashed = False
        self.action: Action | None = None
        self.guards: Guards = frozenset()
        self.guards_used: set[tuple[str, ...]] = set()
        self.touched: set[tuple[str, ...]] | None = None

    # --- steps ---

    def access(self, value: Value, names: tuple[str, ...], node: Node, *, quiet: bool = False) -> Value:
        """The fields of a value; reads of values paths are recorded."""
        if not names:
            return value
        if len(value) == 1:
            (element,) = value
            if type(element) is tuple:
                path = element + names
                self._read(path, node, quiet)
                return frozenset((path,))
            if type(element) is Root and names[0] == "Values":
                return self._of_values(element, names[1:], node, quiet)
        elif not value:
            # Lost track of a context; its values are the chart's all the same.
            if "Values" in names:
                below = names[names.index("Values") + 1 :]
                return self._of_values(Root(()), below, node, True)
            return NOTHING
        found: set[Element] = set()
        for element in ordered(value):
            if type(element) is tuple:
                path = element + names
                self._read(path, node, quiet or len(value) > 1)
                found.add(path)
            elif isinstance(element, Record):
                found |= self.access(element.get(names[0]), names[1:], node, quiet=quiet or len(value) > 1)
            elif isinstance(element, Item):
                found.add(Item(element.path + names))
                self._print(element.path + names, node)
            elif isinstance(element, Made):
                found.add(element)
            elif isinstance(element, Root):
                found |= self._of_root(element, names, node, quiet or len(value) > 1)
            elif element is CALLER:
                if names[0] == "Values":
                    found |= self._of_values(Root(()), names[1:], node, True)
                elif len(names) > 1:
                    found |= self.access(value, names[1:], node, quiet=True)
                else:
                    found.add(CALLER)
            elif element is FILES:
                found.add(FileText(ANYTHING))
        return self.bounded(frozenset(found))

    def _of_root(self, root: Root, names: tuple[str, ...], node: Node, quiet: bool) -> Value:
        name = names[0]
        if name == "Values":
            return self._of_values(root, names[1:], node, quiet)
        if name == "Files":
            return frozenset((FILES if len(names) == 1 else FileText(ANYTHING),))
        if names == ("Template", "BasePath"):
            return frozenset((TEMPLATES,))
        if names == ("Chart", "Name") and not root.prefix:
            return frozenset((self.chart_name,))
        if name == "Subcharts" and len(names) > 1:
            return self.access(frozenset((Root((*root.prefix, names[1])),)), names[2:], node, quiet=True)
        return NOTHING

    def _of_values(self, root: Root, names: tuple[str, ...], node: Node, quiet: bool) -> Value:
        # The values are a Go type of their own at the top, with methods.
        if names and names[0] == "AsMap":
            names = names[1:]
        elif names == ("YAML",):
            self.whole.add(root.prefix)
            return NOTHING
        path = root.prefix + names
        if names:
            self._read(path, node, quiet)
        return frozenset((path,))

    def parts(self, value: Value) -> tuple[Value, Value]:
        """The possible keys and items of a value in a ``range``."""
        keys: set[Element] = set()
        items: set[Element] = set()
        for element in value:
            if type(element) is tuple:
                self.whole.add(element)
                items.add(Item((*element, ANYTHING)))
            elif isinstance(element, Record):
                items |= element.rest
                for name, entry in element.entries.items():
                    keys.add(name)
                    items |= entry
            elif isinstance(element, Sequence):
                items |= element.any_item
            elif isinstance(element, Item):
                items.add(Item((*element.path, ANYTHING)))
            elif isinstance(element, Made):
                items.add(element)
            elif isinstance(element, Root):
                self.reached.add(element.prefix)
            elif isinstance(element, Mark):
                items.add(element)
        return frozenset(keys), self.bounded(frozenset(items))

    def some_part(self, value: Value) -> Value:
        """The possible values of an unknown key or index."""
        found: set[Element] = set()
        for element in value:
            if type(element) is tuple:
                self.reached.add(element)
                found.add(Item((*element, ANYTHING)))
            elif isinstance(element, Item):
                found.add(Item((*element.path, ANYTHING)))
            elif isinstance(element, Made):
                found.add(element)
            elif isinstance(element, Record):
                found |= element.rest
                for entry in element.entries.values():
                    found |= entry
            elif isinstance(element, Sequence):
                found |= element.any_item
            elif isinstance(element, Root):
                self.reached.add(element.prefix)
            elif isinstance(element, Mark):
                found.add(element)
        return self.bounded(frozenset(found))

    # --- what is noted ---

    def _read(self, path: tuple[str, ...], node: Node, quiet: bool) -> None:
        flags = 2 if self.optional else 0  # OPTIONAL
        if quiet or (self.guards and self._is_guarded(path)):
            flags |= 1  # GUARDED
        key = (node, path)
        known = self.reads.get(key)
        if known is None:
            self.reads[key] = (self.template, flags)
            self.used.add(path)
        elif known[1] & flags != known[1]:
            self.reads[key] = (known[0], known[1] & flags)
        if self.touched is not None:
            self.touched.add(path)
        if self.action is not None:
            self._print(path, node)

    def _print(self, path: tuple[str, ...], node: Node | None) -> None:
        """Records that a value is part of the current action's output; ``node`` is the expression that it is."""
        if self.action is not None:
            known = self.printed.get(self.action)
            if known is None:
                known = self.printed[self.action] = (self.template, {})
            known[1].setdefault(path, node)

    def _is_guarded(self, path: tuple[str, ...]) -> bool:
        guards = self.guards
        part = path
        while part not in guards:
            if not part:
                return False
            part = part[:-1]
        self.guards_used.add(part)
        return True

    def take_whole(self, value: Value, into: set[tuple[str, ...]] | None = None) -> None:
        """Counts everything below a value as read."""
        target = self.whole if into is None else into
        pending = ordered(value)
        for element in pending:  # it grows as it is gone through
            if self.hashed and (element == () or element in ROOT):
                continue  # a checksum of all values doesn't show that any of them has an effect
            if type(element) is tuple:
                target.add(element)
                if into is None and self.action is not None:
                    self._print(element, self.action)
            elif type(element) is str:
                continue
            elif isinstance(element, Item):
                if into is None:
                    self._print(element.path, self.action)
            elif isinstance(element, Made):
                if into is None and self.action is not None:
                    self.printed_defines.setdefault(self.action, (self.template, {}))[1][element.define] = None
            elif isinstance(element, Record):
                pending.extend(ordered(element.rest))
                for entry in element.entries.values():
                    pending.extend(ordered(entry))
            elif isinstance(element, Sequence):
                pending.extend(ordered(element.any_item))
            elif isinstance(element, Root):
                target.add(element.prefix)

    def bounded(self, value: Value) -> Value:
        """The value, if it is small enough to follow; otherwise it counts as read."""
        if not is_too_much(value):
            return value
        self.take_whole(value, self.reached)
        return NOTHING
