"""Audit entries of refused requests and of reads of personal data, written before the answer goes out.

The same asker repeating the same request within WINDOW seconds adds to a count, which the next entry has. Each asker
writes at most MOST entries in WINDOW seconds: a flood of refused requests must not fill the journal.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from typing import Any

from api.dependencies import Dependencies
from api.principal import Principal
from feeds.journal import JournalLost

log = logging.getLogger(__name__)

WINDOW = 60.0
MOST = 20
ASKERS = 2000
PERSONAL = re.compile(r"/api/v1/(accounts|roster|roster/history|receipts|receipts/[^/]+|handover(/.*)?|cases/[^/]+)")
"""Paths whose answers hold telephone numbers, names or addresses of people (docs/security.md lists the fields)."""


@dataclass(slots=True)
class _Asker:
    """Entries of one asker in the current window, and how often each request came since its last entry."""

    since: float
    written: int = 0
    repeated: dict[tuple[str, str, str], int] = field(default_factory=dict)
    left_out: int = 0


class Witness:
    """Notes refusals (403, and 401 for a bearer token) and reads of personal data."""

    def __init__(self, deps: Dependencies) -> None:
        self._deps = deps
        self._askers: dict[str, _Asker] = {}

    async def note(
        self, principal: Principal | None, peer: str, method: str, path: str, status: int, with_token: bool
    ) -> None:
        """Note one answer before it is sent, when it is one of those. `with_token`: a bearer token came with it."""
        name = self._name(principal, method, path, status, with_token)
        if not name:
            return
        asker = self._asker(principal.key or principal.name if principal is not None else peer)
        key = (name, method, path)
        if key in asker.repeated or asker.written == MOST:
            asker.repeated[key] = asker.repeated.get(key, 0) + 1
            asker.left_out += 1
            return
        asker.repeated[key], asker.written = 0, asker.written + 1
        actor, at = principal.name if principal is not None else "", self._deps.clock()
        body: dict[str, Any] = {"method": method, "status": status}
        body |= {"result": "refused" if status >= 400 else "read", "repeated": asker.left_out}
        asker.left_out = 0
        try:
            async with self._deps.journal.begin() as tx:
                await tx.append(kind="audit", name=name, subject=path[:200], at=at, actor=actor, body=body)
        except JournalLost as error:
            log.debug("a %s could not be noted: %s", name, error)

    @staticmethod
    def _name(principal: Principal | None, method: str, path: str, status: int, with_token: bool) -> str:
        if status == 403 or (status == 401 and with_token):
            return "refused"
        is_read = method == "GET" and status == 200 and principal is not None and principal.personal
        return "personal-read" if is_read and PERSONAL.fullmatch(path) else ""

    def _asker(self, key: str) -> _Asker:
        at = self._deps.clock()
        asker = self._askers.get(key)
        if asker is None or not 0 <= at - asker.since < WINDOW:
            if len(self._askers) >= ASKERS:
                self._askers.clear()
            asker = self._askers[key] = _Asker(since=at, left_out=asker.left_out if asker is not None else 0)
        return asker
