"""Benchmarks: the cost of Watchfloor, measured beside the raw limit of the same machine in the same run."""
