"""Watches that raise alerts of their own: handovers that nobody signs, receivers that take no messages."""
