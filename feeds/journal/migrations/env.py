"""Alembic's environment: the caller's connection, in the caller's transaction, and the book that is migrated."""

from __future__ import annotations

from alembic import context

given = context.config.attributes
context.configure(
    connection=given["connection"],
    target_metadata=given["book"].metadata,
    version_table=given["book"].table,
    render_as_batch=True,
)
context.run_migrations()
