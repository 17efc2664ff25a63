"""The projection of observations and heartbeats to live state."""
