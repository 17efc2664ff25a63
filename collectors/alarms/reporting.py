"""Alerts that listeners raise and end, on their way to the alert engine: its command `report` (docs/alerts.md).

Of each alert only the newest word waits for the bus, so that a storm costs what its alerts cost, not what its
messages do. An alert that is not raised again for as long as its rule says it lasts is ended here; after a restart
that goes on from the live state, where the alert engine keeps what it was told.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import msgspec

from collectors.contract import Measurement
from collectors.listener import Heard, Signal
from collectors.publisher import RETRY_FIRST, RETRY_LAST
from collectors.settings import SourceSettings
from feeds.bus import BusFull, BusLost
from feeds.bus.entries import State
from feeds.clock import Clock
from feeds.external import Report
from feeds.model import Alert, Command, Kind

AT_ONCE = 500
"""Alerts in one command."""
FLUSH_AFTER = 0.05
LOOK_EVERY = 1.0
MOST = 10_000
"""Alerts that may wait, or be known, at once; more are counted as dropped."""
REMEMBERED = 60.0
"""Seconds of words that are said again to a bus that began anew: it may have lost the last ones."""
SETTLED = 5.0
"""Seconds after a message from which on a poll's answer counts: agents remember their tables for a moment."""
VALID = 86400.0
"""A word waits this long for an alert engine that is away."""
PREFIXES = ("syslog:", "trap:")

log = logging.getLogger(__name__)
Identity = tuple[str, str, str]
"""Rule, asset, key."""


class Told(Protocol):
    """What the reporter needs of feeds.bus.Bus."""

    async def send(self, engine: str, command: Command) -> None:
        """Raises BusLost."""

    async def state(self, kinds: Iterable[str]) -> State:
        """Raises BusLost."""

    async def set_aside(self, source: str, count: int, words: Sequence[str]) -> None:
        """Raises BusLost, BusFull."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The newest word on one alert. `until` is when it ends by itself (epoch seconds), None for never.

    `heard` is when a message last said so; `evidence` by what else its end is known.
    """

    source: str
    asset: str
    region: str
    signal: Signal
    at: float
    until: float | None = None
    heard: float = 0.0
    evidence: str = ""

    @property
    def identity(self) -> Identity:
        return self.signal.rule, self.asset, self.signal.key


