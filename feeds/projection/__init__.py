"""From observations and heartbeats to live state."""
