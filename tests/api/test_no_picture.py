"""A web process that has not read the live state yet: no answer takes "nothing known" for "nothing wrong"."""

from __future__ import annotations

from typing import Any

import pytest

from feeds.live.pump import NoPicture, Pump
from tests.api.conftest import NOW, A, World, picture, problem
from tests.api.test_regions import fill_journal, paths

WITHOUT = {
    "/healthz",
    "/metrics",
    "/api/v1/account",
    "/api/v1/accounts",
    "/api/v1/approvals/sweeps",
    "/api/v1/audit",
    "/api/v1/escalations",
    "/api/v1/escalations/history",
    "/api/v1/figures",
    "/api/v1/leader/trends",
    "/api/v1/handover/list",
    "/api/v1/incident_choices",
    "/api/v1/log",
    "/api/v1/me",
    "/api/v1/map/counties.geojson",
    "/api/v1/receivers",
    "/api/v1/receivers/history",
    "/api/v1/report-policies",
    "/api/v1/roster",
    "/api/v1/roster.csv",
    "/api/v1/roster/history",
    "/api/v1/site",
    "/api/v1/task_choices",
    "/api/v1/tokens",
    "/api/v2/receivers",
    "/api/v2/silences",
    "/api/v2/status",
}
"""Routes that answer 200 from the journal or from files alone, without anything of the live state."""


@pytest.fixture
def started(world: World) -> World:
    """The world before its pump has read anything."""
    world.pump = Pump(world.bus, world.clock)
    world.layers["counties"] = b"{}"
    return world


async def test_before_the_first_reading_every_route_that_counts_from_the_live_state_answers_503(started: World) -> None:
    await fill_journal(started)
    answered: set[str] = set()
    refused: set[str] = set()
    async with started.signed_in("admin") as client:
        for path in dict.fromkeys(paths(started)):
            answer = await client.get(path)
            if answer.status_code == 200:
                answered.add(path)
            elif answer.status_code == 503 and path != "/readyz":
                kind = answer.json()["type"].rpartition(":")[2]
                if kind == "no-picture":
                    assert int(answer.headers["retry-after"]) > 0
                    refused.add(path)
    assert answered <= WITHOUT
    assert {
        "/api/v1/snapshot",
        "/api/v1/kpi",
        "/api/v1/alerts",
        "/api/v1/assets",
        "/api/v1/sources",
        "/api/v1/warnings",
        "/api/v1/boards",
        "/api/v1/alerts/a-alert",
        "/api/v1/assets/a-sw",
        "/api/v1/map/assets.geojson",
        "/api/v1/shelf",
        "/api/v1/silences",
        "/api/v1/rules",
        "/api/v1/handover",
    } <= refused


async def test_the_problem_says_that_nothing_shown_would_be_no_all_clear(started: World) -> None:
    async with started.signed_in("duty") as client:
        for language, words in (("en", "would not mean that all is well"), ("zh-CN", "空白不代表正常")):
            answer = await client.get("/api/v1/snapshot", headers={"Accept-Language": language})
            assert words in problem(answer, 503, "no-picture")["detail"]


async def test_a_heartbeat_that_comes_before_the_first_reading_is_not_called_unknown(started: World) -> None:
    raw = await started.token("ingest")
    async with started.client(Authorization=f"Bearer {raw}") as client:
        problem(await client.post("/api/v1/ingest/heartbeat/a-sw"), 503, "no-picture")


async def test_metrics_leave_out_what_is_counted_from_the_live_state(started: World) -> None:
    async with started.signed_in("duty") as client:
        answer = await client.get("/metrics")
        assert answer.status_code == 200
        assert "watchfloor_pump_lag_seconds" in answer.text
        for family in ("watchfloor_assets", "watchfloor_alerts_active", "watchfloor_alerts_unacknowledged"):
            assert family not in answer.text
        started.pump.restart("e1.1-0", picture())
        started.pump.moved_at = NOW
        assert "watchfloor_alerts_unacknowledged" in (await client.get("/metrics")).text


async def test_the_first_reading_ends_it_and_a_lost_bus_does_not_bring_it_back(started: World) -> None:
    with pytest.raises(NoPicture):
        _ = started.pump.mirror
    assert started.pump.rev == ""
    async with started.signed_in("duty", A) as client:
        problem(await client.get("/api/v1/alerts"), 503, "no-picture")
        started.pump.restart("e1.1-0", picture())
        shown: dict[str, Any] = (await client.get("/api/v1/snapshot")).json()
        assert (shown["rev"], set(shown["alert"])) == ("e1.1-0", {"a-alert"})
        started.pump.filled = False
        assert set((await client.get("/api/v1/snapshot")).json()["alert"]) == {"a-alert"}
