"""A journal removed under a running site: pages and /readyz report it, and the site stays readable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp

from tests.e2e.site import Service, Site, running
from tests.e2e.test_stores_lost import is_told
from tests.patience import until


async def missing(site: Site) -> str:
    """Return the missing entries that /readyz reports, or ""."""
    try:
        async with aiohttp.ClientSession() as http, http.get(f"{site.url}/readyz") as answer:
            body: dict[str, Any] = await answer.json(content_type=None)
    except aiohttp.ClientError:
        return ""
    report = str(body.get("checks", {}).get("missing", ""))
    assert not report or answer.status == 503
    return report


async def test_a_removed_journal_is_reported_the_site_stays_readable_and_a_person_accepts_the_loss(
    tmp_path: Path,
) -> None:
    device, data = Service(), tmp_path / "data"
    rows = f"gw1,网关,router,532300,,,,,,,,tcp://127.0.0.1:{device.port}\n"
    async with running(tmp_path, rows) as site:
        person = await site.person("duty1")
        async with person.live() as live:
            await live.until(lambda view: next(iter(view["alert"].values()), None))
        identities, heads = data / "run" / "identities.json", data / "run" / "journal-heads.json"
        await until(lambda: identities.exists() and b'"session"' in identities.read_bytes())
        await until(lambda: heads.exists() and b'"alert"' in heads.read_bytes())

        for file in data.glob("journal.sqlite3*"):
            file.unlink()
        report = await until(lambda: missing(site))
        assert "alert 的第 1–" in report
        assert "watchfloor journal accept" in report
        await until(lambda: is_told(person, {"journal-incomplete"}))
        async with person.http.get("/alerts") as page:
            assert page.status == 200
        assert "gw1" in (await person.get("snapshot"))["asset"]
        assert "JournalReplaced" in site.cli("status").stdout

        accepted = site.cli("journal", "accept", "--by", "admin1")
        assert accepted.returncode == 0
        assert "alert 1-" in accepted.stdout
        await site.ready()
