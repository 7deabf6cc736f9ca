"""Policies that a cluster's admission applies: ValidatingAdmissionPolicies in CEL, evaluated without a cluster."""
