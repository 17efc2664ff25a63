"""Receipts through the engine of the command role, over a real bus and a real journal."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from feeds import wire
from feeds.bus import Bus
from feeds.journal import Intake, Journal, Parcel
from feeds.model import Command, Outcome, Receipt, Result
from feeds.receipts import ReceiptReport
from incidents.engine import CommandEngine
from incidents.receipts.lifecycle import ANSWER_WITHIN, KEEP
from tests.incidents.builders import T0
from tests.incidents.rig import ASSETS, Killed, cap


def report(id: str = "1", **fields: Any) -> ReceiptReport:
    values: dict[str, Any] = {
        "source": "119",
        "external_id": id,
        "channel": "119",
        "received_at": T0,
        "at": T0,
        "updated_at": T0,
        "text": "着火",
        "lat": 25.05,
        "lon": 101.55,
        "event_class": "fire",
    }
    values |= fields
    return ReceiptReport(**values | {"raw": repr(sorted(values.items()))})


class Desk:
    """The command role, driven by hand with a moved clock."""

    def __init__(self, bus: Bus, journal: Journal, intake: Intake) -> None:
        self.bus, self.journal, self.intake, self.now = bus, journal, intake, T0
        self.cursors: dict[str, str] = {}

    async def start(self) -> None:
        self.engine = CommandEngine(self.journal, ASSETS, site="532300", clock=lambda: self.now, intake=self.intake)
        self.cursors = await self.engine.open(self.bus)

    async def send(self, *reports: ReceiptReport) -> None:
        await self.bus.publish("emergency", "receipt", list(reports), source="119")

    async def step(self, seconds: float = 0.0) -> None:
        self.now += seconds
        entries = await self.bus.read(self.cursors, block=0.001)
        await self.engine.step(entries, self.now)
        for entry in entries:
            self.cursors[entry.stream] = entry.id

    async def shown(self) -> dict[str, Receipt]:
        records: dict[str, Receipt] = (await self.bus.state(("receipt",))).records["receipt"]
        return records

    async def names(self) -> list[str]:
        return [entry.name for entry in await self.journal.entries(kind="receipt", limit=1000)]

    async def command(self, action: str, subject: str, *, region: str = "", reason: str = "", **args: Any) -> Result:
        """Give a command as a person, and step. The result is the engine's own answer."""
        command = Command(
            id=uuid.uuid4().hex,
            action=action,
            subject=subject,
            actor="li",
            role="duty",
            actor_region=region,
            at=self.now,
            valid_until=self.now + 5,
            reason=reason,
            args=args,
        )
        return await self.engine._obey(command, self.now)


@pytest_asyncio.fixture
async def desk(bus: Bus, journal: Journal, intake: Intake) -> AsyncIterator[Desk]:
    desk = Desk(bus, journal, intake)
    await desk.start()
    yield desk


async def test_a_report_is_a_receipt_with_its_raw_row_in_the_journal(desk: Desk) -> None:
    await desk.send(report())
    await desk.step(1)
    (receipt,) = (await desk.shown()).values()
    assert (receipt.id, receipt.state, receipt.channel, receipt.region) == ("119:1", "new", "119", "532301")
    (entry,) = await desk.journal.entries(kind="receipt")
    assert (entry.name, entry.body["raw"]) == ("received", report().raw)
    assert await desk.journal.verify() == []


async def test_the_same_id_again_is_a_version_and_an_older_one_is_kept_and_not_shown(desk: Desk) -> None:
    await desk.send(
        report(), report(), report(text="两人被困", updated_at=T0 + 60), report(text="旧", updated_at=T0 - 60)
    )
    await desk.step(1)
    (receipt,) = (await desk.shown()).values()
    assert (receipt.text, receipt.versions) == ("两人被困", 2)
    assert await desk.names() == ["received", "updated", "outdated"]


async def test_a_repeated_report_changes_nothing_also_after_a_restart(desk: Desk) -> None:
    await desk.send(report())
    await desk.step(1)
    await desk.start()
    await desk.send(report())
    await desk.step(1)
    assert await desk.names() == ["received"]


async def test_an_unanswered_receipt_is_told_after_five_minutes(desk: Desk) -> None:
    await desk.send(report())
    await desk.step(1)
    assert desk.engine.domain.next_due() == T0 + ANSWER_WITHIN
    await desk.step(ANSWER_WITHIN)
    assert (await desk.shown())["119:1"].unanswered
    await desk.start()
    await desk.step(60)
    assert await desk.names() == ["received", "unanswered"]


async def test_a_dismissal_needs_a_reason_and_can_be_taken_back(desk: Desk) -> None:
    await desk.send(report())
    await desk.step(ANSWER_WITHIN + 1)
    assert (await desk.command("receipt.dismiss", "119:1")).outcome is Outcome.INVALID
    done = await desk.command("receipt.dismiss", "119:1", reason="演习电话")
    assert done.outcome is Outcome.DONE
    await desk.step()
    receipt = (await desk.shown())["119:1"]
    assert (receipt.state, receipt.unanswered, receipt.answered_by) == ("dismissed", False, "li")
    assert (await desk.command("receipt.dismiss", "119:1", reason="again")).detail == "not_new"
    await desk.command("receipt.restore", "119:1", reason="是真的")
    await desk.step(ANSWER_WITHIN - 1)
    assert (await desk.shown())["119:1"].state == "new"
    assert not (await desk.shown())["119:1"].unanswered
    await desk.step(2)
    assert (await desk.shown())["119:1"].unanswered


