"""Limits of supervision orders and held sweeps as alerts: told in the morning of working days, once, and ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from alerts.engine.loop import NAME
from alerts.watches.approvals import ApprovalsWatch
from approvals.cards.documents import OrderDocument
from approvals.cards.workflows import ORDER, limits_of
from approvals.sweeps import SweepDocument
from feeds.bus import Bus
from feeds.journal import Intake, Journal, intake_url
from feeds.tasks.workflow import act, begin
from tests.alerts.rig import Rig
from tests.feeds.workdays.books import BOOK, at

LIMITS = limits_of(BOOK.of("532301"))


class Supervised:
    """An engine with the watch, and orders as the approvals role writes them."""

    def __init__(self, bus: Bus, journal: Journal, intake: Intake) -> None:
        self.rig = Rig(bus, journal, intake=intake)
        self.watch = ApprovalsWatch(
            journal, intake, NAME, lambda: self.rig.engine.core.alerts.values(), "532300", lambda: self.rig.now, BOOK.of
        )

    async def put(self, kind: str, document: Any, *, open: bool = True) -> None:
        async with self.rig.journal.begin() as tx:
            await tx.put(kind, document.id, msgspec.to_builtins(document), open=open)

    async def standing(self, moment: str) -> list[tuple[str, str]]:
        """The titles and severities of the alerts that stand at a moment."""
        self.rig.now = at(moment)
        await self.watch.look()
        await self.rig.step(1.0)
        assert await self.watch.look() == 0, "it is said once"
        alerts = self.rig.engine.core.alerts.values()
        return sorted((alert.title["zh-CN"], str(alert.severity)) for alert in alerts if alert.active)


@pytest.fixture
async def supervised(bus: Bus, journal: Journal, journal_url: str) -> AsyncIterator[Supervised]:
    intake = Intake(intake_url(journal_url), "test")
    watched = Supervised(bus, journal, intake)
    watched.rig.now = at("2026-09-30T10:00")
    await watched.rig.start()
    yield watched
    await intake.close()


def order(*actions: tuple[str, str]) -> OrderDocument:
    """An order after these actions and their moments."""
    life = begin(ORDER, "li", at("2026-09-29T09:00"))
    for action, moment in actions:
        by = "zhang" if action == "approve" else "li"
        life = act(ORDER, life, action, by=by, at=at(moment), limits=LIMITS, reason="x")
    return OrderDocument(
        id="2026-0001",
        number="督办〔2026〕0001号",
        title="t",
        text="t",
        department="housing",
        region="532301",
        life=life,
    )


async def test_a_limit_is_told_the_working_day_before_and_its_end_the_morning_after(supervised: Supervised) -> None:
    issued = order(("submit", "2026-09-29T10:00"), ("approve", "2026-09-30T10:00"))  # sign by 2026-10-08 24:00
    await supervised.put("order", issued)
    assert await supervised.standing("2026-10-07T12:00") == []
    assert await supervised.standing("2026-10-08T08:30:01") == [("督办〔2026〕0001号 签收即将到期", "minor")]
    assert await supervised.standing("2026-10-09T00:00:01") == [("督办〔2026〕0001号 签收即将到期", "minor")]
    assert await supervised.standing("2026-10-09T08:30:01") == [("督办〔2026〕0001号 签收超期", "major")]
    signed = order(
        ("submit", "2026-09-29T10:00"), ("approve", "2026-09-30T10:00"), ("sign", "2026-10-09T09:00")
    )  # answer by 2026-10-15 24:00: Saturday 10-10 works
    await supervised.put("order", signed)
    assert await supervised.standing("2026-10-09T09:01") == []
    assert await supervised.standing("2026-10-15T08:30:01") == [("督办〔2026〕0001号 反馈即将到期", "minor")]
    await supervised.put("order", signed, open=False)
    assert await supervised.standing("2026-10-15T08:31") == []


async def test_nobody_is_told_on_a_holiday(supervised: Supervised) -> None:
    issued = order(("submit", "2026-09-23T10:00"), ("approve", "2026-09-23T11:00"), ("sign", "2026-09-23T12:00"))
    await supervised.put("order", issued)  # answer by 2026-10-08 24:00: 09-25 to 09-27 and 10-01 to 10-07 are days off
    assert await supervised.standing("2026-09-30T08:00") == []
    assert await supervised.standing("2026-09-30T08:31") == [("督办〔2026〕0001号 反馈即将到期", "minor")]
    assert await supervised.standing("2026-10-09T08:29") == [("督办〔2026〕0001号 反馈即将到期", "minor")]
    assert await supervised.standing("2026-10-09T08:31") == [("督办〔2026〕0001号 反馈超期", "major")]


async def test_a_held_sweep_is_told_until_somebody_decides(supervised: Supervised) -> None:
    held = SweepDocument(id="hall", system="hall", at=at("2026-09-30T02:31"), compared=20, missing=20)
    await supervised.put("sweep", held)
    [(title, severity)] = await supervised.standing("2026-09-30T10:01")
    assert (title, severity) == ("来源 hall 全量比对缺少 20 件，已暂不删除，请核实", "major")
    await supervised.put("sweep", msgspec.structs.replace(held, state="dismissed"), open=False)
    assert await supervised.standing("2026-09-30T10:02") == []


async def test_many_looks_at_applicants_by_one_account_in_a_day_are_an_alert_that_names_nobody(
    supervised: Supervised,
) -> None:
    async def look(account: str, name: str, moments: list[str]) -> None:
        async with supervised.rig.journal.begin() as tx:
            for moment in moments:
                await tx.append(kind="audit", name=name, subject="hall:1", at=at(moment), actor=account, body={})

    minutes = [f"2026-10-09T10:{minute:02}" for minute in range(30)]
    await look("zhang", "case-unmasked", minutes)
    await look("li", "case-unmasked", minutes[:20])
    await look("li", "signed-in", minutes)
    assert await supervised.standing("2026-10-09T10:30") == []
    await look("zhang", "case-person-searched", ["2026-10-09T10:40"])
    [(title, severity)] = await supervised.standing("2026-10-09T10:41")
    assert (title, severity) == ("一个账号 24 小时内查看申请人信息超过 30 次，请查审计日志", "major")
    [alert] = [alert for alert in supervised.rig.engine.core.alerts.values() if alert.active]
    assert "zhang" not in repr(alert)
    again = ApprovalsWatch(
        supervised.rig.journal,
        supervised.watch._intake,
        NAME,
        supervised.rig.engine.core.alerts.values,
        "532300",
        lambda: supervised.rig.now,
        BOOK.of,
    )
    assert await again.look() == 0, "a restart counts the same looks"
    assert await supervised.standing("2026-10-10T10:01") == []
