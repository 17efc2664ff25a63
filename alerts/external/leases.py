"""Leases of other tools' alerts, and the severity that counts among several reported ones.

A lease that is not renewed in time makes its alert stale. Only an explicit end clears it.
A tool may report one alert with two severities at once ("warning" and "critical" both firing). The worse one
counts, and the alert ends with the last of them. A severity that is reported alone replaces the one before it, until
that is reported again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from alerts.deadlines import Deadlines
from feeds.clock import restamped
from feeds.documents.alert import AlertDocument, ToolGrade, ToolState
from feeds.external import Report
from feeds.model import Severity


@dataclass(slots=True)
class ReportedSeverity:
    """One reported severity. `heard` numbers the last message with it; `doubtful`: another one came alone since."""

    severity: Severity
    heard: int
    doubtful: bool = False


@dataclass(slots=True)
class LeaseState:
    """The lease of one active alert: its length (seconds, 0 for none), the last report's time and the severities."""

    lease: float = 0.0
    at: float = 0.0
    grades: dict[str, ReportedSeverity] = field(default_factory=dict)


class ExternalLeases:
    """The leases of active alerts, by alert id."""

    def __init__(self) -> None:
        self.leases: Deadlines[str] = Deadlines()
        self._states: dict[str, LeaseState] = {}
        self._loaded: dict[str, ToolState] = {}  # loaded at a start, until a report concerns them

    def load(self, documents: Iterable[AlertDocument], now: float) -> None:
        """Begin from the documents of open alerts. Leases start anew: no renewal could arrive in the meantime."""
        leases: dict[str, float] = {}
        for document in documents:
            alert, tool_state = document.alert, document.beside.foreign
            if tool_state is None or not alert.active:
                continue
            self._loaded[alert.id] = tool_state
            if tool_state.lease and alert.stale_since is None:
                leases[alert.id] = now + tool_state.lease
        self.leases.fill(leases)

    def _state(self, id: str) -> LeaseState | None:
        """The state of an alert's lease, or None. After a start it is built from the document at the first use."""
        if (tool_state := self._loaded.pop(id, None)) is not None:
            grades = {grade.face: ReportedSeverity(grade.severity, 0, grade.doubtful) for grade in tool_state.faces}
            self._states[id] = LeaseState(tool_state.lease, tool_state.at, grades)
        return self._states.get(id)

    def state_of(self, id: str) -> ToolState | None:
        """The lease in the form of the alert's document; None without a lease."""
        lease_state = self._state(id)
        if lease_state is None:
            return None
        grades = [ToolGrade(name, grade.severity, grade.doubtful) for name, grade in lease_state.grades.items()]
        return ToolState(lease_state.lease, lease_state.at, grades)

    def outdated(self, id: str, report: Report) -> bool:
        """True when the report is older than the newest one."""
        lease_state = self._state(id)
        return lease_state is not None and report.at is not None and report.at < lease_state.at

    def firing(self, id: str, report: Report, message: int, now: float) -> Severity:
        """Take in a report that the alert fires; return the severity that counts now."""
        lease_state = self._state(id) or self._states.setdefault(id, LeaseState())
        self._renew(id, lease_state, report, now)
        reported = lease_state.grades.get(report.face)
        if reported is None:
            for grade in lease_state.grades.values():
                grade.doubtful = grade.doubtful or grade.heard != message
        lease_state.grades[report.face] = ReportedSeverity(report.severity, message)
        return self._worst(lease_state)

    def ended(self, id: str, report: Report) -> Severity | None:
        """Take in a report that the alert has ended; return the severity that still fires, None when none does."""
        lease_state = self._state(id)
        if lease_state is None:
            return None
        lease_state.grades.pop(report.face, None)
        standing = [grade for grade in lease_state.grades.values() if not grade.doubtful]
        return self._worst(lease_state) if standing else None

    def clock_stepped(self, by: float, now: float) -> None:
        """The clock was set by `by` seconds: leases keep their remaining time; no report lies in the future."""
        if by:
            self.leases.shift(by)
        for lease_state in self._states.values():
            lease_state.at = restamped(lease_state.at, by, now)
        for tool_state in self._loaded.values():
            tool_state.at = restamped(tool_state.at, by, now)

    def drop(self, id: str) -> None:
        """Drop the lease of an alert that is no longer active."""
        if self._state(id) is not None:
            del self._states[id]
            self.leases.drop(id)

    def _renew(self, id: str, lease_state: LeaseState, report: Report, now: float) -> None:
        lease_state.at = max(lease_state.at, report.at or 0.0)
        if report.until is None:
            lease_state.lease = 0.0
            self.leases.drop(id)
        else:
            lease_state.lease = max(1.0, report.until - now)
            self.leases.set(id, report.until)

    @staticmethod
    def _worst(lease_state: LeaseState) -> Severity:
        return min(
            (grade.severity for grade in lease_state.grades.values() if not grade.doubtful),
            key=lambda severity: severity.rank,
        )
