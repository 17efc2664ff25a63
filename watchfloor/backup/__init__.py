"""Backup and restore of journal, history, intake and cases."""
