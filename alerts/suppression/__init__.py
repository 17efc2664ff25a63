"""Suppression: root cause, silences, maintenance windows, shelving and flapping. Pure."""
