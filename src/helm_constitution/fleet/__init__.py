"""Many charts at once: checked in processes side by side, reported in the order in which they were named."""
