"""Sessions with SNMP agents: kept between polls, one poll at a time each, and their failures as contract errors.

SNMPv2c is RFC 3416, SNMPv3 with the user-based security model RFC 3414 (AES: RFC 3826, SHA-2: RFC 7860).
gufo-snmp drops what an agent does not have, and gives an empty answer for every error-status
(tooBig, genErr, ...): what is missing is found by comparing keys, and an empty answer is asked for again in halves.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

from gufo.snmp import SnmpAuthError as GufoAuthError
from gufo.snmp import SnmpDecodeError, SnmpError
from gufo.snmp.aio.client import SnmpSession
from gufo.snmp.user import User

from collectors.errors import AuthFailed, CollectorError, NotReady, Reason, not_ready
from collectors.network.snmp import users
from collectors.settings import Credential

Raw = int | float | str | bytes | None
"""A value as gufo-snmp gives it: integers, OIDs and addresses as str, octet strings as bytes."""

_PANIC = "PanicException"
"""Name of the exception of a panic in the library's Rust code. It is a BaseException that no module exports."""
WALK_LIMIT = 4096
"""Objects that one walk may bring: a hostile agent ends no walk by itself."""
REPETITIONS = 20
REFRESH_AFTER = 100.0
"""Seconds without a request after which a v3 session is opened anew (RFC 3414: a window of 150 s)."""
UNTIMED = cast(float, None)
"""The library's own timeout, which it hands to asyncio.wait_for: our deadlines hold, and None costs no timer."""
DISCOVERY_SHARE = 0.35
"""Part of the timeout that the v3 discovery may take, so that a silent privacy failure can still be told."""


@dataclass(slots=True)
class Agent:
    """One agent, while one poll has it to itself. `timeout` in seconds bounds every single request.

    `bulk`: walk by GetBulk. It becomes False when the agent fails at GetBulk. `bulk_works`: GetBulk has succeeded once.
    """

    session: SnmpSession
    credential: Credential | None
    timeout: float
    used_at: float = 0.0
    bulk: bool = True
    bulk_works: bool = False

    async def begin(self) -> None:
        """Finds out the engine's id, boots and time (v3). Raises CollectorError."""
        if not self.secure:
            return
        try:
            await self._ask(self.session.refresh(), self.timeout)
        except NotReady as error:
            if error.reason is not Reason.TIMEOUT or not self.session.get_engine_id():
                raise
            # It has told its engine id, and then kept silent: agents drop what they cannot decrypt without a word.
            await self._again()

    async def _again(self) -> None:
        try:
            await self._ask(self.session.refresh(), self.timeout)
        except NotReady as error:
            raise AuthFailed(
                "the agent answers, but leaves encrypted requests unanswered: check priv and priv_key",
                "设备有应答，但不答复加密请求：请检查 priv 与 priv_key",
            ) from error

    def is_outdated(self, now: float) -> bool:
        """True for a v3 session whose boots and time are too old. It is opened anew: an engine id from before would
        make an agent that is down look like one that answers.
        """
        return self.secure and now - self.used_at > REFRESH_AFTER

    @property
    def secure(self) -> bool:
        """True for SNMPv3."""
        return self.credential is not None and self.credential.kind == "snmpv3"

    async def get(self, oids: Sequence[str]) -> dict[str, Raw]:
        """The values of the OIDs that the agent has. Others are left out. Raises CollectorError."""
        answer = await self._ask(self.session.get_many(oids), self.timeout)
        if not answer and len(oids) > 1:
            # Everything is missing, or one object spoils the request, or the answer would be too big.
            middle = len(oids) // 2
            answer = {**await self.get(oids[:middle]), **await self.get(oids[middle:])}
        return answer

    async def walk(self, oid: str, limit: int = WALK_LIMIT) -> dict[str, Raw]:
        """The subtree below `oid`, by index ("2" of ifDescr.2). Raises CollectorError, also when it goes in circles.

        Uses GetNext when the agent answers GetBulk with an error or with nothing. An agent that does not answer GetBulk
        at all fails once, and is walked by GetNext from then on.
        """
        if not self.bulk:
            return await self._walk(oid, limit, self.session.getnext(oid))
        try:
            values = await self._walk(oid, limit, self.session.getbulk(oid, REPETITIONS))
        except NotReady as error:
            self.bulk = self.bulk_works or error.reason is not Reason.TIMEOUT
            raise
        except asyncio.CancelledError:  # the poll's time is over
            self.bulk = self.bulk_works
            raise
        if not values and not self.bulk_works:
            # There are no such rows, or GetBulk failed: the library gives the same result for both.
            values = await self._walk(oid, limit, self.session.getnext(oid))
            self.bulk = not values
        self.bulk_works = self.bulk_works or (self.bulk and bool(values))
        return values

    async def _walk(self, oid: str, limit: int, rows: AsyncIterator[tuple[str, Raw]]) -> dict[str, Raw]:
        prefix = f"{oid}."
        last: tuple[int, ...] = ()
        values: dict[str, Raw] = {}
        try:
            async with asyncio.timeout(self.timeout):
                async for name, value in rows:
                    place = tuple(map(int, name.split(".")))
                    if place <= last:
                        raise NotReady(Reason.WRONG_ANSWER, f"the objects below {oid} do not increase")
                    last = place
                    values[name.removeprefix(prefix)] = value
                    if len(values) >= limit:
                        break
        except (OSError, SnmpError) as error:
            raise failure(error, self.secure) from error
        except BaseException as error:
            if type(error).__name__ != _PANIC:
                raise
            # The library's Rust code panics at noSuchObject, which an answer to GetNext must not hold.
            raise NotReady(Reason.WRONG_ANSWER, f"the agent gives an invalid answer to GetNext below {oid}") from None
        return values

    async def _ask(self, request: object, timeout: float) -> dict[str, Raw]:
        try:
            async with asyncio.timeout(timeout):
                return await request or {}  # type: ignore[misc]
        except (OSError, SnmpError) as error:
            raise failure(error, self.secure) from error


