"""How long a check takes beside ``helm lint`` and ``helm template``: ``make bench``."""
