"""The rules of the ten principles, one module each."""

from __future__ import annotations

from helm_constitution.api import RuleModule

from . import (
    backward_compatibility,
    documentation,
    helm_best_practices,
    observability,
    platform_portability,
    progressive_disclosure,
    security,
    template_simplicity,
    testing,
    values_first,
)

PRINCIPLES: tuple[RuleModule, ...] = (
    values_first.MODULE,
    template_simplicity.MODULE,
    backward_compatibility.MODULE,
    platform_portability.MODULE,
    progressive_disclosure.MODULE,
    observability.MODULE,
    security.MODULE,
    helm_best_practices.MODULE,
    testing.MODULE,
    documentation.MODULE,
)
"""The modules, in the order of the principles."""
