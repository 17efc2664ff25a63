"""A real Prometheus uses Watchfloor as its Alertmanager; a real Alertmanager's webhook and `amtool` speak to it too.

Debian: prometheus, prometheus-alertmanager (their daemons need not run).
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.e2e.site import Live, Person, Site
from tests.e2e.site import running as running_site
from tests.patience import PATIENCE
from tests.peers.conftest import own, program, running, unprivileged
from tests.ports import free_port

PROMETHEUS = """\
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
scrape_configs: [{{job_name: room, static_configs: [{{targets: ["127.0.0.1:{target}"]}}]}}]
alerting:
  alertmanagers:
    - authorization: {{credentials: "{token}"}}
      static_configs: [{{targets: ["127.0.0.1:{site}"]}}]
"""
RULES = """\
groups:
  - name: room
    rules:
      - {alert: Hot, expr: temperature > 50, labels: {severity: critical}, annotations: {summary: 机房过热}}
"""
ALERTMANAGER = """\
route: {{receiver: watchfloor, group_wait: 0s, group_interval: 1s, group_by: [alertname]}}
receivers:
  - name: watchfloor
    webhook_configs:
      - url: http://127.0.0.1:{site}/api/v1/ingest/alertmanager
        send_resolved: true
        http_config: {{authorization: {{credentials: "{token}"}}}}
