"""Cases, their facts, visits, events, personal values and sums."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
OPEN = sa.text("state IN ('open', 'applied')")
TEXTS = "system number item kind department region parent channel state result light step flags unit"
WHOLE = "n left overdue day0 applied_day due_day plain_day ended_day used natural statutory reviewed"
TIMES = "limit_at warn_at next_at started_at ended_at received_at changed_at stamp"
MEASURES = (
    "accepted cohort_done done dropped due in_time live_due live_in_time plain_due plain_in_time used_sum used_n"
    " natural_sum natural_n saved_sum saved_n"
)


def upgrade() -> None:
    """From nothing."""
    _records()
    _parts()
    for name, period in (("case_sum_day", "day"), ("case_sum_month", "month")):
        op.create_table(
            name,
            sa.Column(period, sa.Integer, primary_key=True, autoincrement=False),
            *(
                sa.Column(dimension, sa.Text, primary_key=True)
                for dimension in ("department", "region", "item", "kind")
            ),
            *(sa.Column(measure, BIG, nullable=False) for measure in MEASURES.split()),
        )
    op.create_table(
        "case_used_month",
        sa.Column("month", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("department", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("used", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("n", BIG, nullable=False),
    )
    op.create_table(
        "case_mark", sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False)
    )


def _records() -> None:
    op.create_table(
        "case_record",
        sa.Column("id", BIG, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in TEXTS.split()),
        *(sa.Column(name, sa.Integer, nullable=True) for name in WHOLE.split()),
        *(sa.Column(name, sa.Float, nullable=True) for name in TIMES.split()),
        sa.Column("in_time", sa.Boolean, nullable=True),
        sa.Column("seq", BIG, nullable=False),
        sa.UniqueConstraint("system", "number", name="case_record_identity"),
    )
    parts = sa.text("parent <> ''")
    for name, columns, where in (
        ("open", ["department", "light", "due_day"], OPEN),
        ("next", ["next_at"], OPEN),
        ("seq", ["seq"], None),
        ("number", ["number"], None),
        ("parent", ["parent"], parts),
    ):
        op.create_index(f"case_record_{name}", "case_record", columns, sqlite_where=where, postgresql_where=where)


def _parts() -> None:
    op.create_table(
        "case_fact",
        sa.Column("case_id", BIG, primary_key=True, autoincrement=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "case_event",
        sa.Column("seq", BIG, primary_key=True, autoincrement=True),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("seen", sa.Float, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "cause", "body")),
        sqlite_autoincrement=True,
    )
    op.create_index("case_event_case", "case_event", ["case_id", "seq"])
    op.create_table(
        "case_alias",
        sa.Column("value", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("case_id", BIG, primary_key=True, autoincrement=False),
    )
    op.create_table(
        "case_person",
        sa.Column("case_id", BIG, primary_key=True, autoincrement=False),
        sa.Column("slot", sa.Text, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        *(sa.Column(f"{name}_mac", sa.Text, nullable=False) for name in ("name", "id", "phone")),
    )
    for name in ("name", "id", "phone"):
        op.create_index(f"case_person_{name}", "case_person", [f"{name}_mac"])
    op.create_table(
        "case_step",
        sa.Column("case_id", BIG, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("item", "department", "name", "owner")),
        sa.Column("ended_day", sa.Integer, nullable=False),
        sa.Column("minutes", sa.Integer, nullable=True),
        sa.Column("over", sa.Boolean, nullable=False),
    )
    op.create_index("case_step_ended", "case_step", ["ended_day", "item", "name"])
