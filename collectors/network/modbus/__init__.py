"""Modbus over TCP and TLS: connection and registers."""
