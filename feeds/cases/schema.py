"""The tables of cases. A case is one row of columns; its facts are one row of bytes, because they are read together.

A change here requires a migration in `migrations` and its number in `BOOK`; a test compares the two.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from feeds.cases.contributions import MEASURES
from feeds.journal.sqlalchemy_core import partial_index
from feeds.journal.versions import Book

metadata = MetaData()
Number = BigInteger().with_variant(Integer, "sqlite")
OPEN_CASES = "state IN ('open', 'applied')"
"""The condition of the partial indexes. A query uses them when it has the same words, not parameters."""

_TEXTS = (
    "system",
    "number",
    "item",
    "kind",
    "department",
    "region",
    "parent",
    "channel",
    "state",
    "result",
    "light",
    "step",
    "flags",
    "unit",
)
_WHOLE = (
    "n",
    "left",
    "overdue",
    "day0",
    "applied_day",
    "due_day",
    "plain_day",
    "ended_day",
    "used",
    "natural",
    "statutory",
    "reviewed",
)
_TIMES = ("limit_at", "warn_at", "next_at", "started_at", "ended_at", "received_at", "changed_at", "stamp")

record = Table(
    "case_record",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=False),
    *(Column(name, Text, nullable=False) for name in _TEXTS),
    *(Column(name, Integer, nullable=True) for name in _WHOLE),
    *(Column(name, Float, nullable=True) for name in _TIMES),
    Column("in_time", Boolean, nullable=True),
    Column("seq", Number, nullable=False),
    UniqueConstraint("system", "number", name="case_record_identity"),
    partial_index("case_record_open", "department", "light", "due_day", where=OPEN_CASES),
    partial_index("case_record_next", "next_at", where=OPEN_CASES),
    partial_index("case_record_due", "due_day", "id", where=OPEN_CASES),
    Index("case_record_seq", "seq"),
    Index("case_record_number", "number"),
    Index("case_record_ended", "ended_day"),
    partial_index("case_record_parent", "parent", where="parent <> ''"),
)
fact = Table(
    "case_fact",
    metadata,
    Column("case_id", Number, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)
event = Table(
    "case_event",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=True),
    Column("case_id", Number, nullable=False),
    Column("at", Float, nullable=False),
    Column("seen", Float, nullable=False),
    Column("name", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index("case_event_case", "case_id", "seq"),
    sqlite_autoincrement=True,
)
alias = Table(
    "case_alias",
    metadata,
    Column("value", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("case_id", Number, primary_key=True, autoincrement=False),
)
person = Table(
    "case_person",
    metadata,
    Column("case_id", Number, primary_key=True, autoincrement=False),
    Column("slot", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("name_mac", Text, nullable=False),
    Column("id_mac", Text, nullable=False),
    Column("phone_mac", Text, nullable=False),
    Index("case_person_name", "name_mac"),
    Index("case_person_id", "id_mac"),
    Index("case_person_phone", "phone_mac"),
)
"""Personal values, sealed. Deleting a row is their erasure: nothing else holds them."""
step = Table(
    "case_step",
    metadata,
    Column("case_id", Number, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("item", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("ended_day", Integer, nullable=False),
    Column("minutes", Integer, nullable=True),
    Column("over", Boolean, nullable=False),
    Index("case_step_ended", "ended_day", "item", "name"),
)
"""Visits of steps that have ended; `minutes` of office time, NULL where the end is unknown."""


def _sums(name: str, *period: Column[Any]) -> Table:
    return Table(
        name,
        metadata,
        *period,
        *(Column(dimension, Text, primary_key=True) for dimension in ("department", "region", "item", "kind")),
        *(Column(measure, Number, nullable=False) for measure in MEASURES),
    )


sum_day = _sums("case_sum_day", Column("day", Integer, primary_key=True, autoincrement=False))
sum_month = _sums("case_sum_month", Column("month", Integer, primary_key=True, autoincrement=False))
used = Table(
    "case_used_month",
    metadata,
    Column("month", Integer, primary_key=True, autoincrement=False),
    Column("department", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("used", Integer, primary_key=True, autoincrement=False),
    Column("n", Number, nullable=False),
)
mark = Table("case_mark", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))
"""The generation of the role that may write (feeds.journal.fences), and positions of sources."""

BOOK = Book(
    name="cases",
    texts=("办件库", "The store of cases"),
    metadata=metadata,
    head="0003",
    table="case_version",
    locations=[Path(__file__).parent / "migrations"],
    copied=False,
    passing=frozenset({"case_mark"}),
)
"""Cases can be loaded again from their sources, so the store is not copied before each migration."""
