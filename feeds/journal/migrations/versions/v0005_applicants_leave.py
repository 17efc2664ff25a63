"""Names of applicants leave the log: cases that were sent in stood there whole, where nothing can be erased.

The chains of these entries are hashed anew from the first changed one on, so that they verify. The recorded heads of a
chain that was changed do not match any more: a person accepts that once (`watchfloor journal accept`). A journal into
which no case was sent is left as it is. Documents of kind `case` stay for the approvals role, which moves them.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
PAGE = 500
HASHED = ("chain", "chain_seq", "at", "kind", "name", "subject", "actor", "reason", "command", "body", "prev")
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def upgrade() -> None:
    """Blank the names, and hash the rest of their chains anew."""
    connection = op.get_bind()
    named = sa.text(
        "SELECT chain, min(chain_seq) FROM entry WHERE kind = 'ingest' AND name = 'case' GROUP BY chain ORDER BY chain"
    )
    for chain, first in connection.execute(named).all():
        _rehash(connection, str(chain), int(first))


def _rehash(connection: sa.Connection, chain: str, first: int) -> None:
    before = sa.text("SELECT hash FROM entry WHERE chain = :chain AND chain_seq = :number")
    prev = connection.execute(before, {"chain": chain, "number": first - 1}).scalar() or "0" * 64
    page = sa.text("SELECT * FROM entry WHERE chain = :chain AND chain_seq >= :first ORDER BY chain_seq LIMIT :page")
    change = sa.text("UPDATE entry SET body = :body, prev = :prev, hash = :hash WHERE seq = :seq")
    while rows := connection.execute(page, {"chain": chain, "first": first, "page": PAGE}).all():
        changes = []
        for row in rows:
            fields = dict(row._mapping)
            fields |= {"body": _nameless(fields), "prev": prev}
            prev = hashlib.sha256(_CANONICAL.encode([fields[name] for name in HASHED]).encode()).hexdigest()
            changes.append({"body": fields["body"], "prev": fields["prev"], "hash": prev, "seq": fields["seq"]})
        connection.execute(change, changes)
        first = int(rows[-1].chain_seq) + 1


def _nameless(fields: dict[str, Any]) -> str:
    """The body without the applicant."""
    if fields["kind"] != "ingest" or fields["name"] != "case":
        return str(fields["body"])
    body = json.loads(fields["body"])
    if isinstance(body.get("case"), dict):
        body["case"].pop("applicant", None)
    return _CANONICAL.encode(body)
