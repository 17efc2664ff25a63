"""Rules and warnings rebuilt as their last good version was, and taken up by the running engine."""

from __future__ import annotations

import pytest

from feeds.bus import Bus
from feeds.engine.journaled import MENDED_EVERY
from feeds.journal import Doc, Journal
from feeds.journal.forms import NotMendable
from tests.alerts.builders import asset
from tests.alerts.rig import Rig as AlertRig
from tests.incidents.builders import id_of
from tests.incidents.rig import Rig as WarningRig
from tests.incidents.rig import cap
from tests.watchfloor.repair.test_documents import DAMAGES, damage
from watchfloor.repair import documents

HOT = {"id": "hot", "when": 'm["sensor.temp"] > (active ? 70.0 : 80.0)', "severity": "minor"}
A, U = id_of("A", 0), id_of("U", 600)


async def stored(journal: Journal, kind: str, id: str) -> Doc:
    doc = await journal.doc(kind, id)
    assert doc is not None
    return doc


async def test_a_damaged_rule_is_rebuilt_as_it_was_changed_last(bus: Bus, journal: Journal) -> None:
    rig = AlertRig(bus, journal)
    await rig.start()
    await rig.order("rules", items=[HOT], comment="试一试")
    await rig.order("rules", items=[{**HOT, "severity": "major"}], comment="升级")
    before = await stored(journal, "rule", "api:hot")
    damage(journal, "rule", DAMAGES["cut"], "api:hot")
    await rig.start()
    assert "hot" not in rig.engine.core.rules
    (wrong,) = await documents.findings(journal)
    assert (wrong.kind, wrong.id) == ("rule", "api:hot")
    await documents.mend(journal, "rule", "api:hot", "zhang")
    assert await stored(journal, "rule", "api:hot") == before
    await rig.start()
    assert rig.engine.core.rules["hot"].settings.severity == "major"


async def test_a_rule_that_was_removed_is_rebuilt_closed(bus: Bus, journal: Journal) -> None:
    rig = AlertRig(bus, journal)
    await rig.start()
    await rig.order("rules", items=[HOT], comment="试一试")
    await rig.order("rules", items=[{"id": "hot", "gone": True}], comment="不用了")
    before = await stored(journal, "rule", "api:hot")
    damage(journal, "rule", DAMAGES["no text"], "api:hot")
    await documents.mend(journal, "rule", "api:hot", "zhang")
    assert await stored(journal, "rule", "api:hot") == before
    assert not before.open


@pytest.mark.parametrize("text", DAMAGES.values(), ids=DAMAGES)
async def test_a_damaged_warning_is_rebuilt_from_the_messages_that_made_and_ended_it(
    bus: Bus, journal: Journal, text: bytes
) -> None:
    rig = WarningRig(bus, journal)
    await rig.start()
    await rig.send(cap("A", 0))
    await rig.step(1)
    await rig.send(cap("U", 600, msg_type="Update", references=(A,)))
    await rig.step(700)
    before = await rig.shown()
    states = await rig.states()
    assert states == {"A": "superseded", "U": "active"}
    for id in (A, U):
        damage(journal, "warning", text, id)
        await documents.mend(journal, "warning", id, "zhang")
    assert await documents.findings(journal) == []
    await rig.start()
    await rig.step(1)
    after = await rig.shown()
    assert await rig.states() == states
    for id in (A, U):
        for name in ("headline", "regions", "ended_at", "ended_by", "affected", "areas", "sent"):
            assert getattr(after[id], name) == getattr(before[id], name), (id, name)


async def test_a_warning_without_its_message_in_the_log_is_not_mendable(journal: Journal) -> None:
    async with journal.begin() as tx:
        await tx.put("warning", "x", {})
        await tx.append(kind="warning", name="expired", subject="x", at=1.0)
    with pytest.raises(NotMendable):
        await documents.mend(journal, "warning", "x", "zhang")


async def test_a_running_engine_takes_a_mended_document_up_within_seconds(bus: Bus, journal: Journal) -> None:
    rig = AlertRig(bus, journal)
    await rig.start()
    await rig.assets(asset("r1"))
    await rig.health("down")
    await rig.step()
    await rig.step(60)
    (alert,) = rig.engine.core.alerts.values()
    damage(journal, "alert", DAMAGES["cut"], alert.id)
    await rig.start()
    await rig.step(MENDED_EVERY)
    assert not rig.engine.stale, "nobody has mended it"
    assert len(journal.set_aside) == 1
    await documents.mend(journal, "alert", alert.id, "zhang")
    await rig.step(MENDED_EVERY)
    assert rig.engine.stale
    rig.cursors = await rig.engine.open(bus)
    assert not rig.engine.stale
    assert alert.id in rig.engine.core.alerts
    assert len(journal.set_aside) == 0


async def test_a_dropped_document_counts_no_more(bus: Bus, journal: Journal) -> None:
    async with journal.begin() as tx:
        await tx.put("silence", "s1", {})
    rig = AlertRig(bus, journal)
    await rig.start()
    assert journal.set_aside.counts() == {"silence": 1}
    await documents.drop(journal, "silence", "s1", "zhang")
    await rig.step(MENDED_EVERY)
    assert rig.engine.stale
    assert journal.set_aside.counts() == {}
