"""Alembic's environment: the caller's connection, in the caller's transaction."""

from __future__ import annotations

from alembic import context

from feeds.journal import schema

context.configure(
    connection=context.config.attributes["connection"], target_metadata=schema.metadata, render_as_batch=True
)
context.run_migrations()