def failure(error: OSError | SnmpError, secure: bool = False) -> CollectorError:
    """The CollectorError for an error of gufo-snmp. Its text holds no credential."""
    if isinstance(error, GufoAuthError):
        return AuthFailed(
            "the agent refuses the user, the keys or what they may read (RFC 3414)",
            "设备拒绝该用户、密钥或其读取权限（RFC 3414）",
        )
    if isinstance(error, SnmpDecodeError):
        return NotReady(Reason.WRONG_ANSWER, f"not SNMP: {error}")
    if isinstance(error, SnmpError):
        return NotReady(Reason.WRONG_ANSWER, str(error))
    # gufo-snmp turns an ICMP "port unreachable" into a timeout that comes at once.
    if isinstance(error, TimeoutError) and "refused" in str(error.__cause__):
        return NotReady(Reason.REFUSED)
    if isinstance(error, TimeoutError):
        return NotReady(
            Reason.TIMEOUT, "silent: down or filtered" if secure else "silent: down, filtered, or another community"
        )
    return not_ready(error)


class Agents:
    """Every agent's idle session. A session serves one poll at a time, because answers are told apart by socket."""

    def __init__(self) -> None:
        self._idle: dict[tuple[str, int, str], Agent] = {}
        self._users: dict[str, tuple[Credential, User]] = {}

    @asynccontextmanager
    async def borrow(
        self, address: str, port: int, credential: Credential | None, timeout: float
    ) -> AsyncIterator[Agent]:
        """The agent's session; given up, not kept, when the block fails: a reboot changes a v3 engine's boots and time.

        Raises CollectorError.
        """
        key = (address, port, credential.name if credential else "")
        agent = await self._take(key, credential, timeout)
        yield agent
        agent.used_at = asyncio.get_running_loop().time()
        self._idle[key] = agent

    async def _take(self, key: tuple[str, int, str], credential: Credential | None, timeout: float) -> Agent:
        agent = self._idle.pop(key, None)
        if agent is None or agent.credential != credential or agent.is_outdated(asyncio.get_running_loop().time()):
            agent = Agent(self._open(key[0], key[1], credential), credential, timeout * DISCOVERY_SHARE)
            await agent.begin()
        agent.timeout = timeout
        return agent

    def _open(self, address: str, port: int, credential: Credential | None) -> SnmpSession:
        try:
            if credential is None or credential.kind == "snmpv2c":
                community = credential.values["community"] if credential else "public"
                return SnmpSession(address, port, community=community, timeout=UNTIMED, max_repetitions=REPETITIONS)
            return SnmpSession(address, port, user=self._user(credential), timeout=UNTIMED, max_repetitions=REPETITIONS)
        except OSError as error:
            raise not_ready(error) from error

    def _user(self, credential: Credential) -> User:
        cached = self._users.get(credential.name)
        if cached is None or cached[0] != credential:
            # Deriving a key from a password hashes a megabyte: once a credential, not once a session.
            cached = self._users[credential.name] = (credential, users.user_of(credential))
        return cached[1]

    def forget(self, now: float, idle_for: float) -> None:
        """Gives back the sessions that nobody has used for `idle_for` seconds."""
        for key in [key for key, agent in self._idle.items() if now - agent.used_at > idle_for]:
            del self._idle[key]

    def close(self) -> None:
        """Gives every session back."""
        self._idle.clear()
        self._users.clear()
