"""The domain of briefs: drafts, regeneration, checks, signatures with numbers, proofs of sending, withdrawal.

It does no I/O (see feeds.engine.domain). A brief that is sent meets the report that was due in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from feeds.engine.domain import DomainStep
from feeds.engine.record_domain import RecordDomain
from feeds.engine.requests import Asking, FindDocument, HasDocument, ListDocuments, PutDocument, Writing
from feeds.incidents.brief_settings import BriefSettings
from feeds.incidents.phases import BY_DUTY
from feeds.incidents.settings import IncidentSettings
from feeds.journal import Doc
from feeds.journal.forms import register
from feeds.kinds import BRIEF
from feeds.model import Asset, Change, Command, Outcome, Result
from feeds.model.briefs import OUT_STATES, Brief
from feeds.model.incidents import Incident
from feeds.regions import covers
from incidents.briefs import orders
from incidents.briefs.drafting import Drafting
from incidents.briefs.numbers import COUNTER, counter_id, id_prefix, number_text
from incidents.briefs.sending import sending_of
from incidents.briefs.sources import Around
from incidents.handling.domain import IncidentDomain
from incidents.refusals import OrderRefused
from incidents.reporting.domain import ObligationDomain

KIND = "brief"
ORDERS = ("edit", "generate", "check", "sign", "countersign", "send", "withdraw")
CREATE = "brief.create"
STAYS = 30 * 86_400.0
"""Seconds for which a brief that is out or withdrawn stays on the screens."""
NAMES = {
    "edit": "edited",
    "generate": "generated",
    "check": "checked",
    "sign": "signed",
    "countersign": "countersigned",
    "send": "sent",
    "withdraw": "withdrawn",
}
"""The name of each order's journal entry."""


def brief_of(doc: Doc) -> Brief:
    """A brief from its document."""
    return msgspec.convert(doc.body, Brief)


