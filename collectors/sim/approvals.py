"""An approvals system of the demo over real HTTP: 1,581 cases, 1,571 of them done, ten open near their limits."""

from __future__ import annotations

import csv
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urljoin

from aiohttp import web

from collectors.sim.approval_rows import CaseRows, Row
from collectors.sim.devices import HttpService
from feeds.workdays.local_time import local_date

Clock = Callable[[], float]
MASS = 300
"""Cases that a mass due date adds."""
LARGEST_PAGE = 500


class ApprovalSystem:
    """The cases of a hall, in pages, with changes after a time: the list, and beside it `steps` and `special`."""

    def __init__(self, items: Path, clock: Clock = time.time) -> None:
        with items.open(encoding="utf-8", newline="") as file:
            catalogue = list(csv.DictReader(file))
        self.clock = clock
        self.tables = CaseRows(catalogue, local_date(clock()))

    @property
    def rows(self) -> list[Row]:
        """The rows of its cases."""
        return self.tables.case

    def app(self, path: str) -> web.Application:
        """The interface: cases at `path`, their other rows beside it."""
        app = web.Application()
        for address, name in ((path, "case"), (urljoin(path, "steps"), "step"), (urljoin(path, "special"), "special")):
            app.router.add_get(address, self._answers_with(name))
        return app

    def _answers_with(self, table: str) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            since, page = request.query.get("startTime", ""), int(request.query.get("pageNo", "1"))
            size = min(LARGEST_PAGE, int(request.query.get("pageSize", "200")))
            changed = [row for row in getattr(self.tables, table) if row["cd_time"] >= since]
            rows = changed[(page - 1) * size : page * size]
            return web.json_response({"code": 0, "data": {"total": len(changed), "list": rows}})

        return answer


class ApprovalService(HttpService):
    """An approvals system at its address."""

    def __init__(self, host: str, port: int, path: str, system: ApprovalSystem) -> None:
        super().__init__(host, port, system.app(path))
        self.system = system


class MassDue:
    """A break of an approvals system that answers on: MASS cases are due today. Mended, they are deleted again."""

    def __init__(self, system: ApprovalSystem, address: str) -> None:
        self.address = address
        self._system = system
        self._numbers: list[str] = []

    async def start(self) -> None:
        """Take the cases back."""
        self._system.tables.remove(self._numbers, self._system.clock())
        self._numbers = []

    async def stop(self) -> None:
        """Add the cases."""
        if not self._numbers:
            self._numbers = self._system.tables.add_due_today(MASS, self._system.clock())
