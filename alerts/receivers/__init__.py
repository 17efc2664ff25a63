"""Receivers: one module per way to hand over a message, with its checks and templates."""
