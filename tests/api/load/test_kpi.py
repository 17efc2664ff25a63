"""`GET /api/v1/kpi`: the load as the journal tells it, for one's own region, at a bounded cost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx2
import pytest

from alerts.lifecycle import suppression_reasons, transitions
from api.load import reader
from api.load.facts import Facts
from api.settings import LoadSettings
from feeds.documents.alert import Bookkeeping, dump
from feeds.journal import JournalEntry
from feeds.model import Alert, Change, Hold, Kind, Severity
from feeds.wire import iso
from tests.api.conftest import NOW, A, B, World, an_alert

HOURS = 3600.0


class Story:
    """Alerts' lives as the engine writes them down."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.alerts: dict[str, Alert] = {}
        self._tokens: dict[str, str] = {}

    async def happen(self, key: str, at: float, *events: transitions.Event) -> None:
        async with self._world.journal.begin() as tx:
            for event in events:
                await self._step(tx, key, at, event)

    async def _step(self, tx: Any, key: str, at: float, event: transitions.Event) -> None:
        after, moved = transitions.apply(self.alerts.get(key), event, at)
        self.alerts[key] = after
        seq = await tx.append(
            kind="alert",
            name=moved.name,
            subject=key,
            at=at,
            actor=moved.actor,
            reason=moved.comment,
            body={"seq": moved.seq, "before": moved.before, "after": moved.after, "text": moved.text},
        )
        await tx.put("alert", key, dump(after, Bookkeeping()), open=after.open, seq=seq)

    async def many(self, count: int, at: float, region: str = A, **more: Any) -> None:
        async with self._world.journal.begin() as tx:
            for number in range(count):
                key = f"m{at}-{number}"
                await self._step(tx, key, at, raised(key, f"x{number}", region, **more))

    async def kpi(self, region: str = "") -> dict[str, Any]:
        if region not in self._tokens:
            self._tokens[region] = await self._world.token("read", region)
        async with self._world.client(Authorization=f"Bearer {self._tokens[region]}") as client:
            answer: httpx2.Response = await client.get("/api/v1/kpi")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


def raised(key: str, asset: str = "a-sw", region: str = A, **more: Any) -> transitions.Raise:
    identity = transitions.AlertIdentity(rule="down", subject_kind="asset", subject=asset)
    return transitions.Raise(id=key, identity=identity, region=region, **{"severity": Severity.CRITICAL, **more})


CLEAR = transitions.Clear()


def ack(by: str = "zhang") -> transitions.Acknowledge:
    return transitions.Acknowledge(actor=by)


@pytest.fixture
def story(world: World) -> Story:
    return Story(world)


async def test_what_is_raised_in_sight_is_load_and_what_stays_hidden_is_none(story: Story) -> None:
    await story.happen("seen", NOW - 60, raised("seen"))
    await story.happen("hidden", NOW - 50, raised("hidden", "a-srv", suppressed_by=("inhibited:seen",)))
    hold = Hold(since=NOW - 40, until=NOW)
    await story.happen("held", NOW - 40, raised("held", "x", suppressed_by=("held",), hold=hold))
    rate = (await story.kpi())["load"]["rate"]
    assert (rate["ten_minutes"], rate["day"], rate["raised_day"]) == (1, 1, 3)
    await story.happen("held", NOW - 30, suppression_reasons.Reveal(reason="held"))
    await story.happen("held", NOW - 29, suppression_reasons.Hide(reason="silenced:s"))
    await story.happen("held", NOW - 28, suppression_reasons.Reveal(reason="silenced:s"))
    await story.happen("held", NOW - 20, CLEAR)
    await story.happen("held", NOW - 10, raised("held", "x"))
    story._world.at += 2
    rate = (await story.kpi())["load"]["rate"]
    assert (rate["ten_minutes"], rate["raised_day"]) == (3, 4), "shown once after hiding, and once raised again"


