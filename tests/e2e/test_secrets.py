"""No output of a site contains a secret: logs, pages, metrics, command line, saved settings."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.site import PASSWORD, Service, hook, running
from tests.ports import free_port

NAMES = ("community", "authkey", "privkey", "dbpass", "token", "hookpass", "env")
SECRETS = {name: f"Zq7-{name}-9wK" for name in NAMES}
PATHS = ("sources", "assets", "alerts?active=true", "receivers", "escalations", "rules", "audit", "site", "me")
MORE = """\
[credentials.v2]
kind = "snmpv2c"
community = "{community}"
[credentials.v3]
kind = "snmpv3"
user = "watch"
auth = "sha256"
auth_key = "{authkey}"
priv = "aes128"
priv_key = "{privkey}"
[credentials.db]
kind = "password"
user = "watch"
password = "{dbpass}"
[credentials.api]
kind = "token"
token = "{token}"
[[receiver]]
id = "elsewhere"
url = "json://watch:{hookpass}@127.0.0.1:{port}/take?key={hookpass}"
[[receiver]]
id = "from-env"
url = "env:WF_TEST_HOOK"
[[source]]
id = "cap"
kind = "emergency.cap"
url = "http://127.0.0.1:{port}/{token}/atom.xml"
interval = "1s"
"""


@pytest.fixture
def rows() -> str:
    port = free_port()
    probes = (
        f"snmp://127.0.0.1:{port}?cred=v2&profile=switch",
        f"snmp://127.0.0.1:{port}?cred=v3&profile=switch",
        f"sql+postgresql://127.0.0.1:{port}/db?cred=db&tls=no",
        f"sql+mysql://127.0.0.1:{port}/db?cred=db&tls=no",
    )
    return "".join(f"p{n},甲{n},server,532329,,,,,,,,{probe}\n" for n, probe in enumerate(probes))


async def test_no_output_of_a_site_contains_a_secret(
    tmp_path: Path, rows: str, journal_settings: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WF_TEST_HOOK", f"json://watch:{SECRETS['env']}@127.0.0.1:{free_port()}/")
    service = Service()
    await service.start()
    inventory = rows + f"x1,乙,router,532329,,,,,,,,tcp://127.0.0.1:{service.port}\n"
    more = MORE.format(**SECRETS, port=free_port()) + journal_settings
    outputs: dict[str, str] = {}
    async with hook() as receiver, running(tmp_path, inventory, more=more, hook_port=receiver.port) as site:
        admin = await site.person("管理员", "admin")
        added = site.cli("token", "add", "grafana", "--scope", "read")
        token = added.stdout.strip()
        async with admin.live() as live:
            await live.until(lambda view: view["asset"].get("x1", {}).get("health") == "ok")
            await service.stop()  # messages to receivers that are not there
            await live.until(lambda view: any(alert["asset"] == "x1" for alert in view["alert"].values()))
            await live.until(lambda view: view["asset"]["p2"]["health"] == "down")
            good = site.config.read_text()
            site.config.write_text(good.replace('kind = "token"', 'kind = "tokens"') + "[[[broken\n")
            outputs["reload"] = json.dumps(await admin.post("reload", {}, expect=422))
            assert site.process is not None
            os.kill(site.process.pid, signal.SIGHUP)
            outputs["check"] = "".join(_words(site.cli("check", "--json")) + _words(site.cli("check")))
            site.kill("collect", "alert", "web")
            site.config.write_text(good)
            await site.ready()
            outputs["live"] = "".join(live.raw)
        for path in PATHS:
            async with admin.http.get(f"/api/v1/{path}") as answer:
                outputs[path] = await answer.text()
        for path in ("/metrics", "/sources", "/admin", "/api/openapi.json"):
            async with admin.http.get(path) as answer:
                outputs[path] = await answer.text()
        outputs["status"] = "".join(_words(site.cli("status")) + _words(site.cli("status", "--json")))
        outputs["wrong"] = "".join(_words(site.cli("backup", str(tmp_path))))
        cookies = {cookie.value for cookie in admin.http.cookie_jar}
        csrf, own = admin.csrf, json.loads((tmp_path / "data" / "run" / "valkey.json").read_text())["password"]
    for log in (tmp_path / "site.log", *(tmp_path / "data").rglob("*.log"), tmp_path / "data" / "run" / "status.json"):
        outputs[str(log)] = log.read_text(errors="replace")
    assert "probe lost" in outputs[str(tmp_path / "site.log")]
    assert outputs["reload"].count("watchfloor.toml")
    secrets = {*SECRETS.values(), PASSWORD, token, own, *cookies, csrf, *_passwords(journal_settings)}
    assert len(secrets) > 11
    shown = [(where, secret) for where, text in outputs.items() for secret in secrets if secret in text]
    assert [leak for leak in shown if leak != ("me", csrf)] == []
    await service.stop()


def _words(done: Any) -> list[str]:
    return [done.stdout, done.stderr]


def _passwords(settings: str) -> set[str]:
    """Return the password in the PostgreSQL URL of the settings, if there is one."""
    return {settings.partition("://")[2].partition("@")[0].partition(":")[2]} if settings else set()
