"""The report formats: one file each, pure functions from chart reports to text."""
