"""The migration that takes the names of applicants out of the log."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from feeds.journal import Journal

CASE = {"case": {"number": "1", "applicant": "王金丝雀", "item": "plan"}, "digest": "d"}


@pytest.mark.parametrize("named", [True, False])
async def test_names_leave_the_log_and_the_chains_verify(journal_url: str, named: bool) -> None:
    journal = Journal(journal_url, "web")
    await journal.open()
    async with journal.begin() as tx:
        await tx.append(kind="audit", name="sign-in", subject="", at=1.0, actor="li")
        if named:
            await tx.append(kind="ingest", name="case", subject="1", at=2.0, actor="hall", body=CASE)
        await tx.append(kind="ingest", name="heartbeat", subject="x", at=3.0, actor="hall", body={"every": 5})
    before = await hashes(journal)
    async with journal.store.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0004'"))
    await journal.close()
    journal = Journal(journal_url, "web")
    await journal.open()
    try:
        assert await journal.verify() == []
        entries = await journal.entries(limit=10)
        assert "金丝雀" not in repr(entries)
        names = ["sign-in", *(["case"] if named else []), "heartbeat"]
        assert sorted(entry.name for entry in entries) == sorted(names)
        after = await hashes(journal)
        assert after[0] == before[0]
        assert (after == before) is not named
    finally:
        await journal.close()


async def hashes(journal: Journal) -> list[str]:
    async with journal.store.reading() as connection:
        rows = await connection.execute(text("SELECT hash FROM entry ORDER BY seq"))
        return [str(row[0]) for row in rows]
