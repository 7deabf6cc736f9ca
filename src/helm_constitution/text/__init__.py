"""YAML, Markdown and versions, read with positions."""
