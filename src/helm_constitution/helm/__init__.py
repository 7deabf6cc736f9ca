"""The two ways to run helm, behind one protocol."""