async def test_the_time_to_take_runs_from_the_first_event_to_the_first_person(story: Story) -> None:
    await story.happen("a", NOW - 1000, raised("a", raised_at=NOW - 1100))
    await story.happen("a", NOW - 900, ack())
    await story.happen("a", NOW - 890, transitions.Unacknowledge(actor="zhang"))
    await story.happen("a", NOW - 500, ack("li"))
    await story.happen("b", NOW - 800, raised("b", suppressed_by=("inhibited:a",)))
    await story.happen("b", NOW - 700, CLEAR)
    assert story.alerts["b"].ack is not None, "it was hidden from its first moment to its last: taken by nobody"
    assert story.alerts["b"].ack.by == ""
    await story.happen("c", NOW - 300, raised("c"))
    await story.happen("c", NOW - 240, ack())
    body = await story.kpi()
    assert body["mtta"] == {"median_s": 130.0, "p90_s": 200.0, "count": 2, "waiting": 1, "target": None}


async def test_the_time_to_end_runs_to_the_last_clearing_and_counts_no_rule_that_went(story: Story) -> None:
    await story.happen("a", NOW - 1000, raised("a"))
    await story.happen("a", NOW - 900, CLEAR)
    await story.happen("a", NOW - 800, raised("a"))
    await story.happen("a", NOW - 400, CLEAR)
    await story.happen("b", NOW - 100, raised("b"), transitions.Clear(evidence=transitions.RULE_REMOVED))
    await story.happen("c", NOW - 100, raised("c", suppressed_by=("held",), hold=Hold(since=1, until=NOW)))
    await story.happen("c", NOW - 50, CLEAR)
    assert (await story.kpi())["mttr"] == {"median_s": 600.0, "p90_s": 600.0, "count": 1, "waiting": 2, "target": None}


async def test_each_alert_belongs_to_the_shift_of_its_first_event(story: Story, world: World) -> None:
    # NOW is 2026-11-18 19:06:40 in Shanghai: day shift since 08:00.
    assert iso(NOW) == "2026-11-18T11:06:40.000Z"
    await story.happen("night", NOW - 12 * HOURS, raised("night"))
    await story.happen("night", NOW - 9 * HOURS, ack(), CLEAR)
    await story.happen("day", NOW - HOURS, raised("day"))
    await story.happen("day", NOW - HOURS + 60, ack())
    shifts = {(row["id"], row["current"]): row for row in (await story.kpi())["shifts"]}
    assert list(shifts) == [("day", True), ("night", False), ("day", False)]
    night, day, yesterday = shifts["night", False], shifts["day", True], shifts["day", False]
    assert (night["from"], night["to"]) == ("2026-11-17T12:00:00.000Z", "2026-11-18T00:00:00.000Z")
    assert (night["mtta"]["median_s"], night["mttr"]["median_s"]) == (3 * HOURS, 3 * HOURS)
    assert (day["mtta"]["median_s"], day["mtta"]["count"], day["mttr"]["waiting"]) == (60.0, 1, 1)
    assert (night["shown"], day["shown"], yesterday["shown"]) == (1, 1, 0)
    assert day["name"] == {"zh-CN": "白班", "en": "day"}


