"""VIII. Helm Best Practices: what Helm's own guide asks of a chart, and objects that fit together."""

from __future__ import annotations

from helm_constitution.api import RuleModule

from .chart_yaml import (
    chart_api_version,
    chart_app_version_unquoted,
    chart_no_app_version,
    chart_no_description,
    chart_no_home,
    chart_no_keywords,
    chart_no_maintainers,
    chart_no_sources,
    chart_no_type,
)
from .helpers import missing_helper, no_notes
from .labels import missing_label, missing_version_label
from .references import dangling_hpa, dangling_ingress, dangling_service

MODULE = RuleModule(
    key="helm",
    title="Helm Best Practices",
    aliases=(r"\bhelm\b.*\b(?:best practices|conventions|standards)\b", r"^chart (?:structure|conventions|metadata)$"),
    rules=(
        missing_label,
        missing_version_label,
        missing_helper,
        no_notes,
        chart_api_version,
        chart_no_type,
        chart_no_description,
        chart_no_app_version,
        chart_app_version_unquoted,
        chart_no_home,
        chart_no_sources,
        chart_no_keywords,
        chart_no_maintainers,
        dangling_service,
        dangling_ingress,
        dangling_hpa,
    ),
)
