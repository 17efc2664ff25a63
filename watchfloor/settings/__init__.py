"""The site's settings: reading, checking, titles, and the last applied copy."""
