"""Regions of templates, and which of them any scenario entered."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.templates import TemplateFile
from helm_constitution.templates.nodes import Define, Node


class Region(NamedTuple):
    """A stretch of a template that is entered or not: a branch, or a named template as a whole.

    ``node`` is the branch's head, or the named template; ``start`` the offset at which its body begins; ``parent`` the
    region around it, None at the top of a file. ``block`` numbers the controls of a file, ``arm`` the branches of one.
    ``stops``: it contains a ``fail``, so a rendering that enters it fails. ``needs_cluster``: its condition depends on
    ``lookup``. ``asked`` are the conditions that lead to it, by their offsets.
    """

    template: TemplateFile
    """The file that it is in."""
    node: Node
    start: int
    parent: int | None
    block: int = 0
    arm: int = 0
    stops: bool = False
    needs_cluster: bool = False
    asked: tuple[tuple[int, int], ...] = ()

    @property
    def is_branch(self) -> bool:
        """Whether it is a branch of an if, with or range."""
        return not isinstance(self.node, Define)


class Coverage(NamedTuple):
    """The regions of a chart's own templates, and the numbers of those that some scenario entered."""

    templates: tuple[TemplateFile, ...]
    """The chart's own templates."""
    regions: tuple[Region, ...]
    """Their regions; a region's number is its index here."""
    entered: frozenset[int]
    """The numbers of the regions that some scenario entered."""
    scenarios: Mapping[int, tuple[str, ...]] = MappingProxyType({})
    """The names of the scenarios that are known to have entered a region; another may have done so as well."""

    @property
    def branches(self) -> list[int]:
        """The branches that count: without those that only stop the chart, and those that need a cluster."""
        return [
            number
            for number, region in enumerate(self.regions)
            if region.is_branch and (number in self.entered or not (region.stops or self.is_out_of_reach(number)))
        ]

    @property
    def out_of_reach(self) -> list[int]:
        """The branches that are entered only with a cluster, because they depend on ``lookup``."""
        return [
            number
            for number, region in enumerate(self.regions)
            if region.is_branch and number not in self.entered and region.needs_cluster
        ]

    def is_out_of_reach(self, number: int) -> bool:
        """Whether a region, or one around it, is entered only with a cluster."""
        at: int | None = number
        while at is not None:
            region = self.regions[at]
            if region.needs_cluster and at not in self.entered:
                return True
            at = region.parent
        return False

    def is_outermost(self, number: int) -> bool:
        """Whether the region around a region was entered."""
        parent = self.regions[number].parent
        return parent is None or parent in self.entered
