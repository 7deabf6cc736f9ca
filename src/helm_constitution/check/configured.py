"""The configuration of a chart under the options of a check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from helm_constitution.core.unsaved import NO_TEXTS, Unsaved
from helm_constitution.lint.registry import known_modules
from helm_constitution.policy.configuration import Configuration, load_configuration

if TYPE_CHECKING:
    from helm_constitution.check.options import CheckOptions


def configured(file: Path | None, chart: Path, options: CheckOptions, unsaved: Unsaved = NO_TEXTS) -> Configuration:
    """The configuration in a file, or that of a chart without one, with the packs and policies of the options.

    Raises:
        ConfigurationError: it is not valid; with file and line.
    """
    return load_configuration(
        file,
        chart,
        known_modules(options.rules, debug=options.debug),
        debug=options.debug,
        is_named=options.configuration is not None,
        policies=options.policies,
        unsaved=unsaved,
    )
