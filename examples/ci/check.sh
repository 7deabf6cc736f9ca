#!/bin/sh
# Checks charts anywhere with Python 3.11 or newer: check.sh [CHART…]. Ends with the gate's exit status: 0 it passes,
# 1 it fails, 2 something could not be checked.
set -eu

environment=${HELM_CONSTITUTION_VENV:-.venv-helm-constitution}
reports=${REPORTS:-reports}

if [ ! -x "$environment/bin/helm-constitution" ]; then
    python3 -m venv "$environment"
    "$environment/bin/python" -m pip install --quiet "helm-constitution[embedded]"
fi
mkdir -p "$reports"
exec "$environment/bin/helm-constitution" check \
    --output "junit=$reports/constitution.xml" \
    --output "markdown=$reports/constitution.md" \
    -- "${@:-.}"
