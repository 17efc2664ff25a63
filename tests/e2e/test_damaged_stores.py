"""Store files emptied, removed and damaged before the start: told in words, not ready, and readable."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.damage import FAULTS, harm, put_back
from tests.e2e.harmed_stores import NAMES, ROWS, at_work, lives, readable, readyz_names, remembered, shows, stop, tells
from tests.e2e.site import hook, running
from tests.e2e.test_stores_lost import is_told
from tests.patience import PATIENCE, until


async def test_an_emptied_history_is_told_until_a_person_accepts_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with running(tmp_path, ROWS) as site:
        person = await site.person("duty1")
        await remembered(site, person)
        await until(lambda: "history" in lives(data))
        for file in data.glob("history.sqlite3*"):
            file.unlink()
        await until(lambda: readyz_names(site, NAMES["history"]))
        await until(lambda: (data / "history.sqlite3").exists())
        await until(lambda: readyz_names(site, NAMES["history"]))
        await until(lambda: readable(person))
        await until(lambda: is_told(person, {"journal-incomplete"}))
        assert "JournalReplaced" in site.cli("status").stdout
        accepted = site.cli("journal", "accept", "--by", "admin1")
        assert (accepted.returncode, "history" in accepted.stdout) == (0, True)
        await site.ready()


@pytest.mark.parametrize("store", NAMES)
@pytest.mark.timeout(20 * PATIENCE)
async def test_a_store_harmed_before_the_start_is_told_and_nothing_accepted_is_lost(tmp_path: Path, store: str) -> None:
    async with hook() as receiver, running(tmp_path, ROWS, hook_port=receiver.port) as site:
        person, accepted = await at_work(site)
        file = tmp_path / "data" / f"{store}.sqlite3"
        for fault in FAULTS:
            await stop(site)
            whole = file.read_bytes()
            harm(file, fault)
            site.start()
            await until(lambda: tells(site, person, store))
            await until(lambda: readable(person))
            await stop(site)
            put_back(file, whole)
            site.start()
            await site.ready()
            await shows(person, accepted)
        assert site.cli("journal", "verify").returncode == 0
    assert "cleared" not in [body["reason"] for _, body in receiver.calls]
