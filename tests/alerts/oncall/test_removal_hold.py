"""A roster, receivers or policies replaced by much less are held, shown, and applied only when a person accepts."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.oncall.removal_hold import HELD
from feeds.bus import Bus
from feeds.journal import Journal
from feeds.model import Outcome, Result
from tests.alerts.rig import DESK, Rig
from tests.alerts.rosters import GROUP, SMS, roster


@pytest.fixture
async def rig(bus: Bus, journal: Journal) -> Rig:
    rig = Rig(bus, journal, receivers=(DESK, SMS, GROUP))
    await rig.assets()
    await rig.start()
    return rig


def hooks(*ids: str) -> dict[str, Any]:
    return {"items": [{"id": id, "url": f"json://127.0.0.1:1/{id}"} for id in ids]}


def held(result: Result) -> dict[str, Any]:
    """The hold of a result that refuses a version."""
    assert (result.outcome, result.detail) == (Outcome.CONFLICT, HELD)
    assert result.after is not None
    return result.after


async def test_an_emptied_roster_is_held_and_the_old_one_stays_in_force(rig: Rig) -> None:
    await rig.order("roster_put", 0, doc=roster())
    hold = held(await rig.order("roster_put", 1, doc=roster(persons=[], shifts=[], patterns=[])))
    assert [(loss["list"], loss["before"], loss["after"]) for loss in hold["lists"]] == [
        ("persons", 4, 0),
        ("shifts", 2, 0),
        ("patterns", 2, 0),
    ]
    assert hold["lists"][0]["removed"] == ["li", "wang", "zhang", "zhao"]
    assert "zhang" in hold["lists"][0]["message"]["en"]
    assert rig.engine.people.version("roster").rev == 1
    await rig.start()
    assert len(rig.engine.people.roster.persons) == 4


async def test_an_accepted_removal_is_applied_and_recorded(rig: Rig) -> None:
    await rig.order("receivers_put", 0, doc=hooks("a", "b", "c", "d"))
    hold = held(await rig.order("receivers_put", 1, doc=hooks("a")))
    done = await rig.order("receivers_put", 1, doc=hooks("a"), accept=hold["accept"])
    assert done.outcome is Outcome.DONE
    entry = (await rig.journal.entries(kind="receivers"))[-1]
    assert sorted(change["path"] for change in entry.body["changes"]) == ["items/b", "items/c", "items/d"]


async def test_an_acceptance_is_for_the_difference_that_was_shown_and_no_other(rig: Rig) -> None:
    await rig.order("receivers_put", 0, doc=hooks("a", "b", "c", "d"))
    hold = held(await rig.order("receivers_put", 1, doc=hooks("a")))
    other = held(await rig.order("receivers_put", 1, doc=hooks("b"), accept=hold["accept"]))
    assert other["accept"] != hold["accept"]


async def test_one_that_goes_is_never_held(rig: Rig) -> None:
    await rig.order("receivers_put", 0, doc=hooks("a", "b"))
    assert (await rig.order("receivers_put", 1, doc=hooks("a"))).outcome is Outcome.DONE
    assert (await rig.order("receivers_put", 2, doc=hooks())).outcome is Outcome.DONE


async def test_policies_are_guarded_too(rig: Rig) -> None:
    steps = [{"after": 0.0, "who": ["receiver:group"]}]
    policies = {"items": [{"id": id, "steps": steps} for id in ("a", "b", "c")]}
    assert (await rig.order("escalations_put", 0, doc=policies)).outcome is Outcome.DONE
    hold = held(await rig.order("escalations_put", 1, doc={"items": []}))
    assert hold["lists"][0]["removed"] == ["a", "b", "c"]


async def test_an_undo_that_takes_much_away_is_held_as_well(rig: Rig) -> None:
    await rig.order("receivers_put", 0, doc=hooks("a", "b"))
    hold = held(await rig.order("receivers_undo", 1))
    assert (await rig.order("receivers_undo", 1, accept=hold["accept"])).outcome is Outcome.DONE


async def test_assignments_of_past_days_may_be_cleared_away(rig: Rig) -> None:
    def assigned(days: range, month: str) -> list[dict[str, Any]]:
        return [{"date": f"{month}-{day:02}", "shift": "day", "officers": ["li"], "leader": "wang"} for day in days]

    past, coming = assigned(range(1, 29), "2020-01"), assigned(range(1, 29), "2100-01")
    await rig.order("roster_put", 0, doc=roster(assignments=[*past, *coming]))
    assert (await rig.order("roster_put", 1, doc=roster(assignments=coming))).outcome is Outcome.DONE
    hold = held(await rig.order("roster_put", 2, doc=roster()))
    assert [(loss["list"], loss["removed_total"]) for loss in hold["lists"]] == [("assignments", 28)]
    assert len(hold["lists"][0]["removed"]) == 20


async def test_a_site_may_switch_the_guard_off(rig: Rig) -> None:
    await rig.order("receivers_put", 0, doc=hooks("a", "b", "c"))
    rig.engine.replace({}, (DESK, SMS, GROUP), removal_guard=100.0)
    assert (await rig.order("receivers_put", 1, doc=hooks())).outcome is Outcome.DONE
