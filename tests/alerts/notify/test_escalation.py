"""Escalation as timelines: at this minute nobody has it, and these are told; over a real journal and bus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from alerts.notify.escalation import Escalations
from feeds.bus import Bus
from feeds.documents.alert_match import AlertMatch
from feeds.documents.escalations import EscalationSettings, StepSettings
from feeds.journal import Journal
from feeds.model import Severity
from tests.alerts.builders import T0, command, make_alert
from tests.alerts.rig import DESK, Rig
from tests.alerts.rosters import GROUP, PHONES, POLICY, SMS, STEPS, roster

MINUTE = 60.0
Recipients = list[tuple[float, str, str]]


@pytest.fixture
async def rig(bus: Bus, journal: Journal) -> Rig:
    return await started(Rig(bus, journal, receivers=(DESK, SMS, GROUP), escalations=(POLICY,)))


async def started(rig: Rig) -> Rig:
    await rig.assets()
    await rig.start()
    await rig.order("roster_put", 0, doc=roster())
    return rig


async def queued_notices(
    rig: Rig, id: str = "a1", *, of: Callable[[str], bool] = lambda receiver: receiver != "desk"
) -> Recipients:
    """(minutes after T0, who over what, why), of everything that was queued and not taken back."""
    notified = []
    for item in await rig.journal.outbox_for(id):
        person = item.body.get("to", {}).get("person", "")
        if of(item.receiver) and item.error != "acknowledged":
            notified.append(((item.created - T0) / MINUTE, person or item.receiver, item.body["reason"]))
    return notified


async def down(rig: Rig) -> None:
    await rig.health("down")
    await rig.step()


async def ack(rig: Rig, number: int, **args: Any) -> None:
    await rig.send(command("ack", "a1", rig.now, id=f"ack{number}", args=args))
    await rig.step()


async def test_nobody_takes_it_and_step_after_step_is_told(rig: Rig) -> None:
    await down(rig)
    for _ in range(70):
        await rig.step(MINUTE)
    assert await queued_notices(rig) == [
        (0, "zhang", "escalation"),
        (0, "li", "escalation"),
        (10, "wang", "escalation"),
        (25, "wang", "repeat"),
        (40, "wang", "repeat"),
        (60, "group", "escalation"),
    ]
    keys = [item.key for item in await rig.journal.outbox_for("a1") if item.receiver != "desk"]
    assert keys == [
        "a1:e1.1:zhang:sms",
        "a1:e1.1:li:sms",
        "a1:e1.2:wang:sms",
        "a1:e1.2.1:wang:sms",
        "a1:e1.2.2:wang:sms",
        "a1:e1.3:-:group",
    ]
    first = (await rig.journal.outbox_for("a1"))[1]
    assert first.body["to"] == {"person": "zhang", "name": "zhang", "address": PHONES["zhang"], "language": ""}


async def test_taking_it_stops_the_steps_and_takes_back_what_is_unsent(rig: Rig) -> None:
    await down(rig)
    await rig.sent()
    await rig.step(10 * MINUTE)
    assert await rig.queued() == ["a1:e1.2:wang:sms"]
    await ack(rig, 1)
    assert await rig.queued() == []
    await rig.step(200 * MINUTE)
    assert await queued_notices(rig) == [(0, "zhang", "escalation"), (0, "li", "escalation")]
    entries = await rig.journal.entries(kind="escalation")
    assert [(entry.name, entry.body["step"]) for entry in entries] == [("step", 1), ("step", 2)]


async def test_whoever_was_told_is_told_of_the_end_and_nobody_else(rig: Rig) -> None:
    await down(rig)
    await rig.sent()
    await rig.step(10 * MINUTE)
    await ack(rig, 1)
    await rig.health("ok")
    await rig.step(MINUTE)
    cleared = [who for _, who, why in await queued_notices(rig, of=lambda _: True) if why == "cleared"]
    # The leader's message was taken back while it may have been under way: the sender knows, see test_sender.py.
    assert cleared == ["desk", "li", "wang", "zhang"]


@pytest.mark.parametrize(("how", "minutes"), [("unack", 5), ("expiry", 30)])
async def test_nobodys_again_begins_anew(rig: Rig, how: str, minutes: int) -> None:
    await down(rig)
    await rig.sent()
    await rig.step(MINUTE)
    await ack(rig, 1, **({"until": rig.now + 29 * MINUTE} if how == "expiry" else {}))
    if how == "unack":
        await rig.step(4 * MINUTE)
        await rig.send(command("unack", "a1", rig.now, id="u1"))
    else:
        await rig.step(29 * MINUTE)
    await rig.step()
    await rig.step(10 * MINUTE)
    assert (await queued_notices(rig))[2:] == [
        (minutes, "zhang", "escalation"),
        (minutes, "li", "escalation"),
        (minutes + 10, "wang", "escalation"),
    ]
    assert "a1:e2.1:zhang:sms" in [item.key for item in await rig.journal.outbox_for("a1")]


async def test_a_receiver_whose_message_was_taken_back_is_told_when_it_is_nobodys_again(rig: Rig) -> None:
    await down(rig)
    await ack(rig, 1)
    assert await rig.queued() == []
    await rig.send(command("unack", "a1", rig.now + 1, id="u1"))
    await rig.step(1)
    assert [why for _, who, why in await queued_notices(rig, of=lambda receiver: receiver == "desk")] == ["again"]


async def test_a_promise_that_passes_is_told_once_although_it_is_taken(rig: Rig) -> None:
    await down(rig)
    await rig.sent()
    await rig.step(MINUTE)
    promise = rig.now + 59 * MINUTE
    await ack(rig, 1, estimated_restoration=promise)
    for _ in range(20):
        await rig.step(10 * MINUTE)
    assert (await queued_notices(rig))[2:] == [(61, "zhang", "promise"), (61, "li", "promise"), (61, "wang", "promise")]
    await ack(rig, 2, estimated_restoration=rig.now + 5 * MINUTE)
    await rig.step(6 * MINUTE)
    assert (await queued_notices(rig))[2:] == [
        (207, "zhang", "promise"),
        (207, "li", "promise"),
        (207, "wang", "promise"),
    ]


async def test_a_promise_that_is_kept_or_renewed_is_not_told(rig: Rig) -> None:
    await down(rig)
    await ack(rig, 1, estimated_restoration=rig.now + 60 * MINUTE)
    await rig.step(50 * MINUTE)
    await ack(rig, 2, estimated_restoration=rig.now + 60 * MINUTE)
    await rig.step(20 * MINUTE)
    await rig.health("ok")
    await rig.step(MINUTE)
    await rig.step(100 * MINUTE)
    assert [why for _, _, why in await queued_notices(rig) if why == "promise"] == []


async def test_what_is_hidden_does_not_escalate_and_begins_when_it_is_shown(rig: Rig) -> None:
    await rig.send(
        command(
            "silence",
            "s1",
            rig.now,
            id="s",
            role="admin",
            args={"match": {"region": "532301"}, "until": T0 + 30 * MINUTE, "comment": "计划内"},
        )
    )
    await rig.step()
    await down(rig)
    await rig.step(20 * MINUTE)
    assert await queued_notices(rig) == []
    await rig.step(11 * MINUTE)
    assert {(why, who) for _, who, why in await queued_notices(rig)} == {("escalation", "zhang"), ("escalation", "li")}


async def test_a_restart_tells_nothing_twice_and_forgets_no_step(rig: Rig) -> None:
    await down(rig)
    for _ in range(70):
        await rig.start()
        await rig.step(MINUTE)
    assert [(who, why) for _, who, why in await queued_notices(rig)] == [
        ("zhang", "escalation"),
        ("li", "escalation"),
        ("wang", "escalation"),
        ("wang", "repeat"),
        ("wang", "repeat"),
        ("group", "escalation"),
    ]
    await rig.assert_whole()


async def test_a_step_asks_the_roster_at_its_own_moment(rig: Rig) -> None:
    await down(rig)
    swap = [
        {"date": day, "shift": shift, "person": "wang", "substitute": "zhao"}
        for day in ("2027-01-14", "2027-01-15", "2027-01-16")
        for shift in ("day", "night")
    ]
    await rig.order("roster_put", 1, doc=roster(substitutes=swap))
    await rig.step(10 * MINUTE)
    assert (await queued_notices(rig))[-1] == (10, "zhao", "escalation")


async def test_a_step_that_reaches_nobody_is_written_down_and_the_next_does_not_wait(rig: Rig) -> None:
    people = [person for person in roster()["persons"] if person["id"] == "wang"]
    await rig.replace_roster(1, roster(persons=people))
    await down(rig)
    assert await queued_notices(rig) == [(0, "wang", "escalation")]
    names = [entry.name for entry in await rig.journal.entries(kind="escalation")]
    assert names == ["nobody", "step"]


async def test_a_policy_that_reached_nobody_is_tried_again_when_people_change_and_after_half_an_hour(rig: Rig) -> None:
    await rig.replace_roster(1, roster(persons=[]))
    rig.engine.replace(rig.engine.core.rules, rig.receivers, escalations=(replace(POLICY, steps=STEPS[:2]),))
    await down(rig)
    for _ in range(70):
        await rig.step(MINUTE)
    entries = [((entry.at - T0) / MINUTE, entry.name) for entry in await rig.journal.entries(kind="escalation")]
    assert entries == [(minute, "nobody") for minute in (0, 0, 30, 30, 60, 60)]
    await rig.order("roster_put", 2, doc=roster())
    assert await queued_notices(rig) == [(70, "zhang", "escalation"), (70, "li", "escalation")]


async def test_somebody_of_another_county_is_not_told(rig: Rig) -> None:
    people = [{**person, "region": "532323" if person["id"] == "li" else "532301"} for person in roster()["persons"]]
    await rig.order("roster_put", 1, doc=roster(persons=people))
    await down(rig)
    assert [who for _, who, _ in await queued_notices(rig)] == ["zhang"]


@pytest.mark.parametrize(
    ("concern", "chosen"),
    [
        (AlertMatch(severities=(Severity.CRITICAL,)), "special"),
        (AlertMatch(severities=(Severity.MINOR,)), "all"),
        (AlertMatch(regions=("532301",)), "special"),
        (AlertMatch(regions=("532323",)), "all"),
        (AlertMatch(feeds=("network",)), "special"),
        (AlertMatch(feeds=("video",)), "all"),
        (AlertMatch(kinds=("router",)), "special"),
        (AlertMatch(kinds=("camera",)), "all"),
    ],
)
async def test_the_first_policy_that_fits_is_used(bus: Bus, journal: Journal, concern: AlertMatch, chosen: str) -> None:
    special = EscalationSettings(
        id="special",
        steps=(StepSettings(who=("receiver:group",)),),
        severities=concern.severities,
        regions=concern.regions,
        feeds=concern.feeds,
        kinds=concern.kinds,
    )
    rig = await started(Rig(bus, journal, receivers=(DESK, SMS, GROUP), escalations=(special, POLICY)))
    await down(rig)
    (entry, *_) = await journal.entries(kind="escalation")
    assert entry.body["policy"] == chosen


async def test_a_policy_that_is_taken_away_stops_and_another_one_begins(rig: Rig) -> None:
    await down(rig)
    other = replace(POLICY, id="other", steps=(replace(STEPS[1], after=0.0),))
    rig.engine.replace(rig.engine.core.rules, rig.receivers, escalations=(other,))
    await rig.step(MINUTE)
    assert (await queued_notices(rig))[-1] == (1, "wang", "escalation")
    rig.engine.replace(rig.engine.core.rules, rig.receivers)
    await rig.step(MINUTE)
    await rig.step(500 * MINUTE)
    assert len(await queued_notices(rig)) == 3


async def test_an_hour_of_absence_tells_each_step_once_and_nothing_of_what_is_over(rig: Rig) -> None:
    await down(rig)
    rig.now += 120 * MINUTE
    await rig.start()
    await rig.step(1)
    await rig.step(1)
    assert [(who, why) for _, who, why in await queued_notices(rig)] == [
        ("zhang", "escalation"),
        ("li", "escalation"),
        ("wang", "escalation"),
        ("group", "escalation"),
    ]


async def test_ten_thousand_alerts_that_nobody_takes_cost_nothing_until_they_fall_due() -> None:
    escalations = Escalations()
    escalations.set_policies((POLICY,), (), lambda alert: None, T0)
    alerts = {f"a{n}": make_alert(id=f"a{n}") for n in range(10_000)}
    for alert in alerts.values():
        escalations.note(alert, None, T0)
    fired = [len(escalations.fire(T0, lambda id: (alerts[id], None))) for _ in range(51)]
    assert fired == [200] * 50 + [0]
    looked_up: list[str] = []
    assert escalations.fire(T0 + 599, lambda id: looked_up.append(id)) == []
    assert looked_up == []


async def test_the_engine_rests_no_longer_than_until_the_next_step(rig: Rig) -> None:
    await down(rig)
    due = rig.engine.notifier.escalations.next_at("a1")
    assert due == rig.now + 600.0
    assert rig.engine.rest(due - 0.05) <= 0.05 + 1e-6
    assert rig.engine.rest(due + 5.0) == 0.0
