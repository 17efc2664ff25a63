"""The role as a whole: from a change on the bus to a webhook on a socket."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from alerts.receivers.base import ReceiverError
from alerts.rules.rule import RuleError
from alerts.service import AlertService
from feeds.bus import Bus
from feeds.clock import now
from feeds.documents.escalations import EscalationSettings
from feeds.documents.receivers import ReceiverSettings
from feeds.journal import Journal
from feeds.model import Kind, Outcome
from tests.alerts.builders import asset, change, command, rule, state
from tests.alerts.gateway import gateway
from tests.alerts.receiver import listening
from tests.alerts.rosters import PHONES, SMS, STEPS, roster
from tests.patience import PATIENCE, until


async def test_from_a_failure_to_the_desk_and_back(bus: Bus, journal: Journal) -> None:
    async with listening() as desk, asyncio.timeout(PATIENCE):
        settings = [ReceiverSettings(id="desk", url=desk.url)]
        task = asyncio.create_task(AlertService(bus, journal, [rule()], settings, "楚雄州").run())
        await bus.commit("project", cursors={}, changes=[change(asset(), now()), change(state("r1", "down"), now())])
        await desk.came.wait()
        key, body = desk.requests[0]
        assert key == body["key"] == f"{body['alert']['id']}:1:desk"
        desk.came.clear()
        await bus.send("alert", command("ack", body["alert"]["id"], now()))
        answers = await bus.read({bus.keys.results: "0-0"}, block=PATIENCE)
        assert [entry.items[0].outcome for entry in answers] == [Outcome.DONE]
        await bus.commit("project", cursors={}, changes=[change(state("r1", "ok"), now())])
        await desk.came.wait()
        assert desk.reasons == ["first", "cleared"]

        async def calm() -> bool:
            return not (await bus.state((Kind.ALERT,))).records[Kind.ALERT]

        await until(calm)  # the message may be there before the screens know
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_the_failure_of_either_part_ends_both(
    bus: Bus, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> list[object]:
        raise OSError("disk full")

    monkeypatch.setattr(journal, "outbox_ready", broken)
    with pytest.raises(ExceptionGroup):
        async with asyncio.timeout(PATIENCE):
            await AlertService(bus, journal, [rule()], [], "x").run()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_settings_that_cannot_be_used_leave_the_running_ones(bus: Bus, journal: Journal) -> None:
    role = AlertService(bus, journal, [rule()], [], "x")
    with pytest.raises(RuleError):
        await role.reload([rule(when="helth")], [])
    with pytest.raises(ReceiverError):
        await role.reload([], [ReceiverSettings(id="r", url="ftp://x")])
    assert list(role.engine.core.rules) == ["down"]
    await role.reload([rule(id="other")], [])
    assert list(role.engine.core.rules) == ["other"]


async def test_from_a_failure_to_the_phones_of_those_on_duty_and_over_a_restart_to_the_end(
    bus: Bus, journal: Journal
) -> None:
    async with gateway() as phones, listening() as hook, asyncio.timeout(PATIENCE):
        sms = replace(SMS, url=f"sms+http://127.0.0.1:{phones.port}/send")
        policy = EscalationSettings(id="all", steps=STEPS[:1])

        def start() -> asyncio.Task[None]:
            return asyncio.create_task(
                AlertService(bus, journal, [rule()], [sms], "楚雄州", escalations=[policy]).run()
            )

        async def admin(action: str, **doc: object) -> None:
            await bus.send("alert", command(action, action, now(), id=action, role="admin", args={"doc": doc}))
            while await journal.command_entry(action) is None:
                await asyncio.sleep(0.02)

        task = start()
        await admin("roster_put", **roster())
        await admin("receivers_put", items=[{"id": "hook", "url": hook.url}])
        await bus.commit("project", cursors={}, changes=[change(asset(), now()), change(state("r1", "down"), now())])
        await hook.came.wait()
        while len(phones.requests) < 2:
            await asyncio.sleep(0.02)
        assert {request[3]["mobile"] for request in phones.requests} == {PHONES["zhang"], PHONES["li"]}
        task.cancel()
        await asyncio.wait([task])
        hook.came.clear()
        task = start()
        await bus.commit("project", cursors={}, changes=[change(state("r1", "ok"), now())])
        await hook.came.wait()
        while len(phones.requests) < 4:
            await asyncio.sleep(0.02)
        assert hook.reasons == ["first", "cleared"]
        assert [("已恢复" in request[3]["content"]) for request in phones.requests] == [False, False, True, True]
        task.cancel()
        await asyncio.wait([task])
