"""The alert engine's loop, its position in the streams, and what it writes to the journal."""
