"""Backups: what comes back is what was there, from either store into either, and nothing else is taken for one."""

from __future__ import annotations

import asyncio
import fcntl
import gzip
import json
import os
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from feeds.journal import Journal, Unstorable, transfer, versions
from tests import postgres
from tests.feeds.journal.test_migrations import NEWER, next_version
from watchfloor.backup.backup import backup, restore
from watchfloor.backup.files import MANIFEST, BackupError, BackupManifest
from watchfloor.runtime import journal_watch
from watchfloor.runtime.stores import open_journal
from watchfloor.settings.site_settings import Settings, load
from watchfloor.tools import verify

ALERT = {
    **{"fingerprint": "f", "rule": "down", "asset": "a", "region": "532301", "severity": "critical"},
    **{"active": True, "raised_at": 1.0, "title": {"en": "down"}, "rev": 1},
}
NewSite = Callable[..., Settings]


@pytest.fixture
def new_site(tmp_path: Path, journal_store: str, request: pytest.FixtureRequest) -> NewSite:
    """Makes one more site with an empty journal in this or another store."""

    def make(store: str = journal_store) -> Settings:
        folder = tmp_path / f"site{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        journal = ""
        if store == "postgres":
            server: postgres.Postgres = request.getfixturevalue("postgres_server")
            journal = f'[journal]\nurl = "{server.url()}"\n'
        (folder / "watchfloor.toml").write_text(f'[site]\nname = "楚雄州"\nregion = "532300"\n{journal}')
        return load(folder / "watchfloor.toml")

    return make


def quiet(task: str, done: int, total: int) -> None:
    pass


async def fill(journal: Journal, first: int, count: int) -> None:
    """Alerts with everything that an engine writes in one transaction."""
    for number in range(first, first + count):
        async with journal.begin() as tx:
            name = f"警报{number}"
            body = {**ALERT, "id": name, "n": number, "电压": 220.5, "told": ["desk"]}
            seq = await tx.append(kind="alert", name="raise", subject=name, at=1.5 + number, actor="网管乙", body=body)
            await tx.put("alert", name, body, open=number % 3 != 0, seq=seq)
            await tx.enqueue(f"{name}:1", receiver="desk", subject=name, created=1.0, due=2.0, body=body)
            await tx.set_cursor("alert", {"epoch": "e1", "turn": number})
    await journal.outbox_mark("警报1:1", sent_at=3.0, attempts=1)


async def contents(settings: Settings, *, restored: bool = False) -> dict[str, Any]:
    """Every row of every table; without the one that says that it was restored."""
    async with open_journal(settings, "test") as journal, transfer.snapshot(journal.store) as shot:
        tables = {name: [row async for batch in shot.rows(name) for row in batch] for name in versions.JOURNAL.tables}
    tables["doc"] = [row[:-1] for row in tables["doc"]]
    tables["cursor"] = [row for row in tables["cursor"] if row[0] != "seal"]  # each site signs with its own key
    if restored:
        assert tables["entry"].pop()[4:6] == ["audit", "restore"]
    return tables


async def filled(new_site: NewSite, *stores: str) -> Settings:
    settings = new_site(*stores)
    async with open_journal(settings, "alert") as alert_journal, open_journal(settings, "web") as web_journal:
        await fill(alert_journal, 0, 30)
        await fill(web_journal, 30, 5)
    return settings


@pytest.mark.parametrize("target", ["sqlite", "postgres"])
async def test_what_is_restored_is_what_was_there(new_site: NewSite, tmp_path: Path, target: str) -> None:
    source, empty = await filled(new_site), new_site(target)
    manifest = await backup(source, tmp_path / "b", quiet)
    assert (manifest.tables["entry"].rows, manifest.chains["alert"]["length"], manifest.faults) == (35, 30, [])
    await restore(empty, tmp_path / "b", quiet)
    assert await contents(empty, restored=True) == await contents(source)
    async with open_journal(empty, "alert") as journal:
        await fill(journal, 40, 2)  # numbers go on behind the restored ones
        assert await journal.verify() == []
        assert [item.key for item in await journal.outbox_due(9.0)][-2:] == ["警报40:1", "警报41:1"]


async def test_a_backup_is_one_moment_while_others_write(new_site: NewSite, tmp_path: Path) -> None:
    source, empty = await filled(new_site), new_site("sqlite")
    async with open_journal(source, "command") as journal:
        writing = asyncio.create_task(fill(journal, 100, 60))
        await backup(source, tmp_path / "b", quiet)
        await writing
    await restore(empty, tmp_path / "b", quiet)
    async with open_journal(empty, "test") as journal:
        docs = {doc.id for doc in await journal.docs("alert")}
        assert docs == {entry.subject for entry in await journal.entries(kind="alert", limit=1000)}
        assert await journal.verify() == []


