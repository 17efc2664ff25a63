"""What waited in the intake when a backup was made is applied after a restore: each parcel once, none twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from feeds.engine.inbox import Inbox
from feeds.journal import Intake, Journal, Parcel, intake_url
from tests.watchfloor.backup.test_backup import NewSite, new_site, quiet
from watchfloor.backup.backup import backup, restore
from watchfloor.backup.files import BackupError
from watchfloor.runtime.stores import journal_url, open_journal
from watchfloor.settings.site_settings import Settings

__all__ = ["new_site"]


@asynccontextmanager
async def intake_of(settings: Settings) -> AsyncIterator[Intake]:
    settings.data.mkdir(parents=True, exist_ok=True)
    intake = Intake(intake_url(journal_url(settings)), "test")
    await intake.open()
    try:
        yield intake
    finally:
        await intake.close()


async def send(intake: Intake, *texts: str, target: str = "alert") -> None:
    for text in texts:
        body = text.encode() + b"\0\xff"
        await intake.put(Parcel(target=target, kind="test", at=1.0, body=body, actor="p"), key=text)


async def apply(settings: Settings, most: int = 100) -> list[str]:
    """As an engine does: take what waits, write down how far it came, forget; stopped after that many."""
    async with open_journal(settings, "alert") as journal, intake_of(settings) as intake:
        taken = await _pending_parcels(journal, intake)
        async with journal.begin() as tx:
            for parcel in taken[:most]:
                await tx.append(kind="ingest", name="x", subject=parcel.body[:-2].decode(), at=1.0)
            if taken[:most]:
                await tx.set_cursor("intake.alert", {"life": intake.life, "id": taken[:most][-1].id})
        return [parcel.body[:-2].decode() for parcel in taken[:most]]


async def _pending_parcels(journal: Journal, intake: Intake) -> list[Parcel]:
    inbox = Inbox(intake, journal, "alert", clock=lambda: 5.0)
    await inbox.open()
    return await inbox.take()


@pytest.mark.parametrize("target", ["sqlite", "postgres"])
async def test_what_waited_is_applied_after_a_restore_and_what_was_done_is_not(
    new_site: NewSite, tmp_path: Path, target: str
) -> None:
    source, restored = new_site(), new_site(target)
    async with intake_of(source) as intake:
        await send(intake, "a", "b", "c", "d")
        await send(intake, "w", target="command")
    assert await apply(source, 2) == ["a", "b"]  # killed before the intake forgot them
    manifest = await backup(source, tmp_path / "b", quiet)
    assert manifest.intake is not None
    assert manifest.intake.tables["intake"].rows == 5
    await restore(restored, tmp_path / "b", quiet)
    assert await apply(restored) == ["c", "d"]
    async with intake_of(restored) as intake:
        assert not await intake.put(Parcel(target="alert", kind="test", at=1.0, body=b"x"), key="d"), "known already"
        await send(intake, "e")
        waits = await intake.read("command", 0, limit=10)
        assert [(parcel.body, parcel.actor, parcel.kind) for parcel in waits] == [(b"w\0\xff", "p", "test")]
    assert await apply(restored) == ["e"], "numbers begin anew, and the journal's old place counts no more"
    assert await apply(source) == ["c", "d"], "the site that was backed up goes on as if nothing had been"


async def test_a_site_where_something_waits_is_replaced_only_by_force_and_what_waited_is_kept(
    new_site: NewSite, tmp_path: Path
) -> None:
    source, restored = new_site(), new_site()
    async with open_journal(source, "alert"), intake_of(source) as intake:
        await send(intake, "a")
    await backup(source, tmp_path / "b", quiet)
    async with intake_of(restored) as intake:
        await send(intake, "mine")
    with pytest.raises(BackupError, match="--force"):
        await restore(restored, tmp_path / "b", quiet)
    await restore(restored, tmp_path / "b", quiet, force=True)
    assert await apply(restored) == ["a"]
    (former,) = restored.data.glob("before-restore-*")
    third = new_site()
    await restore(third, former, quiet)
    assert await apply(third) == ["mine"]


@pytest.mark.parametrize("target", ["sqlite", "postgres"])
async def test_a_restore_that_fails_leaves_what_waits_as_it_was(
    new_site: NewSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    source, restored = new_site(), new_site(target)
    async with open_journal(source, "alert"), intake_of(source) as intake:
        await send(intake, "a")
    await backup(source, tmp_path / "b", quiet)
    async with intake_of(restored) as intake:
        await send(intake, "mine")

    async def full(*_: object) -> None:
        raise BackupError("磁盘已满", "the disk is full")

    monkeypatch.setattr("watchfloor.backup.backup._fill", full)
    with pytest.raises(BackupError, match="disk is full"):
        await restore(restored, tmp_path / "b", quiet, force=True)
    assert await apply(restored) == ["mine"], "the journal is what it was, and so is what waits for it"


async def test_a_damaged_intake_file_is_no_backup(new_site: NewSite, tmp_path: Path) -> None:
    source, restored = new_site(), new_site()
    async with intake_of(source) as intake:
        await send(intake, "a")
    await backup(source, tmp_path / "b", quiet)
    file = tmp_path / "b" / "intake.jsonl.gz"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(BackupError, match="intake"):
        await restore(restored, tmp_path / "b", quiet)
    assert await apply(restored) == []
