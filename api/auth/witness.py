"""Audit entries of refused requests and of reads of personal data, written before the answer goes out.

An asker writes at most one entry for a request and at most MOST entries in WINDOW seconds, so that a flood of refused
requests does not fill the journal. The next entry of the asker has the number of requests left out as `repeated`.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import HTTPConnection
from starlette.types import Message, Send

from api.auth.askers import peer_of, principal_or_none
from api.dependencies import Dependencies
from api.principal import Principal
from feeds.journal import JournalLost

log = logging.getLogger(__name__)

WINDOW = 60.0
MOST = 20
ASKERS = 2000
"""Askers that are remembered at most."""
PERSONAL = re.compile(r"/api/v1/(accounts|roster|roster/history|receipts|receipts/[^/]+|handover(/.*)?|cases/[^/]+)")
"""Paths whose answers hold telephone numbers, names or addresses of people."""


@dataclass(slots=True)
class _Asker:
    """The requests of one asker that have an entry in the current window, and the count of those without one."""

    since: float
    recorded: set[tuple[str, str, str]] = field(default_factory=set)
    left_out: int = 0


class Witness:
    """Records refusals (403, and 401 for a bearer token) and reads of personal data in the audit log."""

    def __init__(self, deps: Dependencies) -> None:
        self._deps = deps
        self._askers: dict[str, _Asker] = {}

    def watching(self, connection: HTTPConnection, send: Send) -> Send:
        """A `send` that writes the audit entry of an answer, if it has one, before the response starts."""

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                await self._record(connection, message["status"])
            await send(message)

        return watched

    async def _record(self, connection: HTTPConnection, status: int) -> None:
        scope, principal = connection.scope, principal_or_none(connection)
        method, path, with_token = scope["method"], scope["path"], "authorization" in connection.headers
        if entry := entry_name(principal, method, path, status, with_token=with_token):
            await self._append(entry, principal, peer_of(connection), method, path, status)

    async def _append(
        self, entry: str, principal: Principal | None, peer: str, method: str, path: str, status: int
    ) -> None:
        """Append an audit entry named `entry` for one answer, within the limits of the asker."""
        asker = self._asker(principal.key or principal.name if principal is not None else peer)
        key = (entry, method, path)
        if key in asker.recorded or len(asker.recorded) == MOST:
            asker.left_out += 1
            return
        asker.recorded.add(key)
        actor, at = principal.name if principal is not None else "", self._deps.clock()
        body: dict[str, Any] = {"method": method, "status": status}
        body |= {"result": "refused" if status >= 400 else "read", "repeated": asker.left_out}
        asker.left_out = 0
        try:
            async with self._deps.journal.begin() as tx:
                await tx.append(kind="audit", name=entry, subject=path[:200], at=at, actor=actor, body=body)
        except JournalLost as error:
            log.debug("a %s could not be noted: %s", entry, error)

    def _asker(self, key: str) -> _Asker:
        at = self._deps.clock()
        asker = self._askers.get(key)
        if asker is None or not 0 <= at - asker.since < WINDOW:
            if len(self._askers) >= ASKERS:
                self._askers.clear()
            asker = self._askers[key] = _Asker(since=at, left_out=asker.left_out if asker is not None else 0)
        return asker


def entry_name(principal: Principal | None, method: str, path: str, status: int, *, with_token: bool) -> str:
    """The name of the audit entry of an answer; "" for most answers, which have none.

    `with_token`: the request carried a bearer token.
    """
    if status == 403 or (status == 401 and with_token):
        return "refused"
    if status != 200 or method != "GET" or principal is None or not principal.personal:
        return ""
    return "personal-read" if PERSONAL.fullmatch(path) else ""
