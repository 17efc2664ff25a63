"""Marks (标绘) on the map of an incident: checks of what is drawn, and their domain."""
