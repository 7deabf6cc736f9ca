"""Many charts at once: checked in parallel processes, reported in the order in which they were named."""
