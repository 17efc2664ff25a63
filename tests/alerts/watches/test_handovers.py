"""A handover that nobody signs in time is an alert, and the second signature ends it: timelines with a moved clock."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from alerts.engine.loop import NAME
from alerts.watches import handovers
from alerts.watches.handovers import RULE, HandoverWatch
from feeds.bus import Bus
from feeds.duty.handover import HandoverSettings
from feeds.journal import Intake, Journal, intake_url
from feeds.model import Alert, Severity
from tests.alerts.builders import T0
from tests.alerts.rig import Rig


class Shift:
    """An engine, its intake and the watch; signatures as the web role writes them."""

    def __init__(self, bus: Bus, journal: Journal, intake: Intake) -> None:
        self.rig = Rig(bus, journal, intake=intake)
        self.watch = HandoverWatch(
            journal, intake, NAME, lambda: self.rig.engine.core.alerts.values(), "532300", lambda: self.rig.now
        )

    async def sign(self, name: str, id: str, region: str = "") -> None:
        async with self.rig.journal.begin() as tx:
            body = {"region": region, "to": "李四", "counts": {}}
            await tx.append(kind="handover", name=name, subject=id, at=self.rig.now, actor="zhang", body=body)

    async def at(self, minutes: float) -> list[tuple[str, str]]:
        """What stands at that minute, as (handover, region)."""
        self.rig.now = T0 + minutes * 60
        await self.watch.look()
        await self.rig.step(1.0)
        assert await self.watch.look() == 0, "it is said once"
        return sorted((alert.labels["handover"], alert.region) for alert in self.standing())

    def standing(self) -> list[Alert]:
        return [alert for alert in self.rig.engine.core.alerts.values() if alert.rule == RULE and alert.active]


@pytest.fixture
async def shift(bus: Bus, journal: Journal, journal_url: str) -> AsyncIterator[Shift]:
    intake = Intake(intake_url(journal_url), "test")
    shift = Shift(bus, journal, intake)
    await shift.rig.start()
    yield shift
    await intake.close()


async def test_an_unsigned_handover_is_raised_after_its_time_and_cleared_by_the_signature(shift: Shift) -> None:
    rig = shift.rig
    await shift.sign("given", "h1")
    assert await shift.at(14.9) == []
    assert await shift.at(15.1) == [("h1", "532300")]
    (alert,) = shift.standing()
    assert (alert.severity, alert.raised_at - T0) == (Severity.MAJOR, 900)
    assert "李四" not in f"{alert.title}{alert.text}{alert.labels}", "a wall shows it too"
    await rig.sent(alert.id)
    await rig.start()
    assert await shift.at(16) == [("h1", "532300")], "a restart raises nothing twice"
    await shift.sign("accepted", "h1")
    assert await shift.at(20) == []
    assert [item.body["reason"] for item in await rig.journal.outbox_for(alert.id)] == ["first", "cleared"]
    await rig.assert_whole()


async def test_one_that_is_signed_in_time_is_nobodys_alert_and_each_region_is_its_own(shift: Shift) -> None:
    for id, region in (("h1", "532301"), ("h2", "532331"), ("h3", "532301")):
        await shift.sign("given", id, region)
    await shift.sign("accepted", "h2")
    assert await shift.at(20) == [("h1", "532301"), ("h3", "532301")]
    await shift.sign("given", "h4", "532331")
    await shift.sign("accepted", "h4")
    assert await shift.at(21) == [("h1", "532301"), ("h3", "532301")], "another region's signature ends nothing here"
    await shift.sign("given", "h5", "532301")
    assert await shift.at(22) == [("h1", "532301"), ("h3", "532301")]
    await shift.sign("accepted", "h5")
    assert await shift.at(23) == [], "who signs for a later one has taken over what was left unsigned"


async def test_what_stands_is_ended_by_a_signature_and_not_by_many_later_handovers_elsewhere(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handovers, "READ_BACK", 4)
    await shift.sign("given", "h1", "532301")
    assert await shift.at(16) == [("h1", "532301")]
    for number in range(4):
        await shift.sign("given", f"other{number}", "532331")
        await shift.sign("accepted", f"other{number}", "532331")
    assert await shift.at(17) == [("h1", "532301")], "out of the newest entries it still waits"
    await shift.rig.start()
    assert await shift.at(18) == [("h1", "532301")]
    await shift.sign("given", "h2", "532301")
    await shift.sign("accepted", "h2", "532301")
    assert await shift.at(19) == []


async def test_other_settings_apply_at_once_and_none_ends_what_stands(shift: Shift) -> None:
    await shift.sign("given", "h1")
    shift.watch.settings = HandoverSettings(sign_within=60.0, severity=Severity.CRITICAL)
    assert await shift.at(2) == [("h1", "532300")]
    assert [notice.severity for notice in shift.standing()] == [Severity.CRITICAL]
    shift.watch.settings = HandoverSettings(sign_within=0.0)
    assert await shift.at(3) == []
    shift.watch.settings = HandoverSettings()
    assert await shift.at(30) == [("h1", "532300")]
