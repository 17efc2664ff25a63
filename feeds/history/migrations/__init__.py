"""The history's migrations."""
