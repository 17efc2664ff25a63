"""Collectors against peers that other people wrote, from Debian and PyPI; one that is not installed is skipped."""
