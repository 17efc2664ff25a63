"""Wires and runs the roles: command line, settings, supervisor, embedded servers."""
