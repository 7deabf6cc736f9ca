"""IX. Testing: what helm itself says of the chart, and whether the chart brings tests."""

from __future__ import annotations

from helm_constitution.api import RuleModule

from .branches import branch_never_rendered
from .lint import lint_error, lint_warning
from .rejected_by_cluster import failed_deployment, rejected_by_cluster
from .renderings import render_error, scenario_error
from .shipped_tests import no_ci_values, no_test_hook, no_unit_tests, overlay_untested

MODULE = RuleModule(
    key="testing",
    title="Testing",
    aliases=(r"\btest(?:s|ing|ed)?\b", r"\bvalidation\b", r"\blint\b"),
    rules=(
        lint_error,
        lint_warning,
        render_error,
        scenario_error,
        no_test_hook,
        no_unit_tests,
        no_ci_values,
        overlay_untested,
        branch_never_rendered,
        rejected_by_cluster,
        failed_deployment,
    ),
)
