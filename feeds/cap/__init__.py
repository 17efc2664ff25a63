"""CAP 1.2 (OASIS): bytes to a checked message. Pure."""
