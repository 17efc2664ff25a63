"""The duty roster and shift handover, as pure functions."""
