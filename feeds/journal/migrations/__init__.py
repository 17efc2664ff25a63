"""The journal's schema, version by version (Alembic). Run by `feeds.journal.versions`, never by hand."""
