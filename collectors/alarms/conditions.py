"""Alarms that devices raise themselves (OPC UA Part 9): told to the alert engine; acknowledgements go both ways.

One alert for each condition: rule "opcua:alarm", told apart by its label `condition`. What is known is said again
now and then, and to an empty bus; saying the same again changes nothing. People's acknowledgements are read from the
alerts' state on the bus, so that none is missed while this process or the device was away; one that closed its alert
is found in the changes. What was acknowledged at the device is said once, when it changes there: said again and
again it would undo what a person undid. It is not sent back to the device.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from uuid import uuid4

import msgspec

from collectors.contract import Acknowledger, CollectorError, Condition, Poller
from collectors.jobs import Key, Spec
from feeds.bus import BusError, State
from feeds.clock import Clock
from feeds.external import DEVICE, Report
from feeds.model import Ack, Alert, Change, Command, Kind

ENGINE, ACTION, ROLE = "alert", "report", "ingest"
TURN = 0.5
"""Seconds between two looks at what is to be said and what was acknowledged."""
AGAIN = 30.0
"""Seconds after which everything known is said again."""
VALID = 60.0
AT_ONCE = 500
PATIENCE = 5
"""Tries to tell a device of an acknowledgement, each after twice the time of the last."""
COMMENT = 400

log = logging.getLogger(__name__)
Place = tuple[str, str]
"""Asset and condition."""


class Wire(Protocol):
    """What is needed of feeds.bus.Bus."""

    epoch: str

    async def send(self, engine: str, command: Command) -> None:
        """Raises BusLost."""

    async def state(self, kinds: Iterable[str]) -> State:
        """Raises BusLost."""

    async def changes(self, after: str) -> list[Change]:
        """Raises BusLost."""


@dataclass(slots=True)
class Told:
    """A person's acknowledgement on its way to a device. `seen`: it came back; `spent`: the device wants another."""

    at: float
    by: str
    tries: int = 0
    again: float = 0.0
    done: bool = False
    seen: bool = False
    spent: bool = False


@dataclass(slots=True)
class Known:
    """The alarms of one probe. `said` is what the alert engine was last told of each, by us or before our time."""

    poller: Poller
    spec: Spec
    conditions: dict[str, Condition] = field(default_factory=dict)
    said: dict[str, Report] = field(default_factory=dict)
    again: bool = False
    anew: bool = True
    recalled: bool = False
    acks: dict[str, Told] = field(default_factory=dict)


