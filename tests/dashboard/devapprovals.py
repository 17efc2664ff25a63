"""Approvals of the scripted server: cases in a real store behind the product's own routes, and their live records."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, get_args

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from api.approvals import ApprovalsAccess
from api.dependencies import Deps, Viewer
from api.http import problems
from api.principal import Principal, person
from api.routes import approval_figures, approvals
from approvals.cards.documents import CardDocument, OrderDocument, card_record, order_record
from approvals.cards.workflows import CARD, ORDER, limits_of
from approvals.open_cases import OpenCases
from feeds import kinds
from feeds.cases.assess import Assessor
from feeds.cases.items import ApprovalItem, ItemCatalogue
from feeds.cases.ledger import CaseLedger
from feeds.cases.reader import CaseQuery, CaseReader
from feeds.cases.sealing import Sealer
from feeds.cases.store import CaseStore
from feeds.tasks.workflow import act, begin
from feeds.workdays.local_time import local_date
from tests.feeds.cases.rig import case_fact, fact
from tests.feeds.workdays.books import BOOK, NATION, at

if TYPE_CHECKING:
    from tests.dashboard.devserver import Script

Record = dict[str, Any]
NOW = at("2026-05-20T10:00")
SEALER = Sealer(bytes(32))
ITEMS = [
    ApprovalItem(code="plan", name="建设用地规划许可", promised=20, statutory=20),
    ApprovalItem(code="shop", name="食品经营许可", promised=5, statutory=20),
]
ASSESSOR = Assessor(BOOK, ItemCatalogue(ITEMS, {"housing": "州住建局", "market": "州市场监管局", "tax": "州税务局"}))
PERSON = {"name": "王金丝雀", "phone": "13987654321"}


class ScriptedApprovals:
    """Five open cases of three departments and one that is done, two cards and a supervision order."""

    def __init__(self, folder: Path) -> None:
        self.store = CaseStore(f"sqlite+aiosqlite:///{folder}/cases.sqlite3", "test")
        self.access = ApprovalsAccess(reader=CaseReader(self.store), assessor=lambda: ASSESSOR, sealer=SEALER)
        self.acts: list[Record] = []
        self.orders: dict[str, Record] = {}
        self.keys: dict[str, int] = {}

    async def fill(self, state: dict[str, dict[str, Record]]) -> None:
        """Apply the facts, and put the records that follow from them into the live state."""
        await self.store.open()
        ledger = CaseLedger(self.store, ASSESSOR)
        await ledger.open()
        await ledger.apply(_facts(), NOW)
        rows = await self.access.reader.window(CaseQuery(state=("open", "applied", "closed")))
        self.keys = {row.number: row.id for row in rows}
        cases = OpenCases(ASSESSOR.catalogue.departments)
        for row in rows:
            cases.put(row)
        cases.heard["bureau"] = at("2026-05-20T09:20")
        cases.notice_silence(NOW)
        boards = cases.all_boards(local_date(NOW).toordinal())
        state["case_board"] = {key: kinds.CASE_BOARD.view(board) for key, board in boards.items()}
        card = card_record(self._card())
        state["card"] = {card.id: kinds.CARD.view(card)}
        order = kinds.ORDER.view(order_record(_order(), NOW))
        self.orders = state["order"] = {order["id"]: order}

    def _card(self) -> CardDocument:
        life = begin(CARD, "", at("2026-05-19T08:30"), "propose")
        life = act(CARD, life, "raise", by="", at=at("2026-05-19T08:30"), limits=limits_of(NATION))
        return CardDocument(
            id="over_promise/hall:plan-0409",
            rule="over_promise",
            version=1,
            case="hall:plan-0409",
            key=self.keys["plan-0409"],
            number="plan-0409",
            department="housing",
            region="532301",
            colour="yellow",
            life=life,
        )


def _facts() -> list[Any]:
    late = {"accepted": "2026-04-16T09:00"}
    return [
        case_fact("plan-0409", **late, sealed=SEALER.seal(PERSON)),
        fact(
            "plan-0409", "step", "1", name="受理", owner="李主任", started="2026-04-16T09:00", ended="2026-04-16T10:00"
        ),
        fact("plan-0409", "step", "2", name="审批", owner="周科长", started="2026-04-17T09:00", limit=10),
        case_fact("plan-0233", accepted="2026-04-20T09:00"),
        case_fact("plan-0015", accepted="2026-05-06T09:00"),
        fact("plan-0015", "suspension", "s", kind="听证", notice="听〔2026〕1号", started="2026-05-11"),
        case_fact("shop-1184", item="shop", department="market", accepted="2026-05-14T09:00"),
        case_fact("tax-0001", system="bureau", department="tax", accepted="2026-05-12T09:00"),
        case_fact("plan-0001", ended="2026-05-11T10:00", result="准予许可"),
    ]


def _order() -> OrderDocument:
    limits = limits_of(NATION)
    life = begin(ORDER, "li", at("2026-05-18T09:00"))
    for action, by, moment in (("submit", "li", "2026-05-18T09:10"), ("approve", "wang", "2026-05-18T10:00")):
        life = act(ORDER, life, action, by=by, at=at(moment), limits=limits)
    return OrderDocument(
        id="2026-0001",
        number="督办〔2026〕0001号",
        title="限期办结",
        text="请于五个工作日内说明原因并办结。",
        department="housing",
        region="532301",
        cases=("hall:plan-0409",),
        life=life,
    )


def add_approvals(api: FastAPI, script: Script) -> None:
    """Serve the product's routes of cases and figures over the scripted store, and take actions on cards."""
    principal = person("值班员", "duty", "", key="", csrf="")

    async def viewer() -> Principal:
        return principal

    async def deps() -> Any:
        pump, site = SimpleNamespace(mirror=SimpleNamespace(rev="e.1-0")), SimpleNamespace(region="532300")
        supervisors = frozenset([principal.name] if "supervise" in str(script.me["rights"]) else [])
        cases = script.approvals
        access = None if cases is None else replace(cases.access, supervise=lambda: supervisors)
        return SimpleNamespace(approvals=access, clock=lambda: NOW, pump=pump, site=site)

    async def refused(request: Request, error: problems.Problem) -> Response:
        return problems.response(error, "zh-CN")

    api.dependency_overrides[get_args(Viewer)[1].dependency] = viewer
    api.dependency_overrides[get_args(Deps)[1].dependency] = deps
    api.add_exception_handler(problems.Problem, refused)  # type: ignore[arg-type]
    api.include_router(approvals.router)
    api.include_router(approval_figures.router)

    @api.get("/api/v1/orders/{order_id}")
    async def order(order_id: str) -> Response:
        return JSONResponse(script.approvals.orders[order_id] if script.approvals else {})

    @api.post("/api/v1/approvals/cards:act")
    async def act_on_card(request: Request) -> Response:
        assert script.approvals is not None
        script.approvals.acts.append(await request.json())
        return JSONResponse({})