"""


HOLDS = 20.0
"""Seconds: four times the pause after which Prometheus says an alert again."""


class Room:
    """What Prometheus scrapes: one temperature."""

    def __init__(self) -> None:
        self.port, self.temperature = free_port(), 20.0

    async def show(self, _request: web.Request) -> web.Response:
        return web.Response(text=f"temperature {self.temperature}\n")


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    room, app = Room(), web.Application()
    app.router.add_get("/metrics", room.show)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", room.port).start()
    yield room
    await runner.cleanup()


@pytest.fixture
async def site(room: Room, tmp_path: Path) -> AsyncIterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    async with running_site(folder, f"room-1,机房,sensor,532301,,,,,,,,tcp://127.0.0.1:{room.port}\n") as site:
        yield site


def token(site: Site, scope: str) -> str:
    return site.cli("token", "add", f"peer-{scope}", "--scope", scope).stdout.split()[-1]


@contextlib.contextmanager
def prometheus(folder: Path, site: Site, room: Room) -> Iterator[subprocess.Popen[bytes]]:
    """Sends its alerts again every five seconds, so that what it says holds for twenty."""
    command = program("prometheus")
    own(folder.parent)
    (own(folder) / "rules.yml").write_text(RULES)
    (folder / "prometheus.yml").write_text(
        PROMETHEUS.format(target=room.port, site=site.port, token=token(site, "ingest"))
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                command,
                f"--config.file={folder}/prometheus.yml",
                f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address=127.0.0.1:{free_port()}",
                "--rules.alert.resend-delay=5s",
            ],
            stdout=log,
            stderr=log,
            **unprivileged(),
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(PATIENCE)


def alert_of(view: dict[str, dict[str, Any]], name: str) -> Any:
    return next((alert for alert in view["alert"].values() if alert["labels"].get("alertname") == name), None)


def stale(view: dict[str, dict[str, Any]]) -> Any:
    alert = alert_of(view, "Hot")
    return alert if alert and alert["stale_since"] else None


async def hot(live: Live, **expected: Any) -> dict[str, Any]:
    def hot_alert(view: dict[str, dict[str, Any]]) -> Any:
        alert = alert_of(view, "Hot")
        return alert if alert and all(alert[name] == value for name, value in expected.items()) else None

    alert: dict[str, Any] = await live.until(hot_alert)
    return alert


async def test_a_prometheus_raises_ends_and_when_it_dies_leaves_its_alert_stale(
    site: Site, room: Room, tmp_path: Path
) -> None:
    person = await site.person("网管", "operator")
    async with person.live() as live:
        with prometheus(tmp_path / "prom", site, room) as process:
            room.temperature = 70.0
            alert = await hot(live, active=True)
            assert (alert["asset"], alert["region"], alert["severity"]) == ("room-1", "532301", "critical")
            assert (alert["rule"], alert["title"]["zh-CN"]) == ("prometheus:Hot", "机房过热")
            assert alert["url"].startswith("http://")
            room.temperature = 20.0
            await hot(live, active=False)
            room.temperature = 70.0
            again = await hot(live, active=True)
            assert again["id"] == alert["id"]
            with pytest.raises(TimeoutError):  # longer than what it says holds: it says it again in time
                await live.until(stale, HOLDS + 4)
            process.send_signal(signal.SIGKILL)
            assert (await live.until(stale))["active"] is True
        with prometheus(tmp_path / "prom", site, room):
            await hot(live, active=True, stale_since=None)
            room.temperature = 20.0
            await hot(live, active=False)
    record = await person.get(f"alerts/{alert['id']}")
    names = [transition["name"] for transition in record["transitions"]]
    assert names == ["raise", "clear", "reraise", "stale", "fresh", "clear"]


@contextlib.contextmanager
def alertmanager(folder: Path, site: Site) -> Iterator[str]:
    """A running one; its address."""
    port = free_port()
    own(folder.parent)
    (own(folder) / "alertmanager.yml").write_text(ALERTMANAGER.format(site=site.port, token=token(site, "ingest")))
    command = [
        program("prometheus-alertmanager"),
        f"--config.file={folder}/alertmanager.yml",
        "--cluster.listen-address=",
        f"--storage.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with running(command, port, folder / "log"):
        yield f"http://127.0.0.1:{port}"


def amtool(url: str, *message: str, credentials: Path | None = None) -> str:
    more = [f"--http.config.file={credentials}"] if credentials is not None else []
    done = subprocess.run(
        [program("amtool"), f"--alertmanager.url={url}", *more, *message],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_an_alertmanagers_webhook_raises_and_ends(site: Site, tmp_path: Path) -> None:
    person: Person = await site.person("网管", "operator")
    async with person.live() as live:
        with alertmanager(tmp_path / "am", site) as url:
            labels = ("alertname=Power", "asset=room-1", "severity=major")
            await asyncio.to_thread(amtool, url, "alert", "add", *labels, "--annotation=summary=停电")
            alert = await live.until(lambda view: alert_of(view, "Power"))
            assert (alert["asset"], alert["severity"], alert["title"]["en"]) == ("room-1", "major", "停电")
            await asyncio.to_thread(
                amtool, url, "alert", "add", *labels, "--end=2026-01-01T00:00:00Z", "--start=2025-12-31T00:00:00Z"
            )
            await live.until(lambda view: (alert := alert_of(view, "Power")) and not alert["active"])


async def test_amtool_adds_and_asks_as_if_we_were_an_alertmanager(site: Site, tmp_path: Path) -> None:
    config: dict[str, Path] = {}
    for scope in ("ingest", "read"):
        config[scope] = tmp_path / f"{scope}.yml"
        config[scope].write_text(f'authorization: {{credentials: "{token(site, scope)}"}}\n')
    person = await site.person("网管", "operator")
    async with person.live() as live:
        command = ("alert", "add", "alertname=ByHand", "asset=room-1", "severity=critical")
        await asyncio.to_thread(amtool, site.url, *command, credentials=config["ingest"])
        await live.until(lambda view: alert_of(view, "ByHand"))
        shown = await asyncio.to_thread(
            amtool, site.url, "alert", "query", "alertname=ByHand", "-o", "extended", credentials=config["read"]
        )
        query = ("alert", "query", "alertname=~By.*", "-o", "extended")
        assert "ByHand" in await asyncio.to_thread(amtool, site.url, *query, credentials=config["read"])
        silence = {
            "matchers": [{"name": "alertname", "value": "ByHand", "isRegex": False}],
            "endsAt": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
            "comment": "planned",
        }
        headers = {"X-CSRF-Token": person.csrf}
        async with person.http.post("/api/v2/silences", json=silence, headers=headers) as posted:
            answer = await posted.json()
        listed = await asyncio.to_thread(amtool, site.url, "silence", "query", credentials=config["read"])
        await live.until(lambda view: (alert := alert_of(view, "ByHand")) and alert["suppressed_by"])
    assert "ByHand" in shown
    assert "active" in shown
    assert answer["silenceID"] in listed
    assert 'alertname="ByHand"' in listed
