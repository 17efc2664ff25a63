"""Reporting policies of the site itself: one person proposes them, another one confirms them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.command.site import CommandSite, Desk, iso

PATH = "/report-policies"
ROW: dict[str, Any] = {
    "grade": "<=III",
    "step": "first",
    "sender": "prefecture",
    "recipient": "province",
    "channel": "phone",
    "minutes": 20,
    "start": "received",
    "source": "楚应急〔2026〕1号",
}


async def _proposed(site: CommandSite, *rows: dict[str, Any]) -> tuple[Desk, Desk]:
    """Two leaders, of whom the first has proposed rows."""
    zhao, gao = site.staff("zhao", "leader"), site.staff("gao", "leader")
    await zhao.change("PUT", PATH, rows=list(rows) or [ROW], reason="新规定", rev=0)
    return zhao, gao


async def _due(site: CommandSite) -> list[str]:
    """When the first report by phone of a new incident of grade III is due."""
    li = site.staff()
    number = await li.incident("14:12")
    await li.give(f"/incidents/{number}/grade", grade="III", basis="重伤 10 人")
    owed = await li.items(f"/incidents/{number}/obligations")
    return [due["due_at"] for due in owed if (due["step"], due["channel"]) == ("first", "phone")]


async def test_rows_apply_once_a_second_person_has_confirmed_them(site: CommandSite) -> None:
    zhao, gao = await _proposed(site)
    assert await _due(site) == [iso("14:42")]
    assert await zhao.refused(f"{PATH}/confirm") == (403, "same_person")
    shown = await gao.give(f"{PATH}/confirm")
    assert (shown["own"], shown["by"], shown["confirmed_by"], shown["proposed"]) == (True, "zhao", "gao", None)
    assert await _due(site) == [iso("14:32")]
    assert [row["minutes"] for row in shown["items"] if row["profile"] == "site"] == [20]
    entries = await site.journal.entries(kind="report-policies")
    assert [(entry.name, entry.actor, entry.reason) for entry in entries] == [
        ("proposed", "zhao", "新规定"),
        ("confirmed", "gao", ""),
    ]


async def test_the_rows_of_the_site_outlive_a_restart_and_can_be_given_up(site: CommandSite) -> None:
    zhao, gao = await _proposed(site)
    await gao.give(f"{PATH}/confirm")
    await site.start()
    assert await _due(site) == [iso("14:32")]
    await gao.change("PUT", PATH, rows=None, reason="恢复", rev=2)
    assert (await zhao.give(f"{PATH}/confirm"))["own"] is False
    assert await _due(site) == [iso("14:42")]


async def test_what_is_due_already_stays_as_it_is(site: CommandSite) -> None:
    li = site.staff()
    number = await li.incident("14:12")
    await li.give(f"/incidents/{number}/grade", grade="III", basis="重伤 10 人")
    before = await li.items(f"/incidents/{number}/obligations")
    _, gao = await _proposed(site)
    await gao.give(f"{PATH}/confirm")
    assert await li.items(f"/incidents/{number}/obligations") == before


async def test_a_proposal_can_be_dropped_and_then_nothing_waits(site: CommandSite) -> None:
    zhao, gao = await _proposed(site)
    assert (await zhao.give(f"{PATH}/drop"))["proposed"] is None
    assert await gao.refused(f"{PATH}/confirm") == (409, "nothing_proposed")
    assert await _due(site) == [iso("14:42")]


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("duty", 403), ("operator", 403), ("viewer", 403)])
async def test_an_administrator_proposes_and_no_one_below(site: CommandSite, role: str, status: int) -> None:
    answer = await site.staff("other", role).ask("PUT", PATH, json={"rows": [ROW], "reason": "新规定"})
    assert answer.status_code == status
    assert (await site.staff("root2", "admin").refused(f"{PATH}/confirm"))[0] == 403


async def test_a_county_changes_nothing_of_the_prefecture(site: CommandSite) -> None:
    county = site.staff("county", "leader", "532323")
    assert (await county.refused(PATH, "PUT", rows=[ROW], reason="新规定"))[0] == 403


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"step": "maybe"}, "not_offered", "step"),
        ({"grade": "<=V"}, "not_offered", "grade"),
        ({"classes": ["unicorn"]}, "unknown_class", "classes"),
        ({"minutes": 0}, "no_term", "minutes"),
        ({"slots": ["8:00"], "minutes": None, "start": "slots"}, "slots", "slots"),
        ({"slots": ["08:00"]}, "slots", "slots"),
        ({"source": " "}, "missing", "source"),
    ],
)
async def test_a_row_that_means_nothing_is_refused_by_its_field(
    site: CommandSite, change: dict[str, Any], code: str, field: str
) -> None:
    zhao = site.staff("zhao", "leader")
    answer = await zhao.ask("PUT", PATH, json={"rows": [ROW | change], "reason": "新规定"})
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert (error["code"], error["field"]) == (code, f"body.rows.0.{field}")


async def test_two_rows_of_the_same_reports_are_refused(site: CommandSite) -> None:
    zhao = site.staff("zhao", "leader")
    assert await zhao.refused(PATH, "PUT", rows=[ROW, ROW | {"minutes": 30}], reason="新规定") == (422, "same_row")
