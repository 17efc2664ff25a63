"""CAP messages pushed over HTTP: they wait in the journal's intake and need no Redis to be accepted."""

from __future__ import annotations

import pytest

from feeds import wire
from feeds.bus import Bus
from feeds.journal import Intake, Journal, Parcel
from feeds.mapped.warnings import MappedWarning
from feeds.model import Area, EmergencyWarning
from incidents.warnings.domain import NAME
from tests.incidents.rig import Killed, Rig, cap


@pytest.fixture
async def rig(bus: Bus, journal: Journal, intake: Intake) -> Rig:
    rig = Rig(bus, journal, intake)
    await rig.start()
    return rig


async def test_a_pushed_message_is_shown_with_its_source_and_once_only(rig: Rig) -> None:
    await rig.push(cap("K1"))
    await rig.push(cap("K1"))
    await rig.step(1)
    (warning,) = (await rig.shown()).values()
    assert (warning.identifier, warning.source, warning.state) == ("K1", "push.tool", "active")
    assert await rig.names() == [("received", "K1")]
    await rig.assert_consistent()


async def test_a_message_accepted_while_redis_is_lost_is_shown_after_its_return(rig: Rig, valkey_url: str) -> None:
    await rig.push(cap("K1"))
    rig.bus = Bus(valkey_url, "8" + rig.bus.site)  # an empty server
    await rig.bus.open()
    await rig.start()
    await rig.step(1)
    assert await rig.states() == {"K1": "active"}
    empty = Bus(valkey_url, "7" + rig.bus.site)
    await empty.open()
    await rig.bus.close()
    rig.bus = empty
    await rig.start()
    assert await rig.states() == {"K1": "active"}
    await rig.assert_consistent()
    await empty.close()


async def test_killed_after_the_journal_it_is_not_taken_twice(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    async def dies(*_: object, **__: object) -> str:
        raise Killed

    await rig.push(cap("K1"))
    monkeypatch.setattr(rig.bus, "commit", dies)
    with pytest.raises(Killed):
        await rig.step(1)
    monkeypatch.undo()
    await rig.start()
    await rig.step(1)
    assert await rig.names() == [("received", "K1")]
    await rig.assert_consistent()


async def test_a_pushed_warning_of_a_mapped_system_outlives_a_crash_and_an_unusable_one_is_a_dead_letter(
    rig: Rig,
) -> None:
    assert rig.intake is not None
    for key, area in (("M1", Area(regions=("532301",))), ("M2", Area(geometry={"type": "Polygon", "coordinates": 1}))):
        warning = EmergencyWarning(
            id=f"nmc,{key},2026-11-28T10:00:00+00:00",
            source="nmc",
            status="Actual",
            msg_type="Alert",
            sender="nmc",
            identifier=key,
            sent=rig.now - 60,
            received_at=rig.now,
            areas=(area,),
            digest=key,
        )
        body = wire.encode(MappedWarning(warning=warning, raw="{}"))
        await rig.intake.put(Parcel(target=NAME, kind="mapped_warning", at=rig.now, body=body))
    await rig.start()
    await rig.step(1)
    assert await rig.states() == {"M1": "active"}
    assert [letter.source for letter in await rig.bus.dead_letters()] == ["nmc"]
    await rig.assert_consistent()
