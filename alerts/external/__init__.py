"""Alerts of other tools: their commands, their leases and their handling."""
