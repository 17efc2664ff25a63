"""`onvif://host:80?cred=NAME`: does the camera answer ONVIF, is its clock right, and has it media profiles?

Each poll asks GetSystemDateAndTime, which needs no account. Its offset signs all other calls, so that a camera whose
clock is wrong can still be asked. Once a day the device is described: make, model, firmware, profiles, stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from typing import ClassVar

import aiohttp

from collectors import uri
from collectors.contract import Measurement, Poller, Target
from collectors.errors import AuthFailed, Misconfigured, NotReady, Reason
from collectors.network import addresses
from collectors.subscriber import SubscriberCallbacks
from collectors.video.clock_check import CLOCK_FRESH, ClockCheck, offset_text
from collectors.video.onvif.device_clock import DeviceClock, device_clock
from collectors.video.onvif.pull_point import PullPoint
from collectors.video.onvif.session import OnvifSession
from collectors.video.onvif.setup import OnvifSetup, read_setup
from feeds.clock import Clock, now
from feeds.model import Quality

SETUP_EVERY = 86_400.0
"""Seconds between two descriptions of a device."""
SLOW = 2.0
"""Seconds of a round trip beyond which the clock's offset is uncertain."""
CHINA = timezone(timedelta(hours=8))
"""The zone of a device that reports a local time without its zone."""


@dataclass(slots=True)
class OnvifState:
    """State of a device between polls. `described_at` is in loop time."""

    session: OnvifSession
    described_at: float = float("-inf")
    setup: OnvifSetup | None = None
    clock_check: ClockCheck = field(default_factory=ClockCheck)
    events: PullPoint | None = None


class OnvifPoller(Poller):
    """Keeps one session a device. `clock` gives epoch seconds."""

    schemes: ClassVar[tuple[str, ...]] = ("onvif",)
    family: ClassVar[str] = "onvif"

    def __init__(self, clock: Clock = now) -> None:
        self._clock = clock
        self._client: aiohttp.ClientSession | None = None
        self._states: dict[tuple[str, str], tuple[Target, OnvifState]] = {}
        self._callbacks: SubscriberCallbacks | None = None
        self._ending: set[asyncio.Task[None]] = set()

    def attach(self, callbacks: SubscriberCallbacks) -> None:
        """See Subscriber."""
        self._callbacks = callbacks

    def forget(self, target: Target) -> None:
        """See Subscriber."""
        key, state = (target.asset, target.uri), self._states.pop((target.asset, target.uri), None)
        if state is not None:
            self._end(state[1], str(key))

    def _end(self, state: OnvifState, name: str) -> None:
        if state.events is not None:
            task = asyncio.create_task(state.events.close(), name=f"onvif events of {name} end")
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    @classmethod
    def validate(cls, target: Target) -> None:
        """Raises Misconfigured without a host, or with an unknown parameter."""
        addresses.need_host(target, "onvif://10.0.0.5?cred=cameras")
        uri.only(target, ("cred", "events"))
        if target.params.get("events", "no") not in ("yes", "no"):
            raise Misconfigured(f"{target.uri!r}: events=yes or no", f"{target.uri!r}：events 应为 yes 或 no")

    async def poll(self, target: Target) -> list[Measurement]:
        """Raises NotReady when the device does not answer as ONVIF does, AuthFailed when it refuses the account."""
        state = self._state(target)
        began, sent = asyncio.get_running_loop().time(), self._clock()
        answer = await state.session.date_and_time()
        trip = asyncio.get_running_loop().time() - began
        read = device_clock(answer, CHINA)
        clock = list(_clock_readings(state, read, sent + trip / 2, trip))
        if began - state.described_at >= SETUP_EVERY:
            try:
                state.setup = await read_setup(state.session)
            except AuthFailed as error:
                answered = Measurement(metric="onvif.answered", value=True)
                raise AuthFailed(error.en, error.zh, [answered, *clock]) from error
            state.described_at = began
            if not state.setup.profiles:
                state.described_at = float("-inf")
                raise NotReady(Reason.WRONG_ANSWER, "no media profile", clock)
        assert state.setup is not None
        if target.params.get("events") == "yes":
            self._listen(target, state)
        heard = state.events.states.measurements() if state.events is not None and state.events.alive else ()
        return [*clock, *_facts(state.setup), *heard]

    def _listen(self, target: Target, state: OnvifState) -> None:
        """Subscribe to the events of a device that answers; what they change is published at once."""
        if state.events is None:
            state.events = PullPoint(state.session, lambda: self._push(target, state))
        state.events.start()

    def _push(self, target: Target, state: OnvifState) -> None:
        if self._callbacks is not None and state.events is not None:
            self._callbacks.push(target, list(state.events.states.measurements()))

    def _state(self, target: Target) -> OnvifState:
        key = (target.asset, target.uri)
        state = self._states.get(key)
        if state is not None and state[0] == target:
            return state[1]
        if state is not None:
            self._end(state[1], target.uri)
        if self._client is None:
            self._client = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
                connector=aiohttp.TCPConnector(limit=0, force_close=True),
                auto_decompress=False,
            )
        values = target.credential.values if target.credential is not None else {}
        base = f"http://{target.address}"
        session = OnvifSession(base, values.get("user", ""), values.get("password", ""), self._client, self._clock)
        self._states[key] = target, OnvifState(session)
        return self._states[key][1]

    async def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        for _, state in self._states.values():
            self._end(state, "all")
        self._states.clear()
        await asyncio.gather(*self._ending, return_exceptions=True)
        if client is not None:
            await client.close()


def _clock_readings(state: OnvifState, read: DeviceClock, ours: float, trip: float) -> Iterator[Measurement]:
    """The offset, and the verdict on it: two wrong checks in a row fail the clock."""
    if read.at is None:
        text = offset_text(0.0, unset=True) if read.unset else "无法读取时钟 | the clock cannot be read"
        value = False if read.unset else None
        quality = Quality.GOOD if read.unset else Quality.UNCERTAIN
        yield Measurement(metric="onvif.clock", value=value, quality=quality, text=text, fresh_for=CLOCK_FRESH)
        return
    offset = read.at - ours
    state.session.offset = offset
    certain = read.certain and trip <= SLOW
    quality = Quality.GOOD if certain else Quality.UNCERTAIN
    yield Measurement(metric="onvif.clock_s", value=round(offset, 1), unit="s", quality=quality, fresh_for=CLOCK_FRESH)
    if not certain:
        return
    verdict = state.clock_check.verdict(offset)
    if verdict is not None:
        text = "" if verdict else offset_text(offset, unset=read.unset)
        yield Measurement(metric="onvif.clock", value=verdict, text=text, fresh_for=CLOCK_FRESH)


def _facts(setup: OnvifSetup) -> Iterator[Measurement]:
    for name in ("maker", "model", "firmware", "serial"):
        if value := getattr(setup, name):
            yield Measurement(metric=f"onvif.{name}", value=value)
    yield Measurement(metric="onvif.profiles", value=len(setup.profiles))
