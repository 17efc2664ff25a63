"""Sweeps of sources: cases that a source does not have any more are deleted, unless they are too many.

A sweep comes as parts, each with the numbers of a range (collectors/approvals/sweeps.py). A case of that source which
lies in the window and is not among them gets a tombstone. A sweep that would delete too many is held until a
supervisor applies or dismisses it: a truncated table looks like a mass deletion.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from approvals.requests import CompareNumbers, FactsOf
from feeds import wire
from feeds.cases.facts import CASE, CaseFact, FactSet
from feeds.cases.ledger import CaseLedger
from feeds.engine.requests import AppendEntry, Asking, PutDocument, Writing
from feeds.journal import Doc
from feeds.model import Command, Outcome, Result

SWEEP_KIND = "sweep"
FEW, MOST = 3, 100
"""FEW: missing cases that are never too many, unless they are all. MOST: missing cases that always are."""
LISTED = 10_000
"""Missing cases of one sweep that are listed; more are left to the next one."""
AT_ONCE = 500
"""Cases that get their tombstone in one step."""
OPEN_STATES = frozenset({"held", "applying"})


class SweepDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The last sweep of a source that was held. `cases` are numbers in the store; `state`: held, applying, applied or
    dismissed."""

    id: str
    system: str
    at: float
    compared: int
    missing: int
    cases: tuple[int, ...] = ()
    state: str = "held"
    by: str = ""
    reason: str = ""


def sweep_of(doc: Doc) -> SweepDocument:
    """The sweep of a document. Raises msgspec.ValidationError."""
    return msgspec.convert(doc.body, SweepDocument)


def sweep_record(document: SweepDocument) -> dict[str, Any]:
    """The public record of a sweep."""
    fields = ("id", "system", "compared", "missing", "state", "by", "reason")
    return {name: getattr(document, name) for name in fields} | {"at": wire.iso(document.at)}


@dataclass(slots=True)
class RunningSweep:
    """The parts of one sweep that came so far."""

    part: int = 0
    compared: int = 0
    missing: list[int] = field(default_factory=list)


