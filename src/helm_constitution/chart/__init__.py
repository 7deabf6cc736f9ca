"""A chart as files: loading, values and their comments, archives, discovery."""
