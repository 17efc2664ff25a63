"""Rows of any JSON or XML system as receipts, warnings or observations, by the mapping of its source. Pure."""
