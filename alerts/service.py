"""The alert role: the engine, the sender and the watches, running together or not at all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence

from alerts.engine.loop import NAME, AlertEngine
from alerts.notify.retention import OutboxRetention
from alerts.notify.sender import Sender
from alerts.receivers.base import ReceiverError, ReceiverTarget
from alerts.receivers.catalogue import SiteDefaults, compile_receiver, compile_receivers
from alerts.rules.rule import compile_rules
from alerts.rules.subjects import NamedSources
from alerts.sampling import NO_SAMPLES, SampleTimes
from alerts.settings import HoldPolicy, OutboxSettings, RuleSettings
from alerts.watches.approvals import ApprovalsWatch
from alerts.watches.handovers import HandoverWatch
from alerts.watches.receivers import ReceiverWatch
from feeds.bus import Bus
from feeds.clock import Clock, now
from feeds.documents.escalations import EscalationSettings
from feeds.documents.receivers import ReceiverSettings
from feeds.duty.handover import HandoverSettings
from feeds.engine import run_engine
from feeds.engine.inbox import Inbox
from feeds.journal import Intake, Journal
from feeds.model import Alert
from feeds.removal_guard import PERCENT
from feeds.role_status import RoleStatus
from feeds.workdays.calendar import WorkCalendar

log = logging.getLogger(__name__)


class AlertService:
    """Run the alert role. RuleError or ReceiverError when the settings cannot be used."""

    def __init__(
        self,
        bus: Bus,
        journal: Journal,
        rules: Sequence[RuleSettings],
        receivers: Sequence[ReceiverSettings],
        site_name: str,
        clock: Clock = now,
        *,
        policy: HoldPolicy | None = None,
        sample: SampleTimes = NO_SAMPLES,
        intake: Intake | None = None,
        escalations: Sequence[EscalationSettings] = (),
        site_defaults: SiteDefaults | None = None,
        outbox: OutboxSettings | None = None,
        handover: HandoverSettings | None = None,
        named_sources: NamedSources | None = None,
        removal_guard: float = PERCENT,
        calendar: Callable[[str], WorkCalendar] | None = None,
        status: RoleStatus | None = None,
    ) -> None:
        """`calendar` gives that of a region, for the limits of supervision orders; None on a site without approvals."""
        self._status = status or RoleStatus()
        self._bus, self._clock, self._intake = bus, clock, intake
        self._site_defaults = site_defaults or SiteDefaults()
        compiled = compile_rules(rules)
        self._usable(receivers)
        self._sender = Sender(journal, clock=clock)
        self._pruner = OutboxRetention(journal, clock, outbox)
        inbox = Inbox(intake, journal, NAME, clock=clock) if intake is not None else None
        self.engine = AlertEngine(
            journal,
            compiled,
            receivers,
            site_name,
            clock=clock,
            wake=self._sender.wake,
            policy=policy,
            sample=sample,
            inbox=inbox,
            escalations=escalations,
            site_defaults=self._site_defaults,
            on_receivers_changed=self._send_to,
            on_clock_set=self._sender.clock_stepped,
            named_sources=named_sources,
            removal_guard=removal_guard,
        )
        self._add_watches(journal, handover, outbox, calendar)
        self._status.add_condition(lambda: self.engine.book.out(self._site_defaults.language))
        self._status.add_condition(lambda: self.engine.intake_trouble(self._site_defaults.language))

    def _add_watches(
        self,
        journal: Journal,
        handover: HandoverSettings | None,
        outbox: OutboxSettings | None,
        calendar: Callable[[str], WorkCalendar] | None,
    ) -> None:
        """Add the watches. Their alerts need the intake: there are none without it."""
        self._approvals_watch: ApprovalsWatch | None = None
        self._handover_watch: HandoverWatch | None = None
        self._receiver_watch: ReceiverWatch | None = None
        if (intake := self._intake) is None:
            return
        site = self._bus.site
        self._handover_watch = HandoverWatch(journal, intake, NAME, self._open_alerts, site, self._clock, handover)
        self._receiver_watch = ReceiverWatch(
            journal,
            intake,
            NAME,
            self._open_alerts,
            lambda: [receiver.id for receiver in self.engine.people.receivers],
            site,
            self._clock,
            outbox,
        )

        if calendar is not None:
            alerts, clock = self._open_alerts, self._clock
            self._approvals_watch = ApprovalsWatch(journal, intake, NAME, alerts, site, clock, calendar)

    def _open_alerts(self) -> Iterable[Alert]:
        return self.engine.core.alerts.values()

    async def run(self) -> None:
        """Run until cancelled. When one part fails the others end too, and the error is raised in a group."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(
                    run_engine(self.engine, self._bus, self._clock, self._status), name="alerts.engine.loop"
                )
                tasks.create_task(self._sender.run(), name="alerts.notify.sender")
                tasks.create_task(self._pruner.run(), name="alerts.notify.retention")
                for watch in (self._handover_watch, self._receiver_watch, self._approvals_watch):
                    if watch is not None:
                        tasks.create_task(watch.run(), name=watch.rule)
        finally:
            if self._intake is not None:
                await self._intake.close()

    async def reload(
        self,
        rules: Sequence[RuleSettings],
        receivers: Sequence[ReceiverSettings],
        *,
        sample: SampleTimes = NO_SAMPLES,
        policy: HoldPolicy | None = None,
        escalations: Sequence[EscalationSettings] = (),
        outbox: OutboxSettings | None = None,
        handover: HandoverSettings | None = None,
        named_sources: NamedSources | None = None,
        removal_guard: float = PERCENT,
        calendar: Callable[[str], WorkCalendar] | None = None,
    ) -> None:
        """Replace the settings from the next step on. RuleError or ReceiverError leaves the present ones in force."""
        compiled = compile_rules(rules)
        self._usable(receivers)
        self.engine.replace(
            compiled,
            receivers,
            sample=sample,
            policy=policy,
            escalations=escalations,
            named_sources=named_sources,
            removal_guard=removal_guard,
        )
        self._pruner.settings = outbox or OutboxSettings()
        if self._handover_watch is not None:
            self._handover_watch.settings = handover or HandoverSettings()
        if self._receiver_watch is not None:
            self._receiver_watch.settings = outbox or OutboxSettings()
        if self._approvals_watch is not None and calendar is not None:
            self._approvals_watch.calendar = calendar

    def _usable(self, receivers: Sequence[ReceiverSettings]) -> None:
        for target in compile_receivers(receivers, self._site_defaults).values():
            target.close()

    def _send_to(self, receivers: Sequence[ReceiverSettings]) -> None:
        """Replace the sender's receivers. One that cannot be used is logged and skipped."""
        targets: dict[str, ReceiverTarget] = {}
        for settings in receivers:
            try:
                targets[settings.id] = compile_receiver(settings, self._site_defaults)
            except ReceiverError as error:
                log.error("%s: nothing is sent to it", error)
        self._sender.replace(targets, receivers)
