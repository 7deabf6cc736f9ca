"""What a configuration names besides the chart's own files: a report depends on that as well."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.admission import POLICIES
from helm_constitution.check.inputs import CODE
from helm_constitution.core.named_tuples import NamedTuple

if TYPE_CHECKING:
    from helm_constitution.check.options import CheckOptions


class NamedPlaces(NamedTuple):
    """Files that exist, folders with the endings of their files that count, and paths with whether they are there,
    which decides what the configuration means."""

    files: list[Path]
    folders: list[tuple[str, tuple[str, ...]]]
    looked_for: Mapping[str, bool]

    @classmethod
    def of(cls, file: Path | None, chart: Path, options: CheckOptions) -> NamedPlaces:
        """What a configuration names for a chart: constitution, plan, values; rule packs, policies, schemas.

        Raises:
            ConfigurationError: it is not valid; with file and line.
        """
        from helm_constitution.check.configured import configured

        configuration = configured(file, chart, options)
        files = [configuration.constitution, configuration.plan]
        files.extend(file for scenario in configuration.scenarios for file in scenario.values_files)
        folders: list[tuple[str, tuple[str, ...]]] = [(place, CODE) for place in configuration.packs]
        folders.extend((str(place), POLICIES) for place in configuration.policies)
        if configuration.schemas is not None:
            folders.append((str(configuration.schemas), (".json",)))
        existing = [file for file in files if file is not None and file.is_file()]
        return cls(existing, folders, configuration.looked_for)
