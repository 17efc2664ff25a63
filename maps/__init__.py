"""Regions, layers, nearest and impact: geometry without I/O to the outside."""
