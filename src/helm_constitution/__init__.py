"""helm-constitution: checks Helm charts against the principles that their team wrote down."""

__version__ = "0.1.0"
