"""A PullPoint subscription of one ONVIF device: created, pulled, renewed at half of its time, ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from collectors.errors import AuthFailed, CollectorError
from collectors.video.onvif import soap
from collectors.video.onvif.events import EventStates, events_of
from collectors.video.onvif.session import OnvifSession
from collectors.video.onvif.soap import OnvifFault

LASTS, PULL = 300.0, 20.0
"""Seconds of a subscription, and for which a pull waits for an event."""
SLACK = 10.0
"""Seconds beyond a pull's own time after which it is given up."""
NOT_FASTER = 1.0
"""Seconds between two pulls at least: some devices answer at once for ever."""
RETRY_FIRST, RETRY_LAST = 10.0, 600.0
"""Seconds before a new subscription after a failure, doubling."""
MESSAGES = 20
MAX_HEADERS = 8
"""Reference parameters of a subscription that are sent back."""
_EVENTS = "http://www.onvif.org/ver10/events/wsdl"
_NOTIFY = "http://docs.oasis-open.org/wsn/b-2"
_ADDRESSING = "http://www.w3.org/2005/08/addressing"
_CREATE = f"{_EVENTS}/EventPortType/CreatePullPointSubscriptionRequest"
_PULL = f"{_EVENTS}/PullPointSubscription/PullMessagesRequest"
_RENEW = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/RenewRequest"
_UNSUBSCRIBE = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/UnsubscribeRequest"

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Reference:
    """A subscription: the path of its manager, its address as the device gave it, and its reference parameters."""

    path: str
    address: str
    parameters: str

    def headers(self, action: str) -> str:
        to = f'<a:To xmlns:a="{_ADDRESSING}">{escape(self.address)}</a:To>'
        return f"{_action(action)}{to}{self.parameters}"


class PullPoint:
    """The subscription of one device. `changed` is called when a state has changed."""

    def __init__(self, session: OnvifSession, changed: Callable[[], None]) -> None:
        self.states = EventStates()
        self.alive = False
        self.subscriptions = 0
        self._session, self._changed = session, changed
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Subscribe, unless that is so already."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="onvif events")

    async def close(self) -> None:
        """End the subscription: devices have room for few."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        pause = RETRY_FIRST
        while True:
            try:
                reference = await self._create()
                pause = RETRY_FIRST
                try:
                    await self._pull(reference)
                finally:
                    self.alive = False
                    await self._end(reference)
            except AuthFailed as error:  # not again soon: cameras lock accounts
                log.debug("onvif events: %s", error)
                pause = RETRY_LAST
            except (OnvifFault, CollectorError, TimeoutError) as error:
                log.debug("onvif events: %s", error)
            self.states = EventStates()
            self._changed()
            await asyncio.sleep(pause)
            pause = min(pause * 2, RETRY_LAST)

    async def _create(self) -> _Reference:
        services = await _bounded(self._session.services())
        inner = f"<InitialTerminationTime>PT{LASTS:.0f}S</InitialTerminationTime>"
        request = soap.call("CreatePullPointSubscription", _EVENTS, inner)
        path = services.get(_EVENTS, "")
        answer = await _bounded(self._session.call(request, path, headers=_action(_CREATE)))
        reference = soap.find(answer, "SubscriptionReference")
        address = soap.text(reference, "Address") if reference is not None else ""
        if reference is None or not address:
            raise OnvifFault("no subscription reference")
        self.subscriptions += 1
        return _Reference(self._session.path_of(address, whole=True), address, _parameters(reference))

    async def _pull(self, reference: _Reference) -> None:
        """Pull until the subscription fails. Raises OnvifFault, CollectorError, TimeoutError."""
        loop = asyncio.get_running_loop()
        renew_at = loop.time() + LASTS / 2
        inner = f"<Timeout>PT{PULL:.0f}S</Timeout><MessageLimit>{MESSAGES}</MessageLimit>"
        request = soap.call("PullMessages", _EVENTS, inner)
        while True:
            began = loop.time()
            answer = await _bounded(self._session.call(request, reference.path, headers=reference.headers(_PULL)), PULL)
            self.alive = True
            changes = [self.states.take(event) for event in events_of(answer)]
            if any(changes):
                self._changed()
            if loop.time() >= renew_at:
                renewal = soap.call("Renew", _NOTIFY, f"<TerminationTime>PT{LASTS:.0f}S</TerminationTime>")
                await _bounded(self._session.call(renewal, reference.path, headers=reference.headers(_RENEW)))
                renew_at = loop.time() + LASTS / 2
            await asyncio.sleep(max(0.0, began + NOT_FASTER - loop.time()))

    async def _end(self, reference: _Reference) -> None:
        request = soap.call("Unsubscribe", _NOTIFY)
        headers = reference.headers(_UNSUBSCRIBE)
        try:
            await asyncio.shield(_bounded(self._session.call(request, reference.path, headers=headers)))
        except (OnvifFault, CollectorError, TimeoutError) as error:
            log.debug("onvif events: not unsubscribed: %s", error)


async def _bounded(work: Awaitable[T], seconds: float = 0.0) -> T:
    """The result of a call that may wait so long at the device. Raises TimeoutError."""
    async with asyncio.timeout(seconds + SLACK):
        return await work


def _action(action: str) -> str:
    return f'<a:Action xmlns:a="{_ADDRESSING}">{action}</a:Action>'


def _parameters(reference: etree._Element) -> str:
    """The reference parameters as headers, with nothing but their name, their attributes and their text."""
    holder = soap.find(reference, "ReferenceParameters")
    headers = []
    for element in list(holder)[:MAX_HEADERS] if holder is not None else ():
        if not isinstance(element.tag, str):
            continue
        name = etree.QName(element)
        space = f" xmlns={quoteattr(name.namespace)}" if name.namespace else ""
        local = name.localname.rpartition(":")[2]
        headers.append(f"<{local}{space}>{escape((element.text or '').strip()[:200])}</{local}>")
    return "".join(headers)
