"""VIII. Helm Best Practices: the conventions of Helm's own guide, and objects that fit together."""

from __future__ import annotations

from helm_constitution.api import RuleModule

from . import availability
from .annotations import missing_annotation
from .api_validation import api_validation, object_name
from .chart_files import files_missing
from .chart_yaml import (
    chart_api_version,
    chart_app_version_unquoted,
    chart_no_app_version,
    chart_no_description,
    chart_no_home,
    chart_no_icon,
    chart_no_keywords,
    chart_no_maintainers,
    chart_no_sources,
    chart_no_type,
)
from .checksums import no_checksum
from .dependencies import (
    app_version_drift,
    dependency_http,
    dependency_not_optional,
    dependency_unlocked,
    dependency_unpinned,
)
from .dependency_entries import condition_unknown, dependency_mismatched
from .helpers import missing_helper, no_notes
from .hook_objects import hook_needs_object
from .hooks import unknown_hook
from .inputs import no_required
from .labels import missing_label, missing_version_label
from .long_names import long_name
from .pod_references import (
    dangling_config_ref,
    dangling_role_binding,
    dangling_secret_ref,
    dangling_service_account,
    dangling_volume,
    env_value_from,
)
from .references import dangling_hpa, dangling_ingress, dangling_service
from .release_objects import duplicate_object, label_plus, too_large
from .releases import keep_in_list, lookup_unguarded, release_collision
from .selections import dangling_network_policy, dangling_pdb, no_service_name, target_port_unknown

MODULE = RuleModule(
    key="helm",
    title="Helm Best Practices",
    aliases=(r"\bhelm\b.*\b(?:best practices|conventions|standards)\b", r"^chart (?:structure|conventions|metadata)$"),
    rules=(
        missing_label,
        missing_version_label,
        missing_annotation,
        missing_helper,
        no_notes,
        chart_api_version,
        chart_no_type,
        chart_no_description,
        chart_no_app_version,
        chart_app_version_unquoted,
        chart_no_home,
        chart_no_icon,
        chart_no_sources,
        chart_no_keywords,
        chart_no_maintainers,
        app_version_drift,
        dependency_unpinned,
        dependency_unlocked,
        dependency_not_optional,
        dependency_http,
        condition_unknown,
        dependency_mismatched,
        api_validation,
        object_name,
        unknown_hook,
        hook_needs_object,
        no_checksum,
        files_missing,
        duplicate_object,
        label_plus,
        too_large,
        release_collision,
        long_name,
        keep_in_list,
        lookup_unguarded,
        no_required,
        dangling_service,
        dangling_ingress,
        dangling_hpa,
        dangling_pdb,
        dangling_network_policy,
        dangling_config_ref,
        dangling_secret_ref,
        dangling_volume,
        env_value_from,
        dangling_service_account,
        dangling_role_binding,
        target_port_unknown,
        no_service_name,
        *availability.RULES,
    ),
)
