"""Backup and restore of journal, history and intake."""