async def test_nobody_decides_outside_the_own_region_or_on_an_unknown_receipt(desk: Desk) -> None:
    await desk.send(report(region="532301"))
    await desk.step(1)
    assert (await desk.command("receipt.dismiss", "119:1", region="532302", reason="x")).outcome is Outcome.FORBIDDEN
    assert (await desk.command("receipt.dismiss", "119:9", reason="x")).outcome is Outcome.NOT_FOUND
    assert (await desk.command("nothing", "119:1")).detail == "unknown_action"


async def test_a_report_of_the_prefecture_lies_in_the_county_of_its_position(desk: Desk) -> None:
    far = {"lat": 39.9, "lon": 116.4}
    await desk.send(
        report("1", region="532300"),
        report("2", region="532300", lat=None, lon=None),
        report("3", region="532300", **far),
        report("4", region="532322"),
    )
    await desk.step(1)
    regions = {id: receipt.region for id, receipt in (await desk.shown()).items()}
    assert regions == {"119:1": "532301", "119:2": "532300", "119:3": "532300", "119:4": "532322"}
    await desk.send(report("1", region="532300", lat=25.33, lon=101.54, text="更正地点"))
    await desk.step(1)
    assert (await desk.shown())["119:1"].region == "532323"


async def test_an_answered_receipt_leaves_the_screens_and_stays_in_the_journal(desk: Desk) -> None:
    await desk.send(report())
    await desk.step(1)
    await desk.command("receipt.dismiss", "119:1", reason="x")
    await desk.step()
    await desk.step(KEEP)
    assert await desk.shown() == {}
    doc = await desk.journal.doc("receipt", "119:1")
    assert doc is not None
    assert (doc.open, doc.body["state"]) == (False, "dismissed")
    await desk.send(report(text="新情况", updated_at=T0 + KEEP))
    await desk.step(1)
    assert (await desk.shown())["119:1"].text == "新情况"


async def test_duplicates_are_proposed_and_never_merged(desk: Desk) -> None:
    near = report("2", source="110", lat=25.0501, at=T0 + 60)
    far = report("3", lat=25.5)
    drill = report("4", mode="exercise")
    await desk.send(report(), near, far, drill)
    await desk.step(1)
    shown = await desk.shown()
    assert len(shown) == 4
    assert [candidate.id for candidate in shown["110:2"].candidates] == ["119:1"]
    assert shown["110:2"].candidates[0].score >= 0.70
    assert shown["110:2"].candidates[0].likely
    assert shown["119:3"].candidates == shown["119:4"].candidates == ()


async def test_a_receipt_without_a_class_is_compared_within_the_radius_of_the_other_class(desk: Desk) -> None:
    epidemic = report("2", source="cdc", event_class="epidemic", lat=25.09 + 15 / 111.2)
    await desk.send(epidemic, report(event_class="", lat=25.09))
    await desk.step(1)
    assert [candidate.id for candidate in (await desk.shown())["119:1"].candidates] == ["cdc:2"]


async def test_a_claimed_time_in_the_future_is_a_problem_and_no_time(desk: Desk) -> None:
    await desk.send(report(occurred_at=T0 + 3600))
    await desk.step(1)
    receipt = (await desk.shown())["119:1"]
    assert receipt.occurred_at is None
    assert receipt.problems == ("future: occurred_at",)


async def test_what_the_intake_accepted_is_taken_once_whatever_is_killed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: object, **__: object) -> str:
        raise Killed

    await desk.intake.put(Parcel(target="command", kind="receipt", at=T0, body=wire.encode([report(), report("2")])))
    await desk.intake.put(Parcel(target="command", kind="unheard-of", at=T0, body=b"x"))
    monkeypatch.setattr(desk.bus, "commit", dies)
    with pytest.raises(Killed):
        await desk.step(1)
    monkeypatch.undo()
    await desk.start()
    await desk.step(1)
    assert sorted(await desk.shown()) == ["119:1", "119:2"]
    assert await desk.names() == ["received", "received"]


async def test_warnings_and_receipts_share_one_engine_and_survive_the_loss_of_redis(
    desk: Desk, valkey_url: str
) -> None:
    from feeds.cap.message import CapDocument

    await desk.bus.publish("emergency", "cap", [CapDocument(source="cma", received_at=T0, raw=cap("A"))], source="cma")
    await desk.send(report())
    await desk.step(1)
    empty = Bus(valkey_url, "9" + desk.bus.site)
    await empty.open()
    desk.bus = empty
    await desk.start()
    assert list(await desk.shown()) == ["119:1"]
    assert len((await empty.state(("warning",))).records["warning"]) == 1
    await empty.close()
