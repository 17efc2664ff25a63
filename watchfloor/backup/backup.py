"""`watchfloor backup` and `watchfloor restore`: copy journal, history, intake and cases to a folder and back.

A backup is one snapshot of each store, taken while the site runs. It is read back and checked before it is complete. A
restore checks the backup, loads each store in one transaction, compares the rows, and appends a journal entry.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from feeds.clock import now
from feeds.journal import ChainFault, Journal, Keyring, StoreRefused, transfer
from feeds.journal.versions import JOURNAL
from feeds.wire import iso
from watchfloor.backup import evidence, files, intake
from watchfloor.backup import history as backup_history
from watchfloor.backup.files import BackupError, BackupManifest, Progress
from watchfloor.backup.side_store import CASE_STORE, HISTORY_STORE
from watchfloor.runtime import journal_watch
from watchfloor.runtime.stores import open_journal
from watchfloor.settings.site_settings import Settings


async def backup(
    settings: Settings, folder: Path, progress: Progress, *, history: bool = True, broken: bool = False
) -> BackupManifest:
    """Write a backup into a new or empty folder, and check it. Raises BackupError and JournalError.

    A journal that has faults is refused unless `broken` is True.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupError(
            f"{folder} 不是空文件夹；备份从不覆盖。换一个名字，例如加上日期",
            f"{folder} is no empty folder, and a backup overwrites nothing; choose another name, with the date in it",
        )
    part = folder.with_name(f"{folder.name}.part-{os.getpid()}")
    try:
        part.mkdir(parents=True, mode=0o700)
        # The history takes longest. It comes first, so that the journal's moment is near the end of the backup.
        past = await backup_history.write(settings, part, progress) if history else None
        async with open_journal(settings, "cli") as journal:
            manifest = replace(await _write(settings, journal, part, progress), history=past)
            keyring = journal.keyring
        # The approvals role writes its store before the journal: the copy may be ahead of the journal, never behind.
        manifest = replace(manifest, cases=await CASE_STORE.write(settings, part, progress))
        # After the journal too: a file is on disk before the journal names it.
        manifest = replace(manifest, evidence=evidence.write(settings, part, progress, broken=broken))
        evidence.check(part, manifest.evidence)
        faults = files.check(part, manifest, progress, keyring)
        if faults and not broken:
            raise _faulty(faults)
        manifest = replace(manifest, faults=[asdict(fault) for fault in faults])
        if keyring is not None:
            manifest = replace(manifest, mac=keyring.sign(manifest.text()))
        manifest.write(part)
        part.rename(folder)
        _sync(folder.parent)
    except OSError as error:
        raise BackupError(f"备份写不下去：{error}", f"the backup cannot be written: {error}") from error
    finally:
        _remove(part)
    return manifest


async def _write(settings: Settings, journal: Journal, folder: Path, progress: Progress) -> BackupManifest:
    made_at = iso(now()) or ""  # before the snapshot: whatever was committed by then is in it
    async with intake.reading(settings) as waiting, transfer.snapshot(journal.store) as shot:
        tables = {
            name: await files.write_table(folder, name, shot.columns(name), shot.rows(name), count, progress)
            for name, count in shot.counts.items()
        }
        for name, table in tables.items():
            if table.rows != shot.counts[name]:
                raise BackupError(f"{name} 未读全", f"{name} was not read to its end")
        return BackupManifest(
            made_at=made_at,
            program=settings.site.version,
            site=settings.site.name,
            region=settings.site.region,
            store="sqlite" if journal.store.is_sqlite else "postgresql",
            schema=shot.version,
            tables=tables,
            chains=await shot.heads(),
            intake=await intake.write(waiting, folder, progress),
        )


async def restore(
    settings: Settings, folder: Path, progress: Progress, *, force: bool = False, history: bool = True
) -> BackupManifest:
    """Load a backup into this site's empty stores. `force` replaces stores that are not empty, after a backup of them.

    `history` False leaves the metric history unchanged. Raises BackupError when the backup is incomplete, when the site
    runs, and when a store is not empty. Raises JournalError.
    """
    manifest = files.read_manifest(folder)
    _check_version(manifest)
    HISTORY_STORE.check_version(manifest.history)
    CASE_STORE.check_version(manifest.cases)
    intake.check_tables(manifest)
    evidence.check(folder, manifest.evidence)
    with _supervisor_lock(settings):
        async with open_journal(settings, "cli") as journal:
            faults = _check(folder, manifest, progress, journal.keyring, force)
            await _refuse_other_users(journal)
            part = manifest.history if history else None
            if force:
                await _back_up_current(settings, journal, progress, part is not None)
            elif part is not None and not await journal.blank():
                raise files.not_replaced(StoreRefused("要恢复到的台账不是空的。", "The journal is not empty."))
            async with (
                HISTORY_STORE.loading(settings, folder, part, progress, replace=force),
                CASE_STORE.loading(settings, folder, manifest.cases, progress, replace=force),
                intake.loading(settings, folder, manifest, progress, replace=force),
            ):
                await _fill(journal, folder, manifest, progress, force)
                await _compare(journal, manifest, progress, len(faults))
            evidence.load(settings, folder, manifest.evidence)
            await _record_restore(journal, folder, manifest, faults)
            await journal_watch.reset(journal, settings.data)
        _forget_live_state(settings.data)
    return manifest


