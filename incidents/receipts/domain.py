"""The receipt domain: reports of other systems and of people become receipts, durable before they are shown.

It does no I/O (see feeds.engine.domain). One external id is one receipt: a newer report is its next version, an older
one is kept in the journal and not shown, a repetition changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from feeds import wire
from feeds.engine.domain import Message
from feeds.engine.record_domain import RecordDomain
from feeds.engine.requests import Asking, FindDocument
from feeds.incidents.phases import BY_DUTY
from feeds.journal import Doc, Parcel
from feeds.journal.forms import register
from feeds.kinds import RECEIPT
from feeds.model import Change, Command, Outcome, Receipt, Result
from feeds.model.incidents import Incident
from feeds.receipts import ReceiptReport
from feeds.regions import covers
from incidents.receipts.duplicates import ReceiptsByPlace, report_of
from incidents.receipts.lifecycle import answered, leaves_at, received, restored, unanswered_from, updated

KIND = "receipt"
FEED = "emergency"
CREATE, DISMISS, RESTORE = "receipt.create", "receipt.dismiss", "receipt.restore"


def receipt_of(doc: Doc) -> Receipt:
    """A receipt from its document."""
    return msgspec.convert(doc.body, Receipt)


class ReceiptDomain(RecordDomain[Receipt]):
    """Receipts in memory: those on the screens. `site` is the region of a report that names none.

    `incidents` gives those in memory, with which receipts are compared.
    """

    name = "command"
    kind = KIND
    entry_kind = KIND
    record = Receipt
    stamps = ("received_at", "updated_at", "answered_at")
    feeds = (FEED,)
    actions = frozenset((CREATE, DISMISS, RESTORE))

    def __init__(self, site: str = "", incidents: Callable[[], Iterable[Incident]] = tuple) -> None:
        super().__init__()
        self._site, self._incidents = site, incidents

    @property
    def receipts(self) -> dict[str, Receipt]:
        """The receipts in memory by id."""
        return self._held

    def _reset(self) -> None:
        super()._reset()
        self._places = ReceiptsByPlace()
        self._digests: dict[str, str] = {}

    # -- running -----------------------------------------------------------------

    def take(self, item: Change | Message | Parcel, now: float) -> Asking[None] | None:
        if isinstance(item, Parcel):
            reports = wire.decode(item.body, list[ReceiptReport]) if item.kind == KIND else []
            return self._take_reports(reports, now) if reports else None
        if isinstance(item, Message) and isinstance(item.item, ReceiptReport):
            return self._take_reports([item.item], now)
        return None

    def _take_reports(self, reports: Sequence[ReceiptReport], now: float) -> Asking[None]:
        for report in reports:
            before = self.receipts.get(report.id)
            if before is None and (doc := (yield FindDocument(KIND, report.id))) is not None:
                before = receipt_of(doc)
            self._take_report(report, before, now)

    def _take_report(self, report: ReceiptReport, before: Receipt | None, now: float) -> None:
        if before is None:
            self._admit(received(report, self._site), "received", report, now)
            return
        if self._digests.get(report.id) == report.digest or before.digest == report.digest:
            return
        if report.updated_at < before.updated_at:
            self._digests[report.id] = report.digest
            self._put(before)
            self._record("outdated", before.id, now, cause=before.source, body=_original(report))
            return
        self._admit(updated(before, report), "updated", report, now)

    def _admit(self, receipt: Receipt, name: str, report: ReceiptReport, now: float) -> None:
        receipt = replace(receipt, digest=report.digest)
        incidents = (report_of(incident, now) for incident in self._incidents())
        others = [other for other in incidents if other is not None and other.id != receipt.incident]
        self._put(replace(receipt, candidates=self._places.candidates(receipt, others)))
        self._record(name, receipt.id, now, cause=receipt.source, body=_original(report))

    def obey(self, command: Command, now: float) -> Asking[Result] | Result:
        if command.role not in BY_DUTY:
            return Result(command=command.id, outcome=Outcome.FORBIDDEN, detail="role")
        if command.action == CREATE:
            return self._create(command, now)
        return self._decide(command, now)

    def _create(self, command: Command, now: float) -> Result:
        report = msgspec.convert(command.args["report"], ReceiptReport)
        region = report.region or self._site
        if not covers(command.actor_region, region):
            return Result(command=command.id, outcome=Outcome.FORBIDDEN)
        if report.id in self.receipts:
            return Result(command=command.id, outcome=Outcome.CONFLICT)
        self._admit(received(report, self._site), "received", report, now)
        return self._done(command, self.receipts[report.id], "created", now)

    def inject(self, report: ReceiptReport, now: float) -> None:
        """Take in a report of an exercise, in the transaction of another domain of the engine."""
        self._take_report(report, self.receipts.get(report.id), now)

    def find(self, id: str) -> Asking[Receipt | None]:
        """The receipt in memory, else that of the journal, else None."""
        receipt = self.receipts.get(id)
        if receipt is None and (doc := (yield FindDocument(KIND, id))) is not None:
            receipt = receipt_of(doc)
        return receipt

    def take_up(self, receipt: Receipt, state: str, incident: str, command: Command, now: float) -> None:
        """Note that a new receipt became part of an incident: `attached` to one, or `opened` as one."""
        after = answered(receipt, state, command.actor, command.reason, incident, now)
        self._done(command, after, state, now)

    def _decide(self, command: Command, now: float) -> Asking[Result]:
        receipt = yield from self.find(command.subject)
        if receipt is None:
            return Result(command=command.id, outcome=Outcome.NOT_FOUND)
        if not covers(command.actor_region, receipt.region):
            return Result(command=command.id, outcome=Outcome.FORBIDDEN)
        if command.expected_rev is not None and command.expected_rev != receipt.rev:
            return Result(command=command.id, outcome=Outcome.CONFLICT, after=RECEIPT.view(receipt))
        if command.action == RESTORE:
            if receipt.state != "dismissed":
                return Result(command=command.id, outcome=Outcome.INVALID, detail="not_dismissed")
            return self._done(command, restored(receipt, now), "restored", now)
        if receipt.state != "new":
            return Result(command=command.id, outcome=Outcome.INVALID, detail="not_new", after=RECEIPT.view(receipt))
        if not command.reason:
            return Result(command=command.id, outcome=Outcome.INVALID, detail="incomplete")
        after = answered(receipt, "dismissed", command.actor, command.reason, "", now)
        return self._done(command, after, "dismissed", now)

    def _done(self, command: Command, receipt: Receipt, name: str, now: float) -> Result:
        self._put(receipt)
        body = {"incident": receipt.incident} if receipt.incident else {}
        self._record(name, receipt.id, now, command=command, body=body)
        return Result(command=command.id, outcome=Outcome.DONE, after=RECEIPT.view(receipt))

    # -- time --------------------------------------------------------------------

    def moments(self, receipt: Receipt) -> Iterable[float | None]:
        return (unanswered_from(receipt), leaves_at(receipt))

    def time_passed(self, receipt: Receipt, now: float) -> None:
        if (due := unanswered_from(receipt)) is not None and due <= now:
            self._put(replace(receipt, unanswered=True, rev=receipt.rev + 1))
            self._record("unanswered", receipt.id, now, cause=receipt.source)
        elif (due := leaves_at(receipt)) is not None and due <= now:
            self._remove(receipt.id)
            self._places.drop(receipt.id)
            self._digests.pop(receipt.id, None)
            self._record("filed", receipt.id, now, cause=receipt.source)

    # -- keeping -----------------------------------------------------------------

    def _put(self, receipt: Receipt) -> None:
        super()._put(receipt)
        self._places.put(receipt)


def _original(report: ReceiptReport) -> dict[str, Any]:
    return {"raw": report.raw, "updated_at": report.updated_at, "digest": report.digest}


register(KIND, receipt_of)
