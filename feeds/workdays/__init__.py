"""Working days: published calendars with regional overlays, and the clock that counts on them. Pure."""
