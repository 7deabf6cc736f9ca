"""Where this project is published: the one place that says so. A test compares all examples with it."""

from __future__ import annotations

import os

REPOSITORY = "https://github.com/your-organisation/helm-constitution"
"""The repository's address."""


def documentation() -> str:
    """The address below which the documentation stands: ``$HELM_CONSTITUTION_DOCS``, else the repository's ``docs``."""
    return os.environ.get("HELM_CONSTITUTION_DOCS", "").rstrip("/") or f"{REPOSITORY}/blob/main/docs"
