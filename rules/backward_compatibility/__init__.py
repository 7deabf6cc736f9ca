"""III. Backward Compatibility: versions that announce breaking changes, and objects that can be upgraded."""

from __future__ import annotations

from helm_constitution.api import RuleModule

from .announcements import changelog_silent
from .broken_objects import (
    application_major,
    definition_changed,
    dependency_changed,
    immutable_changed,
    kube_floor_raised,
    metrics_dropped,
    object_removed,
    object_renamed,
    traffic_refused,
)
from .broken_values import (
    connection_refused,
    default_changed,
    feature_off,
    image_replaced,
    old_value_lost,
    password_changed,
    removed_without_notice,
    schema_tightened,
    value_newly_required,
    value_removed,
    value_renamed,
    value_retyped,
)
from .deprecated_fields import deprecated_field
from .deprecations import silent_deprecation, unmarked_deprecation
from .jobs import job_pod_template
from .random_values import random_value
from .releases import version_backwards, version_too_small, version_unchanged
from .selector_reach import selector_overlap, selector_too_wide, selector_without_release
from .selectors import selector_mismatch, unstable_selector, update_strategy
from .versions import bad_version, removed_api

MODULE = RuleModule(
    key="compat",
    title="Backward Compatibility",
    aliases=(
        r"\b(?:backwards?|upgrade)[- ]compatib",
        r"\bversion(?:ing|s)\b",
        r"\bcompatibility\b",
        r"\bupgrad(?:es?|ability)\b",
    ),
    rules=(
        bad_version,
        version_unchanged,
        version_too_small,
        version_backwards,
        value_removed,
        value_renamed,
        value_retyped,
        value_newly_required,
        schema_tightened,
        image_replaced,
        feature_off,
        password_changed,
        connection_refused,
        immutable_changed,
        object_renamed,
        object_removed,
        traffic_refused,
        metrics_dropped,
        definition_changed,
        kube_floor_raised,
        dependency_changed,
        application_major,
        default_changed,
        changelog_silent,
        removed_without_notice,
        old_value_lost,
        removed_api,
        deprecated_field,
        unstable_selector,
        selector_mismatch,
        selector_without_release,
        selector_overlap,
        selector_too_wide,
        job_pod_template,
        update_strategy,
        random_value,
        unmarked_deprecation,
        silent_deprecation,
    ),
)