class Sweeps:
    """All sweeps of a site. The domain asks and writes for it."""

    def __init__(self, ledger: Callable[[], CaseLedger]) -> None:
        self._ledger = ledger
        self.documents: dict[str, SweepDocument] = {}
        self._running: dict[str, RunningSweep] = {}
        self._deleting: deque[int] = deque()
        self._entries: list[tuple[AppendEntry, SweepDocument | None]] = []

    def restore(self, documents: Iterable[SweepDocument]) -> None:
        """Load the open sweeps; those that were being applied go on."""
        self.documents = {document.id: document for document in documents}
        for document in self.documents.values():
            if document.state == "applying":
                self._deleting.extend(document.cases)

    @property
    def busy(self) -> bool:
        """True while cases wait for their tombstones."""
        return bool(self._deleting)

    @property
    def held(self) -> list[SweepDocument]:
        """The sweeps that wait for a person."""
        return [document for document in self.documents.values() if document.state == "held"]

    # -- comparing ---------------------------------------------------------------

    def take(self, fact: CaseFact, now: float) -> Asking[None]:
        """Compare one part of a sweep. A part that does not follow the one before it ends that sweep."""
        body = fact.body
        part = int(body.get("part", 0))
        running = self._running.pop(fact.source, None) if part else RunningSweep()
        if running is None or running.part != part:
            return
        window = SweepWindow(fact.source, fact.system, float(body["since"]), str(body["by"]), float(body["began"]))
        numbers = frozenset(map(str, body["numbers"]))
        system = self._ledger().identity(fact)[0]
        compared = yield CompareNumbers(
            self._ledger().store, system, str(body["after"]), str(body["upto"]), numbers, LISTED + 1
        )
        candidates = compared.missing[: LISTED + 1 - len(running.missing)]
        for start in range(0, len(candidates), AT_ONCE):
            facts = yield FactsOf(self._ledger().store, candidates[start : start + AT_ONCE])
            running.missing += [id for id, fact_set in facts.items() if window.lacks(fact_set)]
        running.compared, running.part = running.compared + compared.compared, part + 1
        if body["last"]:
            self._end(window, running, float(body["hold"]), now)
        else:
            self._running[fact.source] = running

    def _end(self, window: SweepWindow, running: RunningSweep, hold: float, now: float) -> None:
        missing = len(running.missing)
        is_held = too_many(missing, running.compared, hold)
        body = {"system": window.system, "compared": running.compared, "missing": missing, "held": is_held}
        document = None
        if is_held:
            document = SweepDocument(
                id=window.source,
                system=window.system,
                at=now,
                compared=running.compared,
                missing=missing,
                cases=tuple(running.missing[:LISTED]),
            )
        else:
            self._deleting.extend(running.missing)
            if (former := self.documents.get(window.source)) is not None and former.state == "held":
                document = msgspec.structs.replace(former, state="dismissed", reason="a later sweep is in order")
        self._note("swept", window.source, now, body=body, document=document)

    def tombstones(self, now: float) -> Asking[list[CaseFact]]:
        """The facts that delete the next cases that are gone."""
        ids = [self._deleting.popleft() for _ in range(min(AT_ONCE, len(self._deleting)))]
        facts: dict[int, FactSet] = (yield FactsOf(self._ledger().store, ids)) if ids else {}
        if ids and not self._deleting:
            for document in [document for document in self.documents.values() if document.state == "applying"]:
                after = msgspec.structs.replace(document, state="applied")
                self._note("applied", document.id, now, document=after)
        return [tombstone(fact, now) for fact_set in facts.values() for fact in present_rows(fact_set)]

    # -- people ------------------------------------------------------------------

    def obey(self, command: Command, now: float) -> Result:
        """Carry out "sweep:apply" or "sweep:dismiss" on a held sweep."""
        action = command.action.partition(":")[2]
        document = self.documents.get(command.subject)
        if document is None:
            return Result(command=command.id, outcome=Outcome.NOT_FOUND)
        if not command.args.get("supervises") or command.actor_region:
            return Result(command=command.id, outcome=Outcome.FORBIDDEN)
        if document.state != "held" or action not in ("apply", "dismiss"):
            return Result(command=command.id, outcome=Outcome.CONFLICT, detail="state", after=sweep_record(document))
        if not command.reason:
            return Result(command=command.id, outcome=Outcome.INVALID, detail="reason")
        state = "applying" if action == "apply" else "dismissed"
        after = msgspec.structs.replace(document, state=state, by=command.actor, reason=command.reason)
        self._note(action, document.id, now, document=after, command=command)
        if state == "applying":
            self._deleting.extend(document.cases)
        return Result(command=command.id, outcome=Outcome.DONE, after=sweep_record(after))

    # -- keeping -----------------------------------------------------------------

    def _note(
        self,
        name: str,
        id: str,
        now: float,
        *,
        body: Mapping[str, Any] | None = None,
        document: SweepDocument | None = None,
        command: Command | None = None,
    ) -> None:
        actor, reason, command_id = (command.actor, command.reason, command.id) if command is not None else ("", "", "")
        entry = AppendEntry(
            kind=SWEEP_KIND,
            name=name,
            subject=id,
            at=now,
            actor=actor,
            reason=reason,
            command=command_id,
            body=dict(body or {}),
        )
        self._entries.append((entry, document))
        if document is not None:
            self.documents[id] = document
            if document.state not in OPEN_STATES:
                del self.documents[id]

    def taken(self) -> Sequence[tuple[AppendEntry, SweepDocument | None]]:
        """The entries since the last call, each with the document that it changed."""
        entries, self._entries = self._entries, []
        return entries


def written_sweeps(entries: Sequence[tuple[AppendEntry, SweepDocument | None]]) -> Writing[None]:
    """Write the entries of sweeps and their documents."""
    for entry, document in entries:
        seq = yield entry
        if document is not None:
            body = msgspec.to_builtins(document)
            open_ = document.state in OPEN_STATES
            yield PutDocument(kind=SWEEP_KIND, id=document.id, body=body, open=open_, seq=seq)


@dataclass(frozen=True, slots=True)
class SweepWindow:
    """What a sweep covers: the cases of a source, changed or accepted since a moment, and received before it began."""

    source: str
    system: str
    since: float
    by: str
    began: float

    def lacks(self, facts: FactSet) -> bool:
        """True when a case with these facts should have been among the numbers of the sweep."""
        return any(
            fact.source == self.source and fact.at < self.began and self._time(fact) >= self.since
            for fact in present_rows(facts)
        )

    def _time(self, fact: CaseFact) -> float:
        if self.by == "changed":
            return fact.stamp
        accepted = fact.body.get("accepted")
        return float(accepted) if isinstance(accepted, int | float) else float("-inf")


def present_rows(facts: FactSet) -> list[CaseFact]:
    """The case rows that are not deleted."""
    return [fact for fact in facts.facts.values() if fact.table == CASE and not fact.deleted]


def tombstone(fact: CaseFact, now: float) -> CaseFact:
    """The fact that deletes a row. The row itself, sent again, replaces it."""
    return msgspec.structs.replace(fact, deleted=True, at=now, digest=f"gone-{fact.digest}")


def too_many(missing: int, compared: int, hold: float) -> bool:
    """True when a sweep must not delete so many by itself."""
    return missing > MOST or missing > max(FEW, hold * compared) or missing == compared > 1
