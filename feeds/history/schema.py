"""The history's tables. A row's key combines its time and its series, so that rows are ordered by time.

`key = start << 24 | series`, with `start` counted in hours (points, fresh rollups), days (5 min) or blocks of thirty
days (1 h). The B-tree is written at its end, deleted at its beginning, and read by exact keys.

A change here requires a migration in `migrations` and its number in `BOOK`; a test compares the two.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import BigInteger, Column, Float, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint

from feeds.journal.versions import Book

SERIES_BITS = 24
SERIES_MASK = (1 << SERIES_BITS) - 1

metadata = MetaData()
_Key = BigInteger().with_variant(Integer, "sqlite")

series = Table(
    "history_series",
    metadata,
    Column("id", _Key, primary_key=True, autoincrement=False),
    Column("asset", Text, nullable=False),
    Column("metric", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("fresh_for", Float, nullable=False),
    UniqueConstraint("asset", "metric", name="history_series_name"),
)


def _chunks(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("key", _Key, primary_key=True, autoincrement=False),
        Column("body", LargeBinary, nullable=False),
    )


raw = _chunks("history_raw")
fresh = _chunks("history_fresh")
five = _chunks("history_5m")
hour = _chunks("history_1h")

watched = Table(
    "history_watched",
    metadata,
    Column("start", Float, primary_key=True, autoincrement=False),
    Column("end", Float, nullable=False),
)

mark = Table("history_mark", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))
"""The generation of the role `project` that may write (feeds.journal.fences)."""

BOOK = Book(
    name="history",
    texts=("历史数据", "The metric history"),
    metadata=metadata,
    head="0003",
    table="history_version",
    locations=[Path(__file__).parent / "migrations"],
    copied=False,
    passing=frozenset({"history_mark"}),
)
"""Telemetry of many gigabytes is not copied before each migration, because it is not a record."""


def key_of(start: int, series_id: int) -> int:
    """The key of a row; `start` counts hours, days or blocks since the epoch."""
    return start << SERIES_BITS | series_id
