"""Backup of a running site, restored into an empty folder: a site started there shows the same open alerts."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp

from alerts.lifecycle import transitions
from feeds.documents import alert as alert_document
from feeds.journal import Journal, JournalEntry, sqlite_url
from tests.e2e.site import PASSWORD, Hook, Person, Service, Site, hook, running
from tests.e2e.test_spine import alert_of, health
from tests.ports import free_port

SHOWN = ("id", "raised_at", "acked", "ack", "severity", "active")
"""Fields of an alert that a restore must not change."""


def steps(record: dict[str, Any]) -> list[str]:
    """Names of an alert's transitions, without those that a start adds for results that are too old."""
    return [step["name"] for step in record["transitions"] if step["name"] not in ("stale", "fresh")]


async def acknowledged(site: Site, service: Service) -> dict[str, Any]:
    """Stop the service, and return the alert that this raises, acknowledged."""
    person = await site.person("网管乙", "operator")
    async with person.live() as live:
        await live.until(lambda view: health(view) == "ok")
        await service.stop()
        alert = await live.until(alert_of)
        await person.post(f"alerts/{alert['id']}/ack", {"comment": "在处理"})
        acked: dict[str, Any] = await live.until(lambda view: (shown := alert_of(view)) and shown["acked"] and shown)
    return acked


def back_up(site: Site, folder: Path) -> None:
    """Back up the running site, which refuses to be restored while it runs."""
    done = site.cli("backup", str(folder), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["faults"] == []
    assert "checking entry" in done.stderr
    refused = site.cli("restore", str(folder), "--force")
    assert (refused.returncode, "running" in refused.stderr) == (1, True)


def restore(site: Site, backup: Path, folder: Path, journal_settings: str) -> None:
    """Move the stopped site to an empty folder, a new port and its default journal, and restore the backup there."""
    shutil.copy(site.folder / "assets.csv", folder)
    text = site.config.read_text().replace(journal_settings, "") if journal_settings else site.config.read_text()
    site.folder, (old, site.port) = folder, (site.port, free_port())
    site.config.write_text(text.replace(f"port = {old}", f"port = {site.port}"))
    done = site.cli("restore", str(backup))
    assert done.returncode == 0, done.stderr
    site.people.clear()


async def assert_continues(site: Site, service: Service, receiver: Hook, acked: dict[str, Any]) -> None:
    """The started site shows the alert as acknowledged before, clears it, and repeats no notification."""
    keys_before = list(receiver.keys)
    await site.ready()
    person = Person(site.url)
    site.people.append(person)
    await person.sign_in("网管乙")
    async with person.live() as live:
        shown = await live.until(alert_of)
        assert {key: shown[key] for key in SHOWN} == {key: acked[key] for key in SHOWN}
        await service.start()
        await live.until(lambda view: alert_of(view) is None and health(view) == "ok")
    record = await person.get(f"alerts/{acked['id']}")
    assert steps(record) == ["raise", "ack", "clear"]
    assert len(set(receiver.keys)) == len(receiver.keys) >= len(keys_before)
    assert site.cli("journal", "verify").returncode == 0


async def test_a_site_started_on_a_restored_backup_shows_the_same_open_alerts(
    tmp_path: Path, journal_settings: str
) -> None:
    service, first, second, backup = Service(), tmp_path / "first", tmp_path / "second", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    await service.start()
    rows = f"x1,武定县网管中心,router,532329,25.53,102.40,,,,,,tcp://127.0.0.1:{service.port}\n"
    async with hook() as receiver:
        async with running(first, rows, hook_port=receiver.port, more=journal_settings) as site:
            acked = await acknowledged(site, service)
            back_up(site, backup)
        restore(site, backup, second, journal_settings)
        site.start()
        try:
            await assert_continues(site, service, receiver, acked)
        finally:
            await site.stop()
    await service.stop()
    assert PASSWORD not in (backup / "manifest.json").read_text()


async def post_alerts(site: Site, secret: str) -> None:
    """Post new alerts as another tool until cancelled."""
    headers = {"Authorization": f"Bearer {secret}"}
    async with aiohttp.ClientSession(site.url, headers=headers) as tool:
        for number in itertools.count():
            alert = {"labels": {"alertname": f"load{number}", "instance": "x1"}, "annotations": {}}
            async with tool.post("/api/v2/alerts", json=[alert]) as answer:
                assert answer.status == 200, await answer.text()


async def alerts_of(data: Path) -> tuple[dict[str, Any], list[JournalEntry]]:
    """The documents of the alerts in a journal, and the entries about them."""
    journal = Journal(sqlite_url(data), "test")
    await journal.open()
    try:
        documents = {doc.id: alert_document.alert_of(doc.body) for doc in await journal.docs("alert")}
        return documents, await journal.entries(kind="alert", limit=1_000_000)
    finally:
        await journal.close()


def replayed(entries: list[JournalEntry]) -> dict[str, Any]:
    """The alerts that follow from their entries."""
    bodies: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        bodies.setdefault(entry.subject, []).append(entry.body)
    return {id: transitions.replay(steps) for id, steps in bodies.items()}


async def test_a_backup_under_load_restores_to_the_documents_of_one_moment_at_its_end(tmp_path: Path) -> None:
    """The metric history is copied first, so that the journal's moment comes after the long part of the work."""
    first, second, backup = tmp_path / "first", tmp_path / "second", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    async with running(first, "x1,网管中心,router,532329,,,,,,,,tcp://127.0.0.1:9\n") as site:
        added = site.cli("token", "add", "tool", "--scope", "ingest")
        posting = asyncio.create_task(post_alerts(site, added.stdout.strip().splitlines()[-1]))
        done = await asyncio.to_thread(site.cli, "backup", str(backup), "--json")
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)
        assert done.returncode == 0, done.stderr
    restore(site, backup, second, "")
    restored, restored_entries = await alerts_of(second / "data")
    _, entries = await alerts_of(first / "data")
    assert [entry.body for entry in restored_entries] == [entry.body for entry in entries[: len(restored_entries)]]
    assert restored == replayed(restored_entries)
    manifest = json.loads((backup / "manifest.json").read_text())
    made_at = datetime.fromisoformat(manifest["made_at"]).timestamp()
    assert {entry.subject for entry in entries if entry.at < made_at - 1} <= set(restored)
    written = {path.name: path.stat().st_mtime for path in backup.rglob("history*") if path.is_file()}
    assert written, "the history is in the backup"
    assert max(written.values()) <= made_at
    assert len(entries) > len(restored_entries), "alerts were raised while the backup was being made"
