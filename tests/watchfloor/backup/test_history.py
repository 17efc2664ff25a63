"""Metric history in backups: what was collected comes back, the open hour too, from either store into either."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from feeds.bus import Bus
from feeds.history.rollup import HOUR
from feeds.journal import Unstorable, transfer
from tests import postgres
from tests.feeds.history.rig import BASE, Rig, seen, store_at
from watchfloor.backup.backup import backup, restore
from watchfloor.backup.files import MANIFEST, BackupError
from watchfloor.backup.side_store import HISTORY_STORE
from watchfloor.runtime import valkey
from watchfloor.runtime.stores import journal_url, open_journal
from watchfloor.settings.site_settings import Settings, load

NewSite = Callable[..., Settings]
FIVE = 300
_regions = (str(code) for code in itertools.count(650101))


@pytest.fixture
async def bus(valkey_url: str) -> AsyncIterator[Bus]:
    """A bus on a site that no other test uses, and that settings can name."""
    site_bus = Bus(valkey_url, next(_regions))
    await site_bus.open()
    yield site_bus
    await site_bus.close()


@pytest.fixture
def new_site(tmp_path: Path, journal_store: str, bus: Bus, valkey_url: str, request: pytest.FixtureRequest) -> NewSite:
    """Makes one more site with empty stores; those that are `live` speak to the bus as if they ran."""

    def make(store: str = journal_store, *, live: bool = True) -> Settings:
        folder = tmp_path / f"site{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        journal = ""
        if store == "postgres":
            server: postgres.Postgres = request.getfixturevalue("postgres_server")
            journal = f'[journal]\nurl = "{server.url()}"\n'
        (folder / "watchfloor.toml").write_text(f'[site]\nname = "楚雄州"\nregion = "{bus.site}"\n{journal}')
        if live:
            (folder / "data" / "run").mkdir(parents=True)
            socket, _, password = valkey_url.removeprefix("unix://").partition("?password=")
            address = json.dumps({"socket": socket, "password": password})
            (folder / "data" / "run" / "valkey.json").write_text(address)
        return load(folder / "watchfloor.toml")

    return make


def quiet(task: str, done: int, total: int) -> None:
    pass


async def lived(settings: Settings, bus: Bus) -> Rig:
    """Two hours that are over, one that is open, of three series."""
    rig = Rig(bus, store_at(journal_url(settings)))
    await rig.open()
    for n in range(0, 2 * HOUR + 1800, 120):
        await rig.send(*(seen(BASE + n, n * 0.5 + k, asset=f"a{k}") for k in range(3)), at=BASE + n)
    await rig.work(BASE + 2 * HOUR + 1800)
    return rig


async def curve(rig: Rig) -> list[Any]:
    """What a chart shows: points and rollups of every series."""
    charts: list[Any] = []
    for asset in ("a0", "a1", "a2"):
        charts.append(await rig.points(asset=asset))
        series = await rig.history.series_of(asset)
        for step in (FIVE, HOUR):
            (records,) = await rig.history.rollups(series, BASE, BASE + 3 * HOUR, step)
            charts.append(records.tolist())
    return charts


@pytest.mark.parametrize("target", ["sqlite", "postgres"])
async def test_what_is_restored_shows_the_same_curves_with_the_open_hour(
    new_site: NewSite, bus: Bus, tmp_path: Path, target: str
) -> None:
    source, empty = new_site(), new_site(target, live=False)
    rig = await lived(source, bus)
    manifest = await backup(source, tmp_path / "b", quiet)
    assert manifest.history is not None
    assert manifest.history.open_hours
    assert manifest.history.tables["history_raw"].rows == 9
    await restore(empty, tmp_path / "b", quiet)

    empty_bus = Bus(bus_url(source), f"62{bus.site[2:]}")  # its Redis is another one, and empty
    again = Rig(empty_bus, store_at(journal_url(empty)))
    await again.open()
    again.at = rig.at
    assert await curve(again) == await curve(rig)
    assert len((await curve(rig))[0]) == 75
    # Both go on, and the hour that was open ends.
    for site_rig in (rig, again):
        for n in range(2 * HOUR + 1800, 3 * HOUR, 120):
            await site_rig.send(*(seen(BASE + n, n * 0.5 + k, asset=f"a{k}") for k in range(3)), at=BASE + n)
        await site_rig.work(BASE + 3 * HOUR + 400)
    assert await curve(again) == await curve(rig)
    for site_rig in (rig, again):
        await site_rig.store.close()
    await empty_bus.close()


def bus_url(settings: Settings) -> str:
    return valkey.address(settings.data).url


async def test_a_site_that_stands_still_is_backed_up_without_its_open_hour_and_it_is_said(
    new_site: NewSite, bus: Bus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from watchfloor.backup import report

    source = new_site()
    await (await lived(source, bus)).store.close()
    (source.data / "run" / "valkey.json").unlink()
    manifest = await backup(source, tmp_path / "b", quiet)
    assert manifest.history is not None
    assert (manifest.history.open_hours, manifest.history.tables["history_raw"].rows) == (False, 6)
    report._say(manifest, False, "甲", "a")
    assert "Redis" in capsys.readouterr().out


async def test_it_may_be_left_out_on_either_side(new_site: NewSite, bus: Bus, tmp_path: Path) -> None:
    source, first, second = new_site(), new_site(live=False), new_site(live=False)
    await (await lived(source, bus)).store.close()
    without = await backup(source, tmp_path / "without", quiet, history=False)
    assert (without.history, (tmp_path / "without" / "history_raw.jsonl.gz").exists()) == (None, False)
    await restore(first, tmp_path / "without", quiet)
    await backup(source, tmp_path / "with", quiet)
    await restore(second, tmp_path / "with", quiet, history=False)
    for settings in (first, second):
        assert await HISTORY_STORE.empty(settings)


async def test_a_history_that_is_not_empty_is_replaced_only_by_force_and_kept(
    new_site: NewSite, bus: Bus, tmp_path: Path
) -> None:
    source, target = new_site(), new_site(live=False)
    await (await lived(source, bus)).store.close()
    await backup(source, tmp_path / "b", quiet)
    await restore(target, tmp_path / "b", quiet)
    async with open_journal(target, "alert") as journal, journal.store.writing() as connection:
        await connection.exec_driver_sql("DELETE FROM entry")
    with pytest.raises(BackupError, match="--force"):
        await restore(target, tmp_path / "b", quiet)
    await restore(target, tmp_path / "b", quiet, force=True)
    assert len(list(target.data.glob("before-restore-*/history_raw.jsonl.gz"))) == 1


async def test_a_journal_that_cannot_be_filled_leaves_the_history_empty(
    new_site: NewSite, bus: Bus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = new_site(), new_site(live=False)
    await (await lived(source, bus)).store.close()
    async with open_journal(source, "alert") as journal, journal.begin() as tx:
        await tx.append(kind="alert", name="raise", subject="x", at=1.0)
    await backup(source, tmp_path / "b", quiet)

    async def fails(self: transfer.Loader, name: str, columns: Any, rows: Any, add: Any = transfer.Loader.add) -> None:
        if name == "entry":
            raise Unstorable("no more")
        await add(self, name, columns, rows)

    monkeypatch.setattr(transfer.Loader, "add", fails)
    with pytest.raises(Unstorable):
        await restore(target, tmp_path / "b", quiet)
    assert await HISTORY_STORE.empty(target)


@pytest.mark.parametrize("damage", ["altered", "newer", "told wrong"])
async def test_a_history_that_is_not_what_was_written_is_refused(
    new_site: NewSite, bus: Bus, tmp_path: Path, damage: str
) -> None:
    source, target = new_site(), new_site(live=False)
    await (await lived(source, bus)).store.close()
    await backup(source, tmp_path / "b", quiet)
    file, manifest = tmp_path / "b" / "history_5m.jsonl.gz", tmp_path / "b" / MANIFEST
    document = json.loads(manifest.read_text())
    if damage == "altered":
        file.write_bytes(file.read_bytes()[:-9])
    elif damage == "newer":
        document["history"]["schema"] = "0099"
    else:
        document["history"]["tables"]["history_raw"]["content"] = "0" * 64
    manifest.write_text(json.dumps(document))
    with pytest.raises(BackupError):
        await restore(target, tmp_path / "b", quiet)
    if damage != "told wrong":
        assert await HISTORY_STORE.empty(target)
