"""Applies the fixes of findings to a chart's files, and takes back what rendering shows to be wrong."""
