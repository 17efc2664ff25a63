"""A canary applicant's name, number and phone are in the sealed table and nowhere else."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from feeds.bus import Bus
from feeds.cases.making import make_fact
from feeds.wire import encode
from tests.approvals.rig import SEALER, CasesRig
from tests.feeds.workdays.books import at

NAME, PHONE, NUMBER = "欧阳金丝雀", "13987654321", "53230119900101123X"
REASON = "欧阳金丝雀提交的材料不齐"
SECRETS = [text.encode() for text in (NAME, PHONE, NUMBER, REASON, "金丝雀")]


def canary(number: str, **changes: Any) -> Any:
    values: dict[str, Any] = {
        "item": "plan",
        "kind": "promise",
        "department": "housing",
        "region": "532301",
        "accepted": at("2026-04-20T09:00"),
        "person.name": NAME,
        "person.phone": PHONE,
        "person.id": NUMBER,
        "reason": REASON,
    }
    return make_fact(SEALER, values | changes, system="hall", number=number, stamp=1.0, source="hall-sql", at=1.0)


async def dump_of(bus: Bus) -> bytes:
    """Everything that Redis has of this site."""
    parts: list[bytes] = []
    async with bus.pipeline() as pipe:
        pipe.keys(f"*{{{bus.site}}}*")
        [keys] = await pipe.execute()
    for key in keys:
        async with bus.pipeline() as pipe:
            pipe.dump(key)
            [raw] = await pipe.execute()
        parts += [key, raw or b""]
    entries = await bus.read({bus.keys.feed("approvals"): "0-0", bus.keys.changes: "0-0"}, block=0.001)
    return b"".join(parts) + b"".join(encode(item) for entry in entries for item in entry.items)


def files_of(url: str) -> bytes:
    """The bytes of the journal, the intake and the store with their logs."""
    folder = Path(str(make_url(url).database)).parent
    for path in folder.glob("*.sqlite3"):
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA wal_checkpoint(FULL)")
        connection.close()
    return b"".join(path.read_bytes() for path in sorted(folder.glob("*.sqlite3*")))


async def test_a_canary_is_in_no_store_stream_or_log_in_clear(
    rig: CasesRig, journal_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    await rig.send(canary("1"))
    await rig.push(canary("2", result="refused", ended=at("2026-05-08T10:00")))
    await rig.hear("2026-05-21T09:00")
    await rig.step()
    await rig.settle("2026-05-21T08:30:01")
    dumped, stored = await dump_of(rig.bus), files_of(journal_url)
    assert b"hall:1" in dumped
    assert b"over_promise/hall:1" in stored
    for secret in SECRETS:
        assert secret not in dumped
        assert secret not in stored
        assert secret.decode() not in caplog.text
    from feeds.cases.reader import CaseReader

    sealed = await CaseReader(rig.store).sealed(1)
    assert [SEALER.open(raw)["name"] for raw in sealed.values()] == [NAME]
    before = len(await rig.journal.entries(kind="case", limit=100))
    assert await rig.store.erase(1) == 1
    assert await CaseReader(rig.store).sealed(1) == {}
    assert len(await rig.journal.entries(kind="case", limit=100)) == before
    assert await rig.journal.verify() == []
