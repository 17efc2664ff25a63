"""The intake in a backup: parcels from other tools that no engine has applied yet.

The intake is read before the journal, so that every accepted parcel is in the backup: as a waiting parcel or as its
effect in the journal. The intake cursors in the journal tell which parcels are applied, so that none is applied twice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec

from feeds.journal import Intake, StoreRefused, intake_url
from feeds.journal.intake_copies import TABLES, Waiting, filling, waiting
from watchfloor.backup import files
from watchfloor.backup.files import BackupError, BackupManifest, IntakePart, Progress
from watchfloor.runtime.stores import journal_url
from watchfloor.settings.site_settings import Settings

CURSOR = "cursor"
CURSOR_PREFIX = "intake."
"""The prefix of the names of the intake cursors in the journal. The name of the engine follows it."""


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Intake]:
    settings.data.mkdir(parents=True, exist_ok=True)
    intake = Intake(intake_url(journal_url(settings)), "cli")
    await intake.open()
    try:
        yield intake
    finally:
        await intake.close()


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[Waiting]:
    """A snapshot of the waiting parcels."""
    async with _opened(settings) as intake, waiting(intake.store) as snapshot:
        yield snapshot


async def write(parcels: Waiting, folder: Path, progress: Progress) -> IntakePart:
    """Write the waiting parcels and the idempotency keys of earlier parcels."""
    tables = {
        name: await files.write_table(folder, name, parcels.columns(name), parcels.rows(name), count, progress)
        for name, count in parcels.counts.items()
    }
    return IntakePart(life=parcels.life, tables=tables)


async def empty(settings: Settings) -> bool:
    """True when no parcel waits."""
    async with reading(settings) as parcels:
        return not parcels.counts["intake"]


@asynccontextmanager
async def loading(
    settings: Settings, folder: Path, manifest: BackupManifest, progress: Progress, *, replace: bool
) -> AsyncIterator[None]:
    """Load the parcels that the journal of the backup has not applied. Committed when the block ends without an error.

    A backup without an intake part leaves the intake unchanged. Raises BackupError.
    """
    if (part := manifest.intake) is None:
        yield
        return
    async with AsyncExitStack() as stack:
        intake = await stack.enter_async_context(_opened(settings))
        positions = _positions(folder, manifest, part.life)
        try:
            filler = await stack.enter_async_context(filling(intake.store, positions, replace=replace))
        except StoreRefused as error:
            raise files.not_replaced(error) from error
        for name in TABLES:
            table, done = part.tables[name], 0
            for batch in files.read_rows(folder, table):
                await filler.add(name, table.columns, batch)
                done += len(batch)
                progress(f"load {name}", done, table.rows)
        yield


def _positions(folder: Path, manifest: BackupManifest, life: str) -> Mapping[str, int]:
    """The id of the last applied parcel by engine, from the cursors of the backup's journal.

    Cursors of an intake with another life id are ignored.
    """
    positions: dict[str, int] = {}
    table = manifest.tables[CURSOR]
    for batch in files.read_rows(folder, table):
        for row in batch:
            cursor = dict(zip(table.columns, row, strict=True))
            if str(cursor["name"]).startswith(CURSOR_PREFIX):
                position = msgspec.json.decode(cursor["value"])
                if position.get("life") == life:
                    positions[cursor["name"].removeprefix(CURSOR_PREFIX)] = int(position["id"])
    return positions


def check_tables(manifest: BackupManifest) -> None:
    """Raise BackupError when the backup has intake tables that this program does not know."""
    if manifest.intake is not None and set(manifest.intake.tables) != set(TABLES):
        raise BackupError(
            "备份中的收件区不是本程序认识的样子：请用更新的值守台恢复",
            "the backup's intake is not of a form that this program knows: restore it with a newer Watchfloor",
        )
