"""Watches of `opc.tcp://` probes: a node's value, or the conditions of an event notifier. Imports no asyncua."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from msgspec import structs

from collectors.contract import Measurement, Target
from collectors.errors import CollectorError, Misconfigured, NotReady, Reason
from collectors.network.unusable_values import OLDEST, unusable_time
from collectors.subscriber import SubscriberCallbacks
from feeds.clock import Clock
from feeds.model import Quality

if TYPE_CHECKING:
    from collectors.network.opcua.conditions import Alarms
    from collectors.network.opcua.session import Session

SERVER = "i=2253"
"""The Server object, which notifies of everything (OPC 10000-5, 8.3.2)."""
SHARE = 0.9
"""Part of a poll's time that is ours: what went wrong is said before the poll is cut off."""
ACK_WITHIN = 5.0
REFRESH_WITHIN = 1.5


class ValueWatch:
    """One probe of a node's value. `values` is the module opcua_values."""

    events = False

    def __init__(
        self, target: Target, session: Session, callbacks: SubscriberCallbacks | None, clock: Clock, values: Any
    ) -> None:
        self.node = target.params["node"]
        self._target, self._session, self._callbacks, self._clock, self._values = (
            target,
            session,
            callbacks,
            clock,
            values,
        )
        self._seen: Measurement | None = None
        self._newest = 0.0
        self._problem: CollectorError | None = None
        self._has_news = asyncio.Event()

    def value(self, data_value: Any, published: float) -> None:
        """A notification."""
        params = self._target.params
        at, metric, unit = self._clock(), params.get("metric", "opcua.value"), params.get("unit", "")
        try:
            measurement = self._values.measurement(data_value, self.node, metric, unit, at, published)
            self._seen, self._problem = self._timely(measurement, at), None
        except Misconfigured as error:
            self._seen, self._problem = None, error
        self._has_news.set()
        if self._callbacks is None:
            return
        if self._seen is not None:
            self._callbacks.push(self._target, [self._seen])
        else:
            self._callbacks.request_poll(self._target)

    def _timely(self, measurement: Measurement, at: float) -> Measurement:
        """The value. Its source time is replaced by the time of receipt when it goes back or was never set."""
        source = at if measurement.observed_at is None else measurement.observed_at
        if source > OLDEST and source >= self._newest:
            self._newest = source
            return measurement
        self._newest = max(self._newest, at)
        quality = Quality.BAD if measurement.quality is Quality.BAD else Quality.UNCERTAIN
        text = f"{measurement.text} {unusable_time(source)}".strip()
        return structs.replace(measurement, observed_at=at, confirmed_at=None, quality=quality, text=text)

    async def answer(self, deadline: float) -> list[Measurement]:
        """The value, confirmed when the server last spoke; waits for the first one. Raises Misconfigured, NotReady."""
        try:
            async with asyncio.timeout_at(deadline):
                await self._has_news.wait()
        except TimeoutError as error:
            raise NotReady(Reason.TIMEOUT, f"the server has not sent a value of {self.node}") from error
        if self._problem is not None:
            raise self._problem.with_traceback(None)
        assert self._seen is not None
        measurement = self._seen
        confirmed = max(measurement.confirmed_at or 0.0, self._session.confirmed_at)
        return [
            Measurement(
                metric=measurement.metric,
                value=measurement.value,
                unit=measurement.unit,
                quality=measurement.quality,
                observed_at=measurement.observed_at,
                text=measurement.text,
                confirmed_at=confirmed,
            )
        ]

    def event(self, fields: Sequence[Any]) -> None:
        """A value notifies of none."""

    def published(self) -> None:
        """Nothing more to do."""

    def lost(self) -> None:
        """The session is gone: what was last heard no longer holds."""
        self._has_news.clear()
        if self._callbacks is not None:
            self._callbacks.request_poll(self._target)


class AlarmWatch:
    """One probe of an event notifier's conditions. `module` is opcua_session."""

    events = True

    def __init__(
        self,
        target: Target,
        session: Session,
        callbacks: SubscriberCallbacks | None,
        clock: Clock,
        alarms: Alarms,
        module: Any,
    ) -> None:
        text = target.params["alarms"]
        self.node = SERVER if text == "server" else text
        self._target, self._session, self._callbacks, self._clock = target, session, callbacks, clock
        self._alarms, self._module = alarms, module
        self._refreshed = False
        self._note = ""
        self._changed = False
        self._has_news = asyncio.Event()

    async def answer(self, timeout: float) -> list[Measurement]:
        """The state of the alarms. Requests a refresh first when the session is new. Raises CollectorError."""
        if not self._refreshed or self._alarms.again:
            began = self._alarms.refreshes
            code = await self._session.refresh(timeout)
            if code in self._module.NO_METHOD:
                self._note = (
                    "服务器不支持刷新：此次连接之前的告警未知"
                    " | the server cannot refresh: alarms from before this session are not known"
                )
            elif code >> 30:
                raise self._module.values.of_error(self._module.UaStatusCodeError(code))
            else:
                await self._refresh_end(began, min(REFRESH_WITHIN, timeout * SHARE))
            self._refreshed, self._alarms.again = True, False
            self._report()
        measurements = self._alarms.measurements(self._clock())
        if self._note:
            measurements.append(
                Measurement(metric="opcua.refresh", value=False, quality=Quality.UNCERTAIN, text=self._note)
            )
        return measurements

    async def _refresh_end(self, began: int, timeout: float) -> None:
        """The retained conditions come as events, after the answer; a server that never ends them is not waited for."""
        try:
            async with asyncio.timeout(timeout):
                while self._alarms.refreshes == began:
                    self._has_news.clear()
                    await self._has_news.wait()
        except TimeoutError:
            return

    async def acknowledge(self, condition: str, by: str, comment: str) -> None:
        """Raises CollectorError."""
        retained, ua = self._alarms.find(condition), self._module.ua
        if retained is None:
            raise NotReady(Reason.CLOSED, f"the server no longer has the alarm {condition}")
        text = ua.Variant(ua.LocalizedText(f"{by}: {comment}" if comment else by), ua.VariantType.LocalizedText)
        id, events = retained
        for event in events:
            arguments = [ua.Variant(event, ua.VariantType.ByteString), text]
            code = await self._session.call(id, self._module.ACKNOWLEDGE, arguments, ACK_WITHIN)
            if code >> 30 and code not in self._module.ALREADY_ACKED:
                raise self._module.values.of_error(self._module.UaStatusCodeError(code))

    def value(self, data_value: Any, published: float) -> None:
        """An event notifier has no value."""

    def event(self, fields: Sequence[Any]) -> None:
        """An event."""
        self._changed = self._alarms.take(fields, self._clock()) or self._changed

    def published(self) -> None:
        """All events of one notification are in."""
        self._has_news.set()
        if self._alarms.again and self._callbacks is not None:
            self._callbacks.request_poll(self._target)
        if self._changed and self._refreshed:  # before that, what has not come yet is not over
            self._changed = False
            self._report()

    def _report(self) -> None:
        if self._callbacks is not None:
            self._callbacks.push(self._target, self._alarms.measurements(self._clock()))
            self._callbacks.report_alarms(self._target, self._alarms.report(self._clock()))

    def lost(self) -> None:
        """The session is gone; its alarms are kept as they were last known, and asked for anew."""
        self._refreshed = False
        if self._callbacks is not None:
            self._callbacks.request_poll(self._target)