async def test_whatever_was_committed_by_made_at_is_restored(new_site: NewSite, tmp_path: Path) -> None:
    source, empty = await filled(new_site), new_site("sqlite")
    committed: dict[str, float] = {}
    stop = asyncio.Event()

    async def write(journal: Journal) -> None:
        while not stop.is_set():
            await fill(journal, number := 1000 + len(committed), 1)
            committed[f"警报{number}"] = time.time()

    async with open_journal(source, "command") as journal:
        writing = asyncio.create_task(write(journal))
        manifest = await backup(source, tmp_path / "b", quiet)
        stop.set()
        await writing
    made_at = datetime.fromisoformat(manifest.made_at).timestamp()
    await restore(empty, tmp_path / "b", quiet)
    async with open_journal(empty, "test") as journal:
        docs = {doc.id for doc in await journal.docs("alert")}
    assert {name for name, at in committed.items() if at < made_at} <= docs


async def test_a_journal_that_is_not_empty_is_replaced_only_by_force_and_kept(
    new_site: NewSite, tmp_path: Path
) -> None:
    source, target = await filled(new_site), new_site()
    await backup(source, tmp_path / "b", quiet)
    async with open_journal(target, "alert") as journal:
        await fill(journal, 500, 1)
    (target.data / "valkey").mkdir()
    before = await contents(target)
    with pytest.raises(BackupError, match="--force"):
        await restore(target, tmp_path / "b", quiet)
    assert await contents(target) == before
    await restore(target, tmp_path / "b", quiet, force=True)
    assert await contents(target, restored=True) == await contents(source)
    assert not (target.data / "valkey").exists()
    (former,) = target.data.glob("before-restore-*")
    again = new_site("sqlite")
    await restore(again, former, quiet)
    assert await contents(again, restored=True) == before


