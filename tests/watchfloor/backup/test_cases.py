"""Cases in backups: rows, facts, sealed persons and sums come back, from either store into either."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from feeds.cases import schema
from feeds.cases.ledger import CaseLedger
from feeds.cases.sealing import Sealer
from tests.feeds.cases.rig import ASSESSOR, NOW, case_fact
from tests.watchfloor.backup.test_backup import NewSite, new_site, quiet
from watchfloor.backup.backup import backup, restore
from watchfloor.backup.files import BackupError
from watchfloor.backup.side_store import CASE_STORE, opened_cases
from watchfloor.settings.site_settings import Settings

__all__ = ["new_site"]
SEALER = Sealer(bytes(32))
PERSON = {"name": "王金丝雀", "phone": "13987654321"}


async def applied(settings: Settings, *numbers: str) -> None:
    """Apply a fact for each number, with a sealed applicant."""
    macs = {name: SEALER.mac(value) for name, value in PERSON.items()}
    async with opened_cases(settings) as store:
        ledger = CaseLedger(store, ASSESSOR)
        await ledger.open()
        await ledger.apply([case_fact(number, sealed=SEALER.seal(PERSON), macs=macs) for number in numbers], NOW)


async def tables(settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but the marks, which are each file's own."""
    async with opened_cases(settings) as store, store.store.reading() as connection:
        return {
            name: sorted((tuple(row) for row in await connection.execute(select(table))), key=repr)
            for name, table in schema.metadata.tables.items()
            if table is not schema.mark
        }


@pytest.mark.parametrize("target", ["sqlite", "postgres"])
async def test_cases_their_sums_and_sealed_persons_come_back(new_site: NewSite, tmp_path: Path, target: str) -> None:
    source, empty = new_site(), new_site(target)
    await applied(source, "1", "2")
    await backup(source, tmp_path / "b", quiet)
    await restore(empty, tmp_path / "b", quiet)
    restored = await tables(empty)
    assert restored == await tables(source)
    assert len(restored["case_record"]) == 2
    assert not [file for file in (tmp_path / "b").iterdir() if PERSON["name"].encode() in file.read_bytes()]
    # The restored store goes on: a fact that came again changes nothing, a new one is a new case.
    await applied(empty, "2", "3")
    assert [row[0] for row in (await tables(empty))["case_record"]] == [1, 2, 3]


async def test_cases_that_are_there_are_replaced_only_when_told_so_after_a_backup_of_them(
    new_site: NewSite, tmp_path: Path
) -> None:
    source, other = new_site(), new_site()
    await applied(source, "1")
    await applied(other, "8", "9")
    before = await tables(other)
    await backup(source, tmp_path / "b", quiet)
    with pytest.raises(BackupError, match="not empty"):
        await restore(other, tmp_path / "b", quiet)
    assert await tables(other) == before
    await restore(other, tmp_path / "b", quiet, force=True)
    assert await tables(other) == await tables(source)
    [saved] = other.data.glob("before-restore-*")
    await restore(other, saved, quiet, force=True)
    assert await tables(other) == before


async def test_a_restore_that_fails_leaves_no_cases_behind(new_site: NewSite, tmp_path: Path) -> None:
    source, target = new_site(), new_site()
    await applied(source, "1")
    manifest = await backup(source, tmp_path / "b", quiet)
    with pytest.raises(RuntimeError, match="power"):
        async with CASE_STORE.loading(target, tmp_path / "b", manifest.cases, quiet, replace=False):
            raise RuntimeError("power")
    assert await CASE_STORE.empty(target)