async def test_shifts_and_operators_are_the_rosters_when_there_is_one(story: Story, world: World) -> None:
    roster = {
        "persons": [{"id": "zhang", "name": "张三"}, {"id": "li", "name": "李四", "region": B}],
        "shifts": [
            {"id": "early", "name": {"zh-CN": "早班", "en": "Early"}, "start": "06:00", "end": "18:00"},
            {"id": "late", "name": {}, "start": "18:00", "end": "06:00"},
        ],
        "patterns": [
            {"shift": shift, "first": "2026-11-01", "teams": [{"officers": ["zhang", "li"], "leader": ""}]}
            for shift in ("early", "late")
        ],
    }
    async with world.journal.begin() as tx:
        await tx.put("roster", "site", {"rev": 1, "at": NOW, "by": "wang", "comment": "", "doc": roster})
    await story.many(4, NOW - 60, A)
    body = await story.kpi()
    assert [(row["id"], row["current"], row["operators"]) for row in body["shifts"]] == [
        ("late", True, 2),
        ("early", False, 2),
        ("late", False, 2),
    ]
    assert (body["load"]["operators"], body["load"]["operators_from"]) == (2, "roster")
    assert (body["load"]["rate"]["ten_minutes"], body["load"]["rate"]["per_operator"]) == (4, 2.0)
    assert body["shifts"][0]["name"] == {"zh-CN": "late", "en": "late"}
    assert (await story.kpi(A))["load"]["operators"] == 1, "one of the two is told of another county only"


async def test_a_flood_a_peak_and_the_mix_are_told_with_their_targets(story: Story) -> None:
    for number in range(12):
        severity = Severity.CRITICAL if number < 6 else Severity.WARNING
        await story.happen(f"f{number}", NOW - 300 + number, raised(f"f{number}", f"x{number}", severity=severity))
    load = (await story.kpi())["load"]
    flood, peak = load["flood"], load["peak"]
    assert (flood["on"], flood["since"], flood["in_ten_minutes"]) == (True, iso(NOW - 290), 12)
    assert flood["share_of_day"] == round(290 / 86400, 4)
    assert (peak["hour"], peak["minute"], peak["hour_target"], peak["minute_target"]) == (12, 12, 15, 2)
    assert (load["priorities"]["high"], load["priorities"]["low"], load["priorities"]["medium"]) == (0.5, 0.5, 0.0)
    assert load["frequent"]["share"] == round(10 / 12, 4)
    assert load["per_hour"][-1] == {"at": "2026-11-18T11:00:00.000Z", "shown": 12, "raised": 12}
    assert (load["operators"], load["operators_from"], load["rate"]["per_operator"]) == (1, "assumed", 12.0)


async def test_chattering_is_three_changes_of_one_identity_in_a_minute(story: Story) -> None:
    await story.happen("a", NOW - 50, raised("a"))
    await story.happen("a", NOW - 40, ack(), CLEAR)
    await story.happen("b", NOW - 30, raised("b"))  # the same identity, another alert
    await story.happen("c", NOW - 30, raised("c", "other"))
    await story.happen("d", NOW - 9000, raised("d", "old"), CLEAR, raised("d", "old"))
    body = (await story.kpi())["load"]["chattering"]
    assert (body["count"], body["items"][0]["asset"], body["items"][0]["changes"], body["day"]) == (1, "a-sw", 3, 2)


async def test_stale_is_what_has_been_active_for_more_than_a_day(story: Story, world: World) -> None:
    old = an_alert("old", "a-sw", A, raised_at=NOW - 25 * HOURS)
    young = an_alert("young", "a-sw", A, raised_at=NOW - 23 * HOURS)
    world.pump.mirror.apply(Change(kind=Kind.ALERT, id=alert.id, after=alert, at=NOW) for alert in (old, young))
    stale = (await story.kpi())["load"]["stale"]
    assert (stale["count"], [row["id"] for row in stale["items"]], stale["limit"]) == (1, ["old"], 5)


async def test_a_county_is_told_its_own_load(story: Story) -> None:
    await story.many(3, NOW - 60, A)
    await story.many(5, NOW - 50, B)
    assert [(await story.kpi(region))["load"]["rate"]["day"] for region in ("", A, B)] == [8, 3, 5]


async def test_what_was_raised_before_we_looked_is_known_from_its_document(
    story: Story, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "KEEP", 6 * HOURS)
    await story.happen("a", NOW - 10 * HOURS, raised("a"))
    await story.happen("a", NOW - 60, ack())
    await story.happen("a", NOW - 30, CLEAR)
    body = await story.kpi(A)
    assert (body["mtta"]["median_s"], body["mttr"]["median_s"]) == (10 * HOURS - 60, 10 * HOURS - 30)
    assert body["load"]["rate"]["day"] == 0
    assert body["load"]["complete"] is False


