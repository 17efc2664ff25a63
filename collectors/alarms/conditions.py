"""Alarms that devices raise themselves (OPC UA Part 9), reported to the alert engine, and acknowledgements of them.

Every condition has one alert (see `condition_reports`). Each is reported when it changes, again every REPEAT_EVERY
seconds, and to a new bus. Repeating an unchanged report changes nothing.
People's acknowledgements are read from the alerts on the bus, so that none is missed while this process or the device
was away. An acknowledgement that closed its alert is read from the bus's changes.
An acknowledgement made at the device is reported once, when it changes there. It is not sent back to the device.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol
from uuid import uuid4

import msgspec

from collectors.alarms.condition_reports import COMMENT_LIMIT, AckDelivery, ProbeAlarms, is_alert_of, report_of_alert
from collectors.contract import Poller
from collectors.errors import CollectorError
from collectors.jobs import Key, Spec
from collectors.subscriber import Acknowledger, Condition
from feeds.bus import BusError, State
from feeds.clock import Clock
from feeds.external import DEVICE, Report
from feeds.model import Ack, Alert, Change, Command, Kind

ENGINE, ACTION, ROLE = "alert", "report", "ingest"
CYCLE = 0.5
"""Seconds between two cycles of reporting and forwarding."""
REPEAT_EVERY = 30.0
"""Seconds after which all alarms are reported again."""
COMMAND_VALIDITY = 60.0
"""Seconds that a report is valid for the alert engine."""
BATCH_SIZE = 500
"""Reports in one command at most."""
MAX_ATTEMPTS = 5
"""Attempts to deliver an acknowledgement to a device. The pause doubles after each."""

log = logging.getLogger(__name__)
AlarmId = tuple[str, str]
"""Asset and condition."""


class ConditionBus(Protocol):
    """The part of feeds.bus.Bus that reporting conditions needs."""

    epoch: str

    async def send(self, engine: str, command: Command) -> None:
        """Raises BusLost."""

    async def state(self, kinds: Iterable[str]) -> State:
        """Raises BusLost."""

    async def changes(self, after: str) -> list[Change]:
        """Raises BusLost."""


class Conditions:
    """The devices' own alarms of all probes. `site` is the site's region; `clock` gives epoch seconds."""

    def __init__(self, bus: ConditionBus, site: str, clock: Clock) -> None:
        self._bus = bus
        self._site = site
        self._clock = clock
        self._probes: dict[Key, ProbeAlarms] = {}
        self._epoch = ""
        self._repeated_at = 0.0
        self._open: set[AlarmId] = set()
        self._closing_acks: dict[AlarmId, Ack] = {}
        self._position = ""

    def put(self, poller: Poller, spec: Spec, conditions: Sequence[Condition]) -> None:
        """Set all alarms of a probe as they are now. An alarm that is missing is over."""
        alarms = self._probes.setdefault(spec.key, ProbeAlarms(poller, spec))
        alarms.poller, alarms.spec = poller, spec
        alarms.replace_conditions({condition.name: condition for condition in conditions})

    def forget(self, spec: Spec) -> None:
        """End the alarms of a probe that is no longer in the inventory."""
        if spec.key in self._probes:
            self._probes[spec.key].conditions = {}

    async def run(self) -> None:
        """Run a cycle every CYCLE seconds until cancelled."""
        while True:
            await asyncio.sleep(CYCLE)
            try:
                await self.cycle()
            except BusError as error:
                log.debug("alarms wait for the bus: %s", error)

    async def cycle(self) -> None:
        """Report what has changed and deliver people's acknowledgements. Raises BusLost."""
        if self._probes:
            await self._restore()
            await self._report_changes()
            await self._deliver_acks()

    async def _restore(self) -> None:
        """Read the alerts of new probes that were open before this process began, so that those that ended close."""
        unrestored = [alarms for alarms in self._probes.values() if not alarms.restored]
        if not unrestored:
            return
        state = await self._bus.state((Kind.ALERT,))
        for alarms in unrestored:
            alarms.restored = True
            for alert in state.records.get(Kind.ALERT, {}).values():
                if isinstance(alert, Alert) and alert.active and is_alert_of(alert, alarms.spec):
                    alarms.reported.setdefault(alert.labels["condition"], report_of_alert(alert))

    async def _report_changes(self) -> None:
        now = self._clock()
        if not 0 <= now - self._repeated_at < REPEAT_EVERY or self._epoch != self._bus.epoch:
            for alarms in self._probes.values():
                alarms.repeat = True
                alarms.repeat_acks = alarms.repeat_acks or self._epoch != self._bus.epoch
            self._repeated_at, self._epoch = now, self._bus.epoch
        for key, alarms in list(self._probes.items()):
            pending = alarms.pending_reports()
            names = list(pending)
            for start in range(0, len(names), BATCH_SIZE):
                batch = names[start : start + BATCH_SIZE]
                reports = [alarms.outgoing(name, pending[name]) for name in batch]
                await self._bus.send(ENGINE, self._command(reports, now))
                alarms.reported |= {name: pending[name] for name in batch}
            alarms.repeat = alarms.repeat_acks = False
            alarms.drop_ended()
            if not alarms.reported and not alarms.conditions:
                del self._probes[key]

    def _command(self, reports: list[Report], now: float) -> Command:
        return Command(
            id=uuid4().hex,
            action=ACTION,
            subject="",
            actor="network.opcua",
            role=ROLE,
            actor_region=self._site,
            at=now,
            valid_until=now + COMMAND_VALIDITY,
            args={"alerts": msgspec.to_builtins(reports)},
        )

    async def _deliver_acks(self) -> None:
        unacked = {
            (alarms.spec.asset, name): alarms
            for alarms in self._probes.values()
            if isinstance(alarms.poller, Acknowledger)
            for name, condition in alarms.conditions.items()
            if not condition.acked
        }
        if not unacked:
            self._open, self._closing_acks = set(), {}
            return
        for (asset, name), ack in (await self._acks(unacked)).items():
            if (asset, name) in unacked:
                await self._deliver_ack(unacked[asset, name], name, ack)

    async def _acks(self, unacked: Mapping[AlarmId, ProbeAlarms]) -> dict[AlarmId, Ack]:
        """Acknowledgements of open alerts, and of those that were open in the cycle before.

        The acknowledgement of an alarm that has returned to normal closes its alert.
        """
        state = await self._bus.state((Kind.ALERT,))
        alerts = state.records.get(Kind.ALERT, {})
        open_alarms = _alarm_ids(alerts) & set(unacked)
        closed = self._open & set(unacked) - open_alarms
        closing_acks = self._closing_acks | (await self._acks_of_closed(self._position, closed) if closed else {})
        # The bus no longer holds these. An alarm that is active again needs another acknowledgement.
        self._closing_acks = {
            alarm_id: ack
            for alarm_id, ack in closing_acks.items()
            if (alarms := unacked.get(alarm_id))
            and not alarms.conditions[alarm_id[1]].active
            and alarm_id not in open_alarms
        }
        self._open, self._position = open_alarms, state.last
        return self._closing_acks | _acks_by_alarm(alerts)

    async def _acks_of_closed(self, position: str, closed: Collection[AlarmId]) -> dict[AlarmId, Ack]:
        changes = await self._bus.changes(position)
        alerts = {change.id: change.after for change in changes if isinstance(change.after, Alert)}
        return {alarm_id: ack for alarm_id, ack in _acks_by_alarm(alerts).items() if alarm_id in closed}

    async def _deliver_ack(self, alarms: ProbeAlarms, name: str, ack: Ack) -> None:
        delivery, now = alarms.deliveries.get(name), self._clock()
        if delivery is None or delivery.acked_at != ack.at:
            delivery = alarms.deliveries[name] = AckDelivery(acked_at=ack.at, acked_by=ack.by)
        # A pause longer than the longest was set before the clock was set back.
        pausing = now < delivery.retry_at <= now + 2.0**MAX_ATTEMPTS
        if delivery.delivered or pausing or delivery.attempts >= MAX_ATTEMPTS:
            return
        if not isinstance(alarms.poller, Acknowledger):
            return
        delivery.attempts += 1
        delivery.retry_at = now + 2.0**delivery.attempts
        assert alarms.spec.target is not None
        extra = {"asset": alarms.spec.asset, "condition": name}
        try:
            await alarms.poller.acknowledge(alarms.spec.target, name, ack.by, ack.comment[:COMMENT_LIMIT])
        except CollectorError as error:
            log.warning("the device did not accept the acknowledgement: %s", error.en, extra=extra)
        else:
            delivery.delivered = True
            log.info("acknowledgement delivered to the device", extra=extra)


def _alarm_ids(alerts: Mapping[str, Any]) -> set[AlarmId]:
    """The alarms that have an open alert."""
    return {
        (alert.asset, alert.labels["condition"])
        for alert in alerts.values()
        if isinstance(alert, Alert) and "condition" in alert.labels
    }


def _acks_by_alarm(alerts: Mapping[str, Any]) -> dict[AlarmId, Ack]:
    """People's acknowledgements by asset and condition. Those without a name and those by a device are left out."""
    acks: dict[AlarmId, Ack] = {}
    for alert in alerts.values():
        if not isinstance(alert, Alert) or alert.ack is None or "condition" not in alert.labels:
            continue
        if alert.ack.by and not alert.ack.by.startswith(DEVICE):
            acks[alert.asset, alert.labels["condition"]] = alert.ack
    return acks
