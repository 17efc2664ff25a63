"""Reports of the alerts that listeners raise and end, by the alert engine's command `report` (docs/alerts.md).

Only the newest state of each alert waits for the bus, so that the cost of a storm depends on its alerts, not on its
messages. An alert whose rule gives it a duration ends here when it is not raised again within that time.
After a restart the open alerts are read from the live state on the bus.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

import msgspec

from collectors.alarms.listener_alerts import AlertIdentity, ListenerAlert, from_alert, to_report
from collectors.contract import Measurement
from collectors.listener import ListenerMessage
from collectors.publisher import RETRY_FIRST, RETRY_LAST
from collectors.settings import SourceSettings
from feeds.bus import BusFull, BusLost
from feeds.bus.entries import State
from feeds.clock import Clock
from feeds.model import Alert, Command, Kind

BATCH_SIZE = 500
"""Alerts in one command at most."""
FLUSH_AFTER = 0.05
"""Seconds that a report waits for others."""
EXPIRY_CHECK_EVERY = 1.0
"""Seconds between two checks for alerts that end by themselves."""
MAX_ALERTS = 10_000
"""Alerts that are tracked at once. More are dropped and counted."""
COUNT_EVERY = 10.0
"""Seconds between two reports of how often an open alert was repeated: a storm of traps is a few reports."""
REMEMBERED = 60.0
"""Seconds: reports of this age or younger are sent again to a new bus, which may have lost them."""
POLL_DELAY = 5.0
"""Seconds after a message before a poll may end its alert: agents cache their tables for a moment."""
COMMAND_VALIDITY = 86400.0
"""Seconds that a report waits for an alert engine that is not running."""
PREFIXES = ("syslog:", "trap:", "gb28181:")
"""Beginnings of the rule names that listeners use."""

log = logging.getLogger(__name__)


class ReportBus(Protocol):
    """The part of feeds.bus.Bus that the reporter and the dead letters of listeners need."""

    async def send(self, engine: str, command: Command) -> None:
        """Raises BusLost."""

    async def state(self, kinds: Iterable[str]) -> State:
        """Raises BusLost."""

    async def set_aside(self, source: str, count: int, words: Sequence[str]) -> None:
        """Raises BusLost, BusFull."""


class Reporter:
    """Tracks the alerts of all listeners and reports their changes. `clock` gives epoch seconds."""

    def __init__(self, bus: ReportBus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._waiting: dict[AlertIdentity, ListenerAlert] = {}
        self._alerts: dict[AlertIdentity, ListenerAlert] = {}
        self._counted: dict[AlertIdentity, float] = {}  # when the repeats of an alert are to be told
        self._ended_by_poll: dict[str, set[AlertIdentity]] = {}  # by asset: the alerts that a poll of it may end
        self._rules: dict[str, frozenset[str]] = {}
        self._sources: frozenset[str] | None = None
        self._wake = asyncio.Event()
        self._restore_due = True
        self.reported = 0
        self.dropped = 0

    def put(self, settings: SourceSettings, message: ListenerMessage) -> None:
        """Take the alert signals of a message."""
        now = self._clock()
        for signal in message.signals:
            until = now + signal.lasts if signal.lasts else None
            alert = ListenerAlert(
                source=settings.id,
                asset=message.asset or message.sender,
                region=settings.region,
                signal=signal,
                at=now,
                until=until if signal.active else None,
                last_message_at=now,
            )
            self._take(alert)
            # An alert raised before the sender was in the inventory is filed under its address: end that one as well.
            by_address = self._alerts.get((signal.rule, message.sender, signal.key))
            if not signal.active and by_address is not None and by_address.signal.active:
                self._take(replace(alert, asset=message.sender))

    def polled(self, asset: str, measurements: Sequence[Measurement], asked_at: float) -> None:
        """End the alerts that a poll's answer shows to be over. `asked_at` is when the poll began, epoch seconds."""
        for identity in tuple(self._ended_by_poll.get(asset, ())):
            alert = self._alerts[identity]
            metric, _, value = alert.signal.over.partition("=")
            if asked_at < alert.last_message_at + POLL_DELAY:
                continue  # the answer may be older than the message
            index = alert.signal.index
            reading = next((each for each in measurements if each.metric == metric and each.index == index), None)
            if reading is not None and reading.value == value:
                evidence = f"{metric}[{reading.instance}]={value} (polled)"
                over = replace(alert.signal, active=False, at=None)
                self._take(replace(alert, signal=over, at=self._clock(), until=None, evidence=evidence))

    def _track(self, alert: ListenerAlert) -> None:
        """Store the alert's state, and note whether a poll may end it."""
        self._alerts[alert.identity] = alert
        identities = self._ended_by_poll.setdefault(alert.asset, set())
        if alert.signal.active and alert.signal.over and alert.signal.index:
            identities.add(alert.identity)
        else:
            identities.discard(alert.identity)
        if not identities:
            del self._ended_by_poll[alert.asset]

    def _take(self, alert: ListenerAlert) -> None:
        previous = self._alerts.get(alert.identity)
        if previous is None and len(self._alerts) >= MAX_ALERTS:
            self.dropped += 1
            return
        self._track(alert)
        repeated = previous is not None and previous.signal.active and alert.signal.active
        if repeated and previous is not None and previous.signal.severity is alert.signal.severity:
            # The alert is open already. Its first text stays in the journal, and only the count is told, now and then.
            self._track(replace(alert, at=previous.at, repeats=previous.repeats + 1))
            self._counted.setdefault(alert.identity, self._clock() + COUNT_EVERY)
            return
        if previous is not None and previous.repeats:
            alert = replace(alert, repeats=previous.repeats)
            self._track(alert)
        self._waiting[alert.identity] = alert
        self._wake.set()

    def set_sources(self, sources: Iterable[str]) -> None:
        """Set the listeners that the settings name. Alerts of others end."""
        self._sources = frozenset(sources)
        self._wake.set()

    def set_rules(self, source: str, rules: frozenset[str]) -> None:
        """Set the rules of a source. Alerts of its other rules end, because no message would ever end them."""
        self._rules[source] = rules
        self._wake.set()

    def begin_anew(self) -> None:
        """Restore from a new bus: read its open alerts and send the recent reports again."""
        self._restore_due = True
        self._wake.set()

    async def run(self) -> None:
        """Report until cancelled."""
        pause = RETRY_FIRST
        while True:
            try:
                async with asyncio.timeout(EXPIRY_CHECK_EVERY if self._alerts or self._restore_due else None):
                    await self._wake.wait()
                    await asyncio.sleep(FLUSH_AFTER)
            except TimeoutError:
                pass  # time to check for alerts that end by themselves
            self._wake.clear()
            try:
                if self._restore_due:
                    self._restore(await self._bus.state((Kind.ALERT,)))
                self._end_expired()
                self._tell_counts()
                await self._flush()
            except (BusLost, BusFull) as error:
                log.debug("reports held: %s", error)
                self._wake.set()
                await asyncio.sleep(pause)
                pause = min(pause * 2, RETRY_LAST)
            else:
                pause = RETRY_FIRST

    def _restore(self, state: State) -> None:
        """Track the open alerts of the live state, and queue recent reports again in their newest state."""
        now = self._clock()
        for alert in self._alerts.values():
            if now - alert.at <= REMEMBERED:
                self._waiting.setdefault(alert.identity, alert)
        for record in state.records[Kind.ALERT].values():
            if isinstance(record, Alert) and record.active and record.rule.startswith(PREFIXES):
                restored = from_alert(record, now)
                if restored is not None and restored.identity not in self._alerts:
                    self._track(restored)
        self._restore_due = False

    def _end_expired(self) -> None:
        now = self._clock()
        for identity, alert in list(self._alerts.items()):
            if alert.until is not None and alert.until > now + alert.signal.lasts:  # the clock was set back
                alert = replace(alert, until=now + alert.signal.lasts)
                self._track(alert)
            expired = alert.until is not None and alert.until <= now
            if alert.signal.active and (self._orphaned(alert) or expired):
                over = replace(alert.signal, active=False, at=None)
                self._waiting[identity] = replace(alert, signal=over, at=now, until=None)
                self._track(self._waiting[identity])
            elif not alert.signal.active and now - alert.at > REMEMBERED and identity not in self._waiting:
                del self._alerts[identity]

    def _tell_counts(self) -> None:
        """Queue the alerts whose repeats are due; after the clock was set back, all of them."""
        now = self._clock()
        for identity, due in list(self._counted.items()):
            alert = self._alerts.get(identity)
            if due <= now or due > now + COUNT_EVERY:
                del self._counted[identity]
                if alert is not None and alert.repeats:
                    self._waiting.setdefault(identity, alert)

    def _orphaned(self, alert: ListenerAlert) -> bool:
        """True when the alert's source or rule is no longer in the settings."""
        if self._sources is not None and alert.source not in self._sources:
            return True
        return alert.signal.rule not in self._rules.get(alert.source, (alert.signal.rule,))

    async def _flush(self) -> None:
        while self._waiting:
            batch = [self._waiting[identity] for identity in list(self._waiting)[:BATCH_SIZE]]
            await self._bus.send("alert", self._command(batch))
            self.reported += len(batch)
            for alert in batch:
                if self._waiting.get(alert.identity) is alert:
                    del self._waiting[alert.identity]
                self._note_repeats_sent(alert)

    def _note_repeats_sent(self, alert: ListenerAlert) -> None:
        """Count the repeats in a sent report as reported. Those that came meanwhile remain."""
        tracked = self._alerts.get(alert.identity)
        if tracked is not None and alert.repeats:
            self._track(replace(tracked, repeats=max(0, tracked.repeats - alert.repeats)))

    def _command(self, batch: Iterable[ListenerAlert]) -> Command:
        now, rows = self._clock(), msgspec.to_builtins([to_report(alert) for alert in batch])
        return Command(
            id=f"report-{uuid.uuid4()}",
            action="report",
            subject="",
            actor="collect",
            role="ingest",
            actor_region="",
            at=now,
            valid_until=now + COMMAND_VALIDITY,
            args={"alerts": rows},
        )
