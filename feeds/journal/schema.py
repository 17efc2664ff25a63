"""The journal's tables: one append-only log, and the documents derived from it.

A change here requires a migration in `migrations/versions` and its number in `versions.JOURNAL`; a test compares the
two. Text columns have no length: SQLite would not enforce it, and both stores must accept the same rows.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, Table, Text, UniqueConstraint

from feeds.journal.sqlalchemy_core import partial_index

metadata = MetaData()
Sequence = BigInteger().with_variant(Integer, "sqlite")

entry = Table(
    "entry",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("chain", Text, nullable=False),
    Column("chain_seq", Integer, nullable=False),
    Column("at", Float, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("command", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("prev", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("mac", Text, nullable=False, server_default=""),
    UniqueConstraint("chain", "chain_seq", name="entry_chain"),
    Index("entry_subject", "kind", "subject", "seq"),
    Index("entry_command", "command"),
    Index("entry_kind", "kind", "seq"),
    Index("entry_kind_at", "kind", "at", "seq"),
    sqlite_autoincrement=True,
)

doc = Table(
    "doc",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("open", Boolean, nullable=False),
    Column("seq", Sequence, nullable=False),
    Column("body", Text, nullable=False),
    Column("mac", Text, nullable=False, server_default=""),
    Index("doc_open", "kind", "open", "seq"),
)

cursor = Table("cursor", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))

outbox = Table(
    "outbox",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False),
    Column("receiver", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("created", Float, nullable=False),
    Column("due", Float, nullable=True),
    Column("sent_at", Float, nullable=True),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("rank", Integer, nullable=False, server_default="1"),
    Column("person", Text, nullable=False, server_default=""),
    UniqueConstraint("key", name="outbox_key"),
    Index("outbox_due", "due"),
    Index("outbox_subject", "subject"),
    Index("outbox_receiver", "receiver", "id"),
    Index("outbox_receiver_sent", "receiver", "sent_at"),
    Index("outbox_created", "created"),
    partial_index("outbox_ready", "receiver", "rank", "id", "due", "person", where="due IS NOT NULL"),
    sqlite_autoincrement=True,
)
