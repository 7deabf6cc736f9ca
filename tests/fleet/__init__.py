"""Several charts in one run."""
