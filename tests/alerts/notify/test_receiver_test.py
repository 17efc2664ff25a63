"""The test button: a marked message takes the way of a real one, once, and its outcome is kept."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from alerts.notify.sender import Sender
from alerts.receivers.catalogue import compile_receivers
from feeds.bus import Bus
from feeds.documents.receivers import ReceiverSettings
from feeds.journal import Journal
from feeds.model import Outcome
from tests.alerts.builders import command
from tests.alerts.receiver import Receiver, listening
from tests.alerts.rig import Rig
from tests.alerts.rosters import SMS, roster


async def pressed(rig: Rig, desk: Receiver, **args: Any) -> str:
    """The button for "desk" is pressed and one round of sending passes; the message's key."""
    answer = await rig.order("receiver_test", **args)
    assert answer.after is not None, answer
    sender = Sender(rig.journal, compile_receivers(rig.receivers), clock=lambda: rig.now, jitter=lambda: 0.0)
    async with aiohttp.ClientSession() as session:
        await sender.deliver_due(session)
    return str(answer.after["key"])


async def office(bus: Bus, journal: Journal, desk: Receiver) -> Rig:
    rig = Rig(bus, journal, receivers=(ReceiverSettings(id="receiver_test", url=desk.url), SMS))
    await rig.assets()
    await rig.start()
    await rig.order("roster_put", 0, doc=roster())
    return rig


async def test_a_test_is_marked_sent_once_and_written_down(bus: Bus, journal: Journal) -> None:
    async with listening() as desk:
        rig = await office(bus, journal, desk)
        key = await pressed(rig, desk, person="li")
        ((sent, body),) = desk.requests
    assert (sent, body["reason"], body["alert"], body["to"]["name"]) == (key, "test", None, "li")
    entry = (await journal.entries(kind="receivers"))[-1]
    assert (entry.name, entry.actor, entry.body["person"]) == ("test", "zhang", "li")
    item = await journal.outbox_item(key)
    assert item is not None
    assert (item.due, item.sent_at) == (None, rig.now)


async def test_a_test_that_fails_is_not_tried_again_and_says_why(bus: Bus, journal: Journal) -> None:
    async with listening() as desk:
        desk.status = 503
        rig = await office(bus, journal, desk)
        key = await pressed(rig, desk)
    item = await journal.outbox_item(key)
    assert item is not None
    assert (item.due, item.sent_at, item.error) == (None, None, "failed: HTTP 503")


@pytest.mark.parametrize(
    ("subject", "more", "outcome", "detail"),
    [
        ("nobody", {}, Outcome.NOT_FOUND, "not_found"),
        ("sms", {}, Outcome.INVALID, "no_address"),
        ("sms", {"args": {"person": "ghost"}}, Outcome.INVALID, "unknown_person"),
        ("sms", {"role": "duty"}, Outcome.FORBIDDEN, "role"),
        ("sms", {"actor_region": "532301"}, Outcome.FORBIDDEN, "region"),
        ("sms", {"args": {"person": "li"}}, Outcome.DONE, ""),
    ],
)
async def test_what_cannot_be_tested_is_refused_with_the_reason(
    bus: Bus, journal: Journal, subject: str, more: dict[str, Any], outcome: Outcome, detail: str
) -> None:
    async with listening() as desk:
        rig = await office(bus, journal, desk)
        await rig.send(command("receiver_test", subject, rig.now, **{"role": "admin", "args": {}, **more}))
        await rig.step()
    answer = (await rig.answers())[-1]
    assert (answer.outcome, answer.detail) == (outcome, detail)


async def test_the_same_press_read_twice_is_one_message(bus: Bus, journal: Journal) -> None:
    async with listening() as desk:
        rig = await office(bus, journal, desk)
        for _ in range(2):
            await rig.send(command("receiver_test", "receiver_test", rig.now, role="admin", args={}))
            await rig.step()
        await rig.start()
        await rig.step()
    assert len(await journal.outbox_for("test:c1:receiver_test")) == 1
