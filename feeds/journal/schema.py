"""The journal's tables: one append-only log, and what follows from it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()
Sequence = BigInteger().with_variant(Integer, "sqlite")

entry = Table(
    "entry",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("chain", String(64), nullable=False),
    Column("chain_seq", Integer, nullable=False),
    Column("at", Float, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("name", String(64), nullable=False),
    Column("subject", String(512), nullable=False),
    Column("actor", String(256), nullable=False),
    Column("reason", Text, nullable=False),
    Column("command", String(128), nullable=False),
    Column("body", Text, nullable=False),
    Column("prev", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("chain", "chain_seq"),
    Index("entry_subject", "kind", "subject", "seq"),
    Index("entry_command", "command"),
    sqlite_autoincrement=True,
)

doc = Table(
    "doc",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("id", String(512), primary_key=True),
    Column("open", Boolean, nullable=False),
    Column("seq", Sequence, nullable=False),
    Column("body", Text, nullable=False),
    Index("doc_open", "kind", "open", "seq"),
)

cursor = Table(
    "cursor",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Sequence, primary_key=True, autoincrement=True),
    Column("key", String(256), nullable=False, unique=True),
    Column("receiver", String(128), nullable=False),
    Column("subject", String(512), nullable=False),
    Column("created", Float, nullable=False),
    Column("due", Float, nullable=True),
    Column("sent_at", Float, nullable=True),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index("outbox_due", "due"),
    Index("outbox_subject", "subject"),
    sqlite_autoincrement=True,
)
