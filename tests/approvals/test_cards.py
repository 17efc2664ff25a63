"""Cards and supervision orders through the engine."""

from __future__ import annotations

from typing import Any

import pytest

from approvals import judging
from approvals.cards.rules import DEFAULTS, CardRule, CardRuleRefused
from feeds.model import Command, Kind, Outcome, Result
from tests.approvals.rig import CasesRig
from tests.feeds.cases.rig import case_fact, fact


async def cards(rig: CasesRig) -> dict[str, str]:
    """States of the live cards in Redis."""
    records = (await rig.bus.state((Kind.CARD,))).records[Kind.CARD]
    return {id: card.state for id, card in records.items()}


async def do(
    rig: CasesRig, action: str, subject: str = "", *, by: str = "li", reason: str = "因为", **args: Any
) -> Result:
    """Give a command as the web role does."""
    rig.commands += 1
    command = Command(
        id=f"c{rig.commands}",
        action=action,
        subject=subject,
        actor=by,
        role="duty",
        actor_region=args.pop("region_of_actor", ""),
        at=rig.now,
        valid_until=rig.now + 5,
        reason=reason,
        expected_rev=args.pop("rev", None),
        args={"supervises": by in ("li", "wang")} | args,
    )
    result = await rig.engine._obey(command, rig.now)
    await rig.engine._settle([], [], rig.now)
    return result


async def test_a_card_is_raised_on_the_morning_after_the_limit_and_the_worse_one_replaces_it(rig: CasesRig) -> None:
    await rig.send(case_fact("1", statutory=30))
    await rig.hear("2026-05-21T00:00:00")
    await rig.step()
    await rig.settle("2026-05-21T00:00:01")
    assert await cards(rig) == {}
    await rig.settle("2026-05-21T08:30:01")
    assert await cards(rig) == {"over_promise/hall:1": "raised"}
    await rig.settle("2026-05-26T08:30:01")
    assert await cards(rig) == {"far_over/hall:1": "raised"}
    names = [(entry.name, entry.subject) for entry in await rig.journal.entries(kind="card", limit=100)]
    assert names == [
        ("propose", "over_promise/hall:1"),
        ("raise", "over_promise/hall:1"),
        ("propose", "far_over/hall:1"),
        ("raise", "far_over/hall:1"),
        ("replace", "over_promise/hall:1"),
    ]


async def test_a_morning_that_a_kill_interrupts_is_completed_after_the_start(
    rig: CasesRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "AT_ONCE", 1)
    await rig.send(case_fact("1", statutory=30), case_fact("2", statutory=30))
    await rig.hear("2026-05-21T00:00:00")
    await rig.settle("2026-05-21T00:00:01")
    await rig.step("2026-05-21T08:30:01")
    assert len(await cards(rig)) == 1
    await rig.start()
    await rig.settle("2026-05-21T08:31:00")
    assert await cards(rig) == {"over_promise/hall:1": "raised", "over_promise/hall:2": "raised"}
    proposed = [entry.subject for entry in await rig.journal.entries(kind="card", limit=100) if entry.name == "propose"]
    assert sorted(proposed) == ["over_promise/hall:1", "over_promise/hall:2"]


async def test_no_card_rests_on_old_data(rig: CasesRig) -> None:
    """The source was silent at the limit, and comes back with an end before it."""
    await rig.send(case_fact("1", statutory=30), case_fact("2", statutory=30))
    await rig.hear("2026-05-20T15:00")
    await rig.step()
    await rig.settle("2026-05-21T08:30:01")
    assert await cards(rig) == {}
    await rig.send(case_fact("1", statutory=30, stamp=2.0, ended="2026-05-20T16:59", result="准予许可"))
    await rig.hear("2026-05-21T09:00")
    await rig.settle("2026-05-21T09:00:01")
    await rig.settle("2026-05-22T08:30:01")
    assert await cards(rig) == {"over_promise/hall:2": "raised"}


async def test_a_refusal_without_a_reason_is_a_card_at_once_and_one_only(rig: CasesRig) -> None:
    refused = case_fact("1", statutory=30, ended="2026-05-08T10:00", result="不予许可")
    await rig.send(refused)
    await rig.step()
    assert await cards(rig) == {"no_reason/hall:1": "raised"}
    await rig.send(
        case_fact("1", statutory=30, stamp=2.0, ended="2026-05-08T10:00", result="不予许可", has_reason=True)
    )
    await rig.step()
    assert await cards(rig) == {"no_reason/hall:1": "review"}
    assert (await do(rig, "card:withdraw", "no_reason/hall:1")).outcome is Outcome.DONE
    assert await cards(rig) == {}
    await rig.send(case_fact("1", statutory=30, stamp=3.0, ended="2026-05-08T10:00", result="不予许可"))
    await rig.step()
    assert await cards(rig) == {}


async def test_a_suspension_that_is_told_late_puts_the_card_to_review(rig: CasesRig) -> None:
    await rig.send(case_fact("1", statutory=30))
    await rig.hear("2026-05-21T09:00")
    await rig.step()
    await rig.settle("2026-05-21T08:30:01")
    assert await cards(rig) == {"over_promise/hall:1": "raised"}
    await rig.send(fact("1", "suspension", "s", kind="听证", notice="n", started="2026-05-11", ended="2026-05-15"))
    await rig.step()
    assert await cards(rig) == {"over_promise/hall:1": "review"}