class Conditions:
    """`site` is the site's region; `clock` gives epoch seconds."""

    def __init__(self, bus: Wire, site: str, clock: Clock) -> None:
        self._bus = bus
        self._site = site
        self._clock = clock
        self._known: dict[Key, Known] = {}
        self._epoch = ""
        self._said_at = 0.0
        self._open: set[Place] = set()
        self._late: dict[Place, Ack] = {}
        self._place = ""

    def put(self, poller: Poller, spec: Spec, conditions: Sequence[Condition]) -> None:
        """All alarms of a probe as they are now."""
        known = self._known.setdefault(spec.key, Known(poller, spec))
        known.poller, known.spec = poller, spec
        known.conditions = {one.name: one for one in conditions}
        for name, told in known.acks.items():
            one = known.conditions.get(name)
            told.seen = told.seen or (told.done and one is not None and one.acked)
            told.spent = told.spent or (told.done and (one is None or (told.seen and not one.acked)))

    def forget(self, spec: Spec) -> None:
        """The probe is no longer in the inventory: its alarms are over."""
        if spec.key in self._known:
            self._known[spec.key].conditions = {}

    async def run(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(TURN)
            try:
                await self.turn()
            except BusError as error:
                log.debug("alarms wait for the bus: %s", error)

    async def turn(self) -> None:
        """Says what is new, and passes on what people have acknowledged. Raises BusLost."""
        if self._known:
            await self._recall()
            await self._say()
            await self._pass_on()

    async def _recall(self) -> None:
        """What stands from before this process began: an alarm that ended meanwhile must not stay for ever."""
        fresh = [known for known in self._known.values() if not known.recalled]
        if not fresh:
            return
        state = await self._bus.state((Kind.ALERT,))
        for known in fresh:
            known.recalled = True
            for alert in state.records.get(Kind.ALERT, {}).values():
                if isinstance(alert, Alert) and alert.active and _is_of(alert, known.spec):
                    known.said.setdefault(alert.labels["condition"], _recalled(alert))

    async def _say(self) -> None:
        now = self._clock()
        if not 0 <= now - self._said_at < AGAIN or self._epoch != self._bus.epoch:
            for known in self._known.values():
                known.again = True
                known.anew = known.anew or self._epoch != self._bus.epoch
            self._said_at, self._epoch = now, self._bus.epoch
        for key, known in list(self._known.items()):
            fresh = _news(known)
            names = list(fresh)
            for start in range(0, len(names), AT_ONCE):
                some = names[start : start + AT_ONCE]
                await self._bus.send(ENGINE, self._command([_words(known, name, fresh[name]) for name in some], now))
                known.said |= {name: fresh[name] for name in some}
            known.again = known.anew = False
            for name in [name for name in known.said if name not in known.conditions]:
                del known.said[name]
            if not known.said and not known.conditions:
                del self._known[key]

    def _command(self, reports: list[Report], now: float) -> Command:
        return Command(
            id=uuid4().hex,
            action=ACTION,
            subject="",
            actor="network.opcua",
            role=ROLE,
            actor_region=self._site,
            at=now,
            valid_until=now + VALID,
            args={"alerts": msgspec.to_builtins(reports)},
        )

    async def _pass_on(self) -> None:
        waiting = {
            (known.spec.asset, name): known
            for known in self._known.values()
            if isinstance(known.poller, Acknowledger)
            for name, one in known.conditions.items()
            if not one.acked
        }
        if not waiting:
            self._open, self._late = set(), {}
            return
        for (asset, name), ack in (await self._acks(waiting)).items():
            if (asset, name) in waiting:
                await self._tell(waiting[asset, name], name, ack)

    async def _acks(self, waiting: Mapping[Place, Known]) -> dict[Place, Ack]:
        """Of the alerts that are open, and of those that were when we last looked: an ack closes what has returned."""
        state = await self._bus.state((Kind.ALERT,))
        alerts = state.records.get(Kind.ALERT, {})
        open = _places(alerts) & set(waiting)
        gone = self._open & set(waiting) - open
        late = self._late | (await self._closed(self._place, gone) if gone else {})
        # Nobody else knows of these any more. What has come again wants another.
        self._late = {
            (asset, name): ack
            for (asset, name), ack in late.items()
            if (known := waiting.get((asset, name))) and not known.conditions[name].active and (asset, name) not in open
        }
        self._open, self._place = open, state.last
        return self._late | _acknowledged(alerts)

    async def _closed(self, since: str, gone: Collection[Place]) -> dict[Place, Ack]:
        changes = await self._bus.changes(since)
        changed = {change.id: change.after for change in changes if isinstance(change.after, Alert)}
        return {place: ack for place, ack in _acknowledged(changed).items() if place in gone}

    async def _tell(self, known: Known, name: str, ack: Ack) -> None:
        told, now = known.acks.get(name), self._clock()
        if told is None or told.at != ack.at:
            told = known.acks[name] = Told(at=ack.at, by=ack.by)
        waits = now < told.again <= now + 2.0**PATIENCE  # a longer wait is of before the clock was set back
        if told.done or waits or told.tries >= PATIENCE or not isinstance(known.poller, Acknowledger):
            return
        told.tries += 1
        told.again = now + 2.0**told.tries
        assert known.spec.target is not None
        place = {"asset": known.spec.asset, "condition": name}
        try:
            await known.poller.acknowledge(known.spec.target, name, ack.by, ack.comment[:COMMENT])
        except CollectorError as error:
            log.warning("the device did not take the acknowledgement: %s", error.en, extra=place)
        else:
            told.done = True
            log.info("acknowledgement passed on", extra=place)


def rule_of(family: str) -> str:
    """The name of the rule that a device's own alarms stand under."""
    return f"{family}:alarm"


def _news(known: Known) -> dict[str, Report]:
    """What the alert engine has not been told, by condition; what it was told and is gone is over."""
    now = {name: _report(known, one) for name, one in known.conditions.items()}
    over = {
        name: replace(said, active=False, acked=None, acked_by="", acked_comment="")
        for name, said in known.said.items()
        if name not in now
    }
    return {name: one for name, one in (now | over).items() if known.again or known.said.get(name) != one}


def _words(known: Known, name: str, one: Report) -> Report:
    """What is merely said again does not speak of the acknowledgement."""
    return one if known.anew or known.said.get(name) != one else replace(one, acked=None)


def _report(known: Known, one: Condition) -> Report:
    spec, server = known.spec, _server(known.spec)
    ours = one.acked and _is_ours(known.acks.get(one.name), one)
    return Report(
        acked=None if ours or not one.takes_ack else one.acked,
        acked_by=DEVICE + "/".join(filter(None, (server, one.by))) if one.acked and one.takes_ack else "",
        acked_comment=one.comment[:COMMENT] if one.acked else "",
        rule=rule_of(spec.family),
        asset=spec.asset,
        severity=one.severity,
        active=one.active,
        since=one.since,
        identity_labels={"condition": one.name, "server": server},
        labels={"condition": one.name, "server": server, "level": str(one.level)},
        title={"zh-CN": f"设备告警：{one.name}", "en": f"Device alarm: {one.name}"},
        text=one.text,
    )


def _is_ours(told: Told | None, one: Condition) -> bool:
    """It is what we passed on that comes back: by its comment, where the device keeps one, else by the order."""
    if told is None or not told.done:
        return False
    return one.comment.startswith(told.by) if one.comment else not told.spent


def _server(spec: Spec) -> str:
    """Tells the alarms of two servers of one asset apart."""
    return spec.target.place if spec.target is not None else ""


def _is_of(alert: Alert, spec: Spec) -> bool:
    labels = alert.labels
    mine = (rule_of(spec.family), spec.asset, _server(spec))
    return "condition" in labels and (alert.rule, alert.asset, labels.get("server", "")) == mine


def _recalled(alert: Alert) -> Report:
    name, server = alert.labels["condition"], alert.labels.get("server", "")
    return Report(
        rule=alert.rule,
        asset=alert.asset,
        severity=alert.severity,
        since=alert.raised_at,
        title=alert.title,
        text=alert.text,
        identity_labels={"condition": name, "server": server},
        labels=dict(alert.labels),
    )


def _places(alerts: Mapping[str, Any]) -> set[Place]:
    """The alarms that have an open alert."""
    return {
        (alert.asset, alert.labels["condition"])
        for alert in alerts.values()
        if isinstance(alert, Alert) and "condition" in alert.labels
    }


def _acknowledged(alerts: Mapping[str, Any]) -> dict[Place, Ack]:
    """Who has taken which alarm, by asset and condition; an ack by nobody, or by the device, is none."""
    found: dict[Place, Ack] = {}
    for alert in alerts.values():
        if not isinstance(alert, Alert) or alert.ack is None or "condition" not in alert.labels:
            continue
        if alert.ack.by and not alert.ack.by.startswith(DEVICE):
            found[alert.asset, alert.labels["condition"]] = alert.ack
    return found