def _faulty(faults: list[ChainFault]) -> BackupError:
    first = faults[0].text
    return BackupError(
        f"台账有 {len(faults)} 处问题，未备份（第一处：{first}）；见 watchfloor journal verify，仍要备份加 --broken",
        f"the journal has {len(faults)} faults, so no backup was made (the first: {first}); "
        "look at watchfloor journal verify, and add --broken to make one all the same",
    )


def _check(
    folder: Path, manifest: BackupManifest, progress: Progress, keyring: Keyring | None, force: bool
) -> list[ChainFault]:
    """The faults of the backup's journal. Raises BackupError for them, unless `force`, and for altered files.

    A signature of an unknown key is no reason to refuse, because the machine with that key may be lost.
    """
    faults = files.check(folder, manifest, progress, keyring)
    if not manifest.is_proven(keyring):
        faults = [*faults, ChainFault(chain="", chain_seq=0, seq=0, what="the manifest is not signed by our key")]
    wrong = [fault for fault in faults if not fault.foreign]
    if wrong and not force:
        raise BackupError(
            f"备份中的台账有 {len(wrong)} 处问题（第一处：{wrong[0].text}）；确要恢复请加 --force",
            f"the journal of this backup has {len(wrong)} faults (the first: {wrong[0].text}); "
            "restore it with --force if you must",
        )
    return faults


def _check_version(manifest: BackupManifest) -> None:
    if not (manifest.schema.isdigit() and int(manifest.schema) <= int(JOURNAL.head)):
        raise BackupError(
            f"备份的台账版本是 {manifest.schema}，本程序只认识到 {JOURNAL.head}：请用更新的值守台恢复",
            f"the backup's journal has version {manifest.schema}, this program knows versions up to {JOURNAL.head}: "
            "restore it with a newer Watchfloor",
        )


async def _fill(journal: Journal, folder: Path, manifest: BackupManifest, progress: Progress, force: bool) -> None:
    try:
        async with transfer.loading(journal.store, manifest.schema, replace=force) as loader:
            await files.load(loader, folder, manifest.tables, progress)
    except StoreRefused as error:
        raise files.not_replaced(error) from error


async def _compare(journal: Journal, manifest: BackupManifest, progress: Progress, faults: int) -> None:
    """Compare the store with the manifest. Raises BackupError for a difference.

    The log is compared after migrations as well, because no migration changes it.
    """
    async with transfer.snapshot(journal.store) as shot:
        await files.compare(shot, manifest.tables, progress, migrated=manifest.schema != JOURNAL.head)
        heads, entries = await shot.heads(), shot.counts[files.LOG]
    present = len(await journal.verify())
    if entries != manifest.tables[files.LOG].rows or heads != manifest.chains or present > faults:
        raise BackupError(
            f"恢复后的台账与备份不符：{entries} 条，{present} 处问题",
            f"what was restored is not what the backup holds: {entries} entries, {present} faults",
        )


async def _record_restore(journal: Journal, folder: Path, manifest: BackupManifest, faults: list[ChainFault]) -> None:
    """Append the entry of the restore, which lists the accepted faults; with faults the journal is sealed anew."""
    async with journal.begin() as tx:
        if faults:
            tx.reseal()
        await tx.append(
            kind="audit",
            name="restore",
            subject=folder.name,
            at=now(),
            actor="cli",
            body={
                "made_at": manifest.made_at,
                "site": manifest.site,
                "rows": manifest.tables[files.LOG].rows,
                "faults": journal_watch.accepted(faults),
            },
        )


async def _back_up_current(settings: Settings, journal: Journal, progress: Progress, history: bool) -> None:
    """Back up the stores that are about to be replaced."""
    nothing = await journal.blank() and await intake.empty(settings) and await CASE_STORE.empty(settings)
    if not nothing or (history and not await HISTORY_STORE.empty(settings)):
        await backup(
            settings, settings.data / f"before-restore-{_local_stamp()}", progress, history=history, broken=True
        )


def _local_stamp() -> str:
    """Return the local time to the microsecond, for folder names that no two restores share."""
    return datetime.now().astimezone().strftime("%Y%m%dT%H%M%S.%f")


@contextmanager
def _supervisor_lock(settings: Settings) -> Iterator[None]:
    """Hold the lock of the site's supervisor while the block runs. Raises BackupError when the site runs."""
    (settings.data / "run").mkdir(parents=True, exist_ok=True)
    handle = os.open(settings.data / "run" / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise _running() from error
    finally:
        os.close(handle)


async def _refuse_other_users(journal: Journal) -> None:
    if await transfer.others(journal.store):
        raise _running()


def _running() -> BackupError:
    return BackupError(
        "本站点还在运行：先停止 watchfloor run 和各机上的 watchfloor role，再恢复",
        "this site is running: stop watchfloor run, and watchfloor role on every machine, before a restore",
    )


def _forget_live_state(data: Path) -> None:
    """Rename the data folder of the embedded Valkey, so that its state is rebuilt from the restored journal."""
    live = data / "valkey"
    if live.exists():
        live.rename(live.with_name(f"valkey.before-restore-{_local_stamp()}"))


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(part: Path) -> None:
    """Remove the files of an incomplete backup."""
    if part.exists():
        for file in part.iterdir():
            file.unlink()
        part.rmdir()