async def test_a_morning_leaves_cards_of_fact_rules_alone(rig: CasesRig) -> None:
    """The rules of the morning are evaluated without the facts of the case."""
    await rig.send(
        case_fact("1", statutory=30),
        fact("1", "supplement", "a", notified="2026-04-21T09:00"),
        fact("1", "supplement", "b", notified="2026-04-22T09:00"),
    )
    await rig.hear("2026-05-21T00:00:00")
    await rig.step()
    assert await cards(rig) == {"second_notice/hall:1": "raised"}
    await rig.settle("2026-05-21T08:30:01")
    assert await cards(rig) == {"second_notice/hall:1": "raised", "over_promise/hall:1": "raised"}


async def test_an_appeal_is_decided_and_survives_a_restart(rig: CasesRig) -> None:
    await rig.send(case_fact("1", statutory=30, ended="2026-05-08T10:00", result="不予许可"))
    await rig.step()
    card = "no_reason/hall:1"
    assert (await do(rig, "card:appeal", card, reason="")).detail == "reason"
    assert (await do(rig, "card:appeal", card, rev=99)).outcome is Outcome.CONFLICT
    assert (await do(rig, "card:appeal", card, region_of_actor="532331")).outcome is Outcome.FORBIDDEN
    assert (await do(rig, "card:withdraw", card, by="zhang")).outcome is Outcome.FORBIDDEN
    assert (await do(rig, "card:doubt", card)).outcome is Outcome.FORBIDDEN
    assert (await do(rig, "card:appeal", card, by="zhang")).outcome is Outcome.DONE
    await rig.start()
    assert await cards(rig) == {card: "appealed"}
    record = (await rig.bus.state((Kind.CARD,))).records[Kind.CARD][card]
    assert [done["action"] for done in record.history] == ["propose", "raise", "appeal"]
    assert record.decide_by is not None
    assert (await do(rig, "card:uphold", card)).outcome is Outcome.DONE
    assert (await do(rig, "card:close", card)).outcome is Outcome.DONE
    assert await cards(rig) == {}


async def test_an_order_goes_its_way_and_its_numbers_are_never_used_again(rig: CasesRig) -> None:
    result = await do(rig, "order:create", title="限期办结", text="请说明", department="housing", region="532301")
    assert result.after is not None
    assert (result.after["number"], result.after["state"]) == ("督办〔2026〕0001号", "draft")
    order = result.after["id"]
    assert (await do(rig, "order:void", order)).outcome is Outcome.DONE
    await rig.start()
    second = await do(rig, "order:create", title="限期办结", region="532301")
    assert second.after is not None
    order = second.after["id"]
    assert second.after["number"] == "督办〔2026〕0002号"
    await do(rig, "order:submit", order)
    assert (await do(rig, "order:approve", order)).detail == "same_person"
    issued = await do(rig, "order:approve", order, by="wang")
    assert issued.after is not None
    assert (issued.after["state"], issued.after["light"]) == ("issued", "green")
    rig.now += 3 * 86_400
    await rig.settle()
    record = (await rig.bus.state((Kind.ORDER,))).records[Kind.ORDER][order]
    assert (record.light, record.history[-1]["action"]) == ("red", "overdue")


async def test_a_card_says_what_people_may_do_with_it_now(rig: CasesRig) -> None:
    await rig.send(case_fact("1", statutory=30, ended="2026-05-08T10:00", result="不予许可"))
    await rig.step()

    async def choices() -> dict[str, tuple[str, bool]]:
        [card] = (await rig.bus.state((Kind.CARD,))).records[Kind.CARD].values()
        return {choice.action: (choice.by, choice.reason) for choice in card.choices}

    raised = await choices()
    assert raised["appeal"] == ("department", True)
    assert raised["withdraw"] == ("supervisor", True)
    assert not raised.keys() & {"doubt", "replace", "propose"}
    await do(rig, "card:appeal", "no_reason/hall:1", by="zhang")
    assert (await choices()).keys() >= {"uphold", "withdraw"}
    assert "appeal" not in await choices()


async def test_an_order_no_longer_offers_an_extension_that_was_given(rig: CasesRig) -> None:
    result = await do(rig, "order:create", title="限期办结", region="532301")
    assert result.after is not None
    order = result.after["id"]
    for action, by in (("submit", "li"), ("approve", "wang"), ("sign", "zhang")):
        assert (await do(rig, f"order:{action}", order, by=by)).outcome is Outcome.DONE

    async def offered() -> set[str]:
        record = (await rig.bus.state((Kind.ORDER,))).records[Kind.ORDER][order]
        return {choice.action for choice in record.choices}

    assert {"extend", "feedback"} <= await offered()
    assert (await do(rig, "order:extend", order, by="wang", days=3)).outcome is Outcome.DONE
    assert "extend" not in await offered()
    assert "feedback" in await offered()


@pytest.mark.parametrize("rule", DEFAULTS, ids=lambda rule: rule.id)
def test_the_expression_of_every_rule_is_cel_over_names_that_there_are(rule: CardRule) -> None:
    from approvals.cards.evidence import names_of
    from tests.feeds.cases.rig import ASSESSOR, NOW, folded, row

    fact = case_fact("1", statutory=30)
    assert rule.holds(names_of(row(fact), folded(fact), ASSESSOR, NOW, {})) in (True, False)


def test_a_rule_that_is_not_cel_says_so() -> None:
    rule = CardRule(id="x", on="fact", when="case.", colour="red")
    with pytest.raises(CardRuleRefused):
        rule.holds({"case": {}})
