"""The names of a site's roles: what runs as a process of its own (watchfloor.runtime.role_specs says how)."""

from __future__ import annotations

PROJECT, ALERT, COMMAND, APPROVALS, COLLECT, WEB = "project", "alert", "command", "approvals", "collect", "web"
NAMES = (PROJECT, ALERT, COMMAND, APPROVALS, COLLECT, WEB)
"""All roles, in the order in which a site starts them."""
WATCHED = (COLLECT, PROJECT, ALERT, COMMAND, APPROVALS)
"""Roles whose silence makes the live picture old."""
