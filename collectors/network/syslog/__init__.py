"""Syslog over UDP, TCP and TLS: transport, parser, listener."""
