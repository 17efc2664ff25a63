"""What other tools send, made into one form (feeds.reports): one module a tool, pure functions of bytes and time."""
