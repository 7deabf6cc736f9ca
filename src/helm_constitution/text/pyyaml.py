"""PyYAML, imported without compiling the expressions of its Python reader: the C parser needs none of them, and they
would be a tenth of the time that a check takes."""

from __future__ import annotations

from helm_constitution.core.lazy import lazily_compiled

with lazily_compiled():
    import yaml as yaml
