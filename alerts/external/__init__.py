"""Alerts sent in by other tools: their commands, their leases, and what they change."""
