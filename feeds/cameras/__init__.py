"""Cameras: the ladder of levels from path to recording, and the readings that it gives. Pure."""
