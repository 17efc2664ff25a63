"""Sign-in with name and password, and the lockout that makes guessing slow.

Unknown names take the same time, the same answers and the same locks as known ones. Five
failures lock a name at that address, twenty lock the address (an office may share one), for
a minute at first and twice as long each time, up to fifteen. Nobody can lock a person out
from elsewhere. Attempts are taken one after the other, so
that many at once cannot slip past the count. A peer may have a few attempts waiting, and a
locked one none, so that a flood from one address leaves room for the others.
"""

from __future__ import annotations

import asyncio
import ipaddress
import math
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypedDict

from api.auth.identities import Identities
from api.auth.passwords import hash_password, password_fits
from api.auth.second_factor import after_use
from api.http.problems import Problem
from api.principal import Principal
from feeds.cases.sealing import Sealer
from feeds.clock import Clock
from feeds.journal import Journal
from feeds.journal.forms import register_fields

NAME_LIMIT = 5
PEER_LIMIT = 20
LOCK = (60.0, 900.0)
FORGET = 3600.0
WAITING, WAITING_OF_PEER = 64, 16


def peer_key(peer: str) -> str:
    """The key of a peer: an IPv4 address, or an IPv6 /64 (one customer's usual share)."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return peer or "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def after_failure(record: dict[str, Any], limit: int, at: float) -> dict[str, Any]:
    """The lock record after one more failure: {failed, until, last}, times in epoch seconds."""
    failed = 1 if at - record.get("last", 0.0) > FORGET else int(record.get("failed", 0)) + 1
    rounds, remainder = divmod(failed, limit)
    first, longest = LOCK
    until = at + min(longest, first * 2.0 ** (rounds - 1)) if remainder == 0 else record.get("until", 0.0)
    return {"failed": failed, "until": until, "last": at}


class SignIn:
    """Checks names and passwords, one attempt at a time."""

    def __init__(
        self, journal: Journal, identities: Identities, clock: Clock, sealer: Sealer | None, *, factors: bool = True
    ) -> None:
        """`sealer` opens the secrets of second factors. With `factors` False no second factor is asked for."""
        self._journal, self._identities, self._clock = journal, identities, clock
        self._sealer, self._factors = sealer, factors
        self._turn = asyncio.Lock()
        self._waiting: Counter[str] = Counter()
        self._nobody = ""

    async def sign_in(self, name: str, password: str, peer: str, code: str = "") -> tuple[str, Principal]:
        """The new session's cookie and person. Raises Problem: wrong-credentials, second-factor, locked, busy."""
        async with self._admitted(name, peer) as key:
            account = await self._attempt(name, password, key, code)
            return await self._identities.open_session(account, key)

    async def prove(self, name: str, password: str, peer: str, code: str = "") -> None:
        """Check name, password and code as a sign-in does, without a session. Raises Problem like `sign_in`."""
        async with self._admitted(name, peer) as key:
            await self._attempt(name, password, key, code)

    @asynccontextmanager
    async def _admitted(self, name: str, peer: str) -> AsyncIterator[str]:
        """Wait until this attempt may run, and yield the key of its peer. Raises Problem: locked, busy."""
        peer = peer_key(peer)
        if self._waiting.total() >= WAITING or self._waiting[peer] >= WAITING_OF_PEER:
            raise Problem("busy")
        self._waiting[peer] += 1
        try:
            await self._refuse_locked(_limits(name, peer))
            async with self._turn:
                yield peer
        finally:
            self._waiting[peer] -= 1
            self._waiting += Counter()  # drops what is down to nothing

    async def _refuse_locked(self, keys: Iterable[str]) -> None:
        docs, at = await self._journal.docs_of("lockout", list(keys)), self._clock()
        ends = [float(doc.body.get("until", 0.0)) for doc in docs.values()]
        # A lock that ends later than the longest one can was set before the clock was set back.
        until = max((end for end in ends if end <= at + LOCK[1]), default=0.0)
        if at < until:
            raise _locked(until - at)

    async def _attempt(self, name: str, password: str, peer: str, code: str) -> dict[str, Any]:
        """The document of the account that name, password and code prove. Raises Problem."""
        await self._refuse_locked(_limits(name, peer))
        doc = await self._journal.doc("account", name)
        # Made before it is known whether the name exists, so that the first unknown one takes no longer.
        self._nobody = self._nobody or await hash_password(secrets.token_hex())
        fits = await password_fits(doc.body["hash"] if doc else self._nobody, password)
        # One that was put out of use says no more than a wrong password does.
        if doc is None or not fits or doc.body.get("disabled"):
            await self._failed(name, peer, self._clock())
            raise Problem("wrong-credentials")
        if self._factors and "factor" in doc.body and self._sealer is not None:
            await self._check_factor(doc.body, code, peer)
        await self._forget(pair_key(name, peer))
        return doc.body

    async def _check_factor(self, account: dict[str, Any], code: str, peer: str) -> None:
        """Check a code of the second factor and mark it as used. Raises Problem: second-factor, wrong-credentials."""
        if not code:
            raise Problem("second-factor")
        sealer, at, used = self._sealer, self._clock(), False

        def use(current: dict[str, Any] | None) -> dict[str, Any] | None:
            nonlocal used
            if current is None or "factor" not in current or sealer is None:
                return None
            factor = after_use(current["factor"], code, at, sealer)
            used = factor is not None
            return current | {"factor": factor} if used else None

        async with self._journal.begin() as tx:
            await tx.update("account", account["name"], use)
        if not used:
            await self._failed(account["name"], peer, at)
            raise Problem("wrong-credentials")

    async def _failed(self, name: str, peer: str, at: float) -> None:
        """Count one failure in the transaction that reads the counts, because other web processes count as well."""
        await self._sweep(at)
        async with self._journal.begin() as tx:
            records = {}
            for key, limit in _limits(name, peer).items():
                record = await tx.update("lockout", key, partial(_one_more, limit=limit, at=at))
                records[key] = record or {}
            body = {"peer": peer, "failed": records[pair_key(name, peer)]["failed"]}
            await tx.append(kind="audit", name="sign-in-failed", subject=name, at=at, body=body)
            for key, record in records.items():
                if record["until"] > at:
                    seconds = {"peer": peer, "seconds": record["until"] - at}
                    await tx.append(kind="audit", name="sign-in-locked", subject=key, at=at, body=seconds)

    async def _forget(self, key: str) -> None:
        """A success clears the name's failures; the peer's stay, or a guesser with an account clears them at will."""
        if await self._journal.doc("lockout", key) is not None:
            async with self._journal.begin() as tx:
                await tx.delete("lockout", key)

    async def _sweep(self, at: float) -> None:
        """Drop lock records that say nothing any more; guessed names must not pile up."""
        docs = await self._journal.docs("lockout")
        old = [doc.id for doc in docs if at - doc.body["last"] > FORGET]
        if len(old) < 100:
            return
        async with self._journal.begin() as tx:
            for key in old:
                record = await tx.doc("lockout", key)
                if record is not None and at - record["last"] > FORGET:
                    await tx.delete("lockout", key)


def _limits(name: str, peer: str) -> dict[str, int]:
    """The lock records of one attempt, and after how many failures each locks."""
    return {pair_key(name, peer): NAME_LIMIT, f"peer:{peer}": PEER_LIMIT}


def pair_key(name: str, peer: str) -> str:
    """Id of the lock record of a name at one address. Failures at other addresses do not lock it."""
    return f"pair:{name}|{peer}"


def _one_more(record: dict[str, Any] | None, *, limit: int, at: float) -> dict[str, Any]:
    return after_failure(record or {}, limit, at)


def _locked(seconds: float) -> Problem:
    return Problem("locked", headers={"Retry-After": str(math.ceil(seconds))}, retry_after=math.ceil(seconds))


class _Lockout(TypedDict):
    failed: int
    last: float
    until: float


register_fields("lockout", _Lockout)
