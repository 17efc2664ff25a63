"""Command-line tools beside the site: discovery and the border relay."""
