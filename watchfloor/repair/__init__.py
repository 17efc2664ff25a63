"""Repair of documents of the journal that cannot be read."""
