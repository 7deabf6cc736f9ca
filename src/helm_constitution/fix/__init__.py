"""Applies the fixes of findings to a chart's files, and reverts those that rendering shows to be wrong."""
