"""Public warnings: registry, lifecycle, areas, and their engine."""
