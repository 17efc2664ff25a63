"""Routes of approvals: lists, details, figures, and who may see personal values."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from api.approvals import ApprovalsAccess
from approvals.cards.documents import OrderDocument, order_record
from approvals.cards.workflows import ORDER
from feeds import kinds, wire
from feeds.cases.ledger import CaseLedger
from feeds.cases.reader import CaseReader
from feeds.cases.store import CaseStore, cases_url
from feeds.model import Command, Outcome, Result
from feeds.tasks.workflow import begin
from tests.api.conftest import SEALER, World, problem
from tests.feeds.cases.rig import ASSESSOR, NOW, case_fact, fact

PERSON = {"name": "王金丝雀", "phone": "13987654321", "id": "532301199001011234", "reason": "材料不齐"}
NUMBER = "532301-20260420-1"
LIST = "/api/v1/approvals/cases"


@pytest.fixture
async def cases(world: World, journal_url: str) -> AsyncIterator[World]:
    """A site with three cases, of which one has an applicant."""
    store = CaseStore(cases_url(journal_url), "test")
    await store.open()
    ledger = CaseLedger(store, ASSESSOR)
    await ledger.open()
    macs = {name: SEALER.mac(PERSON[name]) for name in ("name", "id", "phone")}
    await ledger.apply(
        [
            case_fact(NUMBER, sealed=SEALER.seal(PERSON), macs=macs, aliases={"doc": "受理-2026-0001"}),
            fact(NUMBER, "suspension", "s", kind="听证", notice="n1", started="2026-04-27", ended="2026-05-08"),
            fact(NUMBER, "step", "1", name="初审", owner="李主任", started="2026-04-21T09:00"),
            case_fact("532331-20260420-1", region="532331", item="shop"),
            case_fact("532301-20260420-2", ended="2026-05-06T10:00", result="准予许可"),
        ],
        NOW,
    )
    world.at = NOW
    access = ApprovalsAccess(
        reader=CaseReader(store),
        assessor=lambda: ASSESSOR,
        sealer=SEALER,
        unmask=lambda: frozenset({"duty-all", "duty-532301"}),
        supervise=lambda: frozenset({"duty-all"}),
    )
    deps = replace(world.deps(), approvals=access)
    world.deps = lambda: deps  # type: ignore[method-assign]
    yield world
    await store.close()


async def test_a_list_has_open_cases_with_what_is_left(cases: World) -> None:
    async with cases.signed_in("duty") as client:
        body = (await client.get(LIST)).json()
        assert body["total"] == 2
        shop, plan = body["items"]
        assert (plan["number"], plan["due"], plan["light"], plan["item_name"]) == (
            NUMBER,
            "2026-05-29",
            "red",
            "规划许可",
        )
        assert plan["left"] < -100
        assert shop["due"] == "2026-04-27"
        closed = (await client.get(LIST, params={"state": "closed"})).json()
        assert [item["result"] for item in closed["items"]] == ["granted"]
        first = (await client.get(LIST, params={"limit": 1})).json()
        second = (await client.get(LIST, params={"limit": 1, "cursor": first["next"]})).json()
        assert [first["items"][0]["key"], second["items"][0]["key"]] == [shop["key"], plan["key"]]
        problem(await client.get(LIST, params={"light": "purple"}), 422, "invalid")


async def test_a_list_of_due_days_has_the_cases_due_on_them_and_no_other(cases: World) -> None:
    async with cases.signed_in("duty") as client:

        async def due(**days: str) -> list[str]:
            return [item["due"] for item in (await client.get(LIST, params=days)).json()["items"]]

        assert await due(due_from="2026-04-28") == ["2026-05-29"]
        assert await due(due_to="2026-04-27") == ["2026-04-27"]
        assert await due(due_from="2026-04-28", due_to="2026-05-28") == []
        problem(await client.get(LIST, params={"due_from": "2026-02-30"}), 422, "invalid")


async def test_an_account_learns_which_rights_the_settings_give_it(cases: World) -> None:
    async def rights(role: str, region: str = "") -> set[str]:
        async with cases.signed_in(role, region) as client:
            return set((await client.get("/api/v1/me")).json()["rights"])

    assert {"supervise", "unmask"} <= await rights("duty")
    assert await rights("duty", "532301") & {"supervise", "unmask"} == {"unmask"}
    assert not await rights("admin") & {"supervise", "unmask"}


async def test_a_region_sees_its_own_cases_only(cases: World) -> None:
    async with cases.signed_in("duty", "532331") as client:
        items = (await client.get(LIST)).json()["items"]
        assert [item["region"] for item in items] == ["532331"]
        problem(await client.get(f"{LIST}/1"), 404, "not-found")
        results = (await client.get("/api/v1/approvals/search", params={"number": NUMBER})).json()
        assert results["items"] == []
        assert (await client.get("/api/v1/approvals/summary", params={"month": "2026-04"})).json()["accepted"] == 1


async def test_a_case_shows_how_its_due_day_came_about_and_masks_the_applicant(cases: World) -> None:
    async with cases.signed_in("duty") as client:
        answer = await client.get(f"{LIST}/1")
        body = answer.json()
    assert (body["clock"]["due"], body["clock"]["n"]) == ("2026-05-29", 20)
    marks = {day["day"]: day["mark"] for day in body["clock"]["days"]}
    assert (marks["2026-04-20"], marks["2026-04-28"], marks["2026-05-01"], marks["2026-05-29"]) == (
        "start",
        "excluded",
        "excluded",
        "due",
    )
    assert body["suspensions"][0]["started"] == "2026-04-27"
    assert body["applicant"] == {"name": "王※", "company": False, "has_id": True, "has_phone": True, "masked": True}
    for value in PERSON.values():
        assert value not in answer.text


async def test_a_wall_sees_no_names_of_officials(cases: World) -> None:
    async with cases.client(Authorization=f"Bearer {await cases.token('wall')}") as client:
        answer = await client.get(f"{LIST}/1")
        assert "李主任" not in answer.text
        problem(await client.post(f"{LIST}/1/unmask", json={"reason": "看看"}), 403, "forbidden")


async def test_personal_values_need_the_right_and_a_reason_and_are_audited(cases: World) -> None:
    path = f"{LIST}/1/unmask"
    async with cases.signed_in("duty") as client:
        problem(await client.post(path, json={"reason": ""}), 422, "invalid")
        body = (await client.post(path, json={"reason": "核对身份"})).json()
        assert (body["values"], body["looks_today"]) == (PERSON, 1)
    async with cases.signed_in("admin") as client:
        problem(await client.post(path, json={"reason": "核对身份"}), 403, "forbidden")
    async with cases.signed_in("duty", "532301") as client:
        problem(await client.post(f"{LIST}/4/unmask", json={"reason": "核对身份"}), 404, "not-found")
    [entry] = [entry for entry in await cases.journal.entries(kind="audit", limit=100) if entry.name == "case-unmasked"]
    assert (entry.actor, entry.body["reason"], entry.body["fields"]) == ("duty-all", "核对身份", sorted(PERSON))
    assert "金丝雀" not in repr(entry)


async def test_an_applicant_is_found_by_a_whole_value_with_the_right_and_a_reason(cases: World) -> None:
    path = f"{LIST}:search-person"

    async with cases.signed_in("duty") as client:
        shown = []
        for field, value in (
            ("name", " 王金丝雀 "),
            ("phone", "139 8765 4321"),
            ("id", PERSON["id"]),
            ("name", "王金"),
        ):
            answer = await client.post(path, json={"field": field, "value": value, "reason": "来电核实"})
            shown.append([item["number"] for item in answer.json()["items"]])
            assert not any(text in answer.text for text in PERSON.values())
        assert shown == [[NUMBER], [NUMBER], [NUMBER], []]
        assert answer.json()["looks_today"] == 4
        problem(await client.post(path, json={"field": "name", "value": "王金丝雀", "reason": ""}), 422, "invalid")
        problem(
            await client.post(path, json={"field": "reason", "value": "材料不齐", "reason": "核实"}), 422, "invalid"
        )
    async with cases.signed_in("admin") as client:
        body = {"field": "name", "value": "王金丝雀", "reason": "来电核实"}
        problem(await client.post(path, json=body), 403, "forbidden")
    entries = [entry for entry in await cases.journal.entries(limit=100) if entry.name == "case-person-searched"]
    assert [(entry.actor, entry.body["fields"], entry.body["found"]) for entry in entries][:2] == [
        ("duty-all", ["name"], 1),
        ("duty-all", ["phone"], 1),
    ]
    assert not any(text in repr(entries) for text in ("金丝雀", PERSON["phone"], PERSON["id"]))


async def test_applicants_of_other_regions_are_not_found(cases: World) -> None:
    body = {"field": "name", "value": "王金丝雀", "reason": "来电核实"}
    deps = cases.deps()
    assert deps.approvals is not None
    allowed = replace(deps.approvals, unmask=lambda: frozenset({"duty-532331", "duty-532301"}))
    cases.deps = lambda: replace(deps, approvals=allowed)  # type: ignore[method-assign]
    async with cases.signed_in("duty", "532331") as client:
        assert (await client.post(f"{LIST}:search-person", json=body)).json()["items"] == []
    async with cases.signed_in("duty", "532301") as client:
        assert (await client.post(f"{LIST}:search-person", json=body)).json()["total"] == 1


async def test_signals_over_several_cases_are_for_supervisors(cases: World) -> None:
    path = "/api/v1/approvals/signals"
    async with cases.signed_in("duty") as client:
        assert (await client.get(path)).json()["items"] == []
    async with cases.signed_in("duty", "532301") as client:
        problem(await client.get(path), 403, "forbidden")


async def test_search_finds_exact_numbers_and_aliases_only(cases: World) -> None:
    async with cases.signed_in("duty") as client:

        async def case_numbers(number: str) -> list[str]:
            answer = await client.get("/api/v1/approvals/search", params={"number": number})
            return [item["number"] for item in answer.json()["items"]]

        assert await case_numbers(f" {NUMBER}　") == [NUMBER]
        assert await case_numbers("受理-2026-0001") == [NUMBER]
        assert await case_numbers("532301-20260420") == []
        problem(await client.get("/api/v1/approvals/search", params={"number": "5323"}), 422, "invalid")


async def test_figures(cases: World) -> None:
    async with cases.signed_in("duty") as client:
        april = (await client.get("/api/v1/approvals/summary", params={"month": "2026-04"})).json()
        assert (april["accepted"], april["completion"], april["open_end"]) == (3, 0.3333, 3)
        rows = (await client.get("/api/v1/approvals/figures", params={"month": "2026-04", "by": "item"})).json()[
            "items"
        ]
        assert {row["key"]: (row["accepted"], row["name"]) for row in rows} == {
            "plan": (2, "规划许可"),
            "shop": (1, "营业执照"),
        }
        assert (april["working_days"], april["compared"]["previous"]["working_days"]) == (21, 22)
        aged = (await client.get("/api/v1/approvals/ageing")).json()
        assert aged["left"] == {"overdue_over_10": 2}
        assert aged["due"] == {"overdue_over_10": ["2026-04-27", "2026-05-29"]}
        assert (await client.get("/api/v1/approvals/ageing", params={"kind": "joint"})).json()["left"] == {}
        assert (await client.get("/api/v1/approvals/steps")).json()["items"] == []
        problem(await client.get("/api/v1/approvals/summary", params={"from": "2026-13-01"}), 422, "invalid")
        problem(await client.get("/api/v1/approvals/summary", params={"month": "2026-13"}), 422, "invalid")


@pytest.mark.parametrize(("kind", "count"), [("permit", 2), ("promise,permit", 2), ("disclosure", 0), ("question", 0)])
async def test_the_name_of_a_group_stands_for_its_kinds(cases: World, kind: str, count: int) -> None:
    async with cases.signed_in("duty") as client:
        assert (await client.get(LIST, params={"kind": kind})).json()["total"] == count
        aged = (await client.get("/api/v1/approvals/ageing", params={"kind": kind})).json()
        assert sum(aged["left"].values()) == count


async def test_slow_steps_have_working_days_of_the_office_hours(cases: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def steps(*_: object) -> list[dict[str, object]]:
        minutes = {"mean_minutes": 500.0, "median_minutes": 420, "p90_minutes": 1050}
        return [{"item": "plan", "step": "承办", "n": 20, "unknown_end": 0, "over_limit": 3, **minutes}]

    monkeypatch.setattr(CaseReader, "slowest_steps", steps)
    async with cases.signed_in("duty") as client:
        [step] = (await client.get("/api/v1/approvals/steps")).json()["items"]
    assert (step["median_days"], step["p90_days"]) == (1.0, 2.5)


async def test_a_site_without_cases_says_so(world: World) -> None:
    async with world.signed_in("duty") as client:
        problem(await client.get(LIST), 503, "busy")


async def test_actions_on_cards_and_orders_are_commands_to_the_approvals_role(cases: World) -> None:
    order = OrderDocument(
        id="2026-0001",
        number="督办〔2026〕0001号",
        title="限期",
        text="请办",
        department="housing",
        region="532301",
        life=begin(ORDER, "li", NOW),
    )
    record = kinds.ORDER.view(order_record(order, NOW))
    outcomes = {"card:raise": (Outcome.FORBIDDEN, ""), "card:appeal": (Outcome.INVALID, "reason")}

    def answer(command: Command) -> Result:
        outcome, detail = outcomes.get(command.action, (Outcome.DONE, ""))
        return Result(command=command.id, outcome=outcome, detail=detail, after=record)

    cases.desk.answer = answer
    async with cases.signed_in("duty") as client:
        body = {"title": "限期", "text": "请办", "department": "housing", "region": "532301"}
        assert (await client.post("/api/v1/approvals/orders", json=body | {"region": "9"})).status_code == 422
        await client.post("/api/v1/approvals/orders", json=body)
        await client.post("/api/v1/approvals/orders/2026-0001/act", json={"action": "sign", "rev": 3})
        act = "/api/v1/approvals/cards:act"
        problem(await client.post(act, json={"id": "x/hall:1", "action": "raise"}), 403, "forbidden")
        refused = problem(await client.post(act, json={"id": "x/hall:1", "action": "appeal"}), 422, "invalid")
        assert refused["errors"][0]["field"] == "body.reason"
    seen = [(command.action, command.subject, command.args["supervises"]) for command in cases.desk.seen]
    assert seen[:2] == [("order:create", "", True), ("order:sign", "2026-0001", True)]


async def test_a_store_of_cases_that_cannot_be_read_is_named(cases: World) -> None:
    access = cases.deps().approvals
    assert access is not None
    store = access.reader.store
    if not store.store.is_sqlite:
        pytest.skip("a server has no file")
    await store.close()
    for path in Path(store.store.file).parent.glob(f"{Path(store.store.file).name}*"):
        path.write_bytes(b"no database " * 1000)
    store.connect()
    async with cases.signed_in("duty") as client:
        problem(await client.get("/api/v1/approvals/cases"), 503, "cases-lost")
        problem(await client.get("/api/v1/approvals/summary"), 503, "cases-lost")
        assert (await client.get("/api/v1/alerts")).status_code == 200


async def test_held_sweeps_are_shown_and_decided_with_a_reason(cases: World) -> None:
    held = {"id": "hall", "system": "hall", "at": NOW, "compared": 20, "missing": 20, "cases": [1, 2]}
    decided = {"state": "held", "by": "", "reason": ""}
    async with cases.journal.begin() as tx:
        await tx.put("sweep", "hall", held | decided)
    public = {name: value for name, value in (held | decided).items() if name != "cases"} | {"at": wire.iso(NOW)}
    cases.desk.answer = lambda command: Result(command=command.id, outcome=Outcome.DONE, after=public)
    async with cases.signed_in("duty") as client:
        assert (await client.get("/api/v1/approvals/sweeps")).json()["items"] == [public]
        path = "/api/v1/approvals/sweeps/hall/act"
        problem(await client.post(path, json={"action": "apply", "reason": ""}), 422, "invalid")
        assert (await client.post(path, json={"action": "apply", "reason": "系统已停用"})).json() == public
    [command] = cases.desk.seen
    assert (command.action, command.subject, command.reason) == ("sweep:apply", "hall", "系统已停用")
    assert command.args["supervises"] is True
    async with cases.signed_in("duty", "532301") as client:
        assert (await client.get("/api/v1/approvals/sweeps")).json()["items"] == []
