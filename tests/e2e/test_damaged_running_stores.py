"""Store files harmed under a running site: told in words, not ready, readable, and brought back by a copy."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.damage import FAULTS, copied, harm, merge_log, put_back
from tests.e2e.harmed_stores import NAMES, ROWS, at_work, listens, readable, shows, stop, tells_or_heals
from tests.e2e.site import hook, running
from tests.patience import PATIENCE, until


@pytest.mark.parametrize("store", NAMES)
@pytest.mark.timeout(20 * PATIENCE)
async def test_a_store_harmed_under_the_running_site_is_told_and_a_copy_brings_it_back(
    tmp_path: Path, store: str
) -> None:
    async with hook() as receiver, running(tmp_path, ROWS, hook_port=receiver.port) as site:
        person, accepted = await at_work(site)
        file = tmp_path / "data" / f"{store}.sqlite3"
        for fault in FAULTS:
            copy = copied(file)
            await until(partial(merge_log, file))
            harm(file, fault)
            await until(lambda: tells_or_heals(site, person, store, file), within=3 * PATIENCE)
            await until(lambda: readable(person))
            await stop(site)
            put_back(file, copy)
            site.start()
            await until(lambda: listens(site))
            if store == "journal":  # entries that are younger than the copy are missing, and told
                site.cli("journal", "accept", "--by", "admin1")
            await site.ready()
            await shows(person, accepted)
        assert site.cli("journal", "verify").returncode == 0
    assert "cleared" not in [body["reason"] for _, body in receiver.calls]
