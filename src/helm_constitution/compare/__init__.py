"""What changed between two releases of a chart, and which version that requires.

Each module compares one part of the interface: values, schema, Chart.yaml and files, rendered objects. Everything here
is a pure function of the two charts as loaded and rendered.
"""