class Reporter:
    """`clock` gives epoch seconds."""

    def __init__(self, bus: Told, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._waiting: dict[Identity, Said] = {}
        self._known: dict[Identity, Said] = {}
        self._polls: dict[str, set[Identity]] = {}  # by asset: what a poll of it may end
        self._rules: dict[str, frozenset[str]] = {}
        self._sources: frozenset[str] | None = None
        self._some = asyncio.Event()
        self._resume = True
        self.reported = 0
        self.dropped = 0

    def put(self, settings: SourceSettings, heard: Heard) -> None:
        """Takes what a message says of alerts."""
        moment = self._clock()
        for signal in heard.signals:
            until = moment + signal.lasts if signal.lasts else None
            said = Said(
                source=settings.id,
                asset=heard.asset or heard.sender,
                region=settings.region,
                signal=signal,
                at=moment,
                until=until if signal.active else None,
                heard=moment,
            )
            self._take(said)
            # What it said while nobody knew it stands on its address: its own end holds there too.
            before = self._known.get((signal.rule, heard.sender, signal.key))
            if not signal.active and before is not None and before.signal.active:
                self._take(replace(said, asset=heard.sender))

    def polled(self, asset: str, seen: Sequence[Measurement], asked: float) -> None:
        """What an asset answered to a poll that began then (epoch seconds): it may say that an alert is over."""
        for identity in tuple(self._polls.get(asset, ())):
            said = self._known[identity]
            metric, _, value = said.signal.over.partition("=")
            if asked < said.heard + SETTLED:
                continue  # what was on its way, or what the device had not noticed yet
            found = next((one for one in seen if one.metric == metric and one.index == said.signal.index), None)
            if found is not None and found.value == value:
                evidence = f"{metric}[{found.instance}]={value} (polled)"
                over = replace(said.signal, active=False, at=None)
                self._take(replace(said, signal=over, at=self._clock(), until=None, evidence=evidence))

    def _keep(self, said: Said) -> None:
        """This is the word on it now; a poll may end what it says."""
        self._known[said.identity] = said
        waiting = self._polls.setdefault(said.asset, set())
        if said.signal.active and said.signal.over and said.signal.index:
            waiting.add(said.identity)
        else:
            waiting.discard(said.identity)
        if not waiting:
            del self._polls[said.asset]

    def _take(self, said: Said) -> None:
        before = self._known.get(said.identity)
        if before is None and len(self._known) >= MOST:
            self.dropped += 1
            return
        self._keep(said)
        again = before is not None and before.signal.active and said.signal.active
        if again and before is not None and before.signal.severity is said.signal.severity:
            # It stands already. Its first words stay in the journal; saying them again would change nothing.
            self._keep(replace(said, at=before.at))
            return
        self._waiting[said.identity] = said
        self._some.set()

    def set_sources(self, sources: Iterable[str]) -> None:
        """The listeners that the settings name; alerts of others end."""
        self._sources = frozenset(sources)
        self._some.set()

    def set_rules(self, source: str, rules: frozenset[str]) -> None:
        """The rules that a source has now; alerts of others end: nobody would ever end them."""
        self._rules[source] = rules
        self._some.set()

    def begin_anew(self) -> None:
        """The bus began anew: look at what it knows, and say the last words again."""
        self._resume = True
        self._some.set()

    async def run(self) -> None:
        """Reports for ever."""
        pause = RETRY_FIRST
        while True:
            try:
                async with asyncio.timeout(LOOK_EVERY if self._known or self._resume else None):
                    await self._some.wait()
                    await asyncio.sleep(FLUSH_AFTER)
            except TimeoutError:
                pass  # time to look whether one has ended by itself
            self._some.clear()
            try:
                if self._resume:
                    self._recall(await self._bus.state((Kind.ALERT,)))
                self._end_those_over()
                await self._flush()
            except (BusLost, BusFull) as error:
                log.debug("reports held: %s", error)
                self._some.set()
                await asyncio.sleep(pause)
                pause = min(pause * 2, RETRY_LAST)
            else:
                pause = RETRY_FIRST

    def _recall(self, state: State) -> None:
        """What stands already, from the live state; what was said lately is said again, in its newest words."""
        moment = self._clock()
        for said in self._known.values():
            if moment - said.at <= REMEMBERED:
                self._waiting.setdefault(said.identity, said)
        for alert in state.records[Kind.ALERT].values():
            if isinstance(alert, Alert) and alert.active and alert.rule.startswith(PREFIXES):
                known = _recalled(alert, moment)
                if known is not None and known.identity not in self._known:
                    self._keep(known)
        self._resume = False

    def _end_those_over(self) -> None:
        moment = self._clock()
        for identity, said in list(self._known.items()):
            if said.until is not None and said.until > moment + said.signal.lasts:  # the clock was set back
                said = replace(said, until=moment + said.signal.lasts)
                self._keep(said)
            if said.signal.active and (self._orphaned(said) or (said.until is not None and said.until <= moment)):
                over = replace(said.signal, active=False, at=None)
                self._waiting[identity] = replace(said, signal=over, at=moment, until=None)
                self._keep(self._waiting[identity])
            elif not said.signal.active and moment - said.at > REMEMBERED and identity not in self._waiting:
                del self._known[identity]

    def _orphaned(self, said: Said) -> bool:
        if self._sources is not None and said.source not in self._sources:
            return True
        return said.signal.rule not in self._rules.get(said.source, (said.signal.rule,))

    async def _flush(self) -> None:
        while self._waiting:
            batch = [self._waiting[key] for key in list(self._waiting)[:AT_ONCE]]
            await self._bus.send("alert", self._command(batch))
            self.reported += len(batch)
            for said in batch:
                if self._waiting.get(said.identity) is said:
                    del self._waiting[said.identity]

    def _command(self, batch: Iterable[Said]) -> Command:
        moment, rows = self._clock(), msgspec.to_builtins([_report(said) for said in batch])
        return Command(
            id=f"report-{uuid.uuid4()}",
            action="report",
            subject="",
            actor="collect",
            role="ingest",
            actor_region="",
            at=moment,
            valid_until=moment + VALID,
            args={"alerts": rows},
        )


def _report(said: Said) -> Report:
    signal = said.signal
    part = {"part": signal.key} if signal.key else {}
    polled = {"index": signal.index, "over": signal.over} if signal.over else {}
    lasts = {"lasts": f"{signal.lasts:g}"} if signal.lasts else {}
    return Report(
        rule=signal.rule,
        asset=said.asset,
        severity=signal.severity,
        active=signal.active,
        since=signal.at if signal.at is not None else said.at,
        at=said.at,
        identity_labels=part,
        labels={"source": said.source, **part, **lasts, **polled},
        title=signal.title,
        text=signal.text,
        region=said.region,
        evidence=said.evidence,
    )


def _recalled(alert: Alert, moment: float) -> Said | None:
    """One of ours, as it was said. One that ends by itself has its whole time again: nobody listened meanwhile."""
    lasts = _seconds(alert.labels)
    signal = Signal(
        rule=alert.rule,
        active=True,
        severity=alert.severity,
        title=alert.title,
        key=alert.labels.get("part", ""),
        text=alert.text,
        at=alert.raised_at,
        lasts=lasts,
        index=alert.labels.get("index", ""),
        over=alert.labels.get("over", ""),
    )
    source = alert.labels.get("source", "")
    until = moment + lasts if lasts else None
    if not source:
        return None
    return Said(
        source=source,
        asset=alert.asset,
        region=alert.region,
        signal=signal,
        at=alert.raised_at,
        until=until,
        heard=alert.raised_at,
    )


def _seconds(labels: Mapping[str, str]) -> float:
    try:
        return float(labels.get("lasts", "0"))
    except ValueError:
        return 0.0
