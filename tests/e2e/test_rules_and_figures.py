"""A rule is created while a site runs, a person acknowledges its alert, and the figures count both."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.site import Person, Service, Site, running
from tests.patience import until

RULE = {"when": "m['tcp.connect_ms'] >= 0.0", "severity": "minor", "for": "0s", "recover_for": "1s"}


def active_alert(view: dict[str, Any]) -> dict[str, Any] | None:
    """The active alert of the rule `always`, or None."""
    alerts = (alert for alert in view["alert"].values() if alert["rule"] == "always" and alert["active"])
    return next(alerts, None)


async def create_rule(admin: Person, county: Person) -> None:
    """Preview the rule `always` and create it; a wrong expression and a county's account are refused."""
    rules = (await admin.get("rules"))["items"]
    assert [(rule["id"], rule["source"]) for rule in rules] == [("link-down", "file")]
    preview = (await admin.post("rules:preview", RULE, expect=200))["preview"]
    assert (preview["asked"], preview["raises"]) == (1, 1)
    await admin.put("rules/always", RULE | {"when": "m['tcp.connect_ms'] >= 'x' && latency"}, expect=422)
    await county.put("rules/always", RULE, expect=403)
    created = await admin.put("rules/always", RULE | {"comment": "试一试"})
    assert created["changed"] == ["always"]


async def restart_engine(site: Site) -> None:
    """Kill the alert role, and wait until the supervisor has started it again."""
    before = site.members()["alert"]["pid"]
    site.kill("alert")
    await until(lambda: site.members()["alert"]["pid"] not in (0, before))


async def assert_recorded(admin: Person, alert_id: str) -> float:
    """Check the histories of the rule and of its alert. Return the seconds from raise to acknowledgement."""
    history = await admin.get("rules/history")
    assert [(change["name"], change["rule"], change["actor"]) for change in history["items"]] == [
        ("undone", "always", "admin"),
        ("created", "always", "admin"),
        ("loaded", "link-down", ""),
    ]
    transitions = (await admin.get(f"alerts/{alert_id}"))["transitions"]
    assert [transition["name"] for transition in transitions] == ["raise", "ack", "removed"]
    assert (transitions[1]["actor"], transitions[2]["text"]) == ("admin", "rule_removed")
    raised, acked = (datetime.fromisoformat(transition["at"]) for transition in transitions[:2])
    return (acked - raised).total_seconds()


async def assert_counted(admin: Person, county: Person, seconds: float) -> None:
    """The figures count the alert for the whole site, and nothing for the other county."""
    kpi = await admin.get("kpi")
    assert (kpi["load"]["rate"]["day"], kpi["mtta"]["count"], kpi["mttr"]["count"]) == (1, 1, 0)
    assert kpi["mtta"]["median_s"] == pytest.approx(seconds, abs=0.1)
    assert (await county.get("kpi"))["load"]["rate"]["day"] == 0
    (row,) = (await admin.get("availability?by=unit"))["items"]
    assert (row["key"], row["assets"]) == ({"unit": "州电子政务中心"}, 1)
    assert row["seconds"]["up"] > 0
    assert row["seconds"]["down"] == 0
    assert (await county.get("availability"))["items"] == []


async def test_a_rule_is_previewed_created_raises_an_alert_is_undone_and_all_of_it_is_counted(
    tmp_path: Path, journal_settings: str
) -> None:
    service = Service()
    await service.start()
    rows = f"x1,武定县网管中心,router,532329,25.53,102.40,,,州电子政务中心,,,tcp://127.0.0.1:{service.port}\n"
    async with running(tmp_path, rows, more=journal_settings) as site:
        admin = await site.person("admin", "admin")
        county = await site.person("county", "operator", "532328")
        async with admin.live() as live:
            await live.until(lambda view: view["asset"].get("x1", {}).get("health") == "ok")
            await create_rule(admin, county)
            alert = await live.until(active_alert)
            await restart_engine(site)
            await admin.post(f"alerts/{alert['id']}/ack", {"comment": "知道了"}, expect=200)
        async with admin.live() as live:
            await live.until(lambda view: view["alert"].get(alert["id"], {}).get("acked"))
            rules = {rule["id"]: rule for rule in (await admin.get("rules"))["items"]}
            assert (rules["always"]["active"], rules["always"]["by"]) == (1, "admin")
            await admin.post("rules/always/undo", {}, expect=200)
            await live.until(lambda view: alert["id"] not in view["alert"])
        await assert_counted(admin, county, await assert_recorded(admin, alert["id"]))
    await service.stop()
