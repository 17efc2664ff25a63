"""The proposals in memory: by id, incident and plan, and when each is to be looked at."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import replace

from feeds.clock import restamped
from feeds.model.plans import ActionProposal
from feeds.plans.triggering import level_rank

ANSWER_WITHIN = 300.0
"""Seconds within which somebody must answer a proposal."""
SHOWN_AFTER = 86_400.0
"""Seconds for which an answered proposal without an incident stays on the screens."""
RISING = ("start", "up", "move")


class ProposalRegistry:
    """Proposals of the incidents in memory, and those about opening one."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.proposals: dict[str, ActionProposal] = {}
        self.closed: dict[str, ActionProposal] = {}
        self.timers: list[tuple[float, str]] = []
        self._of_incident: dict[str, dict[str, None]] = {}

    def put(self, proposal: ActionProposal) -> None:
        """Keep the newest form of a proposal."""
        self.proposals[proposal.id] = proposal
        if proposal.incident:
            self._of_incident.setdefault(proposal.incident, {})[proposal.id] = None
        self.schedule(proposal)

    def schedule(self, proposal: ActionProposal) -> None:
        """Look at a proposal whenever time changes it."""
        for at in moments(proposal):
            heapq.heappush(self.timers, (at, proposal.id))

    def clock_stepped(self, by: float, now: float) -> list[ActionProposal]:
        """The clock was set: compute all moments anew. Returns the proposals that it changes, in their new form.

        An open proposal keeps the time that is left for its answer, and until its level starts by itself.
        """
        self.timers.clear()
        changed = []
        for proposal in self.proposals.values():
            if (moved := _moved(proposal, by, now)) is not proposal:
                changed.append(moved)
            else:
                self.schedule(proposal)
        return changed

    def file(self, id: str) -> None:
        """Let a proposal leave; its last form stays in `closed` until it is written."""
        proposal = self.closed[id] = self.proposals.pop(id)
        if proposal.incident:
            self._of_incident[proposal.incident].pop(id, None)
            if not self._of_incident[proposal.incident]:
                del self._of_incident[proposal.incident]

    def of(self, incident: str, plan: str = "") -> list[ActionProposal]:
        """The proposals about an incident, oldest first; `plan` selects those of one plan."""
        all_of_it = (self.proposals[id] for id in self._of_incident.get(incident, ()))
        return [proposal for proposal in all_of_it if not plan or proposal.plan == plan]

    def incidents(self) -> list[str]:
        """The incidents that have proposals."""
        return list(self._of_incident)

    def due(self, now: float) -> Iterator[ActionProposal]:
        """The proposals to look at until now, each as it is when its turn comes."""
        while self.timers and self.timers[0][0] <= now:
            _, id = heapq.heappop(self.timers)
            if (proposal := self.proposals.get(id)) is not None:
                yield proposal

    def running(self, incident: str, plan: str) -> ActionProposal | None:
        """The last confirmed proposal of a plan in an incident: its level and version are those that run."""
        last = max(self.of(incident, plan), key=lambda proposal: proposal.step, default=None)
        return last if last is not None and last.step and last.level else None

    def next_step(self, incident: str, plan: str) -> int:
        """The number of the next confirmation of a plan in an incident."""
        return max((proposal.step for proposal in self.of(incident, plan)), default=0) + 1

    def was_proposed(self, incident: str, plan: str, level: str) -> bool:
        """True when this level or a higher one was proposed already: once for each incident and level."""
        return any(
            level_rank(proposal.level) <= level_rank(level)
            for proposal in self.of(incident, plan)
            if proposal.kind in RISING and proposal.state != "void"
        )

    def next_id(self, incident: str, plan: str, level: str) -> str:
        """An id that no proposal of the incident has."""
        prefix = f"{incident}/{plan}/{level or 'end'}"
        number = 1
        while f"{prefix}/{number}" in self.proposals:
            number += 1
        return f"{prefix}/{number}"


def _moved(proposal: ActionProposal, by: float, now: float) -> ActionProposal:
    """The proposal after the clock was set by `by` seconds, to `now`; 0.0: by an unknown amount."""
    if proposal.state != "open":
        if proposal.answered_at is None or proposal.answered_at <= now:
            return proposal
        return replace(proposal, answered_at=restamped(proposal.answered_at, by, now), rev=proposal.rev + 1)
    moved = min(by, now - proposal.proposed_at)
    if not moved:
        return proposal
    auto_at = proposal.auto_at + moved if proposal.auto_at is not None else None
    return replace(proposal, proposed_at=proposal.proposed_at + moved, auto_at=auto_at, rev=proposal.rev + 1)


def moments(proposal: ActionProposal) -> list[float]:
    """When time changes a proposal next: unanswered, started by itself, or gone from the screens."""
    if proposal.state == "open":
        late = [] if proposal.unanswered else [proposal.proposed_at + ANSWER_WITHIN]
        return [*late, *([proposal.auto_at] if proposal.auto_at is not None else [])]
    if proposal.incident or proposal.answered_at is None:
        return []
    return [proposal.answered_at + SHOWN_AFTER]