async def test_a_running_site_is_not_restored(new_site: NewSite, tmp_path: Path) -> None:
    settings = await filled(new_site)
    await backup(settings, tmp_path / "b", quiet)
    (settings.data / "run").mkdir(exist_ok=True)
    handle = os.open(settings.data / "run" / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(BackupError, match="running"):
        await restore(settings, tmp_path / "b", quiet, force=True)
    os.close(handle)


async def test_a_database_that_others_use_is_not_restored(new_site: NewSite, tmp_path: Path) -> None:
    source, target = await filled(new_site), new_site("postgres")
    await backup(source, tmp_path / "b", quiet)
    async with open_journal(target, "alert"):  # a role on another machine
        with pytest.raises(BackupError, match="running"):
            await restore(target, tmp_path / "b", quiet)
    await restore(target, tmp_path / "b", quiet)


async def test_a_backup_overwrites_nothing(new_site: NewSite, tmp_path: Path) -> None:
    settings = await filled(new_site)
    (tmp_path / "b").mkdir()
    await backup(settings, tmp_path / "b", quiet)
    names = sorted(path.name for path in (tmp_path / "b").iterdir())
    with pytest.raises(BackupError, match="empty folder"):
        await backup(settings, tmp_path / "b", quiet)
    assert names == sorted(path.name for path in (tmp_path / "b").iterdir())
    assert {path.stat().st_mode & 0o077 for path in [tmp_path / "b", *(tmp_path / "b").iterdir()]} == {0}


async def test_a_backup_that_breaks_off_leaves_nothing(new_site: NewSite, tmp_path: Path) -> None:
    settings = await filled(new_site)

    def full(task: str, done: int, total: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(BackupError, match="No space"):
        await backup(settings, tmp_path / "b", full)
    assert not list(tmp_path.glob("b*"))


def meddle(folder: Path, change: Callable[[bytes], bytes], *, hide: bool) -> None:
    """Change the log's file; with `hide` also what the manifest says about it."""
    import hashlib

    file, manifest = folder / "entry.jsonl.gz", folder / MANIFEST
    file.write_bytes(gzip.compress(change(gzip.decompress(file.read_bytes()))))
    if hide:
        document = json.loads(manifest.read_text())
        document["tables"]["entry"]["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
        manifest.write_text(json.dumps(document))


@pytest.mark.parametrize("hide", [False, True], ids=["changed", "changed and vouched for"])
async def test_an_altered_backup_is_refused(new_site: NewSite, tmp_path: Path, hide: bool) -> None:
    source, empty = await filled(new_site), new_site()
    await backup(source, tmp_path / "b", quiet)
    meddle(tmp_path / "b", lambda text: text.replace("网管乙".encode(), "网管丙".encode(), 1), hide=hide)
    with pytest.raises(BackupError):
        await restore(empty, tmp_path / "b", quiet)
    assert not any((await contents(empty)).values())


@pytest.mark.parametrize("damage", ["gone", "cut", "no manifest", "other format"])
async def test_a_damaged_backup_is_refused(new_site: NewSite, tmp_path: Path, damage: str) -> None:
    source, empty = await filled(new_site), new_site()
    await backup(source, tmp_path / "b", quiet)
    file, manifest = tmp_path / "b" / "doc.jsonl.gz", tmp_path / "b" / MANIFEST
    if damage == "gone":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:-20])
    elif damage == "no manifest":
        manifest.unlink()
    else:
        manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(BackupError):
        await restore(empty, tmp_path / "b", quiet)
    assert not any((await contents(empty)).values())


async def test_a_backup_of_a_broken_journal_is_refused_unless_asked_for(new_site: NewSite, tmp_path: Path) -> None:
    source = await filled(new_site)
    async with open_journal(source, "test") as journal, journal.store.writing() as connection:
        await connection.exec_driver_sql("DELETE FROM doc WHERE id = '警报3'")
    with pytest.raises(BackupError, match="34 documents, 35 in the seal"):
        await backup(source, tmp_path / "b", quiet)
    assert not (tmp_path / "b").exists()
    assert (await backup(source, tmp_path / "b", quiet, broken=True)).faults


async def test_a_backup_tells_what_a_journal_that_was_put_back_lost(new_site: NewSite, tmp_path: Path) -> None:
    source = await filled(new_site)
    await backup(source, tmp_path / "b", quiet)
    async with open_journal(source, "test") as journal:
        assert (await verify.run(source, journal, tmp_path / "b")).faults == []
        async with journal.store.writing() as connection:
            for table in ("entry", "doc", "cursor"):  # all of it, the seal too: nothing within the database tells
                await connection.exec_driver_sql(f"DELETE FROM {table}")
        assert await journal.verify() == []
        report = await verify.run(source, journal, tmp_path / "b")
        assert [(fault.chain, fault.chain_seq) for fault in report.faults] == [("alert", 1), ("web", 1)]
        manifest = tmp_path / "b" / MANIFEST
        manifest.write_text(manifest.read_text().replace('"length": 30', '"length": 29'))
        assert "is not signed" in (await verify.run(source, journal, tmp_path / "b")).faults[0].what


async def test_accepted_faults_are_reported_no_more_and_later_ones_are(new_site: NewSite, tmp_path: Path) -> None:
    source = await filled(new_site)
    async with open_journal(source, "test") as journal:
        async with journal.store.writing() as connection:
            await connection.exec_driver_sql("DELETE FROM entry WHERE chain = 'web'")
            await connection.exec_driver_sql("UPDATE doc SET body = '{}' WHERE id = '警报3'")
        gaps, faults, _ = await journal_watch.accept(journal, source.data, None, by="admin1")
        assert (gaps, len(faults)) == ([], 2)
        assert (await journal.entries(kind="audit"))[0].actor == "admin1"
        assert await journal.verify() == []
        async with journal.store.writing() as connection:
            await connection.exec_driver_sql("UPDATE doc SET body = '{}' WHERE id = '警报4'")
        assert [fault.what for fault in await journal.verify()] == ["document alert 警报4 was changed past the log"]


async def test_broken_chains_are_backed_up_and_said(new_site: NewSite, tmp_path: Path) -> None:
    source, empty = await filled(new_site), new_site()
    async with open_journal(source, "test") as journal, journal.store.writing() as connection:
        await connection.exec_driver_sql("UPDATE entry SET actor = 'nobody' WHERE seq = 7")
    manifest = await backup(source, tmp_path / "b", quiet, broken=True)
    assert [fault["seq"] for fault in manifest.faults] == [7]
    with pytest.raises(BackupError, match="--force"):
        await restore(empty, tmp_path / "b", quiet)
    await restore(empty, tmp_path / "b", quiet, force=True)
    assert await contents(empty, restored=True) == await contents(source)


async def test_a_restore_that_fails_half_way_leaves_the_store_as_it_was(
    new_site: NewSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, empty = await filled(new_site), new_site()
    await backup(source, tmp_path / "b", quiet)

    async def fails(self: transfer.Loader, name: str, columns: Any, rows: Any, add: Any = transfer.Loader.add) -> None:
        await add(self, name, columns, rows)
        if name == "entry":
            raise Unstorable("no more")

    monkeypatch.setattr(transfer.Loader, "add", fails)
    with pytest.raises(Unstorable):
        await restore(empty, tmp_path / "b", quiet)
    assert not any((await contents(empty)).values())


async def test_a_backup_of_an_older_version_is_migrated_and_one_of_a_newer_refused(
    new_site: NewSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, later, empty = await filled(new_site), new_site(), new_site()
    await backup(source, tmp_path / "old", quiet)
    next_version(tmp_path / "migrations")
    monkeypatch.setattr(versions.JOURNAL, "head", NEWER)
    monkeypatch.setattr(versions.JOURNAL, "locations", [*versions.JOURNAL.locations, tmp_path / "migrations"])
    await restore(later, tmp_path / "old", quiet)
    newest: BackupManifest = await backup(later, tmp_path / "new", quiet)
    assert (newest.schema, newest.tables["entry"].rows, newest.tables["doc"].rows) == (NEWER, 36, 35)
    monkeypatch.undo()
    with pytest.raises(BackupError, match="newer Watchfloor"):
        await restore(empty, tmp_path / "new", quiet)
