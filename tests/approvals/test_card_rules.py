"""Rules of cards beside the limit of a case: steps, notices, suspensions, deliveries, orders, and integrity signals."""

from __future__ import annotations

from typing import Any

from feeds.cases.facts import CaseFact
from feeds.model import Kind
from tests.approvals.rig import CasesRig
from tests.approvals.test_cards import cards, do
from tests.feeds.cases.rig import case_fact, fact
from tests.feeds.workdays.books import at


async def test_a_step_over_its_limit_is_a_notice_and_a_second_one_a_yellow_card(rig: CasesRig) -> None:
    def visit(key: str, name: str, started: str, ended: str) -> CaseFact:
        return fact("1", "step", key, name=name, seq=int(key), started=started, ended=ended, limit=1)

    await rig.send(case_fact("1"), visit("1", "受理", "2026-04-20T09:00", "2026-04-23T09:00"))
    await rig.settle()
    assert await cards(rig) == {"step_over/hall:1": "raised"}
    await rig.send(visit("2", "承办", "2026-04-23T09:00", "2026-04-28T09:00"))
    await rig.settle()
    assert await cards(rig) == {"step_over_again/hall:1": "raised"}


async def test_late_notices_and_deliveries_raise_cards_and_those_in_time_none(rig: CasesRig) -> None:
    late, in_time = "2026-04-21T09:00", "2026-04-20T18:00"  # applied on Monday the 13th: until the 20th
    for number, notified in (("1", late), ("2", in_time)):
        await rig.send(case_fact(number, applied="2026-04-13T10:00"))
        await rig.send(fact(number, "supplement", "s", notified=notified))
    for number, delivered in (("3", "2026-05-11T08:00"), ("4", "2026-05-09T08:00")):  # decided on 04-22: until 05-09
        times = {"decided": "2026-04-22T10:00", "ended": "2026-04-22T10:00", "delivered": delivered}
        await rig.send(case_fact(number, result="准予许可", **times))
    await rig.settle()
    assert await cards(rig) == {"late_notice/hall:1": "raised", "delivery_over/hall:3": "raised"}


async def test_a_suspension_longer_than_stated_is_a_card_of_the_morning(rig: CasesRig) -> None:
    await rig.send(case_fact("1", accepted="2026-05-06T09:00"))
    span: dict[str, Any] = {"kind": "检验", "notice": "n", "started": "2026-05-07", "stated_days": 3}
    await rig.send(fact("1", "suspension", "s", **span))
    await rig.settle()
    await rig.settle("2026-05-12T08:31")  # three days are the 7th, 8th and (a working Saturday) the 9th; one is free
    assert await cards(rig) == {"suspension_over/hall:1": "raised"}
    await rig.settle("2026-08-10T08:31")
    assert await cards(rig) == {"suspension_far_over/hall:1": "raised"}


async def test_a_suspension_within_its_stated_days_is_none(rig: CasesRig) -> None:
    await rig.send(case_fact("1", accepted="2026-05-06T09:00"))
    span: dict[str, Any] = {"kind": "检验", "notice": "n", "started": "2026-05-07", "stated_days": 4}
    await rig.send(fact("1", "suspension", "s", **span))
    await rig.settle()
    await rig.settle("2026-05-12T08:31")
    assert await cards(rig) == {}


async def test_an_order_that_is_not_signed_in_time_is_a_red_card_once(rig: CasesRig) -> None:
    order = {"title": "限期", "text": "请办", "department": "housing", "region": "532301"}
    created = await do(rig, "order:create", **order)
    assert created.after is not None
    id = created.after["id"]
    await do(rig, "order:submit", id)
    await do(rig, "order:approve", id, by="wang")
    await rig.settle("2026-05-12T23:59")
    assert await cards(rig) == {}
    await rig.settle("2026-05-13T00:00:01")
    assert await cards(rig) == {f"order_over/{id}/sign": "raised"}
    await rig.start()
    await rig.settle("2026-05-14T00:00:01")
    assert await cards(rig) == {f"order_over/{id}/sign": "raised"}


async def test_signals_add_up_to_a_proposal_and_never_to_a_verdict(rig: CasesRig) -> None:
    received = at("2026-05-08T22:01")
    quick: dict[str, Any] = {
        "at": received,
        "accepted": "2026-05-08T09:00",
        "ended": "2026-05-08T09:04",
        "result": "准予许可",
    }
    await rig.send(case_fact("quick", **quick))  # 40 alone
    await rig.send(case_fact("1", decided="2026-05-08T22:00", **quick))  # 40 and 10
    await rig.send(fact("1", "fee", "f", amount=100, paid=at("2026-05-08T08:00")))  # and 60: paid before acceptance
    await rig.settle()
    records = (await rig.bus.state((Kind.CARD,))).records[Kind.CARD]
    assert {id: card.state for id, card in records.items()} == {"offline/hall:1": "proposed"}
    signals = records["offline/hall:1"].evidence["signals"]
    assert signals == {"too_fast": 40, "after_hours": 10, "paid_before": 60}


async def test_cases_that_ended_long_ago_raise_no_cards(rig: CasesRig) -> None:
    refused: dict[str, Any] = {"result": "不予许可", "ended": "2026-04-10T10:00", "accepted": "2026-04-01T10:00"}
    await rig.send(case_fact("old", **refused), case_fact("new", **(refused | {"ended": "2026-04-20T10:00"})))
    await rig.settle()
    assert await cards(rig) == {"no_reason/hall:new": "raised"}
