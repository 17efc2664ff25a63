"""The duty roster and shift handover. Pure."""
