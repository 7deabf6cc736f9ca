"""A real API server: what it says of the objects of a chart."""
