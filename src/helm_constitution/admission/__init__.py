"""Policies that a cluster's admission applies: ValidatingAdmissionPolicies in CEL, evaluated without a cluster."""

from __future__ import annotations

POLICIES = (".yaml", ".yml", ".json")
"""How the files of policies end that are read of a folder."""
