"""`GET /api/v1/availability`: by asset, unit, region and month, for one's own region, as JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest
import pytest_asyncio

from api.availability.calendar import parts
from feeds.bus import Bus
from feeds.history import HistoryReader, HistorySettings
from feeds.inventory.membership import InventoryLog
from feeds.model import Asset
from tests.api.conftest import A, B, World, problem
from tests.feeds.history.rig import store_at

DAY, HOUR = 86400.0, 3600.0
ZONE = ZoneInfo("Asia/Shanghai")
OCT, NOV, DEC = (datetime(2026, month, 1, tzinfo=ZONE).timestamp() for month in (10, 11, 12))
ASSETS = (
    Asset(id="a-sw", name="牟定交换机", kind="switch", region=A, owner="水务局"),
    Asset(id="a-srv", name="=cmd|x", kind="server", region=A, owner="水务局"),
    Asset(id="b-sw", name="禄丰交换机", kind="switch", region=B, owner="b-owner"),
)


@pytest_asyncio.fixture
async def site(bus: Bus, journal_url: str, world: World) -> AsyncIterator[World]:
    """October and November, watched throughout: a-sw down for the hours around midnight of the first, a-srv added on
    the 11th of November, b-sw always up. It is the 21st of November."""
    store = store_at(journal_url)
    await store.open()
    world.history = HistoryReader(store, bus, HistorySettings(), world.clock)
    world.at = NOV + 20 * DAY
    register = InventoryLog()
    await register.note(world.journal, {asset.id: asset for asset in ASSETS if asset.id != "a-srv"}, OCT)
    await register.note(world.journal, {asset.id: asset for asset in ASSETS}, NOV + 10 * DAY)
    words = {
        "a-sw": [(OCT, "ok"), (NOV - 2 * HOUR, "down"), (NOV + 4 * HOUR, "ok")],
        "a-srv": [(NOV + 11 * DAY, "ok")],
        "b-sw": [(OCT, "ok")],
    }
    async with world.journal.begin() as tx:
        for id, history in words.items():
            for at, name in history:
                seq = await tx.append(kind="health", name=name, subject=id, at=at)
                await tx.put("health", id, {"health": name, "since": at, "before": ""}, seq=seq)
    await store.note_watched(OCT, world.at)
    yield world
    await store.close()


async def ask(world: World, who: Any = "", status: Any = 200, **params: Any) -> httpx2.Response:
    raw = await world.token("read", who)
    async with world.client(Authorization=f"Bearer {raw}") as client:
        answer = await client.get("/api/v1/availability", params=params)
    assert answer.status_code == status, answer.text
    return answer


def at(moment: float) -> str:
    return datetime.fromtimestamp(moment, ZONE).isoformat()


async def test_by_default_it_is_this_month_by_asset(site: World) -> None:
    body = (await ask(site)).json()
    assert (body["from"], body["timezone"], body["hidden"]) == ("2026-10-31T16:00:00.000Z", "Asia/Shanghai", 0)
    rows = {row["key"]["asset"]: row for row in body["items"]}
    assert rows["a-sw"]["seconds"] == {
        "up": 20 * DAY - 4 * HOUR,
        "degraded": 0.0,
        "down": 4 * HOUR,
        "unknown": 0.0,
        "maintenance": 0.0,
    }
    assert rows["a-sw"]["availability"] == round(1 - 4 / 480, 6)
    assert rows["a-srv"]["seconds"]["unknown"] == DAY, "a day in the inventory before its first result"
    assert (rows["a-srv"]["availability"], rows["a-srv"]["of_known"], rows["a-srv"]["coverage"]) == (0.9, 1.0, 0.9)
    assert rows["b-sw"]["availability"] == 1.0
    assert (body["total"]["assets"], body["complete"]) == (3, True)
    assert (await ask(site, **{"from": at(OCT - DAY)})).json()["complete"] is False


async def test_an_outage_over_the_months_border_counts_in_each_month(site: World) -> None:
    body = (await ask(site, **{"from": at(OCT), "by": "month", "asset": "a-sw"})).json()
    assert [(row["key"]["month"], row["seconds"]["down"]) for row in body["items"]] == [
        ("2026-10", 2 * HOUR),
        ("2026-11", 4 * HOUR),
    ]
    assert body["items"][0]["seconds"]["up"] == 31 * DAY - 2 * HOUR


async def test_units_regions_kinds_and_two_at_once(site: World) -> None:
    by_unit = {row["key"]["unit"]: row for row in (await ask(site, by="unit")).json()["items"]}
    assert {unit: row["assets"] for unit, row in by_unit.items()} == {"水务局": 2, "b-owner": 1}
    service = 20 * DAY + 10 * DAY
    assert by_unit["水务局"]["availability"] == round((service - 4 * HOUR - DAY) / service, 6)
    both = (await ask(site, by="region,month", **{"from": at(OCT)})).json()["items"]
    assert [tuple(row["key"].values()) for row in both] == [
        (A, "2026-10"),
        (A, "2026-11"),
        (B, "2026-10"),
        (B, "2026-11"),
    ]
    worst = (await ask(site, sort="worst")).json()["items"]
    assert [row["key"]["asset"] for row in worst] == ["a-srv", "a-sw", "b-sw"]
    assert [row["key"]["kind"] for row in (await ask(site, by="kind", kind="switch")).json()["items"]] == ["switch"]


async def test_a_county_is_told_of_its_own_and_how_many_it_is_not_told_of(site: World) -> None:
    body = (await ask(site, A)).json()
    assert ({row["key"]["asset"] for row in body["items"]}, body["hidden"]) == ({"a-sw", "a-srv"}, 1)
    assert (await ask(site, A, region=B)).json()["items"] == []
    assert "b-owner" not in (await ask(site, A, by="unit", format="csv")).text


async def test_one_that_has_left_still_counts_while_it_was_there(site: World) -> None:
    register = InventoryLog()
    await register.open(site.journal)
    site.at = NOV + 25 * DAY
    await register.note(site.journal, {asset.id: asset for asset in ASSETS if asset.id != "b-sw"}, NOV + 20 * DAY)
    rows = {row["key"]["asset"]: row for row in (await ask(site)).json()["items"]}
    assert rows["b-sw"]["seconds"]["up"] == 20 * DAY
    assert sum(rows["a-sw"]["seconds"].values()) == 25 * DAY


async def test_a_page_goes_on_where_the_last_one_ended(site: World) -> None:
    first = (await ask(site, limit=2)).json()
    second = (await ask(site, limit=2, cursor=first["next"])).json()
    assert [row["key"]["asset"] for row in first["items"] + second["items"]] == ["a-srv", "a-sw", "b-sw"]
    assert second["next"] is None


async def test_a_closed_month_is_counted_once(site: World, monkeypatch: pytest.MonkeyPatch) -> None:
    raw, queries = await site.token("read"), []
    counting = site.app.state.counting
    tallies = counting._uptime.tallies

    async def counted(members: Any, start: float, end: float, now: float) -> Any:
        queries.append(start)
        return await tallies(members, start, end, now)

    monkeypatch.setattr(counting._uptime, "tallies", counted)
    async with site.client(Authorization=f"Bearer {raw}") as client:
        for _ in range(2):
            await client.get("/api/v1/availability", params={"from": at(OCT), "by": "month"})
    assert queries == [OCT, NOV], "and what is open once a minute"


async def test_a_closed_month_is_not_counted_again_after_a_restart(
    site: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = {"from": at(OCT), "to": at(NOV), "by": "asset"}
    before, own = (await ask(site, **whole)).json()["items"], (await ask(site, A, **whole)).json()["items"]
    assert [doc.body["format"] for doc in await site.journal.docs("uptime")] == [1]
    site.apps.clear()
    counting, queries = site.app.state.counting, []
    tallies = counting._uptime.tallies

    async def counted(members: Any, start: float, end: float, now: float) -> Any:
        queries.append(start)
        return await tallies(members, start, end, now)

    monkeypatch.setattr(counting._uptime, "tallies", counted)
    assert (await ask(site, **whole)).json()["items"] == before
    assert (await ask(site, A, **whole)).json()["items"] == own
    assert queries == []
    async with site.journal.begin() as tx:
        await tx.put("uptime", f"{OCT:.0f}-{NOV:.0f}", {"format": 0}, open=False)
    counting._months.clear()
    assert (await ask(site, **whole)).json()["items"] == before, "one of another version is counted anew"
    assert queries == [OCT]


async def test_a_month_that_has_just_ended_is_not_kept_for_good(site: World) -> None:
    site.at = NOV + 2 * HOUR
    await ask(site, **{"from": at(OCT), "to": at(NOV)})
    assert await site.journal.docs("uptime") == []


async def test_the_load_figures_say_this_month_too(site: World) -> None:
    for who, expected in (("", (3, round((50 * DAY - 4 * HOUR - DAY) / (50 * DAY), 6))), (B, (1, 1.0))):
        raw = await site.token("read", who)
        async with site.client(Authorization=f"Bearer {raw}") as client:
            body = (await client.get("/api/v1/kpi")).json()["availability"]
        assert (body["assets"], body["availability"], body["from"]) == (*expected, "2026-10-31T16:00:00.000Z")


async def ask_outages(world: World, who: str = "", **params: Any) -> dict[str, Any]:
    raw = await world.token("read", who)
    async with world.client(Authorization=f"Bearer {raw}") as client:
        answer = await client.get("/api/v1/availability/outages", params=params)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_each_outage_of_a_month_is_listed_with_its_times(site: World) -> None:
    body = await ask_outages(site)
    assert [(row["asset"], row["seconds"]["down"], row["seconds"]["unknown"]) for row in body["items"]] == [
        ("a-sw", 4 * HOUR, 0.0),
        ("a-srv", 0.0, DAY),
    ]
    assert (body["assets"], body["timezone"]) == (3, "Asia/Shanghai"), "the well one is counted and not listed"
    assert body["items"][0]["spans"] == [
        {"from": "2026-10-31T16:00:00.000Z", "to": "2026-10-31T20:00:00.000Z", "kind": "down"}
    ]


async def test_a_county_sees_its_own_outages_and_how_many_assets_are_hidden(site: World) -> None:
    body = await ask_outages(site, B)
    assert (body["items"], body["assets"], body["hidden"]) == ([], 1, 2)
    assert {row["asset"] for row in (await ask_outages(site, A))["items"]} == {"a-sw", "a-srv"}


async def test_outages_go_on_where_the_last_page_ended(site: World) -> None:
    first = await ask_outages(site, limit="1")
    second = await ask_outages(site, limit="1", cursor=first["next"])
    assert [row["asset"] for row in first["items"] + second["items"]] == ["a-sw", "a-srv"]
    assert second["next"] is None


async def test_csv_for_a_spreadsheet_with_no_formula_in_it(site: World) -> None:
    answer = await ask(site, format="csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][:4] == ["资产", "名称", "资产数", "可用率"]
    assert rows[1][:4] == ["a-srv", "'=cmd|x", "1", "0.9"]
    assert len({len(row) for row in rows}) == 1


@pytest.mark.parametrize(
    "params",
    [
        {"by": "colour"},
        {"by": "asset,asset"},
        {"by": "asset,unit,month"},
        {"from": at(OCT - 500 * DAY)},
        {"from": at(DEC)},
        {"from": "2026-11-01"},
        {"sort": "x"},
        {"format": "xls"},
        {"cursor": "x"},
    ],
)
async def test_what_makes_no_sense_is_refused(site: World, params: dict[str, str]) -> None:
    problem(await ask(site, status=422, **params), 422, "invalid")


def test_months_are_the_zones_own_also_where_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    start, end = (datetime(2026, month, 15, tzinfo=berlin).timestamp() for month in (2, 5))
    body = parts(start, end, berlin)
    assert [(part.month, part.whole) for part in body] == [
        ("2026-02", False),
        ("2026-03", True),
        ("2026-04", True),
        ("2026-05", False),
    ]
    assert body[1].end - body[1].start == 31 * DAY - HOUR
    assert (body[0].start, body[-1].end) == (start, end)
