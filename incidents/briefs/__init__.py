"""Briefs (专报, 值班快报, 日报): blocks generated from the journal and blocks of people, signing, numbers, sending."""
