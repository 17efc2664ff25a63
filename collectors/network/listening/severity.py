"""Severities of syslog messages (RFC 5424, table 2), worst first: the index is the number in the message."""

SEVERITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
