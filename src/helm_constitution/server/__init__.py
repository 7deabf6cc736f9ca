"""The language server: what a check finds, while one writes."""
