"""Scenarios, and the results of rendering them."""
