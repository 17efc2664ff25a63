"""Snapshots of cameras: the newest picture of each on disk within bounds, and evidence of faults."""
