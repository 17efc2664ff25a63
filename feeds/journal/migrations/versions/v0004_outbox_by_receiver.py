"""Each receiver has a queue of its own: urgent messages first, and persons behind it told apart."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
PAGE = 500


def upgrade() -> None:
    """Two columns, filled in for what waits; an index over what waits. A store without versions may have them."""
    present = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("outbox")}
    if "rank" not in present:
        op.add_column("outbox", sa.Column("rank", sa.Integer, nullable=False, server_default="1"))
        op.add_column("outbox", sa.Column("person", sa.Text, nullable=False, server_default=""))
        _fill_in()
    waiting = sa.text("due IS NOT NULL")
    columns = ["receiver", "rank", "id", "due", "person"]
    op.create_index(
        "outbox_ready", "outbox", columns, sqlite_where=waiting, postgresql_where=waiting, if_not_exists=True
    )


def _fill_in() -> None:
    connection = op.get_bind()
    page = sa.text("SELECT id, body FROM outbox WHERE due IS NOT NULL AND id > :id ORDER BY id LIMIT :many")
    change = sa.text("UPDATE outbox SET rank = :rank, person = :person WHERE id = :id")
    last = 0
    while rows := connection.execute(page, {"id": last, "many": PAGE}).all():
        last = rows[-1].id
        connection.execute(change, [{"id": row.id} | _columns(json.loads(row.body)) for row in rows])


def _columns(body: dict[str, Any]) -> dict[str, Any]:
    """As alerts.notify.priority decided when this version was made."""
    alert, reason = body.get("alert") or {}, body.get("reason")
    fires = reason not in ("cleared", "digest") and alert.get("severity") == "critical"
    return {"rank": 0 if fires or reason == "test" else 1, "person": (body.get("to") or {}).get("person") or ""}
