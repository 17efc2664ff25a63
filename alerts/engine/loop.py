"""The alert engine: the alert domain over the journal (see feeds.engine.journaled)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from alerts.core.core import AlertCore, new_id
from alerts.engine.domain import NAME, AlertDomain
from alerts.notify.notifier import Notifier
from alerts.oncall.directory import People
from alerts.receivers.catalogue import SiteDefaults
from alerts.rulebook.book import RuleBook
from alerts.rules.rule import CompiledRule
from alerts.rules.subjects import NamedSources
from alerts.sampling import NO_SAMPLES, SampleTimes
from alerts.settings import HoldPolicy
from feeds.clock import Clock
from feeds.clock import now as wall_clock
from feeds.documents.escalations import EscalationSettings
from feeds.documents.receivers import ReceiverSettings
from feeds.engine.inbox import Inbox
from feeds.engine.journaled import JournaledEngine
from feeds.journal import Journal
from feeds.removal_guard import PERCENT

__all__ = ["NAME", "AlertEngine"]


class AlertEngine(JournaledEngine[AlertDomain]):
    """The engine of alerts. It calls `wake` when a notification was queued."""

    def __init__(
        self,
        journal: Journal,
        rules: Mapping[str, CompiledRule],
        receivers: Sequence[ReceiverSettings],
        site_name: str,
        *,
        clock: Clock = wall_clock,
        wake: Callable[[], None] = lambda: None,
        make_id: Callable[[float], str] = new_id,
        policy: HoldPolicy | None = None,
        sample: SampleTimes = NO_SAMPLES,
        inbox: Inbox | None = None,
        escalations: Sequence[EscalationSettings] = (),
        site_defaults: SiteDefaults | None = None,
        on_receivers_changed: Callable[[Sequence[ReceiverSettings]], None] = lambda receivers: None,
        named_sources: NamedSources | None = None,
        removal_guard: float = PERCENT,
        on_clock_set: Callable[[float], None] = lambda by: None,
    ) -> None:
        domain = AlertDomain(
            rules,
            receivers,
            site_name,
            make_id=make_id,
            policy=policy,
            sample=sample,
            escalations=escalations,
            site_defaults=site_defaults,
            receivers_changed=on_receivers_changed,
            named_sources=named_sources,
            removal_guard=removal_guard,
            clock_changed=on_clock_set,
        )
        super().__init__(domain, journal, clock=clock, inbox=inbox, wake=wake)

    @property
    def core(self) -> AlertCore:
        return self.domain.core

    @property
    def book(self) -> RuleBook:
        return self.domain.book

    @property
    def people(self) -> People:
        return self.domain.people

    @property
    def notifier(self) -> Notifier:
        return self.domain.notifier

    def replace(
        self,
        rules: Mapping[str, CompiledRule],
        receivers: Sequence[ReceiverSettings],
        *,
        sample: SampleTimes = NO_SAMPLES,
        policy: HoldPolicy | None = None,
        escalations: Sequence[EscalationSettings] = (),
        named_sources: NamedSources | None = None,
        removal_guard: float = PERCENT,
    ) -> None:
        """Replace the file's rules, receivers and policies from the next step on."""
        self.domain.replace(
            rules,
            receivers,
            self._clock(),
            sample=sample,
            policy=policy,
            escalations=escalations,
            named_sources=named_sources,
            removal_guard=removal_guard,
        )
