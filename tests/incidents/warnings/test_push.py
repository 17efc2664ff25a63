"""CAP messages pushed over HTTP: they wait in the journal's intake and need no Redis to be accepted."""

from __future__ import annotations

import pytest

from feeds.bus import Bus
from feeds.journal import Intake, Journal
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