class BriefDomain(RecordDomain[Brief]):
    """Briefs in memory: drafts, and those of the last thirty days. `site` begins each id."""

    name = "command"
    kind = KIND
    entry_kind = KIND
    record = Brief
    stamps = ("created_at", "changed_at")
    actions = frozenset((CREATE, *(f"brief.{order}" for order in ORDERS)))

    def __init__(
        self,
        incidents: IncidentDomain,
        obligations: ObligationDomain,
        around: Around,
        site: str,
        settings: IncidentSettings,
        assets: Mapping[str, Asset],
    ) -> None:
        super().__init__()
        self._incidents, self._obligations, self._around, self._site = incidents, obligations, around, site
        self.use(settings, assets)

    @property
    def briefs(self) -> dict[str, Brief]:
        """The briefs in memory by id."""
        return self._held

    def use(self, settings: IncidentSettings, assets: Mapping[str, Asset]) -> None:
        """Number and address briefs by other settings from now on, and count this inventory in daily briefs."""
        self._zone = settings.zone
        self._settings: BriefSettings = settings.briefs
        self._drafting = Drafting(self._incidents, self._around, self._site, settings, assets)

    def _reset(self) -> None:
        super()._reset()
        self._counters: dict[str, int] = {}
        self._counted: dict[str, int] = {}
        self._seen: dict[str, int] = {}

    # -- orders ------------------------------------------------------------------

    def obey(self, command: Command, now: float) -> Asking[Result]:
        try:
            if command.role not in BY_DUTY:
                raise OrderRefused("role", Outcome.FORBIDDEN)
            if command.action == CREATE:
                return (yield from self._create(command, now))
            return (yield from self._order(command, now))
        except OrderRefused as refused:
            before = self.briefs.get(command.subject)
            after = BRIEF.view(before) if before is not None else None
            return Result(command=command.id, outcome=refused.outcome, detail=refused.code, after=after)

    def _create(self, command: Command, now: float) -> Asking[Result]:
        draft = yield from self._drafting.drafted(command, self._site, tuple(self.briefs.values()), now)
        id = yield from self._unused_id(f"{id_prefix(self._site, draft.mode, now, self._zone)}-", 4)
        return self._done(command, replace(draft, id=id), "created", now)

    def _order(self, command: Command, now: float) -> Asking[Result]:
        brief = self.briefs.get(command.subject)
        if brief is None:
            doc = yield FindDocument(KIND, command.subject)
            return Result(command=command.id, outcome=Outcome.CONFLICT if doc is not None else Outcome.NOT_FOUND)
        if not covers(command.actor_region, brief.region):
            raise OrderRefused("region", Outcome.FORBIDDEN)
        if command.expected_rev is not None and command.expected_rev != brief.rev:
            return Result(command=command.id, outcome=Outcome.CONFLICT, after=BRIEF.view(brief))
        order = command.action.removeprefix("brief.")
        after = yield from self._carried_out(order, brief, command, now)
        return self._done(command, after, NAMES[order], now)

    def _carried_out(self, order: str, brief: Brief, command: Command, now: float) -> Asking[Brief]:
        match order:
            case "edit":
                return orders.edited(brief, command, now)
            case "generate":
                orders.check_editable(brief)
                return (yield from self._drafting.generated(brief, tuple(self.briefs.values()), now))
            case "check":
                return orders.checked(brief, self._incident(brief))
            case "sign":
                return (yield from self._signed(brief, command, now))
            case "countersign":
                return orders.countersigned(brief, command, now)
            case "send":
                return self._sent(brief, command, now)
        return orders.withdrawn(brief, command, now)

    def _incident(self, brief: Brief) -> Incident | None:
        return self._incidents.incidents.get(brief.incident)

    def _signed(self, brief: Brief, command: Command, now: float) -> Asking[Brief]:
        orders.check_signable(brief, command)
        if orders.findings_of(brief, self._incident(brief)) != brief.findings:
            raise OrderRefused("not_checked", Outcome.CONFLICT)
        key = counter_id(brief.kind, brief.mode, now, self._zone)
        if key not in self._counters:
            self._counters[key] = yield from self._last_number(brief, key, now)
        last = self._counters[key] + 1
        number = number_text(self._settings, brief.kind, brief.mode, now, self._zone, last)
        after = orders.signed(brief, command, number, now)
        self._counters[key] = self._counted[key] = last
        return after

    def _last_number(self, brief: Brief, key: str, now: float) -> Asking[int]:
        """The last number that was given, 0 for none. Where its document cannot be read, the briefs say so."""
        doc = yield FindDocument(COUNTER, key)
        if doc is not None:
            return int(doc.body["last"])
        if not (yield HasDocument(COUNTER, key)):
            return 0
        numbers = {doc.body.get("number") for doc in (yield ListDocuments(KIND))}
        last = 0
        while number_text(self._settings, brief.kind, brief.mode, now, self._zone, last + 1) in numbers:
            last += 1
        return last

    def _sent(self, brief: Brief, command: Command, now: float) -> Brief:
        """Note that a signed brief was received; the report that was due is met by the same proof."""
        sending = sending_of(brief, command, now)
        if sending.obligation:
            due = self._obligations.obligations.get(sending.obligation)
            if due is None or due.incident != brief.incident:
                raise OrderRefused("no_obligation", Outcome.CONFLICT)
            self._obligations.meet(due, command, now)
        for other in [other for other in self.briefs.values() if _superseded(other, brief)]:
            self._put(replace(other, state="superseded", rev=other.rev + 1))
            self._record("superseded", other.id, now, body={"by": brief.id, "number": other.number})
        return replace(brief, state="sent", sendings=(*brief.sendings, sending), changed_at=now, rev=brief.rev + 1)

    def _done(self, command: Command, brief: Brief, name: str, now: float) -> Result:
        self._put(brief)
        body: dict[str, Any] = {"title": brief.title, "number": brief.number, "version": brief.version}
        body |= {"incident": brief.incident, "state": brief.state}
        if name in ("created", "edited", "generated"):
            body["blocks"] = msgspec.to_builtins(brief.blocks)
        if name in ("signed", "countersigned"):
            body |= msgspec.to_builtins(brief.signatures[-1])
        if name == "sent":
            body["sending"] = msgspec.to_builtins(brief.sendings[-1])
        self._record(name, brief.id, now, command=command, body=body)
        return Result(command=command.id, outcome=Outcome.DONE, after=BRIEF.view(brief))

    # -- time --------------------------------------------------------------------

    def moments(self, brief: Brief) -> Iterable[float | None]:
        return (brief.countersign_by if not brief.countersign_late else None, _leaves_at(brief))

    def advance(self, now: float) -> None:
        self._follow_corrections(now)
        super().advance(now)

    def time_passed(self, brief: Brief, now: float) -> None:
        if brief.countersign_by is not None and brief.countersign_by <= now and not brief.countersign_late:
            self._put(replace(brief, countersign_late=True, rev=brief.rev + 1))
            self._record("countersign-late", brief.id, now, body={"number": brief.number})
        elif (due := _leaves_at(brief)) is not None and due <= now:
            self._remove(brief.id)
            self._record("filed", brief.id, now)

    def _follow_corrections(self, now: float) -> None:
        """Mark signed briefs of which a figure was corrected since (有更正)."""
        for brief in [brief for brief in self.briefs.values() if brief.state in OUT_STATES and brief.incident]:
            incident = self._incident(brief)
            if incident is None or self._seen.get(brief.id) == incident.rev:
                continue
            self._seen[brief.id] = incident.rev
            corrections = orders.corrections_of(brief, incident, now)
            if corrections != brief.corrections:
                self._put(replace(brief, corrections=corrections, rev=brief.rev + 1))
                body = {"number": brief.number, "corrections": msgspec.to_builtins(corrections)}
                self._record("corrected", brief.id, now, body=body)

    # -- keeping -----------------------------------------------------------------

    def _written(self, steps: Sequence[DomainStep]) -> Writing[Sequence[Change]]:
        changes = yield from super()._written(steps)
        for key, last in self._counted.items():
            yield PutDocument(kind=COUNTER, id=key, body={"last": last})
        self._counted.clear()
        return changes


def _superseded(other: Brief, brief: Brief) -> bool:
    """Whether a brief that was sent is superseded by another one of the same incident."""
    return bool(brief.incident) and other.id != brief.id and other.incident == brief.incident and other.state == "sent"


def _leaves_at(brief: Brief) -> float | None:
    """When the brief leaves the screens, None while it is written or must still be signed by hand."""
    if brief.state in ("draft", "checked", "signed") or brief.countersign_by is not None:
        return None
    return brief.changed_at + STAYS


register(KIND, brief_of)
