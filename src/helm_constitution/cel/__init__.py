"""Expressions in CEL as Kubernetes reads them: compiling, evaluating, the functions of its libraries."""
