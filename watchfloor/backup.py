"""`watchfloor backup` and `watchfloor restore`: the whole journal to a folder, while the site runs, and back.

A backup is one snapshot of the store, read back and checked before it counts. A restore checks the backup first,
fills the store in one transaction, checks the store, and writes down that it happened.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from feeds.clock import now
from feeds.journal import Fault, Journal, StoreRefused, transfer
from feeds.journal.versions import JOURNAL
from feeds.wire import iso
from watchfloor import backup_files as files
from watchfloor.backup_files import BackupError, Manifest, Progress
from watchfloor.roles import open_journal
from watchfloor.settings import Settings


async def backup(settings: Settings, folder: Path, progress: Progress) -> Manifest:
    """Write a backup into a folder that is new or empty, and check it. BackupError, JournalError."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupError(
            f"{folder} 不是空文件夹；备份从不覆盖。换一个名字，例如加上日期",
            f"{folder} is no empty folder, and a backup overwrites nothing; choose another name, with the date in it",
        )
    part = folder.with_name(f"{folder.name}.part-{os.getpid()}")
    try:
        part.mkdir(parents=True, mode=0o700)
        async with open_journal(settings, "cli") as journal:
            manifest = await _write(settings, journal, part, progress)
        faults = files.check(part, manifest, progress)
        manifest = _with_faults(manifest, faults)
        manifest.write(part)
        part.rename(folder)
        _sync(folder.parent)
    except OSError as error:
        raise BackupError(f"备份写不下去：{error}", f"the backup cannot be written: {error}") from error
    finally:
        _remove(part)
    return manifest


async def _write(settings: Settings, journal: Journal, folder: Path, progress: Progress) -> Manifest:
    async with transfer.snapshot(journal.store) as shot:
        made_at = iso(now()) or ""
        tables = {
            name: await files.write_table(folder, name, shot.columns(name), shot.rows(name), count, progress)
            for name, count in shot.counts.items()
        }
        for name, table in tables.items():
            if table.rows != shot.counts[name]:
                raise BackupError(f"{name} 未读全", f"{name} was not read to its end")
        return Manifest(
            made_at=made_at, program=settings.site.version, site=settings.site.name, region=settings.site.region,
            store="sqlite" if journal.store.is_sqlite else "postgresql", schema=shot.version, tables=tables,
            chains=await shot.heads(),
        )


def _with_faults(manifest: Manifest, faults: list[Fault]) -> Manifest:
    fields = {name: getattr(manifest, name) for name in Manifest.__slots__}
    return Manifest(**fields | {"faults": [asdict(fault) for fault in faults]})


async def restore(settings: Settings, folder: Path, progress: Progress, *, force: bool = False) -> Manifest:
    """Fill this site's empty journal from a backup; with `force` also one that is not empty, after a backup of it.

    BackupError: the backup is not whole, the site runs, the journal is not empty. JournalError.
    """
    manifest = files.read_manifest(folder)
    _known(manifest)
    if files.check(folder, manifest, progress) and not force:
        raise BackupError(
            f"备份中的台账在备份之前就已断裂（{len(manifest.faults)} 处）；确要恢复请加 --force",
            f"the hash chains were broken before this backup was made ({len(manifest.faults)} faults); "
            "restore it with --force if you must",
        )
    with _alone(settings):
        async with open_journal(settings, "cli") as journal:
            await _nobody_else(journal)
            if force:
                await _keep(settings, journal, progress)
            await _fill(journal, folder, manifest, progress, force)
            await _compare(journal, manifest)
            await _say_so(journal, folder, manifest)
        _forget_live_state(settings.data)
    return manifest


def _known(manifest: Manifest) -> None:
    if not (manifest.schema.isdigit() and int(manifest.schema) <= int(JOURNAL.head)):
        raise BackupError(
            f"备份的台账版本是 {manifest.schema}，本程序只认识到 {JOURNAL.head}：请用更新的值守台恢复",
            f"the backup's journal has version {manifest.schema}, this program knows versions up to {JOURNAL.head}: "
            "restore it with a newer Watchfloor",
        )


async def _fill(journal: Journal, folder: Path, manifest: Manifest, progress: Progress, force: bool) -> None:
    try:
        async with transfer.loading(journal.store, manifest.schema, replace=force) as loader:
            for name, table in manifest.tables.items():
                done = 0
                for batch in files.read_rows(folder, table):
                    await loader.add(name, table.columns, batch)
                    done += len(batch)
                    progress(f"load {name}", done, table.rows)
    except StoreRefused as error:
        raise BackupError(
            f"{error.zh}未作任何改动。要替换它请加 --force（先自动备份现有数据）",
            f"{error.en} Nothing was changed. To replace it add --force (what is there is backed up first)",
        ) from error


async def _compare(journal: Journal, manifest: Manifest) -> None:
    """What stands in the store now is what the manifest says."""
    async with transfer.snapshot(journal.store) as shot:
        counts, heads = dict(shot.counts), await shot.heads()
    # A migration may have moved rows between tables; the log's it never touches.
    names = counts if manifest.schema == JOURNAL.head else (files.LOG,)
    whole = all(counts[name] == manifest.tables[name].rows for name in names)
    faults = len(await journal.verify())
    if not whole or heads != manifest.chains or faults != len(manifest.faults):
        raise BackupError(
            f"恢复后的台账与备份不符：{counts}，{faults} 处断裂",
            f"what was restored is not what the backup holds: {counts}, {faults} faults",
        )


async def _say_so(journal: Journal, folder: Path, manifest: Manifest) -> None:
    async with journal.begin() as tx:
        await tx.append(
            kind="audit", name="restore", subject=folder.name, at=now(), actor="cli",
            body={"made_at": manifest.made_at, "site": manifest.site, "rows": manifest.tables[files.LOG].rows},
        )


async def _keep(settings: Settings, journal: Journal, progress: Progress) -> None:
    """Back up what is going to be replaced."""
    async with transfer.snapshot(journal.store) as shot:
        rows = sum(shot.counts.values())
    if rows:
        stamp = datetime.now().astimezone().strftime("%Y%m%dT%H%M%S")
        await backup(settings, settings.data / f"before-restore-{stamp}", progress)


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Hold the lock of the site's supervisor, so that none runs here nor starts meanwhile."""
    (settings.data / "run").mkdir(parents=True, exist_ok=True)
    handle = os.open(settings.data / "run" / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise _running() from error
    finally:
        os.close(handle)


async def _nobody_else(journal: Journal) -> None:
    if await transfer.others(journal.store):
        raise _running()


def _running() -> BackupError:
    return BackupError(
        "本站点还在运行：先停止 watchfloor run 和各机上的 watchfloor role，再恢复",
        "this site is running: stop watchfloor run, and watchfloor role on every machine, before a restore",
    )


def _forget_live_state(data: Path) -> None:
    """The embedded Valkey shows what the replaced journal said; set aside, it is rebuilt from this one."""
    live = data / "valkey"
    if live.exists():
        stamp = datetime.now().astimezone().strftime("%Y%m%dT%H%M%S")
        live.rename(live.with_name(f"valkey.before-restore-{stamp}"))


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(part: Path) -> None:
    """What is left of a backup that did not come to its end."""
    if part.exists():
        for file in part.iterdir():
            file.unlink()
        part.rmdir()
