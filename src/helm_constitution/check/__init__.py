"""The pipeline: one chart in, one report out."""
