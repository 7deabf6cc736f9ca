"""Fixes: what is edited, what is kept, what is taken back."""
