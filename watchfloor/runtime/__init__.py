"""Processes of a running site: supervisor, prefork, role hosts, embedded Valkey, status."""
