"""A real API server: its answers about the objects of a chart."""
