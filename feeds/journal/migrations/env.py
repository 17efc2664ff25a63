"""Alembic's environment: the caller's connection, in the caller's transaction, and the book that is migrated."""

from __future__ import annotations

from alembic import context

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    target_metadata=attributes["book"].metadata,
    version_table=attributes["book"].table,
    render_as_batch=True,
)
context.run_migrations()
