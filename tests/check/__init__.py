"""The pipeline: options, cache, verdicts."""
