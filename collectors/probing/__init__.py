"""Probes of the inventory: scheduling, worker pools, retries, isolation and verdicts."""
