"""Alembic's entry: runs the migrations on the connection, and in the transaction, that `Database.open` hands in."""

from __future__ import annotations

from alembic import context

from sandbox.storage.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, render_as_batch=True)
context.run_migrations()
