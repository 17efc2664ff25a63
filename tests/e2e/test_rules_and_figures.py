"""A rule made while a real site runs, its alert taken by a person, and what the figures say of both afterwards."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.e2e.site import Service, running
from tests.patience import until


async def test_a_rule_is_tried_made_fires_is_undone_and_all_of_it_is_counted(
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
            known = (await admin.get("rules"))["items"]
            assert [(one["id"], one["source"]) for one in known] == [("link-down", "file")]

            # Tried, refused, made.
            wish = {"when": "m['tcp.connect_ms'] >= 0.0", "severity": "minor", "for": "0s", "recover_for": "1s"}
            shown = (await admin.post("rules:preview", wish, expect=200))["preview"]
            assert (shown["asked"], shown["raises"]) == (1, 1)
            await admin.put("rules/always", wish | {"when": "m['tcp.connect_ms'] >= 'x' && latency"}, expect=422)
            await county.put("rules/always", wish, expect=403)
            made = await admin.put("rules/always", wish | {"comment": "试一试"})
            assert made["changed"] == ["always"]
            alert = await live.until(
                lambda view: next(
                    (one for one in view["alert"].values() if one["rule"] == "always" and one["active"]), None
                )
            )

            # Taken by a person, after a restart of the engine that changes nothing.
            before = site.members()["alert"]["pid"]
            site.kill("alert")
            await until(lambda: site.members()["alert"]["pid"] not in (0, before))
            await admin.post(f"alerts/{alert['id']}/ack", {"comment": "知道了"}, expect=200)
        async with admin.live() as live:
            await live.until(lambda view: view["alert"].get(alert["id"], {}).get("acked"))
            rules = {one["id"]: one for one in (await admin.get("rules"))["items"]}
            assert (rules["always"]["active"], rules["always"]["by"]) == (1, "admin")

            # Undone: its alert ends by name, the rule of the file stands as it did.
            await admin.post("rules/always/undo", {}, expect=200)
            await live.until(lambda view: alert["id"] not in view["alert"])
        history = await admin.get("rules/history")
        assert [(one["name"], one["rule"], one["actor"]) for one in history["items"]] == [
            ("undone", "always", "admin"),
            ("created", "always", "admin"),
            ("loaded", "link-down", ""),
        ]
        transitions = (await admin.get(f"alerts/{alert['id']}"))["transitions"]
        assert [one["name"] for one in transitions] == ["raise", "ack", "removed"]
        assert (transitions[1]["actor"], transitions[2]["text"]) == ("admin", "rule_removed")

        # What the figures say.
        kpi = await admin.get("kpi")
        assert (kpi["load"]["rate"]["day"], kpi["mtta"]["count"], kpi["mttr"]["count"]) == (1, 1, 0)
        raised, taken = (datetime.fromisoformat(one["at"]) for one in transitions[:2])
        took = (taken - raised).total_seconds()
        assert kpi["mtta"]["median_s"] == pytest.approx(took, abs=0.1)
        assert (await county.get("kpi"))["load"]["rate"]["day"] == 0
        (row,) = (await admin.get("availability?by=unit"))["items"]
        assert (row["key"], row["assets"]) == ({"unit": "州电子政务中心"}, 1)
        assert row["seconds"]["up"] > 0
        assert row["seconds"]["down"] == 0
        assert (await county.get("availability"))["items"] == []
    await service.stop()
