"""Decides what deserves attention, keeps an alert's life, and tells people."""
