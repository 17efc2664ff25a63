"""The duty roster and the people directory as versioned documents."""
