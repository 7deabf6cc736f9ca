"""Everything that the check of a chart imports: loaded before workers are forked, they share it."""

from __future__ import annotations

import shutil  # noqa: F401
import tempfile  # noqa: F401
from pathlib import Path

import helm_constitution.chart.archive
import helm_constitution.chart.loader
import helm_constitution.check.cache
import helm_constitution.check.report
import helm_constitution.check.report_codec
import helm_constitution.check.settle
import helm_constitution.check.setup
import helm_constitution.helm.documents
import helm_constitution.helm.messages
import helm_constitution.lint.findings
import helm_constitution.lint.placing
import helm_constitution.lint.runner
import helm_constitution.policy.waivers
import helm_constitution.render.required_values
import helm_constitution.text.yaml_composer  # noqa: F401
from helm_constitution.check.options import CheckOptions
from helm_constitution.core.errors import ConstitutionError
from helm_constitution.lint.registry import known_modules
from helm_constitution.policy.constitution import load_constitution
from helm_constitution.policy.find import ASK_FOR_BUILT_IN
from helm_constitution.policy.rule_selection import match


def preload(options: CheckOptions) -> None:
    """Reads what most charts share: the rules, the built-in constitution, and which of its statements they enforce."""
    try:
        modules = known_modules(options.rules, debug=options.debug)
        match(load_constitution(Path(), Path(ASK_FOR_BUILT_IN), modules), modules)
    except ConstitutionError:
        return  # each chart's report says what is wrong
