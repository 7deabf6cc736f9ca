"""Scenarios, and what became of rendering them."""
