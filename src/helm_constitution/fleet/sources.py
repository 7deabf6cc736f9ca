"""The parts of a fleet: the sources that the command line names, and their charts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from helm_constitution.chart.discovery import find_charts
from helm_constitution.core.errors import ConfigurationError, ConstitutionError
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.fleet.git_charts import PREFIX, git_places
from helm_constitution.fleet.helm_charts import OCI, registry_places, repository_places
from helm_constitution.fleet.place import Place

LIST = "@"
_ADDRESSES = ("http://", "https://")


class Named(NamedTuple):
    """A source as it was named, and in which list's file and line."""

    source: str
    file: str | None = None
    line: int | None = None


def places(sources: Iterable[str], newest: int, clones: Path | None) -> list[Place]:
    """The charts of all sources, each once, in the order of the sources.

    Args:
        sources: folders and packages, ``git+REPOSITORY[@REVISION]``, addresses of Helm repositories, ``oci://``
            references, ``@FILE`` for a list of sources.
        newest: how many versions of each chart of a Helm repository, a registry or tags.
        clones: where git repositories that are elsewhere are cloned into; None to clone nothing.

    Raises:
        ConstitutionError: a source can't be read or holds no chart; with file and line if a list names it.
    """
    found: dict[str, Place] = {}
    for named in _named(sources):
        try:
            for place in _places(named.source, newest, clones):
                found.setdefault(place.shown, place)
        except ConstitutionError as error:
            if named.file is None:
                raise
            raise ConfigurationError(str(error), file=named.file, line=named.line) from None
    return list(found.values())


def _named(sources: Iterable[str]) -> Iterator[Named]:
    for source in sources:
        if source.startswith(LIST):
            yield from _listed(source.removeprefix(LIST))
        else:
            yield Named(source)


def _listed(name: str) -> Iterator[Named]:
    """The sources of a list: one a line, ``#`` begins a comment; paths count from the list's folder."""
    try:
        text = Path(name).read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigurationError(f"the list of sources can't be read: {reason}", file=name) from None
    for number, line in enumerate(text.splitlines(), 1):
        source = line.strip()
        if not source or source.startswith("#"):
            continue
        if source.startswith(LIST):
            raise ConfigurationError("a list can't name another list", file=name, line=number)
        yield Named(_from_folder(source, os.path.dirname(name)), name, number)


def _from_folder(source: str, folder: str) -> str:
    if "://" in source:
        return source
    prefix = PREFIX if source.startswith(PREFIX) else ""
    return prefix + os.path.join(folder, source.removeprefix(prefix))


def _places(source: str, newest: int, clones: Path | None) -> list[Place]:
    if source.startswith(PREFIX):
        return git_places(source, newest, clones)
    if source.startswith(OCI):
        return registry_places(source, newest)
    if source.startswith(_ADDRESSES):
        return repository_places(source, newest)
    if "://" in source:
        known = "http://, https://, oci:// and git+… are supported; name folders and packages by their paths"
        raise ConfigurationError(f"unknown kind of source; {known}", file=source)
    return [Place.local(chart) for chart in find_charts(Path(source))]
