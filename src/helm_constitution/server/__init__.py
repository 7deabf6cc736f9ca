"""The language server: the findings of a check, while the user types."""
