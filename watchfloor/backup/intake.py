"""What other tools sent in and no engine has applied yet, in a backup.

It is read before the journal is: what was accepted up to that moment is in the backup, as a waiting parcel or as what
followed from it. The journal's own place in the intake tells which of the two, so that nothing is applied twice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec

from feeds.journal import Intake, StoreRefused, intake_url
from feeds.journal.intake_copies import TABLES, Waiting, filling, waiting
from watchfloor.backup import files
from watchfloor.backup.files import BackupError, IntakePart, Manifest, Progress
from watchfloor.runtime.stores import journal_url
from watchfloor.settings.site_settings import Settings

CURSOR = "cursor"
PLACE = "intake."
"""What the name of an engine's place in the journal begins with, before the engine's own."""


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
    """What waits at this moment."""
    async with _opened(settings) as intake, waiting(intake.store) as found:
        yield found


async def write(found: Waiting, folder: Path, progress: Progress) -> IntakePart:
    """What waits, and the keys by which a sender is known to have sent something before."""
    tables = {
        name: await files.write_table(folder, name, found.columns(name), found.rows(name), count, progress)
        for name, count in found.counts.items()
    }
    return IntakePart(life=found.life, tables=tables)


async def empty(settings: Settings) -> bool:
    """Whether nothing waits."""
    async with reading(settings) as found:
        return not found.counts["intake"]


@asynccontextmanager
async def loading(
    settings: Settings, folder: Path, manifest: Manifest, progress: Progress, *, replace: bool
) -> AsyncIterator[None]:
    """Fill the intake with what the journal of the backup has not applied; it is as it was unless the block ends well.

    A backup of before it held that leaves it as it is. BackupError.
    """
    if (part := manifest.intake) is None:
        yield
        return
    async with AsyncExitStack() as stack:
        intake = await stack.enter_async_context(_opened(settings))
        places = _places(folder, manifest, part.life)
        try:
            filler = await stack.enter_async_context(filling(intake.store, places, replace=replace))
        except StoreRefused as error:
            raise files.not_replaced(error) from error
        for name in TABLES:
            table, done = part.tables[name], 0
            for batch in files.read_rows(folder, table):
                await filler.add(name, table.columns, batch)
                done += len(batch)
                progress(f"load {name}", done, table.rows)
        yield


def _places(folder: Path, manifest: Manifest, life: str) -> Mapping[str, int]:
    """Up to where each engine has come, as the backup's journal says; a place in another life means nothing."""
    places: dict[str, int] = {}
    table = manifest.tables[CURSOR]
    for batch in files.read_rows(folder, table):
        for row in batch:
            one = dict(zip(table.columns, row, strict=True))
            if str(one["name"]).startswith(PLACE):
                place = msgspec.json.decode(one["value"])
                if place.get("life") == life:
                    places[one["name"].removeprefix(PLACE)] = int(place["id"])
    return places


def known(manifest: Manifest) -> None:
    """BackupError when the backup holds something of the intake that this program does not know."""
    if manifest.intake is not None and set(manifest.intake.tables) != set(TABLES):
        raise BackupError(
            "备份中的收件区不是本程序认识的样子：请用更新的值守台恢复",
            "the backup's intake is not of a form that this program knows: restore it with a newer Watchfloor",
        )