async def test_what_is_read_bit_by_bit_is_what_is_read_at_once(story: Story, world: World) -> None:
    for number in range(40):
        key = f"k{number}"
        await story.happen(key, NOW - 3000 + 40 * number, raised(key, f"x{number % 7}"))
        if number % 3:
            await story.happen(key, NOW - 3000 + 40 * number + 9, ack(), CLEAR)
        world.at = NOW + number * 1.5
        await story.kpi()
    bit_by_bit = await story.kpi()
    world.apps.clear()
    assert await story.kpi() == bit_by_bit


async def test_the_sites_own_targets_stand_beside_the_times(story: Story, world: World) -> None:
    world.app.state.load._deps = replace(world.deps(), load=LoadSettings(mtta=600.0))
    body = await story.kpi()
    assert (body["mtta"]["target"], body["mttr"]["target"]) == (600.0, None)
    assert {row["mtta"]["target"] for row in body["shifts"]} == {600.0}


async def test_an_answer_is_given_again_for_a_second(story: Story, world: World) -> None:
    assert (await story.kpi())["load"]["rate"]["day"] == 0
    await story.happen("a", NOW, raised("a"))
    world.at += 0.9
    assert (await story.kpi())["load"]["rate"]["day"] == 0
    world.at += 0.2
    assert (await story.kpi())["load"]["rate"]["day"] == 1


async def test_of_a_storm_each_entry_is_read_once(story: Story, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await story.many(1500, NOW - 60, A, suppressed_by=("inhibited:root",))
    await story.many(300, NOW - 50, B)
    rate = (await story.kpi())["load"]["rate"]
    assert (rate["day"], rate["raised_day"]) == (300, 1800)
    read: list[int] = []
    fold = Facts.fold

    def counted(self: Facts, entry: JournalEntry, doc: Any) -> Any:
        read.append(entry.seq)
        return fold(self, entry, doc)

    monkeypatch.setattr(Facts, "fold", counted)
    await story.many(7, NOW - 40, B)
    world.at += 2
    rate = (await story.kpi())["load"]["rate"]
    assert (rate["day"], len(read)) == (307, 7)


async def test_prometheus_is_told_the_same_figures(story: Story, world: World) -> None:
    for number in range(12):
        await story.happen(f"f{number}", NOW - 300 + number, raised(f"f{number}", f"x{number}"))
    await story.happen("f0", NOW - 100, ack(), CLEAR)
    async with world.client(Authorization=f"Bearer {await world.token('read')}") as client:
        lines = set((await client.get("/metrics")).text.splitlines())
    assert {
        'watchfloor_load_shown{window="10m"} 12.0',
        'watchfloor_load_shown{window="24h"} 12.0',
        "watchfloor_load_flood 1.0",
        'watchfloor_load_peak{window="1m"} 12.0',
        "watchfloor_load_chattering 0.0",
        'watchfloor_load_seconds{of="take",quantile="0.5"} 200.0',
        "watchfloor_load_stale 0.0",
        'watchfloor_load_seconds{of="end",quantile="0.9"} 200.0',
        'watchfloor_load_share{priority="high"} 1.0',
        "watchfloor_load_frequent_share 0.8333",
    } <= lines


async def test_a_wall_may_show_it_and_no_name_stands_in_it(story: Story, world: World) -> None:
    await story.happen("a", NOW - 60, raised("a"))
    await story.happen("a", NOW - 30, ack("zhang-san"))
    async with world.client(Authorization=f"Bearer {await world.token('wall')}") as client:
        answer = await client.get("/api/v1/kpi")
    assert answer.status_code == 200
    assert "zhang-san" not in answer.text
    assert answer.json()["mtta"]["count"] == 1
