"""Where a chart of a fleet is, in a form that another process or machine understands."""

from __future__ import annotations

import enum
from pathlib import Path

from helm_constitution.core.named_tuples import NamedTuple


class Kind(enum.StrEnum):
    """The kind of source of a chart."""

    LOCAL = "local"
    GIT = "git"
    REPOSITORY = "repository"
    REGISTRY = "registry"


class Place(NamedTuple):
    """A chart of a fleet.

    ``shown`` is its name in reports, and no two charts of a fleet share it. ``where`` is the chart's path, the git
    repository's path, the Helm repository's address, or the ``oci://`` reference without a tag. ``chart`` is the
    chart's path in git (with a slash at its end), or its name in a repository; ``version`` the commit, or the chart's
    version.
    """

    kind: Kind
    shown: str
    where: str
    chart: str = ""
    version: str = ""

    @classmethod
    def local(cls, chart: Path) -> Place:
        """A chart on this machine."""
        return cls(Kind.LOCAL, str(chart), str(chart))
