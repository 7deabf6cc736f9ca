"""VI. Observability: whether failures are visible, reported and survived."""

from __future__ import annotations

from helm_constitution.api import RuleModule

from .amounts import oversized_resources
from .logging import fixed_logging
from .monitoring import dangling_monitor, no_metrics, no_owner_label, silent_failure
from .probe_settings import probe_fixed, probe_undocumented
from .probes import identical_probes, no_liveness_probe, no_readiness_probe, no_startup_probe, probe_port_unknown
from .resources import (
    no_cpu_limit,
    no_cpu_request,
    no_ephemeral_storage,
    no_memory_limit,
    no_memory_request,
    request_above_limit,
    requests_differ,
)

MODULE = RuleModule(
    key="observability",
    title="Observability",
    aliases=(r"\bobservab", r"\bdebuggab", r"\bmonitoring\b", r"\boperab", r"\breliab"),
    rules=(
        no_liveness_probe,
        no_readiness_probe,
        no_startup_probe,
        identical_probes,
        probe_port_unknown,
        probe_fixed,
        probe_undocumented,
        no_cpu_request,
        no_memory_request,
        no_cpu_limit,
        no_memory_limit,
        request_above_limit,
        no_ephemeral_storage,
        requests_differ,
        oversized_resources,
        fixed_logging,
        no_metrics,
        dangling_monitor,
        silent_failure,
        no_owner_label,
    ),
)
