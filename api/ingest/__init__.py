"""What other tools send, made into one form (feeds.external): one module a tool, pure functions of bytes and time."""
