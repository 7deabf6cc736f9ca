"""What the team demands: constitution, configuration, waivers, debt."""
