"""REGISTER (GB/T 28181 9.1): checks registrations and makes their answers. Its only memory is of wrong passwords."""

from __future__ import annotations

import re
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from collectors.video.gb28181 import device_id
from collectors.video.gb28181.bindings import Address
from collectors.video.gb28181.sip_digest import DigestGuard, DigestVerdict
from collectors.video.gb28181.sip_message import SipMessage, response

EXPIRES, EXPIRES_MAX, EXPIRES_MIN = 3600, 86_400, 10
"""Seconds of a registration: without a wish of the device, at most, and at least."""
FAILURES, FAILURES_WITHIN, IGNORED_FOR = 5, 60.0, 60.0
"""Wrong passwords of one device from one address within some seconds, after which the pair is ignored for a while."""
MAX_PAIRS = 4096
"""Pairs of device and address whose failures are kept."""
VERSION = ("X-GB-Ver", "3.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """The outcome of a REGISTER. `answer` is None when nothing is sent.

    `accepted`: the device is registered for `expires` seconds, or leaves with 0. `refused`: why it is not.
    """

    answer: bytes | None
    accepted: bool = False
    expires: int = 0
    version: str = ""
    refused: DigestVerdict | str = ""
    failures: int = 0


class Registrar:
    """Checks registrations. `passwords` are by device id, "*" for all others. `allows` says who may register."""

    def __init__(
        self,
        realm: str,
        passwords: Mapping[str, str],
        allows: Callable[[str], bool],
        zone: tzinfo,
        *,
        sync_clock: bool = True,
        secret: bytes | None = None,
    ) -> None:
        self._guard = DigestGuard(realm, secret)
        self._passwords = passwords
        self._allows = allows
        self._zone = zone
        self._sync_clock = sync_clock
        self._failures: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()
        self._ignored: dict[tuple[str, str], float] = {}

    def register(self, request: SipMessage, peer: Address, now: float, wall: float) -> Registration:
        """Judge a request of `peer`. `now` is monotonic, `wall` in epoch seconds."""
        device, pair = request.sender, (request.sender, peer[0])
        if self._ignored.get(pair, float("-inf")) > now:
            return Registration(answer=None, refused="ignored")
        if not device_id.acceptable(device):
            return Registration(answer=response(request, 400, "Bad Device ID", peer), refused="bad id")
        expires = expires_of(request)
        if expires is None or 0 < expires < EXPIRES_MIN:
            more = (("Min-Expires", str(EXPIRES_MIN)),)
            return Registration(answer=response(request, 423, "Interval Too Brief", peer, more), refused="expires")
        verdict = self._guard.check(
            request.header("authorization"),
            method="REGISTER",
            user=device,
            password=self._passwords.get(device, self._passwords.get("*", "")),
            address=peer[0],
            now=wall,
        )
        if verdict in (DigestVerdict.MISSING, DigestVerdict.STALE, DigestVerdict.ALGORITHM):
            challenge = self._guard.challenge(peer[0], wall, stale=verdict is DigestVerdict.STALE)
            headers = (("WWW-Authenticate", challenge), VERSION)
            refused = verdict if verdict is DigestVerdict.ALGORITHM else ""
            return Registration(answer=response(request, 401, "Unauthorized", peer, headers), refused=refused)
        has_password = device in self._passwords or "*" in self._passwords
        if verdict is not DigestVerdict.OK or not has_password or not self._allows(device):
            return self._refuse(
                request, peer, verdict if verdict is not DigestVerdict.OK or not has_password else "unknown", now
            )
        self._failures.pop(pair, None)
        return Registration(
            answer=self._accept(request, peer, expires, wall),
            accepted=True,
            expires=expires,
            version=request.header("x-gb-ver")[:8],
        )

    def failures_of(self, device: str, now: float) -> dict[str, int]:
        """The wrong passwords of a device in the last minute, by address."""
        return {
            address: recent
            for (id, address), times in self._failures.items()
            if id == device and (recent := sum(now - at <= FAILURES_WITHIN for at in times))
        }

    def _refuse(self, request: SipMessage, peer: Address, why: DigestVerdict | str, now: float) -> Registration:
        pair = (request.sender, peer[0])
        answer = response(request, 403, "Forbidden", peer)
        if why == "unknown":
            return Registration(answer=answer, refused=why)
        times = self._failures.setdefault(pair, deque(maxlen=FAILURES))
        self._failures.move_to_end(pair)
        times.append(now)
        if len(self._failures) > MAX_PAIRS:
            self._failures.popitem(last=False)
        recent = sum(now - at <= FAILURES_WITHIN for at in times)
        if recent >= FAILURES:
            self._ignored = {key: until for key, until in self._ignored.items() if until > now}
            self._ignored[pair] = now + IGNORED_FOR
            times.clear()
        return Registration(answer=answer, refused=why, failures=recent)

    def _accept(self, request: SipMessage, peer: Address, expires: int, wall: float) -> bytes:
        more = [("Contact", request.header("contact")), ("Expires", str(expires)), VERSION]
        if self._sync_clock:
            more.append(("Date", local_time(wall, self._zone)))
        return response(request, 200, "OK", peer, more)


def local_time(wall: float, zone: tzinfo) -> str:
    """Local time with milliseconds: the form of GB/T 28181 9.10, which is not that of RFC 1123."""
    return datetime.fromtimestamp(wall, zone).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]


def expires_of(request: SipMessage) -> int | None:
    """The seconds that a device asks for, at most EXPIRES_MAX. None for a value that is no number of seconds."""
    text = request.header("expires")
    if not text and (match := re.search(r";\s*expires=([^;,\s>]+)", request.header("contact"), re.IGNORECASE)):
        text = match[1]
    if not text:
        return EXPIRES
    if not (text.isascii() and text.isdecimal()):
        return None
    return min(int(text[:12]), EXPIRES_MAX)
