"""The domain of the site's own reporting policies: one person proposes rows, a second one puts them in force.

It does no I/O (see feeds.engine.domain) and has no live records: the document is read where it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from feeds.engine.domain import Domain, Message, Start
from feeds.engine.requests import AppendEntry, Asking, FindDocument, PutDocument, Writing
from feeds.incidents.policies import ReportingPolicy
from feeds.incidents.site_policies import ID, KIND, PolicyProposal, SitePolicies, row_faults, row_of, site_policies
from feeds.journal import Parcel
from feeds.journal.forms import register
from feeds.model import Change, Command, Outcome, Result
from feeds.regions import covers
from incidents.refusals import OrderRefused, required

PROPOSE, CONFIRM, DROP = (f"{KIND}.{order}" for order in ("propose", "confirm", "drop"))
MAY = {PROPOSE: ("leader", "admin"), CONFIRM: ("leader",), DROP: ("leader", "admin")}
"""The roles that may give each order."""
NAMES = {PROPOSE: "proposed", CONFIRM: "confirmed", DROP: "dropped"}


class PolicyDomain(Domain):
    """The policies of the site, whose region only people of the whole site may change."""

    name = "command"
    kind = KIND
    actions = frozenset(MAY)

    def __init__(self, site: str) -> None:
        self._site = site
        self.policies = SitePolicies()
        self._entries: list[AppendEntry] = []

    def load(self, start: Start) -> Asking[None]:
        self._entries.clear()
        doc = yield FindDocument(KIND, ID)
        self.policies = site_policies(doc.body if doc is not None else None)

    def records(self) -> Mapping[str, Any]:
        return {}

    def published(self) -> Mapping[str, Mapping[str, Any]]:
        return {}

    def take(self, item: Change | Message | Parcel, now: float) -> None:
        return None

    def rows(self) -> tuple[ReportingPolicy, ...] | None:
        """The rows in force; None: those of the profile of the settings."""
        return self.policies.rows

    # -- orders --------------------------------------------------------------------

    def obey(self, command: Command, now: float) -> Result:
        before = self.policies
        try:
            self._check(command)
            self.policies = _ORDERS[command.action](before, command, now)
        except OrderRefused as refused:
            return Result(command=command.id, outcome=refused.outcome, detail=refused.code, after={"rev": before.rev})
        rows = self.policies.proposed.rows if self.policies.proposed is not None else self.policies.rows
        body = {"rows": msgspec.to_builtins(rows), "rev": self.policies.rev}
        self._entries.append(
            AppendEntry(
                kind=KIND,
                name=NAMES[command.action],
                subject=ID,
                at=now,
                actor=command.actor,
                reason=command.reason,
                command=command.id,
                body=body,
            )
        )
        return Result(command=command.id, outcome=Outcome.DONE, after=msgspec.to_builtins(self.policies))

    def _check(self, command: Command) -> None:
        if command.role not in MAY[command.action]:
            raise OrderRefused("role", Outcome.FORBIDDEN)
        if not covers(command.actor_region, self._site):
            raise OrderRefused("region", Outcome.FORBIDDEN)
        if command.expected_rev is not None and command.expected_rev != self.policies.rev:
            raise OrderRefused("rev", Outcome.CONFLICT)

    # -- keeping -------------------------------------------------------------------

    def write(self, now: float) -> Writing[Sequence[Change]] | None:
        return self._written() if self._entries else None

    def _written(self) -> Writing[Sequence[Change]]:
        entries, self._entries = self._entries, []
        for entry in entries:
            seq = yield entry
        yield PutDocument(kind=KIND, id=ID, body=msgspec.to_builtins(self.policies), open=True, seq=seq)
        return []


def _propose(policies: SitePolicies, command: Command, now: float) -> SitePolicies:
    required({"reason": command.reason}, "reason")
    values = command.args.get("rows")
    rows = None if values is None else tuple(map(row_of, values))
    for code, field in row_faults(rows or ()):
        raise OrderRefused(f"{code}:{field}")
    proposal = PolicyProposal(rows=rows, by=command.actor, at=now, reason=command.reason)
    return replace(policies, rev=policies.rev + 1, proposed=proposal)


def _confirm(policies: SitePolicies, command: Command, now: float) -> SitePolicies:
    proposal = _waiting(policies)
    if command.actor == proposal.by:
        raise OrderRefused("same_person", Outcome.FORBIDDEN)
    return policies.confirmed(command.actor, now)


def _drop(policies: SitePolicies, command: Command, now: float) -> SitePolicies:
    _waiting(policies)
    return replace(policies, rev=policies.rev + 1, proposed=None)


def _waiting(policies: SitePolicies) -> PolicyProposal:
    if policies.proposed is None:
        raise OrderRefused("nothing_proposed", Outcome.CONFLICT)
    return policies.proposed


_ORDERS = {PROPOSE: _propose, CONFIRM: _confirm, DROP: _drop}
register(KIND, lambda doc: site_policies(doc.body))
