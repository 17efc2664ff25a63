"""Probes of the inventory: scheduling, lanes, retries, isolation and verdicts."""
