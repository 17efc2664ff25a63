"""Sessions and tokens of the journal, cached, and dropped within two seconds of their end.

Five hundred open sockets ask once a second whether their session still holds. So documents are
cached, and once a second one query looks whether the audit record tells of anything that ended.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypedDict

from api.auth.accounts import digest
from api.auth.documents import is_open, without_secrets
from api.principal import Principal, Role, TokenScope, person, program
from api.settings import WebSettings
from feeds.clock import Clock
from feeds.journal import Journal, JournalLost, Tx
from feeds.journal.forms import register_fields

CACHE = 10.0
CACHED = 10_000
REMEMBERED = 1000
"""Documents at most that outlive the process."""
POLL = 1.0
RECENT = 200
OVERLAP = 100
ENDINGS = frozenset(
    {
        *("account-set", "account-removed", "token-removed", "sign-out"),
        *("session-ended", "session-confirmed", "password-changed", "second-factor-set", "second-factor-removed"),
    }
)
TOUCH = 60.0
FUTURE = 60.0
"""Seconds by which a session may be from the future. One that is from further ahead began under a wrong clock."""
SWEEP = 600.0


_SCOPES = frozenset(TokenScope)


class Identities:
    """Principals by cookie or token. Opens and ends sessions.

    A session is kept under the SHA-256 of its cookie; when it was last used is a document of
    its own, so that noting use can never bring an ended session back.
    """

    def __init__(
        self, journal: Journal, settings: WebSettings, clock: Clock, incomplete: Callable[[], bool] = lambda: False
    ) -> None:
        """`incomplete` tells that the journal has lost entries: who was signed in before stays so."""
        self._incomplete = incomplete
        self._recalled: dict[tuple[str, str], dict[str, Any]] = {}
        self._journal, self._settings, self._clock = journal, settings, clock
        self._cache: dict[tuple[str, str], tuple[float, dict[str, Any]]] = {}
        self._swept, self._generation = 0.0, 0
        self._polled, self._newest = float("-inf"), 0
        self._ended: frozenset[int] = frozenset()

    async def session(self, cookie: str, *, active: bool = True) -> Principal | None:
        """The principal of a session by its cookie; None when it is unknown, ended or too old.

        `active`: the request counts as use of the session, which ends when it is idle for too long.
        """
        return await self._by_session(digest(cookie), active)

    async def token(self, raw: str) -> Principal | None:
        """The principal of a token."""
        return await self._by_token(digest(raw))

    async def again(self, principal: Principal) -> Principal | None:
        """Look a principal up again, for sockets that stay open. None when its session or token has ended."""
        if principal.via in ("token", "wall"):
            return await self._by_token(principal.key)
        if principal.key:
            return await self._by_session(principal.key, False)
        return principal

    async def _by_token(self, key: str) -> Principal | None:
        body = await self._doc("token", key)
        return program(body, key) if body and body["scope"] in _SCOPES else None

    async def _by_session(self, key: str, active: bool) -> Principal | None:
        session, at = await self._doc("session", key), self._clock()
        if session is None or at >= session["expires"] or session["created"] > at + FUTURE:
            return None
        used = await self._doc("session-use", key)
        last = used["at"] if used else session["created"]
        if at - last > self._settings.idle_hours * 3600:
            return None
        owner = await self._owner(session, key)
        if owner is not None and active and abs(at - last) >= TOUCH and not self._journal.store.failing:
            await self._touch(key, at)
        return owner

    async def _owner(self, session: dict[str, Any], key: str) -> Principal | None:
        """The session's person, with the role and region that the account has now."""
        if session["demo"]:
            if not self._settings.demo:
                return None
            name, role, region = session["account"], session["role"], session["region"]
            return person(name, role, region, key=key, csrf=session["csrf"], via="demo")
        account = await self._doc("account", session["account"])
        if account is None or account["stamp"] != session["stamp"] or account.get("disabled"):
            return None
        return person(
            account["name"],
            account["role"],
            account["region"],
            key=key,
            csrf=session["csrf"],
            must=self._duty(account),
            separated=self._settings.separated_powers,
            confirmed=session.get("confirmed", session["created"]),
        )

    def _duty(self, account: Mapping[str, Any]) -> str:
        """The value of `Principal.must`: "password", "second-factor", or "" for an account in order."""
        days, changed = self._settings.password_days, account.get("changed")
        is_old = bool(days) and changed is not None and self._clock() - changed > days * 86400
        if account.get("must_change") or is_old:
            return "password"
        return "second-factor" if self._settings.second_factor == "required" and "factor" not in account else ""

    async def _touch(self, key: str, at: float) -> None:
        """Note the use of a session; one that was ended meanwhile stays ended. A journal that is lost notes nothing."""
        self._keep("session-use", key, {"at": at})
        with suppress(JournalLost):
            async with self._journal.begin() as tx:
                await tx.update("session-use", key, lambda use: use and {"at": max(at, use["at"])})

    async def _doc(self, kind: str, key: str) -> dict[str, Any] | None:
        """A document's body; while the journal is lost, as it was last read. Raises JournalLost for one never read.

        A document that went missing with a part of the journal counts as it was last read, too.
        """
        _, last = self._cache.get((kind, key), (0.0, self._recalled.get((kind, key))))
        if last is not None and "read" in self._journal.store.failing:
            return last
        try:
            body = await self._read(kind, key)
        except JournalLost:
            if last is None:
                raise
            return last
        return self._recalled.get((kind, key)) if body is None and self._incomplete() else body

    def remembered(self) -> list[list[Any]]:
        """The cached documents as [kind, key, body], for `recall` after a restart. Bodies are without secrets."""
        bodies = ((kind, key, body) for (kind, key), (_, body) in list(self._cache.items())[-REMEMBERED:])
        return [[kind, key, without_secrets(body)] for kind, key, body in bodies]

    def recall(self, documents: list[list[Any]]) -> None:
        """Use the `remembered` documents of an earlier process while the journal is lost or has lost entries."""
        self._recalled = {(kind, key): body for kind, key, body in documents}

    async def _read(self, kind: str, key: str) -> dict[str, Any] | None:
        """A document's body, or None. A missing document is not cached, so that a new token works at once."""
        await self._drop_ended()
        at = self._clock()
        until, body = self._cache.get((kind, key), (0.0, {}))
        if at < until <= at + CACHE:
            return body
        generation = self._generation
        doc = await self._journal.doc(kind, key)
        if doc is None:
            self._cache.pop((kind, key), None)
            return None
        if generation == self._generation:
            self._keep(kind, key, doc.body)
        return doc.body

    async def _drop_ended(self) -> None:
        """Forget all that is cached when something ended since the last look.

        Looks back over OVERLAP entries: another process's entry may become visible after a later one.
        """
        at = self._clock()
        if 0 <= at - self._polled < POLL:
            return
        self._polled = at
        after = max(0, self._newest - OVERLAP)
        recent = await self._journal.entries(kind="audit", after=after, limit=RECENT, newest_first=True)
        ended = frozenset(entry.seq for entry in recent if entry.name in ENDINGS)
        if ended - self._ended or len(recent) == RECENT:
            self._cache.clear()
            self._recalled.clear()
            self._generation += 1
        self._ended = ended
        self._newest = max((entry.seq for entry in recent), default=self._newest)

    def _keep(self, kind: str, key: str, body: dict[str, Any]) -> None:
        if len(self._cache) >= CACHED:
            self._cache.clear()
        self._cache[kind, key] = (self._clock() + CACHE, body)

    async def open_session(self, account: dict[str, Any], peer: str, *, name: str = "sign-in") -> tuple[str, Principal]:
        """Open a session for an account and journal it; returns the cookie's value and who it stands for."""
        cookie, at = secrets.token_urlsafe(32), self._clock()
        demo = "stamp" not in account
        session = {
            "account": account["name"],
            "role": account["role"],
            "region": account["region"],
            "stamp": account.get("stamp", ""),
            "csrf": secrets.token_urlsafe(24),
            "created": at,
            "confirmed": at,
            "expires": at + self._settings.session_hours * 3600,
            "peer": peer,
            "demo": demo,
        }
        await self._sweep(at)
        body = {"peer": peer, "role": account["role"], "region": account["region"]}
        async with self._journal.begin() as tx:
            account_name = account["name"]
            seq = await tx.append(kind="audit", name=name, subject=account_name, at=at, actor=account_name, body=body)
            await tx.put("session", digest(cookie), session, seq=seq)
            await tx.put("session-use", digest(cookie), {"at": at})
            if not demo:
                await self._end_oldest(tx, account_name, session["stamp"], at)
        via, key, must = "demo" if demo else "session", digest(cookie), "" if demo else self._duty(account)
        opened = person(
            account_name,
            account["role"],
            account["region"],
            key=key,
            csrf=session["csrf"],
            via=via,
            must=must,
            separated=self._settings.separated_powers and not demo,
        )
        return cookie, opened

    async def _end_oldest(self, tx: Tx, name: str, stamp: str, at: float) -> None:
        """End the oldest open sessions of an account above the limit; one more is being opened."""
        own = [doc for doc in await self._journal.docs("session") if is_open(doc.body, name, stamp, at)]
        own.sort(key=lambda doc: float(doc.body["created"]))
        for doc in own[: max(0, len(own) - self._settings.sessions + 1)]:
            body = {"reason": "limit", "session": doc.id[:16]}
            await tx.append(kind="audit", name="session-ended", subject=name, at=at, actor=name, body=body)
            await tx.delete("session", doc.id)
            await tx.delete("session-use", doc.id)

    async def end_session(self, principal: Principal, peer: str) -> None:
        """Sign out: the session's document goes, open sockets close within two seconds."""
        body = {"peer": peer, "role": principal.role, "region": principal.region}
        async with self._journal.begin() as tx:
            at = self._clock()
            await tx.append(
                kind="audit", name="sign-out", subject=principal.name, at=at, actor=principal.name, body=body
            )
            await tx.delete("session", principal.key)
            await tx.delete("session-use", principal.key)
        self._cache.pop(("session", principal.key), None)

    async def _sweep(self, at: float) -> None:
        """Drop documents of sessions that ended by themselves, at most every ten minutes."""
        if 0 <= at - self._swept < SWEEP:
            return
        self._swept = at
        old = [doc.id for doc in await self._journal.docs("session") if doc.body["expires"] <= at]
        if not old:
            return
        async with self._journal.begin() as tx:
            for key in old:
                await tx.delete("session", key)
                await tx.delete("session-use", key)


def demo_officer() -> Principal:
    """The principal of everybody in a demo who has not taken another role."""
    return person("demo", Role.DUTY, "", key="", csrf="", via="demo")


class _Session(TypedDict):
    account: str
    role: str
    region: str
    stamp: str
    csrf: str
    created: float
    expires: float
    demo: bool


class _Use(TypedDict):
    at: float


register_fields("session", _Session)
register_fields("session-use", _Use)
